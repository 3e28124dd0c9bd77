import { t } from "../language.ts";
import type { LoraTargets } from "../plan/lora.ts";
import type { Dtype, LoraPlan, Method, Stage, TrainingPlan } from "../plan/plan.ts";
import { byDefault, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { ConfigDocument } from "../text/document.ts";
import type { Dialect } from "./dialect.ts";
import { peftLayersAt } from "./lora.ts";
import { type Reader, reader } from "./reader.ts";
import { unknownPlan } from "./unknownPlan.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: huggingface/peft at 5d602fdbff04, src/peft/config.py, src/peft/tuners/lora/config.py.

const vocabulary = {
  peft_type: {
    about: "Kind of adapter",
    values: ["LORA", "ADALORA", "IA3", "LOHA", "LOKR", "OFT", "BOFT", "VERA", "PREFIX_TUNING", "PROMPT_TUNING"],
  },
  base_model_name_or_path: {
    about: "Hugging Face id or path of the model under the adapter",
    note: t`base_model_name_or_path is empty; the training script names the model`,
  },
  revision: { about: "Revision of the model" },
  task_type: {
    about: "What the model is for",
    note: t`task_type does not name a task; the training script decides it`,
    values: ["CAUSAL_LM", "SEQ_CLS", "SEQ_2_SEQ_LM", "TOKEN_CLS", "QUESTION_ANS", "FEATURE_EXTRACTION"],
  },
  inference_mode: { about: "Load the adapter without training it", default: false },
  r: { about: "Rank of the LoRA matrices", default: 8 },
  lora_alpha: { about: "LoRA's scale is alpha / rank", default: 8 },
  lora_dropout: { about: "Dropout in front of the adapters", default: 0 },
  target_modules: {
    about: "Modules to adapt: names, a regular expression, or all-linear; PEFT's choice for the model when empty",
  },
  target_parameters: { about: "Parameters to adapt, such as fused experts" },
  exclude_modules: { about: "Modules to leave out" },
  modules_to_save: { about: "Modules to train in full beside the adapters", default: "" },
  bias: { about: "Which biases are trained", default: "none", values: ["none", "all", "lora_only"] },
  use_rslora: { about: "Scale by alpha / √rank", default: false },
  use_dora: { about: "DoRA: adapt direction and magnitude apart", default: false },
  init_lora_weights: {
    about: "How the matrices start",
    default: true,
    values: ["true", "false", "gaussian", "pissa", "olora", "eva", "corda", "loftq", "orthogonal"],
  },
  rank_pattern: { about: "Ranks of single modules that differ from r" },
  alpha_pattern: { about: "Alphas of single modules that differ from lora_alpha" },
  layers_to_transform: { about: "Numbers of the layers to adapt; all when empty" },
  layers_pattern: { about: "Name of the list of layers, for layers_to_transform" },
  layer_replication: { about: "Ranges of layers to repeat" },
  fan_in_fan_out: { about: "Weights are stored transposed, as GPT-2's", default: false },
  lora_bias: { about: "A bias in the second matrix", default: false },
  trainable_token_indices: { about: "Tokens whose embeddings are trained" },
  ensure_weight_tying: { about: "Keep embeddings and output layer tied", default: false },
  loftq_config: { about: "Settings of LoftQ" },
  eva_config: { about: "Settings of EVA" },
  corda_config: { about: "Settings of CorDA" },
  megatron_config: { about: "Configuration of Megatron's parallel layers" },
  megatron_core: { about: "Megatron's module", default: "megatron.core" },
  auto_mapping: { about: "Classes of the base model" },
  peft_version: { about: "PEFT that wrote the file" },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** PEFT's adapter_config.json: the adapter alone, beside its weights or as the start of a training script. */
export const peftAdapter: Dialect = {
  id: "peft-adapter",
  label: "PEFT adapter",
  telltales: ["peft_type"],
  vocabulary,
  detect({ root: { entries } }) {
    const arguments_ = ["learning_rate", "per_device_train_batch_size", "training_args", "model_name_or_path"];
    return entries.get("peft_type")?.value.kind === "scalar" && !arguments_.some((key) => entries.has(key)) ? 1 : 0;
  },
  read(document) {
    const keys = reader(document, vocabulary);
    const nothing = unknownPlan(t`set by the training script, not by the adapter's configuration`);
    const method = mapped(
      keys.text("peft_type"),
      (type): Method => (type.toUpperCase() === "LORA" ? "lora" : "adapter"),
    );
    const float32 = byDefault<Dtype>(
      "float32",
      t`PEFT casts adapters to float32 unless autocast_adapter_dtype is false`,
    );
    return {
      ...nothing,
      stage: readStage(keys),
      model: { id: keys.text("base_model_name_or_path"), shape: null },
      method,
      lora: method.value === "lora" ? readLora(keys, document) : null,
      precision: { ...nothing.precision, adapters: float32, quantizedAdapters: float32 },
    } satisfies TrainingPlan;
  },
  keys: { loraRank: "r" },
  write: (document, change) => writeKeys(document, peftAdapter.keys, change),
};

/** A language model's adapter may be trained in any way; only classification shows. */
function readStage(keys: Keys): Sourced<Stage> {
  const task = keys.text("task_type");
  if (task.value === "SEQ_CLS" || task.value === "TOKEN_CLS") return mapped(task, () => "classify");
  return unknown(t`the training script decides what is trained for`, keys.place("task_type"));
}

function readLora(keys: Keys, document: ConfigDocument): LoraPlan {
  return {
    rank: keys.number("r"),
    alpha: keys.number("lora_alpha"),
    dropout: keys.number("lora_dropout"),
    targets: readTargets(keys, document),
    ...peftLayersAt(keys, "layers_to_transform"),
    modulesToSave: keys.words("modules_to_save"),
    rsLora: keys.flag("use_rslora"),
    dora: keys.flag("use_dora"),
  };
}

/** A list names the ends of modules' names; a single text is a regular expression for the whole name. */
function readTargets(keys: Keys, { root }: ConfigDocument): Sourced<LoraTargets> {
  if (!keys.has("target_modules")) return byDefault({ kind: "default" }, t`PEFT's choice for the model`);
  if (root.entries.get("target_modules")?.value.kind === "list")
    return mapped(keys.words("target_modules"), (names) => ({ kind: "names", names }));
  return mapped(keys.text("target_modules"), (pattern) =>
    /^all-linear$/i.test(pattern) ? { kind: "all" } : { kind: "pattern", pattern },
  );
}
