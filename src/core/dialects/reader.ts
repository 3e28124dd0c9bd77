import { t, translated } from "../language.ts";
import { byDefault, type Known, type Place, type Sourced, unknown } from "../plan/sourced.ts";
import {
  type ConfigDocument,
  type ConfigNode,
  type Entry,
  type Found,
  foundAt,
  type MapNode,
  type Scalar,
  type ScalarNode,
} from "../text/document.ts";
import { isReference, resolveScalar } from "../text/interpolation.ts";
import { numberFrom } from "../text/scalar.ts";
import { placeOf } from "./place.ts";
import type { Vocabulary } from "./vocabulary.ts";

/**
 * Reads the keys of a vocabulary as typed values that remember where they stand. An absent key gives `otherwise`, or else
 * the vocabulary's default, or else an unknown value; an empty one (`adapter:`) counts as absent, as nearly every framework reads it.
 */
export interface Reader<K extends string> {
  readonly has: (key: K) => boolean;
  readonly number: (key: K, otherwise?: Sourced<number>) => Sourced<number>;
  readonly flag: (key: K, otherwise?: Sourced<boolean>) => Sourced<boolean>;
  readonly text: (key: K, otherwise?: Sourced<string>) => Sourced<string>;
  /** Names in a list, lists within it included, in a comma-separated text, or alone. */
  readonly words: (key: K, otherwise?: Sourced<readonly string[]>) => Sourced<readonly string[]>;
  /** The mappings in a list, or the one that stands alone; empty when there is none. */
  readonly maps: (key: K) => readonly MapNode[];
  /** The names in a mapping; empty when there is none. */
  readonly names: (key: K) => readonly string[];
  /** Whether the key holds a list. */
  readonly isList: (key: K) => boolean;
  /** Where the key stands; undefined when it is absent. */
  readonly place: (key: K) => Place | undefined;
  /** The null of an empty key, for frameworks where it says something else than an absent one; undefined without it. */
  readonly nullAt: (key: K) => Known<null> | undefined;
}

/** How a framework's loader sees keys that people write in more than one way. */
interface ReaderOptions {
  /** The key that is looked up for one in the file, such as `a-b` for `a_b`. */
  readonly normalise?: (key: string) => string;
}

export function reader<V extends Vocabulary>(
  document: ConfigDocument,
  vocabulary: V,
  { normalise }: ReaderOptions = {},
): Reader<keyof V & string> {
  const root = normalise ? normalised(document.root, normalise) : document.root;
  const top = [root];
  const find = (key: string, accepts = hasValue): Found | undefined => {
    const found = foundAt(top, key);
    if (found && accepts(found.entry)) return found;
    for (const alias of vocabulary[key]?.aliases ?? []) {
      const other = foundAt(top, alias);
      if (other && accepts(other.entry)) return other;
    }
    return undefined;
  };
  const read = <T>(key: string, otherwise: Sourced<T> | undefined, convert: Convert<T>): Sourced<T> => {
    const found = find(key);
    if (!found) return otherwise ?? defaultOf(vocabulary, key, convert);
    const value = convert(found.entry.value, (node) => resolveScalar(node, found.ancestors));
    if (value === undefined) return unknown(whyUnreadable(found.entry), placeOf(document, found.entry));
    return { value, origin: "file", place: placeOf(document, found.entry) };
  };
  return {
    has: (key) => find(key) !== undefined,
    number: (key, otherwise) => read(key, otherwise, toNumber),
    flag: (key, otherwise) => read(key, otherwise, toFlag),
    text: (key, otherwise) => read(key, otherwise, toText),
    words: (key, otherwise) => read(key, otherwise, toWords),
    maps: (key) => mapsIn(find(key)?.entry.value),
    names: (key) => {
      const node = find(key)?.entry.value;
      return node?.kind === "map" ? [...node.entries.keys()] : [];
    },
    isList: (key) => find(key)?.entry.value.kind === "list",
    place: (key) => {
      const found = find(key);
      return found && placeOf(document, found.entry);
    },
    nullAt: (key) => {
      const empty = find(key) ? undefined : find(key, () => true);
      return empty && { value: null, origin: "file", place: placeOf(document, empty.entry) };
    },
  };
}

function normalised(map: MapNode, normalise: (key: string) => string): MapNode {
  const entries = [...map.entries].map(([key, entry]) => {
    const { value } = entry;
    return [normalise(key), value.kind === "map" ? { ...entry, value: normalised(value, normalise) } : entry] as const;
  });
  return { ...map, entries: new Map(entries) };
}

function defaultOf<T>(vocabulary: Vocabulary, key: string, convert: Convert<T>): Sourced<T> {
  const facts = vocabulary[key];
  if (facts?.default === undefined || facts.default === null)
    return unknown(facts?.note === undefined ? t`${key} is not set` : translated(facts.note));
  const source = String(facts.default);
  const node = { kind: "scalar", value: facts.default, source, quoted: false, span: { start: 0, end: 0 } } as const;
  const value = convert(node, () => facts.default);
  return value === undefined
    ? unknown(t`${key} is not set`)
    : byDefault(value, facts.note === undefined ? undefined : translated(facts.note));
}

type Resolve = (node: ScalarNode) => Scalar | undefined;
type Convert<T> = (node: ConfigNode, resolve: Resolve) => T | undefined;

function toNumber(node: ConfigNode, resolve: Resolve): number | undefined {
  const value = node.kind === "scalar" ? resolve(node) : undefined;
  if (typeof value === "string") return numberFrom(value);
  return typeof value === "number" && !Number.isNaN(value) ? value : undefined;
}

function toFlag(node: ConfigNode, resolve: Resolve): boolean | undefined {
  const value = node.kind === "scalar" ? resolve(node) : undefined;
  if (typeof value === "boolean") return value;
  if (value === 1 || (typeof value === "string" && /^(?:true|yes|on|1)$/i.test(value))) return true;
  return value === 0 || (typeof value === "string" && /^(?:false|no|off|0|none)$/i.test(value)) ? false : undefined;
}

function toText(node: ConfigNode, resolve: Resolve): string | undefined {
  const value = node.kind === "scalar" ? resolve(node) : undefined;
  return value === undefined || value === null ? undefined : String(value);
}

function toWords(node: ConfigNode, resolve: Resolve): readonly string[] | undefined {
  if (node.kind === "list") return textsIn(node.items, resolve);
  const words = toText(node, resolve)?.split(",");
  return words?.map((word) => word.trim()).filter((word) => word !== "");
}

function textsIn(nodes: readonly ConfigNode[], resolve: Resolve): readonly string[] {
  return nodes.flatMap((node) => (node.kind === "list" ? textsIn(node.items, resolve) : (toText(node, resolve) ?? [])));
}

function hasValue({ value }: Entry): boolean {
  return value.kind !== "scalar" || value.value !== null;
}

function mapsIn(node: ConfigNode | undefined): readonly MapNode[] {
  if (node?.kind === "map") return [node];
  return node?.kind === "list" ? node.items.filter((item) => item.kind === "map") : [];
}

function whyUnreadable({ key, value }: Entry): string {
  if (value.kind !== "scalar") return t`${key} holds a ${value.kind}, not a single value`;
  return isReference(value)
    ? t`${value.source} is resolved outside this file`
    : t`"${value.source}" is not a value that ${key} can have`;
}
