import type { LoraTargets } from "../plan/lora.ts";
import type {
  DataSource,
  Dtype,
  LoraPlan,
  Method,
  Precision,
  Quantization,
  Stage,
  TrainingPlan,
} from "../plan/plan.ts";
import { assumed, byDefault, mapped, type Sourced } from "../plan/sourced.ts";
import { entryAt } from "../text/document.ts";
import { namedSources } from "./data.ts";
import type { Dialect } from "./dialect.ts";
import type { LinkedFiles } from "./links.ts";
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

// Keys and defaults: hiyouga/LLaMA-Factory at ff6d4d12eeb0, src/llamafactory/hparams/*.py, model/adapter.py.

const vocabulary = {
  ...trainingArguments,
  model_name_or_path: { holds: "model", about: "Hugging Face id or path of the model to train" },
  adapter_name_or_path: { about: "Adapters to start from" },
  trust_remote_code: { about: "Run the model's own code", default: false },
  stage: { about: "What is trained for", default: "sft", values: ["pt", "sft", "rm", "ppo", "dpo", "kto"] },
  do_train: { about: "Train", default: false },
  finetuning_type: { about: "Which weights are trained", default: "lora", values: ["lora", "oft", "freeze", "full"] },
  lora_rank: { about: "Rank of the LoRA matrices", default: 8 },
  lora_alpha: { about: "LoRA's scale is alpha / rank; twice the rank by default" },
  lora_dropout: { about: "Dropout in front of the adapters", default: 0 },
  lora_target: { holds: "modules", about: "Modules to adapt, or all", default: "all" },
  additional_target: { about: "Modules to train in full beside the adapters", default: "" },
  use_rslora: { about: "Scale by alpha / √rank", default: false },
  use_dora: { about: "DoRA: adapt direction and magnitude apart", default: false },
  pissa_init: { about: "Start the adapters from principal components (PiSSA)", default: false },
  loraplus_lr_ratio: { about: "LoRA+: rate of B over rate of A" },
  freeze_trainable_layers: {
    about: "Layers that freeze-tuning trains, the last ones; negative: the first",
    default: 2,
  },
  quantization_bit: { about: "Bits of the frozen weights", values: ["4", "8"] },
  quantization_method: { about: "How to quantise", default: "bnb", values: ["bnb", "hqq", "eetq"] },
  double_quantization: { about: "Quantise the scales too", default: true },
  upcast_layernorm: { about: "Norm weights in float32", default: false },
  dataset: { about: "Names in dataset_info.json, with commas between them", default: "" },
  dataset_dir: { about: "Folder of dataset_info.json and the data files", default: "data" },
  template: { about: "Chat template" },
  cutoff_len: { about: "Longest sequence in tokens", default: 2048 },
  max_samples: { about: "No more samples than these from each data set" },
  val_size: { about: "Share (or number) of samples held out for evaluation", default: 0 },
  packing: { about: "Join short samples into full sequences; on in pretraining" },
  neat_packing: { about: "Pack without attention across samples", default: false },
  pure_bf16: { about: "Train weights and optimizer in bfloat16, without autocast", default: false },
  disable_gradient_checkpointing: { about: "Keep activations instead of recomputing them", default: false },
  flash_attn: { about: "Attention kernel", default: "auto", values: ["auto", "disabled", "sdpa", "fa2", "fa3"] },
  enable_liger_kernel: { about: "Liger's fused kernels, the fused linear cross-entropy among them", default: false },
  use_unsloth: { about: "Train with Unsloth", default: false },
  use_galore: { about: "Project the gradients (GaLore)", default: false },
  use_apollo: { about: "Project the gradients at random (APOLLO)", default: false },
  use_badam: { about: "Train block after block (BAdam)", default: false },
  pref_beta: { about: "Beta of the preference loss", default: 0.1 },
  pref_loss: {
    about: "Preference loss",
    default: "sigmoid",
    values: ["sigmoid", "hinge", "ipo", "kto_pair", "orpo", "simpo"],
  },
  plot_loss: { about: "Draw the loss after training", default: false },
  overwrite_cache: { about: "Tokenise again", default: false },
  ddp_timeout: { about: "Seconds until a silent rank is given up", default: 180_000_000 },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** LLaMA-Factory: a flat YAML or JSON file, Hugging Face's TrainingArguments beneath its own keys. */
export const llamaFactory: Dialect = {
  id: "llamafactory",
  label: "LLaMA-Factory",
  telltales: ["finetuning_type", "cutoff_len", "model_name_or_path"],
  vocabulary,
  detect(document) {
    const { entries } = document.root;
    const ours = entries.has("finetuning_type") || entries.has("cutoff_len");
    if (!ours && !(entries.has("stage") && entries.has("model_name_or_path"))) return 0;
    const trains = ["do_train", "learning_rate", "per_device_train_batch_size", "num_train_epochs"];
    return trains.some((key) => entries.has(key)) ? 1 : 0;
  },
  links: shardingLinks,
  read(document, { versions, linked }) {
    const keys = reader(document, vocabulary);
    const quantization = readQuantization(keys);
    const method = readMethod(keys, quantization);
    const plan = {
      stage: readStage(keys),
      model: { id: keys.text("model_name_or_path"), shape: null },
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys) : null,
      quantization,
      optimizer: readOptimizer(keys, versions),
      learningRate: {
        peak: keys.number("learning_rate"),
        scheduler: keys.text("lr_scheduler_type"),
        family: "huggingface",
        schedulerArguments: readSchedulerArguments(keys),
        warmup: readWarmup(keys, versions),
      },
      duration: readDuration(keys),
      batch: readBatch(keys),
      sequenceLength: keys.number("cutoff_len"),
      packing: keys.flag("packing", byDefault(keys.text("stage").value === "pt")),
      data: {
        ...readData(keys, registeredSources(keys, linked)),
        validation: keys.number("val_size"),
      },
      precision: readPrecision(keys),
      gradientCheckpointing: mapped(keys.flag("disable_gradient_checkpointing"), (off) => !off),
      attention: mapped(keys.text("flash_attn"), attentionFrom),
      loss: mapped(keys.flag("enable_liger_kernel"), (on) => (on ? "chunked" : "materialised")),
      parallelism: dataParallel(
        assumed(1, "LLaMA-Factory takes the number of GPUs from the launcher"),
        readSplit(document, linked),
      ),
    } satisfies TrainingPlan;
    return throughDeepspeed(plan, document, linked);
  },
  keys: {
    ...trainingArgumentKeys,
    gradientCheckpointing: "disable_gradient_checkpointing",
    sequenceLength: "cutoff_len",
    loraRank: "lora_rank",
  },
  write(document, change) {
    const { gradientCheckpointing, ...others } = change;
    const own = gradientCheckpointing === undefined ? {} : { gradientCheckpointing: !gradientCheckpointing };
    return writeKeys(document, llamaFactory.keys, { ...others, ...own });
  },
};

