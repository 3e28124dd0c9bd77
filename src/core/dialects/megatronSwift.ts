import { t } from "../language.ts";
import type {
  BatchPlan,
  Duration,
  LearningRatePlan,
  Parallelism,
  Precision,
  SchedulerArguments,
  Sharding,
  TrainingPlan,
  Warmup,
} from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { byDefault, derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import type { ConfigDocument, MapNode } from "../text/document.ts";
import { setValue, type TextEdit } from "../text/edit.ts";
import { accumulationFrom, replicasOf, withGlobalBatch } from "./batch.ts";
import type { ChangeKeys, PlanChange } from "./dialect.ts";
import { megatronKernels } from "./kernels.ts";
import type { Keys } from "./msSwift.ts";
import { megatronGradients } from "./precision.ts";
import { dataParallel, optimizerOffload, optimizerSharding, type Split } from "./sharding.ts";
import { writeKeys } from "./write.ts";

// Megatron-SWIFT, the other backend of ms-swift; its keys and defaults: see msSwift.ts.

/** The part of a plan that depends on what trains the model. */
export type Backend = Pick<
  TrainingPlan,
  | "optimizer"
  | "learningRate"
  | "duration"
  | "batch"
  | "precision"
  | "kernels"
  | "gradientCheckpointing"
  | "checkpointed"
  | "attention"
  | "loss"
  | "parallelism"
>;

const megatronSigns = [
  "micro_batch_size",
  "global_batch_size",
  "train_iters",
  "lr",
  "lr_decay_style",
  "lr_warmup_fraction",
  "recompute_granularity",
  "tensor_model_parallel_size",
  "pipeline_model_parallel_size",
  "expert_model_parallel_size",
  "mcore_model",
];

/** Whether the file is for Megatron, which has names of its own for what transformers has too. */
export function usesMegatron({ entries }: MapNode): boolean {
  return megatronSigns.some((key) => entries.has(key)) && !entries.has("per_device_train_batch_size");
}

interface Shared {
  readonly versions: Versions;
  readonly peak: Sourced<number>;
  readonly groups: Pick<LearningRatePlan, "groups">;
  readonly precision: Precision;
}

/** What Megatron makes of the file; peak, rates of towers and the types of the weights are as they are without it. */
export function megatronPlan(
  keys: Keys,
  gpus: Sourced<number>,
  { versions, peak, groups, precision }: Shared,
): Backend {
  const parallelism = { ...readParallelism(keys, gpus), ...readCuts(keys, versions) };
  return {
    optimizer: {
      name: keys.text("optimizer", byDefault("adam")),
      weightDecay: keys.number("weight_decay"),
      beta2: keys.number("adam_beta2"),
      maxGradNorm: keys.number("clip_grad"),
    },
    learningRate: {
      peak: keys.number("lr", peak),
      scheduler: keys.text("lr_decay_style"),
      family: "megatron",
      schedulerArguments: byDefault(readSchedulerArguments(keys)),
      warmup: readWarmup(keys),
      ...groups,
    },
    duration: readDuration(keys),
    batch: readBatch(keys, parallelism),
    precision: {
      ...precision,
      trained: byDefault("float32", t`Megatron's optimizer keeps float32 copies of the weights`),
      ...megatronGradients,
    },
    gradientCheckpointing: mapped(keys.text("recompute_granularity"), (what) => what === "full"),
    ...readCheckpointed(keys),
    attention: mapped(keys.text("attention_backend"), (name) => (/^(?:unfused|local)$/.test(name) ? "eager" : "flash")),
    loss: byDefault("in-place", t`Megatron writes over its float32 logits`),
    ...megatronKernels,
    parallelism,
  };
}

/** Source: Megatron-LM, core/transformer/transformer_config.py, recompute_method and recompute_num_layers. */
function readCheckpointed(keys: Keys): Pick<Backend, "checkpointed"> {
  if (!keys.has("recompute_num_layers")) return {};
  const kind = keys.text("recompute_method").value === "block" ? "first" : "together";
  return {
    checkpointed: mapped(keys.number("recompute_num_layers"), (count) => ({ kind, count: Math.max(1, count) })),
  };
}

function readParallelism(keys: Keys, gpus: Sourced<number>): Parallelism {
  return {
    ...dataParallel(gpus, readSplit(keys)),
    tensor: keys.number("tensor_model_parallel_size"),
    sequence: keys.flag("sequence_parallel"),
    pipeline: keys.number("pipeline_model_parallel_size"),
    context: keys.number("context_parallel_size"),
    expert: keys.number("expert_model_parallel_size"),
  };
}

/** A release that does not keep experts whole cuts them as it does other matrices. */
function readCuts(keys: Keys, versions: Versions): Pick<Parallelism, "expertTensor" | "splitsLinearAttention"> {
  const key = "expert_tensor_parallel_size";
  return {
    ...(keys.has(key) || does(versions, releases.swiftKeepsExpertsWhole) ? { expertTensor: keys.number(key) } : {}),
    splitsLinearAttention: byDefault(does(versions, releases.swiftCutsDeltaNets)),
  };
}

function readBatch(keys: Keys, parallelism: Parallelism): BatchPlan {
  const micro = keys.number("micro_batch_size");
  const global = keys.number("global_batch_size");
  const note = "global_batch_size / (micro_batch_size × replicas)";
  const accumulation = accumulationFrom(global, micro, replicasOf(parallelism), note);
  return { micro, accumulation, global, ...readPrompts(keys, global), evaluation: micro };
}

/** The prompts whose answers make an update of GRPO. Source: ms-swift, megatron/arguments/megatron_args.py (init_iters). */
function readPrompts(keys: Keys, global: Sourced<number>): Pick<BatchPlan, "step"> {
  if (keys.text("rlhf_type").value !== "grpo") return {};
  const note = "global_batch_size / num_generations";
  return { step: derived(global, keys.number("num_generations"), note, (answers, each) => answers / each) };
}

const bendingKeys = ["min_lr", "lr_decay_iters", "lr_warmup_init", "lr_wsd_decay_style", "lr_wsd_decay_iters"] as const;

function readSchedulerArguments(keys: Keys): SchedulerArguments {
  const set = bendingKeys.filter((key) => keys.has(key));
  return new Map(set.map((key) => [key, keys.number(key).value ?? keys.text(key).value ?? null]));
}

/** A fraction of the decay's updates, which are all updates unless `lr_decay_iters` says less; not rounded. */
function readWarmup(keys: Keys): Sourced<Warmup> {
  if (!keys.has("lr_warmup_fraction")) return mapped(keys.number("lr_warmup_iters"), (steps) => ({ steps }));
  const decay = keys.number("lr_decay_iters").value;
  return mapped(keys.number("lr_warmup_fraction"), (ratio) =>
    decay === undefined ? { ratio, rounding: "exact" } : { steps: ratio * decay },
  );
}

/**
 * Epochs win over `train_iters`, unless the data are streamed: their length is not known then. Source: ms-swift,
 * megatron/arguments/megatron_args.py (init_iters).
 */
function readDuration(keys: Keys): Duration {
  const key = keys.has("num_train_epochs") ? "num_train_epochs" : "max_epochs";
  const epochs = keys.has(key) ? keys.number(key) : unknown(t`num_train_epochs is not set; train_iters decides`);
  const wins = keys.has(key) && !keys.flag("streaming").value;
  const limit = keys.has("train_iters") && !wins ? keys.number("train_iters") : byDefault(null);
  return { epochs, joinsEpochs: true, maxSteps: limit, maxTokens: byDefault(null) };
}

const strategies: ReadonlyMap<string, Sharding> = new Map([
  ["no_shard", "none"],
  ["optim", "zero-1"],
  ["optim_grads", "zero-2"],
  ["optim_grads_params", "zero-3"],
]);

/** The distributed optimizer splits what ZeRO 1 splits; Muon does without it. */
function readSplit(keys: Keys): Split {
  const offload = mapped(keys.flag("optimizer_cpu_offload"), optimizerOffload);
  if (keys.flag("use_megatron_fsdp").value) {
    const strategy = keys.text("data_parallel_sharding_strategy");
    return { sharding: mapped(strategy, (name) => strategies.get(name) ?? "zero-3"), offload };
  }
  const muon = /muon/.test(keys.text("optimizer").value ?? "");
  const distributed = mapped(keys.flag("use_distributed_optimizer"), optimizerSharding);
  return { sharding: muon ? byDefault("none", "Muon") : distributed, offload };
}

/** The keys that changes edit under Megatron. */
export const megatronKeys = {
  peakLearningRate: "lr",
  microBatch: "micro_batch_size",
  accumulation: "global_batch_size",
  sequenceLength: "max_length",
  gradientCheckpointing: "recompute_granularity",
  epochs: "num_train_epochs",
  warmupSteps: "lr_warmup_iters",
  warmupRatio: "lr_warmup_fraction",
  scheduler: "lr_decay_style",
  schedulerSettings: "*",
  optimizer: "optimizer",
  loraRank: "lora_rank",
} as const satisfies ChangeKeys;

/** Megatron knows the sequences per update instead of the accumulation, and full recomputation needs two keys more. */
export function writeMegatron(
  document: ConfigDocument,
  keys: Keys,
  gpus: Sourced<number>,
  paths: ChangeKeys,
  change: PlanChange,
): readonly TextEdit[] {
  const parallelism = readParallelism(keys, gpus);
  const batch = readBatch(keys, parallelism);
  const { gradientCheckpointing, ...others } = withGlobalBatch(change, { batch, parallelism });
  return [
    ...writeKeys(document, paths, others),
    ...(gradientCheckpointing === undefined ? [] : recomputation(document, keys, paths, gradientCheckpointing)),
  ];
}

function recomputation(document: ConfigDocument, keys: Keys, paths: ChangeKeys, on: boolean): readonly TextEdit[] {
  const path = paths.gradientCheckpointing ?? megatronKeys.gradientCheckpointing;
  const granularity = setValue(document, path, on ? "full" : "none");
  if (!on || keys.has("recompute_method")) return granularity;
  const beside = [megatronKeys.gradientCheckpointing];
  return [
    ...granularity,
    ...setValue(document, "recompute_method", "uniform", beside),
    ...setValue(document, "recompute_num_layers", 1, beside),
  ];
}
