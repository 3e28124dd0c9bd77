import type { Architecture } from "./architecture.ts";
import records from "./models.json";

/** The architecture of a model by its Hugging Face id, an alias, or a path that ends in its name; any letter case. */
export function findArchitecture(model: string): Architecture | undefined {
  const name = model
    .trim()
    .replace(/[/\\]+$/, "")
    .toLowerCase();
  const index = nameIndex();
  return index.get(name) ?? index.get(lastPart(name));
}

/** All models of the catalogue. */
export const architectures: readonly Architecture[] = records;

let names: ReadonlyMap<string, Architecture> | undefined;

/** Whole ids first, then their last parts; where two models share a name, the one listed first has it. */
function nameIndex(): ReadonlyMap<string, Architecture> {
  if (names) return names;
  const index = new Map<string, Architecture>();
  const add = (name: string, architecture: Architecture) => {
    if (!index.has(name)) index.set(name, architecture);
  };
  for (const record of records) for (const id of [record.id, ...record.aliases]) add(id.toLowerCase(), record);
  for (const record of records)
    for (const id of [record.id, ...record.aliases]) add(lastPart(id.toLowerCase()), record);
  names = index;
  return index;
}

function lastPart(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}
