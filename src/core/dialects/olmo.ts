import { t } from "../language.ts";
import { inUpdates, never } from "../plan/interval.ts";
import type { ModelShape } from "../plan/modelShape.ts";
import type { DataSource, Duration, Stage, TrainingPlan, Warmup } from "../plan/plan.ts";
import { assumed, byDefault, derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import { type ConfigDocument, entryAt } from "../text/document.ts";
import { setValue, type TextEdit } from "../text/edit.ts";
import { numberFrom } from "../text/scalar.ts";
import { accumulationFrom, withGlobalBatch } from "./batch.ts";
import { beta2Of } from "./betas.ts";
import { namedSources, unknownData } from "./data.ts";
import type { Dialect } from "./dialect.ts";
import { omegaConf } from "./loader.ts";
import { composerPrecision } from "./precision.ts";
import { type Reader, reader } from "./reader.ts";
import { schedulerArgumentsIn } from "./schedulerArguments.ts";
import { copiesOf, dataParallel, type Split, strategySplit } from "./sharding.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeBare, writeKeys } from "./write.ts";

// Keys and defaults: allenai/OLMo at 59a53e3f68e5, olmo/config.py, olmo/train.py, olmo/optim.py.

const vocabulary = {
  run_name: { about: "Name of the run" },
  seed: { about: "Random seed", default: 6198 },
  "model.d_model": { about: "Width of the model", default: 768 },
  "model.n_heads": { about: "Attention heads", default: 12 },
  "model.n_kv_heads": { about: "Key and value heads; as many as heads where absent" },
  "model.multi_query_attention": { about: "One key and value head; now n_kv_heads" },
  "model.n_layers": { about: "Blocks", default: 12 },
  "model.mlp_ratio": { about: "Width of the MLP over d_model; swiglu halves it", default: 4 },
  "model.mlp_hidden_size": { about: "Width of the MLP, instead of mlp_ratio; swiglu halves it" },
  "model.activation_type": { about: "Activation", default: "swiglu", values: ["swiglu", "gelu", "relu"] },
  "model.block_type": { about: "Kind of block", default: "sequential", values: ["sequential", "llama"] },
  "model.alibi": { about: "ALiBi instead of positions", default: false },
  "model.rope": { about: "Rotary positions; learned ones without it and alibi", default: false },
  "model.rope_theta": { about: "Base of the rotary frequencies", default: 10_000 },
  "model.flash_attention": { about: "Flash attention; torch's own kernel without it", default: false },
  "model.attention_layer_norm": { about: "Normalise queries and keys", default: false },
  "model.layer_norm_type": { about: "Norm", default: "default", values: ["default", "low_precision", "rms"] },
  "model.norm_after": { about: "Norms behind attention and MLP instead of in front", default: false },
  "model.max_sequence_length": { about: "Length of the sequences in tokens", default: 1024 },
  "model.include_bias": { about: "Biases in the linear layers", default: true },
  "model.vocab_size": { about: "Tokens of the vocabulary", default: 50_257 },
  "model.embedding_size": { about: "Rows of the embedding; vocab_size when null", default: 50_304 },
  "model.weight_tying": { about: "Share the embedding with the output layer", default: true },
  "model.attention_dropout": { about: "Dropout of the attention", default: 0.1 },
  "model.residual_dropout": { about: "Dropout of attention's and MLP's outputs", default: 0.1 },
  "model.embedding_dropout": { about: "Dropout of the embeddings", default: 0.1 },
  "model.init_device": { about: "Where the weights are made" },
  "model.init_fn": {
    about: "How the weights are made",
    default: "normal",
    values: ["normal", "mitchell", "full_megatron"],
  },
  "optimizer.name": { about: "Optimizer", default: "lionw", values: ["adamw", "lionw"] },
  "optimizer.learning_rate": { about: "Peak learning rate", default: 1e-4 },
  "optimizer.weight_decay": { about: "Decoupled weight decay", default: 0.01 },
  "optimizer.betas": { about: "Decays of the two moments", default: "0.9, 0.95" },
  "optimizer.eps": { about: "AdamW's epsilon", default: 1e-5 },
  "optimizer.decay_norm_and_bias": { about: "Decay norms and biases too", default: false },
  "optimizer.decay_embeddings": { about: "Decay embeddings too", default: false },
  "optimizer.metrics_log_interval": { about: "Updates between two logs of the optimizer's metrics" },
  "scheduler.name": {
    about: "Course of the learning rate",
    default: "cosine_with_warmup",
    values: [
      "cosine_with_warmup",
      "linear_with_warmup",
      "inverse_sqrt_with_warmup",
      "cosine_linear_envelope",
      "max_scheduler",
      "constant",
    ],
  },
  "scheduler.units": { about: "What t_warmup and t_max count", default: "steps", values: ["steps", "tokens"] },
  "scheduler.t_warmup": { about: "Warmup, in the scheduler's units", default: 100 },
  "scheduler.t_max": { about: "End of the decay, in the scheduler's units; the end of the run where absent" },
  "scheduler.alpha_f": { about: "Last rate as a share of the peak", default: 0.1 },
  "scheduler.warmup_min_lr": { about: "Rate at the start of the warmup; a tenth of the peak where absent" },
  "scheduler.grad_clip_warmup_steps": { about: "Time for which clipping is looser" },
  "scheduler.grad_clip_warmup_factor": { about: "How much looser" },
  "data.paths": { about: "Files of tokens to train on" },
  "data.datasets": { about: "Files of tokens by data set" },
  "data.label_mask_paths": { about: "Masks of the tokens that count, one file per data file" },
  "data.memmap_dtype": { about: "Type of the stored tokens", default: "uint16" },
  "data.num_workers": { about: "Processes that load data", default: 0 },
  "data.drop_last": { about: "Leave out the last, incomplete batch", default: false },
  "tokenizer.identifier": { about: "Tokenizer: a Hub id or a file", default: "gpt2" },
  max_duration: { about: "Length of the run: updates (10000), tokens (2e12T) or epochs (1ep)", default: 10_000 },
  stop_at: { about: "Stop at this update; the schedule still runs to max_duration" },
  global_train_batch_size: {
    about: "Sequences per optimizer update on all GPUs; the accumulation follows from it",
    default: 512,
  },
  device_train_microbatch_size: { about: "Sequences per GPU in one forward pass", default: 16 },
  device_eval_batch_size: { about: "Sequences per GPU in one evaluation pass", default: 16 },
  precision: {
    about: "Type of computation over float32 weights",
    values: ["amp_bf16", "amp_fp16", "fp32"],
    note: t`precision is not set; OLMo requires it`,
  },
  distributed_strategy: { about: "How GPUs share the work", default: "fsdp", values: ["fsdp", "ddp", "single"] },
  "fsdp.sharding_strategy": {
    about: "What is split over the GPUs",
    default: "FULL_SHARD",
    values: ["FULL_SHARD", "SHARD_GRAD_OP", "HYBRID_SHARD", "NO_SHARD"],
  },
  "fsdp.hybrid_sharding_num_model_replicas": { about: "Copies of the model in a hybrid strategy; one per node" },
  "fsdp.wrapping_strategy": {
    about: "What is gathered at once",
    values: ["by_block", "by_block_and_size", "size_based"],
  },
  "fsdp.precision": {
    about: "Types in which weights and gradients travel",
    default: "pure",
    values: ["pure", "mixed"],
  },
  activation_checkpointing: {
    about: "Which blocks recompute their activations; none where absent",
    values: [
      "whole_layer",
      "one_in_two",
      "one_in_three",
      "one_in_four",
      "two_in_three",
      "three_in_four",
      "fine_grained",
    ],
  },
  fused_loss: { about: "Flash attention's kernel for the loss", default: false },
  softmax_auxiliary_loss: { about: "Keep the logits small", default: false },
  max_grad_norm: { about: "Norm to which gradients are clipped; not clipped where absent", default: 0 },
  max_grad_norm_ratio: { about: "Clip to this multiple of the mean norm; goes before max_grad_norm" },
  compile: { about: "Compile the model" },
  load_path: { about: "Checkpoint to start from" },
  restore_dataloader: { about: "Continue in the data where the checkpoint stopped", default: true },
  reset_trainer_state: { about: "Start at the first update whatever the checkpoint says", default: false },
  reset_optimizer_state: { about: "Leave the checkpoint's optimizer out", default: false },
  save_folder: { about: "Folder of checkpoints", default: "./" },
  save_interval: { about: "Updates between two checkpoints", default: 1000 },
  eval_interval: { about: "Updates between two evaluations", default: 1000 },
  evaluators: { about: "Evaluations" },
  time_limit: { about: "Seconds after which the run stops" },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** OLMo: one YAML file that spells out the model too. */
export const olmo: Dialect = {
  id: "olmo",
  label: "OLMo",
  telltales: ["global_train_batch_size", "device_train_microbatch_size", "max_duration"],
  vocabulary,
  loader: omegaConf,
  detect({ root }) {
    const { entries } = root;
    if (entries.get("model")?.value.kind !== "map" || entries.has("train_loader")) return 0;
    const shaped = ["model.d_model", "model.n_layers", "tokenizer.identifier", "data.paths", "data.datasets"];
    if (!shaped.some((path) => entryAt(root, path))) return 0;
    const trains = ["global_train_batch_size", "device_train_microbatch_size", "max_duration"];
    return trains.some((key) => entries.has(key)) ? 1 : 0;
  },
  read(document) {
    const keys = reader(document, vocabulary);
    const gpus = assumed(1, t`OLMo takes the number of GPUs from the launcher`);
    const micro = keys.number("device_train_microbatch_size");
    const global = keys.number("global_train_batch_size");
    const sequenceLength = keys.number("model.max_sequence_length");
    return {
      stage: readStage(keys),
      model: { id: unknown(t`OLMo's configs name no model, they spell it out`), shape: readShape(keys) },
      method: byDefault("full", t`OLMo trains every weight`),
      lora: null,
      quantization: null,
      optimizer: {
        name: keys.text("optimizer.name"),
        weightDecay: keys.number("optimizer.weight_decay"),
        beta2: beta2Of(keys.words("optimizer.betas")),
        maxGradNorm: keys.number("max_grad_norm"),
      },
      learningRate: {
        peak: keys.number("optimizer.learning_rate"),
        scheduler: keys.text("scheduler.name"),
        family: "olmo",
        schedulerArguments: schedulerArgumentsIn(document, "scheduler", (key) => bendingKeys.includes(key)),
        warmup: readWarmup(keys, global, sequenceLength),
      },
      duration: readDuration(keys),
      evaluationInterval: keys.has("evaluators")
        ? inUpdates(keys.number("eval_interval"))
        : byDefault(never, t`evaluators are not set`),
      saveInterval: inUpdates(keys.number("save_interval")),
      batch: {
        micro,
        accumulation: accumulationFrom(global, micro, gpus, batchNote, Math.ceil),
        global,
        evaluation: keys.number("device_eval_batch_size"),
      },
      sequenceLength,
      packing: byDefault(true, t`texts are cut to full sequences`),
      data: {
        ...unknownData,
        sources: readSources(keys),
        validation: byDefault(0, t`evaluation has data of its own`),
      },
      precision: composerPrecision(keys.text("precision"), byDefault("float32", t`OLMo keeps the weights in float32`)),
      gradientCheckpointing: readCheckpointing(keys),
      attention: mapped(keys.flag("model.flash_attention"), (on) => (on ? "flash" : "sdpa")),
      loss: byDefault("materialised"),
      parallelism: dataParallel(gpus, { ...readSharding(keys), offload: byDefault("none") }),
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "optimizer.learning_rate",
    microBatch: "device_train_microbatch_size",
    accumulation: "global_train_batch_size",
    evaluationBatch: "device_eval_batch_size",
    sequenceLength: "model.max_sequence_length",
    gradientCheckpointing: "activation_checkpointing",
    epochs: "max_duration",
    warmupSteps: "scheduler.t_warmup",
    scheduler: "scheduler.name",
    schedulerSettings: "scheduler.*",
    optimizer: "optimizer.name",
  },
  levers: {
    zero2: [{ set: { "fsdp.sharding_strategy": "SHARD_GRAD_OP" } }],
    zero3: [{ set: { "fsdp.sharding_strategy": "FULL_SHARD" } }],
  },
  write(document, change) {
    const plan = olmo.read(document, { versions: {}, linked: new Map() });
    const { gradientCheckpointing, epochs, warmupSteps, ...others } = withGlobalBatch(change, plan);
    return [
      ...writeKeys(document, olmo.keys, others),
      ...(gradientCheckpointing === undefined ? [] : writeCheckpointing(document, gradientCheckpointing)),
      ...(epochs === undefined ? [] : writeBare(document, "max_duration", `${epochs}ep`)),
      ...(warmupSteps === undefined ? [] : writeWarmup(document, warmupSteps)),
    ];
  },
};

/** The last micro batch of a GPU's share may be smaller. */
const batchNote = "global_train_batch_size / GPUs / device_train_microbatch_size";

/** A checkpoint whose place in the data is given up starts another run; masked labels are finetuning's. */
function readStage(keys: Keys): Sourced<Stage> {
  if (keys.has("data.label_mask_paths")) return byDefault("sft", t`data.label_mask_paths is set`);
  const starts = keys.flag("restore_dataloader").value === false || keys.flag("reset_trainer_state").value === true;
  return byDefault(keys.has("load_path") && starts ? "continued-pretrain" : "pretrain");
}

/** A bare number counts updates; `T` stands for tokens. */
function readDuration(keys: Keys): Duration {
  const text = keys.text("max_duration");
  const none = mapped(text, () => null);
  const [, digits = "", unit = ""] = /^([\d._e+-]+?)(T|ep)?$/i.exec(text.value?.trim() ?? "") ?? [];
  const amount = numberFrom(digits);
  if (text.origin !== "unknown" && amount === undefined) {
    const lost = unknown(t`"${text.value}" is not a duration, such as 10000, 2e12T or 1ep`, text.place);
    return { epochs: lost, maxSteps: lost, maxTokens: lost };
  }
  const value = mapped(text, () => amount ?? 0);
  return {
    epochs: unit.toLowerCase() === "ep" ? value : unknown(t`max_duration is not in epochs`, text.place),
    maxSteps: unit === "" ? value : none,
    maxTokens: unit.toUpperCase() === "T" ? value : none,
  };
}

/** In tokens, the warmup is told in updates, of which the last may be a part. */
function readWarmup(keys: Keys, global: Sourced<number>, sequenceLength: Sourced<number>): Sourced<Warmup> {
  const time = keys.number("scheduler.t_warmup");
  if (keys.text("scheduler.units").value !== "tokens") return mapped(time, (steps) => ({ steps }));
  const note = "t_warmup / (global_train_batch_size × max_sequence_length)";
  const tokens = derived(global, sequenceLength, note, (sequences, length) => sequences * length);
  return derived(time, tokens, note, (warmup, perUpdate) => ({ steps: warmup / perUpdate }));
}

const bendingKeys = ["units", "t_max", "alpha_f", "warmup_min_lr"];

function readSources(keys: Keys): readonly DataSource[] {
  if (keys.has("data.paths")) return namedSources(keys.words("data.paths"));
  return namedSources(byDefault(keys.names("data.datasets")));
}

/** Recomputing fewer than half of the blocks counts as none: it saves little. */
function readCheckpointing(keys: Keys): Sourced<boolean> {
  const strategy = keys.text("activation_checkpointing", byDefault("false"));
  if (strategy.value !== "one_in_three" && strategy.value !== "one_in_four") {
    return mapped(strategy, (name) => name !== "false");
  }
  return { ...strategy, value: false, note: t`${strategy.value}: most blocks keep their activations` };
}

/** Copies of the model are counted by a key of their own, which decides in hybrid strategies only. Source: OLMo, scripts/train.py. */
function readSharding(keys: Keys): Pick<Split, "sharding" | "groups"> {
  const strategy = keys.text("distributed_strategy");
  if (strategy.value !== "fsdp") return { sharding: mapped(strategy, () => "none") };
  const split = strategySplit(keys.text("fsdp.sharding_strategy"));
  const copies = "fsdp.hybrid_sharding_num_model_replicas";
  return split.groups && keys.has(copies) ? { ...split, ...copiesOf(keys.number(copies)) } : split;
}

/** The width of the MLP counts both halves of swiglu; an `embedding_size` of null stands for the vocabulary's. */
function readShape(keys: Keys): Sourced<ModelShape> {
  const hidden = keys.number("model.d_model");
  const heads = keys.number("model.n_heads").value;
  const layers = keys.number("model.n_layers").value;
  const context = keys.number("model.max_sequence_length").value;
  const ratio = keys.number("model.mlp_ratio").value;
  const vocab = keys.number(keys.nullAt("model.embedding_size") ? "model.vocab_size" : "model.embedding_size").value;
  if (!heads || !layers || !context || !ratio || !vocab) {
    return unknown(t`a size of the model is not a number`, keys.place("model.d_model"));
  }
  const gated = keys.text("model.activation_type").value === "swiglu";
  const shared = keys.flag("model.multi_query_attention", byDefault(false)).value;
  const learned = !keys.flag("model.rope").value && !keys.flag("model.alibi").value;
  return mapped(hidden, (width) => {
    const inner = keys.number("model.mlp_hidden_size").value ?? ratio * width;
    return {
      hidden: width,
      layers,
      heads,
      vocab,
      kvHeads: keys.number("model.n_kv_heads").value ?? (shared ? 1 : heads),
      intermediate: gated ? Math.floor(inner / 2) : inner,
      context,
      tied: keys.flag("model.weight_tying").value !== false,
      gated,
      biased: keys.flag("model.include_bias").value !== false,
      ...(learned ? { positions: context } : {}),
    };
  });
}

function writeCheckpointing(document: ConfigDocument, on: boolean): readonly TextEdit[] {
  const beside = ["device_train_microbatch_size", "global_train_batch_size"];
  return setValue(document, "activation_checkpointing", on ? "whole_layer" : false, beside);
}

/** In the scheduler's units. */
function writeWarmup(document: ConfigDocument, steps: number): readonly TextEdit[] {
  const keys = reader(document, vocabulary);
  if (keys.text("scheduler.units").value !== "tokens") return writeKeys(document, olmo.keys, { warmupSteps: steps });
  const sequences = keys.number("global_train_batch_size").value;
  const length = keys.number("model.max_sequence_length").value;
  return sequences && length ? writeKeys(document, olmo.keys, { warmupSteps: steps * sequences * length }) : [];
}
