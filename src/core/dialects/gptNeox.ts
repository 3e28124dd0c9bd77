import { t } from "../language.ts";
import { atEnd, type Interval, inUpdates, never } from "../plan/interval.ts";
import type { ModelShape } from "../plan/modelShape.ts";
import type {
  Attention,
  BatchPlan,
  DataPlan,
  Dtype,
  Duration,
  LearningRatePlan,
  Parallelism,
  Precision,
  SchedulerArguments,
  Stage,
  TrainingPlan,
  Warmup,
} from "../plan/plan.ts";
import { assumed, byDefault, derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { ConfigDocument, MapNode, Scalar } from "../text/document.ts";
import type { TextEdit } from "../text/edit.ts";
import { numberFrom } from "../text/scalar.ts";
import { microBatchFrom } from "./batch.ts";
import { beta2Of } from "./betas.ts";
import { namedSources, unknownData } from "./data.ts";
import type { ChangeKeys, Dialect, PlanChange } from "./dialect.ts";
import { precisionOf } from "./precision.ts";
import { preferenceOf } from "./preference.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel } from "./sharding.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";
import { zeroOptimization, zeroSplit } from "./zeroSplit.ts";

// Keys and defaults: EleutherAI/gpt-neox at ea7aefd8f8e1, megatron/neox_arguments/*.py, megatron/model/transformer.py.

const vocabulary = {
  num_layers: { about: "Transformer blocks" },
  hidden_size: { about: "Width of the model" },
  num_attention_heads: { about: "Attention heads" },
  num_kv_heads: { about: "Key and value heads; as many as attention heads without it" },
  intermediate_size: { about: "Width of the MLP; four times hidden_size without it, two thirds of it with a gate" },
  mlp_multiple_of: { about: "Round the width of a gated MLP up to a multiple of this", default: 1 },
  seq_length: { about: "Tokens per sequence", note: t`seq_length is not in this file` },
  max_position_embeddings: { about: "Longest sequence that the positions allow" },
  pos_emb: {
    about: "Position embeddings",
    default: "learned",
    values: ["learned", "rotary", "sinusoidal", "rpe", "alibi", "none"],
  },
  rotary_pct: { about: "Share of a head's width that is rotated", default: 1 },
  rotary_emb_base: { about: "Base of the rotary frequencies", default: 10_000 },
  norm: { about: "Normalisation", default: "layernorm", values: ["layernorm", "rmsnorm", "scalenorm"] },
  activation: {
    about: "Activation of the MLP; the ones with a gate take a third matrix",
    default: "gelu",
    values: ["gelu", "relu", "silu", "swish", "mish", "swiglu", "geglu", "reglu", "glu", "bilinear"],
  },
  use_bias_in_mlp: { about: "Biases in the MLP", default: true },
  use_bias_in_attn_linear: { about: "Biases in the attention's linear layers", default: true },
  use_bias_in_norms: { about: "Biases in the norms", default: true },
  no_weight_tying: { about: "Give the output layer weights of its own", default: false },
  gpt_j_residual: { about: "Run attention and MLP side by side", default: false },
  attention_config: { about: "Kinds of attention and how often they repeat; [[[global], num_layers]] without it" },
  make_vocab_size_divisible_by: { about: "Pad the vocabulary to a multiple of this", default: 128 },
  padded_vocab_size: { about: "Vocabulary after padding; worked out from the tokenizer without it" },
  tokenizer_type: {
    about: "Tokenizer",
    default: "GPT2BPETokenizer",
    values: ["GPT2BPETokenizer", "HFTokenizer", "HFGPT2Tokenizer", "SPMTokenizer", "TiktokenTokenizer"],
  },
  vocab_file: { about: "The tokenizer's file" },
  merge_file: { about: "Merges of the GPT-2 tokenizer" },
  moe_num_experts: { about: "Experts per MoE layer", default: 1 },
  moe_top_k: { about: "Experts per token", default: 1 },
  moe_expert_parallel_size: { about: "GPUs that share the experts", default: 1 },
  "optimizer.type": {
    about: "Optimizer",
    default: "Adam",
    values: ["Adam", "AdamW", "OneBitAdam", "CPU_Adam", "SM3", "madgrad_wd", "Lion", "SGD"],
  },
  "optimizer.params.lr": { about: "Peak learning rate", default: 0.001 },
  "optimizer.params.betas": { about: "Decays of Adam's moments; 0.9 and 0.999 without it" },
  "optimizer.params.eps": { about: "Adam's epsilon", default: 1e-8 },
  use_bnb_optimizer: { about: "bitsandbytes' 8-bit Adam", default: false },
  min_lr: { about: "Floor of the learning rate, as a rate", default: 0 },
  lr_decay_style: {
    about: "Course of the learning rate after the warmup",
    default: "linear",
    values: ["constant", "linear", "cosine", "exponential"],
  },
  lr_decay_iters: { about: "Updates over which the rate decays; train_iters without it" },
  lr_decay_fraction: { about: "Share of train_iters over which the rate decays" },
  warmup: { about: "Share of lr_decay_iters that warms up", default: 0.01 },
  override_lr_scheduler: { about: "Take the schedule from here, not from the checkpoint", default: false },
  train_iters: { about: "Optimizer updates", note: t`train_iters is not in this file` },
  train_epochs: {
    about: "Passes over the training data, in place of train_iters",
    note: t`train_iters counts the run`,
  },
  train_micro_batch_size_per_gpu: {
    about: "Sequences per GPU in one forward pass",
    note: t`train_micro_batch_size_per_gpu is not in this file`,
  },
  gradient_accumulation_steps: { about: "Forward passes per optimizer update", default: 1 },
  train_batch_size: { about: "Sequences per optimizer update on all GPUs; follows from the other two" },
  weight_decay: { about: "Weight decay", default: 0.1 },
  gradient_clipping: { about: "Norm to which gradients are clipped", default: 1 },
  hidden_dropout: { about: "Dropout of the residual stream" },
  attention_dropout: { about: "Dropout of the attention's weights" },
  ...zeroOptimization,
  "fp16.enabled": { about: "Compute in float16 with loss scaling", default: false },
  "fp16.type": { about: "bfloat16 here means bfloat16 after all", values: ["bfloat16"] },
  "bf16.enabled": { about: "Compute in bfloat16", default: false },
  precision: { about: "Type of the computation; fp32 where nothing says it", values: ["fp16", "bfloat16", "fp32"] },
  "data_types.grad_accum_dtype": { about: "Type in which gradients are summed", values: ["fp32", "bf16", "fp16"] },
  fp32_allreduce: { about: "Average gradients in float32", default: false },
  checkpoint_activations: {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: false,
  },
  checkpoint_num_layers: { about: "Layers between two kept activations", default: 1 },
  partition_activations: { about: "Split kept activations over the model-parallel GPUs", default: false },
  synchronize_each_layer: { about: "Wait for the GPU around each checkpointed layer", default: false },
  pipe_parallel_size: { about: "Pipeline stages; 0 and 1 mean none", default: 0 },
  model_parallel_size: { about: "GPUs that share each matrix", default: 1 },
  sequence_parallel: { about: "Split the norms' activations over the model-parallel GPUs", default: false },
  context_parallel_size: { about: "GPUs that share a sequence", default: 1 },
  num_gpus: { about: "GPUs of each node; all of them without it" },
  num_nodes: { about: "Nodes of the hostfile; all of them without it" },
  hostfile: { about: "File that lists the nodes and their GPUs" },
  finetune: { about: "Start from a checkpoint's weights, without its optimizer and step", default: false },
  load: { about: "Checkpoint to load" },
  save: { about: "Folder of checkpoints" },
  train_impl: {
    about: "What is trained for",
    default: "normal",
    values: ["normal", "dpo", "rm", "kto", "reinforce"],
  },
  dpo_beta: { about: "Weight of the distance to the reference model (DPO)", default: 0.1 },
  kto_beta: { about: "Weight of the distance to the reference model (KTO)", default: 0.1 },
  soft_prompt_tuning: { about: "Train a soft prompt and nothing else" },
  data_path: { about: "Training data, of which split holds some out" },
  split: { about: "Parts of data_path for training, validation and test", default: "969, 30, 1" },
  train_data_paths: { about: "Training data: a list of paths", aliases: ["pos_train_data_paths"] },
  train_label_data_paths: {
    about: "Which tokens of the training data count for the loss",
    aliases: ["pos_train_label_data_paths"],
  },
  valid_data_paths: { about: "Validation data", aliases: ["pos_valid_data_paths"] },
  test_data_paths: { about: "Test data", aliases: ["pos_test_data_paths"] },
  train_data_weights: { about: "Weights of the training data" },
  data_impl: { about: "Form of the data", default: "infer", values: ["infer", "mmap", "cached", "lazy"] },
  pack_impl: {
    about: "Whether documents are joined into full sequences",
    default: "packed",
    values: ["packed", "pack_until_overflow", "unpacked"],
  },
  num_workers: { about: "Processes that load data", default: 2 },
  checkpoint_factor: { about: "Updates between two checkpoints" },
  checkpoint_scale: {
    about: "Whether checkpoints are equally far apart, or at powers of checkpoint_factor",
    default: "linear",
    values: ["linear", "log"],
  },
  eval_interval: { about: "Updates between two evaluations", default: 1000 },
  eval_iters: { about: "Batches of an evaluation", default: 100 },
  log_interval: { about: "Updates between two log lines" },
  steps_per_print: { about: "Updates between two lines of DeepSpeed", default: 10 },
  distributed_backend: { about: "Communication library", default: "nccl" },
  seed: { about: "Random seed", default: 1234 },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** GPT-NeoX: flow mappings in `.yml` files, several of which make up a run; keys have dashes or underscores. */
export const gptNeox: Dialect = {
  id: "gpt-neox",
  label: "GPT-NeoX",
  telltales: [
    "train_micro_batch_size_per_gpu",
    "train-micro-batch-size-per-gpu",
    "zero_optimization",
    "zero-optimization",
    "pipe_parallel_size",
    "pipe-parallel-size",
    "model_parallel_size",
    "model-parallel-size",
  ],
  vocabulary,
  // NeoXArgs checks the types of its values. Source: gpt-neox, megatron/neox_arguments/arguments.py.
  loader: { textNumbers: [{ keys: /./, written: ["with exponents"], stops: "surely" }] },
  detect({ root }) {
    const names = new Set([...root.entries.keys()].map(underscored));
    const some = (keys: readonly string[]) => keys.some((key) => names.has(key));
    if (!some(deepspeedKeys) || !some(megatronKeys)) return 0;
    return some(["optimizer", "train_micro_batch_size_per_gpu", "train_batch_size"]) ? 1 : 0.9;
  },
  read(document) {
    const keys = keysOf(document);
    const parallelism = readParallelism(keys);
    const stage = readStage(keys);
    return {
      stage,
      model: {
        id: unknown(t`GPT-NeoX configs spell out the model instead of naming it`),
        shape: readShape(keys),
      },
      method: keys.has("soft_prompt_tuning")
        ? byDefault("adapter", t`soft_prompt_tuning is set`)
        : byDefault("full", t`GPT-NeoX trains every weight`),
      lora: null,
      quantization: null,
      optimizer: readOptimizer(keys),
      learningRate: readLearningRate(keys, document),
      duration: readDuration(keys),
      evaluationInterval: readEvaluation(keys),
      saveInterval: readSaves(keys),
      batch: readBatch(keys, parallelism),
      sequenceLength: keys.number("seq_length"),
      packing: mapped(keys.text("pack_impl"), (name) => name !== "unpacked"),
      data: readData(keys),
      precision: readPrecision(keys),
      gradientCheckpointing: keys.flag("checkpoint_activations"),
      attention: readAttention(keys),
      loss: byDefault("materialised"),
      ...preferenceOf(stage.value, keys.number(stage.value === "kto" ? "kto_beta" : "dpo_beta")),
      parallelism,
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "optimizer.params.lr",
    microBatch: "train_micro_batch_size_per_gpu",
    accumulation: "gradient_accumulation_steps",
    sequenceLength: "seq_length",
    gradientCheckpointing: "checkpoint_activations",
    epochs: "train_epochs",
    warmupSteps: "warmup",
    warmupRatio: "warmup",
    scheduler: "lr_decay_style",
    schedulerSettings: "*",
    optimizer: "optimizer.type",
  },
  write,
};

const deepspeedKeys = [
  "train_micro_batch_size_per_gpu",
  "zero_optimization",
  "pipe_parallel_size",
  "model_parallel_size",
];

const megatronKeys = [
  "num_layers",
  "hidden_size",
  "train_iters",
  "pipe_parallel_size",
  "tokenizer_type",
  "data_path",
  "lr_decay_style",
  "vocab_file",
];

/** The loader takes `-` for `_` in every key. */
function underscored(key: string): string {
  return key.replaceAll("-", "_");
}

function keysOf(document: ConfigDocument): Keys {
  return reader(document, vocabulary, { normalise: underscored });
}

/** `warmup` is a fraction of the updates over which the rate decays; a run by iterations has no epochs to change. */
function write(document: ConfigDocument, change: PlanChange): readonly TextEdit[] {
  const { warmupSteps, warmupRatio, epochs, ...others } = change;
  const keys = keysOf(document);
  const decay = decaySteps(keys).value;
  const total = keys.number("train_iters").value;
  const steps = warmupSteps ?? (warmupRatio !== undefined && total !== undefined ? warmupRatio * total : undefined);
  const fraction = steps !== undefined && decay ? Number((steps / decay).toPrecision(6)) : warmupRatio;
  return writeKeys(document, keysAsWritten(document), {
    ...others,
    ...(fraction === undefined ? {} : { warmupRatio: fraction }),
    ...(epochs !== undefined && keys.has("train_epochs") ? { epochs } : {}),
  });
}

/** The keys as this file spells them, with dashes or underscores. */
function keysAsWritten({ root }: ConfigDocument): ChangeKeys {
  const spelling = (path: string) => {
    let map: MapNode | undefined = root;
    const names = path.split(".").map((name) => {
      const written: string = [...(map?.entries.keys() ?? [])].find((key) => underscored(key) === name) ?? name;
      const inner = map?.entries.get(written)?.value;
      map = inner?.kind === "map" ? inner : undefined;
      return written;
    });
    return names.join(".");
  };
  return Object.fromEntries(Object.entries(gptNeox.keys).map(([name, path]) => [name, spelling(path)]));
}

const stages: ReadonlyMap<string, Stage> = new Map([
  ["dpo", "dpo"],
  ["rm", "reward"],
  ["kto", "kto"],
  ["reinforce", "grpo"],
]);

/** Labels beside the data mark the tokens that count, which is fine-tuning on instructions. */
function readStage(keys: Keys): Sourced<Stage> {
  const named = stages.get(keys.text("train_impl").value ?? "");
  if (named) return mapped(keys.text("train_impl"), () => named);
  if (keys.has("train_label_data_paths")) return byDefault("sft", t`train_label_data_paths is set`);
  return mapped(keys.flag("finetune"), (on) => (on ? "continued-pretrain" : "pretrain"));
}

/** Vocabularies by the tokenizer's type or the name of its file. */
const vocabularies = [
  { pattern: /GPT2BPETokenizer|HFGPT2Tokenizer/, size: 50_257, tokenizer: "GPT-2's" },
  { pattern: /llama-?_?3/i, size: 128_256, tokenizer: "Llama 3's" },
  { pattern: /llama/i, size: 32_000, tokenizer: "Llama's" },
];

const neoxVocabulary = { size: 50_277, tokenizer: "GPT-NeoX-20B's" };

/** The vocabulary is in the tokenizer's file; it is padded so that every model-parallel GPU gets the same share. */
function readVocabulary(keys: Keys): Sourced<number> {
  if (keys.has("padded_vocab_size")) return keys.number("padded_vocab_size");
  const names = `${keys.text("tokenizer_type").value} ${keys.text("vocab_file").value ?? ""}`;
  const { size, tokenizer } = vocabularies.find(({ pattern }) => pattern.test(names)) ?? neoxVocabulary;
  const multiple = (keys.number("make_vocab_size_divisible_by").value ?? 128) * tensorSize(keys);
  return assumed(Math.ceil(size / multiple) * multiple, t`the vocabulary is taken to be ${tokenizer}`);
}

function tensorSize(keys: Keys): number {
  return Math.max(1, keys.number("model_parallel_size").value ?? 1);
}

const gated = ["swiglu", "geglu", "reglu", "glu", "bilinear"];

/** The decoder that the file spells out; unknown where the shape is in another file of the run. */
function readShape(keys: Keys): Sourced<ModelShape> {
  const vocab = readVocabulary(keys);
  const layers = keys.number("num_layers");
  const [hidden, heads] = [keys.number("hidden_size").value, keys.number("num_attention_heads").value];
  if (layers.origin === "unknown" || hidden === undefined || heads === undefined || vocab.origin === "unknown") {
    return unknown(t`the model's shape is in another file of the run`);
  }
  const other = keys.words("attention_config").value?.find((kind) => /mamba|rwkv/.test(kind));
  if (other) return unknown(t`a ${other} model is no transformer`, layers.place);
  const gate = gated.includes(keys.text("activation").value ?? "");
  const kvHeads = keys.number("num_kv_heads").value;
  const positions = keys.number("max_position_embeddings").value;
  const experts = keys.number("moe_num_experts").value ?? 1;
  const shape: ModelShape = {
    hidden,
    layers: layers.value,
    heads,
    vocab: vocab.value,
    intermediate: mlpWidth(keys, hidden, gate),
    tied: keys.flag("no_weight_tying").value === false,
    gated: gate,
    biased: keys.flag("use_bias_in_mlp").value !== false || keys.flag("use_bias_in_attn_linear").value !== false,
    ...(kvHeads === undefined ? {} : { kvHeads }),
    ...(positions === undefined ? {} : { context: positions }),
    ...(positions !== undefined && keys.text("pos_emb").value === "learned" ? { positions } : {}),
    ...(experts > 1 ? { experts, activeExperts: keys.number("moe_top_k").value ?? 1 } : {}),
  };
  const { place } = layers;
  return { ...mapped(vocab, () => shape), ...(place ? { place } : {}) };
}

/** With a gate, two thirds of the width: three matrices then hold as many weights as two. */
function mlpWidth(keys: Keys, hidden: number, gate: boolean): number {
  const width = keys.number("intermediate_size").value ?? 4 * hidden;
  if (!gate) return width;
  const multiple = keys.number("mlp_multiple_of").value ?? 1;
  return Math.ceil(Math.floor((2 * width) / 3) / multiple) * multiple;
}

function readOptimizer(keys: Keys): TrainingPlan["optimizer"] {
  const type = keys.text("optimizer.type");
  const eightBit = keys.flag("use_bnb_optimizer");
  return {
    name: eightBit.value ? mapped(eightBit, () => "adamw_bnb_8bit") : type,
    weightDecay: keys.number("weight_decay"),
    beta2: beta2Of(keys.words("optimizer.params.betas", byDefault([])), 0.999),
    maxGradNorm: keys.number("gradient_clipping"),
  };
}

function readLearningRate(keys: Keys, document: ConfigDocument): LearningRatePlan {
  return {
    peak:
      keys.has("optimizer.type") || keys.has("optimizer.params.lr")
        ? keys.number("optimizer.params.lr")
        : unknown(t`optimizer is not in this file; 0.001 if no file of the run sets it`),
    scheduler: keys.text("lr_decay_style"),
    family: "gpt-neox",
    schedulerArguments: readSchedulerArguments(document),
    warmup: readWarmup(keys),
  };
}

const bendingKeys = ["min_lr", "lr_decay_iters", "lr_decay_fraction"];

function readSchedulerArguments({ root }: ConfigDocument): Sourced<SchedulerArguments> {
  const set = [...root.entries].flatMap(([key, { value }]): [string, Scalar][] =>
    bendingKeys.includes(underscored(key)) && value.kind === "scalar" && value.value !== null
      ? [[underscored(key), value.value]]
      : [],
  );
  return byDefault(new Map(set));
}

/** The updates over which the rate decays, of which `warmup` is a fraction. */
function decaySteps(keys: Keys): Sourced<number> {
  const total = keys.number("train_iters");
  if (keys.has("lr_decay_iters")) return keys.number("lr_decay_iters");
  if (!keys.has("lr_decay_fraction")) return total;
  const fraction = keys.number("lr_decay_fraction");
  return derived(total, fraction, "train_iters × lr_decay_fraction", (steps, share) => Math.floor(steps * share));
}

/** A fraction of the run, or of the decay where that is not the run; part of an update is kept. */
function readWarmup(keys: Keys): Sourced<Warmup> {
  const warmup = keys.number("warmup");
  const decay = decaySteps(keys);
  if (decay.origin === "unknown" || decay.value === keys.number("train_iters").value) {
    return mapped(warmup, (ratio) => ({ ratio, rounding: "exact" }));
  }
  return derived(warmup, decay, "warmup × lr_decay_iters", (ratio, steps) => ({ steps: ratio * steps }));
}

function readDuration(keys: Keys): Duration {
  const byEpochs = keys.has("train_epochs") && !keys.has("train_iters");
  return {
    epochs: keys.number("train_epochs"),
    maxSteps: byEpochs ? byDefault(null) : keys.number("train_iters"),
    maxTokens: byDefault(null),
  };
}

/** Not at all where no batch is evaluated. Source: gpt-neox, megatron/data/data_utils.py, megatron/training.py. */
function readEvaluation(keys: Keys): Sourced<Interval> {
  const batches = keys.number("eval_iters");
  if (batches.value === 0) return mapped(batches, () => never);
  return inUpdates(keys.number("eval_interval"));
}

/** Where it saves at all, it saves at the end too. Source: gpt-neox, megatron/training.py (is_save_iter). */
function readSaves(keys: Keys): Sourced<Interval> {
  const scale = keys.text("checkpoint_scale");
  if (scale.value === "log") return unknown(t`checkpoints come less and less often`, scale.place);
  const steps = keys.number("checkpoint_factor");
  if (steps.origin !== "unknown" || steps.place) return inUpdates(steps);
  return keys.has("save") ? byDefault(atEnd, t`checkpoint_factor is not set`) : unknown(t`save is not in this file`);
}

/** Any two of micro batch, accumulation and global batch give the third. */
function readBatch(keys: Keys, { gpus, tensor, pipeline }: Parallelism): BatchPlan {
  const accumulation = keys.number("gradient_accumulation_steps");
  const global = keys.has("train_batch_size") ? keys.number("train_batch_size") : null;
  const shared = (tensor.value ?? 1) * (pipeline.value ?? 1);
  const replicas = mapped(gpus, (count) => Math.max(1, count / shared));
  const micro =
    global && !keys.has("train_micro_batch_size_per_gpu")
      ? microBatchFrom(global, accumulation, replicas, "train_batch_size / accumulation / GPUs")
      : keys.number("train_micro_batch_size_per_gpu");
  return { micro, accumulation, global, evaluation: micro };
}

function readData(keys: Keys): DataPlan {
  const names = (["data_path", "train_data_paths"] as const).filter((key) => keys.has(key));
  const parts = mapped(keys.words("split"), (words) => words.map((word) => numberFrom(word) ?? 0));
  return {
    ...unknownData,
    sources: names.flatMap((key) => namedSources(keys.words(key))),
    validation: keys.has("train_data_paths")
      ? byDefault(0, t`validation and test have data of their own`)
      : mapped(parts, ([train = 1, ...rest]) => {
          const held = rest.reduce((sum, part) => sum + part, 0);
          return held / (train + held);
        }),
  };
}

/** DeepSpeed's mixed precision: float32 weights that the optimizer keeps, and a copy in the type of the computation. */
function readPrecision(keys: Keys): Precision {
  const compute = readComputeType(keys);
  return {
    ...precisionOf(byDefault("float32", t`DeepSpeed keeps the optimizer's weights in float32`), compute),
    gradients: mapped(compute, (type) => type ?? "float32"),
  };
}

/** `bfloat16` wherever it stands wins, also as the type of an `fp16` that is enabled. */
function readComputeType(keys: Keys): Sourced<Dtype | null> {
  const brain = [
    mapped(keys.text("fp16.type", byDefault("")), (name) => name === "bfloat16"),
    mapped(keys.text("precision", byDefault("")), (name) => name === "bfloat16"),
    keys.flag("bf16.enabled"),
  ].find(({ value }) => value);
  if (brain) return mapped(brain, () => "bfloat16");
  const half = [
    keys.flag("fp16.enabled"),
    mapped(keys.text("precision", byDefault("")), (name) => name === "fp16"),
  ].find(({ value }) => value);
  if (half) return mapped(half, () => "float16");
  return keys.has("precision") ? mapped(keys.text("precision"), () => null) : byDefault(null, "fp32");
}

/** `global`, the default, is Megatron's own attention with all its scores in memory. */
function readAttention(keys: Keys): Sourced<Attention> {
  return mapped(keys.words("attention_config", byDefault([], t`global attention`)), (kinds) =>
    kinds.some((kind) => kind.includes("flash")) ? "flash" : "eager",
  );
}

function readParallelism(keys: Keys): Parallelism {
  const tensor = mapped(keys.number("model_parallel_size"), (size) => Math.max(1, size));
  const pipeline = mapped(keys.number("pipe_parallel_size"), (size) => Math.max(1, size));
  const context = keys.number("context_parallel_size");
  const fewest = (tensor.value ?? 1) * (pipeline.value ?? 1) * (context.value ?? 1);
  return {
    ...dataParallel(readGpus(keys, fewest), zeroSplit(keys)),
    tensor,
    sequence: keys.flag("sequence_parallel"),
    pipeline,
    context,
    expert: keys.number("moe_expert_parallel_size"),
  };
}

/** The hostfile lists the GPUs; a model needs at least those that share it. */
function readGpus(keys: Keys, fewest: number): Sourced<number> {
  const nodes = keys.number("num_nodes");
  if (nodes.value !== undefined && nodes.value > 0 && keys.has("num_gpus")) {
    return derived(keys.number("num_gpus"), nodes, "num_gpus × num_nodes", (gpus, count) => gpus * count);
  }
  return assumed(fewest, t`the hostfile lists the GPUs; one replica of the model is taken`);
}
