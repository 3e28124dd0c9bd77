import { type Allocated, bytesIn, type Components } from "./components.ts";
import { teacherWeightBytes } from "./distillation.ts";
import { evaluationMoment } from "./evaluation.ts";
import { generationMoment } from "./generation.ts";
import { gradientBytes } from "./gradients.ts";
import { hostBytes } from "./offload.ts";
import { isPaged, optimizerStateBytes, updatesInBackward } from "./optimizer.ts";
import { cachedBytes, communicatorBytes, contextBytes } from "./overhead.ts";
import { gatheredLogits, type Stage, stagesOf } from "./parallel.ts";
import type { Run } from "./run.ts";
import { communicationBytes, offloadedOf, secondaryShare, sharesOf, stepBytes } from "./sharding.ts";
import type { Phase as PassPhase } from "./step.ts";
import { adapterWeightBytes, baseWeightBytes } from "./weights.ts";

export type Phase = PassPhase | "optimizer step" | "generation" | "evaluation";

/** Memory of a run on one GPU at the moment when it needs the most. */
export interface MemoryEstimate extends Need {
  /** What a training step takes of the device, and the least that it can do with. */
  readonly trainDeviceBytes: number;
  readonly trainLowBytes: number;
  /** The same of an evaluation pass; null for runs that do not evaluate. */
  readonly evalDeviceBytes: number | null;
  readonly evalLowBytes: number | null;
  /** What stays in the host's memory per GPU; 0 where nothing is offloaded. */
  readonly hostBytes: number;
}

/** What one moment takes. */
interface Need {
  /** What nvidia-smi would show for the process. */
  readonly deviceBytes: number;
  /** The least that the run can do with: nothing cached, paged states in the host's memory. */
  readonly lowBytes: number;
  /** The most to expect: nothing that one part of the step leaves behind is used again by another. */
  readonly highBytes: number;
  /** torch.cuda.max_memory_allocated. */
  readonly allocatedBytes: number;
  /** torch.cuda.max_memory_reserved. */
  readonly reservedBytes: number;
  readonly peakAt: Phase;
  /** At the peak; they add up to `deviceBytes`. */
  readonly components: Components;
}

/**
 * The largest moment of a training step after the first, when the optimizer states exist, or of an evaluation pass where that
 * needs more: a run that does not survive its evaluation does not fit.
 */
export function estimateMemory(run: Run): MemoryEstimate {
  const stages = stagesOf(run);
  const outside = contextBytes + communicatorBytes(run);
  const trained = needOf(stages.flatMap(trainingMoments), outside);
  const evaluations = stages.flatMap(evaluationsOf);
  const evaluated = evaluations.length > 0 ? needOf(evaluations, outside) : null;
  return {
    ...(evaluated && evaluated.deviceBytes > trained.deviceBytes ? evaluated : trained),
    trainDeviceBytes: trained.deviceBytes,
    trainLowBytes: trained.lowBytes,
    evalDeviceBytes: evaluated?.deviceBytes ?? null,
    evalLowBytes: evaluated?.lowBytes ?? null,
    hostBytes: Math.max(...stages.map((stage) => hostBytes(stage.run))),
  };
}

interface Moment {
  readonly run: Run;
  readonly phase: Phase;
  readonly bytes: Allocated;
}

function largest(moments: readonly Moment[]): Moment {
  return moments.reduce((most, moment) => (bytesIn(moment.bytes) > bytesIn(most.bytes) ? moment : most));
}

/** What the largest of the moments takes. */
function needOf(moments: readonly Moment[], outside: number): Need {
  const { run, phase, bytes } = largest(moments);
  const allocatedBytes = bytesIn(bytes);
  const cached = cachedBytes(
    run,
    moments.filter((moment) => moment.run === run).map((moment) => moment.bytes),
  );
  const paged = isPaged(run) ? optimizerStateBytes(run) / sharesOf(run).states : 0;
  const reservedBytes = allocatedBytes + cached.usual;
  return {
    deviceBytes: reservedBytes + outside + paged,
    lowBytes: allocatedBytes + outside,
    highBytes: allocatedBytes + cached.most + outside + paged,
    allocatedBytes,
    reservedBytes,
    peakAt: phase,
    components: { ...bytes, overhead: cached.usual + outside + paged },
  };
}

/** What is there all the time: weights, optimizer states and what sharding needs. */
function residentOf(run: Run): Allocated {
  const shares = sharesOf(run);
  const share = 1 / shares.weights + (offloadedOf(run).weights ? 0 : secondaryShare(run));
  return {
    weights:
      (run.hasReference ? 2 : 1) * baseWeightBytes(run) * share +
      adapterWeightBytes(run) +
      teacherWeightBytes(run).waiting,
    gradients: 0,
    optimizer: isPaged(run) ? 0 : optimizerStateBytes(run) / shares.states,
    activations: 0,
    logits: 0,
    buffers: communicationBytes(run),
  };
}

/** The moments of the two passes, and the optimizer's step with its own copies. */
function trainingMoments({ run, moments }: Stage): readonly Moment[] {
  const shares = sharesOf(run);
  const resident = residentOf(run);
  const stepping = {
    ...resident,
    // Nothing is gathered while the optimizer steps.
    gradients: updatesInBackward(run) ? 0 : gradientBytes(run) / shares.gradients,
    buffers: stepBytes(run),
  };
  return [
    ...moments.map(({ phase, gradients, activations, logits, buffers }) => ({
      run,
      phase,
      bytes: { ...resident, gradients, activations, logits, buffers: resident.buffers + buffers },
    })),
    { run, phase: "optimizer step", bytes: stepping },
    ...(run.generates > 0 ? [generating(run, resident)] : []),
  ];
}

/** The answers are generated before the passes, when there are no gradients. */
function generating(run: Run, resident: Allocated): Moment {
  return { run, phase: "generation", bytes: { ...resident, gradients: 0, ...generationMoment(run) } };
}

/**
 * A pass without gradients, which are gone after the optimizer's step; what is cached then is what that step left. None in runs
 * that do not evaluate.
 */
function evaluationsOf({ run }: Stage): readonly Moment[] {
  const { evaluation } = run;
  if (evaluation === null) return [];
  const { activations, logits } = evaluationMoment({ ...run, ...evaluation });
  const bytes = { ...residentOf(run), activations, logits: logits * gatheredLogits(run) };
  return [{ run, phase: "evaluation", bytes }];
}
