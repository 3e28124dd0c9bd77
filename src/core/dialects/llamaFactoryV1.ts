import { t } from "../language.ts";
import { atEnd, inUpdates } from "../plan/interval.ts";
import type { LoraTargets } from "../plan/lora.ts";
import type { Dtype, LoraPlan, Method, Parallelism, Quantization, TrainingPlan } from "../plan/plan.ts";
import { assumed, byDefault, derived, mapped, type Sourced } from "../plan/sourced.ts";
import type { MapNode } from "../text/document.ts";
import { accumulationFrom, replicasOf, withGlobalBatch } from "./batch.ts";
import { beta2Of } from "./betas.ts";
import { namedSources, unknownData } from "./data.ts";
import type { Dialect } from "./dialect.ts";
import { stepLimit } from "./duration.ts";
import { trainedBlocks } from "./freezing.ts";
import { inPlaceOf } from "./levers.ts";
import { type LinkedFiles, linkAt } from "./links.ts";
import { llamaFactoryLoader } from "./loader.ts";
import { checkpointType, peftType } from "./precision.ts";
import { type Reader, reader } from "./reader.ts";
import { argumentsOf } from "./schedulerArguments.ts";
import { copiesOf, dataParallel, fullOffload, type Split, unknownSplit, unsharded } from "./sharding.ts";
import { attentionFrom } from "./trainingArguments.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";
import { zeroSplitAt } from "./zeroSplit.ts";

// Keys and defaults: hiyouga/LLaMA-Factory at ff6d4d12eeb0, src/llamafactory/v1/config/*.py, core/base_trainer.py,
// core/model_engine.py, plugins/model_plugins/peft.py.

