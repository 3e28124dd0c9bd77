import type {
  Dtype,
  LoraPlan,
  LoraTargets,
  Method,
  Precision,
  Quantization,
  Stage,
  TrainingPlan,
  Warmup,
} from "../plan/plan.ts";
import { assumed, byDefault, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { Dialect } from "./dialect.ts";
import { editNumber } from "./edits.ts";
import { type Keys, keysOf } from "./keys.ts";
import { readSharding } from "./sharding.ts";
import { attentionFrom } from "./trainingArguments.ts";

// Keys and defaults: axolotl-ai-cloud/axolotl at 067b021c8b87, src/axolotl/utils/schemas/*.py, loaders/model.py.

/** Axolotl: one flat YAML file per run. */
export const axolotl: Dialect = {
  id: "axolotl",
  label: "axolotl",
  telltales: ["base_model"],
  keys: { peakLearningRate: "learning_rate" },
  detect(document) {
    const { entries } = document.root;
    if (!entries.has("base_model") || !signs.some((key) => entries.has(key))) return 0;
    return entries.has("learning_rate") || entries.has("micro_batch_size") ? 1 : 0.6;
  },
  read(document) {
    const keys = keysOf(document);
    const method = readMethod(keys);
    return {
      stage: readStage(keys),
      model: keys.text("base_model", unknown("base_model is not set")),
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys) : null,
      quantization: readQuantization(keys, method),
      optimizer: {
        name: keys.text("optimizer", byDefault("adamw_torch_fused")),
        weightDecay: keys.number("weight_decay", byDefault(0)),
      },
      learningRate: {
        peak: keys.number("learning_rate", unknown("learning_rate is not set; axolotl requires it")),
        scheduler: keys.text("lr_scheduler", byDefault("cosine")),
        schedulerArguments: byDefault(keys.present(schedulerArguments)),
        warmup: readWarmup(keys),
      },
      duration: {
        epochs: keys.number("num_epochs", byDefault(1)),
        maxSteps: mapped(keys.number("max_steps", byDefault(-1)), (steps) => (steps > 0 ? steps : null)),
      },
      batch: {
        micro: keys.number("micro_batch_size", byDefault(1)),
        accumulation: readAccumulation(keys),
        evaluation: keys.number("eval_batch_size", keys.number("micro_batch_size", byDefault(1))),
      },
      sequenceLength: keys.number("sequence_len", byDefault(512)),
      packing: keys.flag("sample_packing", byDefault(false)),
      precision: readPrecision(keys),
      gradientCheckpointing: readCheckpointing(keys),
      attention: readAttention(keys),
      loss: readLoss(keys),
      gpus: assumed(1, "axolotl takes the number of GPUs from the launcher"),
      sharding: readSharding(keys),
    } satisfies TrainingPlan;
  },
  write: (document, change) => editNumber(document, "learning_rate", change.peakLearningRate),
};

const signs = [
  "sequence_len",
  "micro_batch_size",
  "adapter",
  "datasets",
  "lora_r",
  "num_epochs",
  "rl",
  "load_in_8bit",
  "load_in_4bit",
  "pretraining_dataset",
];

/** Keys that bend the curve of `lr_scheduler`. */
const schedulerArguments = [
  "lr_scheduler_kwargs",
  "lr_quadratic_warmup",
  "cosine_min_lr_ratio",
  "cosine_constant_lr_ratio",
  "jagged_restart_steps",
];

function readStage(keys: Keys): Sourced<Stage> {
  if (keys.has("rl")) return mapped(keys.text("rl", byDefault("")), (name) => preferenceStages.get(name) ?? "dpo");
  if (keys.flag("reward_model", byDefault(false)).value) return byDefault("reward", "reward_model is set");
  return byDefault(keys.has("pretraining_dataset") ? "continued-pretrain" : "sft");
}

const preferenceStages: ReadonlyMap<string, Stage> = new Map([
  ["dpo", "dpo"],
  ["ipo", "dpo"],
  ["kto", "kto"],
  ["orpo", "orpo"],
  ["simpo", "simpo"],
  ["grpo", "grpo"],
  ["gdpo", "grpo"],
]);

/** Without `adapter` every weight is trained, LoRA keys or not. */
function readMethod(keys: Keys): Sourced<Method> {
  if (!keys.has("adapter")) return byDefault(keys.has("unfrozen_parameters") ? "freeze" : "full", "no adapter");
  const quantized = keys.flag("load_in_4bit", byDefault(false)).value;
  return mapped(keys.text("adapter", byDefault("lora")), (name) => (name === "qlora" || quantized ? "qlora" : "lora"));
}

function readLora(keys: Keys): LoraPlan {
  return {
    rank: keys.number("lora_r", unknown("lora_r is not set; axolotl has no default")),
    alpha: keys.number("lora_alpha", unknown("lora_alpha is not set; axolotl has no default")),
    dropout: keys.number("lora_dropout", byDefault(0)),
    targets: readTargets(keys),
  };
}

