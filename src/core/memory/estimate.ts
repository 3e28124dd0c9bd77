import {
  blockBackwardBytesPerToken,
  blockBytesPerToken,
  checkpointBytesPerToken,
  headBytesPerToken,
  weightCastBytes,
} from "./activations.ts";
import { gradientBytes, gradientBytesPerParameter } from "./gradients.ts";
import { logitsMemory } from "./logits.ts";
import { optimizerStateBytes, optimizerStepBytes } from "./optimizer.ts";
import { cachedBytes, communicatorBytes, contextBytes } from "./overhead.ts";
import { type Run, tokensOf } from "./run.ts";
import { communicationBytes, sharesOf } from "./sharding.ts";
import { adapterWeightBytes, baseWeightBytes, dequantizationBytes } from "./weights.ts";

/** Bytes on one GPU by what they hold. */
export interface Components {
  readonly weights: number;
  readonly gradients: number;
  readonly optimizer: number;
  readonly activations: number;
  readonly logits: number;
  readonly buffers: number;
  /** What torch does not count as allocated: cached blocks, the CUDA context, communicators. */
  readonly overhead: number;
}

export type Phase = "end of the forward pass" | "loss backward" | "block backward" | "optimizer step";

/** Memory of a training step on one GPU at the moment when it needs the most. */
export interface MemoryEstimate {
  /** What nvidia-smi would show for the process. */
  readonly deviceBytes: number;
  /** The least that the run can do with: nothing cached. */
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
  const moments = momentsOf(run);
  const peak = moments.reduce((largest, moment) => (sum(moment.bytes) > sum(largest.bytes) ? moment : largest));
  const allocatedBytes = sum(peak.bytes);
  const cached = cachedBytes(run, allocatedBytes);
  const outside = contextBytes + communicatorBytes(run);
  const reservedBytes = allocatedBytes + cached;
  return {
    deviceBytes: reservedBytes + outside,
    lowBytes: allocatedBytes + outside,
    highBytes: reservedBytes + outside + cached,
    allocatedBytes,
    reservedBytes,
    peakAt: peak.phase,
    components: { ...peak.bytes, overhead: cached + outside },
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

/**
 * The moments that can be the peak. Gradients of a step that accumulates are there all the time; otherwise they grow
 * block by block as the backward pass goes from the last block to the first, while what the blocks kept is freed: the
 * largest block backward is the last block's or the first's.
 */
function momentsOf(run: Run): readonly Moment[] {
  const shares = sharesOf(run);
  const tokens = tokensOf(run);
  const { layers } = run.architecture;
  const allGradients = gradientBytes(run) / shares.gradients;
  const kept = run.accumulates ? allGradients : 0;
  const logits = logitsMemory(run);
  const casts = weightCastBytes(run);
  const block = blockBytesPerToken(run);
  const perBlock = run.checkpointing ? checkpointBytesPerToken(run) : block;
  const firstBlock = block + blockBackwardBytesPerToken(run);
  const lastBlock = (run.checkpointing ? layers : layers - 1) * perBlock + firstBlock;
  const head = headBytesPerToken(run);
  const resident = {
    weights: baseWeightBytes(run) / shares.weights + adapterWeightBytes(run),
    optimizer: optimizerStateBytes(run) / shares.states,
    buffers: dequantizationBytes(run) + communicationBytes(run, gradientBytes(run)),
  };
  const afterForward = (layers * perBlock + head) * tokens;
  const lastBlockGradients = (run.parameters.outputLayer * gradientBytesPerParameter(run)) / shares.gradients;
  const moment = (phase: Phase, gradients: number, activations: number, logits: number, buffers = 0): Moment => ({
    phase,
    bytes: { ...resident, gradients, activations, logits, buffers: resident.buffers + buffers },
  });
  return [
    moment("end of the forward pass", kept, afterForward + casts, logits.endOfForward),
    moment("loss backward", kept, afterForward + (run.checkpointing ? 0 : casts), logits.startOfBackward),
    moment("block backward", Math.max(kept, run.adapters ? 0 : lastBlockGradients), lastBlock * tokens, 0),
    moment("block backward", allGradients, firstBlock * tokens, 0),
    moment("optimizer step", allGradients, 0, 0, optimizerStepBytes(run) / shares.states),
  ];
}
