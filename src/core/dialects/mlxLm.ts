import { t } from "../language.ts";
import { every } from "../plan/interval.ts";
import type { LoraLayers, LoraTargets } from "../plan/lora.ts";
import type {
  DataSource,
  LoraPlan,
  Method,
  OptimizerPlan,
  Quantization,
  SchedulerArguments,
  TrainingPlan,
  Warmup,
} from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { assumed, byDefault, derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import { type ConfigDocument, type Entry, entryAt, type MapNode, type ScalarNode } from "../text/document.ts";
import { setValue, type TextEdit } from "../text/edit.ts";
import { numberLike } from "../text/number.ts";
import { unknownData } from "./data.ts";
import type { Dialect, PlanChange } from "./dialect.ts";
import { placeOf } from "./place.ts";
import { checkpointType, precisionOf } from "./precision.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel } from "./sharding.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: ml-explore/mlx-lm at d78bf58e217c, mlx_lm/lora.py, mlx_lm/tuner/{trainer,utils,lora}.py.

const vocabulary = {
  model: { about: "Hugging Face id or path of the model to train; a quantised one makes LoRA QLoRA" },
  train: { about: "Train", default: false },
  fine_tune_type: { about: "Which weights are trained", default: "lora", values: ["lora", "dora", "full"] },
  num_layers: { about: "Layers to train, the last ones; -1: all", default: 16 },
  data: { about: "Training data: a folder of train.jsonl and valid.jsonl, or a Hub id" },
  "hf_dataset.path": { about: "Training data: a Hub id" },
  "hf_dataset.train_split": { about: "Split of the training data" },
  "hf_dataset.valid_split": { about: "Split of the evaluation data" },
  "hf_dataset.prompt_feature": { about: "Column of the prompts" },
  "hf_dataset.completion_feature": { about: "Column of the answers" },
  mask_prompt: { about: "Loss on the answers only", default: false },
  optimizer: { about: "Optimizer", default: "adam", values: ["adam", "adamw", "muon", "sgd", "adafactor"] },
  optimizer_config: { about: "Settings of the optimizers, such as adamw.weight_decay" },
  learning_rate: { about: "Peak learning rate; lr_schedule overrides it", default: 1e-5 },
  "lr_schedule.name": {
    about: "Course of the learning rate after the warmup, a function of mlx.optimizers.schedulers",
    values: ["cosine_decay", "exponential_decay", "linear_schedule", "step_decay"],
  },
  "lr_schedule.arguments": { about: "What the function is called with; the first is the peak learning rate" },
  "lr_schedule.warmup": { about: "Updates until the peak", default: 0 },
  "lr_schedule.warmup_init": { about: "Learning rate at the start of the warmup", default: 0 },
  batch_size: { about: "Sequences in one forward pass, of all machines together", default: 4 },
  grad_accumulation_steps: { about: "Forward passes per optimizer update", default: 1 },
  iters: { about: "Forward passes of the whole run", default: 1000 },
  max_seq_length: { about: "Longest sequence in tokens", default: 2048 },
  grad_checkpoint: { about: "Recompute activations in the backward pass instead of keeping them", default: false },
  "lora_parameters.keys": { about: "Modules to adapt; all linear layers without it" },
  "lora_parameters.rank": { about: "Rank of the LoRA matrices", default: 8 },
  "lora_parameters.scale": { about: "LoRA's scale itself, not alpha: what others call alpha / rank", default: 20 },
  "lora_parameters.dropout": { about: "Dropout in front of the adapters", default: 0 },
  val_batches: { about: "Batches of one evaluation; -1: all", default: 25 },
  steps_per_report: { about: "Forward passes between two log lines", default: 10 },
  steps_per_eval: { about: "Forward passes between two evaluations", default: 200 },
  save_every: { about: "Forward passes between two checkpoints", default: 100 },
  adapter_path: { about: "Folder of the adapters", default: "adapters" },
  resume_adapter_file: { about: "Adapters to start from" },
  report_to: { about: "Where to log", values: ["wandb", "swanlab"] },
  project_name: { about: "Project in the log" },
  test: { about: "Evaluate on the test set after training", default: false },
  test_batches: { about: "Batches of the test; -1: all", default: 500 },
  seed: { about: "Random seed", default: 0 },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** mlx-lm: a flat YAML file for `mlx_lm.lora --config`, on Apple's unified memory. */
export const mlxLm: Dialect = {
  id: "mlx-lm",
  label: "mlx-lm",
  telltales: ["fine_tune_type", "lora_parameters", "iters", "grad_checkpoint"],
  vocabulary,
  loader: { textNumbers: [{ keys: /^(?:learning_rate|batch_size|iters)$/, written: ["in quotes"], stops: "surely" }] },
  detect(document) {
    const { entries } = document.root;
    if (!entries.has("model") || entries.get("model")?.value.kind === "map") return 0;
    const sign = entries.has("fine_tune_type") || entries.get("lora_parameters")?.value.kind === "map";
    if (!sign && !(entries.has("iters") && signs.some((key) => entries.has(key)))) return 0;
    const keys = reader(document, vocabulary);
    if (keys.has("train") && keys.flag("train").value === false) return 0;
    const trains = ["learning_rate", "batch_size", "iters", "optimizer", "lora_parameters", "lr_schedule"];
    return trains.some((key) => entries.has(key)) ? 1 : 0;
  },
  read(document, { versions }) {
    const keys = reader(document, vocabulary);
    const quantization = readQuantization(keys);
    const method = readMethod(keys, quantization);
    const iterations = keys.number("iters");
    return {
      stage: byDefault("sft"),
      model: { id: keys.text("model", unknown(t`model is not set`)), shape: null },
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys) : null,
      quantization,
      optimizer: readOptimizer(keys, document),
      learningRate: {
        peak: readPeak(keys, document),
        scheduler: keys.text("lr_schedule.name", byDefault("constant", t`there is no lr_schedule`)),
        family: "mlx",
        schedulerArguments: readSchedulerArguments(document),
        warmup: mapped(
          keys.has("lr_schedule.name") ? keys.number("lr_schedule.warmup") : byDefault(0),
          (steps): Warmup => ({ steps }),
        ),
      },
      duration: {
        epochs: unknown(t`mlx-lm counts forward passes (iters), not epochs`),
        maxSteps: derived(
          iterations,
          keys.number("grad_accumulation_steps"),
          t`one update per accumulation`,
          (all, per) => Math.max(1, Math.floor(all / per)),
        ),
        maxTokens: byDefault(null),
      },
      evaluationInterval: mapped(keys.number("steps_per_eval"), (iterations) => every(iterations, "passes")),
      saveInterval: mapped(keys.number("save_every"), (iterations) => every(iterations, "passes")),
      batch: {
        micro: keys.number("batch_size"),
        accumulation: keys.number("grad_accumulation_steps"),
        global: null,
        evaluation: keys.number("batch_size"),
      },
      sequenceLength: keys.number("max_seq_length"),
      packing: byDefault(false, t`mlx-lm pads batches of similar lengths`),
      data: {
        ...unknownData,
        sources: readSources(keys),
      },
      precision: precision,
      gradientCheckpointing: keys.flag("grad_checkpoint"),
      attention: does(versions, releases.mlxTrainsWithoutKernel)
        ? byDefault("narrow", t`MLX trains without its fused kernel on Apple GPUs`)
        : byDefault("recomputed", t`before MLX 0.25`),
      loss: byDefault("materialised"),
      parallelism: dataParallel(assumed(1, t`mlx.launch decides on how many machines it runs`)),
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "learning_rate",
    microBatch: "batch_size",
    accumulation: "grad_accumulation_steps",
    sequenceLength: "max_seq_length",
    gradientCheckpointing: "grad_checkpoint",
    warmupSteps: "lr_schedule.warmup",
    scheduler: "lr_schedule.name",
    optimizer: "optimizer",
    loraRank: "lora_parameters.rank",
  },
  levers: {
    full: [{ set: { fine_tune_type: "full" } }],
    lora: [{ set: { fine_tune_type: "lora" } }],
  },
  write: writeChange,
};

const signs = ["num_layers", "grad_checkpoint", "steps_per_eval", "steps_per_report", "adapter_path", "lr_schedule"];

/** MLX quantises models ahead of training; the name is all that the config shows of it. */
function readQuantization(keys: Keys): Quantization | null {
  const id = keys.text("model", unknown(t`model is not set`));
  const bits = /(?:^|[^a-z\d])([2-8])[-_]?bits?(?![a-z])/i.exec(id.value ?? "")?.[1];
  if (bits === undefined) return null;
  return {
    bits: assumed(Number(bits), t`from the model's name`),
    doubleQuantization: byDefault(false, t`MLX keeps a scale and a bias per group of 64 weights`),
    float32Norms: byDefault(false),
  };
}

/**
 * `full` trains the last `num_layers` in place and never the embeddings; -1 stands for all layers. Of those that are quantised it
 * trains the norms. Source: mlx, nn/layers/quantized.py (QuantizedLinear.unfreeze).
 */
function readMethod(keys: Keys, quantization: Quantization | null): Sourced<Method> {
  const type = keys.text("fine_tune_type");
  if (type.value === "full" && quantization) return mapped(type, () => "freeze");
  if (type.value === "full") return mapped(keys.number("num_layers"), (layers) => (layers > 0 ? "freeze" : "full"));
  return quantization ? mapped(quantization.bits, () => "qlora") : mapped(type, () => "lora");
}

/**
 * `scale` is the factor on the adapters' output, that is alpha / rank. Layers are `model.layers[-max(num_layers, 0):]`, which of 0 are all.
 * Source: mlx_lm/tuner/utils.py, linear_to_lora_layers.
 */
function readLora(keys: Keys): LoraPlan {
  const rank = keys.number("lora_parameters.rank");
  return {
    rank,
    alpha: derived(keys.number("lora_parameters.scale"), rank, "scale × rank", (scale, r) => scale * r),
    dropout: keys.number("lora_parameters.dropout"),
    targets: keys.has("lora_parameters.keys")
      ? mapped(keys.words("lora_parameters.keys"), (names): LoraTargets => ({ kind: "names", names }))
      : byDefault({ kind: "all" }, t`mlx-lm adapts every linear layer without lora_parameters.keys`),
    layers: mapped(
      keys.number("num_layers"),
      (count): LoraLayers => ({ kind: "last", count: count > 0 ? count : Number.POSITIVE_INFINITY }),
    ),
    modulesToSave: byDefault([]),
    rsLora: byDefault(false),
    dora: mapped(keys.text("fine_tune_type"), (type) => type === "dora"),
  };
}

/** What `optimizer_config` leaves out is up to mlx: AdamW and Muon decay by 0.01, the others do not. */
function readOptimizer(keys: Keys, document: ConfigDocument): OptimizerPlan {
  const name = keys.text("optimizer");
  const settings = entryAt(document.root, `optimizer_config.${(name.value ?? "").toLowerCase()}`)?.value;
  const entries = settings?.kind === "map" ? settings.entries : undefined;
  const decay = numberIn(document, entries?.get("weight_decay"));
  const betas = entries?.get("betas");
  const second = betas?.value.kind === "list" ? betas.value.items[1] : undefined;
  return {
    name,
    weightDecay: decay ?? byDefault(/^(?:adamw|muon)$/i.test(name.value ?? "") ? 0.01 : 0, t`mlx's own default`),
    beta2:
      betas && second?.kind === "scalar" && typeof second.value === "number"
        ? { value: second.value, origin: "file", place: placeOf(document, betas) }
        : byDefault(0.999),
    maxGradNorm: byDefault(0, t`mlx-lm does not clip gradients`),
  };
}

/** The first argument of `lr_schedule` where there is one: `learning_rate` is not looked at then. */
function readPeak(keys: Keys, document: ConfigDocument): Sourced<number> {
  const entry = entryAt(document.root, "lr_schedule.arguments");
  if (!keys.has("lr_schedule.name") || !entry) return keys.number("learning_rate");
  const [peak] = scheduleArguments(document);
  const place = placeOf(document, entry);
  if (typeof peak?.value !== "number") return unknown(t`the first of lr_schedule.arguments is no number`, place);
  return { value: peak.value, origin: "file", place: { ...place, range: document.rangeOf(peak.span) } };
}

function scheduleArguments({ root }: ConfigDocument): readonly ScalarNode[] {
  const list = entryAt(root, "lr_schedule.arguments")?.value;
  return list?.kind === "list" ? list.items.filter((item) => item.kind === "scalar") : [];
}

/** The names of the arguments of mlx.optimizers.schedulers behind the first, which is the peak. */
const argumentNames: Readonly<Partial<Record<string, readonly string[]>>> = {
  cosine_decay: ["decay_steps", "end"],
  exponential_decay: ["decay_rate"],
  linear_schedule: ["end", "steps"],
  step_decay: ["decay_rate", "step_size"],
};

function readSchedulerArguments(document: ConfigDocument): Sourced<SchedulerArguments> {
  const schedule = document.root.entries.get("lr_schedule");
  if (schedule?.value.kind !== "map") return byDefault(new Map());
  const scalar = (map: MapNode, key: string) => {
    const node = map.entries.get(key)?.value;
    return node?.kind === "scalar" && node.value !== null ? node.value : undefined;
  };
  const names = argumentNames[String(scalar(schedule.value, "name"))] ?? [];
  const [, ...rest] = scheduleArguments(document);
  const start = scalar(schedule.value, "warmup_init");
  const bending = [
    ...rest.flatMap(({ value }, index) => (names[index] === undefined ? [] : [[names[index], value] as const])),
    ...(start === undefined ? [] : [["warmup_init", start] as const]),
  ];
  return { value: new Map(bending), origin: "file", place: placeOf(document, schedule) };
}

function readSources(keys: Keys): readonly DataSource[] {
  const key = keys.has("hf_dataset.path") ? "hf_dataset.path" : "data";
  const name = keys.text(key, unknown(t`data is not set`));
  return name.origin === "unknown" && !name.place ? [] : [{ name, limit: null }];
}

/** Weights keep the checkpoint's type and there is no autocast; new adapters are float32, as all that mlx draws. */
const precision = precisionOf(
  checkpointType,
  byDefault(null),
  byDefault("float32", t`mlx draws the adapters in float32`),
);

function numberIn(document: ConfigDocument, entry: Entry | undefined): Sourced<number> | undefined {
  if (entry?.value.kind !== "scalar" || typeof entry.value.value !== "number") return undefined;
  return { value: entry.value.value, origin: "file", place: placeOf(document, entry) };
}

/**
 * The peak is an argument of the schedule where there is one. Iterations are forward passes: more of them per update
 * take as many more of them for the same number of updates. Only a schedule that is there can be bent.
 */
function writeChange(document: ConfigDocument, change: PlanChange): readonly TextEdit[] {
  const keys = reader(document, vocabulary);
  const { peakLearningRate, warmupSteps, scheduler, accumulation, ...same } = change;
  const scheduled = keys.has("lr_schedule.name");
  const [peak] = scheduled ? scheduleArguments(document) : [];
  const own: PlanChange = {
    ...same,
    ...(peakLearningRate !== undefined && !scheduled ? { peakLearningRate } : {}),
    ...(scheduled && warmupSteps !== undefined ? { warmupSteps } : {}),
    ...(scheduled && scheduler !== undefined ? { scheduler } : {}),
    ...(accumulation === undefined ? {} : { accumulation }),
  };
  const before = keys.number("grad_accumulation_steps").value;
  const iterations = keys.number("iters").value;
  return [
    ...writeKeys(document, mlxLm.keys, own),
    ...(peak && peakLearningRate !== undefined
      ? [{ range: document.rangeOf(peak.span), newText: numberLike(peak.source, peakLearningRate) }]
      : []),
    ...(accumulation !== undefined && before && iterations && accumulation !== before
      ? setValue(document, "iters", Math.floor(iterations / before) * accumulation)
      : []),
  ];
}
