import { t } from "../language.ts";
import type { Dtype, Method, TrainingPlan } from "../plan/plan.ts";
import { assumed, byDefault, derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { ConfigDocument, MapNode } from "../text/document.ts";
import { namedSources, unknownData } from "./data.ts";
import type { Dialect, PlanChange } from "./dialect.ts";
import { glmDemoFormerKeys } from "./formerKeys.ts";
import { kernelsIf } from "./kernels.ts";
import { peftLora } from "./lora.ts";
import { autocastFlagged } from "./precision.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel } from "./sharding.ts";
import { shardingLinks, trainerSplit } from "./trainerSplit.ts";
import {
  readBatch,
  readDuration,
  readIntervals,
  readOptimizer,
  readSchedulerArguments,
  readWarmup,
  trainingArguments,
} from "./trainingArguments.ts";
import type { KeyFacts, Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: THUDM/ChatGLM3 at 732294f42e26, finetune_demo/finetune_hf.py; THUDM/GLM-4 at 3f79b543647b,
// finetune/finetune.py; peft 0.17, tuners/lora/config.py.

const own = {
  data_config: { about: "Training data" },
  "data_config.train_file": { about: "Training data: a file in the folder that the command line names" },
  "data_config.val_file": { about: "Evaluation data" },
  "data_config.test_file": { about: "Data that the trained model answers at the end" },
  "data_config.num_proc": { about: "Processes that tokenise" },
  max_input_length: { about: "Longest prompt in tokens; with the answer the longest sequence" },
  max_output_length: { about: "Longest answer in tokens" },
  combine: { about: "GLM-4: tokenise a conversation as a whole" },
  freezeV: { about: "GLM-4: freeze the vision tower" },
  swanlab: { about: "GLM-4: log to SwanLab" },
  training_args: { about: "transformers' Seq2SeqTrainingArguments" },
  "training_args.use_cpu": { about: "Train without a GPU", default: false },
  "training_args.predict_with_generate": { about: "Generate in evaluation", default: false },
  "training_args.generation_config": { about: "How to generate in evaluation" },
  peft_config: { about: "PEFT's configuration; every weight is trained without it" },
  "peft_config.peft_type": { about: "Kind of adapter", values: ["LORA", "PREFIX_TUNING"] },
  "peft_config.task_type": { about: "What the model is for", values: ["CAUSAL_LM"] },
  "peft_config.r": { about: "Rank of the LoRA matrices", default: 8 },
  "peft_config.lora_alpha": { about: "LoRA's scale is alpha / rank", default: 8 },
  "peft_config.lora_dropout": { about: "Dropout in front of the adapters", default: 0 },
  "peft_config.target_modules": { holds: "modules", about: "Modules to adapt; PEFT's choice for the model without it" },
  "peft_config.layers_to_transform": { about: "Numbers of the layers to adapt; all without it" },
  "peft_config.modules_to_save": { about: "Modules to train in full beside the adapters", default: "" },
  "peft_config.use_rslora": { about: "Scale by alpha / √rank", default: false },
  "peft_config.use_dora": { about: "DoRA: adapt direction and magnitude apart", default: false },
  "peft_config.num_virtual_tokens": { about: "Length of the prefix (PREFIX_TUNING)" },
} as const satisfies Vocabulary;

const vocabulary = {
  ...own,
  ...Object.fromEntries(
    Object.entries<KeyFacts>(trainingArguments).map(([key, facts]) => [`training_args.${key}`, facts]),
  ),
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof own>;

/** The fine-tuning demos of ChatGLM3 and GLM-4: TrainingArguments in a mapping of their own. */
export const glmDemo: Dialect = {
  id: "glm-demo",
  label: "ChatGLM3 / GLM-4 fine-tuning demo",
  telltales: ["training_args"],
  vocabulary,
  // ruamel.yaml's, of YAML 1.2.
  loader: { refusesRepeatedKeys: true },
  detect({ root: { entries } }) {
    if (entries.get("training_args")?.value.kind !== "map") return 0;
    if (entries.has("data_config") || entries.has("max_input_length")) return 1;
    return entries.has("peft_config") ? 0.8 : 0;
  },
  formerKeys: glmDemoFormerKeys,
  links: (document) => shardingLinks(trainingDocument(document)),
  read(document, { versions, linked }) {
    const keys: Keys = reader(document, own);
    const training = trainingDocument(document);
    const args = reader(training, trainingArguments);
    const method = readMethod(keys);
    const chatGlm = isChatGlm(document.root);
    return {
      stage: byDefault("sft"),
      model: { id: unknown(t`the command line names the model`), shape: null },
      method,
      lora: method.value === "lora" ? peftLora(keys, "peft_config") : null,
      quantization: null,
      optimizer: readOptimizer(args, versions),
      learningRate: {
        peak: args.number("learning_rate"),
        scheduler: args.text("lr_scheduler_type"),
        family: "huggingface",
        schedulerArguments: readSchedulerArguments(args),
        warmup: readWarmup(args, versions),
      },
      duration: readDuration(args),
      ...readIntervals(args),
      batch: readBatch(args),
      sequenceLength: derived(
        keys.number("max_input_length"),
        keys.number("max_output_length"),
        "max_input_length + max_output_length + 1",
        (prompt, answer) => prompt + answer + 1,
      ),
      packing: byDefault(false),
      data: {
        ...unknownData,
        sources: namedSources(keys.words("data_config.train_file")),
        validation: byDefault(0, t`a file of its own, if any`),
        dropLast: args.flag("dataloader_drop_last"),
      },
      precision: readPrecision(chatGlm, args.flag("bf16"), args.flag("fp16")),
      gradientCheckpointing: chatGlm
        ? byDefault(true, t`ChatGLM3's finetune_hf.py turns it on`)
        : args.flag("gradient_checkpointing"),
      attention: byDefault("sdpa"),
      loss: mapped(args.flag("use_liger_kernel"), (on) => (on ? "fused" : "materialised")),
      ...kernelsIf(args.flag("use_liger_kernel"), args.flag("torch_compile")),
      parallelism: dataParallel(assumed(1, t`the launcher decides the number of GPUs`), trainerSplit(training, linked)),
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "training_args.learning_rate",
    microBatch: "training_args.per_device_train_batch_size",
    accumulation: "training_args.gradient_accumulation_steps",
    evaluationBatch: "training_args.per_device_eval_batch_size",
    sequenceLength: "max_input_length",
    gradientCheckpointing: "training_args.gradient_checkpointing",
    epochs: "training_args.num_train_epochs",
    warmupSteps: "training_args.warmup_steps",
    warmupRatio: "training_args.warmup_ratio",
    scheduler: "training_args.lr_scheduler_type",
    schedulerSettings: "training_args.lr_scheduler_kwargs.*",
    optimizer: "training_args.optim",
    loraRank: "peft_config.r",
  },
  write(document, change) {
    return writeKeys(document, glmDemo.keys, promptChange(reader(document, own), change));
  },
};

/** The answer keeps its length; what is left is the prompt's. */
function promptChange(keys: Keys, change: PlanChange): PlanChange {
  const answer = keys.number("max_output_length").value;
  if (change.sequenceLength === undefined || answer === undefined) return change;
  return { ...change, sequenceLength: Math.max(1, change.sequenceLength - answer - 1) };
}

/** The file as if the mapping `training_args` were all of it. */
function trainingDocument(document: ConfigDocument): ConfigDocument {
  const root = document.root.entries.get("training_args")?.value;
  return root?.kind === "map" ? { ...document, root } : document;
}

/** GLM-4's demo requires `combine` and `freezeV`, which ChatGLM3's does not know. */
function isChatGlm({ entries }: MapNode): boolean {
  return !entries.has("combine") && !entries.has("freezeV");
}

function readMethod(keys: Keys): Sourced<Method> {
  if (!keys.has("peft_config")) return byDefault("full", t`no peft_config`);
  return mapped(keys.text("peft_config.peft_type"), (type) => (/^lora$/i.test(type) ? "lora" : "adapter"));
}

/** ChatGLM3 casts what it trains to float32 and keeps the rest in float16; GLM-4 holds everything in bfloat16. */
function readPrecision(chatGlm: boolean, brain: Sourced<boolean>, half: Sourced<boolean>): TrainingPlan["precision"] {
  const float32 = byDefault<Dtype>("float32", chatGlm ? t`finetune_hf.py casts what it trains` : t`PEFT's default`);
  const bfloat16 = byDefault<Dtype>("bfloat16", t`finetune.py loads the weights so`);
  return {
    trained: chatGlm ? float32 : bfloat16,
    frozen: chatGlm ? assumed("float16", t`the checkpoint's own type`) : bfloat16,
    adapters: float32,
    quantizedAdapters: float32,
    autocast: autocastFlagged(brain, half),
  };
}
