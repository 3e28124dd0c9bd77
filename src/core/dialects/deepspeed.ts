import { t } from "../language.ts";
import type { BatchPlan, Dtype, LearningRatePlan, Precision, TrainingPlan, Warmup } from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { assumed, byDefault, derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import type { ConfigDocument } from "../text/document.ts";
import { type EditValue, setValue, type TextEdit } from "../text/edit.ts";
import { beta2Of } from "./betas.ts";
import type { Dialect, PlanChange } from "./dialect.ts";
import { deepspeedFormerKeys } from "./formerKeys.ts";
import { precisionOf } from "./precision.ts";
import { groupAt, rateGroups } from "./rateGroups.ts";
import { type Reader, reader } from "./reader.ts";
import { schedulerArgumentsAt } from "./schedulerArguments.ts";
import { dataParallel } from "./sharding.ts";
import { unknownPlan } from "./unknownPlan.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { zeroOptimization, zeroSplit } from "./zeroSplit.ts";

// Keys and defaults: deepspeedai/DeepSpeed at edaa72212672, deepspeed/runtime/{config,constants,lr_schedules,
// precision_config}.py, runtime/zero/config.py; "auto": transformers 5.18.0, integrations/deepspeed.py.

const schedulers = ["WarmupLR", "WarmupDecayLR", "WarmupCosineLR", "OneCycle", "LRRangeTest"];

const optimizers = [
  "AdamW",
  "Adam",
  "Lion",
  "Muon",
  "Adagrad",
  "Lamb",
  "OneBitAdam",
  "ZeroOneAdam",
  "OneBitLamb",
  "MuAdam",
  "MuAdamW",
  "MuSGD",
];

const vocabulary = {
  train_batch_size: { about: "Sequences per update on all GPUs: micro batch × accumulation × GPUs" },
  train_micro_batch_size_per_gpu: {
    about: "Sequences per GPU in one forward pass",
    note: t`neither train_micro_batch_size_per_gpu nor train_batch_size is set; the training arguments may set it`,
  },
  gradient_accumulation_steps: {
    about: "Forward passes per optimizer update; 1 when only one of the batch sizes is set",
    note: t`no batch size is set here; the training arguments may set it`,
  },
  gradient_clipping: { about: "Norm to which gradients are clipped; 0: they are not", default: 0 },
  steps_per_print: { about: "Updates between two lines of the log", default: 10 },
  optimizer: { about: "Optimizer that DeepSpeed builds; without it the training script brings its own" },
  "optimizer.type": {
    about: "Optimizer; Adam decouples the weight decay too unless adam_w_mode is false",
    note: t`the training script brings its own optimizer`,
    values: optimizers,
  },
  "optimizer.params.lr": {
    about: "Learning rate; a scheduler with a rate of its own overrides it",
    note: t`optimizer.params.lr is not set; the training script decides the rate`,
  },
  "optimizer.params.muon_lr": { about: "Learning rate of the matrices (Muon); as lr" },
  "optimizer.params.adam_lr": { about: "Learning rate of all other parameters (Muon); as lr" },
  "optimizer.params.betas": { about: "Decay of the moments" },
  "optimizer.params.eps": { about: "Epsilon of the optimizer", default: 1e-8 },
  "optimizer.params.weight_decay": { about: "Weight decay; 0 by default, 0.01 with torch_adam" },
  "optimizer.params.torch_adam": { about: "Use torch's AdamW instead of DeepSpeed's", default: false },
  "optimizer.params.adam_w_mode": { about: "Decoupled weight decay in Adam", default: true },
  scheduler: { about: "Scheduler that DeepSpeed builds; Hugging Face's lr_scheduler_type then does nothing" },
  "scheduler.type": {
    about: "Course of the learning rate",
    note: t`the training script brings its own scheduler`,
    values: schedulers,
  },
  "scheduler.params": { about: "Settings of the scheduler" },
  "scheduler.params.warmup_min_lr": { about: "Rate at which the warmup starts", default: 0 },
  "scheduler.params.warmup_max_lr": { about: "Rate at which the warmup ends: the peak" },
  "scheduler.params.warmup_num_steps": { about: "Updates of warmup, at least 2", default: 1000 },
  "scheduler.params.warmup_type": {
    about: "Course of the warmup; log is at half of the peak after a tenth of a warmup of 100",
    default: "log",
    values: ["log", "linear"],
  },
  "scheduler.params.total_num_steps": { about: "Updates until the decay ends (WarmupDecayLR, WarmupCosineLR)" },
  "scheduler.params.warmup_min_ratio": { about: "Share of the peak at which the warmup starts (cosine)", default: 0 },
  "scheduler.params.cos_min_ratio": { about: "Share of the peak at which the cosine ends", default: 1e-4 },
  "scheduler.params.cycle_min_lr": { about: "Lowest rate of the cycle (OneCycle)" },
  "scheduler.params.cycle_max_lr": { about: "Highest rate of the cycle (OneCycle)" },
  "scheduler.params.cycle_first_step_size": { about: "Updates in which the rate rises (OneCycle)", default: 2000 },
  "scheduler.params.cycle_second_step_size": { about: "Updates in which it falls; as many as it rises by default" },
  "scheduler.params.decay_step_size": { about: "Updates per step of the decay after the cycle", default: 0 },
  "scheduler.params.decay_lr_rate": { about: "Rate of the decay after the cycle", default: 0 },
  "scheduler.params.lr_range_test_min_lr": { about: "Rate at which a range test starts", default: 1e-3 },
  "scheduler.params.lr_range_test_step_size": { about: "Updates per step of a range test", default: 2000 },
  "scheduler.params.lr_range_test_step_rate": { about: "Growth per step of a range test", default: 1 },
  "scheduler.params.lr_range_test_staircase": { about: "Raise the rate in stairs", default: false },
  "bf16.enabled": {
    about: "Compute in bfloat16, with float32 master weights",
    default: false,
    note: t`unless the training arguments or accelerate ask for it`,
    aliases: ["bfloat16.enabled"],
  },
  "bf16.bf16_master_weights_and_grads": { about: "Master weights and gradients in bfloat16 too", default: false },
  "bf16.bf16_optimizer_states": { about: "Optimizer states in bfloat16 too", default: false },
  "fp16.enabled": { about: "Compute in float16, with float32 master weights", default: false },
  "fp16.loss_scale": { about: "Factor on the loss; 0 adapts it", default: 0 },
  "fp16.initial_scale_power": { about: "The adapted factor starts at 2 to this power", default: 16 },
  "fp16.loss_scale_window": { about: "Updates without overflow until the factor doubles", default: 1000 },
  "fp16.hysteresis": { about: "Overflows until the factor is halved", default: 2 },
  "fp16.min_loss_scale": { about: "Smallest factor on the loss", default: 1 },
  "torch_autocast.enabled": { about: "Compute through torch's autocast, on float32 weights", default: false },
  "torch_autocast.dtype": {
    about: "Type of torch's autocast",
    default: "float16",
    note: t`torch's own default`,
    values: ["bfloat16", "float16"],
  },
  "amp.enabled": { about: "Mixed precision of NVIDIA's apex", default: false },
  zero_optimization: { about: "What the GPUs share (ZeRO)" },
  ...zeroOptimization,
  "zero_optimization.offload_optimizer.pin_memory": { about: "Page-locked memory: faster, but more of it" },
  "zero_optimization.offload_param.pin_memory": { about: "Page-locked memory: faster, but more of it" },
  "zero_optimization.contiguous_gradients": { about: "Copy gradients to one buffer", default: true },
  "zero_optimization.reduce_scatter": { about: "Reduce-scatter instead of all-reduce", default: true },
  "zero_optimization.allgather_partitions": { about: "All-gather instead of broadcasts", default: true },
  "zero_optimization.allgather_bucket_size": { about: "Weights that are gathered at once", default: 5e8 },
  "zero_optimization.stage3_max_reuse_distance": { about: "Keep weights needed again this soon", default: 1e9 },
  "zero_optimization.stage3_prefetch_bucket_size": { about: "Parameters fetched ahead", default: 5e7 },
  "zero_optimization.stage3_param_persistence_threshold": { about: "Smaller weights are not split", default: 1e5 },
  "zero_optimization.stage3_gather_16bit_weights_on_model_save": {
    about: "Gather the 16-bit weights when saving",
    default: false,
  },
  "zero_optimization.zero_quantized_weights": { about: "Exchange weights in 8 bits", default: false },
  "zero_optimization.zero_quantized_gradients": { about: "Exchange gradients in 8 bits", default: false },
  zero_allow_untested_optimizer: { about: "Accept optimizers that ZeRO is not tested with", default: false },
  zero_force_ds_cpu_optimizer: { about: "Offload only with DeepSpeed's own CPU Adam", default: true },
  "activation_checkpointing.partition_activations": { about: "Split checkpoints over the GPUs", default: false },
  "activation_checkpointing.cpu_checkpointing": { about: "Keep checkpoints in the host's memory", default: false },
  "tensor_parallel.autotp_size": { about: "GPUs that share each matrix" },
  sequence_parallel_size: { about: "GPUs that share a sequence", default: 1 },
  "data_types.grad_accum_dtype": { about: "Type in which gradients are summed", values: ["fp32", "fp16", "bf16"] },
  prescale_gradients: { about: "Scale gradients before they are reduced", default: false },
  wall_clock_breakdown: { about: "Log the time of each part of an update", default: false },
} as const satisfies Vocabulary;

type Key = keyof typeof vocabulary;
type Keys = Reader<Key>;

/** DeepSpeed: a JSON file that a training script, or the training arguments of transformers, complete. */
export const deepspeed: Dialect = {
  id: "deepspeed",
  label: "DeepSpeed",
  telltales: ["zero_optimization", "train_micro_batch_size_per_gpu", "train_batch_size"],
  vocabulary,
  // What json makes of the file goes to the optimizer and the scheduler as it is.
  loader: {
    textNumbers: [
      {
        keys: /^(?:(?:optimizer|scheduler)\.params\.\w+|gradient_clipping|train_(?:micro_)?batch_size(?:_per_gpu)?|gradient_accumulation_steps)$/,
        written: ["in quotes"],
        stops: "surely",
      },
    ],
  },
  formerKeys: deepspeedFormerKeys,
  detect({ root: { entries } }) {
    if (neoxKeys.some((key) => entries.has(key) || entries.has(key.replaceAll("_", "-")))) return 0;
    if (entries.has("train_micro_batch_size_per_gpu")) return 1;
    if (entries.has("zero_optimization")) return entries.has("train_batch_size") || entries.has("optimizer") ? 1 : 0.8;
    const blocks = ["optimizer", "scheduler", "fp16", "bf16"].some((key) => entries.get(key)?.value.kind === "map");
    const signs = blocks || entries.has("steps_per_print") || entries.has("gradient_clipping");
    return entries.has("train_batch_size") && signs ? 1 : 0;
  },
  read: (document, { versions }) => readDeepspeed(document, versions),
  keys: {
    peakLearningRate: "optimizer.params.lr",
    microBatch: "train_micro_batch_size_per_gpu",
    accumulation: "gradient_accumulation_steps",
    warmupSteps: "scheduler.params.warmup_num_steps",
    scheduler: "scheduler.type",
    schedulerSettings: "scheduler.params.*",
    optimizer: "optimizer.type",
  },
  write(document, change) {
    const keys = settingsOf(document);
    return [...writeBatch(document, keys, change), ...writeBlocks(document, change)];
  },
};

/** Keys of gpt-neox, whose files hold DeepSpeed's keys beside the model's and the run's. */
const neoxKeys = [
  "num_layers",
  "hidden_size",
  "train_iters",
  "pipe_parallel_size",
  "model_parallel_size",
  "tokenizer_type",
  "data_path",
  "lr_decay_style",
  "vocab_file",
];

/** The part of a run that a DeepSpeed configuration decides, on `gpus` where the launcher says how many there are. */
export function readDeepspeed(document: ConfigDocument, versions: Versions, gpus?: Sourced<number>): TrainingPlan {
  const keys = settingsOf(document);
  const shared = readShared(keys);
  const count = gpus ?? readGpus(keys, shared);
  const nothing = unknownPlan(t`the training script decides it, not the DeepSpeed configuration`);
  return {
    ...nothing,
    optimizer: readOptimizer(keys),
    learningRate: readLearningRate(keys, versions),
    duration: { ...nothing.duration, maxSteps: readMaxSteps(keys) },
    batch: { ...readBatch(keys, shared, count), evaluation: nothing.batch.evaluation },
    precision: readPrecision(keys),
    parallelism: {
      ...dataParallel(count, zeroSplit(keys)),
      tensor: readTensor(keys),
      context: keys.number("sequence_parallel_size"),
    },
  };
}

/** What transformers fills in for "auto", by the names of its training arguments. */
const autoArguments: Readonly<Partial<Record<Key, string>>> = {
  train_batch_size: t`the batch, the accumulation and the number of GPUs`,
  train_micro_batch_size_per_gpu: "per_device_train_batch_size",
  gradient_accumulation_steps: "gradient_accumulation_steps",
  gradient_clipping: "max_grad_norm",
  "optimizer.params.lr": "learning_rate",
  "optimizer.params.weight_decay": "weight_decay",
  "scheduler.params.warmup_max_lr": "learning_rate",
  "scheduler.params.warmup_num_steps": "warmup_steps",
  "scheduler.params.total_num_steps": t`the length of the run`,
  "bf16.enabled": "bf16",
  "fp16.enabled": "fp16",
};

/** The keys of a document, where "auto" is unknown because of the training arguments, not an error. */
function settingsOf(document: ConfigDocument): Keys {
  const keys = reader(document, vocabulary);
  const orAuto = <T>(key: Key, value: Sourced<T>): Sourced<T> => {
    if (value.origin !== "unknown" || !isAuto(keys, key)) return value;
    return unknown(t`"auto": from ${autoArguments[key] ?? key} in the training arguments`, value.place);
  };
  return {
    ...keys,
    number: (key, otherwise) => orAuto(key, keys.number(key, otherwise)),
    flag: (key, otherwise) => orAuto(key, keys.flag(key, otherwise)),
  };
}

function isAuto(keys: Keys, key: Key): boolean {
  return keys.text(key).value === "auto";
}

/** DeepSpeed's own optimizers decay nothing and keep 0.999 of the second moment, but for torch's AdamW and Lion. */
function readOptimizer(keys: Keys): TrainingPlan["optimizer"] {
  const name = keys.text("optimizer.type");
  const maxGradNorm = keys.number("gradient_clipping");
  if (name.origin === "unknown") return { name, weightDecay: name, beta2: name, maxGradNorm };
  const torch = keys.flag("optimizer.params.torch_adam").value;
  const betas = keys.words("optimizer.params.betas", byDefault([]));
  return {
    name,
    weightDecay: keys.number("optimizer.params.weight_decay", byDefault(torch ? 0.01 : 0)),
    beta2: isAuto(keys, "optimizer.params.betas")
      ? unknown(t`"auto": from adam_beta2 in the training arguments`, betas.place)
      : beta2Of(betas, /^lion$/i.test(name.value) ? 0.99 : 0.999),
    maxGradNorm,
    fused: byDefault(!torch, t`DeepSpeed's own kernel, unless torch_adam asks for torch's`),
  };
}

function readLearningRate(keys: Keys, versions: Versions): LearningRatePlan {
  const scheduler = keys.text("scheduler.type");
  return {
    peak: readPeak(keys, scheduler.value, versions),
    scheduler,
    family: "deepspeed",
    schedulerArguments: readSchedulerArguments(keys),
    warmup: readWarmup(keys, scheduler),
    ...readGroups(keys),
  };
}

/** Muon is for the matrices of the layers; Adam trains the rest. Source: DeepSpeed, PR 7658. */
function readGroups(keys: Keys): Pick<LearningRatePlan, "groups"> {
  if (!/^muon$/i.test(keys.text("optimizer.type").value ?? "")) return {};
  return rateGroups(
    groupAt(t`matrices (Muon)`, keys.number("optimizer.params.muon_lr")),
    groupAt(t`embeddings, norms and output layer (Adam)`, keys.number("optimizer.params.adam_lr")),
  );
}

/** Schedulers set the rate themselves; only the cosine and a WarmupLR without a maximum go by the optimizer's. */
function readPeak(keys: Keys, scheduler: string | undefined, versions: Versions): Sourced<number> {
  const own = keys.number("optimizer.params.lr");
  if (scheduler === "WarmupLR") {
    const otherwise = does(versions, releases.warmsUpToOptimizerRate)
      ? own
      : byDefault(0.001, t`WarmupLR's own default`);
    return keys.number("scheduler.params.warmup_max_lr", otherwise);
  }
  if (scheduler === "WarmupDecayLR") return keys.number("scheduler.params.warmup_max_lr", byDefault(0.001));
  if (scheduler === "OneCycle") return keys.number("scheduler.params.cycle_max_lr");
  if (scheduler === "LRRangeTest") return unknown(t`a range test has no peak: the rate rises until the run ends`);
  return own;
}

/** The settings beside the peak and the length of the warmup; "auto" stands for the default or the run's length. */
function readSchedulerArguments(keys: Keys): LearningRatePlan["schedulerArguments"] {
  const elsewhere = new Set(["warmup_max_lr", "cycle_max_lr", "warmup_num_steps"]);
  return schedulerArgumentsAt(keys, "scheduler.params", (key, value) => !elsewhere.has(key) && value !== "auto");
}

/** DeepSpeed makes a warmup of fewer than two updates one of two. */
function readWarmup(keys: Keys, scheduler: Sourced<string>): Sourced<Warmup> {
  if (scheduler.origin === "unknown") return scheduler;
  if (!scheduler.value.startsWith("Warmup")) return byDefault({ steps: 0 }, t`${scheduler.value} has no warmup`);
  return mapped(keys.number("scheduler.params.warmup_num_steps"), (steps) => ({ steps: Math.max(2, steps) }));
}

/** The length of the schedule is meant to be that of the run, but nothing holds the script to it. */
function readMaxSteps(keys: Keys): Sourced<number | null> {
  const steps = keys.number("scheduler.params.total_num_steps", unknown(t`the training script decides when it stops`));
  return steps.origin === "unknown"
    ? steps
    : { ...steps, origin: "assumed", note: t`the schedule ends there (total_num_steps)` };
}

/** GPUs that work on the same sequences. */
function readShared(keys: Keys): number {
  return (readTensor(keys).value ?? 1) * (keys.number("sequence_parallel_size").value ?? 1);
}

/** Zero switches tensor parallelism off. */
function readTensor(keys: Keys): Sourced<number> {
  return mapped(keys.number("tensor_parallel.autotp_size", byDefault(1)), (size) => Math.max(1, size));
}

/** All three batch keys together tell the number of GPUs, for they must agree. */
function readGpus(keys: Keys, shared: number): Sourced<number> {
  const [total, micro, accumulation] = batchNumbers(keys);
  if (total.origin !== "file" || micro.origin !== "file" || accumulation.origin !== "file")
    return assumed(shared, t`the launcher decides the number of GPUs`);
  const each = derived(micro, accumulation, "", (a, b) => a * b);
  const note = t`train_batch_size / (micro batch × accumulation)`;
  return derived(total, each, note, (all, part) => share(all, part) * shared);
}

function batchNumbers(keys: Keys) {
  return [
    keys.number("train_batch_size"),
    keys.number("train_micro_batch_size_per_gpu"),
    keys.number("gradient_accumulation_steps"),
  ] as const;
}

/** Any two of the three batch keys decide the third. */
function readBatch(keys: Keys, shared: number, gpus: Sourced<number>): Omit<BatchPlan, "evaluation"> {
  const [total, micro] = batchNumbers(keys);
  const perGpu = derived(total, gpus, "train_batch_size / GPUs", (all, count) => share(all, share(count, shared)));
  const accumulation = readAccumulation(keys, perGpu);
  return {
    micro:
      keys.has("train_micro_batch_size_per_gpu") || total.origin === "unknown"
        ? micro
        : derived(perGpu, accumulation, "train_batch_size / (accumulation × GPUs)", share),
    accumulation,
    global: total.origin === "unknown" ? null : total,
  };
}

/** Where one batch size stands alone, nothing is accumulated. */
function readAccumulation(keys: Keys, perGpu: Sourced<number>): Sourced<number> {
  const [, micro, accumulation] = batchNumbers(keys);
  const sizes = (["train_batch_size", "train_micro_batch_size_per_gpu"] as const).filter((key) => keys.has(key));
  if (keys.has("gradient_accumulation_steps") || sizes.length === 0) return accumulation;
  if (sizes.some((key) => isAuto(keys, key)))
    return unknown(t`from gradient_accumulation_steps in the training arguments`);
  if (sizes.length === 1) return byDefault(1, t`no other batch key is set`);
  return derived(perGpu, micro, t`train_batch_size / (micro batch × GPUs)`, share);
}

/** A part of a whole number, as Python's // divides; never less than one. */
function share(all: number, parts: number): number {
  return Math.max(1, Math.floor(all / parts));
}

/** Weights are cast to the compute type as a whole; the optimizer steps float32 copies of them. */
function readPrecision(keys: Keys): Precision {
  const brain = keys.flag("bf16.enabled");
  const half = keys.flag("fp16.enabled");
  if (brain.value) return pureBfloat16(keys) ?? mixedPrecision(mapped(brain, () => "bfloat16"));
  if (half.value) return mixedPrecision(mapped(half, () => "float16"));
  if (brain.origin === "unknown") return precisionOf(brain, brain);
  if (half.origin === "unknown") return precisionOf(half, half);
  const float32 = mapped(brain.origin === "file" ? brain : half, (): Dtype => "float32");
  const autocast = keys.flag("torch_autocast.enabled");
  const type = keys.text("torch_autocast.dtype").value?.includes("b") ? "bfloat16" : "float16";
  if (autocast.value)
    return precisionOf(
      float32,
      mapped(autocast, () => type),
    );
  const amp = keys.flag("amp.enabled");
  return precisionOf(
    float32,
    mapped(amp, (on) => (on ? "float16" : null)),
  );
}

/** Nothing is kept in float32 when the optimizer states are bfloat16 too. */
function pureBfloat16(keys: Keys): Precision | undefined {
  const states = keys.flag("bf16.bf16_optimizer_states");
  if (!keys.flag("bf16.bf16_master_weights_and_grads").value || !states.value) return undefined;
  return precisionOf(
    mapped(states, () => "bfloat16"),
    mapped(states, () => null),
  );
}

/** The engine casts the whole model; its optimizer trains float32 copies. */
export function mixedPrecision(type: Sourced<Dtype>): Precision {
  return {
    ...precisionOf(
      type,
      mapped(type, () => null),
    ),
    masterWeights: mapped(type, () => true),
  };
}

/**
 * The total must stay micro × accumulation × GPUs. A key that follows from the two others is not added, and nothing is
 * written where the training arguments decide: a number here that differs from theirs is an error.
 */
function writeBatch(document: ConfigDocument, keys: Keys, change: PlanChange): readonly TextEdit[] {
  const names = ["train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps"] as const;
  if (change.microBatch === undefined && change.accumulation === undefined) return [];
  if (names.some((name) => isAuto(keys, name))) return [];
  const shared = readShared(keys);
  const gpus = readGpus(keys, shared);
  const batch = readBatch(keys, shared, gpus);
  const micro = change.microBatch ?? batch.micro.value;
  const accumulation = change.accumulation ?? batch.accumulation.value;
  if (micro === undefined || accumulation === undefined) return [];
  const [hasTotal, hasMicro, hasAccumulation] = names.map((name) => keys.has(name));
  const total = micro * accumulation * share(gpus.value ?? 1, shared);
  return [
    ...(hasTotal && total !== batch.global?.value ? edit(document, names[0], total) : []),
    ...(hasMicro && micro !== batch.micro.value ? edit(document, names[1], micro) : []),
    ...((hasAccumulation || !(hasTotal && hasMicro)) && accumulation !== batch.accumulation.value
      ? edit(document, names[2], accumulation)
      : []),
  ];
}

/** Settings of the optimizer and the scheduler, where DeepSpeed builds them. */
function writeBlocks(document: ConfigDocument, change: PlanChange): readonly TextEdit[] {
  const { peakLearningRate, warmupSteps, scheduler, optimizer } = change;
  const values = {
    "optimizer.type": optimizer,
    "optimizer.params.lr": peakLearningRate,
    "scheduler.type": scheduler,
    "scheduler.params.warmup_max_lr": peakLearningRate,
    "scheduler.params.cycle_max_lr": peakLearningRate,
    "scheduler.params.warmup_num_steps": warmupSteps,
  };
  const keys = reader(document, vocabulary);
  return (Object.entries(values) as [Key, EditValue | undefined][]).flatMap(([key, value]) =>
    value === undefined || !keys.has(key) || isAuto(keys, key) ? [] : edit(document, key, value),
  );
}

function edit(document: ConfigDocument, key: Key, value: EditValue): readonly TextEdit[] {
  return setValue(document, key, value, ["train_micro_batch_size_per_gpu", "train_batch_size"]);
}
