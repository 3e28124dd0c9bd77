import type { DataSource } from "../plan/plan.ts";
import { type Sourced, unknown } from "../plan/sourced.ts";
import type { ConfigDocument, MapNode } from "../text/document.ts";

/** The data sets in a list of mappings that name them under `key`. */
export function dataSources(document: ConfigDocument, maps: readonly MapNode[], key: string): readonly DataSource[] {
  return maps.map((map) => ({ name: nameIn(document, map, key), limit: null }));
}

/** The data sets of a list of names, all with the same place. */
export function namedSources(names: Sourced<readonly string[]>, limit: number | null = null): readonly DataSource[] {
  if (names.origin === "unknown") return [];
  return names.value.map((value) => ({ name: { ...names, value }, limit }));
}

function nameIn(document: ConfigDocument, { entries }: MapNode, key: string): Sourced<string> {
  const entry = entries.get(key);
  if (entry?.value.kind !== "scalar" || typeof entry.value.value !== "string") return unknown(`${key} is not set`);
  const place = { range: document.rangeOf(entry.valueSpan), keyRange: document.rangeOf(entry.keySpan) };
  return { value: entry.value.value, origin: "file", place };
}
