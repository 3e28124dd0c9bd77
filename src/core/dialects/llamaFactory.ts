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
import { assumed, byDefault, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { Dialect } from "./dialect.ts";
import { editNumber } from "./edits.ts";
import { type Keys, keysOf } from "./keys.ts";
import { readSharding } from "./sharding.ts";
import {
  attentionFrom,
  readBatch,
  readDuration,
  readOptimizer,
  readSchedulerArguments,
  readWarmup,
} from "./trainingArguments.ts";

// Keys and defaults: hiyouga/LLaMA-Factory at ff6d4d12eeb0, src/llamafactory/hparams/*.py, model/adapter.py.

/** LLaMA-Factory: a flat YAML or JSON file, Hugging Face's TrainingArguments beneath its own keys. */
export const llamaFactory: Dialect = {
  id: "llamafactory",
  label: "LLaMA-Factory",
  telltales: ["finetuning_type", "cutoff_len", "model_name_or_path"],
  keys: { peakLearningRate: "learning_rate" },
  detect(document) {
    const { entries } = document.root;
    const ours = entries.has("finetuning_type") || entries.has("cutoff_len");
    if (!ours && !(entries.has("stage") && entries.has("model_name_or_path"))) return 0;
    const trains = ["do_train", "learning_rate", "per_device_train_batch_size", "num_train_epochs"];
    return trains.some((key) => entries.has(key)) ? 1 : 0;
  },
  read(document, versions) {
    const keys = keysOf(document);
    const quantization = readQuantization(keys);
    const method = readMethod(keys, quantization);
    return {
      stage: mapped(keys.text("stage", byDefault("sft")), (name) => stages.get(name) ?? "sft"),
      model: keys.text("model_name_or_path", unknown("model_name_or_path is not set")),
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys) : null,
      quantization,
      optimizer: readOptimizer(keys, versions),
      learningRate: {
        peak: keys.number("learning_rate", byDefault(5e-5)),
        scheduler: keys.text("lr_scheduler_type", byDefault("linear")),
        schedulerArguments: readSchedulerArguments(keys),
        warmup: readWarmup(keys, versions),
      },
      duration: readDuration(keys),
      batch: readBatch(keys),
      sequenceLength: keys.number("cutoff_len", byDefault(2048)),
      packing: keys.flag("packing", byDefault(keys.text("stage", byDefault("sft")).value === "pt")),
      precision: readPrecision(keys),
      gradientCheckpointing: mapped(keys.flag("disable_gradient_checkpointing", byDefault(false)), (off) => !off),
      attention: mapped(keys.text("flash_attn", byDefault("auto")), attentionFrom),
      loss: mapped(keys.flag("enable_liger_kernel", byDefault(false)), (on) => (on ? "chunked" : "materialised")),
      gpus: assumed(1, "LLaMA-Factory takes the number of GPUs from the launcher"),
      sharding: readSharding(keys),
    } satisfies TrainingPlan;
  },
  write: (document, change) => editNumber(document, "learning_rate", change.peakLearningRate),
};

const stages: ReadonlyMap<string, Stage> = new Map([
  ["pt", "continued-pretrain"],
  ["sft", "sft"],
  ["rm", "reward"],
  ["ppo", "ppo"],
  ["dpo", "dpo"],
  ["kto", "kto"],
]);

function readMethod(keys: Keys, quantization: Quantization | null): Sourced<Method> {
  return mapped(keys.text("finetuning_type", byDefault("lora")), (type): Method => {
    if (type === "full" || type === "freeze") return type;
    return quantization ? "qlora" : "lora";
  });
}

function readQuantization(keys: Keys): Quantization | null {
  if (!keys.has("quantization_bit")) return null;
  return {
    bits: keys.number("quantization_bit", byDefault(4)),
    doubleQuantization: keys.flag("double_quantization", byDefault(true)),
    float32Norms: keys.flag("upcast_layernorm", byDefault(false)),
  };
}

function readLora(keys: Keys): LoraPlan {
  const rank = keys.number("lora_rank", byDefault(8));
  const alpha = mapped(rank, (value) => 2 * value);
  return {
    rank,
    alpha: keys.number("lora_alpha", alpha.origin === "unknown" ? alpha : byDefault(alpha.value, "twice the rank")),
    dropout: keys.number("lora_dropout", byDefault(0)),
    targets: mapped(
      keys.words("lora_target", byDefault(["all"])),
      (names): LoraTargets => (names.length === 1 && names[0] === "all" ? "all-linear" : names),
    ),
  };
}

/** Trained weights are cast to float32 unless `pure_bf16` is set; frozen ones stay in the compute type. */
function readPrecision(keys: Keys): Precision {
  const pure = keys.flag("pure_bf16", byDefault(false));
  if (pure.value) {
    const bfloat16 = mapped(pure, (): Dtype => "bfloat16");
    const autocast = mapped(pure, () => null);
    return { trained: bfloat16, frozen: bfloat16, adapters: bfloat16, quantizedAdapters: bfloat16, autocast };
  }
  const float32 = byDefault<Dtype>("float32", "LLaMA-Factory trains in float32 unless pure_bf16 is set");
  const brain = keys.flag("bf16", byDefault(false));
  const half = keys.flag("fp16", byDefault(false));
  const autocast: Sourced<Dtype | null> = brain.value
    ? mapped(brain, () => "bfloat16")
    : mapped(half, (on) => (on ? "float16" : null));
  return {
    trained: float32,
    frozen: autocast.value ? mapped(autocast, (type) => type ?? "bfloat16") : ownType,
    adapters: float32,
    quantizedAdapters: float32,
    autocast,
  };
}

const ownType = assumed<Dtype>("bfloat16", "the checkpoint's own type, taken to be bfloat16");
