import { t } from "../language.ts";
import { inUpdates, never } from "../plan/interval.ts";
import type { ModelShape } from "../plan/modelShape.ts";
import type {
  Attention,
  BatchPlan,
  DataSource,
  Dtype,
  LearningRatePlan,
  Parallelism,
  Precision,
  SchedulerArguments,
  Stage,
  TrainingPlan,
} from "../plan/plan.ts";
import { byDefault, derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import { type ConfigDocument, type ConfigNode, type Entry, entryAt, type MapNode } from "../text/document.ts";
import type { TextEdit } from "../text/edit.ts";
import { unknownData } from "./data.ts";
import type { Dialect, PlanChange } from "./dialect.ts";
import { placeOf } from "./place.ts";
import { dtypeNamed, precisionOf } from "./precision.ts";
import { type Reader, reader } from "./reader.ts";
import { schedulerArgumentsAt } from "./schedulerArguments.ts";
import { zeroSharding } from "./sharding.ts";
import { attentionFrom } from "./trainingArguments.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: huggingface/nanotron at 2411b022a75f, src/nanotron/config/{config,models_config,parallelism_config}.py.

const vocabulary = {
  "general.project": { about: "Name of the project" },
  "general.run": { about: "Name of the run" },
  "general.seed": { about: "Random seed", default: 42 },
  "model.dtype": { about: "Type of the weights", default: "bfloat16", values: ["bfloat16", "float16", "float32"] },
  "model.init_method.std": { about: "Standard deviation of new weights" },
  "model.init_method.path": {
    about: "Checkpoint whose weights are loaded",
    note: t`nanotron configs spell out the model instead of naming it`,
  },
  "model.make_vocab_size_divisible_by": { about: "Pad the vocabulary to a multiple of this, times tp", default: 1 },
  "model.ddp_bucket_cap_mb": { about: "Size of the buckets of gradients", default: 25 },
  "model.model_config.hidden_size": { about: "Width of the model", default: 4096 },
  "model.model_config.num_hidden_layers": { about: "Transformer blocks", default: 32 },
  "model.model_config.intermediate_size": { about: "Width of the MLP", default: 11_008 },
  "model.model_config.num_attention_heads": { about: "Attention heads", default: 32 },
  "model.model_config.num_key_value_heads": {
    about: "Key and value heads; as many as attention heads without it",
    aliases: ["model.model_config.num_kv_heads"],
  },
  "model.model_config.vocab_size": { about: "Vocabulary", default: 32_000 },
  "model.model_config.max_position_embeddings": { about: "Longest sequence that the positions allow", default: 2048 },
  "model.model_config.tie_word_embeddings": { about: "Share the embeddings with the output layer", default: false },
  "model.model_config.attention_bias": { about: "Biases in the attention's linear layers", default: false },
  "model.model_config.hidden_act": { about: "Activation of the MLP", default: "silu" },
  "model.model_config.rope_theta": { about: "Base of the rotary frequencies", default: 10_000 },
  "model.model_config.rms_norm_eps": { about: "Epsilon of the norms", default: 1e-6 },
  "model.model_config._attn_implementation": {
    about: "Attention kernel",
    default: "flash_attention_2",
    values: ["flash_attention_2", "flex_attention", "sdpa"],
  },
  "model.model_config.moe_config.num_experts": { about: "Experts per MoE layer", default: 8 },
  "model.model_config.moe_config.top_k": { about: "Experts per token", default: 2 },
  "model.model_config.is_llama_config": { about: "The model is a Llama", default: false },
  "model.model_config.is_qwen2_config": { about: "The model is a Qwen 2", default: false },
  "model.model_config.is_starcoder2_config": { about: "The model is a StarCoder 2", default: false },
  "model.model_config.is_mamba_config": { about: "The model is a Mamba", default: false },
  "tokenizer.tokenizer_name_or_path": { about: "Tokenizer" },
  "optimizer.optimizer_factory.name": { about: "Optimizer", default: "adamW", values: ["adamW", "sgd"] },
  "optimizer.optimizer_factory.adam_beta1": {
    about: "Decay of AdamW's first moment",
    aliases: ["optimizer.adam_beta1"],
  },
  "optimizer.optimizer_factory.adam_beta2": {
    about: "Decay of AdamW's second moment",
    aliases: ["optimizer.adam_beta2"],
  },
  "optimizer.optimizer_factory.adam_eps": { about: "AdamW's epsilon", aliases: ["optimizer.adam_eps"] },
  "optimizer.optimizer_factory.torch_adam_is_fused": {
    about: "Use torch's fused AdamW",
    aliases: ["optimizer.torch_adam_is_fused"],
  },
  "optimizer.weight_decay": { about: "Decoupled weight decay" },
  "optimizer.clip_grad": {
    about: "Norm to which gradients are clipped",
    default: 0,
    note: t`gradients are not clipped`,
  },
  "optimizer.zero_stage": { about: "What ZeRO splits: nothing, or the optimizer's states", values: ["0", "1"] },
  "optimizer.accumulate_grad_in_fp32": {
    about: "Sum gradients in float32 and keep float32 weights beside those in dtype",
    default: false,
  },
  "optimizer.weight_decay_exclude_named_params": { about: "Parameters without weight decay" },
  "optimizer.learning_rate_scheduler": { about: "Warmup and decay of the learning rate" },
  "optimizer.learning_rate_scheduler.learning_rate": { about: "Peak learning rate" },
  "optimizer.learning_rate_scheduler.lr_warmup_steps": { about: "Updates until the peak", default: 0 },
  "optimizer.learning_rate_scheduler.lr_warmup_style": {
    about: "Course of the warmup",
    default: "linear",
    values: ["linear", "constant"],
  },
  "optimizer.learning_rate_scheduler.lr_decay_style": {
    about: "Course of the learning rate after the warmup",
    default: "linear",
    values: ["linear", "cosine", "1-sqrt"],
  },
  "optimizer.learning_rate_scheduler.lr_decay_steps": {
    about: "Updates over which the rate decays; to the end without it",
  },
  "optimizer.learning_rate_scheduler.lr_decay_starting_step": {
    about: "Update at which the decay starts; after the warmup without it",
  },
  "optimizer.learning_rate_scheduler.min_decay_lr": {
    about: "Rate after the decay; without it the rate does not decay at all",
  },
  "tokens.sequence_length": { about: "Tokens per sequence" },
  "tokens.train_steps": { about: "Optimizer updates" },
  "tokens.micro_batch_size": { about: "Sequences per GPU in one forward pass" },
  "tokens.batch_accumulation_per_replica": { about: "Forward passes per optimizer update" },
  "tokens.val_check_interval": { about: "Updates between two evaluations; -1: none", default: -1 },
  "tokens.limit_val_batches": { about: "Batches of an evaluation", default: 0 },
  "tokens.limit_test_batches": { about: "Batches of a test", default: 0 },
  "parallelism.dp": { about: "Replicas that see different data" },
  "parallelism.tp": { about: "GPUs that share each matrix" },
  "parallelism.pp": { about: "Pipeline stages" },
  "parallelism.context_parallel_size": { about: "GPUs that share a sequence", default: 1 },
  "parallelism.expert_parallel_size": { about: "GPUs that share the experts", default: 1 },
  "parallelism.pp_engine": { about: "Schedule of the pipeline", default: "afab", values: ["1f1b", "afab"] },
  "parallelism.tp_mode": {
    about: "REDUCE_SCATTER splits the sequence outside the matrices too",
    default: "ALL_REDUCE",
    values: ["ALL_REDUCE", "REDUCE_SCATTER"],
  },
  "parallelism.tp_linear_async_communication": { about: "Communicate while computing", default: false },
  "parallelism.tp_recompute_allgather": { about: "Gather again in the backward pass", default: true },
  "parallelism.recompute_layer": {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: false,
  },
  data_stages: { about: "Training data: stages with a name, a first update and data" },
  data: { about: "Training data of older configs, which have one stage" },
  "checkpoints.checkpoints_path": { about: "Folder of checkpoints" },
  "checkpoints.checkpoint_interval": { about: "Updates between two checkpoints" },
  "checkpoints.save_final_state": { about: "Save at the end of the run too", default: false },
  "checkpoints.resume_checkpoint_path": { about: "Checkpoint to go on from" },
  "logging.iteration_step_info_interval": { about: "Updates between two log lines", default: 1 },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** Nanotron: one YAML file that spells out model, tokens and parallelism of a pretraining run. */
export const nanotron: Dialect = {
  id: "nanotron",
  label: "nanotron",
  telltales: ["batch_accumulation_per_replica", "micro_batch_size"],
  vocabulary,
  // dacite refuses a text in place of a number. Source: nanotron, config/config.py.
  loader: { textNumbers: [{ keys: /^(?!general\.)/, written: ["with exponents"], stops: "surely" }] },
  detect({ root }) {
    const tokens = root.entries.get("tokens")?.value;
    if (root.entries.get("parallelism")?.value.kind !== "map" || tokens?.kind !== "map") return 0;
    return nanotron.telltales.some((key) => tokens.entries.has(key)) ? 1 : 0;
  },
  read(document) {
    const keys = reader(document, vocabulary);
    const parallelism = readParallelism(keys);
    return {
      stage: readStage(keys, document),
      model: { id: keys.text("model.init_method.path"), shape: readShape(keys, document) },
      method: byDefault("full", t`nanotron trains every weight`),
      lora: null,
      quantization: null,
      optimizer: {
        name: keys.text("optimizer.optimizer_factory.name"),
        weightDecay: keys.number("optimizer.weight_decay"),
        beta2: keys.number("optimizer.optimizer_factory.adam_beta2"),
        maxGradNorm: keys.number("optimizer.clip_grad"),
      },
      learningRate: readLearningRate(keys),
      duration: {
        epochs: unknown(t`nanotron counts updates, not epochs`),
        maxSteps: keys.number("tokens.train_steps"),
        maxTokens: byDefault(null),
      },
      evaluationInterval: byDefault(
        never,
        t`nanotron's training loop does not evaluate, whatever val_check_interval says`,
      ),
      saveInterval: inUpdates(keys.number("checkpoints.checkpoint_interval")),
      batch: readBatch(keys),
      sequenceLength: keys.number("tokens.sequence_length"),
      packing: byDefault(true, t`documents follow one another in full sequences`),
      data: {
        ...unknownData,
        sources: readSources(document),
      },
      precision: readPrecision(keys),
      gradientCheckpointing: keys.flag("parallelism.recompute_layer"),
      attention: mapped(keys.text("model.model_config._attn_implementation"), (name): Attention => attentionFrom(name)),
      // Source: nanotron, parallel/tensor_parallel/functional.py, _ShardedCrossEntropy.
      loss: byDefault("copied", t`nanotron copies its float32 logits once and writes over the copy`),
      parallelism,
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "optimizer.learning_rate_scheduler.learning_rate",
    microBatch: "tokens.micro_batch_size",
    accumulation: "tokens.batch_accumulation_per_replica",
    sequenceLength: "tokens.sequence_length",
    gradientCheckpointing: "parallelism.recompute_layer",
    warmupSteps: "optimizer.learning_rate_scheduler.lr_warmup_steps",
    warmupRatio: "optimizer.learning_rate_scheduler.lr_warmup_steps",
    scheduler: "optimizer.learning_rate_scheduler.lr_decay_style",
    schedulerSettings: "optimizer.learning_rate_scheduler.*",
    optimizer: "optimizer.optimizer_factory.name",
  },
  write,
};

/** The warmup is a number of updates, also where a share of the run is meant. */
function write(document: ConfigDocument, { warmupRatio, ...change }: PlanChange): readonly TextEdit[] {
  const total = reader(document, vocabulary).number("tokens.train_steps").value;
  const warmup =
    warmupRatio === undefined || total === undefined ? {} : { warmupSteps: Math.round(warmupRatio * total) };
  return writeKeys(document, nanotron.keys, { ...warmup, ...change });
}

function readStage(keys: Keys, document: ConfigDocument): Sourced<Stage> {
  if (stagesOf(document).some((stage) => entryAt(stage, "dataset.sft_dataloader"))) {
    return byDefault("sft", t`the data set is one of prompts and answers`);
  }
  const path = keys.text("model.init_method.path");
  return path.origin === "unknown" ? byDefault("pretrain", t`new weights`) : mapped(path, () => "continued-pretrain");
}

/** A Llama or Qwen 2 with the defaults of their classes, or a StarCoder 2; a Mamba is no transformer. */
function readShape(keys: Keys, { root }: ConfigDocument): Sourced<ModelShape> | null {
  const place = keys.place("model.model_config.num_hidden_layers");
  if (!place) return null;
  if (keys.flag("model.model_config.is_mamba_config").value) return unknown(t`a Mamba is no transformer`, place);
  const number = (key: ShapeKey) => keys.number(`model.model_config.${key}`).value;
  const [hidden, layers, heads] = [number("hidden_size"), number("num_hidden_layers"), number("num_attention_heads")];
  const vocab = paddedVocabulary(keys);
  const star = keys.flag("model.model_config.is_starcoder2_config").value === true;
  const intermediate =
    star && hidden !== undefined && !keys.has("model.model_config.intermediate_size")
      ? 4 * hidden
      : number("intermediate_size");
  if (hidden === undefined || layers === undefined || heads === undefined || vocab === undefined) return unreadable;
  if (intermediate === undefined) return unreadable;
  const kvHeads = number("num_key_value_heads") ?? (star ? 1 : undefined);
  const context = number("max_position_embeddings");
  const moe = entryAt(root, "model.model_config.moe_config")?.value.kind === "map";
  const value: ModelShape = {
    hidden,
    layers,
    heads,
    vocab,
    intermediate,
    tied: star || keys.flag("model.model_config.tie_word_embeddings").value === true,
    gated: !star,
    biased: star,
    ...(kvHeads === undefined ? {} : { kvHeads }),
    ...(context === undefined ? {} : { context }),
    ...(moe ? expertsOf(number("moe_config.num_experts"), number("moe_config.top_k")) : {}),
  };
  return { value, origin: "file", place };
}

const unreadable = unknown(t`the model's shape cannot be read`);

type ShapeKey =
  | "hidden_size"
  | "num_hidden_layers"
  | "num_attention_heads"
  | "num_key_value_heads"
  | "intermediate_size"
  | "max_position_embeddings"
  | "moe_config.num_experts"
  | "moe_config.top_k";

function expertsOf(experts = 8, activeExperts = 2): Pick<ModelShape, "experts" | "activeExperts"> {
  return { experts, activeExperts };
}

/** Every tensor-parallel GPU holds the same share of the vocabulary. */
function paddedVocabulary(keys: Keys): number | undefined {
  const size = keys.number("model.model_config.vocab_size").value;
  const multiple =
    (keys.number("model.make_vocab_size_divisible_by").value ?? 1) * (keys.number("parallelism.tp").value ?? 1);
  return size === undefined ? undefined : Math.ceil(size / multiple) * multiple;
}

function readLearningRate(keys: Keys): LearningRatePlan {
  return {
    peak: keys.number("optimizer.learning_rate_scheduler.learning_rate"),
    scheduler: keys.text("optimizer.learning_rate_scheduler.lr_decay_style"),
    family: "nanotron",
    schedulerArguments: readSchedulerArguments(keys),
    warmup: mapped(keys.number("optimizer.learning_rate_scheduler.lr_warmup_steps"), (steps) => ({ steps })),
  };
}

const bendingKeys = ["min_decay_lr", "lr_decay_steps", "lr_decay_starting_step", "lr_warmup_style"];

function readSchedulerArguments(keys: Keys): Sourced<SchedulerArguments> {
  return schedulerArgumentsAt(
    keys,
    "optimizer.learning_rate_scheduler",
    (key, value) => bendingKeys.includes(key) && value !== null,
  );
}

/** Only `dp` multiplies the batch, whatever else shares the GPUs. */
function readBatch(keys: Keys): BatchPlan {
  const micro = keys.number("tokens.micro_batch_size");
  const accumulation = keys.number("tokens.batch_accumulation_per_replica");
  const replica = derived(micro, accumulation, t`micro batch × accumulation`, (a, b) => a * b);
  const note = t`micro batch × accumulation × dp`;
  const global = derived(replica, keys.number("parallelism.dp"), note, (a, b) => a * b);
  return { micro, accumulation, global, evaluation: micro };
}

/** Mappings that hold a `dataset`: one per stage, or the only one of older configs. */
function stagesOf({ root }: ConfigDocument): readonly MapNode[] {
  const stages = root.entries.get("data_stages")?.value;
  const nodes =
    stages?.kind === "list" ? stages.items.map((stage) => dataOf(stage)) : [root.entries.get("data")?.value];
  return nodes.filter((node): node is MapNode => node?.kind === "map");
}

function dataOf(stage: ConfigNode): ConfigNode | undefined {
  return stage.kind === "map" ? stage.entries.get("data")?.value : undefined;
}

/** Hub ids or folders: one, a list, or a mapping to their weights. */
function readSources(document: ConfigDocument): readonly DataSource[] {
  return stagesOf(document).flatMap((stage) =>
    ["dataset.dataset_folder", "dataset.hf_dataset_or_datasets"].flatMap((path) => {
      const entry = entryAt(stage, path);
      return entry ? namesIn(entry).map((name) => sourceAt(document, entry, name)) : [];
    }),
  );
}

function sourceAt(document: ConfigDocument, entry: Entry, value: string): DataSource {
  return { name: { value, origin: "file", place: placeOf(document, entry) }, limit: null };
}

function namesIn({ value }: Entry): readonly string[] {
  if (value.kind === "map") return [...value.entries.keys()];
  const nodes = value.kind === "list" ? value.items : [value];
  return nodes.flatMap((node) => (node.kind === "scalar" && typeof node.value === "string" ? [node.value] : []));
}

/** With float32 accumulation the optimizer owns float32 weights and the model a copy in `dtype`; else there is only `dtype`. */
function readPrecision(keys: Keys): Precision {
  const type = mapped(keys.text("model.dtype"), (name): Dtype => dtypeNamed(name) ?? "bfloat16");
  const master = keys.flag("optimizer.accumulate_grad_in_fp32");
  const weights = master.value ? mapped(master, (): Dtype => "float32") : type;
  const autocast = mapped(type, (dtype) => (master.value && dtype !== "float32" ? dtype : null));
  return { ...precisionOf(weights, autocast), ...(master.value ? { gradients: weights } : {}) };
}

function readParallelism(keys: Keys): Parallelism {
  const size = (key: "dp" | "tp" | "pp" | "context_parallel_size" | "expert_parallel_size") =>
    keys.number(`parallelism.${key}`);
  const [tensor, pipeline, context, expert] = [
    size("tp"),
    size("pp"),
    size("context_parallel_size"),
    size("expert_parallel_size"),
  ];
  const gpus = [tensor, pipeline, context, expert].reduce(
    (product, factor) => derived(product, factor, "dp × tp × pp × context × expert", (a, b) => a * b),
    size("dp"),
  );
  const sharding = mapped(keys.number("optimizer.zero_stage"), zeroSharding);
  const sequence = mapped(keys.text("parallelism.tp_mode"), (mode) => mode === "REDUCE_SCATTER");
  // Source: nanotron, parallel/tensor_parallel/functional.py, column_linear.
  const keepsGathered = mapped(keys.flag("parallelism.tp_recompute_allgather"), (again) => !again);
  const forwardFirst = mapped(keys.text("parallelism.pp_engine"), (engine) => engine === "afab");
  return {
    gpus,
    tensor,
    sequence,
    keepsGathered,
    pipeline,
    balancesCompute: byDefault(true),
    forwardFirst,
    context,
    expert,
    sharding,
    offload: byDefault("none"),
  };
}
