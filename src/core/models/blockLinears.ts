import type { Architecture, BlockGroup, Linear } from "./architecture.ts";
import { routedParameters } from "./blocks.ts";

/** The linear layers of one block of a group. */
export type BlockLinears = readonly Linear[];

/**
 * The linear layers that the blocks of a group have. As many blocks have a layer as some groups have together; where more than one
 * choice of groups comes to that, the parameters of the block tell: its layers add up to them, but for norms and other small parts.
 */
export function linearsIn(architecture: Architecture, group: BlockGroup): BlockLinears {
  if (group.linears) return group.linears;
  const ofModel = found.get(architecture.linears) ?? new Map<BlockGroup, BlockLinears>();
  found.set(architecture.linears, ofModel);
  const known = ofModel.get(group) ?? findLinears(architecture, group);
  ofModel.set(group, known);
  return known;
}

const found = new WeakMap<Architecture["linears"], Map<BlockGroup, BlockLinears>>();

function findLinears({ blocks, linears }: Architecture, group: BlockGroup): BlockLinears {
  const fitting = linears.map((linear) => ({ linear, ways: groupsOf(linear, blocks) }));
  const has = (way: readonly BlockGroup[]) => way.includes(group);
  const certain = fitting.filter(({ ways }) => ways.length > 0 && ways.every(has)).map(({ linear }) => linear);
  const open = fitting.filter(({ ways }) => ways.some(has) && !ways.every(has)).map(({ linear }) => linear);
  const routed = group.feedForward?.kind === "experts" ? routedParameters(group.feedForward) : 0;
  const parameters = group.parameters - routed;
  const off = (chosen: BlockLinears) => Math.abs(parameters - parametersOf(chosen));
  if (open.length === 0 || open.length > 12 || off(certain) < 0.02 * parameters) return certain;
  const best = subsets(open)
    .map((choice) => [...certain, ...choice])
    .filter((chosen) => new Set(chosen.map(({ name }) => name)).size === chosen.length)
    .reduce<BlockLinears>((nearest, chosen) => (off(chosen) < off(nearest) ? chosen : nearest), certain);
  return linears.filter((linear) => best.includes(linear));
}

/** Every choice of groups that together have as many blocks as have the layer. */
function groupsOf(linear: Linear, blocks: readonly BlockGroup[]): readonly (readonly BlockGroup[])[] {
  const possible = blocks.filter((group) => fits(blocks, group, linear));
  if (possible.length > 8) return [];
  return subsets(possible).filter((groups) => groups.reduce((sum, { count }) => sum + count, 0) === linear.count);
}

function subsets<T>(items: readonly T[]): readonly (readonly T[])[] {
  return items.reduce<readonly (readonly T[])[]>((ways, item) => ways.flatMap((way) => [way, [...way, item]]), [[]]);
}

/**
 * Where some blocks are an MLP and nothing else, these have none of the layers of attention, and the others none of the MLP's. The layers
 * of an encoder and of its decoder are told by where they are.
 */
function fits(blocks: readonly BlockGroup[], { kind }: BlockGroup, { parts, path }: Linear): boolean {
  if (/^(en|de)coder\./.test(path)) return path.startsWith("decoder.") === (kind === "cross-attention");
  const apart = blocks.some((group) => group.kind === "feed-forward");
  if (!apart || parts.every(({ role }) => role === "other")) return true;
  const isMlp = parts.some(({ role }) => role === "mlp");
  return isMlp === (kind === "feed-forward");
}

function parametersOf(linears: BlockLinears): number {
  return linears.reduce((sum, { input, output }) => sum + input * output, 0);
}

/** The layer of a name. */
export function linearNamed(linears: BlockLinears, name: string): Linear | undefined {
  return linears.find((linear) => linear.name === name);
}

/** The layer with one role alone. */
export function linearOf(linears: BlockLinears, role: string): Linear | undefined {
  return linears.find(({ parts }) => parts.length === 1 && parts[0]?.role === role);
}
