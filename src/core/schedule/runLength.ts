import {
  type BatchPlan,
  dataParallelSize,
  globalBatchSize,
  type ScheduleFamily,
  type TrainingPlan,
} from "../plan/plan.ts";
import type { Sourced } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import { updatesPerEpoch } from "./updates.ts";
import { warmupSteps } from "./warmup.ts";

/** How long a run is, as far as the config and its data tell. */
export interface RunLength {
  /** Training samples of one epoch. */
  readonly samples: Sourced<number>;
  /** Optimizer updates of one epoch. */
  readonly updatesPerEpoch: number | undefined;
  /** Optimizer updates of the run. */
  readonly totalSteps: number | undefined;
  /** Updates until the peak learning rate. */
  readonly warmupSteps: number | undefined;
}

/** The length of a run of `samples`; `steps`, where the user says them, override what the config says. */
export function runLengthOf(
  plan: TrainingPlan,
  samples: Sourced<number>,
  steps: number | undefined,
  versions: Versions,
): RunLength {
  const perEpoch = epochUpdates(plan, samples.value, versions);
  const totalSteps = steps ?? totalUpdates(plan, perEpoch, samples.value);
  const warmup = plan.learningRate.warmup.value;
  const fixed = warmup && "steps" in warmup;
  return {
    samples,
    updatesPerEpoch: perEpoch,
    totalSteps,
    warmupSteps: warmup && (fixed || totalSteps !== undefined) ? warmupSteps(warmup, totalSteps ?? 0) : undefined,
  };
}

function epochUpdates(plan: TrainingPlan, samples: number | undefined, versions: Versions): number | undefined {
  const replicas = dataParallelSize(plan.parallelism);
  const globalBatch = globalBatchSize(plan);
  if (!samples || !replicas || !globalBatch) return undefined;
  const { microBatch, accumulation } = passes(plan.batch, globalBatch, replicas);
  const dropLast = plan.data.dropLast?.value ?? false;
  const answers = plan.data.answers?.value;
  const step = plan.batch.step?.value ?? globalBatch;
  const inputs = { samples, microBatch, replicas, accumulation, globalBatch: step, dropLast, answers };
  return updatesPerEpoch(plan.learningRate.family, inputs, versions);
}

/** Where only the global batch is known, it is one pass. */
function passes({ micro, accumulation }: BatchPlan, globalBatch: number, replicas: number) {
  return micro.value && accumulation.value
    ? { microBatch: micro.value, accumulation: accumulation.value }
    : { microBatch: Math.max(1, Math.floor(globalBatch / replicas)), accumulation: 1 };
}

/**
 * transformers, open-instruct and Ludwig take the updates that are asked for instead of the epochs; everywhere else the run ends at
 * whatever comes first. Source for Ludwig: ludwig, utils/trainer_utils.py (get_total_steps).
 */
export function replacesEpochs(family: ScheduleFamily): boolean {
  return ["huggingface", "axolotl", "llamafactory", "open-instruct", "ludwig"].includes(family);
}

function totalUpdates(
  plan: TrainingPlan,
  perEpoch: number | undefined,
  samples: number | undefined,
): number | undefined {
  const { duration, learningRate } = plan;
  const limit = duration.maxSteps.value ?? undefined;
  if (limit !== undefined && replacesEpochs(learningRate.family)) return limit;
  const epochs = duration.epochs.value;
  const ends = [
    limit,
    perEpoch === undefined || epochs === undefined || epochs < 0
      ? undefined
      : (countedAtOnce(plan, samples, epochs) ?? Math.ceil(epochs * perEpoch)),
    tokenUpdates(plan),
  ].filter((end) => end !== undefined);
  return ends.length > 0 ? Math.min(...ends) : undefined;
}

/** Where the samples of all epochs are counted at once: an epoch does not end with an incomplete update. */
function countedAtOnce(plan: TrainingPlan, samples: number | undefined, epochs: number): number | undefined {
  const globalBatch = globalBatchSize(plan);
  if (!samples || !globalBatch) return undefined;
  if (plan.learningRate.family === "axolotl") return axolotlUpdates(plan, samples, epochs, globalBatch);
  return plan.duration.joinsEpochs ? joinedUpdates(plan, samples, epochs, globalBatch) : undefined;
}

/**
 * axolotl asks transformers for so many updates. Packed sequences it counts in full updates. What trains on answers it leaves to
 * transformers. Source: axolotl, utils/trainer.py (calculate_total_num_steps), common/datasets.py, core/builders/base.py.
 */
function axolotlUpdates(plan: TrainingPlan, samples: number, epochs: number, globalBatch: number): number | undefined {
  const { answers, dropLast } = plan.data;
  if (answers) return undefined;
  if (!plan.packing.value) return Math.ceil((samples * epochs) / globalBatch);
  const full = Math.floor(Math.max(1, Math.floor(samples / globalBatch)) * epochs);
  const kept = dropLast?.value ? full - Math.ceil(epochs) : full;
  return kept > 0 ? kept : undefined;
}

/** Megatron-SWIFT counts the samples of full passes. Source: ms-swift, megatron/arguments/megatron_args.py (init_iters). */
function joinedUpdates({ batch, parallelism }: TrainingPlan, samples: number, epochs: number, globalBatch: number) {
  const pass = (batch.micro.value ?? 1) * (dataParallelSize(parallelism) ?? 1);
  return Math.floor((Math.floor(samples / pass) * pass * epochs) / (batch.step?.value ?? globalBatch));
}

/** Updates until `maxTokens` have been seen, in full sequences. */
function tokenUpdates(plan: TrainingPlan): number | undefined {
  const { value: tokens } = plan.duration.maxTokens;
  const { value: length } = plan.sequenceLength;
  const globalBatch = globalBatchSize(plan);
  if (!tokens || !length || !globalBatch) return undefined;
  const updates = tokens / (globalBatch * length);
  return plan.learningRate.family === "composer" ? Math.ceil(updates) : Math.floor(updates);
}