function readTargets(keys: Keys): Sourced<LoraTargets> {
  const all = keys.flag("lora_target_linear", byDefault(false));
  if (all.value) return mapped(all, () => "all-linear");
  return keys.has("lora_target_modules") ? keys.words("lora_target_modules", byDefault([])) : byDefault("peft-default");
}

function readQuantization(keys: Keys, method: Sourced<Method>): Quantization | null {
  const four = keys.flag("load_in_4bit", byDefault(method.value === "qlora"));
  const eight = keys.flag("load_in_8bit", byDefault(false));
  if (!four.value && !eight.value) return null;
  return {
    bits: four.value ? mapped(four, () => 4) : mapped(eight, () => 8),
    doubleQuantization: byDefault(true, "axolotl sets it"),
    float32Norms: byDefault(readAttention(keys).value !== "flash", "cast back to the compute type for flash attention"),
  };
}

/** `warmup_steps`, `warmup_ratio`, or 3 % of the run and at most 100 updates; a single update is made two. */
function readWarmup(keys: Keys): Sourced<Warmup> {
  if (keys.has("warmup_steps")) {
    return mapped(keys.number("warmup_steps", byDefault(0)), (steps) => ({ steps: steps === 1 ? 2 : steps }));
  }
  const rounded = { rounding: "down", oneIsTwo: true } as const;
  if (!keys.has("warmup_ratio")) return byDefault({ ratio: 0.03, atMost: 100, ...rounded });
  return mapped(keys.number("warmup_ratio", byDefault(0)), (ratio) => ({ ratio, ...rounded }));
}

/** `batch_size` is what one GPU sees per update; it may stand in for the accumulation. */
function readAccumulation(keys: Keys): Sourced<number> {
  const micro = keys.number("micro_batch_size", byDefault(1)).value;
  if (keys.has("gradient_accumulation_steps") || !keys.has("batch_size") || !micro) {
    return keys.number("gradient_accumulation_steps", byDefault(1));
  }
  return mapped(keys.number("batch_size", byDefault(micro)), (total) => Math.max(1, Math.floor(total / micro)));
}

/**
 * `bf16: auto` (the default) means bfloat16 where the GPU has it: weights loaded in bfloat16 and autocast on.
 * `bfloat16` and `float16` hold the weights in that type without autocast.
 */
function readPrecision(keys: Keys): Precision {
  const float32 = byDefault<Dtype>("float32", "PEFT's default");
  const [weights, autocast] = readTypes(keys);
  return { trained: weights, frozen: weights, adapters: float32, quantizedAdapters: float32, autocast };
}

function readTypes(keys: Keys): readonly [weights: Sourced<Dtype>, autocast: Sourced<Dtype | null>] {
  for (const [key, type] of [
    ["bfloat16", "bfloat16"],
    ["float16", "float16"],
  ] as const) {
    const pure = keys.flag(key, byDefault(false));
    if (pure.value) return [mapped(pure, () => type), mapped(pure, () => null)];
  }
  const half = keys.flag("fp16", byDefault(false));
  if (half.value) return [mapped(half, () => "float16"), mapped(half, () => "float16")];
  const text = keys.text("bf16", byDefault("auto"));
  const on =
    text.value === "auto" || text.value === "full" ? mapped(text, () => true) : keys.flag("bf16", byDefault(true));
  return [
    mapped(on, (brain) => (brain ? "bfloat16" : "float32")),
    mapped(on, (brain) => (brain && text.value !== "full" ? "bfloat16" : null)),
  ];
}

/** `true`, or one of the offloading variants, which checkpoint too. */
function readCheckpointing(keys: Keys): Sourced<boolean> {
  const text = keys.text("gradient_checkpointing", byDefault("false"));
  if (/^(?:offload|offload_disk|unsloth)$/.test(text.value ?? "")) return mapped(text, () => true);
  return keys.flag("gradient_checkpointing", byDefault(false));
}

function readAttention(keys: Keys): Sourced<ReturnType<typeof attentionFrom>> {
  for (const [key, kind] of [
    ["flash_attention", "flash"],
    ["sdp_attention", "sdpa"],
    ["eager_attention", "eager"],
  ] as const) {
    const flag = keys.flag(key, byDefault(false));
    if (flag.value) return mapped(flag, () => kind);
  }
  return mapped(keys.text("attn_implementation", byDefault("sdpa")), attentionFrom);
}

/** Liger's fused linear cross-entropy and Cut Cross-Entropy never hold the logits of all tokens. */
function readLoss(keys: Keys): TrainingPlan["loss"] {
  const liger = keys.flag("liger_fused_linear_cross_entropy", byDefault(false));
  if (liger.value) return mapped(liger, () => "chunked");
  const plugins = keys.words("plugins", byDefault([])).value ?? [];
  const cut = plugins.some((name) => name.endsWith("CutCrossEntropyPlugin"));
  const cutCrossEntropy = keys.flag("cut_cross_entropy", byDefault(cut));
  return mapped(cutCrossEntropy, (on) => (on ? "chunked" : "materialised"));
}
