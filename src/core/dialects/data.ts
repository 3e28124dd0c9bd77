import { t } from "../language.ts";
import type { DataSource } from "../plan/plan.ts";
import { byDefault, type Sourced, unknown } from "../plan/sourced.ts";
import type { ConfigDocument, MapNode } from "../text/document.ts";
import { placeOf } from "./place.ts";

/** Data whose size the config does not tell, and none of which is held out. */
export const unknownData = {
  samples: unknown(t`the number of samples is not in the config`),
  validation: byDefault(0),
} as const;

/**
 * The data sets in a list of mappings that name them under `key`, with the files that they name under `data_files`. A slice
 * of a split, such as `train[:10%]`, or a shard is a part whose size is not known.
 */
export function dataSources(document: ConfigDocument, maps: readonly MapNode[], key: string): readonly DataSource[] {
  return maps.flatMap((map) => {
    const name = partNote(map) ?? nameIn(document, map, key);
    const files = wordsIn(map, "data_files");
    return files.length === 0 ? { name, limit: null } : files.map((file) => ({ name, file, limit: null }));
  });
}

function partNote(map: MapNode): Sourced<string> | undefined {
  const [part] = wordsIn(map, "split").filter((split) => split.includes("["));
  if (part !== undefined) return unknown(t`how many samples are in ${part} is not known`);
  return map.entries.has("shards") ? unknown(t`how many samples are in a shard is not known`) : undefined;
}

function wordsIn({ entries }: MapNode, key: string): readonly string[] {
  const node = entries.get(key)?.value;
  const nodes = node?.kind === "list" ? node.items : node ? [node] : [];
  return nodes.flatMap((each) => (each.kind === "scalar" && typeof each.value === "string" ? each.value : []));
}

/** The data sets of a list of names, all with the same place. */
export function namedSources(names: Sourced<readonly string[]>, limit: number | null = null): readonly DataSource[] {
  if (names.origin === "unknown") return [];
  return names.value.map((value) => ({ name: { ...names, value }, limit }));
}

function nameIn(document: ConfigDocument, { entries }: MapNode, key: string): Sourced<string> {
  const entry = entries.get(key);
  if (entry?.value.kind !== "scalar" || typeof entry.value.value !== "string") return unknown(t`${key} is not set`);
  return { value: entry.value.value, origin: "file", place: placeOf(document, entry) };
}
