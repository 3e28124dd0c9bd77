import { gradientBytes } from "./gradients.ts";
import { isPaged, optimizerStateBytes, optimizerStepBytes, updatesInBackward } from "./optimizer.ts";
import { cachedBytes, communicatorBytes, contextBytes } from "./overhead.ts";
import type { Run } from "./run.ts";
import { communicationBytes, sharesOf } from "./sharding.ts";
import { momentsOf, type Phase as PassPhase } from "./step.ts";
import { adapterWeightBytes, baseWeightBytes } from "./weights.ts";

/** Bytes on one GPU by what they hold. */
export interface Components {
  readonly weights: number;
  readonly gradients: number;
  readonly optimizer: number;
  readonly activations: number;
  readonly logits: number;
  readonly buffers: number;
  /** What torch does not count as allocated: cached blocks, the CUDA context, communicators, paged optimizer states. */
  readonly overhead: number;
}

export type Phase = PassPhase | "optimizer step";

/** Memory of a training step on one GPU at the moment when it needs the most. */
export interface MemoryEstimate {
  /** What nvidia-smi would show for the process. */
  readonly deviceBytes: number;
  /** The least that the run can do with: nothing cached, paged states in the host's memory. */
  readonly lowBytes: number;
  /** The most to expect: twice the usual share of cached blocks. */
  readonly highBytes: number;
  /** torch.cuda.max_memory_allocated. */
  readonly allocatedBytes: number;
  /** torch.cuda.max_memory_reserved. */
  readonly reservedBytes: number;
  readonly peakAt: Phase;
  /** At the peak; they add up to `deviceBytes`. */
  readonly components: Components;
}

/** The largest moment of a training step after the first, when the optimizer states exist. */
export function estimateMemory(run: Run): MemoryEstimate {
  const moments = allMoments(run);
  const peak = moments.reduce((largest, moment) => (sum(moment.bytes) > sum(largest.bytes) ? moment : largest));
  const allocatedBytes = sum(peak.bytes);
  const cached = cachedBytes(run, allocatedBytes);
  const outside = contextBytes + communicatorBytes(run);
  const paged = isPaged(run) ? optimizerStateBytes(run) / sharesOf(run).states : 0;
  const reservedBytes = allocatedBytes + cached;
  return {
    deviceBytes: reservedBytes + outside + paged,
    lowBytes: allocatedBytes + outside,
    highBytes: reservedBytes + outside + paged + cached,
    allocatedBytes,
    reservedBytes,
    peakAt: peak.phase,
    components: { ...peak.bytes, overhead: cached + outside + paged },
  };
}

type Allocated = Omit<Components, "overhead">;

interface Moment {
  readonly phase: Phase;
  readonly bytes: Allocated;
}

function sum({ weights, gradients, optimizer, activations, logits, buffers }: Allocated): number {
  return weights + gradients + optimizer + activations + logits + buffers;
}

/** The moments of the two passes, and the optimizer's step with its own copies. */
function allMoments(run: Run): readonly Moment[] {
  const shares = sharesOf(run);
  const resident = {
    weights: baseWeightBytes(run) / shares.weights + adapterWeightBytes(run),
    optimizer: isPaged(run) ? 0 : optimizerStateBytes(run) / shares.states,
    buffers: communicationBytes(run, gradientBytes(run)),
  };
  const stepping = {
    ...resident,
    // Nothing is gathered while the optimizer steps.
    gradients: updatesInBackward(run) ? 0 : gradientBytes(run) / shares.gradients,
    activations: 0,
    logits: 0,
    buffers: optimizerStepBytes(run) / shares.states,
  };
  return [
    ...momentsOf(run).map(({ phase, ...bytes }) => ({ phase, bytes: { ...resident, ...bytes } })),
    { phase: "optimizer step", bytes: stepping },
  ];
}
