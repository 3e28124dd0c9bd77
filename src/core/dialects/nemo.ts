import { t } from "../language.ts";
import { every, type Interval, inUpdates, never } from "../plan/interval.ts";
import type { LayerRole, LoraLayers, LoraTargets } from "../plan/lora.ts";
import type { ModelShape } from "../plan/modelShape.ts";
import type {
  BatchPlan,
  DataPlan,
  Dtype,
  LearningRatePlan,
  LoraPlan,
  Method,
  Parallelism,
  Precision,
  Sharding,
  Stage,
  TrainingPlan,
} from "../plan/plan.ts";
import { assumed, byDefault, derived, mapped, orElse, type Sourced, unknown } from "../plan/sourced.ts";
import { type ConfigDocument, entryAt } from "../text/document.ts";
import { type EditValue, setValue, type TextEdit } from "../text/edit.ts";
import { accumulationFrom, replicasOf, withGlobalBatch } from "./batch.ts";
import { beta2Of } from "./betas.ts";
import { namedSources, unknownData } from "./data.ts";
import type { ChangeKeys, Dialect } from "./dialect.ts";
import { megatronKernels } from "./kernels.ts";
import { inPlaceOf } from "./levers.ts";
import { omegaConf } from "./loader.ts";
import { peftLayersAt, plainLora } from "./lora.ts";
import { megatronGradients } from "./precision.ts";
import { type Reader, reader } from "./reader.ts";
import { schedulerArgumentsIn } from "./schedulerArguments.ts";
import { hybridGroups } from "./sharding.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: NVIDIA/NeMo at 8cfedd720346, examples/nlp/language_modeling/{conf,tuning/conf}, nemo/core/optim.

