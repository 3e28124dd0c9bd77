import { t } from "../language.ts";
import { every, type Interval, type IntervalUnit, never } from "../plan/interval.ts";
import type { ModelShape } from "../plan/modelShape.ts";
import type {
  Attention,
  BatchPlan,
  DataSource,
  Duration,
  LearningRatePlan,
  Method,
  Quantization,
  SchedulerArguments,
  Stage,
  TrainingPlan,
  Warmup,
} from "../plan/plan.ts";
import { assumed, byDefault, derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import { type TimeString, timeStringFrom } from "../plan/timeString.ts";
import { type ConfigDocument, entryAt } from "../text/document.ts";
import { setValue, type TextEdit } from "../text/edit.ts";
import { numberLike } from "../text/number.ts";
import { numberFrom } from "../text/scalar.ts";
import { accumulationFrom, withGlobalBatch } from "./batch.ts";
import { beta2Of } from "./betas.ts";
import { namedSources, unknownData } from "./data.ts";
import type { Dialect } from "./dialect.ts";
import { inPlaceOf, type Lever } from "./levers.ts";
import { omegaConf } from "./loader.ts";
import { peftLora } from "./lora.ts";
import { composerPrecision } from "./precision.ts";
import { groupAt, rateGroups } from "./rateGroups.ts";
import { type Reader, reader } from "./reader.ts";
import { schedulerArgumentsIn } from "./schedulerArguments.ts";
import { dataParallel, type Split, strategySplit } from "./sharding.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeBare, writeKeys } from "./write.ts";

// Keys and defaults: mosaicml/llm-foundry at 8c8dd48f7216, llmfoundry/utils/config_utils.py, models/, optim/;
// mosaicml/composer at 640518880500, composer/optim/, composer/core/time.py.

const vocabulary = {
  variables: { about: "Values that the rest of the file refers to as ${variables.name}" },
  "model.name": { about: "Kind of model", values: ["hf_causal_lm", "mpt_causal_lm", "hf_t5", "fc_llm"] },
  "model.pretrained_model_name_or_path": { holds: "model", about: "Hugging Face id or path of the model" },
  "model.pretrained": { about: "Start from the model's weights, not from scratch", default: true },
  "model.init_device": { about: "Where the weights are made", default: "cpu", values: ["cpu", "meta", "mixed"] },
  "model.config_overrides": { about: "Changes of the model's own configuration" },
  "model.config_overrides.attn_config.attn_impl": { about: "Attention kernel", values: ["flash", "torch"] },
  "model.use_flash_attention_2": { about: "Flash attention for Hugging Face models; eager without it", default: false },
  "model.load_in_8bit": { about: "Load the weights in 8 bits", default: false },
  "model.d_model": { about: "Width of the model (MPT)", default: 2048 },
  "model.n_heads": { about: "Attention heads (MPT)", default: 16 },
  "model.n_layers": { about: "Blocks (MPT)", default: 24 },
  "model.expansion_ratio": { about: "Width of the MLP over d_model (MPT)", default: 4 },
  "model.max_seq_len": { about: "Longest sequence that the model knows (MPT)", default: 2048 },
  "model.vocab_size": { about: "Rows of the embedding (MPT)", default: 50368 },
  "model.no_bias": { about: "Leave out all biases (MPT)", default: false },
  "model.learned_pos_emb": { about: "Learned positions, unless alibi or rope is on (MPT)", default: true },
  "model.tie_word_embeddings": { about: "Share the embedding with the output layer (MPT)", default: true },
  "model.attn_config.attn_impl": { about: "Attention kernel (MPT)", default: "flash", values: ["flash", "torch"] },
  "model.attn_config.attn_type": {
    about: "Which heads share keys and values (MPT)",
    default: "multihead_attention",
    values: ["multihead_attention", "multiquery_attention", "grouped_query_attention"],
  },
  "model.attn_config.kv_n_heads": { about: "Key and value heads of grouped_query_attention (MPT)" },
  "model.attn_config.alibi": { about: "ALiBi instead of positions (MPT)", default: false },
  "model.attn_config.rope": { about: "Rotary positions (MPT)", default: false },
  "model.ffn_config.ffn_type": { about: "Kind of MLP (MPT)", default: "mptmlp", values: ["mptmlp", "mptglu"] },
  "model.ffn_config.ffn_hidden_size": { about: "Width of the MLP, instead of expansion_ratio (MPT)" },
  "model.peft_config": { about: "Adapters; every weight is trained without it" },
  "model.peft_config.peft_type": { about: "Kind of adapter", default: "LORA", values: ["LORA"] },
  "model.peft_config.task_type": { about: "Task of the model", values: ["CAUSAL_LM"] },
  "model.peft_config.r": { about: "Rank of the LoRA matrices", default: 8 },
  "model.peft_config.lora_alpha": { about: "LoRA's scale is alpha / rank", default: 8 },
  "model.peft_config.lora_dropout": { about: "Dropout in front of the adapters", default: 0 },
  "model.peft_config.target_modules": { holds: "modules", about: "Modules to adapt" },
  "model.peft_config.layers_to_transform": { about: "Numbers of the layers to adapt; all without it" },
  "model.peft_config.modules_to_save": { about: "Modules to train in full beside the adapters", default: "" },
  "model.peft_config.use_rslora": { about: "Scale by alpha / √rank", default: false },
  "model.peft_config.use_dora": { about: "DoRA: adapt direction and magnitude apart", default: false },
  "tokenizer.name": { about: "Hugging Face id or path of the tokenizer" },
  "train_loader.name": { about: "Kind of data", values: ["finetuning", "text", "denoising"] },
  "train_loader.dataset.hf_name": { about: "Data set: a Hub id, or a format such as json" },
  "train_loader.dataset.hf_kwargs.data_dir": { about: "Folder of local data" },
  "train_loader.dataset.hf_kwargs.data_files": { about: "Files of local data" },
  "train_loader.dataset.remote": { about: "Streamed data: where they are" },
  "train_loader.dataset.local": { about: "Streamed data: where they are kept" },
  "train_loader.dataset.streams": { about: "Streamed data: several sources by name" },
  "train_loader.dataset.split": { about: "Split to train on" },
  "train_loader.dataset.max_seq_len": { about: "Longest training sequence in tokens" },
  "train_loader.dataset.packing_ratio": { about: "Samples per packed sequence, or auto; no packing without it" },
  "train_loader.dataset.decoder_only_format": { about: "Prompt and answer in one sequence" },
  "train_loader.drop_last": { about: "Leave out the last, incomplete batch", default: false },
  "train_loader.num_workers": { about: "Processes that load data", default: 0 },
  max_seq_len: { about: "Longest sequence in tokens", note: t`max_seq_len is not set; LLM-Foundry requires it` },
  "optimizer.name": {
    about: "Optimizer; weight decay of the decoupled ones is not multiplied by the learning rate",
    values: ["decoupled_adamw", "decoupled_lionw", "clip_lion", "adalr_lion", "no_op"],
    note: t`optimizer.name is not set; LLM-Foundry requires it`,
  },
  "optimizer.lr": { about: "Peak learning rate", default: 1e-3, note: t`1e-4 for Lion` },
  "optimizer.betas": { about: "Decays of the two moments", default: "0.9, 0.95", note: t`0.9 and 0.99 for Lion` },
  "optimizer.eps": { about: "AdamW's epsilon", default: 1e-8 },
  "optimizer.weight_decay": {
    about: "Decay per update, not multiplied by the rate",
    default: 1e-5,
    note: t`0 for Lion`,
  },
  "optimizer.param_groups": { about: "Parameters with settings of their own: param_str_match and lr, for instance" },
  "scheduler.name": {
    about: "Course of the learning rate",
    values: ["cosine_with_warmup", "linear_decay_with_warmup", "constant_with_warmup", "inv_sqrt_with_warmup"],
    note: t`scheduler.name is not set; LLM-Foundry requires it`,
  },
  "scheduler.t_warmup": {
    about: "Warmup, such as 100ba or 0.03dur",
    note: t`t_warmup is not set; the schedule requires it`,
  },
  "scheduler.t_max": { about: "When the decay ends", default: "1dur" },
  "scheduler.alpha_i": { about: "First rate of the decay as a share of the peak", default: 1 },
  "scheduler.alpha_f": { about: "Last rate as a share of the peak", default: 0 },
  "scheduler.t_scale": { about: "Time scale of inv_sqrt_with_warmup" },
  "scheduler.t_cooldown": { about: "Linear cooldown of inv_sqrt_with_warmup" },
  "scheduler.alpha_f_decay": { about: "Rate that the square root approaches, as a share of the peak", default: 0 },
  "scheduler.alpha_f_cooldown": { about: "Last rate of the cooldown as a share of the peak", default: 0 },
  "algorithms.gradient_clipping.clipping_type": { about: "What is clipped", values: ["norm", "value", "adaptive"] },
  "algorithms.gradient_clipping.clipping_threshold": { about: "Norm to which gradients are clipped" },
  max_duration: { about: "Length of the run: epochs (2ep), batches (1000ba), tokens (2e9tok) or samples (500sp)" },
  global_train_batch_size: { about: "Sequences per optimizer update on all GPUs; the accumulation follows from it" },
  device_train_microbatch_size: {
    about: "Sequences per GPU in one forward pass; auto finds the largest that fits",
    note: t`Composer finds the largest that fits`,
  },
  device_eval_batch_size: { about: "Sequences per GPU in one evaluation pass" },
  precision: {
    about: "Type of computation over float32 weights",
    default: "amp_bf16",
    values: ["amp_bf16", "amp_fp16", "fp32", "amp_fp8"],
  },
  fsdp_config: { about: "Fully sharded training; plain data parallelism without it" },
  "fsdp_config.sharding_strategy": {
    about: "What is split over the GPUs",
    default: "FULL_SHARD",
    values: ["FULL_SHARD", "SHARD_GRAD_OP", "HYBRID_SHARD", "NO_SHARD"],
  },
  "fsdp_config.mixed_precision": {
    about: "Types in which weights and gradients travel",
    default: "DEFAULT",
    values: ["PURE", "DEFAULT", "FULL"],
  },
  "fsdp_config.activation_checkpointing": {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: false,
  },
  "fsdp_config.activation_checkpointing_reentrant": { about: "Checkpoint the reentrant way", default: true },
  "fsdp_config.activation_cpu_offload": { about: "Keep activations in the host's memory", default: false },
  "fsdp_config.limit_all_gathers": { about: "Gather no more weights ahead than needed", default: true },
  "tp_config.tensor_parallel_degree": { about: "GPUs that share each matrix", default: 1 },
  eval_interval: { about: "Time between two evaluations, such as 500ba; a bare number counts epochs", default: 1 },
  eval_loader: { about: "Data for evaluation" },
  icl_tasks: { about: "Tasks for evaluation" },
  eval_first: { about: "Evaluate before training", default: false },
  save_interval: { about: "Time between two checkpoints", default: "1000ba" },
  save_folder: { about: "Folder of checkpoints" },
  load_path: { about: "Checkpoint to start from" },
  load_weights_only: { about: "Load the weights without optimizer and schedule", default: false },
  run_name: { about: "Name of the run" },
  seed: { about: "Random seed" },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

const groupVocabulary = {
  param_str_match: { about: "Regular expression of the parameters' names" },
  lr: { about: "Learning rate of the group", note: t`lr is not set` },
} as const satisfies Vocabulary;

/** LLM-Foundry on Composer: one YAML file, alone or as the `parameters` of a job of MosaicML's platform. */
export const llmFoundry: Dialect = {
  id: "llm-foundry",
  label: "LLM-Foundry",
  telltales: ["train_loader", "global_train_batch_size", "device_train_microbatch_size"],
  vocabulary,
  // The settings of the optimizer are a mapping without types.
  loader: {
    ...omegaConf,
    textNumbers: [
      { keys: /^(?:parameters\.)?optimizer\.(?:lr|weight_decay|eps)$/, written: ["in quotes"], stops: "surely" },
    ],
  },
  detect(document) {
    const { entries } = parametersOf(document).root;
    if (!entries.has("train_loader") || !entries.has("model")) return 0;
    const trains = ["max_duration", "global_train_batch_size", "device_train_microbatch_size", "optimizer"];
    return trains.some((key) => entries.has(key)) ? 1 : 0;
  },
  read(whole) {
    const document = parametersOf(whole);
    const keys = reader(document, vocabulary);
    const gpus = readGpus(whole);
    const micro = readMicroBatch(keys);
    const global = keys.number("global_train_batch_size");
    const lion = /lion/.test(keys.text("optimizer.name").value ?? "");
    const method = readMethod(keys);
    return {
      stage: readStage(keys),
      model: {
        id: keys.text("model.pretrained_model_name_or_path", keys.text("model.name")),
        shape: keys.text("model.name").value === "mpt_causal_lm" ? readShape(keys) : null,
      },
      method,
      lora: method.value === "lora" ? peftLora(keys, "model.peft_config") : null,
      quantization: readQuantization(keys),
      optimizer: {
        name: keys.text("optimizer.name"),
        weightDecay: keys.number("optimizer.weight_decay", lion ? byDefault(0) : undefined),
        beta2: beta2Of(keys.words("optimizer.betas", lion ? byDefault(["0.9", "0.99"]) : undefined)),
        maxGradNorm: readClipping(keys),
      },
      learningRate: {
        peak: keys.number("optimizer.lr", lion ? byDefault(1e-4) : undefined),
        scheduler: keys.text("scheduler.name"),
        family: "composer",
        schedulerArguments: readSchedulerArguments(keys, document),
        warmup: readWarmup(keys),
        ...readGroups(keys, document),
      },
      duration: readDuration(keys, global),
      evaluationInterval: (["eval_loader", "icl_tasks"] as const).some(keys.has)
        ? readInterval(keys.text("eval_interval"))
        : byDefault(never, t`there are no data to evaluate on`),
      saveInterval: keys.has("save_folder")
        ? readInterval(keys.text("save_interval"))
        : byDefault(never, t`save_folder is not set`),
      batch: {
        micro,
        accumulation: accumulationFrom(global, micro, gpus, batchNote, Math.ceil),
        global,
        ...readSamplesOfBatch(keys, global, gpus),
        evaluation: keys.number("device_eval_batch_size"),
      },
      sequenceLength: keys.number("train_loader.dataset.max_seq_len", keys.number("max_seq_len")),
      packing: readPacking(keys),
      data: {
        ...unknownData,
        sources: readSources(keys),
        validation: byDefault(0, t`evaluation has data of its own`),
        dropLast: keys.flag("train_loader.drop_last"),
      },
      precision: composerPrecision(
        keys.text("precision"),
        byDefault("float32", t`LLM-Foundry keeps the weights in float32`),
      ),
      gradientCheckpointing: keys.flag("fsdp_config.activation_checkpointing"),
      attention: readAttention(keys),
      loss: byDefault("materialised"),
      parallelism: {
        ...dataParallel(gpus, { ...readSharding(keys), offload: byDefault("none") }),
        tensor: keys.number("tp_config.tensor_parallel_degree"),
      },
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "optimizer.lr",
    microBatch: "device_train_microbatch_size",
    accumulation: "global_train_batch_size",
    evaluationBatch: "device_eval_batch_size",
    sequenceLength: "max_seq_len",
    gradientCheckpointing: "fsdp_config.activation_checkpointing",
    epochs: "max_duration",
    warmupSteps: "scheduler.t_warmup",
    warmupRatio: "scheduler.t_warmup",
    scheduler: "scheduler.name",
    schedulerSettings: "scheduler.*",
    optimizer: "optimizer.name",
    loraRank: "model.peft_config.r",
  },
  levers: {
    flashAttention: [
      { set: { "model.attn_config.attn_impl": inPlaceOf(/./, "flash") } },
      { set: { "model.use_flash_attention_2": true } },
    ],
    zero2: [fullySharded("SHARD_GRAD_OP")],
    zero3: [fullySharded("FULL_SHARD")],
    full: [{ set: { "model.peft_config": null } }],
    lora: [
      {
        set: { "model.peft_config.peft_type": "LORA" },
        adapters: {
          "model.peft_config.task_type": "CAUSAL_LM",
          "model.peft_config.r": 16,
          "model.peft_config.lora_alpha": 32,
        },
      },
    ],
  },
  write(whole, change) {
    const document = parametersOf(whole);
    const plan = llmFoundry.read(whole, { versions: {}, linked: new Map() });
    const inKeys = withGlobalBatch(change, plan, plan.parallelism.gpus.value);
    const { sequenceLength, gradientCheckpointing, epochs, warmupSteps, warmupRatio, ...others } = inKeys;
    const sharded = document.root.entries.get("fsdp_config")?.value.kind === "map";
    const checkpointing = gradientCheckpointing === undefined || !sharded ? {} : { gradientCheckpointing };
    return [
      ...writeKeys(document, llmFoundry.keys, { ...others, ...checkpointing }),
      ...(sequenceLength === undefined ? [] : writeSequenceLength(document, sequenceLength)),
      ...(epochs === undefined ? [] : writeTime(document, "max_duration", epochs, "ep")),
      ...(warmupSteps === undefined ? [] : writeTime(document, "scheduler.t_warmup", warmupSteps, "ba")),
      ...(warmupRatio === undefined ? [] : writeTime(document, "scheduler.t_warmup", warmupRatio, "dur")),
    ];
  },
};

function fullySharded(strategy: string): Lever {
  const values = { "fsdp_config.sharding_strategy": strategy };
  return { set: values, fill: values };
}

/** The config within a job description of MosaicML's platform, which holds it under `parameters`; else the file itself. */
function parametersOf(document: ConfigDocument): ConfigDocument {
  const inner = document.root.entries.get("parameters")?.value;
  return inner?.kind === "map" && !document.root.entries.has("train_loader") ? { ...document, root: inner } : document;
}

/** The launcher decides, but a job description says how many GPUs it asks for. */
function readGpus(document: ConfigDocument): Sourced<number> {
  const asked = reader(document, computeVocabulary);
  return asked.number("compute.gpus", assumed(1, t`Composer takes the number of GPUs from the launcher`));
}

const computeVocabulary = { "compute.gpus": { about: "GPUs that the job asks for" } } as const satisfies Vocabulary;

function readMicroBatch(keys: Keys): Sourced<number> {
  const { note } = vocabulary.device_train_microbatch_size;
  const place = keys.place("device_train_microbatch_size");
  const searched = keys.text("device_train_microbatch_size").value === "auto";
  return searched ? unknown(note, place) : keys.number("device_train_microbatch_size");
}

/** The last micro batch of a GPU's share may be smaller. */
const batchNote = "global_train_batch_size / GPUs / device_train_microbatch_size";

/** Answers are finetuning data; plain text continues the pretraining of weights that are there, or starts it. */
function readStage(keys: Keys): Sourced<Stage> {
  const hugging = keys.has("model.pretrained_model_name_or_path");
  const continues = hugging ? keys.flag("model.pretrained").value !== false : keys.has("load_path");
  return mapped(keys.text("train_loader.name", byDefault("text")), (name): Stage => {
    if (name === "finetuning") return "sft";
    return continues ? "continued-pretrain" : "pretrain";
  });
}

function readMethod(keys: Keys): Sourced<Method> {
  if (!keys.has("model.peft_config")) return byDefault("full", t`no model.peft_config`);
  return mapped(keys.text("model.peft_config.peft_type"), (type) => (/^lora$/i.test(type) ? "lora" : "adapter"));
}

function readQuantization(keys: Keys): Quantization | null {
  const eight = keys.flag("model.load_in_8bit");
  if (!eight.value) return null;
  const untouched = byDefault(false, t`LLM-Foundry does not prepare the model for k-bit training`);
  return { bits: mapped(eight, () => 8), doubleQuantization: byDefault(false), float32Norms: untouched };
}

/** Only clipping of the norm has a norm. */
function readClipping(keys: Keys): Sourced<number> {
  const kind = keys.text("algorithms.gradient_clipping.clipping_type", byDefault("norm"));
  const threshold = keys.number("algorithms.gradient_clipping.clipping_threshold", byDefault(0));
  return kind.value === "norm" ? threshold : unknown(t`clipped by ${kind.value}, not by their norm`, kind.place);
}

/** The scheduler's own settings, and `max_duration`, which some of them are shares of. */
function readSchedulerArguments(keys: Keys, document: ConfigDocument): Sourced<SchedulerArguments> {
  const own = schedulerArgumentsIn(document, "scheduler", (key) => key !== "name");
  const { value: time } = readMaxDuration(keys);
  const duration = time ? ([["max_duration", `${time.amount}${time.unit}`]] as const) : [];
  return mapped(own, (settings) => new Map([...settings, ...duration]));
}

/** A bare number counts epochs. */
function readMaxDuration(keys: Keys): Sourced<TimeString> {
  const text = keys.text("max_duration", unknown(t`max_duration is not set; LLM-Foundry requires it`));
  if (text.origin === "unknown") return text;
  const bare = numberFrom(text.value);
  const value = bare === undefined ? timeStringFrom(text.value) : { amount: bare, unit: "ep" };
  return value ? { ...text, value } : unknown(t`"${text.value}" is not a time, such as 2ep or 1000ba`, text.place);
}

function readDuration(keys: Keys, global: Sourced<number>): Duration {
  const time = readMaxDuration(keys);
  const unit = time.value?.unit;
  const amount = mapped(time, (known) => known.amount);
  const none = mapped(time, () => null);
  const batches = derived(amount, global, "samples / global_train_batch_size", (samples, size) =>
    Math.ceil(samples / size),
  );
  return {
    epochs: unit === "ep" || unit === undefined ? amount : unknown(t`max_duration is not in epochs`, time.place),
    maxSteps: unit === "ba" ? amount : unit === "sp" ? batches : none,
    maxTokens: unit === "tok" ? amount : none,
  };
}

/** Shares of the run are cut to whole units; other units are told from those of `max_duration`, which must be the same. */
function readWarmup(keys: Keys): Sourced<Warmup> {
  const name = keys.text("scheduler.name").value;
  if (name !== undefined && !name.endsWith("_with_warmup")) return byDefault({ steps: 0 }, t`${name} has no warmup`);
  const text = keys.text("scheduler.t_warmup");
  if (text.origin === "unknown") return text;
  const time = timeStringFrom(text.value);
  if (!time) return unknown(t`"${text.value}" is not a time, such as 100ba or 0.03dur`, text.place);
  const { amount, unit } = time;
  const total = readMaxDuration(keys).value;
  if (unit === "ba" || amount === 0) return mapped(text, () => ({ steps: amount }));
  if (unit === "dur") return mapped(text, () => ({ ratio: amount, rounding: "down" }));
  if (unit !== total?.unit) return unknown(t`${text.value} is not in the unit of max_duration`, text.place);
  return mapped(text, () => ({ ratio: amount / total.amount, rounding: "exact" }));
}

/** A parameter is in the first group whose expression its name has. Source: LLM-Foundry, utils/builders.py. */
function readGroups(keys: Keys, document: ConfigDocument): Pick<LearningRatePlan, "groups"> {
  const groups = keys.maps("optimizer.param_groups").map((root) => {
    const group = reader({ ...document, root }, groupVocabulary);
    return groupAt(t`parameters with ${group.text("param_str_match").value ?? t`another name`}`, group.number("lr"));
  });
  return rateGroups(...groups);
}

const intervalUnits: ReadonlyMap<string, IntervalUnit> = new Map([
  ["ba", "updates"],
  ["ep", "epochs"],
  ["sp", "samples"],
  ["tok", "tokens"],
]);

/** A bare number counts epochs; shares of the run are rounded up. Source: Composer, utils/misc.py (create_interval_scheduler). */
function readInterval(text: Sourced<string>): Sourced<Interval> {
  if (text.origin === "unknown") return text;
  const bare = numberFrom(text.value);
  const time = bare === undefined ? timeStringFrom(text.value) : { amount: bare, unit: "ep" };
  if (time?.unit === "dur") {
    return mapped(text, () => ({ kind: "share", of: "run", share: time.amount, rounding: "up" }));
  }
  const unit = intervalUnits.get(time?.unit ?? "");
  return time && unit
    ? mapped(text, () => every(time.amount, unit))
    : unknown(t`"${text.value}" is not a time that counts batches, epochs, samples or tokens`, text.place);
}

function readPacking(keys: Keys): Sourced<boolean> {
  if (keys.text("train_loader.name").value !== "finetuning") return byDefault(true, t`texts are cut to full sequences`);
  return mapped(keys.text("train_loader.dataset.packing_ratio", byDefault("1")), (ratio) => Number(ratio) !== 1);
}

/**
 * A GPU takes as many samples as its batch times the ratio, and packs them into its batch. Source: llm-foundry,
 * data/finetuning/dataloader.py (n_examples_to_pack).
 */
function readSamplesOfBatch(keys: Keys, global: Sourced<number>, gpus: Sourced<number>): Pick<BatchPlan, "step"> {
  const ratio = Number(keys.text("train_loader.dataset.packing_ratio").value);
  if (!readPacking(keys).value || !(ratio > 1)) return {};
  const note = t`the batch of a GPU × packing_ratio`;
  return { step: derived(global, gpus, note, (size, count) => Math.floor((size / count) * ratio) * count) };
}

/** Local data by their folder, not by the format that stands for them; streamed ones by where they come from. */
function readSources(keys: Keys): readonly DataSource[] {
  const settings = ["hf_kwargs.data_dir", "hf_kwargs.data_files", "hf_name", "remote", "local"] as const;
  const streams = byDefault(keys.names("train_loader.dataset.streams"));
  const found = settings
    .map((name) => keys.words(`train_loader.dataset.${name}`, byDefault([])))
    .find((names) => (names.value?.length ?? 0) > 0);
  return namedSources(found ?? streams);
}

/** MPT's `torch` kernel and Hugging Face's default here are plain attention. */
function readAttention(keys: Keys): Sourced<Attention> {
  const kernel = (name: string): Attention => (name === "torch" ? "eager" : "flash");
  if (keys.has("model.attn_config.attn_impl") || keys.text("model.name").value === "mpt_causal_lm") {
    return mapped(keys.text("model.attn_config.attn_impl"), kernel);
  }
  if (keys.has("model.config_overrides.attn_config.attn_impl")) {
    return mapped(keys.text("model.config_overrides.attn_config.attn_impl"), kernel);
  }
  return mapped(keys.flag("model.use_flash_attention_2"), (on) => (on ? "flash" : "eager"));
}

function readSharding(keys: Keys): Pick<Split, "sharding" | "groups"> {
  if (!keys.has("fsdp_config")) return { sharding: byDefault("none", t`no fsdp_config`) };
  return strategySplit(keys.text("fsdp_config.sharding_strategy"));
}

/** MPT's shape: two matrices per MLP unless it is gated, biases and learned positions unless they are turned off. */
function readShape(keys: Keys): Sourced<ModelShape> {
  const hidden = keys.number("model.d_model");
  const heads = keys.number("model.n_heads").value;
  const layers = keys.number("model.n_layers").value;
  const vocab = keys.number("model.vocab_size").value;
  const context = keys.number("model.max_seq_len").value;
  const ratio = keys.number("model.expansion_ratio").value;
  if (!heads || !layers || !vocab || !context || !ratio) {
    return unknown(t`a size of the model is not a number`, keys.place("model.d_model"));
  }
  const shared = keys.text("model.attn_config.attn_type").value === "multiquery_attention";
  const elsewhere = keys.flag("model.attn_config.alibi").value || keys.flag("model.attn_config.rope").value;
  const learned = keys.flag("model.learned_pos_emb").value !== false && !elsewhere;
  return mapped(hidden, (width) => ({
    hidden: width,
    layers,
    heads,
    vocab,
    kvHeads: shared ? 1 : (keys.number("model.attn_config.kv_n_heads").value ?? heads),
    intermediate: keys.number("model.ffn_config.ffn_hidden_size").value ?? Math.floor(width * ratio),
    context,
    tied: keys.flag("model.tie_word_embeddings").value !== false,
    gated: keys.text("model.ffn_config.ffn_type").value === "mptglu",
    biased: keys.flag("model.no_bias").value !== true,
    ...(learned ? { positions: context } : {}),
  }));
}

/** The model's and the data's lengths, which mostly refer to one value. */
function writeSequenceLength(document: ConfigDocument, length: number): readonly TextEdit[] {
  const paths = ["max_seq_len", "train_loader.dataset.max_seq_len"].filter((path) => entryAt(document.root, path));
  const edits = (paths.length === 0 ? ["max_seq_len"] : paths).flatMap((path) => setValue(document, path, length));
  return [...new Map(edits.map((edit) => [JSON.stringify(edit.range), edit])).values()];
}

function writeTime(document: ConfigDocument, path: string, amount: number, unit: string): readonly TextEdit[] {
  return writeBare(document, path, `${numberLike("0.1", amount)}${unit}`, ["name"]);
}
