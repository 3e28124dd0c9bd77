import { bytesOf } from "./dtype.ts";
import type { Run } from "./run.ts";
import { baseWeightBytes } from "./weights.ts";

/** How many GPUs share the weights, the gradients and the optimizer states of a run. */
export interface Shares {
  readonly weights: number;
  readonly gradients: number;
  readonly states: number;
}

/** ZeRO: stage 1 splits the optimizer states, stage 2 the gradients too, stage 3 and FSDP the weights as well. */
export function sharesOf({ sharding, gpus }: Run): Shares {
  return {
    weights: sharding === "zero-3" ? gpus : 1,
    gradients: sharding === "zero-3" || sharding === "zero-2" ? gpus : 1,
    states: sharding === "none" ? 1 : gpus,
  };
}

/**
 * What sharding needs besides its shares. Fully sharded: the gathered weights of two blocks (one in use, one on its way)
 * and of the embeddings with the output layer. Plain data parallelism: buckets of one more copy of the gradients.
 */
export function communicationBytes(run: Run, gradientBytes: number): number {
  if (run.gpus === 1) return 0;
  if (run.sharding === "none") return gradientBytes;
  if (run.sharding !== "zero-3") return 2 * bucketBytes;
  const { perLayer, embedding, outputLayer, total } = run.parameters;
  const each = run.quantization ? baseWeightBytes(run) / total : bytesOf(run.autocast ?? run.weights);
  return 2 * perLayer * each + (embedding + outputLayer) * bytesOf(run.autocast ?? run.weights);
}

/** DeepSpeed's default reduce and allgather buckets of 5e8 values at 2 bytes. */
const bucketBytes = 2 * 5e8;
