import { placeOf } from "../dialects/place.ts";
import { namesOf } from "../dialects/vocabulary.ts";
import { ownPlace, type Place, type Sourced } from "../plan/sourced.ts";
import { type ConfigDocument, type Entry, entryAt } from "../text/document.ts";
import type { Range } from "../text/position.ts";
import type { Subject } from "./rule.ts";

/** The value that stands first in the config itself, of those that a finding may be shown at; undefined where none does. */
export function firstPlace(...sources: readonly (Sourced<unknown> | undefined)[]): Place | undefined {
  return sources.map((source) => source && ownPlace(source)).find((place) => place !== undefined);
}

/** A key that the framework knows, as the config writes it. */
export interface WrittenKey {
  /** The name under which it is written. */
  readonly path: string;
  readonly entry: Entry;
  readonly place: Place;
}

/** The key of the framework's vocabulary, under one of its names; undefined where it knows no such key, or the config leaves it out or empty. */
export function written({ document, dialect }: Subject, key: string): WrittenKey | undefined {
  if (!Object.hasOwn(dialect.vocabulary, key)) return undefined;
  for (const path of namesOf(dialect.vocabulary, key)) {
    const entry = entryAt(document.root, path);
    const isEmpty = entry?.value.kind === "scalar" && entry.value.value === null;
    if (entry && !isEmpty) return { path, entry, place: placeOf(document, entry) };
  }
  return undefined;
}

/** A key of the framework that the config sets to true. */
export function switchedOn(subject: Subject, key: string): WrittenKey | undefined {
  const found = written(subject, key);
  return found?.entry.value.kind === "scalar" && found.entry.value.value === true ? found : undefined;
}

/** What stands in a range of a single line, without quotes. */
export function textAt({ text }: Pick<ConfigDocument, "text">, { start, end }: Range): string {
  const line = text.split(/\r\n|\r|\n/)[start.line] ?? "";
  return line.slice(start.character, end.character).replace(/["']/g, "");
}

/** From the start of a key to the end of its value. */
export function wholeOf({ keyRange, range }: Place): Range {
  return { start: keyRange.start, end: range.end };
}
