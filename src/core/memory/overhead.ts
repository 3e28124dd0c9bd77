import { gibibyte } from "../units.ts";
import { type Run, tokensOf } from "./run.ts";

/** The CUDA context with lazily loaded kernels on an A100, torch 2.1. Source: stas00/ml-engineering. */
export const contextBytes = 0.5 * gibibyte;

/** Two GPUs after the first barrier took 1.5 GiB more than one. Source: stas00/ml-engineering. */
export function communicatorBytes({ gpus }: Run): number {
  return gpus > 1 ? 1.5 * gibibyte : 0;
}

/**
 * Memory that torch has taken from the device but not in use at the peak. Blocks as large as the float32 logits leave
 * gaps of their size: on 16 measured A100 runs with the loss materialised the gap is 1.5 to 2.2 of them, context included;
 * without such blocks it is about 5 % of what is allocated. Source: foundation-model-stack/fms-acceleration, a100_80gb.csv.
 */
export function cachedBytes(run: Run, allocatedBytes: number): number {
  const logits = 4 * tokensOf(run) * run.architecture.vocab;
  return run.loss === "materialised" ? 1.5 * logits : 0.05 * allocatedBytes;
}
