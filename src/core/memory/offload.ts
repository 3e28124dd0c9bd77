import { teacherHostBytes } from "./distillation.ts";
import { gradientBytes, gradientBytesPerParameter } from "./gradients.ts";
import { optimizerStateBytes } from "./optimizer.ts";
import type { Run } from "./run.ts";
import { offloadedOf, splitOf } from "./sharding.ts";
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
  const gradients = isDeepSpeed
    ? (run.trainable * (4 + gradientBytesPerParameter(run))) / shares.states
    : gradientBytes(run) / shares.gradients;
  const weights = host.weights ? baseWeightBytes(run) / shares.weights + adapterWeightBytes(run) : 0;
  return optimizerStateBytes(run) / shares.states + gradients + weights;
}

/** What the blocks would keep on the GPU for the backward pass, where it waits in the host's memory. */
function activationBytes(run: Run): number {
  if (!run.offloadsActivations) return 0;
  return keptBytes({ ...run, offloadsActivations: false });
}
