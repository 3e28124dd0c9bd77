import { t } from "../language.ts";
import { every, type Interval, never } from "../plan/interval.ts";
import type {
  Attention,
  BatchPlan,
  DataPlan,
  DataSource,
  Duration,
  OptimizerPlan,
  SchedulerArguments,
  TrainingPlan,
  Warmup,
} from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { byDefault, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import { parse } from "../text/parse.ts";
import { unknownData } from "./data.ts";
import type { ChangeKeys } from "./dialect.ts";
import { stepLimit } from "./duration.ts";
import { type Levers, optimizerLevers } from "./levers.ts";
import type { Reader } from "./reader.ts";
import { argumentsOf, schedulerArgumentsAt } from "./schedulerArguments.ts";
import { splitLevers } from "./trainerSplit.ts";
import type { Vocabulary } from "./vocabulary.ts";

// Hugging Face `transformers.TrainingArguments`: keys and defaults that several frameworks pass on unchanged.
// Source: transformers 4.57.6 and 5.18.0, src/transformers/training_args.py.

const schedulers = [
  "linear",
  "cosine",
  "cosine_with_restarts",
  "polynomial",
  "constant",
  "constant_with_warmup",
  "inverse_sqrt",
  "reduce_lr_on_plateau",
  "cosine_with_min_lr",
  "cosine_warmup_with_min_lr",
  "warmup_stable_decay",
];

const optimizers = [
  "adamw_torch",
  "adamw_torch_fused",
  "adafactor",
  "adamw_torch_4bit",
  "adamw_torch_8bit",
  "adamw_bnb_8bit",
  "paged_adamw_32bit",
  "paged_adamw_8bit",
  "ademamix",
  "ademamix_8bit",
  "paged_ademamix_32bit",
  "paged_ademamix_8bit",
  "lion_32bit",
  "lion_8bit",
  "paged_lion_32bit",
  "paged_lion_8bit",
  "rmsprop",
  "rmsprop_bnb_8bit",
  "rmsprop_bnb_32bit",
  "sgd",
  "adagrad",
  "galore_adamw",
  "galore_adamw_layerwise",
  "galore_adamw_8bit",
  "galore_adamw_8bit_layerwise",
  "galore_adafactor",
  "galore_adafactor_layerwise",
  "apollo_adamw",
  "apollo_adamw_layerwise",
  "lomo",
  "adalomo",
  "grokadamw",
  "schedule_free_adamw",
  "schedule_free_radam",
  "schedule_free_sgd",
  "stable_adamw",
];

export const trainingArguments = {
  learning_rate: { about: "Peak learning rate", default: 5e-5 },
  lr_scheduler_type: { about: "Course of the learning rate after the warmup", default: "linear", values: schedulers },
  lr_scheduler_kwargs: { about: "Further settings of the scheduler, such as min_lr or num_cycles" },
  warmup_ratio: { about: "Share of all updates that warm up; gone since transformers 5.15", default: 0 },
  warmup_steps: { about: "Updates until the peak; below 1 a share of all updates since transformers 5", default: 0 },
  num_train_epochs: { about: "Passes over the training data", default: 3 },
  max_steps: { about: "Optimizer updates; when positive they override the epochs", default: -1 },
  per_device_train_batch_size: {
    about: "Sequences per GPU in one forward pass",
    default: 8,
    aliases: ["per_gpu_train_batch_size"],
  },
  per_device_eval_batch_size: {
    about: "Sequences per GPU in one evaluation pass",
    default: 8,
    aliases: ["per_gpu_eval_batch_size"],
  },
  gradient_accumulation_steps: { about: "Forward passes per optimizer update", default: 1 },
  optim: { about: "Optimizer", values: optimizers },
  weight_decay: { about: "Decoupled weight decay", default: 0 },
  adam_beta1: { about: "Decay of AdamW's first moment", default: 0.9 },
  adam_beta2: { about: "Decay of AdamW's second moment", default: 0.999 },
  adam_epsilon: { about: "AdamW's epsilon", default: 1e-8 },
  max_grad_norm: { about: "Norm to which gradients are clipped", default: 1 },
  bf16: { about: "Compute in bfloat16 through autocast", default: false },
  fp16: { about: "Compute in float16 through autocast", default: false },
  tf32: { about: "Let float32 matrix products use TF32" },
  gradient_checkpointing: {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: false,
  },
  gradient_checkpointing_kwargs: { about: "How to checkpoint, such as use_reentrant" },
  neftune_noise_alpha: { about: "Noise on the embeddings while training (NEFTune)" },
  label_smoothing_factor: { about: "Label smoothing", default: 0 },
  use_liger_kernel: { about: "Liger's fused kernels, the fused linear cross-entropy among them", default: false },
  torch_compile: { about: "Compile the model", default: false },
  deepspeed: { about: "DeepSpeed configuration: a path or a mapping" },
  fsdp: { about: "FSDP options, such as full_shard auto_wrap" },
  fsdp_config: { about: "FSDP settings: a path or a mapping" },
  output_dir: { about: "Folder of checkpoints" },
  logging_steps: { about: "Updates between two log lines; below 1 a share of the run", default: 500 },
  save_strategy: { about: "When to save", default: "steps", values: ["no", "steps", "epoch", "best"] },
  save_steps: { about: "Updates between two checkpoints; below 1 a share of the run", default: 500 },
  eval_strategy: {
    about: "When to evaluate",
    default: "no",
    values: ["no", "steps", "epoch"],
    aliases: ["evaluation_strategy"],
  },
  eval_steps: { about: "Updates between two evaluations; below 1 a share of the run" },
  seed: { about: "Random seed", default: 42 },
  report_to: { about: "Where to log", values: ["none", "wandb", "tensorboard", "mlflow", "swanlab", "trackio"] },
  dataloader_num_workers: { about: "Processes that load data", default: 0 },
  dataloader_drop_last: { about: "Leave out the last, incomplete batch", default: false },
  group_by_length: { about: "Batch samples of similar length", default: false },
  auto_find_batch_size: { about: "Halve the batch until it fits", default: false },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof trainingArguments>;

/** The keys that changes of the plan edit. */
export const trainingArgumentKeys = {
  peakLearningRate: "learning_rate",
  microBatch: "per_device_train_batch_size",
  accumulation: "gradient_accumulation_steps",
  evaluationBatch: "per_device_eval_batch_size",
  gradientCheckpointing: "gradient_checkpointing",
  epochs: "num_train_epochs",
  warmupSteps: "warmup_steps",
  warmupRatio: "warmup_ratio",
  scheduler: "lr_scheduler_type",
  schedulerSettings: "lr_scheduler_kwargs.*",
  optimizer: "optim",
} as const satisfies ChangeKeys;

export const trainingArgumentLevers: Levers = {
  ...splitLevers,
  ...optimizerLevers("optim", "adamw_torch", "adamw_bnb_8bit", "paged_adamw_8bit"),
  ligerLoss: [{ set: { use_liger_kernel: true } }],
};

export function readBatch(keys: Keys): BatchPlan {
  return {
    micro: keys.number("per_device_train_batch_size"),
    accumulation: keys.number("gradient_accumulation_steps"),
    global: null,
    evaluation: keys.number("per_device_eval_batch_size"),
  };
}

/** Whether a strategy is `no`, which YAML may read as false. */
export function isNever(strategy: string): boolean {
  return strategy === "no" || strategy === "false";
}

type Intervals = Pick<TrainingPlan, "evaluationInterval" | "saveInterval">;

/**
 * When the Trainer evaluates and saves. `eval_steps` default to `logging_steps`, for which frameworks have a default of their own.
 * Source: transformers 5.18.0, trainer_callback.py (DefaultFlowCallback), training_args.py (__post_init__).
 */
export function readIntervals(keys: Keys, loggingSteps?: Sourced<number>): Intervals {
  const steps = keys.number("eval_steps");
  const otherwise = keys.number("logging_steps", loggingSteps);
  return {
    evaluationInterval: strategyInterval(keys.text("eval_strategy"), steps.value ? steps : otherwise),
    saveInterval: strategyInterval(keys.text("save_strategy"), keys.number("save_steps")),
  };
}

/** What `no`, `steps` and `epoch` mean; a fourth strategy saves whenever an evaluation is better than all before. */
export function strategyInterval(strategy: Sourced<string>, steps: Sourced<number>): Sourced<Interval> {
  if (strategy.origin === "unknown") return strategy;
  if (isNever(strategy.value)) return mapped(strategy, () => never);
  if (strategy.value === "epoch") return mapped(strategy, () => every(1, "epochs"));
  if (strategy.value === "steps") return mapped(steps, stepsInterval);
  return unknown(t`"${strategy.value}" depends on how the evaluations come out`, strategy.place);
}

/** Updates, or below one a share of all updates, rounded up. Source: transformers 5.18.0, TrainerState.compute_steps. */
export function stepsInterval(steps: number): Interval {
  return steps > 0 && steps < 1 ? { kind: "share", of: "run", share: steps, rounding: "up" } : every(steps, "updates");
}

/** Liger fuses the loss in training only, unless a trainer asks for more. Source: liger_kernel/transformers/model/llama.py. */
export function ligerEvaluation({ value }: TrainingPlan["loss"]): Pick<TrainingPlan, "evaluationLoss"> {
  return value === "fused"
    ? { evaluationLoss: byDefault("materialised", t`Liger fuses the loss in training only`) }
    : {};
}

export function readDuration(keys: Keys): Duration {
  return {
    epochs: keys.number("num_train_epochs"),
    maxSteps: stepLimit(keys, "max_steps"),
    maxTokens: byDefault(null),
  };
}

/** The default of `optim`. */
export function defaultOptimizer(versions: Versions): string {
  if (!does(versions, releases.torchAdamW)) return "adamw_hf";
  return does(versions, releases.fusedAdamW) ? "adamw_torch_fused" : "adamw_torch";
}

export function readOptimizer(keys: Keys, versions: Versions): OptimizerPlan {
  return {
    name: keys.text("optim", byDefault(defaultOptimizer(versions))),
    weightDecay: keys.number("weight_decay"),
    beta2: keys.number("adam_beta2"),
    epsilon: keys.number("adam_epsilon"),
    maxGradNorm: keys.number("max_grad_norm"),
  };
}

/**
 * `warmup_steps` and `warmup_ratio`. Up to transformers 4.x steps win over a ratio, in 5.0 to 5.14 a ratio wins; later
 * releases know no ratio, where it is read as meant. Since 5.0 steps below one are a ratio.
 */
export function readWarmup(keys: Keys, versions: Versions): Sourced<Warmup> {
  const version5 = does(versions, releases.fractionalWarmupSteps);
  const steps = keys.number("warmup_steps");
  const ratio = keys.number("warmup_ratio");
  if (ratio.value !== 0 && (version5 || steps.value === 0)) {
    const isSteps = does(versions, releases.warmupRatioIsSteps);
    return mapped(ratio, (value) =>
      isSteps && value >= 1 ? { steps: Math.trunc(value) } : { ratio: value, rounding: "up" },
    );
  }
  return mapped(steps, (value) =>
    version5 && value > 0 && value < 1 ? { ratio: value, rounding: "up" } : { steps: Math.trunc(value) },
  );
}

/** `keys` with that of a warmup's share of the run: `warmup_steps` where it holds one already, as newer releases have it. */
export function withWarmupKey(keys: ChangeKeys, { value: steps }: Sourced<number>): ChangeKeys {
  return steps !== undefined && steps > 0 && steps < 1 ? { ...keys, warmupRatio: "warmup_steps" } : keys;
}

/** What is in `lr_scheduler_kwargs`, a mapping or JSON in quotes. */
export function readSchedulerArguments(keys: Keys): Sourced<SchedulerArguments> {
  const text = keys.text("lr_scheduler_kwargs");
  const [quoted] = text.origin === "file" ? parse(text.value, "json") : [];
  if (quoted) return mapped(text, () => argumentsOf(quoted.root));
  if (keys.has("lr_scheduler_kwargs") && keys.maps("lr_scheduler_kwargs").length === 0) {
    return unknown(t`lr_scheduler_kwargs is not a mapping`, keys.place("lr_scheduler_kwargs"));
  }
  return schedulerArgumentsAt(keys, "lr_scheduler_kwargs");
}

/** The attention kernel by the names that transformers and the frameworks above it use; flex attention holds no scores either. */
export function attentionFrom(name: string): Attention {
  if (/flash|^flex|^fa[234]$/.test(name)) return "flash";
  return name === "eager" || name === "disabled" ? "eager" : "sdpa";
}

export function readData(keys: Keys, sources: readonly DataSource[]): DataPlan {
  return { ...unknownData, sources, dropLast: keys.flag("dataloader_drop_last") };
}
