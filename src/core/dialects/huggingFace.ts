import { peftTargets } from "../plan/lora.ts";
import type { Dtype, LoraPlan, Method, Precision, Quantization, Stage, TrainingPlan } from "../plan/plan.ts";
import { assumed, byDefault, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import { isAtLeast, type Versions } from "../plan/versions.ts";
import type { ConfigDocument, MapNode } from "../text/document.ts";
import { dataSources, namedSources } from "./data.ts";
import type { Dialect } from "./dialect.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel, readSplit, shardingLinks } from "./sharding.ts";
import { throughDeepspeed } from "./throughDeepspeed.ts";
import {
  attentionFrom,
  readBatch,
  readData,
  readDuration,
  readOptimizer,
  readSchedulerArguments,
  readWarmup,
  trainingArgumentKeys,
  trainingArguments,
} from "./trainingArguments.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: huggingface/trl at f2cd57710ae3, trl/trainer/*_config.py; transformers 5.18.0, training_args.py.

const vocabulary = {
  ...trainingArguments,
  learning_rate: { about: "Peak learning rate; 2e-5 in TRL's SFT, 1e-6 in its DPO, KTO and GRPO" },
  model_name_or_path: { holds: "model", about: "Hugging Face id or path of the model to train" },
  model_revision: { about: "Revision of the model", default: "main" },
  dtype: {
    about: "Type in which the weights are loaded",
    values: ["auto", "bfloat16", "float16", "float32"],
    aliases: ["torch_dtype"],
  },
  attn_implementation: {
    about: "Attention kernel",
    default: "sdpa",
    values: ["flash_attention_2", "flash_attention_3", "sdpa", "eager", "kernels-community/flash-attn2"],
  },
  trust_remote_code: { about: "Run the model's own code", default: false },
  use_peft: { about: "Train adapters; without it the lora keys do nothing", default: false },
  lora_r: { about: "Rank of the LoRA matrices", default: 16 },
  lora_alpha: { about: "LoRA's scale is alpha / rank", default: 32 },
  lora_dropout: { about: "Dropout in front of the adapters", default: 0.05 },
  lora_target_modules: { holds: "modules", about: "Modules to adapt, or all-linear" },
  lora_modules_to_save: { about: "Modules to train in full beside the adapters", default: "" },
  use_rslora: { about: "Scale by alpha / √rank", default: false },
  use_dora: { about: "DoRA: adapt direction and magnitude apart", default: false },
  load_in_4bit: { about: "Load the weights in 4 bits", default: false },
  load_in_8bit: { about: "Load the weights in 8 bits", default: false },
  bnb_4bit_quant_type: { about: "4-bit type", default: "nf4", values: ["nf4", "fp4"] },
  use_bnb_nested_quant: { about: "Quantise the scales too", default: false },
  dataset_name: { about: "Training data: a Hub id or a path" },
  dataset_mixture: { about: "Training data: several data sets with weights" },
  dataset_mixer: { about: "Training data: data sets and the share of each" },
  train_file: { about: "Training data: a local file" },
  max_train_samples: { about: "No more training samples than these" },
  max_length: {
    about: "Longest sequence in tokens",
    aliases: ["max_seq_length", "block_size", "model_max_length"],
  },
  packing: { about: "Join short samples into full sequences", default: false },
  packing_strategy: { about: "How to pack", default: "bfd", values: ["bfd", "bfd_split", "wrapped"] },
  padding_free: { about: "Put all sequences of a batch in a row instead of padding them", default: false },
  dataset_text_field: { about: "Column that holds the text", default: "text" },
  assistant_only_loss: { about: "Loss on the assistant's answers only", default: false },
  loss_type: { about: "Loss of the trainer, such as chunked_nll (SFT) or sigmoid (DPO)" },
  activation_offloading: { about: "Keep activations in the host's memory", default: false },
  use_liger: { about: "Liger's fused kernels; now use_liger_kernel", default: false },
  beta: { about: "Weight of the distance to the reference model" },
  num_generations: { about: "Answers per prompt (GRPO)", default: 8 },
  max_completion_length: { about: "Longest answer in tokens (GRPO)" },
  max_prompt_length: { about: "Longest prompt in tokens" },
  reward_funcs: { about: "Reward functions (GRPO)" },
  use_vllm: { about: "Generate with vLLM (GRPO)", default: false },
  desirable_weight: { about: "Weight of desirable answers (KTO)" },
  undesirable_weight: { about: "Weight of undesirable answers (KTO)" },
  precompute_ref_log_probs: { about: "Run the reference model once, before training (DPO)", default: false },
  center_rewards_coefficient: { about: "Keep rewards around zero (reward model)" },
  chat_template: { about: "Chat template" },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** Hugging Face's Trainer and TRL, their command line and the recipes of alignment-handbook and open-r1. */
export const huggingFace: Dialect = {
  id: "hf-trl",
  label: "Hugging Face Trainer / TRL",
  telltales: ["model_name_or_path", "per_device_train_batch_size", "num_train_epochs"],
  vocabulary,
  detect(document) {
    const { entries } = document.root;
    const count = argumentNames.filter((key) => entries.has(key)).length;
    if (entries.has("model_name_or_path")) return count > 0 ? 1 : 0;
    return count > 1 && (entries.has("learning_rate") || entries.has("per_device_train_batch_size")) ? 0.7 : 0;
  },
  links: shardingLinks,
  read(document, { versions, linked }) {
    const keys = reader(document, vocabulary);
    const trainer = trainerOf(document.root);
    const trl = trainer !== "trainer";
    const method = readMethod(keys);
    const plan = {
      stage: byDefault(trainer === "trainer" ? "sft" : trainer),
      model: { id: keys.text("model_name_or_path"), shape: null },
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys, document) : null,
      quantization: readQuantization(keys, versions),
      optimizer: readOptimizer(keys, versions),
      learningRate: {
        peak: keys.number("learning_rate", byDefault(defaultRates[trainer])),
        scheduler: keys.text("lr_scheduler_type"),
        family: "huggingface",
        schedulerArguments: readSchedulerArguments(keys),
        warmup: readWarmup(keys, versions),
      },
      duration: readDuration(keys),
      batch: readBatch(keys),
      sequenceLength: keys.number(
        "max_length",
        trl ? byDefault(1024) : unknown("the training script decides the sequence length"),
      ),
      packing: keys.flag("packing", byDefault(document.root.entries.has("block_size"), "block_size joins all texts")),
      data: readData(keys, readSources(keys, document)),
      precision: readPrecision(keys, trl, versions),
      gradientCheckpointing: keys.flag("gradient_checkpointing", byDefault(trl && isAtLeast(versions, "trl", "0.22"))),
      attention: mapped(keys.text("attn_implementation"), attentionFrom),
      loss: readLoss(keys, trainer, versions),
      parallelism: dataParallel(assumed(1, "the launcher decides the number of GPUs"), readSplit(document, linked)),
    } satisfies TrainingPlan;
    return throughDeepspeed(plan, document, linked);
  },
  keys: { ...trainingArgumentKeys, sequenceLength: "max_length", loraRank: "lora_r" },
  write: (document, change) => writeKeys(document, keysIn(document), change),
};

/** The sequence length under the name that the file uses. */
function keysIn({ root }: ConfigDocument) {
  const name = ["max_length", ...vocabulary.max_length.aliases].find((key) => root.entries.has(key));
  return { ...huggingFace.keys, sequenceLength: name ?? "max_length" };
}

function readSources(keys: Keys, document: ConfigDocument) {
  const mixture = document.root.entries.get("dataset_mixture")?.value;
  const list = mixture?.kind === "map" ? mixture.entries.get("datasets")?.value : undefined;
  const maps = list?.kind === "list" ? list.items.filter((item) => item.kind === "map") : [];
  const names = (["dataset_name", "train_file"] as const).filter((key) => keys.has(key));
  const limit = keys.number("max_train_samples").value ?? null;
  return [
    ...names.flatMap((key) => namedSources(keys.words(key), limit)),
    ...namedSources(byDefault(keys.names("dataset_mixer"))),
    ...dataSources(document, maps, "id"),
  ];
}

const argumentNames = [
  "learning_rate",
  "per_device_train_batch_size",
  "num_train_epochs",
  "gradient_accumulation_steps",
  "lr_scheduler_type",
  "max_steps",
  "optim",
  "use_peft",
  "lora_r",
];

type Trainer = "trainer" | Extract<Stage, "sft" | "dpo" | "kto" | "orpo" | "reward" | "grpo">;

const defaultRates: Readonly<Record<Trainer, number>> = {
  trainer: 5e-5,
  sft: 2e-5,
  dpo: 1e-6,
  kto: 1e-6,
  orpo: 1e-6,
  reward: 1e-4,
  grpo: 1e-6,
};

/** The trainer that understands the keys at hand: nothing in the file names it. */
function trainerOf({ entries }: MapNode): Trainer {
  if (entries.has("num_generations") || entries.has("reward_funcs")) return "grpo";
  if (entries.has("desirable_weight") || entries.has("undesirable_weight")) return "kto";
  if (entries.has("beta") || entries.has("precompute_ref_log_probs")) return "dpo";
  if (entries.has("center_rewards_coefficient")) return "reward";
  return trlKeys.some((key) => entries.has(key)) ? "sft" : "trainer";
}

/** Keys of TRL's ModelConfig, ScriptArguments and SFTConfig that transformers' own scripts do not have. */
const trlKeys = [
  "use_peft",
  "max_length",
  "max_seq_length",
  "packing",
  "dataset_text_field",
  "dataset_mixture",
  "dataset_mixer",
  "load_in_4bit",
  "chat_template",
];

/** `lora_*` keys do nothing without `use_peft: true`. */
function readMethod(keys: Keys): Sourced<Method> {
  const peft = keys.flag("use_peft");
  const quantized = keys.flag("load_in_4bit").value;
  return mapped(peft, (on) => (on ? (quantized ? "qlora" : "lora") : "full"));
}

function readLora(keys: Keys, { root }: ConfigDocument): LoraPlan {
  const isList = root.entries.get("lora_target_modules")?.value.kind === "list";
  return {
    rank: keys.number("lora_r"),
    alpha: keys.number("lora_alpha"),
    dropout: keys.number("lora_dropout"),
    targets: mapped(keys.words("lora_target_modules", byDefault([])), (words) => peftTargets(words, isList)),
    modulesToSave: keys.words("lora_modules_to_save"),
    rsLora: keys.flag("use_rslora"),
    dora: keys.flag("use_dora"),
  };
}

function readQuantization(keys: Keys, versions: Versions): Quantization | null {
  const four = keys.flag("load_in_4bit");
  const eight = keys.flag("load_in_8bit");
  if (!four.value && !eight.value) return null;
  return {
    bits: four.value ? mapped(four, () => 4) : mapped(eight, () => 8),
    doubleQuantization: keys.flag("use_bnb_nested_quant"),
    float32Norms: byDefault(
      !keepsQuantizedModelsAsTheyAre(versions),
      "PEFT's preparation for k-bit training casts them",
    ),
  };
}

/** Since TRL 0.26 (PR 4577) PEFT's k-bit preparation is not called and a quantised model's adapters are bfloat16. */
function keepsQuantizedModelsAsTheyAre(versions: Versions): boolean {
  return isAtLeast(versions, "trl", "0.26");
}

function readPrecision(keys: Keys, trl: boolean, versions: Versions): Precision {
  const half = keys.flag("fp16");
  const brain = keys.flag("bf16", byDefault(trl && !half.value));
  const weights = readWeightType(keys, trl, versions);
  const float32 = byDefault<Dtype>("float32", "PEFT's default");
  return {
    trained: weights,
    frozen: weights,
    adapters: float32,
    quantizedAdapters:
      trl && keepsQuantizedModelsAsTheyAre(versions) ? byDefault("bfloat16", "TRL casts them") : float32,
    autocast: brain.value ? mapped(brain, () => "bfloat16") : mapped(half, (on) => (on ? "float16" : null)),
  };
}

/** `dtype` (once `torch_dtype`): TRL's scripts load float32 by default, transformers since 5.0 the checkpoint's type. */
function readWeightType(keys: Keys, trl: boolean, versions: Versions): Sourced<Dtype> {
  const newest = isAtLeast(versions, "transformers", "5.0");
  const text = keys.text("dtype", byDefault(!trl && newest ? "auto" : "float32"));
  const type = dtypes.get(text.value ?? "");
  if (type) return mapped(text, () => type);
  return assumed("bfloat16", "the checkpoint's own type, taken to be bfloat16");
}

const dtypes: ReadonlyMap<string, Dtype> = new Map([
  ["float32", "float32"],
  ["fp32", "float32"],
  ["bfloat16", "bfloat16"],
  ["bf16", "bfloat16"],
  ["float16", "float16"],
  ["fp16", "float16"],
]);

/** TRL's SFT trainer computes the loss in chunks since 1.7 (PR 5846) unless told otherwise; Liger fuses it with the output layer. */
function readLoss(keys: Keys, trainer: Trainer, versions: Versions): TrainingPlan["loss"] {
  const liger = keys.flag("use_liger_kernel", keys.flag("use_liger"));
  if (liger.value) return mapped(liger, () => "chunked");
  const chunks = trainer === "sft" && isAtLeast(versions, "trl", "1.7");
  if (trainer === "sft" && keys.has("loss_type")) {
    return mapped(keys.text("loss_type"), (type) => (type === "chunked_nll" ? "chunked" : "materialised"));
  }
  return byDefault(chunks ? "chunked" : "materialised", chunks ? "TRL's chunked_nll" : undefined);
}
