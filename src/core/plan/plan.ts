import type { Sourced } from "./sourced.ts";

/** What a training run will do, in the field's terms, whatever the framework calls it. */
export interface TrainingPlan {
  readonly stage: Sourced<Stage>;
  /** Hugging Face id or path, as the file writes it. */
  readonly model: Sourced<string>;
  readonly method: Sourced<Method>;
  /** The adapters of LoRA and QLoRA; null for methods without adapters. */
  readonly lora: LoraPlan | null;
  /** How the frozen weights are quantised; null when they are not. */
  readonly quantization: Quantization | null;
  readonly optimizer: OptimizerPlan;
  readonly learningRate: LearningRatePlan;
  readonly duration: Duration;
  readonly batch: BatchPlan;
  /** Tokens per sequence, the longest that a batch can hold. */
  readonly sequenceLength: Sourced<number>;
  /** Whether short samples are joined until a sequence is full. */
  readonly packing: Sourced<boolean>;
  readonly precision: Precision;
  readonly gradientCheckpointing: Sourced<boolean>;
  readonly attention: Sourced<Attention>;
  readonly loss: Sourced<LossImplementation>;
  /** GPUs of the whole run, over all nodes. */
  readonly gpus: Sourced<number>;
  /** What is split over the GPUs: nothing (DDP), or the states that a ZeRO stage or FSDP strategy splits. */
  readonly sharding: Sourced<Sharding>;
}

export type Stage =
  | "sft"
  | "pretrain"
  | "continued-pretrain"
  | "dpo"
  | "kto"
  | "orpo"
  | "simpo"
  | "reward"
  | "ppo"
  | "grpo"
  | "classify";

export type Method = "full" | "freeze" | "lora" | "qlora";

export type Dtype = "float32" | "bfloat16" | "float16";

export type Attention = "flash" | "sdpa" | "eager";

/** Whether the logits of all tokens exist at once, or the loss is computed chunk by chunk. */
export type LossImplementation = "materialised" | "chunked";

export type Sharding = "none" | "zero-1" | "zero-2" | "zero-3";

export interface LoraPlan {
  readonly rank: Sourced<number>;
  readonly alpha: Sourced<number>;
  readonly dropout: Sourced<number>;
  readonly targets: Sourced<LoraTargets>;
}

/** Every linear layer but the output layer, PEFT's choice for the architecture, or the named modules. */
export type LoraTargets = "all-linear" | "peft-default" | readonly string[];

export interface Quantization {
  readonly bits: Sourced<number>;
  /** Whether the scales are quantised too (bitsandbytes' nested or double quantisation). */
  readonly doubleQuantization: Sourced<boolean>;
  /** Whether the framework casts the normalisation weights to float32, which makes the residual stream float32. */
  readonly float32Norms: Sourced<boolean>;
}

export interface OptimizerPlan {
  /** As the framework names it, such as `adamw_torch` or `paged_adamw_8bit`. */
  readonly name: Sourced<string>;
  readonly weightDecay: Sourced<number>;
}

export interface LearningRatePlan {
  readonly peak: Sourced<number>;
  /** As the framework names it, such as `cosine`. */
  readonly scheduler: Sourced<string>;
  /** The names of the settings that bend the scheduler's curve, such as `num_cycles`. */
  readonly schedulerArguments: Sourced<readonly string[]>;
  readonly warmup: Sourced<Warmup>;
}

/** Updates until the peak is reached: a count, or a fraction of all updates with the framework's way of rounding. */
export type Warmup = WarmupSteps | WarmupRatio;

export interface WarmupSteps {
  readonly steps: number;
}

export interface WarmupRatio {
  readonly ratio: number;
  readonly rounding: "up" | "down";
  /** No more updates than these, however long the run. */
  readonly atMost?: number;
  /** Whether a single update of warmup is made two. */
  readonly oneIsTwo?: boolean;
}

export interface Duration {
  readonly epochs: Sourced<number>;
  /** Optimizer updates after which the run stops whatever the epochs say; null when there is no such limit. */
  readonly maxSteps: Sourced<number | null>;
}

export interface BatchPlan {
  /** Sequences per GPU in one forward pass. */
  readonly micro: Sourced<number>;
  /** Forward passes per optimizer update. */
  readonly accumulation: Sourced<number>;
  /** Sequences per GPU in one evaluation pass. */
  readonly evaluation: Sourced<number>;
}

export interface Precision {
  /** The type of the model's weights when they are trained. */
  readonly trained: Sourced<Dtype>;
  /** The type of the model's weights under adapters; for a quantised model, that of the rest. */
  readonly frozen: Sourced<Dtype>;
  /** The type of the adapters; PEFT makes them float32 unless it is told otherwise. */
  readonly adapters: Sourced<Dtype>;
  /** The type of the adapters of a quantised model. */
  readonly quantizedAdapters: Sourced<Dtype>;
  /** The type that autocast computes in; null when matrix products run in the weights' own type. */
  readonly autocast: Sourced<Dtype | null>;
}

/** Sequences per optimizer update on all GPUs together; undefined while one of the factors is unknown. */
export function globalBatchSize({ batch, gpus }: TrainingPlan): number | undefined {
  if (batch.micro.value === undefined || batch.accumulation.value === undefined || gpus.value === undefined) {
    return undefined;
  }
  return batch.micro.value * batch.accumulation.value * gpus.value;
}

/** Sequences that go through the model for one sample: preference data hold a chosen and a rejected answer. */
export function sequencesPerSample(stage: Stage): number {
  return stage === "dpo" || stage === "orpo" || stage === "simpo" || stage === "reward" ? 2 : 1;
}