const vocabulary = {
  model: { about: "Hugging Face id or path of the model to train" },
  model_class: { about: "Head of the model", default: "llm", values: ["llm", "cls", "other"] },
  template: { about: "Chat template" },
  trust_remote_code: { about: "Run the model's own code", default: false },
  flash_attn: {
    about: "Attention kernel",
    default: "sdpa",
    values: ["sdpa", "eager", "flash_attention_2"],
  },
  init_config: { about: "Where the weights are loaded" },
  "init_config.name": {
    about: "Where the weights are loaded",
    default: "init_on_default",
    values: ["init_on_default", "init_on_rank0", "init_on_meta"],
  },
  peft_config: { about: "Which weights are trained; all of them without it" },
  "peft_config.name": { about: "LoRA adapters, or some layers in place", values: ["lora", "freeze"] },
  "peft_config.r": { about: "Rank of the LoRA matrices", default: 8 },
  "peft_config.lora_alpha": { about: "LoRA's scale is alpha / rank", default: 16 },
  "peft_config.lora_dropout": { about: "Dropout in front of the adapters", default: 0.05 },
  "peft_config.target_modules": { holds: "modules", about: "Modules to adapt, or all", default: "all" },
  "peft_config.modules_to_save": { about: "Modules to train in full beside the adapters", default: "" },
  "peft_config.use_rslora": { about: "Scale by alpha / √rank", default: false },
  "peft_config.use_dora": { about: "DoRA: adapt direction and magnitude apart", default: false },
  "peft_config.adapter_name_or_path": { about: "Adapters to start from" },
  "peft_config.freeze_trainable_layers": {
    about: "Layers that are trained, the last ones; negative: the first",
    default: 2,
  },
  "peft_config.freeze_trainable_modules": { about: "Modules that are trained in these layers", default: "all" },
  "peft_config.freeze_extra_modules": { about: "Modules outside the layers to train too" },
  "peft_config.cast_trainable_params_to_fp32": { about: "Train the layers in float32", default: true },
  quant_config: { about: "How to quantise the frozen weights" },
  "quant_config.name": { about: "How to quantise", values: ["bnb", "auto"] },
  "quant_config.quantization_bit": { about: "Bits of the frozen weights", default: 4, values: ["4", "8"] },
  "quant_config.double_quantization": { about: "Quantise the scales too", default: true },
  "quant_config.quantization_type": { about: "4-bit type", default: "nf4", values: ["nf4", "fp4"] },
  "quant_config.compute_dtype": { about: "Type in which quantised layers compute", default: "float16" },
  kernel_config: { about: "Faster kernels" },
  "kernel_config.name": { about: "Which kernels", values: ["auto", "liger_kernel"] },
  dist_config: { about: "How several GPUs work together" },
  "dist_config.name": { about: "How several GPUs work together", values: ["fsdp2", "deepspeed"] },
  "dist_config.reshard_after_forward": { about: "Split the weights again after the forward pass", default: true },
  "dist_config.offload_params": { about: "Keep the weights in the host's memory", default: false },
  "dist_config.config_file": { about: "DeepSpeed configuration: a path" },
  "dist_config.dcp_path": { about: "Weights in torch's distributed format" },
  optim_config: { about: "Optimizer; torch's AdamW without it" },
  "optim_config.name": { about: "Optimizer", default: "adamw", values: ["adamw", "muon"] },
  "optim_config.lr": { about: "Peak learning rate of this optimizer" },
  "optim_config.weight_decay": { about: "Decoupled weight decay; 0 with optim_config, else torch's 0.01" },
  "optim_config.betas": { about: "Decays of the moments" },
  lr_scheduler_config: { about: "Course of the learning rate; constant without it" },
  "lr_scheduler_config.name": { about: "Course of the learning rate" },
  train_dataset: { about: "Training data: a Hub id, or a YAML file that lists data" },
  cutoff_len: { about: "Longest sequence in tokens", default: 2048 },
  micro_batch_size: { about: "Sequences per GPU in one forward pass", default: 1 },
  global_batch_size: { about: "Sequences per update on all GPUs; one forward pass per GPU without it" },
  batching_strategy: {
    about: "How batches are made",
    default: "normal",
    values: ["normal", "padding_free", "dynamic_batching", "dynamic_padding_free"],
  },
  batching_workers: { about: "Processes that load data", default: 16 },
  learning_rate: { about: "Peak learning rate", default: 1e-4 },
  num_train_epochs: { about: "Passes over the training data", default: 3 },
  max_steps: { about: "Optimizer updates; they override the epochs" },
  max_grad_norm: { about: "Norm to which gradients are clipped", default: 1 },
  bf16: { about: "Compute in bfloat16, where dist_config is set", default: true },
  enable_activation_checkpointing: {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: true,
  },
  dp_size: { about: "Data-parallel replicas; all GPUs that do not share a sequence" },
  cp_size: { about: "GPUs that share each sequence", default: 1, aliases: ["dist_config.cp_size"] },
  cp_mode: {
    about: "How a sequence is shared",
    default: "ulysses",
    values: ["ulysses", "ring"],
    aliases: ["dist_config.cp_mode"],
  },
  mp_replicate_size: { about: "Copies of the split model", default: 1 },
  mp_shard_size: { about: "GPUs that the model is split over; all of them" },
  output_dir: { about: "Folder of checkpoints" },
  logging_steps: { about: "Updates between two log lines", default: 1 },
  save_steps: { about: "Updates between two checkpoints" },
  seed: { about: "Random seed", default: 42 },
  sample_backend: { about: "What generates samples", default: "hf", values: ["hf", "vllm"] },
  max_new_tokens: { about: "Longest sample in tokens", default: 128 },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** LLaMA-Factory's new engine: a flat file whose plugins are mappings with a `name`. */
export const llamaFactoryV1: Dialect = {
  id: "llamafactory-v1",
  label: "LLaMA-Factory v1",
  telltales: ["model_class", "peft_config", "init_config", "dist_config", "quant_config", "optim_config"],
  vocabulary,
  loader: llamaFactoryLoader,
  detect({ root: { entries } }) {
    if (entries.get("model")?.value.kind !== "scalar") return 0;
    if (!llamaFactoryV1.telltales.some((key) => entries.has(key))) return 0;
    const trains = ["learning_rate", "micro_batch_size", "global_batch_size", "optim_config", "num_train_epochs"];
    return trains.some((key) => entries.has(key)) ? 1 : 0;
  },
  links(document) {
    return linkAt(reader(document, vocabulary).text("dist_config.config_file"));
  },
  read(document, { linked }) {
    const keys = reader(document, vocabulary);
    const quantization = readQuantization(keys);
    const method = readMethod(keys, quantization);
    const parallelism = readParallelism(keys, linked);
    return {
      stage: mapped(keys.text("model_class"), (head) => (head === "cls" ? "reward" : "sft")),
      model: { id: keys.text("model"), shape: null },
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys) : null,
      ...(method.value === "freeze" ? readTrainedBlocks(keys) : {}),
      quantization,
      optimizer: readOptimizer(keys),
      learningRate: {
        peak: keys.number("optim_config.lr", keys.number("learning_rate")),
        ...readSchedule(keys, document.root),
        warmup: byDefault({ steps: 0 }),
      },
      duration: {
        epochs: keys.number("num_train_epochs"),
        maxSteps: stepLimit(keys, "max_steps"),
        maxTokens: byDefault(null),
      },
      saveInterval: keys.has("save_steps")
        ? inUpdates(keys.number("save_steps"))
        : byDefault(atEnd, t`save_steps is not set`),
      batch: readBatch(keys, parallelism),
      sequenceLength: keys.number("cutoff_len"),
      packing: byDefault(false),
      data: {
        ...unknownData,
        sources: namedSources(keys.words("train_dataset")),
        dropLast: byDefault(true),
      },
      precision: readPrecision(keys, method),
      gradientCheckpointing: keys.flag("enable_activation_checkpointing"),
      attention: mapped(keys.text("flash_attn"), attentionFrom),
      loss: byDefault("materialised", t`Liger's fused loss is off: the trainer needs the logits`),
      parallelism,
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "learning_rate",
    microBatch: "micro_batch_size",
    accumulation: "global_batch_size",
    sequenceLength: "cutoff_len",
    gradientCheckpointing: "enable_activation_checkpointing",
    epochs: "num_train_epochs",
    loraRank: "peft_config.r",
  },
  levers: {
    flashAttention: [{ set: { flash_attn: "sdpa" } }],
    zero2: [{ set: { "dist_config.name": "fsdp2", "dist_config.reshard_after_forward": false } }],
    zero3: [{ set: { "dist_config.name": "fsdp2", "dist_config.reshard_after_forward": true } }],
    offloadAll: [{ set: { "dist_config.name": inPlaceOf(/^fsdp2$/, "fsdp2"), "dist_config.offload_params": true } }],
    full: [{ set: { peft_config: null, quant_config: null } }],
    lora: [{ set: { "peft_config.name": "lora", quant_config: null }, adapters: { "peft_config.r": 16 } }],
    qlora: [
      {
        set: { "peft_config.name": "lora", "quant_config.name": "bnb", "quant_config.quantization_bit": 4 },
        fill: { "quant_config.quantization_bit": 4 },
        adapters: { "peft_config.r": 16 },
      },
    ],
  },
  write(document, change) {
    const keys = reader(document, vocabulary);
    const peakLearningRate = keys.has("optim_config.lr") ? "optim_config.lr" : "learning_rate";
    const parallelism = readParallelism(keys, new Map());
    const batch = readBatch(keys, parallelism);
    return writeKeys(
      document,
      { ...llamaFactoryV1.keys, peakLearningRate },
      withGlobalBatch(change, { batch, parallelism }),
    );
  },
};

function readMethod(keys: Keys, quantization: Quantization | null): Sourced<Method> {
  if (!keys.has("peft_config")) return byDefault("full", t`no peft_config`);
  return mapped(keys.text("peft_config.name"), (name): Method => {
    if (name !== "lora") return name === "freeze" ? "freeze" : "adapter";
    return quantization?.bits.value === 4 ? "qlora" : "lora";
  });
}

function readTrainedBlocks(keys: Keys): Pick<TrainingPlan, "trainedBlocks"> {
  return trainedBlocks({
    layers: keys.number("peft_config.freeze_trainable_layers"),
    modules: keys.words("peft_config.freeze_trainable_modules"),
    extraModules: keys.words("peft_config.freeze_extra_modules", byDefault([])),
  });
}

function readLora(keys: Keys): LoraPlan {
  return {
    rank: keys.number("peft_config.r"),
    alpha: keys.number("peft_config.lora_alpha"),
    dropout: keys.number("peft_config.lora_dropout"),
    targets: mapped(
      keys.words("peft_config.target_modules"),
      (names): LoraTargets => (names.length === 1 && names[0] === "all" ? { kind: "all" } : { kind: "names", names }),
    ),
    modulesToSave: keys.words("peft_config.modules_to_save"),
    rsLora: keys.flag("peft_config.use_rslora"),
    dora: keys.flag("peft_config.use_dora"),
  };
}

/** bitsandbytes takes 4 bits where none are given; `auto` does nothing then. */
function readQuantization(keys: Keys): Quantization | null {
  const name = keys.text("quant_config.name");
  if (name.origin === "unknown" || (name.value === "auto" && !keys.has("quant_config.quantization_bit"))) return null;
  const bits = keys.number("quant_config.quantization_bit");
  return {
    bits,
    doubleQuantization: bits.value === 4 ? keys.flag("quant_config.double_quantization") : byDefault(false),
    float32Norms: byDefault(false),
  };
}

function readOptimizer(keys: Keys): TrainingPlan["optimizer"] {
  const own = keys.has("optim_config");
  return {
    name: own ? keys.text("optim_config.name") : byDefault("adamw", t`torch's AdamW`),
    weightDecay: keys.number("optim_config.weight_decay", own ? byDefault(0) : byDefault(0.01, t`torch's default`)),
    beta2: beta2Of(keys.words("optim_config.betas", byDefault([])), 0.999),
    maxGradNorm: keys.number("max_grad_norm"),
  };
}

/** Without `lr_scheduler_config` the learning rate stays where it is; schedulers are plugins of the user's. */
function readSchedule(keys: Keys, { entries }: MapNode) {
  const node = entries.get("lr_scheduler_config")?.value;
  if (node?.kind !== "map") {
    const scheduler = byDefault("constant", t`no lr_scheduler_config`);
    return { scheduler, family: "huggingface", schedulerArguments: byDefault(new Map()) } as const;
  }
  const settings = [...argumentsOf(node)].filter(([key]) => key !== "name");
  const scheduler = keys.text("lr_scheduler_config.name");
  return { scheduler, family: "unknown", schedulerArguments: mapped(scheduler, () => new Map(settings)) } as const;
}

/** The forward passes per update follow from the sequences per update; a single one where those are not given. */
function readBatch(keys: Keys, parallelism: Parallelism): TrainingPlan["batch"] {
  const micro = keys.number("micro_batch_size");
  if (!keys.has("global_batch_size")) return { micro, accumulation: byDefault(1), global: null, evaluation: micro };
  const global = keys.number("global_batch_size");
  const note = "global_batch_size / (micro_batch_size × replicas)";
  const accumulation = accumulationFrom(global, micro, replicasOf(parallelism), note);
  return { micro, accumulation, global, evaluation: micro };
}

/** Trained weights are cast to float32; `bf16` goes to `dist_config`'s mixed precision and has no effect without it. */
function readPrecision(keys: Keys, method: Sourced<Method>): TrainingPlan["precision"] {
  const own = checkpointType;
  const cast = keys.flag("peft_config.cast_trainable_params_to_fp32");
  const adapters = peftType;
  const trained =
    method.value === "freeze"
      ? mapped(cast, (on): Dtype => (on ? "float32" : "bfloat16"))
      : byDefault<Dtype>("float32", t`LLaMA-Factory casts the weights`);
  return {
    trained,
    frozen: own,
    adapters,
    quantizedAdapters: adapters,
    autocast: keys.has("dist_config")
      ? mapped(keys.flag("bf16"), (on) => (on ? "bfloat16" : null))
      : byDefault(null, t`bf16 needs a dist_config`),
  };
}

function readParallelism(keys: Keys, linked: LinkedFiles): Parallelism {
  return { ...dataParallel(readGpus(keys), readSplit(keys, linked)), context: keys.number("cp_size") };
}

/** `dp_size × cp_size`, or the copies of the split model; else as few as can share a sequence. */
function readGpus(keys: Keys): Sourced<number> {
  const context = keys.number("cp_size");
  if (keys.has("dp_size")) {
    return derived(keys.number("dp_size"), context, "dp_size × cp_size", (replicas, shared) => replicas * shared);
  }
  if (keys.has("mp_shard_size")) {
    const copies = keys.number("mp_replicate_size");
    return derived(keys.number("mp_shard_size"), copies, "mp_replicate_size × mp_shard_size", (a, b) => a * b);
  }
  return assumed(context.value ?? 1, t`LLaMA-Factory takes the number of GPUs from the launcher`);
}

function readSplit(keys: Keys, linked: LinkedFiles): Split {
  const name = keys.text("dist_config.name");
  if (name.value === "fsdp2") {
    const reshards = keys.flag("dist_config.reshard_after_forward").value ?? true;
    return {
      sharding: mapped(name, () => (reshards ? "zero-3" : "zero-2")),
      ...copiesOf(keys.number("mp_replicate_size")),
      offload: mapped(keys.flag("dist_config.offload_params"), fullOffload),
    };
  }
  if (name.value !== "deepspeed") return unsharded;
  const path = keys.text("dist_config.config_file");
  if (path.origin !== "unknown") return zeroSplitAt(path, linked);
  return unknownSplit(t`set in DeepSpeed's configuration`, path.place ?? name.place);
}
