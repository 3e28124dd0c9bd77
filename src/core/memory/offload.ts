import { teacherHostBytes } from "./distillation.ts";
import { gradientBytes, gradientBytesPerParameter } from "./gradients.ts";
import { optimizerStateBytes } from "./optimizer.ts";
import type { Run } from "./run.ts";
import { offloadedOf, secondaryShare, splitOf } from "./sharding.ts";
import { keptBytes } from "./step.ts";
import { adapterWeightBytes, baseWeightBytes } from "./weights.ts";

/** Bytes of host memory per GPU that stay there while the run trains; loading and saving take more. */
export function hostBytes(run: Run): number {
  return stateBytes(run) + activationBytes(run) + teacherHostBytes(run);
}

/**
 * FSDP keeps the shards of weights, gradients and states. DeepSpeed keeps, for each trained parameter of a GPU's share, the states
 * with the master weights, a float32 gradient, and a copy in the model's type: of the weights in stages 1 and 2, of the gradients
 * in stage 3. Source: DeepSpeed, runtime/zero/stage_1_and_2.py and stage3.py.
 */
function stateBytes(run: Run): number {
  const { zero, offload } = run.placement;
  const host = offloadedOf(run);
  if (!host.states) return 0;
  const shares = splitOf(run);
  const isDeepSpeed = zero !== null || offload === "optimizer";
  if (zero?.onDisk?.states) return swapBytes(run, zero.subGroup) + (host.weights ? weightBytes(run) : 0);
  const gradients = isDeepSpeed
    ? (run.trainable * (4 + gradientBytesPerParameter(run))) / shares.states
    : gradientBytes(run) / shares.gradients;
  return optimizerStateBytes(run) / shares.states + gradients + (host.weights ? weightBytes(run) : 0);
}

/**
 * What steps at once comes from the disk into four float32 buffers. Source: DeepSpeed, runtime/zero/offload_config.py (buffer_count)
 * and runtime/swap_tensor/partitioned_optimizer_swapper.py.
 */
function swapBytes(run: Run, subGroup: number): number {
  return 4 * 4 * Math.min(subGroup, run.trainable / splitOf(run).states);
}

/**
 * A GPU's share of the weights, and of their second copy. On a disk, but for a thousand million of them, with five buffers of a hundred
 * million. Source: DeepSpeed, runtime/zero/offload_config.py (max_in_cpu, buffer_count, buffer_size).
 */
function weightBytes(run: Run): number {
  const share = baseWeightBytes(run) * (1 / splitOf(run).weights + secondaryShare(run));
  if (!run.placement.zero?.onDisk?.weights) return share + adapterWeightBytes(run);
  return Math.min(share, 2 * 1e9) + 5 * 2 * 1e8 + adapterWeightBytes(run);
}

/** What the blocks would keep on the GPU for the backward pass, where it waits in the host's memory. */
function activationBytes(run: Run): number {
  if (!run.offloadsActivations) return 0;
  return keptBytes({ ...run, offloadsActivations: false });
}
