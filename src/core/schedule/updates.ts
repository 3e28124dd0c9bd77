import type { Answers, ScheduleFamily } from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import type { Versions } from "../plan/versions.ts";

/** What the number of optimizer updates of an epoch depends on. */
export interface EpochInputs {
  readonly samples: number;
  /** Sequences of one forward pass on one GPU. */
  readonly microBatch: number;
  /** GPUs that work on different sequences. */
  readonly replicas: number;
  /** Forward passes per update. */
  readonly accumulation: number;
  /** Sequences per update on all GPUs. */
  readonly globalBatch: number;
  /** Whether the last, incomplete batch is left out. */
  readonly dropLast: boolean;
  /** What is trained on for each sample, where that is not the sample itself. */
  readonly answers?: Answers | undefined;
}

/** Optimizer updates of one epoch; undefined for frameworks where another program decides. */
export function updatesPerEpoch(family: ScheduleFamily, inputs: EpochInputs, versions: Versions): number | undefined {
  switch (family) {
    case "huggingface":
    case "axolotl":
    case "llamafactory":
    case "open-instruct":
      return huggingFaceUpdates(inputs, versions);
    case "torchtune":
      return torchtuneUpdates(inputs);
    case "litgpt-finetune":
      return litgptUpdates(inputs);
    case "composer":
    case "ludwig":
      return inputs.dropLast ? wholeBatches(inputs) : startedBatches(inputs);
    case "verl":
    case "nemo":
    case "megatron":
    case "torch":
    case "olmo":
      return wholeBatches(inputs);
    default:
      return undefined;
  }
}

/**
 * transformers' Trainer: batches are dealt out to the GPUs; an incomplete accumulation at the end counts since 4.52 and did
 * not before. At least one. Source: Trainer.set_initial_training_values.
 */
export function huggingFaceUpdates(inputs: EpochInputs, versions: Versions): number {
  const { samples, microBatch, replicas, accumulation, dropLast, answers } = inputs;
  if (answers) return answeredUpdates(inputs, answers);
  const batches = dropLast ? Math.floor(samples / microBatch) : Math.ceil(samples / microBatch);
  const perGpu = Math.ceil(batches / replicas);
  const round = does(versions, releases.countsIncompleteAccumulation) ? Math.ceil : Math.floor;
  return Math.max(round(perGpu / accumulation), 1);
}

/**
 * TRL's GRPO: the prompts whose answers do not fill an update are left out, and every answer is trained on `passes` times.
 * Source: trl/trainer/grpo_trainer.py, RepeatSampler.
 */
function answeredUpdates({ samples, microBatch, replicas, accumulation }: EpochInputs, answers: Answers): number {
  const prompts = (microBatch * replicas * accumulation) / answers.perSample;
  return Math.max(Math.floor(samples / prompts), 1) * answers.passes;
}

/**
 * torchtune: samples are dealt out to the GPUs, and incomplete batches and accumulations are left out. GRPO's samples are prompts, of
 * which a micro batch holds all answers. Source: recipes/dev/grpo_full_finetune_distributed.py.
 */
export function torchtuneUpdates({ samples, microBatch, replicas, accumulation, answers }: EpochInputs): number {
  const prompts = microBatch / (answers?.perSample ?? 1);
  return Math.floor(Math.floor(Math.ceil(samples / replicas) / prompts) / accumulation) * (answers?.passes ?? 1);
}

/** LitGPT's finetune scripts: the last, incomplete batch counts, an incomplete accumulation does not. */
export function litgptUpdates({ samples, microBatch, replicas, accumulation }: EpochInputs): number {
  return Math.floor(Math.ceil(Math.ceil(samples / replicas) / microBatch) / accumulation);
}

/** Only full global batches: verl's, NeMo's and NeMo RL's data loaders drop the last one. */
function wholeBatches({ samples, globalBatch }: EpochInputs): number {
  return Math.floor(samples / globalBatch);
}

/** The last, incomplete global batch counts. */
function startedBatches({ samples, globalBatch }: EpochInputs): number {
  return Math.ceil(samples / globalBatch);
}
