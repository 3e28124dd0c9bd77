import { t } from "../language.ts";
import { inUpdatesOrAtEnd, never } from "../plan/interval.ts";
import type { DataSource, LoraPlan, Method, Precision, TrainingPlan } from "../plan/plan.ts";
import { assumed, byDefault, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import { type ConfigDocument, entryAt } from "../text/document.ts";
import { setValue } from "../text/edit.ts";
import { namedSources, unknownData } from "./data.ts";
import type { Dialect } from "./dialect.ts";
import { stepLimit } from "./duration.ts";
import { kernelsIf } from "./kernels.ts";
import { inPlaceOf, type Lever } from "./levers.ts";
import { countsWithExponents } from "./loader.ts";
import { peftTargetsAt } from "./lora.ts";
import { precisionOf } from "./precision.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel } from "./sharding.ts";
import { stepsInterval } from "./trainingArguments.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: unslothai/unsloth at 015bdef0d94a, unsloth_cli/config.py, unsloth_cli/commands/train.py and
// studio/backend/assets/configs/**.

const vocabulary = {
  model: { about: "Hugging Face id or path of the model to train" },
  "data.dataset": { about: "Training data: a Hub id" },
  "data.local_dataset": { about: "Training data: local files" },
  "data.format_type": {
    about: "Shape of the samples; raw text is for continued pretraining",
    default: "auto",
    values: ["auto", "alpaca", "chatml", "sharegpt", "conversational", "raw"],
  },
  "training.training_type": { about: "Which weights are trained", default: "lora", values: ["lora", "full"] },
  "training.max_seq_length": { about: "Longest sequence in tokens", default: 2048 },
  "training.load_in_4bit": { about: "Load the weights in 4 bits; full training never does", default: true },
  "training.output_dir": { about: "Folder of checkpoints", default: "./outputs" },
  "training.num_epochs": { about: "Passes over the training data", default: 3 },
  "training.max_steps": { about: "Optimizer updates; when positive they override the epochs", default: 0 },
  "training.learning_rate": { about: "Peak learning rate", default: 2e-4 },
  "training.batch_size": { about: "Sequences per GPU in one forward pass", default: 2 },
  "training.gradient_accumulation_steps": { about: "Forward passes per optimizer update", default: 4 },
  "training.warmup_steps": { about: "Updates until the peak", default: 5 },
  "training.warmup_ratio": { about: "Share of all updates that warm up, instead of warmup_steps" },
  "training.weight_decay": { about: "Decoupled weight decay", default: 0.01 },
  "training.optim": {
    about: "Optimizer",
    default: "adamw_8bit",
    values: ["adamw_8bit", "adamw_torch", "adamw_torch_fused", "paged_adamw_8bit", "paged_adamw_32bit", "sgd"],
  },
  "training.lr_scheduler_type": {
    about: "Course of the learning rate after the warmup",
    default: "linear",
    values: ["linear", "cosine", "constant", "constant_with_warmup", "cosine_with_restarts", "polynomial"],
  },
  "training.packing": { about: "Join short samples into full sequences", default: false },
  "training.train_on_completions": { about: "Loss on the answers only", default: false },
  "training.gradient_checkpointing": {
    about: "Recompute activations in the backward pass; unsloth keeps the few that stay in the host's memory",
    default: "unsloth",
    values: ["unsloth", "true", "none"],
  },
  "training.random_seed": { about: "Random seed", default: 3407 },
  "training.save_steps": { about: "Updates between two checkpoints; 0: none on the way", default: 0 },
  "training.eval_steps": { about: "Updates between two evaluations; 0: none" },
  "lora.lora_r": { about: "Rank of the LoRA matrices", default: 64 },
  "lora.lora_alpha": { about: "LoRA's scale is alpha / rank", default: 16 },
  "lora.lora_dropout": { about: "Dropout in front of the adapters", default: 0 },
  "lora.target_modules": {
    about: "Modules to adapt: a list, or names with commas between them",
    default: "q_proj,k_proj,v_proj,o_proj,gate_proj,up_proj,down_proj",
  },
  "lora.vision_all_linear": { about: "Adapt all linear layers of a vision model", default: false },
  "lora.use_rslora": { about: "Scale by alpha / √rank", default: false },
  "lora.use_loftq": { about: "Start the adapters from the quantisation error (LoftQ)", default: false },
  "lora.use_dora": { about: "DoRA: adapt direction and magnitude apart", default: false },
  "lora.finetune_vision_layers": { about: "Adapt a vision model's encoder", default: true },
  "lora.finetune_language_layers": { about: "Adapt a vision model's language layers", default: true },
  "lora.finetune_attention_modules": { about: "Adapt a vision model's attention", default: true },
  "lora.finetune_mlp_modules": { about: "Adapt a vision model's MLPs", default: true },
  "logging.enable_wandb": { about: "Log to Weights & Biases", default: false },
  "logging.wandb_project": { about: "Weights & Biases project", default: "unsloth-training" },
  "logging.enable_tensorboard": { about: "Log to TensorBoard", default: false },
  "logging.tensorboard_dir": { about: "Folder of TensorBoard's logs", default: "runs" },
  "logging.log_frequency": { about: "Updates between two log lines" },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** Unsloth's command line and Studio: a YAML or JSON file in sections, run by transformers' Trainer. */
export const unsloth: Dialect = {
  id: "unsloth-studio",
  label: "Unsloth",
  telltales: ["max_seq_length", "train_on_completions", "load_in_4bit", "lora_r", "training_type"],
  vocabulary,
  loader: { textNumbers: [countsWithExponents] },
  detect({ root }) {
    const has = (...keys: readonly string[]) => keys.some((key) => entryAt(root, key));
    const sections = ["training", "lora"].filter((name) => root.entries.get(name)?.value.kind === "map");
    if (sections.length === 0 || root.entries.get("model")?.value.kind === "map") return 0;
    if (!has("training.learning_rate", "training.batch_size", "training.optim", "lora.lora_r")) return 0;
    return has(...onlyOurs) ? 1 : 0;
  },
  read(document) {
    const keys = reader(document, vocabulary);
    const method = readMethod(keys);
    const text = keys.text("training.gradient_checkpointing");
    return {
      stage: mapped(keys.text("data.format_type"), (format) => (/^raw$/i.test(format) ? "continued-pretrain" : "sft")),
      model: { id: keys.text("model", modelInComment(document)), shape: null },
      method,
      lora: method.value === "full" ? null : readLora(keys),
      quantization:
        method.value === "qlora"
          ? {
              bits: mapped(keys.flag("training.load_in_4bit"), () => 4),
              doubleQuantization: byDefault(true, t`Unsloth sets it`),
              float32Norms: byDefault(false, t`Unsloth leaves the norms in the compute type`),
            }
          : null,
      optimizer: {
        name: keys.text("training.optim"),
        weightDecay: keys.number("training.weight_decay"),
        beta2: byDefault(0.999),
        maxGradNorm: byDefault(1),
      },
      learningRate: {
        peak: keys.number("training.learning_rate"),
        scheduler: keys.text("training.lr_scheduler_type"),
        family: "huggingface",
        schedulerArguments: byDefault(new Map()),
        warmup: keys.has("training.warmup_ratio")
          ? mapped(keys.number("training.warmup_ratio"), (ratio) => ({ ratio, rounding: "up" }))
          : mapped(keys.number("training.warmup_steps"), (steps) => ({ steps })),
      },
      duration: {
        epochs: keys.number("training.num_epochs"),
        maxSteps: stepLimit(keys, "training.max_steps"),
        maxTokens: byDefault(null),
      },
      evaluationInterval: keys.has("training.eval_steps")
        ? mapped(keys.number("training.eval_steps"), stepsInterval)
        : byDefault(never),
      saveInterval: inUpdatesOrAtEnd(keys.number("training.save_steps")),
      batch: {
        micro: keys.number("training.batch_size"),
        accumulation: keys.number("training.gradient_accumulation_steps"),
        global: null,
        evaluation: keys.number("training.batch_size"),
      },
      sequenceLength: keys.number("training.max_seq_length"),
      packing: keys.flag("training.packing"),
      data: {
        ...unknownData,
        sources: readSources(keys),
      },
      precision: readPrecision(),
      gradientCheckpointing: mapped(text, (way) => !/^(?:none|false|no|off|0)$/i.test(way)),
      activationOffload: mapped(text, (way) => /^unsloth$/i.test(way)),
      attention: byDefault("flash", t`flash attention where it is installed, else torch's own kernel`),
      loss: byDefault("fused", t`Unsloth's fused cross-entropy`),
      ...kernelsIf(byDefault(true, t`Unsloth's kernels`)),
      parallelism: dataParallel(assumed(1, t`Unsloth takes the number of GPUs from the launcher`)),
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "training.learning_rate",
    microBatch: "training.batch_size",
    accumulation: "training.gradient_accumulation_steps",
    sequenceLength: "training.max_seq_length",
    gradientCheckpointing: "training.gradient_checkpointing",
    epochs: "training.num_epochs",
    warmupSteps: "training.warmup_steps",
    warmupRatio: "training.warmup_ratio",
    scheduler: "training.lr_scheduler_type",
    optimizer: "training.optim",
    loraRank: "lora.lora_r",
  },
  levers: {
    adamw: [optimizerLever("adamw_torch")],
    adamw8bit: [optimizerLever("adamw_8bit")],
    pagedAdamw8bit: [optimizerLever("paged_adamw_8bit")],
    full: [{ set: { "training.training_type": "full" } }],
    lora: [{ set: { "training.training_type": "lora", "training.load_in_4bit": false } }],
    qlora: [{ set: { "training.training_type": "lora", "training.load_in_4bit": true } }],
  },
  write(document, { gradientCheckpointing, ...others }) {
    const keys = Object.entries(unsloth.keys).filter(
      ([name, path]) => !studioOnly.includes(name) || entryAt(document.root, path),
    );
    const way = gradientCheckpointing ? "unsloth" : "none";
    const beside = ["gradient_accumulation_steps", "batch_size"];
    return [
      ...writeKeys(document, Object.fromEntries(keys), others),
      ...(gradientCheckpointing === undefined
        ? []
        : setValue(document, "training.gradient_checkpointing", way, beside)),
    ];
  },
};

/** The command line refuses the key: it is changed where it stands, and never added. */
function optimizerLever(name: string): Lever {
  return { set: { "training.optim": inPlaceOf(/./, name) } };
}

/** Changes of keys that Studio's files have and the command line refuses: none of them is added. */
const studioOnly = ["warmupRatio", "scheduler", "optimizer"];

/** Keys that tell this file from others with a `training` or `lora` section. */
const onlyOurs = [
  "training.max_seq_length",
  "training.train_on_completions",
  "training.training_type",
  "training.load_in_4bit",
  "training.random_seed",
  "lora.use_loftq",
  "lora.finetune_language_layers",
  "lora.vision_all_linear",
];

/** Studio's defaults for a model say which one in the comment at their top only. */
function modelInComment({ text }: ConfigDocument): Sourced<string> {
  const id = /^# Model defaults for (\S+)/m.exec(text)?.[1];
  return id === undefined ? unknown(t`model is not set`) : assumed(id, t`from the comment at the top of the file`);
}

/** LoRA on 4-bit weights unless the file says otherwise; full training loads them in 16 bits whatever it says. */
function readMethod(keys: Keys): Sourced<Method> {
  const type = keys.text("training.training_type");
  const quantized = keys.flag("training.load_in_4bit");
  if (/^full$/i.test(type.value ?? "")) return mapped(type, () => "full");
  return mapped(quantized, (on) => (on ? "qlora" : "lora"));
}

function readLora(keys: Keys): LoraPlan {
  return {
    rank: keys.number("lora.lora_r"),
    alpha: keys.number("lora.lora_alpha"),
    dropout: keys.number("lora.lora_dropout"),
    targets: peftTargetsAt(keys, "lora.target_modules"),
    modulesToSave: byDefault([]),
    rsLora: keys.flag("lora.use_rslora"),
    dora: keys.flag("lora.use_dora"),
  };
}

function readSources(keys: Keys): readonly DataSource[] {
  const names = (["data.dataset", "data.local_dataset"] as const).filter((key) => keys.has(key));
  return names.flatMap((key) => namedSources(keys.words(key)));
}

/** bfloat16 weights with autocast, full training included; the adapters are float32. */
function readPrecision(): Precision {
  const brain = byDefault("bfloat16", t`bfloat16 where the GPU has it, else float16`) satisfies Precision["trained"];
  const float32 = byDefault("float32", t`Unsloth casts the adapters`) satisfies Precision["adapters"];
  return precisionOf(brain, brain, float32);
}
