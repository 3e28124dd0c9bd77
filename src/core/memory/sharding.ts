import { bytesOf, computeBytes } from "./dtype.ts";
import { gradientBytes, gradientBytesPerParameter } from "./gradients.ts";
import { optimizerStepBytes } from "./optimizer.ts";
import type { Run } from "./run.ts";
import { baseWeightBytes } from "./weights.ts";

/** By how much the weights, the gradients and the optimizer states of a run are divided. */
export interface Shares {
  readonly weights: number;
  readonly gradients: number;
  readonly states: number;
}

/**
 * The GPUs that split one copy of the states. Sources: torch, ShardingStrategy.HYBRID_SHARD; DeepSpeed, runtime/zero/mics.py;
 * torchtitan, distributed/parallel_dims.py (dp_replicate).
 */
export function sharersOf({ gpus, placement: { groups } }: Run): number {
  if (!groups) return gpus;
  return Math.max(1, "copies" in groups ? gpus / groups.copies : Math.min(gpus, groups.sharers));
}

/** ZeRO: stage 1 splits the optimizer states, stage 2 the gradients too, stage 3 and FSDP the weights as well. */
export function splitOf(run: Run): Shares {
  const { sharding, adapters, placement } = run;
  const all = sharersOf(run);
  const sharers = Math.max(1, all * placement.expertShare);
  const trained = adapters ? all : sharers;
  return {
    weights: sharding === "zero-3" ? sharers : 1,
    gradients: sharding === "zero-3" || sharding === "zero-2" ? trained : 1,
    states: sharding === "none" ? 1 : trained,
  };
}

/**
 * What lives in the host's memory: the optimizer states; the gradients that the GPUs share, which are copied there as soon as
 * they are reduced; and weights that are gathered where they are needed.
 */
export function offloadedOf({ placement: { offload }, sharding }: Run): Readonly<Record<keyof Shares, boolean>> {
  const isOn = offload !== "none";
  return {
    weights: offload === "optimizer-and-parameters" && sharding === "zero-3",
    gradients: isOn && (sharding === "zero-2" || sharding === "zero-3"),
    states: isOn,
  };
}

/** How many GPUs share what; infinitely many where it is in the host's memory, so that nothing of it is on a GPU. */
export function sharesOf(run: Run): Shares {
  const split = splitOf(run);
  const host = offloadedOf(run);
  const onGpu = (what: keyof Shares) => (host[what] ? Number.POSITIVE_INFINITY : split[what]);
  return { weights: onGpu("weights"), gradients: onGpu("gradients"), states: onGpu("states") };
}

/**
 * ZeRO++'s second copy of the weights, which the backward pass gathers within a machine; it is where the shares of the first copy are.
 * Source: Wang et al., arXiv 2306.10209, section 3.2; deepspeed, runtime/zero/partition_parameters.py, _partition_param_sec.
 */
export function secondaryShare(run: Run): number {
  const secondary = run.placement.zero?.secondary ?? 1;
  if (secondary <= 1 || run.sharding !== "zero-3") return 0;
  return 1 / Math.min(secondary, sharersOf(run));
}

/**
 * Gradients that are on a GPU between the passes of an update: its share, or all of them in the type of matrix products where
 * FSDP does not reduce them before the last pass; with those of frozen weights where they share a flat parameter with trained
 * ones. Source: torch, FullyShardedDataParallel, no_sync and use_orig_params.
 */
export function heldGradientBytes(run: Run): number {
  const { accumulates, placement, trainable, weights, adapters, parameters } = run;
  const isSplit = splitOf(run).gradients > 1;
  const frozen = adapters && isSplit && placement.joinsFrozen ? parameters.total * bytesOf(weights) : 0;
  if (isSplit && placement.reducesLast && accumulates) return trainable * computeBytes(run) + frozen;
  const share = sharesOf(run).gradients;
  return (gradientBytes(run) + frozen) / share;
}

/**
 * What exists only while the optimizer steps. DeepSpeed joins the gradients before it casts them for the master weights, in stage 3
 * for a group of parameters at a time. Source: deepspeed's stage_1_and_2.py and stage3.py, `step`.
 */
export function stepBytes(run: Run): number {
  const { sharding, trainable, masterWeights, placement } = run;
  const { zero } = placement;
  const joined = zero && masterWeights ? gradientBytesPerParameter(run) : 0;
  const bytes = (optimizerStepBytes(run) + joined * trainable) / sharesOf(run).states;
  return zero && sharding === "zero-3" ? Math.min(bytes, (4 + joined) * zero.subGroup) : bytes;
}

/**
 * What sharing needs besides its shares: plain data parallelism, buckets of one more copy of the gradients; ZeRO, a bucket of
 * gradients that are reduced at once, or two; stage 3 and FSDP, gathered weights.
 */
export function communicationBytes(run: Run): number {
  const { gpus, sharding, placement } = run;
  const { zero } = placement;
  if (sharding === "none") return gpus > 1 ? gradientBytes(run) : 0;
  const isSpread = sharersOf(run) > 1 || zero !== null;
  if (sharding === "zero-3") {
    const gathered = isSpread || offloadedOf(run).weights ? gatheredBytes(run) : 0;
    return gathered + (zero ? bucketBytes(run) : 0);
  }
  if (!isSpread) return 0;
  return (zero?.overlaps ? 2 : 1) * bucketBytes(run) + copiedGradientBytes(run);
}

/**
 * DeepSpeed takes its buckets whole, at 2 bytes a value, however small the model; transformers fills in the square of the model's
 * width. No other engine's are larger than all gradients. Source: deepspeed/runtime/engine.py, transformers'
 * integrations/deepspeed.py.
 */
function bucketBytes({ placement: { zero }, architecture, trainable }: Run): number {
  if (!zero) return 2 * Math.min(usualBucket, trainable);
  return 2 * (zero.reduceBucket === "auto" ? architecture.hidden ** 2 : zero.reduceBucket);
}

/** Values in a bucket where the configuration does not say. Source: deepspeed/runtime/zero/config.py. */
const usualBucket = 5e8;

/** The gradient on its way to the host has a place for the largest there is. Source: deepspeed's stage_1_and_2.py. */
function copiedGradientBytes(run: Run): number {
  return offloadedOf(run).states && !run.adapters ? 2 * run.parameters.embedding : 0;
}

/**
 * Weights that are whole on a GPU for a while. FSDP: two blocks (one in use, one on its way) and the embeddings with the output
 * layer. DeepSpeed: what is in use, and all that is needed again soon, up to a limit.
 */
function gatheredBytes(run: Run): number {
  const { perLayer, embedding, outputLayer, total } = run.parameters;
  const { zero } = run.placement;
  const compute = computeBytes(run);
  const each = run.quantization ? baseWeightBytes(run) / total : compute;
  if (zero) return Math.max(Math.min(total, zero.maxLive), perLayer, embedding) * each;
  return 2 * perLayer * each + (embedding + outputLayer) * compute;
}