/** The data sets with the files that `dataset_info.json` in `dataset_dir` gives for their names. */
function registeredSources(keys: Keys, linked: LinkedFiles): readonly DataSource[] {
  const folder = keys.text("dataset_dir").value ?? "data";
  const registry = linked.get(`${folder}/dataset_info.json`)?.document.root;
  const limit = keys.number("max_samples").value ?? null;
  return namedSources(keys.words("dataset"), limit).map((source) => {
    const file = registry && entryAt(registry, `${source.name.value}.file_name`)?.value;
    return file?.kind === "scalar" ? { ...source, file: `${folder}/${file.value}` } : source;
  });
}

const stages: ReadonlyMap<string, Stage> = new Map([
  ["pt", "continued-pretrain"],
  ["sft", "sft"],
  ["rm", "reward"],
  ["ppo", "ppo"],
  ["dpo", "dpo"],
  ["kto", "kto"],
]);

/** The stage `dpo` trains with ORPO's and SimPO's losses too, which know no reference model. */
function readStage(keys: Keys): Sourced<Stage> {
  const loss = keys.text("pref_loss").value;
  return mapped(keys.text("stage"), (name) => {
    if (name === "dpo" && (loss === "orpo" || loss === "simpo")) return loss;
    return stages.get(name) ?? "sft";
  });
}

function readMethod(keys: Keys, quantization: Quantization | null): Sourced<Method> {
  return mapped(keys.text("finetuning_type"), (type): Method => {
    if (type === "full" || type === "freeze") return type;
    if (type !== "lora") return "adapter";
    return quantization ? "qlora" : "lora";
  });
}

function readQuantization(keys: Keys): Quantization | null {
  if (!keys.has("quantization_bit")) return null;
  return {
    bits: keys.number("quantization_bit"),
    doubleQuantization: keys.flag("double_quantization"),
    float32Norms: keys.flag("upcast_layernorm"),
  };
}

function readLora(keys: Keys): LoraPlan {
  const rank = keys.number("lora_rank");
  const twice = rank.origin === "unknown" ? rank : byDefault(2 * rank.value, "twice the rank");
  return {
    rank,
    alpha: keys.number("lora_alpha", twice),
    dropout: keys.number("lora_dropout"),
    targets: mapped(
      keys.words("lora_target"),
      (names): LoraTargets => (names.length === 1 && names[0] === "all" ? { kind: "all" } : { kind: "names", names }),
    ),
    modulesToSave: keys.words("additional_target"),
    rsLora: keys.flag("use_rslora"),
    dora: keys.flag("use_dora"),
  };
}

/** Trained weights are cast to float32 unless `pure_bf16` is set; frozen ones stay in the compute type. */
function readPrecision(keys: Keys): Precision {
  const pure = keys.flag("pure_bf16");
  if (pure.value) {
    const bfloat16 = mapped(pure, (): Dtype => "bfloat16");
    const autocast = mapped(pure, () => null);
    return { trained: bfloat16, frozen: bfloat16, adapters: bfloat16, quantizedAdapters: bfloat16, autocast };
  }
  const float32 = byDefault<Dtype>("float32", "LLaMA-Factory trains in float32 unless pure_bf16 is set");
  const brain = keys.flag("bf16");
  const half = keys.flag("fp16");
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
