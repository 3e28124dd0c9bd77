import { dataParallelSize, type TrainingPlan, type Warmup } from "../plan/plan.ts";
import { isAtLeast, type Versions } from "../plan/versions.ts";

/** What the number of optimizer updates depends on. */
export interface StepInputs {
  /** Samples of one epoch, after packing. */
  readonly samples: number;
  readonly microBatch: number;
  readonly gpus: number;
  readonly accumulation: number;
  readonly epochs: number;
  readonly maxSteps: number | null;
  /** Whether the last, incomplete batch is left out. */
  readonly dropLast?: boolean;
}

/**
 * Optimizer updates of transformers' Trainer: batches per rank, updates per epoch (rounded up since 4.52, down before,
 * and at least one), times the epochs, rounded up; a maximum overrides all. Source: Trainer.set_initial_training_values.
 */
export function huggingFaceTotalSteps(inputs: StepInputs, versions: Versions): number {
  const { samples, microBatch, gpus, accumulation, epochs, maxSteps, dropLast = false } = inputs;
  if (maxSteps !== null && maxSteps > 0) return maxSteps;
  const batches = dropLast ? Math.floor(samples / microBatch) : Math.ceil(samples / microBatch);
  const batchesPerRank = Math.ceil(batches / gpus);
  const round = isAtLeast(versions, "transformers", "4.52") ? Math.ceil : Math.floor;
  const updatesPerEpoch = Math.max(round(batchesPerRank / accumulation), 1);
  return Math.ceil(epochs * updatesPerEpoch);
}

/** What the user knows of a run's length. */
export interface RunLength {
  /** Training samples. */
  readonly samples?: number;
  /** Optimizer updates; they override what the config says. */
  readonly steps?: number;
}

/** Total updates of the run; undefined while the sample count is needed but unknown. */
export function totalStepsOf(
  { batch, duration, parallelism }: TrainingPlan,
  { samples, steps }: RunLength,
  versions: Versions,
): number | undefined {
  const limit = steps ?? duration.maxSteps.value;
  if (limit) return limit;
  const microBatch = batch.micro.value;
  const accumulation = batch.accumulation.value;
  const epochs = duration.epochs.value;
  const count = dataParallelSize(parallelism);
  if (samples === undefined || !microBatch || !accumulation || !epochs || !count) return undefined;
  return huggingFaceTotalSteps({ samples, microBatch, gpus: count, accumulation, epochs, maxSteps: null }, versions);
}

/** Warmup updates of a run of `totalSteps`, rounded as the framework does it. */
export function warmupSteps(warmup: Warmup, totalSteps: number): number {
  if ("steps" in warmup) return warmup.steps;
  const { ratio, rounding, atMost = Number.POSITIVE_INFINITY, oneIsTwo = false } = warmup;
  const exact = totalSteps * ratio;
  const rounded = rounding === "exact" ? exact : rounding === "up" ? Math.ceil(exact) : Math.floor(exact);
  const steps = Math.min(rounded, atMost);
  return oneIsTwo && steps === 1 ? 2 : steps;
}