const vocabulary = {
  name: { about: "Name of the run" },
  "trainer.devices": { about: "GPUs of a machine" },
  "trainer.num_nodes": { about: "Machines", default: 1 },
  "trainer.precision": {
    about: "Type to compute in",
    default: 32,
    values: ["bf16-mixed", "bf16", "16-mixed", "16", "32"],
  },
  "trainer.max_steps": { about: "Optimizer updates after which the run stops; -1: no limit", default: -1 },
  "trainer.max_epochs": { about: "Passes over the training data" },
  "trainer.accumulate_grad_batches": {
    about: "Forward passes per optimizer update where there is no global batch size",
    default: 1,
  },
  "trainer.gradient_clip_val": { about: "Norm to which gradients are clipped; 0: not at all", default: 0 },
  "trainer.val_check_interval": { about: "Updates between two evaluations; below 1 a share of the epoch", default: 1 },
  "trainer.limit_val_batches": { about: "Batches of an evaluation; below 1 a share of them; 0: none" },
  "trainer.log_every_n_steps": { about: "Updates between two log entries", default: 50 },
  "exp_manager.exp_dir": { about: "Folder of checkpoints and logs" },
  "exp_manager.name": { about: "Name of the experiment" },
  "exp_manager.create_wandb_logger": { about: "Log to Weights & Biases", default: false },
  "exp_manager.create_checkpoint_callback": { about: "Save checkpoints", default: true },
  "exp_manager.checkpoint_callback_params.every_n_train_steps": {
    about: "Updates between two checkpoints; one after each evaluation without it",
  },
  "exp_manager.resume_if_exists": { about: "Go on from the last checkpoint", default: false },
  "model.restore_from_path": { about: "The .nemo file to start from" },
  "model.micro_batch_size": { about: "Sequences per GPU in one forward pass" },
  "model.global_batch_size": { about: "Sequences per optimizer update on all GPUs" },
  "model.tensor_model_parallel_size": { about: "GPUs that share each matrix", default: 1 },
  "model.pipeline_model_parallel_size": { about: "GPUs that share the layers", default: 1 },
  "model.context_parallel_size": { about: "GPUs that share each sequence", default: 1 },
  "model.expert_model_parallel_size": { about: "GPUs that share the experts", default: 1 },
  "model.sequence_parallel": { about: "Split the sequence between matrices", default: false },
  "model.encoder_seq_length": {
    about: "Longest sequence in tokens",
    aliases: ["model.seq_length", "model.data.seq_length"],
  },
  "model.max_position_embeddings": { about: "Longest sequence that the positions cover" },
  "model.num_layers": { about: "Layers" },
  "model.hidden_size": { about: "Width of the model" },
  "model.ffn_hidden_size": { about: "Width of the MLP; four times the model's by default" },
  "model.num_attention_heads": { about: "Attention heads" },
  "model.num_query_groups": { about: "Key and value heads; as many as heads by default" },
  "model.kv_channels": { about: "Width of a head; hidden size / heads by default" },
  "model.override_vocab_size": { about: "Vocabulary, instead of the tokenizer's" },
  "model.make_vocab_size_divisible_by": { about: "Pad the vocabulary to a multiple of this", default: 128 },
  "model.activation": {
    about: "Activation of the MLP",
    default: "gelu",
    values: ["gelu", "geglu", "swiglu", "reglu", "squared-relu", "fast-geglu", "fast-swiglu", "fast-reglu"],
  },
  "model.bias": { about: "Biases in the linear layers", default: true },
  "model.share_embeddings_and_output_weights": { about: "One matrix for embeddings and output", default: true },
  "model.position_embedding_type": {
    about: "How positions are told",
    default: "learned_absolute",
    values: ["learned_absolute", "rope", "alibi", "kerple", "none"],
  },
  "model.normalization": { about: "Norm", default: "layernorm", values: ["layernorm", "layernorm1p", "rmsnorm"] },
  "model.num_moe_experts": { about: "Experts" },
  "model.moe_router_topk": { about: "Experts per token", default: 2 },
  "model.mcore_gpt": { about: "Megatron Core's model", default: false },
  "model.transformer_engine": { about: "Transformer Engine's layers", default: false },
  "model.use_flash_attention": { about: "Flash attention in the older model", default: false },
  "model.megatron_amp_O2": { about: "Weights in half precision beside float32 copies", default: false },
  "model.activations_checkpoint_granularity": {
    about: "What is recomputed in the backward pass",
    values: ["full", "selective"],
  },
  "model.activations_checkpoint_method": { about: "Which layers are recomputed", values: ["uniform", "block"] },
  "model.activations_checkpoint_num_layers": { about: "Layers per checkpoint, or layers recomputed" },
  "model.fsdp": { about: "Split the model with PyTorch's FSDP", default: false },
  "model.fsdp_sharding_strategy": {
    about: "What FSDP splits",
    default: "full",
    values: ["full", "hybrid", "grad"],
  },
  "model.hidden_dropout": { about: "Dropout", default: 0.1 },
  "model.attention_dropout": { about: "Dropout of the attention", default: 0.1 },
  "model.seed": { about: "Random seed", default: 1234 },
  "model.tokenizer.library": { about: "Tokenizer's library", values: ["megatron", "huggingface", "sentencepiece"] },
  "model.tokenizer.type": { about: "Tokenizer" },
  "model.peft.peft_scheme": {
    about: "Kind of adapter; every weight is trained without it",
    values: ["lora", "adapter", "ia3", "ptuning"],
  },
  "model.peft.lora_tuning.adapter_dim": { about: "Rank of the LoRA matrices", default: 32 },
  "model.peft.lora_tuning.alpha": { about: "LoRA's scale is alpha / rank; the rank by default" },
  "model.peft.lora_tuning.layer_selection": { about: "Numbers of the only layers that get adapters, from 1 on" },
  "model.peft.lora_tuning.adapter_dropout": { about: "Dropout of the adapters", default: 0 },
  "model.peft.lora_tuning.target_modules": {
    about: "Layers to adapt",
    default: "attention_qkv",
    values: ["attention_qkv", "attention_dense", "mlp_fc1", "mlp_fc2", "attention", "mlp", "all"],
  },
  "model.peft.restore_from_path": { about: "Adapters to start from" },
  "model.data.data_prefix": { about: "Training data: weights and paths in turn" },
  "model.data.splits_string": { about: "Shares of training, evaluation and test, such as 900,50,50" },
  "model.data.train_ds.file_names": { about: "Training data: JSONL files" },
  "model.data.train_ds.max_seq_length": {
    about: "Longest sequence in tokens",
    aliases: ["model.data.train_ds.max_src_seq_length", "model.data.train_ds.seq_length"],
  },
  "model.data.train_ds.micro_batch_size": { about: "Sequences per GPU in one forward pass" },
  "model.data.train_ds.global_batch_size": { about: "Sequences per optimizer update on all GPUs" },
  "model.data.train_ds.packed_sequence": { about: "The files hold packed sequences", default: false },
  "model.data.validation_ds.micro_batch_size": { about: "Sequences per GPU in one evaluation pass" },
  "model.optim.name": {
    about: "Optimizer",
    values: ["fused_adam", "distributed_fused_adam", "adamw", "mcore_distributed_optim", "adafactor"],
  },
  "model.optim.lr": { about: "Peak learning rate" },
  "model.optim.weight_decay": { about: "Decoupled weight decay", default: 0 },
  "model.optim.betas": { about: "Decay of Adam's two moments" },
  "model.optim.sched.name": {
    about: "Course of the learning rate; constant without sched",
    values: [
      "CosineAnnealing",
      "WarmupAnnealing",
      "WarmupHoldPolicy",
      "SquareAnnealing",
      "PolynomialDecayAnnealing",
      "InverseSquareRootAnnealing",
      "NoamAnnealing",
    ],
  },
  "model.optim.sched.warmup_steps": { about: "Updates until the peak", default: 0 },
  "model.optim.sched.warmup_ratio": { about: "Share of the run that warms up" },
  "model.optim.sched.constant_steps": { about: "Updates at the floor at the end", default: 0 },
  "model.optim.sched.constant_ratio": { about: "Share of the run at the floor at the end" },
  "model.optim.sched.hold_steps": { about: "Updates at the peak" },
  "model.optim.sched.min_lr": { about: "Floor of the learning rate", default: 0 },
  "model.optim.sched.max_steps": { about: "Updates that the schedule spans; those of the run by default" },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** NeMo 1.x: hydra configurations of Megatron models. Its speech models share the sections, but have no micro batch. */
export const nemo: Dialect = {
  id: "nemo",
  label: "NeMo",
  telltales: ["micro_batch_size", "exp_manager"],
  vocabulary,
  loader: omegaConf,
  detect({ root }) {
    const has = (key: string) => entryAt(root, key) !== undefined;
    const megatron = has("model.micro_batch_size") || has("model.data.train_ds.micro_batch_size");
    return megatron && has("model.optim.lr") && has("trainer") ? 1 : 0;
  },
  read: (document) => readPlan(document, reader(document, vocabulary)),
  keys: {
    peakLearningRate: "model.optim.lr",
    microBatch: "model.micro_batch_size",
    accumulation: "model.global_batch_size",
    evaluationBatch: "model.data.validation_ds.micro_batch_size",
    sequenceLength: "model.encoder_seq_length",
    gradientCheckpointing: "model.activations_checkpoint_granularity",
    epochs: "trainer.max_epochs",
    warmupSteps: "model.optim.sched.warmup_steps",
    scheduler: "model.optim.sched.name",
    schedulerSettings: "model.optim.sched.*",
    optimizer: "model.optim.name",
    loraRank: "model.peft.lora_tuning.adapter_dim",
  },
  levers: {
    full: [{ set: { "model.peft.peft_scheme": inPlaceOf(/./, "none") } }],
    lora: [{ set: { "model.peft.peft_scheme": inPlaceOf(/./, "lora") } }],
  },
  write(document, change) {
    const plan = readPlan(document, reader(document, vocabulary));
    const { gradientCheckpointing, ...others } = withGlobalBatch(change, plan);
    return [
      ...writeKeys(document, keysFor(document), others),
      ...(gradientCheckpointing === undefined ? [] : writeCheckpointing(document, gradientCheckpointing)),
    ];
  },
};

/** Fine-tuning limits its sequences in the data, and may state its batch there. */
function keysFor({ root }: ConfigDocument): ChangeKeys {
  const has = (key: string) => entryAt(root, key) !== undefined;
  return {
    ...nemo.keys,
    ...(has("model.data.train_ds") ? { sequenceLength: "model.data.train_ds.max_seq_length" } : {}),
    ...(has("model.micro_batch_size") ? {} : { microBatch: "model.data.train_ds.micro_batch_size" }),
    ...(has("model.global_batch_size") ? {} : { accumulation: "model.data.train_ds.global_batch_size" }),
  };
}

/** Full recomputation needs to be told for which layers; `null` turns it off. */
function writeCheckpointing(document: ConfigDocument, on: boolean): readonly TextEdit[] {
  const values: readonly (readonly [string, EditValue])[] = on
    ? [
        ["granularity", "full"],
        ["method", "uniform"],
        ["num_layers", 1],
      ]
    : [["granularity", "null"]];
  return values.flatMap(([name, value]) => setValue(document, `model.activations_checkpoint_${name}`, value));
}

function readPlan(document: ConfigDocument, keys: Keys): TrainingPlan {
  const tunes = entryAt(document.root, "model.data.train_ds") !== undefined;
  const method = readMethod(keys);
  const parallelism = readParallelism(keys);
  const shape = readShape(document, keys);
  const steps = keys.number("trainer.max_steps");
  return {
    stage: readStage(keys, tunes),
    model: { id: keys.text("model.restore_from_path", unknown(t`the model is spelled out, not named`)), shape },
    method,
    lora: method.value === "lora" ? readLora(keys) : null,
    quantization: null,
    optimizer: {
      name: keys.text("model.optim.name"),
      weightDecay: keys.number("model.optim.weight_decay"),
      beta2: beta2Of(keys.words("model.optim.betas", byDefault([])), 0.999),
      maxGradNorm: keys.number("trainer.gradient_clip_val"),
    },
    learningRate: readLearningRate(document, keys),
    duration: {
      epochs: readEpochs(keys),
      maxSteps: mapped(steps, (value) => (value > 0 ? value : null)),
      maxTokens: byDefault(null),
    },
    evaluationInterval: readEvaluation(keys, tunes),
    saveInterval: readSaves(keys, tunes),
    batch: readBatch(keys, parallelism),
    sequenceLength: tunes
      ? keys.number("model.data.train_ds.max_seq_length", keys.number("model.encoder_seq_length"))
      : keys.number("model.encoder_seq_length"),
    packing: tunes
      ? keys.flag("model.data.train_ds.packed_sequence")
      : byDefault(true, t`documents are joined until a sequence is full`),
    data: readData(keys, tunes),
    precision: readPrecision(keys),
    gradientCheckpointing: readCheckpointing(keys),
    attention: readAttention(keys, shape !== null),
    loss: byDefault("in-place", t`Megatron writes over its float32 logits`),
    ...(keys.flag("model.mcore_gpt").value || keys.flag("model.transformer_engine").value ? megatronKernels : {}),
    parallelism,
  } satisfies TrainingPlan;
}

/** Lightning's -1, and none at all, put no limit on the epochs. Source: PyTorch Lightning, trainer/trainer.py (max_epochs). */
function readEpochs(keys: Keys): Sourced<number> {
  const epochs = keys.number("trainer.max_epochs", unknown(t`NeMo draws the data until max_steps`));
  return (epochs.value ?? 0) < 0 ? unknown(t`NeMo draws the data until max_steps`, epochs.place) : epochs;
}

function readStage(keys: Keys, tunes: boolean): Sourced<Stage> {
  if (tunes) return byDefault("sft", t`model.data.train_ds is set`);
  return byDefault(keys.has("model.restore_from_path") ? "continued-pretrain" : "pretrain");
}

/** `none` is text to YAML; several schemes may be joined with commas. */
function readMethod(keys: Keys): Sourced<Method> {
  const scheme = keys.words("model.peft.peft_scheme", byDefault([], t`no peft_scheme`));
  return mapped(scheme, ([name = "none"]): Method => {
    if (/^(?:none|null)$/i.test(name)) return "full";
    return name.includes("lora") ? "lora" : "adapter";
  });
}

const rolesOf: ReadonlyMap<string, readonly LayerRole[]> = new Map([
  ["attention_qkv", ["query", "key", "value"]],
  ["attention_dense", ["output"]],
  ["mlp_fc1", ["mlp"]],
  ["mlp_fc2", ["mlp"]],
  ["attention", ["query", "key", "value", "output"]],
  ["mlp", ["mlp"]],
] as const);

function readLora(keys: Keys): LoraPlan {
  const rank = keys.number("model.peft.lora_tuning.adapter_dim");
  const { layers } = peftLayersAt(keys, "model.peft.lora_tuning.layer_selection");
  return {
    rank,
    alpha: keys.number(
      "model.peft.lora_tuning.alpha",
      rank.value === undefined ? rank : byDefault(rank.value, t`the rank`),
    ),
    dropout: keys.number("model.peft.lora_tuning.adapter_dropout"),
    targets: mapped(keys.words("model.peft.lora_tuning.target_modules"), (names): LoraTargets => {
      if (names.includes("all")) return { kind: "all" };
      return { kind: "roles", roles: [...new Set(names.flatMap((name) => rolesOf.get(name) ?? []))] };
    }),
    ...(layers ? { layers: mapped(layers, fromZero) } : {}),
    ...plainLora,
  };
}

/** Megatron numbers its layers from 1 on. */
function fromZero(layers: LoraLayers): LoraLayers {
  return layers.kind === "numbers" ? { ...layers, numbers: layers.numbers.map((number) => number - 1) } : layers;
}

/** What stands beside the settings of a scheduler, and does not bend its curve. */
const straightKeys = ["name", "warmup_steps", "warmup_ratio", "monitor", "reduce_on_plateau", "last_epoch"];

function readLearningRate(document: ConfigDocument, keys: Keys): LearningRatePlan {
  const ratio = keys.number("model.optim.sched.warmup_ratio");
  return {
    peak: keys.number("model.optim.lr"),
    scheduler: keys.text("model.optim.sched.name", byDefault("constant", t`no sched`)),
    family: "nemo",
    schedulerArguments: schedulerArgumentsIn(document, "model.optim.sched", (key) => !straightKeys.includes(key)),
    warmup:
      ratio.value !== undefined && !keys.has("model.optim.sched.warmup_steps")
        ? mapped(ratio, (value) => ({ ratio: value, rounding: "down" }))
        : mapped(keys.number("model.optim.sched.warmup_steps"), (steps) => ({ steps })),
  };
}

/**
 * A number of updates, or up to 1 a share of the epoch, which in pretraining is all of the run. Source: PyTorch Lightning,
 * loops/fit_loop.py (setup_data).
 */
function readEvaluation(keys: Keys, tunes: boolean): Sourced<Interval> {
  const batches = keys.number("trainer.limit_val_batches");
  if (batches.value === 0) return mapped(batches, () => never);
  return mapped(keys.number("trainer.val_check_interval"), (count) =>
    count > 1
      ? every(count, "updates")
      : { kind: "share", of: tunes ? "epoch" : "run", share: count, rounding: "down" },
  );
}

/** Source: NeMo, nemo/utils/exp_manager.py. */
function readSaves(keys: Keys, tunes: boolean): Sourced<Interval> {
  const saves = keys.flag("exp_manager.create_checkpoint_callback");
  if (!saves.value) return mapped(saves, () => never);
  const steps = keys.number("exp_manager.checkpoint_callback_params.every_n_train_steps");
  return steps.value === undefined ? readEvaluation(keys, tunes) : inUpdates(steps);
}

/** The batch of the training data goes before that of the model, to which it mostly refers. */
function readBatch(keys: Keys, parallelism: Parallelism): BatchPlan {
  const micro = orElse(keys.number("model.data.train_ds.micro_batch_size"), keys.number("model.micro_batch_size"));
  const global = orElse(keys.number("model.data.train_ds.global_batch_size"), keys.number("model.global_batch_size"));
  const evaluation = keys.number("model.data.validation_ds.micro_batch_size", micro);
  if (global.origin === "unknown" && !global.place) {
    return { micro, accumulation: keys.number("trainer.accumulate_grad_batches"), global: null, evaluation };
  }
  return { micro, accumulation: accumulationFrom(global, micro, replicasOf(parallelism)), global, evaluation };
}

/** `data_prefix` has weights and paths in turn; a split such as 900,50,50 has the evaluation's share second. */
function readData(keys: Keys, tunes: boolean): DataPlan {
  const written = keys.words(tunes ? "model.data.train_ds.file_names" : "model.data.data_prefix", unknown(t`not set`));
  const paths = mapped(written, (names) => names.filter((name) => Number.isNaN(Number(name))));
  const split = keys.words("model.data.splits_string", byDefault([]));
  return {
    ...unknownData,
    sources: namedSources(paths),
    validation: mapped(split, (shares) => {
      const total = shares.reduce((sum, share) => sum + Number(share), 0);
      return total > 0 ? Number(shares[1] ?? 0) / total : 0;
    }),
  };
}

/**
 * Mixed precision with float32 weights, or with float32 copies of them under `megatron_amp_O2`, where frozen weights are
 * held in half precision alone.
 */
function readPrecision(keys: Keys): Precision {
  const compute = mapped(keys.text("trainer.precision"), (name): Dtype | null => {
    if (/^bf16/.test(name)) return "bfloat16";
    return /^16/.test(name) ? "float16" : null;
  });
  const float32 = byDefault<Dtype>("float32", t`NeMo trains float32 weights, or float32 copies of them`);
  const frozen = derived(
    keys.flag("model.megatron_amp_O2"),
    compute,
    t`from megatron_amp_O2 and the precision`,
    (half, type): Dtype => (half && type ? type : "float32"),
  );
  const copies = keys.flag("model.megatron_amp_O2").value ? megatronGradients : {};
  return { trained: float32, frozen, adapters: float32, quantizedAdapters: float32, autocast: compute, ...copies };
}

/** `selective` recomputes only the attention itself, which flash attention does anyway. */
function readCheckpointing(keys: Keys): Sourced<boolean> {
  const granularity = keys.text("model.activations_checkpoint_granularity", byDefault("", t`not set`));
  return mapped(granularity, (name) => name === "full");
}

/** A model that is restored brings its own choice along. */
function readAttention(keys: Keys, spelledOut: boolean): TrainingPlan["attention"] {
  const kernels = [
    keys.flag("model.mcore_gpt"),
    keys.flag("model.transformer_engine"),
    keys.flag("model.use_flash_attention"),
  ];
  const fast = kernels.find(({ value }) => value);
  if (fast) return mapped(fast, () => "flash");
  return spelledOut ? byDefault("eager") : assumed("flash", t`the restored model's own configuration decides`);
}

function readParallelism(keys: Keys): Parallelism {
  const fsdp = keys.flag("model.fsdp");
  const strategy = keys.text("model.fsdp_sharding_strategy");
  const strategies: ReadonlyMap<string, Sharding> = new Map([["grad", "zero-2"]]);
  return {
    gpus: derived(keys.number("trainer.devices"), keys.number("trainer.num_nodes"), "devices × nodes", (a, b) => a * b),
    tensor: keys.number("model.tensor_model_parallel_size"),
    sequence: keys.flag("model.sequence_parallel"),
    pipeline: keys.number("model.pipeline_model_parallel_size"),
    context: keys.number("model.context_parallel_size"),
    expert: keys.number("model.expert_model_parallel_size"),
    sharding: fsdp.value
      ? mapped(strategy, (name) => strategies.get(name) ?? "zero-3")
      : mapped(keys.text("model.optim.name"), (name) => (/distributed/.test(name) ? "zero-1" : "none")),
    ...(fsdp.value && strategy.value === "hybrid" ? hybridGroups("hybrid_shard") : {}),
    offload: byDefault("none"),
  };
}

/** GPT-like decoders only: encoders beside them, Mamba layers and retrieval have more than these numbers tell. */
function readShape({ root }: ConfigDocument, keys: Keys): Sourced<ModelShape> | null {
  const layers = keys.number("model.num_layers");
  const hidden = keys.number("model.hidden_size").value;
  const heads = keys.number("model.num_attention_heads").value;
  const other = [
    "model.encoder",
    "model.hybrid_attention_ratio",
    "model.hybrid_override_pattern",
    "model.retro",
    "model.enc_num_layers",
  ];
  if (!layers.value || !hidden || !heads || other.some((key) => entryAt(root, key))) return null;
  const vocab = readVocabulary(keys);
  return derived(
    layers,
    vocab,
    vocab.note ?? t`spelled out`,
    (count, size): ModelShape => shapeOf(keys, hidden, count, heads, size),
  );
}

function shapeOf(keys: Keys, hidden: number, layers: number, heads: number, vocab: number): ModelShape {
  const optional = (key: "num_query_groups" | "kv_channels" | "num_moe_experts") => keys.number(`model.${key}`).value;
  const kvHeads = optional("num_query_groups");
  const headDim = optional("kv_channels");
  const experts = optional("num_moe_experts");
  const context = keys.number("model.encoder_seq_length").value;
  const positions = keys.number("model.max_position_embeddings").value ?? context;
  const learned = keys.text("model.position_embedding_type").value === "learned_absolute";
  return {
    hidden,
    layers,
    heads,
    vocab,
    intermediate: keys.number("model.ffn_hidden_size").value ?? 4 * hidden,
    tied: keys.flag("model.share_embeddings_and_output_weights").value ?? true,
    gated: /glu$/.test(keys.text("model.activation").value ?? ""),
    biased: keys.flag("model.bias").value ?? true,
    ...(context ? { context } : {}),
    ...(kvHeads ? { kvHeads } : {}),
    ...(headDim ? { headDim } : {}),
    ...(learned && positions ? { positions } : {}),
    ...(experts ? { experts, activeExperts: keys.number("model.moe_router_topk").value ?? 2 } : {}),
  };
}

/** The tokenizer's size, padded for the GPUs that share the embeddings; GPT-2's where nothing else is known. */
function readVocabulary(keys: Keys): Sourced<number> {
  const step =
    (keys.number("model.make_vocab_size_divisible_by").value ?? 128) *
    (keys.number("model.tensor_model_parallel_size").value ?? 1);
  const padded = (size: number) => Math.ceil(size / step) * step;
  if (keys.has("model.override_vocab_size")) return mapped(keys.number("model.override_vocab_size"), padded);
  const gpt2 = /^(?:GPT2BPETokenizer|gpt2)$/.test(keys.text("model.tokenizer.type").value ?? "");
  return gpt2
    ? byDefault(padded(50257), t`with GPT-2's vocabulary`)
    : assumed(padded(50257), t`with GPT-2's vocabulary, as the tokenizer's is not in the file`);
}
