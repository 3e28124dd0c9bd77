import { t } from "../language.ts";
import { atEnd, type Interval, never } from "../plan/interval.ts";
import { type LoraTargets, peftTargets } from "../plan/lora.ts";
import type { Dtype, LoraPlan, Method, Quantization, Stage, TrainingPlan } from "../plan/plan.ts";
import { assumed, byDefault, derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import { namedSources, unknownData } from "./data.ts";
import type { Dialect } from "./dialect.ts";
import { optimizerLevers } from "./levers.ts";
import { countsWithExponents } from "./loader.ts";
import { plainLora } from "./lora.ts";
import { autocastNamed, peftType, precisionOf } from "./precision.ts";
import { preferenceOf } from "./preference.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel, zeroDefaults } from "./sharding.ts";
import { strategyInterval } from "./trainingArguments.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: huggingface/autotrain-advanced at b5c98fbe3aab, src/autotrain/parser.py, commands.py,
// trainers/*/params.py, trainers/clm/utils.py.

const tasks = [
  "llm-sft",
  "llm-dpo",
  "llm-orpo",
  "llm-reward",
  "llm-generic",
  "seq2seq",
  "text_classification",
  "token_classification",
  "text_regression",
  "extractive-qa",
  "sentence-transformers:pair",
  "vlm:vqa",
  "vlm:captioning",
  "image_classification",
  "image_object_detection",
];

const vocabulary = {
  task: { about: "What to train for", values: tasks },
  base_model: { holds: "model", about: "Hugging Face id or path of the model to train" },
  project_name: { about: "Name of the run, and folder of its output" },
  log: { about: "Where to log", default: "none", values: ["none", "tensorboard", "wandb"] },
  backend: { about: "Where to train: local, or a Space's hardware such as spaces-a10g-largex4" },
  data: { about: "Training data" },
  "data.path": { about: "Hub id, or folder of the data files" },
  "data.train_split": { about: "Split to train on", default: "train" },
  "data.valid_split": { about: "Split to evaluate on" },
  "data.chat_template": { about: "Chat template", values: ["chatml", "zephyr", "tokenizer"] },
  "data.column_mapping": { about: "Which column holds what" },
  params: { about: "Settings of the training" },
  "params.trainer": { about: "Trainer of the task llm", values: ["default", "sft", "dpo", "orpo", "reward"] },
  "params.block_size": {
    about: "Longest sequence in tokens, at most model_max_length; -1 for the tokenizer's maximum and at most 1024",
    default: -1,
  },
  "params.model_max_length": { about: "Most tokens that the tokenizer lets through", default: 2048 },
  "params.max_seq_length": { about: "Longest sequence in tokens, for tasks other than llm", default: 128 },
  "params.max_prompt_length": { about: "Longest prompt in tokens (DPO, ORPO)", default: 128 },
  "params.max_completion_length": { about: "Longest answer in tokens (DPO, ORPO)" },
  "params.epochs": { about: "Passes over the training data", note: t`1 in llm and vlm, else 3` },
  "params.batch_size": { about: "Sequences per GPU in one forward pass", note: t`2 in llm, vlm and seq2seq, else 8` },
  "params.gradient_accumulation": { about: "Forward passes per optimizer update", note: t`4 in llm and vlm, else 1` },
  "params.auto_find_batch_size": { about: "Halve the batch until it fits", default: false },
  "params.lr": { about: "Peak learning rate", note: t`3e-5 in llm, vlm and sentence-transformers, else 5e-5` },
  "params.scheduler": {
    about: "Course of the learning rate after the warmup",
    default: "linear",
    values: ["linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup"],
  },
  "params.warmup_ratio": { about: "Share of all updates that warm up", default: 0.1 },
  "params.optimizer": {
    about: "Optimizer, by transformers' names",
    default: "adamw_torch",
    values: ["adamw_torch", "adamw_bnb_8bit", "paged_adamw_8bit", "paged_adamw_32bit", "adafactor", "sgd"],
  },
  "params.weight_decay": { about: "Decoupled weight decay", default: 0 },
  "params.max_grad_norm": { about: "Norm to which gradients are clipped", default: 1 },
  "params.peft": { about: "Train LoRA adapters; without it quantization does nothing", default: false },
  "params.quantization": {
    about: "Type of the frozen weights under adapters",
    default: "int4",
    values: ["int4", "int8", "none"],
  },
  "params.target_modules": {
    about: "Modules to adapt, with commas between them, or all-linear",
    default: "all-linear",
  },
  "params.lora_r": { about: "Rank of the LoRA matrices", default: 16 },
  "params.lora_alpha": { about: "LoRA's scale is alpha / rank", default: 32 },
  "params.lora_dropout": { about: "Dropout in front of the adapters", default: 0.05 },
  "params.merge_adapter": { about: "Merge the adapters after training", default: false },
  "params.mixed_precision": {
    about: "Type that autocast computes in",
    default: "none",
    values: ["bf16", "fp16", "none"],
  },
  "params.disable_gradient_checkpointing": {
    about: "Keep activations instead of recomputing them (llm, vlm)",
    default: false,
  },
  "params.use_flash_attention_2": { about: "Use flash attention", default: false },
  "params.unsloth": { about: "Train with Unsloth", default: false },
  "params.distributed_backend": {
    about: "How several GPUs work together",
    default: "ddp",
    values: ["ddp", "deepspeed"],
  },
  "params.dpo_beta": { about: "Weight of the distance to the reference model (DPO)", default: 0.1 },
  "params.model_ref": { about: "Reference model (DPO); the model itself without it" },
  "params.padding": { about: "Side of the padding", default: "right", values: ["left", "right"] },
  "params.add_eos_token": { about: "End every text with the end-of-sequence token", default: true },
  "params.eval_strategy": {
    about: "When to evaluate and to save, where there is a valid_split",
    default: "epoch",
    values: ["epoch", "steps", "no"],
    aliases: ["params.evaluation_strategy"],
  },
  "params.logging_steps": { about: "Updates between two log lines; -1 for a fifth of an epoch", default: -1 },
  "params.seed": { about: "Random seed", default: 42 },
  hub: { about: "Where to push the model" },
  "hub.username": { about: "User on the Hub" },
  "hub.token": { about: "Token of the Hub" },
  "hub.push_to_hub": { about: "Push the model to the Hub", default: false },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** AutoTrain Advanced: a YAML file with the settings under `params`. */
export const autoTrain: Dialect = {
  id: "autotrain",
  label: "AutoTrain",
  telltales: ["base_model"],
  vocabulary,
  loader: { textNumbers: [countsWithExponents] },
  detect({ root: { entries } }) {
    if (!["task", "base_model", "backend"].every((key) => entries.has(key))) return 0;
    const task = entries.get("task")?.value;
    if (task?.kind !== "scalar" || /^(?:tabular|dreambooth)/.test(task.source)) return 0;
    return entries.has("params") || entries.has("project_name") ? 1 : 0;
  },
  read(document) {
    const keys = reader(document, vocabulary);
    const family = familyOf(keys.text("task").value ?? "");
    const defaults = familyDefaults[family];
    const stage = readStage(keys);
    const micro = keys.number("params.batch_size", byDefault(defaults.batch));
    const quantization = readQuantization(keys);
    const large = isLarge(family);
    return {
      stage,
      model: { id: keys.text("base_model"), shape: null },
      method: readMethod(keys, quantization),
      lora: keys.flag("params.peft").value ? readLora(keys) : null,
      quantization,
      optimizer: {
        name: keys.text("params.optimizer"),
        weightDecay: keys.number("params.weight_decay"),
        beta2: byDefault(0.999, "transformers' default"),
        maxGradNorm: keys.number("params.max_grad_norm"),
      },
      learningRate: {
        peak: keys.number("params.lr", byDefault(defaults.rate)),
        scheduler: keys.text("params.scheduler"),
        family: "huggingface",
        schedulerArguments: byDefault(new Map()),
        warmup: mapped(keys.number("params.warmup_ratio"), (ratio) => ({ ratio, rounding: "up" })),
      },
      duration: {
        epochs: keys.number("params.epochs", byDefault(defaults.epochs)),
        maxSteps: byDefault(null),
        maxTokens: byDefault(null),
      },
      evaluationInterval: keys.has("data.valid_split")
        ? strategyInterval(keys.text("params.eval_strategy"), byDefault(500, "transformers' default"))
        : byDefault(never, t`there is no valid_split`),
      saveInterval: readSaves(keys),
      batch: {
        micro,
        accumulation: keys.number("params.gradient_accumulation", byDefault(defaults.accumulation)),
        global: null,
        evaluation: large ? micro : mapped(micro, (size) => 2 * size),
      },
      sequenceLength: readSequenceLength(keys, family),
      packing: byDefault(
        family === "llm" && (stage.value === "sft" || stage.value === "continued-pretrain"),
        t`AutoTrain packs texts, and never pairs`,
      ),
      data: {
        ...unknownData,
        sources: namedSources(keys.words("data.path")),
        validation: byDefault(0, t`another split, if any`),
      },
      precision: readPrecision(keys),
      gradientCheckpointing: large
        ? mapped(keys.flag("params.disable_gradient_checkpointing"), (off) => !off)
        : byDefault(false),
      attention: mapped(keys.flag("params.use_flash_attention_2"), (flash) => (flash ? "flash" : "sdpa")),
      loss: byDefault("materialised"),
      ...preferenceOf(stage.value, keys.number("params.dpo_beta")),
      parallelism: dataParallel(readGpus(keys), {
        sharding: mapped(keys.text("params.distributed_backend"), (name) => (name === "deepspeed" ? "zero-3" : "none")),
        offload: byDefault("none"),
        ...(keys.text("params.distributed_backend").value === "deepspeed" ? { zero: zeroDefaults } : {}),
      }),
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "params.lr",
    microBatch: "params.batch_size",
    accumulation: "params.gradient_accumulation",
    sequenceLength: "params.block_size",
    gradientCheckpointing: "params.disable_gradient_checkpointing",
    epochs: "params.epochs",
    warmupRatio: "params.warmup_ratio",
    scheduler: "params.scheduler",
    optimizer: "params.optimizer",
    loraRank: "params.lora_r",
  },
  levers: {
    ...optimizerLevers("params.optimizer", "adamw_torch", "adamw_bnb_8bit", "paged_adamw_8bit"),
    zero3: [{ set: { "params.distributed_backend": "deepspeed" } }],
    full: [{ set: { "params.peft": false } }],
    lora: [{ set: { "params.peft": true, "params.quantization": "none" } }],
    qlora: [{ set: { "params.peft": true, "params.quantization": "int4" } }],
  },
  write(document, { gradientCheckpointing, sequenceLength, ...others }) {
    const family = familyOf(reader(document, vocabulary).text("task").value ?? "");
    const length = family === "llm" ? "params.block_size" : "params.max_seq_length";
    const recomputes = gradientCheckpointing !== undefined && isLarge(family);
    return writeKeys(
      document,
      { ...autoTrain.keys, sequenceLength: length },
      {
        ...others,
        ...(sequenceLength === undefined ? {} : { sequenceLength }),
        ...(recomputes ? { gradientCheckpointing: !gradientCheckpointing } : {}),
      },
    );
  },
};

type Family = "llm" | "vlm" | "seq2seq" | "embedding" | "image" | "text";

function familyOf(task: string): Family {
  if (/^(?:llm|lm_training)/.test(task)) return "llm";
  if (task.startsWith("vlm")) return "vlm";
  if (task.startsWith("seq2seq")) return "seq2seq";
  if (/^(?:sentence|st:)/.test(task)) return "embedding";
  return /image|object/.test(task) ? "image" : "text";
}

/** The models that AutoTrain recomputes activations of. */
function isLarge(family: Family): boolean {
  return family === "llm" || family === "vlm";
}

const familyDefaults = {
  llm: { rate: 3e-5, epochs: 1, batch: 2, accumulation: 4 },
  vlm: { rate: 3e-5, epochs: 1, batch: 2, accumulation: 4 },
  seq2seq: { rate: 5e-5, epochs: 3, batch: 2, accumulation: 1 },
  embedding: { rate: 3e-5, epochs: 3, batch: 8, accumulation: 1 },
  image: { rate: 5e-5, epochs: 3, batch: 8, accumulation: 1 },
  text: { rate: 5e-5, epochs: 3, batch: 8, accumulation: 1 },
} as const satisfies Record<Family, object>;

const trainers: ReadonlyMap<string, Stage> = new Map([
  ["sft", "sft"],
  ["dpo", "dpo"],
  ["orpo", "orpo"],
  ["reward", "reward"],
  ["generic", "continued-pretrain"],
  ["default", "continued-pretrain"],
]);

/** `llm-dpo` names the trainer, `llm` leaves it to `params.trainer`; what is no language model counts as a classifier. */
function readStage(keys: Keys): Sourced<Stage> {
  const task = keys.text("task");
  const family = familyOf(task.value ?? "");
  if (family !== "llm") return mapped(task, () => (family === "vlm" || family === "seq2seq" ? "sft" : "classify"));
  const trainer = trainers.get(task.value?.split(/[-:]/)[1] ?? "");
  if (trainer) return mapped(task, () => trainer);
  return mapped(
    keys.text("params.trainer", byDefault("default")),
    (name) => trainers.get(name) ?? "continued-pretrain",
  );
}

function readMethod(keys: Keys, quantization: Quantization | null): Sourced<Method> {
  return mapped(keys.flag("params.peft"), (on) => (on ? (quantization?.bits.value === 4 ? "qlora" : "lora") : "full"));
}

function readLora(keys: Keys): LoraPlan {
  const defaulted = keys.nullAt("params.target_modules");
  return {
    rank: keys.number("params.lora_r"),
    alpha: keys.number("params.lora_alpha"),
    dropout: keys.number("params.lora_dropout"),
    targets: defaulted
      ? mapped(defaulted, () => ({ kind: "default" }))
      : mapped(keys.words("params.target_modules"), (names): LoraTargets => peftTargets(names, true)),
    ...plainLora,
  };
}

/** Adapters are trained on 4-bit weights unless the file says otherwise, `null` included; every weight is trained unquantised. */
function readQuantization(keys: Keys): Quantization | null {
  const type = keys.text("params.quantization");
  if (!keys.flag("params.peft").value || keys.nullAt("params.quantization")) return null;
  if (!/^int[48]$/.test(type.value ?? "")) return null;
  return {
    bits: mapped(type, (name) => (name === "int4" ? 4 : 8)),
    doubleQuantization: byDefault(false, t`AutoTrain leaves it off`),
    float32Norms: byDefault(true, t`PEFT's preparation for k-bit training casts them`),
  };
}

/** `block_size`, which `model_max_length` cuts short; 1024 tokens where it is not set. */
function readSequenceLength(keys: Keys, family: Family): Sourced<number> {
  if (family === "vlm" || family === "image") return unknown(t`the images decide the sequence length`);
  if (family !== "llm") return keys.number("params.max_seq_length");
  const block = keys.number("params.block_size");
  const wanted = block.value === -1 ? byDefault(1024, t`AutoTrain's own limit`) : block;
  return derived(wanted, keys.number("params.model_max_length"), t`at most model_max_length`, Math.min);
}

/** It saves as it evaluates, or else what is trained at the end. Source: autotrain-advanced, trainers/clm/utils.py. */
function readSaves(keys: Keys): Sourced<Interval> {
  return keys.has("data.valid_split")
    ? strategyInterval(keys.text("params.eval_strategy"), byDefault(500, "transformers' default"))
    : byDefault(atEnd, t`there is no valid_split`);
}

/** Models are loaded in float32; `mixed_precision` is autocast. */
function readPrecision(keys: Keys): TrainingPlan["precision"] {
  const float32 = byDefault<Dtype>("float32", t`AutoTrain loads the weights so`);
  return precisionOf(float32, mapped(keys.text("params.mixed_precision"), autocastNamed), peftType);
}

/** A Space's hardware says how many GPUs it has, such as `spaces-a10g-largex4`; elsewhere all that are there are used. */
function readGpus(keys: Keys): Sourced<number> {
  const backend = keys.text("backend");
  if (!backend.value?.startsWith("spaces-")) return assumed(1, t`AutoTrain uses all GPUs that it finds`);
  return mapped(backend, (name) => Number(/x(\d+)$/.exec(name)?.[1] ?? 1));
}
