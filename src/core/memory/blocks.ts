import type { Architecture, BlockGroup } from "../models/architecture.ts";
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
 * which torch's own attention needs for windows only and eager attention always.
 */
export function sharedBytes({ architecture, sequenceLength, attention }: Run, residual: number): number {
  const positions = rotaryWidth(architecture) * 2 * sequenceLength * residual;
  if (attention === "eager") return positions + sequenceLength ** 2 * residual;
  return positions + (attention === "sdpa" && isWindowed(architecture, sequenceLength) ? sequenceLength ** 2 : 0);
}

function isWindowed({ attention }: Architecture, sequenceLength: number): boolean {
  return attention.kind !== "none" && attention.window !== null && attention.window < sequenceLength;
}

function rotaryWidth({ attention, positions }: Architecture): number {
  if (attention.kind === "none" || positions > 0) return 0;
  return attention.kind === "latent" ? attention.ropeDim : attention.headDim;
}
