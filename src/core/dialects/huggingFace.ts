import type {
  Dtype,
  LoraPlan,
  LoraTargets,
  Method,
  Precision,
  Quantization,
  Stage,
  TrainingPlan,
} from "../plan/plan.ts";
import { assumed, byDefault, type Known, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import { isAtLeast, type Versions } from "../plan/versions.ts";
import type { Dialect } from "./dialect.ts";
import { editNumber } from "./edits.ts";
import { type Keys, keysOf } from "./keys.ts";
import { readSharding } from "./sharding.ts";
import {
  readAttention,
  readBatch,
  readDuration,
  readOptimizer,
  readSchedulerArguments,
  readWarmup,
} from "./trainingArguments.ts";

// Keys and defaults: huggingface/trl at f2cd57710ae3, trl/trainer/*_config.py; transformers 5.18.0, training_args.py.

/** Hugging Face's Trainer and TRL, their command line and the recipes of alignment-handbook and open-r1. */
export const huggingFace: Dialect = {
  id: "hf-trl",
  label: "Hugging Face Trainer / TRL",
  telltales: ["model_name_or_path", "per_device_train_batch_size", "num_train_epochs"],
  keys: { peakLearningRate: "learning_rate" },
  detect(document) {
    const { entries } = document.root;
    const count = argumentNames.filter((key) => entries.has(key)).length;
    if (entries.has("model_name_or_path")) return count > 0 ? 1 : 0;
    return count > 1 && (entries.has("learning_rate") || entries.has("per_device_train_batch_size")) ? 0.7 : 0;
  },
  read(document, versions) {
    const keys = keysOf(document);
    const trainer = trainerOf(keys);
    const trl = trainer !== "trainer";
    const method = readMethod(keys);
    return {
      stage: byDefault(trainer === "trainer" ? "sft" : trainer),
      model: keys.text("model_name_or_path", unknown("model_name_or_path is not set")),
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys) : null,
      quantization: readQuantization(keys, versions),
      optimizer: readOptimizer(keys, versions),
      learningRate: {
        peak: keys.number("learning_rate", byDefault(defaultRates[trainer])),
        scheduler: keys.text("lr_scheduler_type", byDefault("linear")),
        schedulerArguments: readSchedulerArguments(keys),
        warmup: readWarmup(keys, versions),
      },
      duration: readDuration(keys),
      batch: readBatch(keys),
      sequenceLength: keys.number(
        ["max_length", "max_seq_length", "block_size", "model_max_length"],
        trl ? byDefault(1024) : unknown("the training script decides the sequence length"),
      ),
      packing: keys.flag("packing", byDefault(false)),
      precision: readPrecision(keys, trl, versions),
      gradientCheckpointing: keys.flag("gradient_checkpointing", byDefault(trl && isAtLeast(versions, "trl", "0.22"))),
      attention: readAttention(keys),
      loss: readLoss(keys, trainer, versions),
      gpus: assumed(1, "the launcher decides the number of GPUs"),
      sharding: readSharding(keys),
    } satisfies TrainingPlan;
  },
  write: (document, change) => editNumber(document, "learning_rate", change.peakLearningRate),
};

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
function trainerOf(keys: Keys): Trainer {
  if (keys.has("num_generations") || keys.has("reward_funcs")) return "grpo";
  if (keys.has("desirable_weight") || keys.has("undesirable_weight")) return "kto";
  if (keys.has("beta") || keys.has("precompute_ref_log_probs")) return "dpo";
  if (keys.has("center_rewards_coefficient")) return "reward";
  return trlKeys.some((key) => keys.has(key)) ? "sft" : "trainer";
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
  const peft = keys.flag("use_peft", byDefault(false));
  const quantized = keys.flag("load_in_4bit", byDefault(false)).value;
  return mapped(peft, (on) => (on ? (quantized ? "qlora" : "lora") : "full"));
}

function readLora(keys: Keys): LoraPlan {
  return {
    rank: keys.number("lora_r", byDefault(16)),
    alpha: keys.number("lora_alpha", byDefault(32)),
    dropout: keys.number("lora_dropout", byDefault(0.05)),
    targets: mapped(
      keys.words("lora_target_modules", byDefault([])),
      (names): LoraTargets => (names[0] === "all-linear" ? "all-linear" : names.length === 0 ? "peft-default" : names),
    ),
  };
}

function readQuantization(keys: Keys, versions: Versions): Quantization | null {
  const four = keys.flag("load_in_4bit", byDefault(false));
  const eight = keys.flag("load_in_8bit", byDefault(false));
  if (!four.value && !eight.value) return null;
  return {
    bits: four.value ? mapped(four, () => 4) : mapped(eight, () => 8),
    doubleQuantization: keys.flag("use_bnb_nested_quant", byDefault(false)),
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
  const half = keys.flag("fp16", byDefault(false));
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
  const otherwise: Known<string> = byDefault(!trl && newest ? "auto" : "float32");
  const text = keys.text(["dtype", "torch_dtype"], otherwise);
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
  const liger = keys.flag("use_liger_kernel", keys.flag("use_liger", byDefault(false)));
  if (liger.value) return mapped(liger, () => "chunked");
  const chunks = trainer === "sft" && isAtLeast(versions, "trl", "1.7");
  if (trainer === "sft" && keys.has("loss_type")) {
    return mapped(keys.text("loss_type", byDefault("nll")), (type) =>
      type === "chunked_nll" ? "chunked" : "materialised",
    );
  }
  return byDefault(chunks ? "chunked" : "materialised", chunks ? "TRL's chunked_nll" : undefined);
}
