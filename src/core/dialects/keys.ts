import { type Place, type Sourced, unknown } from "../plan/sourced.ts";
import type { ConfigDocument, ConfigNode, Entry, MapNode } from "../text/document.ts";
import { numberFrom } from "../text/scalar.ts";

/** The keys of one mapping, read as typed values that remember where they stand. */
export interface Keys {
  /** Whether the key has a value; `adapter:` with nothing behind it counts as absent, as every framework reads it. */
  readonly has: (name: string) => boolean;
  /** The first of `names` that has a value. */
  readonly entry: (...names: readonly string[]) => Entry | undefined;
  readonly place: (entry: Entry) => Place;
  readonly number: (names: Names, otherwise: Sourced<number>) => Sourced<number>;
  readonly flag: (names: Names, otherwise: Sourced<boolean>) => Sourced<boolean>;
  readonly text: (names: Names, otherwise: Sourced<string>) => Sourced<string>;
  /** Names in a list, in a comma-separated text, or alone. */
  readonly words: (names: Names, otherwise: Sourced<readonly string[]>) => Sourced<readonly string[]>;
  /** Those of `names` that have a value. */
  readonly present: (names: readonly string[]) => readonly string[];
  /** The names in a nested mapping; empty when there is none. */
  readonly namesInside: (name: string) => readonly string[];
  /** The keys of a nested mapping; empty when there is none. */
  readonly inside: (name: string) => Keys;
}

/** A key, or several names of the same key of which the first that has a value counts. */
export type Names = string | readonly string[];

export function keysOf(document: ConfigDocument, map: MapNode = document.root): Keys {
  const place = (entry: Entry): Place => ({
    range: document.rangeOf(entry.value.span),
    keyRange: document.rangeOf(entry.keySpan),
  });
  const entry = (...names: readonly string[]): Entry | undefined => {
    for (const name of names) {
      const found = map.entries.get(name);
      if (found && !isEmpty(found.value)) return found;
    }
    return undefined;
  };
  const read = <T>(names: Names, otherwise: Sourced<T>, convert: (node: ConfigNode) => T | undefined): Sourced<T> => {
    const found = typeof names === "string" ? entry(names) : entry(...names);
    if (!found) return otherwise;
    const value = convert(found.value);
    if (value === undefined) return unknown(whyUnreadable(found), place(found));
    return { value, origin: "file", place: place(found) };
  };
  return {
    has: (name) => entry(name) !== undefined,
    entry,
    place,
    number: (names, otherwise) => read(names, otherwise, numberIn),
    flag: (names, otherwise) => read(names, otherwise, flagIn),
    text: (names, otherwise) => read(names, otherwise, textIn),
    words: (names, otherwise) => read(names, otherwise, wordsIn),
    present: (names) => names.filter((name) => entry(name) !== undefined),
    namesInside: (name) => [...mapAt(map, name).entries.keys()],
    inside: (name) => keysOf(document, mapAt(map, name)),
  };
}

function mapAt(map: MapNode, name: string): MapNode {
  const node = map.entries.get(name)?.value;
  return node?.kind === "map" ? node : nothing;
}

const nothing: MapNode = { kind: "map", entries: new Map(), span: { start: 0, end: 0 } };

function isEmpty(node: ConfigNode): boolean {
  return node.kind === "scalar" && node.value === null;
}

function numberIn(node: ConfigNode): number | undefined {
  if (node.kind !== "scalar") return undefined;
  if (typeof node.value === "string") return numberFrom(node.value);
  return typeof node.value === "number" && !Number.isNaN(node.value) ? node.value : undefined;
}

function flagIn(node: ConfigNode): boolean | undefined {
  if (node.kind !== "scalar") return undefined;
  if (typeof node.value === "boolean") return node.value;
  if (/^(?:true|yes|1)$/i.test(node.source)) return true;
  return /^(?:false|no|0)$/i.test(node.source) ? false : undefined;
}

function textIn(node: ConfigNode): string | undefined {
  return node.kind === "scalar" && !isUnresolved(node.source) ? String(node.value) : undefined;
}

function wordsIn(node: ConfigNode): readonly string[] | undefined {
  if (node.kind === "scalar")
    return textIn(node)
      ?.split(",")
      .map((word) => word.trim());
  return node.kind === "list" ? node.items.flatMap((item) => textIn(item) ?? []) : undefined;
}

/** A reference to the environment or to another file, or a value that must be given on the command line. */
function isUnresolved(source: string): boolean {
  return source.includes("${") || source === "???";
}

function whyUnreadable({ key, value }: Entry): string {
  if (value.kind !== "scalar") return `${key} holds a ${value.kind}, not a single value`;
  return isUnresolved(value.source)
    ? `${value.source} is resolved outside this file`
    : `"${value.source}" is not a value that ${key} can have`;
}
