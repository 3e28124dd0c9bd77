import { t } from "../language.ts";
import { atEnd, every, type Interval, never } from "../plan/interval.ts";
import type {
  Argument,
  DataSource,
  Dtype,
  LoraPlan,
  Method,
  Quantization,
  SchedulerArguments,
  Stage,
  TrainingPlan,
} from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { assumed, byDefault, type Known, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import type { ConfigDocument } from "../text/document.ts";
import { namedSources, unknownData } from "./data.ts";
import type { Dialect } from "./dialect.ts";
import { stepLimit } from "./duration.ts";
import { kernelsIf } from "./kernels.ts";
import { inPlaceOf } from "./levers.ts";
import { plainLora } from "./lora.ts";
import { peftType, precisionOf } from "./precision.ts";
import { preferenceOf } from "./preference.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel, optimizerOffload, type Split, zeroDefaults, zeroSharding } from "./sharding.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: allenai/open-instruct at e6c3044aa620, open_instruct/finetune.py, dpo_utils.py.

const vocabulary = {
  model_name_or_path: { holds: "model", about: "Hugging Face id or path of the model to train" },
  model_revision: { about: "Revision of the model" },
  tokenizer_name: { about: "Tokenizer; that of the model without it", aliases: ["tokenizer_name_or_path"] },
  use_slow_tokenizer: { about: "Use the slow tokenizer", default: false },
  use_flash_attn: { about: "Use flash attention; plain attention without it", default: true },
  dataset_name: { about: "Training data: a Hub id" },
  dataset_mixer: { about: "Training data: names, each with a share (1.0) or a number of samples" },
  dataset_mixer_list: { about: "Training data: names and shares (or numbers) by turns", aliases: ["mixer_list"] },
  dataset_mix_dir: { about: "Folder for the mixed data" },
  train_file: { about: "Training data: a local file" },
  max_train_samples: { about: "No more samples than these, for trying out" },
  preprocessing_num_workers: { about: "Processes that tokenise" },
  max_seq_length: {
    about: "Longest sequence in tokens",
    note: t`max_seq_length is not set; the tokenizer's maximum holds`,
  },
  packing: { about: "Put all sequences of a batch in a row instead of padding them", default: false },
  add_bos: { about: "Put a beginning-of-sequence token in front", default: false },
  learning_rate: { about: "Peak learning rate", default: 2e-5 },
  lr_scheduler_type: {
    about: "Course of the learning rate after the warmup",
    default: "linear",
    values: ["linear", "cosine", "cosine_with_restarts", "polynomial", "constant", "constant_with_warmup"],
  },
  warmup_ratio: { about: "Share of all updates that warm up", default: 0.03 },
  final_lr_ratio: { about: "Learning rate at the end as a share of the peak; linear only" },
  num_train_epochs: { about: "Passes over the training data; num_epochs in DPO", default: 2, aliases: ["num_epochs"] },
  max_train_steps: { about: "Optimizer updates; they override the epochs" },
  per_device_train_batch_size: { about: "Sequences per GPU in one forward pass", default: 8 },
  gradient_accumulation_steps: { about: "Forward passes per optimizer update", default: 1 },
  gradient_checkpointing: {
    about: "Recompute activations in the backward pass; without effect for LoRA on unquantised weights",
    default: false,
  },
  weight_decay: { about: "Decoupled weight decay", default: 0 },
  clip_grad_norm: {
    about: "Norm to which gradients are clipped; negative for never",
    default: -1,
    aliases: ["max_grad_norm"],
  },
  fused_optimizer: { about: "Use torch's fused AdamW", default: true },
  use_8bit_optimizer: { about: "8-bit states for the paged optimizer of QLoRA", default: false },
  dpo_use_paged_optimizer: { about: "Paged optimizer in DPO", default: false },
  use_lora: { about: "Train LoRA adapters", default: false },
  use_qlora: { about: "Load the weights in 4 bits; needs use_lora", default: false },
  lora_rank: { about: "Rank of the LoRA matrices", default: 64 },
  lora_alpha: { about: "LoRA's scale is alpha / rank", default: 16 },
  lora_dropout: { about: "Dropout in front of the adapters", default: 0.1 },
  use_liger_kernel: { about: "Liger's fused kernels, the fused linear cross-entropy among them", default: false },
  reduce_loss: { about: "How to reduce the loss over tokens", default: "mean", values: ["mean", "sum"] },
  load_balancing_loss: { about: "Add the load-balancing loss of experts", default: false },
  loss_type: {
    about: "Preference loss (DPO)",
    default: "dpo_norm",
    values: ["dpo", "dpo_norm", "simpo", "wpo"],
    aliases: ["dpo_loss_type"],
  },
  beta: {
    about: "Weight of the distance to the reference model (DPO); 5 is usual with dpo_norm",
    default: 5,
    aliases: ["dpo_beta"],
  },
  gamma_beta_ratio: { about: "SimPO's margin over beta", default: 0.3 },
  label_smoothing: { about: "Label smoothing (DPO)", default: 0 },
  concatenated_forward: { about: "Chosen and rejected answers in one forward pass (DPO)", default: true },
  zero_stage: { about: "DeepSpeed's ZeRO stage (DPO); accelerate's configuration decides without it" },
  offload_optimizer: { about: "With zero_stage: keep optimizer states in the host's memory", default: false },
  zero_hpz_partition_size: { about: "With zero_stage 3: GPUs that share a second copy of the weights", default: 8 },
  offload_param: { about: "With zero_stage 3: keep parameters in the host's memory", default: false },
  sequence_parallel_size: {
    about: "GPUs that share each sequence",
    default: 1,
    aliases: ["context_parallel_degree"],
  },
  tensor_parallel_degree: { about: "GPUs that share each matrix (DPO with OLMo-core)", default: 1 },
  pipeline_parallel_degree: { about: "GPUs that share the layers (DPO with OLMo-core)", default: 1 },
  output_dir: { about: "Folder of checkpoints" },
  checkpointing_steps: { about: "Updates between two checkpoints, or epoch" },
  keep_last_n_checkpoints: { about: "Checkpoints to keep", default: 3 },
  logging_steps: { about: "Updates between two log lines" },
  with_tracking: { about: "Log to Weights & Biases", default: false },
  report_to: { about: "Where to log", default: "all" },
  seed: { about: "Random seed", default: 42 },
  hf_metadata_dataset: { about: "Data set that results are written to" },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** open-instruct's supervised fine-tuning and DPO: flat YAML files, GPUs and ZeRO in accelerate's own configuration. */
export const openInstruct: Dialect = {
  id: "open-instruct",
  label: "open-instruct",
  telltales: [
    "dataset_mixer_list",
    "dataset_mix_dir",
    "max_train_steps",
    "checkpointing_steps",
    "with_tracking",
    "use_slow_tokenizer",
    "use_lora",
  ],
  vocabulary,
  // HfArgumentParser's parse_yaml_file; the launcher makes a command line of the file instead, which converts texts.
  loader: {
    textNumbers: [
      {
        keys: /^(?:learning_rate|weight_decay|warmup_ratio|lora_dropout|beta|clip_grad_norm)$/,
        written: ["in quotes", "with exponents"],
        stops: "likely",
      },
    ],
  },
  detect({ root: { entries } }) {
    if (!entries.has("model_name_or_path") || !openInstruct.telltales.some((key) => entries.has(key))) return 0;
    return ["learning_rate", "per_device_train_batch_size", "lora_rank"].some((key) => entries.has(key)) ? 1 : 0;
  },
  read(document, { versions }) {
    const keys = reader(document, vocabulary);
    const stage = readStage(keys, document);
    const adapts = keys.flag("use_lora").value ?? false;
    return {
      stage,
      model: { id: keys.text("model_name_or_path"), shape: null },
      method: readMethod(keys),
      lora: adapts ? readLora(keys) : null,
      quantization: readQuantization(keys, adapts),
      optimizer: {
        name: readOptimizer(keys),
        weightDecay: keys.number("weight_decay"),
        beta2: byDefault(0.999, t`torch's default`),
        maxGradNorm: mapped(keys.number("clip_grad_norm"), (norm) => Math.max(0, norm)),
      },
      learningRate: {
        peak: keys.number("learning_rate"),
        scheduler: keys.text("lr_scheduler_type"),
        family: "open-instruct",
        schedulerArguments: readSchedulerArguments(keys),
        warmup: mapped(keys.number("warmup_ratio"), (ratio) => ({ ratio, rounding: "down" })),
      },
      duration: {
        epochs: keys.number("num_train_epochs"),
        maxSteps: stepLimit(keys, "max_train_steps"),
        maxTokens: byDefault(null),
      },
      evaluationInterval: byDefault(never, t`open-instruct does not evaluate while it trains`),
      saveInterval: readSaves(keys),
      batch: {
        micro: keys.number("per_device_train_batch_size"),
        accumulation: keys.number("gradient_accumulation_steps"),
        global: null,
        evaluation: unknown(t`open-instruct does not evaluate while it trains`),
      },
      sequenceLength: keys.number("max_seq_length"),
      packing: keys.flag("packing"),
      data: {
        ...unknownData,
        sources: readSources(keys, document),
      },
      precision: readPrecision(keys, versions),
      gradientCheckpointing:
        adapts && !keys.flag("use_qlora").value
          ? byDefault(false, t`LoRA on unquantised weights trains without it`)
          : keys.flag("gradient_checkpointing"),
      attention: mapped(keys.flag("use_flash_attn"), (flash) => (flash ? "flash" : "eager")),
      loss: readLoss(keys, stage),
      referenceModel: byDefault(false, t`its log-probabilities are computed before training`),
      ...preferenceOf(
        stage.value,
        keys.number("beta"),
        mapped(keys.text("loss_type"), (loss) => loss === "dpo_norm"),
      ),
      ...kernelsIf(keys.flag("use_liger_kernel")),
      parallelism: {
        ...dataParallel(assumed(1, t`accelerate's configuration decides the number of GPUs`), readSplit(keys)),
        tensor: keys.number("tensor_parallel_degree"),
        pipeline: keys.number("pipeline_parallel_degree"),
        context: keys.number("sequence_parallel_size"),
      },
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "learning_rate",
    microBatch: "per_device_train_batch_size",
    accumulation: "gradient_accumulation_steps",
    sequenceLength: "max_seq_length",
    gradientCheckpointing: "gradient_checkpointing",
    epochs: "num_train_epochs",
    warmupRatio: "warmup_ratio",
    scheduler: "lr_scheduler_type",
    schedulerSettings: "*",
    loraRank: "lora_rank",
  },
  levers: {
    ligerLoss: [{ set: { use_liger_kernel: true } }],
    flashAttention: [{ set: { use_flash_attn: true } }],
    zero2: [{ set: { zero_stage: inPlaceOf(/^[01]$/, 2) } }],
    zero3: [{ set: { zero_stage: inPlaceOf(/^[0-2]$/, 3) } }],
    offloadOptimizer: [{ set: { zero_stage: inPlaceOf(/^2$/, 2), offload_optimizer: true } }],
    full: [{ set: { use_lora: false, use_qlora: false } }],
    lora: [{ set: { use_lora: true, use_qlora: false } }],
    qlora: [{ set: { use_lora: true, use_qlora: true } }],
  },
  write(document, change) {
    const keys = isPreference(document) ? { ...openInstruct.keys, epochs: "num_epochs" } : openInstruct.keys;
    return writeKeys(document, keys, change);
  },
};

/** Keys that only the preference script has. */
const preferenceKeys = [
  "num_epochs",
  "beta",
  "dpo_beta",
  "loss_type",
  "dpo_loss_type",
  "gamma_beta_ratio",
  "dpo_use_paged_optimizer",
  "concatenated_forward",
];

function isPreference({ root: { entries } }: ConfigDocument): boolean {
  return preferenceKeys.some((key) => entries.has(key));
}

function readStage(keys: Keys, document: ConfigDocument): Sourced<Stage> {
  if (!isPreference(document)) return byDefault("sft");
  return mapped(keys.text("loss_type"), (loss) => (loss === "simpo" ? "simpo" : "dpo"));
}

/** `use_qlora` without `use_lora` adds no adapters. */
function readMethod(keys: Keys): Sourced<Method> {
  const quantized = keys.flag("use_qlora").value;
  return mapped(keys.flag("use_lora"), (on) => (on ? (quantized ? "qlora" : "lora") : "full"));
}

/** The warmup's share of the run is among them, because its rounding depends on the number of processes. */
function readSchedulerArguments(keys: Keys): Sourced<SchedulerArguments> {
  const floor = keys.number("final_lr_ratio");
  return mapped(
    keys.number("warmup_ratio"),
    (ratio) =>
      new Map<string, Argument>([
        ["warmup_ratio", ratio],
        ...(floor.value === undefined ? [] : ([["final_lr_ratio", floor.value]] as const)),
      ]),
  );
}

const adaptedModules = ["q_proj", "o_proj", "v_proj", "k_proj", "gate_proj", "up_proj", "down_proj"];

function readLora(keys: Keys): LoraPlan {
  return {
    rank: keys.number("lora_rank"),
    alpha: keys.number("lora_alpha"),
    dropout: keys.number("lora_dropout"),
    targets: byDefault({ kind: "names", names: adaptedModules }, t`open-instruct has no key for it`),
    ...plainLora,
  };
}

function readQuantization(keys: Keys, adapts: boolean): Quantization | null {
  const quantized = keys.flag("use_qlora");
  if (!quantized.value) return null;
  return {
    bits: mapped(quantized, () => 4),
    doubleQuantization: byDefault(true, t`open-instruct sets it`),
    float32Norms: byDefault(adapts, t`PEFT's preparation for k-bit training casts them`),
    float32Embeddings: byDefault(adapts, t`PEFT's preparation for k-bit training casts them`),
  };
}

/** QLoRA and `dpo_use_paged_optimizer` take bitsandbytes' paged AdamW; `use_8bit_optimizer` does nothing without them. */
function readOptimizer(keys: Keys): Sourced<string> {
  const paged = [keys.flag("use_qlora"), keys.flag("dpo_use_paged_optimizer")].find(({ value }) => value);
  const bits = keys.flag("use_8bit_optimizer");
  if (!paged) return mapped(keys.flag("fused_optimizer"), (fused) => (fused ? "adamw_torch_fused" : "adamw_torch"));
  return bits.value ? mapped(bits, () => "paged_adamw_8bit") : mapped(paged, () => "paged_adamw_32bit");
}

/** Weights are loaded in bfloat16, but by Liger, which leaves the type to transformers: float32 before 5.0. */
function readPrecision(keys: Keys, versions: Versions): TrainingPlan["precision"] {
  const wide = keys.flag("use_liger_kernel").value && !does(versions, releases.loadsCheckpointType);
  const weights: Sourced<Dtype> = wide
    ? byDefault("float32", t`Liger's models are loaded without a type`)
    : byDefault("bfloat16", t`open-instruct loads them so`);
  return precisionOf(
    weights,
    assumed("bfloat16", t`accelerate's configuration decides; bf16 in open-instruct's own`),
    peftType,
  );
}

/** Preference losses need the logits themselves; so does a loss that is summed. */
function readLoss(keys: Keys, stage: Sourced<Stage>): TrainingPlan["loss"] {
  const fused = stage.value === "sft" && keys.text("reduce_loss").value !== "sum";
  return mapped(keys.flag("use_liger_kernel"), (on) => (on && fused ? "fused" : "materialised"));
}

/** The trained model is saved at the end in any case. */
function readSaves(keys: Keys): Sourced<Interval> {
  const when = keys.text("checkpointing_steps", byDefault("", t`only the trained model is saved`));
  return mapped(when, (text) => {
    if (text === "epoch") return every(1, "epochs");
    return text === "" ? atEnd : every(Number(text), "updates");
  });
}

function readSplit(keys: Keys): Split {
  const stage = keys.number("zero_stage");
  if (stage.value === undefined) {
    const note = t`accelerate's configuration decides`;
    return { sharding: assumed("none", note), offload: assumed("none", note) };
  }
  const parameters = keys.flag("offload_param");
  const everything = parameters.value === true && stage.value >= 3;
  return {
    sharding: mapped(stage, zeroSharding),
    offload: everything
      ? mapped(parameters, () => "optimizer-and-parameters")
      : mapped(keys.flag("offload_optimizer"), optimizerOffload),
    zero:
      stage.value >= 3
        ? { ...zeroDefaults, secondary: keys.number("zero_hpz_partition_size").value ?? 1 }
        : zeroDefaults,
  };
}

function readSources(keys: Keys, document: ConfigDocument): readonly DataSource[] {
  const names = (["dataset_name", "train_file"] as const).filter((key) => keys.has(key));
  return [...names.flatMap((key) => namedSources(keys.words(key))), ...mixed(keys, document), ...listed(keys)];
}

/** A mapping from names to shares or numbers of samples. */
function mixed(keys: Keys, { root }: ConfigDocument): readonly DataSource[] {
  const mixer = root.entries.get("dataset_mixer")?.value;
  const place = keys.place("dataset_mixer");
  if (mixer?.kind !== "map" || !place) return [];
  return [...mixer.entries].map(([value, { value: amount }]) =>
    part({ value, origin: "file", place }, amount.kind === "scalar" ? amount.source : ""),
  );
}

/** `a 1.0 b 1000`: a name, its share or number, the next name. */
function listed(keys: Keys): readonly DataSource[] {
  const words = keys.words("dataset_mixer_list");
  if (words.origin === "unknown") return [];
  return words.value.flatMap((value, index) =>
    index % 2 === 0 ? part({ ...words, value }, words.value[index + 1] ?? "") : [],
  );
}

/** An amount without a point is a number of samples; one with a point is a share, all of the data set for 1.0. */
function part(name: Known<string>, amount: string): DataSource {
  if (/^\d+$/.test(amount)) return { name, limit: Number(amount) };
  const whole = Number(amount) === 1;
  return {
    name: whole ? name : unknown(t`how many samples are in ${amount} of ${name.value} is not known`),
    limit: null,
  };
}
