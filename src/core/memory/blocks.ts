import type { Architecture, BlockGroup } from "../models/architecture.ts";
import { linearsIn } from "../models/blockLinears.ts";
import { blocksWith, isMixed } from "../models/lora.ts";
import type { Run } from "./run.ts";

/** Blocks of one kind, and whether they look back less far than the sequences go. */
export interface RunBlocks {
  readonly group: BlockGroup;
  readonly count: number;
  readonly windowed: boolean;
}

/** The blocks of a run, those with a sliding window apart where sequences are longer than the window. */
export function blocksOf({ architecture, sequenceLength }: Run): readonly RunBlocks[] {
  const { blocks, type } = architecture;
  if (!isWindowed(architecture, sequenceLength)) {
    return blocks.map((group) => ({ group, count: group.count, windowed: false }));
  }
  return blocks.flatMap((group) => {
    const full = Math.floor(group.count / (fullAttentionEvery.get(type) ?? Number.POSITIVE_INFINITY));
    return [
      { group, count: group.count - full, windowed: true },
      { group, count: full, windowed: false },
    ].filter(({ count }) => count > 0);
  });
}

/** Blocks of a run, and whether they have the adapters that it has, or are trained in place. */
export interface ReachedBlocks extends RunBlocks {
  readonly adapted: boolean;
}

/**
 * The blocks that the backward pass comes to: all, or from the lowest adapter up, where no gradient goes on below it; of each kind
 * those with adapters apart from those without.
 */
export function reachedBlocks(run: Run): readonly ReachedBlocks[] {
  const { architecture, adapters } = run;
  const adapted = adapters && adaptedBlocks(run);
  if (!adapted) return blocksOf(run).map((blocks) => ({ ...blocks, adapted: true }));
  const from = adapters.reachesInput ? 0 : Math.min(...adapted);
  const parts = isMixed(architecture)
    ? architecture.blocks.map((group) => ({
        group,
        count: Math.round(group.count * (1 - from / architecture.layers)),
        adapted: true,
      }))
    : inTurn(architecture.blocks, from, adapted);
  return parts.flatMap(({ group, count, adapted: has }) => {
    const own = { ...group, count, linears: linearsIn(architecture, group) };
    return count > 0
      ? blocksOf({ ...run, architecture: { ...architecture, blocks: [own] } }).map((each) => ({
          ...each,
          adapted: has,
        }))
      : [];
  });
}

/** The blocks with adapters, by their numbers; null where none of the adapted layers lacks one anywhere. */
function adaptedBlocks({ adapters, architecture }: Run): ReadonlySet<number> | null {
  if (adapters?.inPlace) return adapters.inPlace;
  const linears = adapters?.linears ?? [];
  const counts = new Map(architecture.linears.map(({ path, count }) => [path, count]));
  const isCut = linears.some(({ path, count }) => count < (counts.get(path) ?? 0));
  return isCut ? new Set(linears.flatMap(blocksWith)) : null;
}

/** Of each kind of blocks, from block `from` on, those with adapters and those without, the lower ones first. */
function inTurn(
  groups: readonly BlockGroup[],
  from: number,
  adapted: ReadonlySet<number>,
): readonly Pick<ReachedBlocks, "group" | "count" | "adapted">[] {
  let first = 0;
  return groups.flatMap((group) => {
    const numbers = Array.from({ length: group.count }, (_, index) => first + index).filter((block) => block >= from);
    first += group.count;
    const part = (has: boolean) => ({
      group,
      count: numbers.filter((block) => adapted.has(block) === has).length,
      adapted: has,
    });
    const starts = adapted.has(numbers[0] ?? -1);
    return [part(starts), part(!starts)];
  });
}

/** Of how many blocks one has no window, by transformers' configuration classes; in other models all have it. */
const fullAttentionEvery: ReadonlyMap<string, number> = new Map([
  ["gemma2", 2],
  ["gemma3", 6],
  ["gemma3_text", 6],
  ["gemma3n_text", 5],
  ["gemma4", 6],
  ["gemma4_unified", 6],
  ["gpt_oss", 2],
  ["cohere2", 4],
  ["olmo3", 4],
  ["cwm", 4],
  ["mellum", 4],
  ["modernbert", 3],
]);

/**
 * Bytes that all blocks share until the backward pass is over: the cosines and sines of the positions, and attention's mask,
 * which torch's own attention needs for windows only and eager attention always; MLX's has a byte for each pair of tokens.
 */
export function sharedBytes({ architecture, sequenceLength, attention }: Run, residual: number): number {
  const positions = rotaryWidth(architecture) * 2 * sequenceLength * residual;
  if (attention === "eager") return positions + sequenceLength ** 2 * residual;
  if (attention === "narrow") return positions + sequenceLength ** 2;
  return positions + (attention === "sdpa" && isWindowed(architecture, sequenceLength) ? sequenceLength ** 2 : 0);
}

function isWindowed({ attention }: Architecture, sequenceLength: number): boolean {
  return attention.kind !== "none" && attention.window !== null && attention.window < sequenceLength;
}

function rotaryWidth({ attention, positions }: Architecture): number {
  if (attention.kind === "none" || positions > 0) return 0;
  return attention.kind === "latent" ? attention.ropeDim : attention.headDim;
}
