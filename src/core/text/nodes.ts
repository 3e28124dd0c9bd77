import type { ConfigNode, Entry, MapNode, ScalarNode } from "./document.ts";

/** A value of a config with the dotted path of its key; items of a list have the path of the list. */
export interface Leaf {
  readonly path: string;
  readonly node: ScalarNode;
}

/** All values below `root`, each once, however many aliases name it. */
export function leavesIn(root: MapNode): readonly Leaf[] {
  const seen = new Set<ConfigNode>();
  const leaves: Leaf[] = [];
  const visit = (path: string, node: ConfigNode): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (node.kind === "scalar") leaves.push({ path, node });
    else if (node.kind === "list") for (const item of node.items) visit(path, item);
    else for (const { key, value } of node.entries.values()) visit(path === "" ? key : `${path}.${key}`, value);
  };
  visit("", root);
  return leaves;
}

/** All mappings from `root` on, each once. */
export function mapsIn(root: MapNode): readonly MapNode[] {
  const seen = new Set<ConfigNode>();
  const maps: MapNode[] = [];
  const visit = (node: ConfigNode): void => {
    if (node.kind === "scalar" || seen.has(node)) return;
    seen.add(node);
    if (node.kind === "map") maps.push(node);
    for (const inner of node.kind === "list" ? node.items : valuesOf(node)) visit(inner);
  };
  visit(root);
  return maps;
}

function valuesOf({ entries, displaced }: MapNode): readonly ConfigNode[] {
  return [...entries.values(), ...displaced].map(({ value }: Entry) => value);
}
