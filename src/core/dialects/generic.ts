import { t } from "../language.ts";
import type {
  BatchPlan,
  DataSource,
  Dtype,
  LoraPlan,
  Method,
  Precision,
  ScheduleFamily,
  TrainingPlan,
} from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { assumed, byDefault, derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import { type ConfigDocument, type Entry, entryAt, type MapNode } from "../text/document.ts";
import { accumulationFrom } from "./batch.ts";
import { namedSources, unknownData } from "./data.ts";
import type { Dialect } from "./dialect.ts";
import { stepLimit } from "./duration.ts";
import { kernelsIf } from "./kernels.ts";
import { peftTargetsAt } from "./lora.ts";
import { autocastNamed, dtypeNamed, precisionOf } from "./precision.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel } from "./sharding.ts";
import { shardingLinks, trainerSplit } from "./trainerSplit.ts";
import {
  attentionFrom,
  defaultOptimizer,
  readIntervals,
  readSchedulerArguments,
  readWarmup,
  trainingArguments,
} from "./trainingArguments.ts";
import { namesOf, type Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys: transformers 5.18.0 and 4.57.6, src/transformers/training_args.py, under their own names and under those that
// scripts give them; instructlab's train profile and foundation-model-stack/fms-hf-tuning among them.

const vocabulary = {
  ...trainingArguments,
  learning_rate: { ...trainingArguments.learning_rate, aliases: ["lr", "optimizer.lr", "optimizer.learning_rate"] },
  lr_scheduler_type: { ...trainingArguments.lr_scheduler_type, aliases: ["lr_scheduler", "scheduler"] },
  warmup_steps: { ...trainingArguments.warmup_steps, aliases: ["num_warmup_steps", "lr_warmup_steps"] },
  warmup_ratio: { ...trainingArguments.warmup_ratio, aliases: ["lr_warmup_ratio"] },
  num_train_epochs: { ...trainingArguments.num_train_epochs, aliases: ["num_epochs", "epochs"] },
  max_steps: { ...trainingArguments.max_steps, aliases: ["max_train_steps", "num_train_steps", "train_steps"] },
  per_device_train_batch_size: {
    ...trainingArguments.per_device_train_batch_size,
    aliases: ["per_gpu_train_batch_size", "micro_batch_size", "train_batch_size", "batch_size"],
  },
  per_device_eval_batch_size: {
    ...trainingArguments.per_device_eval_batch_size,
    aliases: ["per_gpu_eval_batch_size", "eval_batch_size"],
  },
  gradient_accumulation_steps: {
    ...trainingArguments.gradient_accumulation_steps,
    aliases: ["grad_accumulation_steps", "gradient_accumulation", "grad_accum_steps"],
  },
  global_batch_size: {
    about: "Sequences per optimizer update on all GPUs",
    aliases: ["effective_batch_size", "total_batch_size", "total_train_batch_size"],
  },
  optim: { ...trainingArguments.optim, aliases: ["optimizer.name", "optimizer.type", "optimizer"] },
  weight_decay: { ...trainingArguments.weight_decay, aliases: ["optimizer.weight_decay"] },
  max_grad_norm: { ...trainingArguments.max_grad_norm, aliases: ["clip_grad_norm", "gradient_clipping", "grad_clip"] },
  gradient_checkpointing: {
    ...trainingArguments.gradient_checkpointing,
    aliases: ["enable_gradient_checkpointing", "activation_checkpointing", "use_gradient_checkpointing"],
  },
  model_name_or_path: {
    about: "Hugging Face id or path of the model to train",
    aliases: [
      "model.model_name_or_path",
      "model.pretrained_model_name_or_path",
      "model.name_or_path",
      "model.base_model",
      "model.model_name",
      "model.model_id",
      "model.name",
      "model.path",
      "model.id",
      "base_model",
      "model_id",
      "pretrained_model_name_or_path",
      "model_name",
      "model_path",
      "base_model_name_or_path",
      "model_id_or_path",
      "model",
    ],
  },
  max_seq_length: {
    about: "Longest sequence in tokens",
    aliases: [
      "max_length",
      "max_seq_len",
      "seq_length",
      "seq_len",
      "sequence_length",
      "sequence_len",
      "cutoff_len",
      "block_size",
      "model_max_length",
      "data_max_length",
      "model.max_seq_length",
      "model.max_length",
      "data.max_seq_length",
      "data.max_length",
      "dataset.max_seq_length",
      "dataset.max_length",
      "tokenizer.max_length",
    ],
  },
  packing: { about: "Join short samples into full sequences", default: false, aliases: ["sample_packing"] },
  use_peft: { about: "Train adapters", aliases: ["use_lora", "lora_enable", "lora.enabled"] },
  peft_method: { about: "Kind of adapter", values: ["lora", "pt", "none"], aliases: ["adapter"] },
  lora_r: { about: "Rank of the LoRA matrices", default: 8, aliases: ["lora_rank"] },
  lora_alpha: { about: "LoRA's scale is alpha / rank", default: 8 },
  lora_dropout: { about: "Dropout in front of the adapters", default: 0 },
  lora_target_modules: { holds: "modules", about: "Modules to adapt", aliases: ["target_modules", "lora_target"] },
  lora_modules_to_save: {
    about: "Modules to train in full beside the adapters",
    default: "",
    aliases: ["modules_to_save"],
  },
  use_rslora: { about: "Scale by alpha / √rank", default: false },
  use_dora: { about: "DoRA: adapt direction and magnitude apart", default: false },
  load_in_4bit: { about: "Load the weights in 4 bits", default: false, aliases: ["model.load_in_4bit"] },
  load_in_8bit: { about: "Load the weights in 8 bits", default: false, aliases: ["model.load_in_8bit"] },
  lora_quantize_dtype: { about: "Type of the frozen weights (instructlab)", values: ["nf4"] },
  dtype: {
    about: "Type in which the weights are loaded",
    values: ["auto", "bfloat16", "float16", "float32"],
    aliases: ["torch_dtype", "model.torch_dtype", "model.dtype"],
  },
  mixed_precision: { about: "Type that autocast computes in", values: ["no", "bf16", "fp16"] },
  attn_implementation: {
    about: "Attention kernel",
    default: "sdpa",
    values: ["flash_attention_2", "sdpa", "eager"],
    aliases: ["model.attn_implementation"],
  },
  use_flash_attn: {
    about: "Use flash attention",
    default: false,
    aliases: ["use_flash_attention", "use_flash_attention_2", "flash_attention"],
  },
  nproc_per_node: { about: "GPUs of one node", aliases: ["num_gpus", "n_gpus", "num_processes", "world_size"] },
  nnodes: { about: "Nodes", default: 1, aliases: ["num_nodes"] },
  deepspeed_cpu_offload_optimizer: { about: "Keep the optimizer's states in the host's memory", default: false },
  dataset_name: {
    about: "Training data: a Hub id or a path",
    aliases: ["dataset.name", "dataset.path", "data.path", "data.dataset", "dataset", "train_file", "data_path"],
  },
  training_data_path: {
    about: "Training data: a local file",
    aliases: ["train_data_path", "train_data", "data.train"],
  },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** Training configs of scripts and frameworks without a dialect of their own: transformers' keys, flat or in sections. */
export const generic: Dialect = {
  id: "generic",
  label: t`Training config`,
  telltales: [
    "per_device_train_batch_size",
    "num_train_epochs",
    "gradient_accumulation_steps",
    "lr_scheduler_type",
    "effective_batch_size",
    "lora_alpha",
    "max_seq_length",
  ],
  vocabulary,
  detect(document) {
    if (foreign.some((path) => entryAt(document.root, path))) return 0;
    const { root } = flattened(document);
    const some = (names: readonly string[]) => names.some((name) => isValue(entryAt(root, name)));
    if (!some(amounts) || !(some(rates) || some(adapters)) || !some(trainingOnly)) return 0;
    return reader({ ...document, root }, vocabulary).has("model_name_or_path") ? 0.4 : 0.3;
  },
  links: shardingLinks,
  read(document, { versions, linked }) {
    const { root } = flattened(document);
    const keys = reader({ ...document, root }, vocabulary);
    const method = readMethod(keys);
    const gpus = readGpus(keys);
    const parallelism = dataParallel(gpus, trainerSplit({ ...document, root }, linked, { settingsSuffice: true }));
    const offloads = keys.flag("deepspeed_cpu_offload_optimizer");
    const liger = keys.flag("use_liger_kernel");
    const intervals = readIntervals(keys);
    return {
      stage: assumed("sft", t`nothing in the file says what it trains for`),
      model: { id: keys.text("model_name_or_path", unknown(t`the file does not name a model`)), shape: null },
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys) : null,
      quantization: readQuantization(keys),
      optimizer: {
        name: guessed(keys.text("optim", byDefault(defaultOptimizer(versions)))),
        weightDecay: guessed(keys.number("weight_decay")),
        beta2: guessed(keys.number("adam_beta2")),
        maxGradNorm: guessed(keys.number("max_grad_norm")),
      },
      learningRate: {
        peak: guessed(keys.number("learning_rate")),
        scheduler: guessed(keys.text("lr_scheduler_type")),
        family: readFamily(keys),
        schedulerArguments: readSchedulerArguments(keys),
        warmup: guessed(readWarmup(keys, versions)),
      },
      duration: {
        epochs: guessed(keys.number("num_train_epochs")),
        maxSteps: stepLimit(keys, "max_steps"),
        maxTokens: byDefault(null),
      },
      ...(keys.has("eval_strategy") ? { evaluationInterval: intervals.evaluationInterval } : {}),
      ...(keys.has("save_strategy") || keys.has("save_steps") ? { saveInterval: intervals.saveInterval } : {}),
      batch: readBatch(keys, gpus),
      sequenceLength: keys.number("max_seq_length", unknown(t`the file does not say how long sequences are`)),
      packing: guessed(keys.flag("packing")),
      data: {
        ...unknownData,
        sources: readSources(keys),
      },
      precision: readPrecision(keys, versions),
      gradientCheckpointing: guessed(keys.flag("gradient_checkpointing")),
      attention: keys.flag("use_flash_attn").value
        ? mapped(keys.flag("use_flash_attn"), () => "flash")
        : guessed(mapped(keys.text("attn_implementation"), attentionFrom)),
      loss: guessed(mapped(liger, (on) => (on ? "fused" : "materialised"))),
      ...kernelsIf(liger),
      parallelism: offloads.value ? { ...parallelism, offload: mapped(offloads, () => "optimizer") } : parallelism,
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "learning_rate",
    microBatch: "per_device_train_batch_size",
    accumulation: "gradient_accumulation_steps",
    evaluationBatch: "per_device_eval_batch_size",
    sequenceLength: "max_seq_length",
    gradientCheckpointing: "gradient_checkpointing",
    epochs: "num_train_epochs",
    warmupSteps: "warmup_steps",
    warmupRatio: "warmup_ratio",
    scheduler: "lr_scheduler_type",
    schedulerSettings: "lr_scheduler_kwargs.*",
    optimizer: "optim",
    loraRank: "lora_r",
  },
  write(document, change) {
    const { root, paths } = flattened(document);
    const located = Object.entries(generic.keys).map(([name, key]) => [name, pathOf(root, paths, key)]);
    return writeKeys(document, Object.fromEntries(located), change);
  },
};

/** Keys of files that configure something else, or that a dialect of their own reads. */
const foreign = [
  "peft_type",
  "compute_environment",
  "zero_optimization",
  "train_micro_batch_size_per_gpu",
  "MODEL_ARGS",
  "input_features",
  "apiVersion",
  "$schema",
  "architectures",
  "model._component_",
  "model._target_",
  "actor_rollout_ref",
  "architecture.backbone_dtype",
];

/** A script may have schedulers of its own beside those of transformers. */
function readFamily(keys: Keys): ScheduleFamily {
  const names: readonly string[] = trainingArguments.lr_scheduler_type.values;
  return names.includes(keys.text("lr_scheduler_type").value ?? "") ? "huggingface" : "unknown";
}

/** How much is trained on, and how: a file must say something of both. */
const amounts = [
  "per_device_train_batch_size",
  "per_gpu_train_batch_size",
  "micro_batch_size",
  "train_batch_size",
  "batch_size",
  "effective_batch_size",
  "gradient_accumulation_steps",
  "num_train_epochs",
  "num_epochs",
  "max_steps",
];
const rates = ["learning_rate", "lr", "optimizer.lr", "optimizer.learning_rate"];
const adapters = ["lora_r", "lora_rank"];

/** Names that only the training of language models uses; `lr` and `batch_size` alone could train anything. */
const trainingOnly = [
  "per_device_train_batch_size",
  "per_gpu_train_batch_size",
  "num_train_epochs",
  "gradient_accumulation_steps",
  "lr_scheduler_type",
  "effective_batch_size",
  "lora_r",
  "lora_rank",
  "lora_alpha",
  "max_seq_length",
  "max_seq_len",
];

/** Sections that scripts put the training's keys into, and those that hold the settings of LoRA. */
const trainingSections = [
  "training",
  "train",
  "training_args",
  "training_arguments",
  "train_args",
  "trainer",
  "hyperparameters",
  "additional_args",
];
const loraSections = ["lora", "lora_config", "peft", "peft_config"];

/** A config with the keys of its sections beside its own, and where each of them really stands. */
interface Flattened {
  readonly root: MapNode;
  readonly paths: ReadonlyMap<string, string>;
}

/** The keys at the top go before those in sections, which may lie in each other. */
function flattened({ root }: ConfigDocument): Flattened {
  const found = new Map<string, readonly [path: string, entry: Entry]>();
  const collect = (map: MapNode, prefix: string, rename: (key: string) => string): void => {
    for (const [key, entry] of map.entries) {
      const name = rename(key);
      if (!found.has(name)) found.set(name, [prefix + key, entry]);
    }
    for (const [key, { value }] of map.entries) {
      if (value.kind !== "map") continue;
      if (trainingSections.includes(key)) collect(value, `${prefix}${key}.`, (name) => name);
      if (loraSections.includes(key)) collect(value, `${prefix}${key}.`, loraName);
    }
  };
  collect(root, "", (key) => key);
  return {
    root: { ...root, entries: new Map([...found].map(([name, [, entry]]) => [name, entry])) },
    paths: new Map([...found].map(([name, [path]]) => [name, path])),
  };
}

/** The name that a key of a LoRA section has elsewhere. */
function loraName(key: string): string {
  if (key === "rank") return "lora_r";
  return /^(?:r|alpha|dropout|target_modules|modules_to_save)$/.test(key) ? `lora_${key}` : key;
}

/** The path at which the file has the key under any of its names; for a new key the place of the learning rate's section. */
function pathOf(root: MapNode, paths: ReadonlyMap<string, string>, key: string): string {
  const name = namesOf(vocabulary, key).find((candidate) => entryAt(root, candidate));
  if (name !== undefined) return paths.get(name) ?? name;
  const rate = paths.get("learning_rate") ?? "";
  return rate.slice(0, rate.lastIndexOf(".") + 1) + key;
}

function isValue(entry: Entry | undefined): boolean {
  return (
    entry !== undefined && entry.value.kind !== "map" && !(entry.value.kind === "scalar" && entry.value.value === null)
  );
}

/** What the file leaves out is transformers' default at best: no framework is known to fill it in. */
function guessed<T>(source: Sourced<T>): Sourced<T> {
  return source.origin === "default" ? assumed(source.value, t`transformers' default; the file does not say`) : source;
}

/** Where the file only states the total, the accumulation makes up for what the GPUs do not take at once. */
function readBatch(keys: Keys, gpus: Sourced<number>): BatchPlan {
  const evaluation = guessed(keys.number("per_device_eval_batch_size"));
  if (!keys.has("global_batch_size")) {
    const accumulation = guessed(keys.number("gradient_accumulation_steps"));
    return { micro: guessed(keys.number("per_device_train_batch_size")), accumulation, global: null, evaluation };
  }
  const global = keys.number("global_batch_size");
  const micro = keys.number("per_device_train_batch_size", unknown(t`the file only states the batch of all GPUs`));
  const accumulation = accumulationFrom(global, micro, gpus, t`total / (micro batch × GPUs)`);
  return { micro, accumulation: keys.number("gradient_accumulation_steps", accumulation), global, evaluation };
}

function readGpus(keys: Keys): Sourced<number> {
  const perNode = keys.number("nproc_per_node", assumed(1, t`the launcher decides the number of GPUs`));
  if (!keys.has("nnodes")) return perNode;
  return derived(perNode, keys.number("nnodes"), t`GPUs per node × nodes`, (count, nodes) => count * nodes);
}

/** A rank above zero means LoRA unless the file switches it off. */
function readMethod(keys: Keys): Sourced<Method> {
  const quantized = isQuantized(keys);
  const lora: Method = quantized ? "qlora" : "lora";
  if (keys.has("use_peft")) return mapped(keys.flag("use_peft"), (on) => (on ? lora : "full"));
  if (keys.has("peft_method")) {
    return mapped(keys.text("peft_method"), (name) =>
      /lora/i.test(name) ? lora : /^(?:none|full|no)$/i.test(name) ? "full" : "adapter",
    );
  }
  if (keys.has("lora_r")) return mapped(keys.number("lora_r"), (rank) => (rank > 0 ? lora : "full"));
  return assumed("full", t`the file does not speak of adapters`);
}

function isQuantized(keys: Keys): boolean {
  return keys.flag("load_in_4bit").value === true || keys.has("lora_quantize_dtype");
}

function readLora(keys: Keys): LoraPlan {
  return {
    rank: guessed(keys.number("lora_r")),
    alpha: guessed(keys.number("lora_alpha")),
    dropout: guessed(keys.number("lora_dropout")),
    targets: peftTargetsAt(keys, "lora_target_modules"),
    modulesToSave: keys.words("lora_modules_to_save"),
    rsLora: keys.flag("use_rslora"),
    dora: keys.flag("use_dora"),
  };
}

function readQuantization(keys: Keys): TrainingPlan["quantization"] {
  const four = keys.flag("load_in_4bit");
  const eight = keys.flag("load_in_8bit");
  const type = keys.text("lora_quantize_dtype", byDefault(""));
  if (!four.value && !eight.value && !type.value) return null;
  const bits = four.value ? mapped(four, () => 4) : type.value ? mapped(type, () => 4) : mapped(eight, () => 8);
  return {
    bits,
    doubleQuantization: assumed(false, t`bitsandbytes' default; the file does not say`),
    float32Norms: assumed(true, preparation),
    float32Embeddings: assumed(true, preparation),
  };
}

const preparation = t`PEFT's preparation for k-bit training casts them`;

const sourceKeys = ["dataset_name", "training_data_path"] as const;

function readSources(keys: Keys): readonly DataSource[] {
  return sourceKeys.filter((key) => keys.has(key)).flatMap((key) => namedSources(keys.words(key)));
}

function readPrecision(keys: Keys, versions: Versions): Precision {
  const mixed = keys.text("mixed_precision", byDefault("no"));
  const brain = keys.flag("bf16");
  const half = keys.flag("fp16");
  const written = keys.text("dtype", byDefault("auto"));
  const type = dtypeNamed(written.value);
  const loaded: Dtype = does(versions, releases.loadsCheckpointType) ? "bfloat16" : "float32";
  const weights: Sourced<Dtype> = type
    ? mapped(written, () => type)
    : assumed(loaded, t`what transformers loads where the file does not say`);
  const adapters = assumed<Dtype>("float32", t`PEFT's default`);
  const autocast: Sourced<Dtype | null> = brain.value
    ? mapped(brain, () => "bfloat16")
    : half.value
      ? mapped(half, () => "float16")
      : guessed(mapped(mixed, autocastNamed));
  return precisionOf(weights, autocast, adapters);
}
