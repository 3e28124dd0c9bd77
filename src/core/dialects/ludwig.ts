import { t } from "../language.ts";
import { every, type Interval } from "../plan/interval.ts";
import type {
  BatchPlan,
  DataPlan,
  Dtype,
  LearningRatePlan,
  LoraPlan,
  Method,
  Parallelism,
  Precision,
  Quantization,
  SchedulerArguments,
  Stage,
  TrainingPlan,
  Warmup,
} from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { assumed, byDefault, derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import { type ConfigDocument, entryAt, type MapNode } from "../text/document.ts";
import { accumulationFrom } from "./batch.ts";
import { beta2Of } from "./betas.ts";
import { unknownData } from "./data.ts";
import type { ChangeKeys, Dialect, PlanChange } from "./dialect.ts";
import { stepLimit } from "./duration.ts";
import { inPlaceOf, optimizerLevers } from "./levers.ts";
import { peftTargetsAt } from "./lora.ts";
import { placeOf } from "./place.ts";
import { checkpointType, dtypeNamed, peftType, precisionOf } from "./precision.ts";
import { preferenceOf } from "./preference.ts";
import { loraPlusGroup, rateGroups } from "./rateGroups.ts";
import { type Reader, reader } from "./reader.ts";
import { schedulerArgumentsAt } from "./schedulerArguments.ts";
import { dataParallel, type Split, unknownSplit, unsharded } from "./sharding.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";
import { zeroSplitOf } from "./zeroSplit.ts";

// Keys and defaults: ludwig-ai/ludwig at 5d19f3e63212, ludwig/schema/{model_types/llm,trainer,lr_scheduler}.py, schema/llms/*.py.

const vocabulary = {
  model_type: {
    about: "What is trained: a network of encoders, combiner and decoders, or an LLM",
    default: "ecd",
    values: ["ecd", "llm"],
  },
  base_model: {
    about: "Hugging Face id or path of the LLM to train",
    note: t`an ECD model is put together from encoders, a combiner and decoders`,
  },
  input_features: { about: "Columns that go in: a list of name and type" },
  output_features: { about: "Columns that are predicted: a list of name and type" },
  combiner: { about: "How the encoders' outputs are joined (ECD)" },
  prompt: { about: "Template of the prompt (LLM)" },
  "prompt.template": { about: "Text with columns in braces" },
  "adapter.type": {
    about: "Kind of adapter; every weight is trained without one",
    values: ["lora", "dora", "adalora", "adaption_prompt", "ia3", "oft", "boft", "vera", "loha", "lokr"],
  },
  "adapter.r": { about: "Rank of the LoRA matrices", default: 8 },
  "adapter.alpha": { about: "LoRA's scale is alpha / rank; twice the rank by default" },
  "adapter.dropout": { about: "Dropout in front of the adapters", default: 0.05 },
  "adapter.target_modules": { holds: "modules", about: "Modules to adapt; PEFT's choice without it" },
  "adapter.bias_type": { about: "Biases to train", default: "none", values: ["none", "all", "lora_only"] },
  "adapter.use_rslora": { about: "Scale by alpha / √rank", default: false },
  "adapter.use_dora": { about: "DoRA: adapt direction and magnitude apart", default: false },
  "adapter.init_lora_weights": {
    about: "How the adapters start",
    values: ["gaussian", "eva", "pissa", "olora", "loftq"],
  },
  "adapter.loraplus_lr_ratio": { about: "LoRA+: rate of B over rate of A" },
  "adapter.postprocessor.merge_adapter_into_base_model": { about: "Merge the adapters after training", default: false },
  "adapter.pretrained_adapter_weights": { about: "Adapters to start from" },
  "quantization.bits": { about: "Bits of the frozen weights", default: 4, values: ["4", "8"] },
  "quantization.bnb_4bit_quant_type": { about: "4-bit type", default: "nf4", values: ["nf4", "fp4"] },
  "quantization.bnb_4bit_use_double_quant": { about: "Quantise the scales too", default: true },
  "quantization.bnb_4bit_compute_dtype": {
    about: "Type of matrix products with 4-bit weights, and of the rest of the model",
    default: "float16",
    values: ["float32", "float16", "bfloat16"],
  },
  "trainer.type": {
    about: "How the LLM is trained; none only asks it",
    default: "none",
    values: ["finetune", "dpo", "kto", "orpo", "grpo", "none"],
  },
  "trainer.learning_rate": {
    about: "Peak learning rate, or auto",
    default: 0.001,
    aliases: ["training.learning_rate"],
  },
  "trainer.learning_rate_scheduler": { about: "Warmup and decay of the learning rate" },
  "trainer.learning_rate_scheduler.decay": {
    about: "Course of the learning rate after the warmup; constant without it",
    default: "none",
    note: t`no decay`,
    values: ["linear", "exponential", "cosine", "one_cycle", "inverse_sqrt", "polynomial", "wsd"],
  },
  "trainer.learning_rate_scheduler.warmup_fraction": { about: "Share of all updates that warm up", default: 0 },
  "trainer.learning_rate_scheduler.warmup_evaluations": {
    about: "Evaluations until the peak; the longer of the two warmups counts",
    default: 0,
  },
  "trainer.learning_rate_scheduler.decay_rate": { about: "Factor of exponential decay", default: 0.96 },
  "trainer.learning_rate_scheduler.decay_steps": {
    about: "Updates between two factors of exponential decay",
    default: 10_000,
  },
  "trainer.learning_rate_scheduler.staircase": { about: "Decay in steps", default: false },
  "trainer.learning_rate_scheduler.eta_min": { about: "Floor of the cosine, as a rate", default: 0 },
  "trainer.learning_rate_scheduler.t_0": { about: "Updates until the cosine's first restart" },
  "trainer.learning_rate_scheduler.t_mult": { about: "Factor from one restart to the next", default: 1 },
  "trainer.learning_rate_scheduler.reduce_on_plateau": { about: "How often a plateau may lower the rate", default: 0 },
  "trainer.learning_rate_scheduler.max_lr": { about: "Peak of one_cycle" },
  "trainer.learning_rate_scheduler.pct_start": { about: "Share of one_cycle that rises" },
  "trainer.learning_rate_scaling": {
    about: "Growth of the rate with the number of workers",
    default: "linear",
    values: ["constant", "sqrt", "linear"],
  },
  "trainer.epochs": { about: "Passes over the training data", default: 100, aliases: ["training.epochs"] },
  "trainer.train_steps": { about: "Forward passes; they override the epochs", aliases: ["training.train_steps"] },
  "trainer.batch_size": {
    about: "Samples per GPU in one forward pass, or auto; 1 for an LLM without it",
    note: t`auto: Ludwig looks for the largest that fits`,
    aliases: ["training.batch_size"],
  },
  "trainer.max_batch_size": { about: "Largest batch that auto may find" },
  "trainer.eval_batch_size": {
    about: "Samples per GPU in one evaluation pass; as batch_size where 0",
    aliases: ["training.eval_batch_size"],
  },
  "trainer.gradient_accumulation_steps": { about: "Forward passes per optimizer update, or auto" },
  "trainer.effective_batch_size": {
    about: "Samples per optimizer update on all GPUs; auto gives way to the other two",
  },
  "trainer.optimizer.type": {
    about: "Optimizer",
    default: "adam",
    values: ["adam", "adamw", "adamw_8bit", "paged_adamw_8bit", "adafactor", "lion", "muon", "radam", "sgd"],
    aliases: ["training.optimizer.type"],
  },
  "trainer.optimizer.betas": { about: "Decays of Adam's moments; 0.9 and 0.999 without it" },
  "trainer.optimizer.weight_decay": { about: "Weight decay", default: 0 },
  "trainer.gradient_clipping.clipglobalnorm": { about: "Norm to which gradients are clipped", default: 0.5 },
  "trainer.regularization_type": { about: "Penalty on the weights", default: "l2", values: ["l1", "l2", "l1_l2"] },
  "trainer.regularization_lambda": { about: "Strength of that penalty", default: 0 },
  "trainer.enable_gradient_checkpointing": {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: false,
  },
  "trainer.use_mixed_precision": { about: "Compute in float16 through autocast", default: false },
  "trainer.packing": { about: "Join short samples into full sequences", default: false },
  "trainer.beta": { about: "Weight of the distance to the reference model (DPO, KTO)", default: 0.1 },
  "trainer.desirable_weight": { about: "Weight of desirable answers (KTO)" },
  "trainer.undesirable_weight": { about: "Weight of undesirable answers (KTO)" },
  "trainer.early_stop": { about: "Evaluations without progress until training ends; -1 never", default: 5 },
  "trainer.validation_field": { about: "Output whose metric decides" },
  "trainer.validation_metric": { about: "Metric that decides" },
  "trainer.steps_per_checkpoint": { about: "Updates between two checkpoints; 0: one per epoch", default: 0 },
  "trainer.checkpoints_per_epoch": { about: "Checkpoints per epoch, instead of steps_per_checkpoint", default: 0 },
  "trainer.compile": { about: "Compile the model", default: false },
  "model_parameters.neftune_noise_alpha": { about: "Noise on the embeddings while training (NEFTune)" },
  "model_parameters.rope_scaling": { about: "Stretching of the rotary positions" },
  "preprocessing.global_max_sequence_length": {
    about: "Longest prompt and answer together, in tokens",
    note: t`global_max_sequence_length is not set; the longest sample or the model's limit holds`,
  },
  "preprocessing.split.type": {
    about: "How validation and test data are chosen",
    default: "random",
    values: ["random", "fixed", "stratify", "datetime", "hash"],
  },
  "preprocessing.split.probabilities": {
    about: "Shares of training, validation and test; 0.7, 0.1 and 0.2 without it",
  },
  "preprocessing.sample_ratio": { about: "Share of the data that is used", default: 1 },
  "preprocessing.sample_size": { about: "Samples that are used" },
  "backend.type": { about: "Where training runs", default: "local", values: ["local", "ray", "deepspeed"] },
  "backend.trainer.num_workers": { about: "GPUs that Ray uses" },
  "backend.trainer.strategy.zero_optimization.stage": { about: "What ZeRO splits, under Ray" },
  "backend.zero_optimization.stage": { about: "What ZeRO splits", values: ["0", "1", "2", "3"] },
  generation: { about: "How answers are generated when evaluating" },
  defaults: { about: "Settings for all features of a type" },
  hyperopt: { about: "Search for hyperparameters" },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** Ludwig: features and a trainer in one YAML file; `model_type: llm` fine-tunes a language model. */
export const ludwig: Dialect = {
  id: "ludwig",
  label: "Ludwig",
  telltales: ["output_features", "base_model"],
  vocabulary,
  detect({ root }) {
    const { entries } = root;
    const trainer = (entries.get("trainer") ?? entries.get("training"))?.value;
    if (trainer?.kind !== "map" || trainer.entries.size === 0) return 0;
    const type = textIn(root, "model_type");
    if (type === "llm") return textIn(root, "base_model") ? certaintyOf(textIn(trainer, "type")) : 0;
    return type !== "gbm" && entries.has("input_features") && entries.has("output_features") ? 1 : 0;
  },
  read(document, { versions }) {
    const keys = keysOf(document);
    const llm = keys.text("model_type").value === "llm";
    const method = readMethod(keys, document, llm);
    const batch = readBatch(keys, llm);
    const stage: Sourced<Stage> = llm
      ? mapped(keys.text("trainer.type"), (type) => stages.get(type) ?? "sft")
      : byDefault("classify", t`an ECD model predicts its output features`);
    return {
      stage,
      model: { id: keys.text("base_model"), shape: null },
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys) : null,
      quantization: quantizes(document) ? readQuantization(keys) : null,
      optimizer: {
        name: keys.text("trainer.optimizer.type"),
        weightDecay: keys.number("trainer.optimizer.weight_decay"),
        beta2: beta2Of(keys.words("trainer.optimizer.betas", byDefault([])), 0.999),
        maxGradNorm: keys.number("trainer.gradient_clipping.clipglobalnorm"),
      },
      learningRate: {
        ...readLearningRate(keys),
        ...(method.value === "lora" || method.value === "qlora"
          ? rateGroups(loraPlusGroup(keys.number("adapter.loraplus_lr_ratio"), keys.number("trainer.learning_rate")))
          : {}),
      },
      duration: {
        epochs: keys.number("trainer.epochs"),
        maxSteps: readSteps(keys, batch),
        maxTokens: byDefault(null),
      },
      evaluationInterval: readCheckpoints(keys),
      saveInterval: readCheckpoints(keys),
      batch,
      sequenceLength: keys.number("preprocessing.global_max_sequence_length"),
      packing: keys.flag("trainer.packing"),
      data: readData(keys),
      precision: llm ? readPrecision(keys, document, versions) : networkPrecision(keys),
      gradientCheckpointing: keys.flag("trainer.enable_gradient_checkpointing"),
      attention: byDefault("sdpa", "transformers' default"),
      loss: byDefault("materialised"),
      ...preferenceOf(stage.value, keys.number("trainer.beta")),
      parallelism: readParallelism(keys, document),
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "trainer.learning_rate",
    microBatch: "trainer.batch_size",
    accumulation: "trainer.gradient_accumulation_steps",
    evaluationBatch: "trainer.eval_batch_size",
    sequenceLength: "preprocessing.global_max_sequence_length",
    gradientCheckpointing: "trainer.enable_gradient_checkpointing",
    epochs: "trainer.epochs",
    warmupRatio: "trainer.learning_rate_scheduler.warmup_fraction",
    scheduler: "trainer.learning_rate_scheduler.decay",
    schedulerSettings: "trainer.learning_rate_scheduler.*",
    optimizer: "trainer.optimizer.type",
    loraRank: "adapter.r",
  },
  levers: {
    ...optimizerLevers("trainer.optimizer.type", "adamw", "adamw_8bit", "paged_adamw_8bit"),
    zero2: [{ set: { "backend.zero_optimization.stage": inPlaceOf(/^[01]$/, 2) } }],
    zero3: [{ set: { "backend.zero_optimization.stage": inPlaceOf(/^[0-2]$/, 3) } }],
    full: [{ set: { adapter: null, quantization: null } }],
    lora: [{ set: { "adapter.type": "lora", quantization: null } }],
    qlora: [{ set: { "adapter.type": "lora", "quantization.bits": 4 }, fill: { "quantization.bits": 4 } }],
  },
  write: (document, change) => writeKeys(document, keysIn(document, change), change),
};

function keysOf(document: ConfigDocument): Keys {
  return reader(document, vocabulary);
}

/** `none`, also by default, asks the model without training it; other settings of a trainer betray what is meant. */
function certaintyOf(trainer: string | undefined): number {
  if (trainer === undefined) return 0.6;
  return trainer === "none" ? 0 : 1;
}

/** Older files name the section `training`; `adapter: lora` has no place for a rank. */
function keysIn({ root }: ConfigDocument, change: PlanChange): ChangeKeys {
  const older = !root.entries.has("trainer") && root.entries.has("training");
  const named = change.loraRank !== undefined && root.entries.get("adapter")?.value.kind !== "map";
  const keys = Object.entries(ludwig.keys).filter(([name]) => !(named && name === "loraRank"));
  return Object.fromEntries(keys.map(([name, path]) => [name, older ? path.replace(/^trainer\./, "training.") : path]));
}

function textIn({ entries }: MapNode, key: string): string | undefined {
  const node = entries.get(key)?.value;
  return node?.kind === "scalar" && node.value !== null ? String(node.value) : undefined;
}

const stages: ReadonlyMap<string, Stage> = new Map([
  ["dpo", "dpo"],
  ["kto", "kto"],
  ["orpo", "orpo"],
  ["grpo", "grpo"],
]);

/** The kind of adapter, which may stand alone: `adapter: lora`. */
function readAdapter(keys: Keys, document: ConfigDocument): Sourced<string> | undefined {
  const entry = document.root.entries.get("adapter");
  if (entry?.value.kind === "map") return keys.text("adapter.type");
  if (entry?.value.kind !== "scalar" || entry.value.value === null) return undefined;
  const place = placeOf(document, entry);
  return { value: String(entry.value.value), origin: "file", place };
}

function quantizes({ root }: ConfigDocument): boolean {
  return root.entries.get("quantization")?.value.kind === "map";
}

function readMethod(keys: Keys, document: ConfigDocument, llm: boolean): Sourced<Method> {
  if (!llm) return unknown(t`each encoder decides whether its weights are trained`);
  const adapter = readAdapter(keys, document);
  if (!adapter) return byDefault("full", t`no adapter`);
  const four = quantizes(document) && keys.number("quantization.bits").value === 4;
  return mapped(adapter, (type) => (type === "lora" || type === "dora" ? (four ? "qlora" : "lora") : "adapter"));
}

function readLora(keys: Keys): LoraPlan {
  const rank = keys.number("adapter.r");
  const dora = mapped(keys.text("adapter.type", byDefault("lora")), (type) => type === "dora");
  return {
    rank,
    alpha: keys.number(
      "adapter.alpha",
      rank.origin === "unknown" ? rank : byDefault(2 * rank.value, t`twice the rank`),
    ),
    dropout: keys.number("adapter.dropout"),
    targets: peftTargetsAt(keys, "adapter.target_modules"),
    modulesToSave: byDefault([], t`Ludwig has no key for it`),
    rsLora: keys.flag("adapter.use_rslora"),
    dora: dora.value ? dora : keys.flag("adapter.use_dora"),
  };
}

function readQuantization(keys: Keys): Quantization {
  return {
    bits: keys.number("quantization.bits"),
    doubleQuantization: keys.flag("quantization.bnb_4bit_use_double_quant"),
    float32Norms: byDefault(true, t`PEFT's preparation for k-bit training casts them`),
    float32Embeddings: byDefault(true, t`PEFT's preparation for k-bit training casts them`),
  };
}

function readLearningRate(keys: Keys): LearningRatePlan {
  return {
    peak: keys.number("trainer.learning_rate"),
    scheduler: keys.text("trainer.learning_rate_scheduler.decay"),
    family: "ludwig",
    schedulerArguments: readSchedulerArguments(keys),
    warmup: readWarmup(keys),
  };
}

function readSchedulerArguments(keys: Keys): Sourced<SchedulerArguments> {
  const elsewhere = new Set(["decay", "type", "warmup_fraction", "warmup_evaluations"]);
  return schedulerArgumentsAt(
    keys,
    "trainer.learning_rate_scheduler",
    (key, value) => value !== null && !elsewhere.has(key),
  );
}

/** A fraction of the run, part of an update included; evaluations are as long as the data make them. */
function readWarmup(keys: Keys): Sourced<Warmup> {
  const fraction = keys.number("trainer.learning_rate_scheduler.warmup_fraction");
  const evaluations = keys.number("trainer.learning_rate_scheduler.warmup_evaluations");
  if (evaluations.value) return unknown(t`the updates between two evaluations depend on the data`, evaluations.place);
  return mapped(fraction, (ratio) => ({ ratio, rounding: "exact" }));
}

/** `auto` accumulates nothing unless `effective_batch_size` asks for it. */
function readBatch(keys: Keys, llm: boolean): BatchPlan {
  const micro = keys.number("trainer.batch_size", llm ? byDefault(1) : undefined);
  const effective = keys.number("trainer.effective_batch_size");
  const own = keys.number("trainer.gradient_accumulation_steps");
  const evaluation = keys.number("trainer.eval_batch_size", llm ? byDefault(2) : micro);
  return {
    micro,
    accumulation:
      own.origin !== "unknown"
        ? own
        : effective.origin === "unknown"
          ? byDefault(1, t`auto without effective_batch_size`)
          : accumulationFrom(effective, micro, readGpus(keys), "effective_batch_size / batch_size / GPUs"),
    global: effective.origin === "unknown" ? null : effective,
    evaluation: evaluation.value === 0 ? micro : evaluation,
  };
}

/** A step is a forward pass, also that of the scheduler; the last one updates. Source: ludwig, trainers/trainer.py (_train_loop). */
function readSteps(keys: Keys, { accumulation }: BatchPlan): Sourced<number | null> {
  const steps = stepLimit(keys, "trainer.train_steps");
  if (!steps.value || accumulation.value === 1) return steps;
  return derived(steps, accumulation, "train_steps / gradient_accumulation_steps", (all, per) =>
    all === null ? null : Math.ceil(all / per),
  );
}

/**
 * It evaluates before it saves, and a step is a forward pass. Source: ludwig, utils/trainer_utils.py
 * (get_final_steps_per_checkpoint), trainers/trainer.py.
 */
function readCheckpoints(keys: Keys): Sourced<Interval> {
  const perEpoch = keys.number("trainer.checkpoints_per_epoch");
  if (perEpoch.value) {
    return mapped(perEpoch, (count) => ({
      kind: "share",
      of: "epoch",
      share: Math.min(1, 1 / count),
      rounding: "down",
    }));
  }
  return mapped(keys.number("trainer.steps_per_checkpoint"), (steps) =>
    steps > 0 ? every(steps, "passes") : every(1, "epochs"),
  );
}

/** The data come from the command line; a random split holds out three tenths of them. */
function readData(keys: Keys): DataPlan {
  const shares = keys.words("preprocessing.split.probabilities", byDefault(["0.7", "0.1", "0.2"]));
  const type = keys.text("preprocessing.split.type");
  return {
    ...unknownData,
    sources: [],
    validation:
      type.value === "fixed" || type.value === "datetime"
        ? unknown(t`a column of the data decides the split`, type.place)
        : mapped(shares, ([train]) => Number((1 - Number(train ?? 1)).toPrecision(6))),
  };
}

/** A quantised model's other weights have the compute type, float16 unless set; all others load as transformers does. */
function readPrecision(keys: Keys, document: ConfigDocument, versions: Versions): Precision {
  const compute = keys.text("quantization.bnb_4bit_compute_dtype");
  const loaded = does(versions, releases.loadsCheckpointType)
    ? checkpointType
    : byDefault<Dtype>("float32", t`transformers' default before 5.0`);
  const weights = quantizes(document) ? mapped(compute, (name) => dtypeNamed(name) ?? "float16") : loaded;
  return precisionOf(weights, readAutocast(keys), peftType);
}

/** Networks that Ludwig puts together itself have torch's own type. */
function networkPrecision(keys: Keys): Precision {
  return precisionOf(byDefault("float32", t`torch's default`), readAutocast(keys));
}

function readAutocast(keys: Keys): Precision["autocast"] {
  return mapped(keys.flag("trainer.use_mixed_precision"), (on) => (on ? "float16" : null));
}

function readParallelism(keys: Keys, document: ConfigDocument): Parallelism {
  return dataParallel(readGpus(keys), readSplit(keys, document));
}

function readGpus(keys: Keys): Sourced<number> {
  return keys.number("backend.trainer.num_workers", assumed(1, t`the launcher decides the number of GPUs`));
}

/** ZeRO under the `deepspeed` backend, or under Ray's strategy of that name. */
function readSplit(keys: Keys, document: ConfigDocument): Split {
  for (const path of ["backend", "backend.trainer.strategy"] as const) {
    const map = entryAt(document.root, path)?.value;
    if (map?.kind === "map" && map.entries.has("zero_optimization")) {
      return zeroSplitOf({ document: { ...document, root: map } });
    }
  }
  return keys.text("backend.type").value === "deepspeed" ? unknownSplit(t`Ludwig picks the ZeRO stage`) : unsharded;
}
