import { t } from "../language.ts";
import { every, type Interval, inUpdates, never } from "../plan/interval.ts";
import type { LoraTargets } from "../plan/lora.ts";
import type { ModelShape } from "../plan/modelShape.ts";
import type {
  DataPlan,
  Dtype,
  LearningRatePlan,
  LoraPlan,
  Method,
  ModelReference,
  Parallelism,
  Precision,
  Quantization,
  Sharding,
  Stage,
  TrainingPlan,
} from "../plan/plan.ts";
import { assumed, byDefault, derived, mapped, orElse, type Sourced, unknown } from "../plan/sourced.ts";
import { type ConfigDocument, entryAt, type Scalar } from "../text/document.ts";
import { accumulationFrom, replicasOf, withGlobalBatch } from "./batch.ts";
import { beta2Of } from "./betas.ts";
import { namedSources, unknownData } from "./data.ts";
import type { ChangeKeys, Dialect } from "./dialect.ts";
import { kernelsIf } from "./kernels.ts";
import { inPlaceOf } from "./levers.ts";
import { everyLinearLayer } from "./lora.ts";
import { checkpointType, dtypeNamed } from "./precision.ts";
import { groupAt, rateGroups, scaledGroup } from "./rateGroups.ts";
import { type Reader, reader } from "./reader.ts";
import { copiesOf } from "./sharding.ts";
import { attentionFrom } from "./trainingArguments.ts";
import { namesOf, type Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: NVIDIA-NeMo/Automodel at 36044ad3d139, nemo_automodel/components/{optim,training,_peft,distributed}.

const vocabulary = {
  recipe: { about: "What runs: fine-tuning, pretraining, distillation, a draft model, …" },
  "recipe._target_": { about: "The recipe's class by its whole path" },
  "step_scheduler.global_batch_size": { about: "Sequences per optimizer update on all GPUs", default: 32 },
  "step_scheduler.local_batch_size": { about: "Sequences per GPU in one forward pass", default: 1 },
  "step_scheduler.num_epochs": { about: "Passes over the training data", default: 10 },
  "step_scheduler.max_steps": { about: "Optimizer updates after which the run stops" },
  "step_scheduler.ckpt_every_steps": { about: "Updates between two checkpoints", default: 100 },
  "step_scheduler.val_every_steps": { about: "Updates between two evaluations" },
  "step_scheduler.save_checkpoint_every_epoch": { about: "Save at the end of every epoch", default: true },
  "step_scheduler.validate_on_checkpoint": { about: "Evaluate before saving too", default: true },
  "step_scheduler.gc_every_steps": { about: "Updates between two collections of Python's garbage" },
  "step_scheduler.log_remote_every_steps": { about: "Updates between two log entries", default: 1 },
  "model._target_": { about: "What builds the model: from_pretrained, from_config, or a function" },
  "model.pretrained_model_name_or_path": { holds: "model", about: "Hugging Face id or path of the model to train" },
  "model.config": { about: "Hugging Face id whose configuration shapes a new model" },
  "model.config._target_": { about: "What builds the configuration of a new model" },
  "model.config.pretrained_model_name_or_path": {
    holds: "model",
    about: "Hugging Face id whose configuration shapes a new model",
  },
  "model.config.num_hidden_layers": { about: "Layers, other than the model's own" },
  "model.config.hidden_size": { about: "Width of a new model" },
  "model.config.num_attention_heads": { about: "Attention heads of a new model" },
  "model.config.num_key_value_heads": { about: "Key and value heads of a new model" },
  "model.config.intermediate_size": { about: "Width of the MLP of a new model" },
  "model.config.num_experts": {
    about: "Experts of a new model",
    aliases: ["model.config.n_routed_experts", "model.config.num_local_experts"],
  },
  "model.config.vocab_size": { about: "Vocabulary of a new model" },
  "model.torch_dtype": {
    about: "Type of the weights in memory",
    default: "auto",
    values: ["auto", "bfloat16", "float32", "float16"],
    aliases: ["model.dtype"],
  },
  "model.attn_implementation": {
    about: "Attention kernel",
    values: ["flash_attention_2", "sdpa", "eager", "te"],
    note: t`flash attention where it is installed, else SDPA`,
  },
  "model.backend.attn": { about: "Attention kernel of Automodel's own models", values: ["te", "sdpa", "flex"] },
  "model.backend.linear": { about: "Linear layers of Automodel's own models", values: ["torch", "te"] },
  "model.backend.rms_norm": { about: "RMSNorm of Automodel's own models", values: ["torch", "torch_fp32", "te"] },
  "model.backend.dispatcher": {
    about: "How tokens travel to their experts",
    values: ["torch", "deepep", "hybridep", "uccl_ep"],
  },
  "model.backend.experts": { about: "How the experts compute", values: ["torch", "te", "gmm", "torch_mm"] },
  "model.trust_remote_code": { about: "Run the model's own code", default: false },
  "model.use_liger_kernel": { about: "Liger's fused kernels", default: true },
  "model.n_embd": { about: "Width of a GPT-2", default: 768 },
  "model.n_layer": { about: "Layers of a GPT-2", default: 12 },
  "model.n_head": { about: "Attention heads of a GPT-2", default: 12 },
  "model.n_positions": { about: "Longest sequence of a GPT-2", default: 2048 },
  "model.vocab_size": { about: "Vocabulary of a GPT-2", default: 50257 },
  "freeze_config.freeze_language_model": { about: "Leave the language model as it is", default: false },
  "freeze_config.freeze_vision_tower": { about: "Leave the vision tower as it is", default: true },
  "freeze_config.freeze_audio_tower": { about: "Leave the audio tower as it is", default: false },
  "freeze_config.freeze_embeddings": { about: "Leave the embeddings as they are", default: true },
  "peft._target_": { about: "Adapters to train; every weight is trained without peft" },
  "peft.dim": { about: "Rank of the LoRA matrices", default: 8 },
  "peft.alpha": { about: "LoRA's scale is alpha / rank", default: 32 },
  "peft.dropout": { about: "Dropout beside the adapters", default: 0 },
  "peft.dropout_position": { about: "Dropout before or after the adapters", default: "post", values: ["pre", "post"] },
  "peft.target_modules": { holds: "modules", about: "Modules to adapt: names with wildcards", default: "*_proj" },
  "peft.exclude_modules": { about: "Adapt every linear layer but these" },
  "peft.match_all_linear": { about: "Adapt every linear layer, the output layer too", default: false },
  "peft.use_dora": { about: "DoRA: adapt direction and magnitude apart", default: false },
  "peft.lora_A_init": { about: "How the first matrix starts", default: "xavier", values: ["xavier", "uniform"] },
  "peft.lora_dtype": { about: "Type of the adapters", note: t`the type of the layer that they adapt` },
  "peft.use_triton": { about: "Triton kernels for the adapters", default: false },
  "quantization.load_in_4bit": { about: "Load the frozen weights in 4 bits", default: false },
  "quantization.load_in_8bit": { about: "Load the frozen weights in 8 bits", default: false },
  "quantization.bnb_4bit_use_double_quant": { about: "Quantise the scales too", default: true },
  "quantization.bnb_4bit_compute_dtype": { about: "Type to compute in", default: "bfloat16" },
  "quantization.bnb_4bit_quant_type": { about: "4-bit type", default: "nf4", values: ["nf4", "fp4"] },
  "quantization.bnb_4bit_quant_storage": { about: "Type that holds the 4-bit weights", default: "bfloat16" },
  "optimizer._target_": {
    about: "Optimizer class",
    default: "torch.optim.AdamW",
    values: [
      "torch.optim.AdamW",
      "torch.optim.Adam",
      "transformer_engine.pytorch.optimizers.fused_adam.FusedAdam",
      "flashoptim.FlashAdamW",
      "dion.Muon",
    ],
  },
  "dflash.target_model_id": { about: "The model for which a draft model is trained" },
  "optimizer.lr": { about: "Peak learning rate", note: t`optimizer.lr is not set` },
  "optimizer.weight_decay": { about: "Weight decay", default: 0.01 },
  "optimizer.betas": { about: "Decay of Adam's two moments" },
  "optimizer.eps": { about: "Adam's epsilon", default: 1e-8 },
  "optimizer.param_group_overrides": { about: "Parameters with another rate: a list of pattern and lr_mult" },
  "optimizer.scalar_lr": { about: "Learning rate of norms and biases (Muon, Dion)" },
  "optimizer.embed_lr": { about: "Learning rate of the embeddings (Muon, Dion)" },
  "optimizer.lm_head_lr": { about: "Learning rate of the output layer (Muon, Dion)" },
  "optimizer.master_weights": { about: "Keep float32 copies of the weights (FusedAdam)" },
  "optimizer.warmup_ratio": { about: "Draft models: share of all updates that warm up", default: 0.05 },
  "optimizer.min_lr_ratio": { about: "Draft models: floor of the cosine as a share of the peak", default: 0.1 },
  "lr_scheduler.lr_decay_style": {
    about: "Course of the learning rate after the warmup; constant without lr_scheduler",
    default: "cosine",
    values: ["cosine", "linear", "constant", "WSD", "inverse-square-root"],
  },
  "lr_scheduler.lr_warmup_steps": { about: "Updates until the peak", note: t`10 % of the run, at most 1000 updates` },
  "lr_scheduler.lr_decay_steps": { about: "Update at which the floor is reached", note: t`the last one` },
  "lr_scheduler.init_lr": { about: "Rate at which the warmup starts", note: t`10 % of the peak` },
  "lr_scheduler.max_lr": { about: "Peak, other than the optimizer's rate" },
  "lr_scheduler.min_lr": { about: "Floor", note: t`1 % of the peak` },
  "lr_scheduler.wsd_decay_steps": { about: "Updates of the final decay of WSD" },
  "lr_scheduler.lr_wsd_decay_style": {
    about: "Curve of the final decay of WSD",
    values: ["linear", "cosine", "exponential", "minus_sqrt"],
  },
  "clip_grad_norm.max_norm": { about: "Norm to which gradients are clipped", default: 1 },
  "loss_fn._target_": { about: "Loss", default: "nemo_automodel.components.loss.masked_ce.MaskedCrossEntropy" },
  "distributed.strategy": {
    about: "What is split over the GPUs",
    default: "fsdp2",
    values: ["fsdp2", "ddp", "megatron_fsdp"],
  },
  "distributed._target_": { about: "The manager that splits the model, in older files" },
  "distributed.dp_size": { about: "GPUs that work on different sequences; none: all that are left" },
  "distributed.dp_replicate_size": { about: "Copies of the sharded model (HSDP)" },
  "distributed.tp_size": { about: "GPUs that share each matrix", default: 1 },
  "distributed.pp_size": { about: "GPUs that share the layers", default: 1 },
  "distributed.pipeline.pp_microbatch_size": { about: "Sequences that go through the pipeline at once", default: 1 },
  "distributed.cp_size": { about: "GPUs that share each sequence", default: 1 },
  "distributed.ep_size": { about: "GPUs that share the experts", default: 1 },
  "distributed.sequence_parallel": { about: "Split the sequence between matrices, over tp_size", default: false },
  "distributed.activation_checkpointing": {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: false,
    values: ["true", "false", "selective"],
    aliases: ["parallelizer.activation_checkpointing"],
  },
  "distributed.reshard_after_forward": { about: "Drop gathered weights after the forward pass", default: true },
  "distributed.zero_dp_strategy": { about: "ZeRO stage of megatron_fsdp", default: 3 },
  "distributed.offload_policy": { about: "Keep weights and optimizer in the host's memory" },
  "distributed.autocast_dtype": { about: "Type that autocast computes in" },
  "distributed.mp_policy.param_dtype": { about: "Type that FSDP gathers and computes in", default: "bfloat16" },
  "distributed.mp_policy.reduce_dtype": { about: "Type of the reduced gradients", default: "float32" },
  "distributed.defer_fsdp_grad_sync": { about: "Reduce gradients once per update only", default: true },
  "dataset._target_": { about: "What builds the training data" },
  "dataset.path_or_dataset": { about: "Training data: Hub id or path", aliases: ["dataset.path_or_dataset_id"] },
  "dataset.dataset_name": { about: "Training data: Hub id" },
  "dataset.file_pattern": { about: "Training data: files of tokens", aliases: ["dataset.paths"] },
  "dataset.split": { about: "Part of the training data, such as train[:1000]" },
  "dataset.num_samples": { about: "Samples of made-up data" },
  "dataset.num_samples_limit": { about: "No more samples than these", aliases: ["dataset.limit_dataset_samples"] },
  "dataset.seq_length": {
    about: "Longest sequence in tokens",
    aliases: ["dataset.seq_len", "dataset.max_length", "dataset.max_seq_len", "dataloader.collate_fn.max_length"],
  },
  "dataset.truncation": { about: "Cut longer samples" },
  "packed_sequence.packed_sequence_size": {
    about: "Tokens of a packed sequence; 0: no packing",
    default: 0,
    aliases: ["packed_sequence.pack_size"],
  },
  validation_dataset: { about: "Evaluation data" },
  "validation_dataset.path_or_dataset": { about: "Evaluation data: Hub id or path" },
  "validation_dataloader.batch_size": { about: "Sequences per GPU in one evaluation pass; as local_batch_size" },
  "dataloader.shuffle": { about: "Shuffle the training data" },
  "compile.enabled": { about: "Compile the model", default: false },
  "fp8.enabled": { about: "Matrix products in float8", default: false },
  "checkpoint.enabled": { about: "Save checkpoints" },
  "checkpoint.checkpoint_dir": { about: "Folder of checkpoints", default: "checkpoints/" },
  "rng.seed": { about: "Random seed", default: 42, aliases: ["seed"] },
  "teacher_model.pretrained_model_name_or_path": { holds: "model", about: "Model to learn from" },
  "teacher_model.torch_dtype": {
    about: "Type of the teacher's weights",
    default: "auto",
    note: t`auto: the checkpoint's own type`,
    aliases: ["teacher_model.dtype"],
  },
  "qat.enabled": { about: "Train for a later quantisation", default: false },
  offload_teacher_model: { about: "Keep the teacher in the host's memory between its passes", default: false },
  separate_meshes: { about: "Give the teacher GPUs of its own", default: false },
  "kd_loss_fn.chunk_size": { about: "Tokens that are compared with the teacher's at once; 0: all", default: 0 },
  "skypilot.accelerators": { about: "GPUs of a node, such as H100:8" },
  "skypilot.num_nodes": { about: "Machines", default: 1 },
  "recipe_args.target_model_name_or_path": { about: "Frozen model for which a draft model is trained" },
  "recipe_args.train_data_path": { about: "Training data of the draft model" },
  "recipe_args.seq_length": { about: "Longest sequence in tokens" },
  "recipe_args.micro_batch_size": { about: "Sequences per GPU in one forward pass" },
  "recipe_args.grad_accumulation_steps": { about: "Forward passes per optimizer update", default: 1 },
  "recipe_args.num_epochs": { about: "Passes over the training data" },
  "recipe_args.max_grad_norm": { about: "Norm to which gradients are clipped", default: 1 },
  "recipe_args.packed_sequence_size": { about: "Tokens of a packed sequence; 0: no packing", default: 0 },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

const groupVocabulary = {
  pattern: { about: "Regular expression of the parameters' names" },
  lr_mult: { about: "Rate of the group over that of the rest", default: 1 },
} as const satisfies Vocabulary;

const adapters = { "peft._target_": "nemo_automodel.components._peft.lora.PeftConfig" };
const newAdapters = { "peft.match_all_linear": true, "peft.dim": 16, "peft.alpha": 32 };

/** NeMo Automodel: a YAML file of sections, whose `_target_` keys name the classes to build. */
export const nemoAutomodel: Dialect = {
  id: "nemo-automodel",
  label: "NeMo Automodel",
  telltales: ["step_scheduler", "recipe_args"],
  vocabulary,
  detect({ root }) {
    const { entries } = root;
    // Diffusion models for images and videos, which the same framework trains.
    if (entries.has("flow_matching") || !entryAt(root, "optimizer.lr")) return 0;
    if (entryAt(root, "step_scheduler.local_batch_size") || entryAt(root, "step_scheduler.global_batch_size")) return 1;
    return entries.has("recipe") && entryAt(root, "recipe_args.micro_batch_size") ? 1 : 0;
  },
  read(document) {
    const keys = reader(document, vocabulary);
    return isDraft(document) ? readDraft(document, keys) : readPlan(document, keys);
  },
  keys: {
    peakLearningRate: "optimizer.lr",
    microBatch: "step_scheduler.local_batch_size",
    accumulation: "step_scheduler.global_batch_size",
    evaluationBatch: "validation_dataloader.batch_size",
    sequenceLength: "dataset.seq_length",
    gradientCheckpointing: "distributed.activation_checkpointing",
    epochs: "step_scheduler.num_epochs",
    warmupSteps: "lr_scheduler.lr_warmup_steps",
    scheduler: "lr_scheduler.lr_decay_style",
    schedulerSettings: "lr_scheduler.*",
    optimizer: "optimizer._target_",
    loraRank: "peft.dim",
  },
  levers: {
    chunkedLoss: [{ set: { "loss_fn._target_": "nemo_automodel.components.loss.linear_ce.FusedLinearCrossEntropy" } }],
    flashAttention: [{ set: { "model.attn_implementation": "sdpa" } }],
    zero3: [{ set: { "distributed.strategy": inPlaceOf(/^ddp$/, "fsdp2") } }],
    full: [{ set: { peft: null, quantization: null } }],
    lora: [{ set: { ...adapters, quantization: null }, adapters: newAdapters }],
    qlora: [{ set: { ...adapters, "quantization.load_in_4bit": true }, adapters: newAdapters }],
  },
  write(document, change) {
    if (isDraft(document)) return writeKeys(document, draftKeys, change);
    const keys = { ...nemoAutomodel.keys, sequenceLength: sequenceKey(document) };
    const plan = readPlan(document, reader(document, vocabulary));
    const { warmupSteps, ...others } = withGlobalBatch(change, plan);
    // A new lr_scheduler would not only warm up but decay too.
    const warms = warmupSteps !== undefined && document.root.entries.has("lr_scheduler");
    return writeKeys(document, keys, { ...others, ...(warms ? { warmupSteps } : {}) });
  },
};

/** Draft models have their own batch keys, and a schedule in the optimizer's section. */
const draftKeys: ChangeKeys = {
  peakLearningRate: "optimizer.lr",
  microBatch: "recipe_args.micro_batch_size",
  accumulation: "recipe_args.grad_accumulation_steps",
  sequenceLength: "recipe_args.seq_length",
  gradientCheckpointing: "distributed.activation_checkpointing",
  epochs: "recipe_args.num_epochs",
  warmupRatio: "optimizer.warmup_ratio",
  loraRank: "peft.dim",
};

function isDraft({ root }: ConfigDocument): boolean {
  return root.entries.has("recipe_args") && !root.entries.has("step_scheduler");
}

function readPlan(document: ConfigDocument, keys: Keys): TrainingPlan {
  const method = readMethod(document, keys);
  const parallelism = readParallelism(document, keys);
  const micro = keys.number("step_scheduler.local_batch_size");
  const global = keys.number("step_scheduler.global_batch_size");
  return {
    stage: readStage(keys),
    model: { ...readModel(document, keys), freezesTowers: keys.flag("freeze_config.freeze_vision_tower") },
    method,
    lora: method.value === "lora" || method.value === "qlora" ? readLora(keys) : null,
    quantization: readQuantization(keys),
    optimizer: {
      name: keys.text("optimizer._target_"),
      weightDecay: readWeightDecay(keys),
      beta2: readBeta2(keys),
      maxGradNorm: keys.number("clip_grad_norm.max_norm"),
    },
    learningRate: { ...readLearningRate(document, keys), ...readGroups(document, keys) },
    duration: {
      epochs: numberUnlessNone(keys, "step_scheduler.num_epochs", byDefault(10)),
      maxSteps: numberUnlessNone(keys, "step_scheduler.max_steps", byDefault(null)),
      maxTokens: byDefault(null),
    },
    evaluationInterval: readEvaluation(keys),
    saveInterval: readSaves(keys),
    batch: {
      micro,
      accumulation: accumulationFrom(
        global,
        micro,
        replicasOf(parallelism),
        t`global batch / (local batch × data-parallel GPUs)`,
      ),
      global,
      evaluation: keys.number("validation_dataloader.batch_size", micro),
    },
    sequenceLength: readSequenceLength(keys),
    packing: mapped(keys.number("packed_sequence.packed_sequence_size"), (size) => size > 0),
    data: readData(keys),
    precision: readPrecision(keys),
    gradientCheckpointing: readCheckpointing(keys),
    attention: readAttention(keys),
    loss: mapped(keys.text("loss_fn._target_"), (name) => (/linear/i.test(name) ? "fused" : "materialised")),
    ...readTeacher(keys),
    ...(keys.has("qat.enabled") ? { fakeQuantization: keys.flag("qat.enabled") } : {}),
    ...kernelsIf(keys.flag("model.use_liger_kernel"), keys.flag("compile.enabled")),
    parallelism,
  } satisfies TrainingPlan;
}

/**
 * The draft model of speculative decoding (EAGLE, DFlash, DSpark, …). It is built from the target's configuration, so its
 * size is not in the file; the target stays frozen.
 */
function readDraft(document: ConfigDocument, keys: Keys): TrainingPlan {
  const plan = readPlan(document, keys);
  const target = keys.text("recipe_args.target_model_name_or_path").value ?? t`another model`;
  const packed = keys.number("recipe_args.packed_sequence_size");
  return {
    ...plan,
    stage: byDefault("distill", t`a draft model learns from its target`),
    model: { id: unknown(t`a small draft model for ${target} is trained`), shape: null },
    optimizer: {
      ...plan.optimizer,
      name: byDefault("torch.optim.AdamW"),
      weightDecay: keys.number("optimizer.weight_decay", byDefault(0)),
      maxGradNorm: keys.number("recipe_args.max_grad_norm"),
    },
    learningRate: {
      peak: keys.number("optimizer.lr"),
      scheduler: byDefault("cosine_warmup_with_min_lr", t`Automodel's own, which is at most one update ahead of it`),
      family: "huggingface",
      schedulerArguments: mapped(keys.number("optimizer.min_lr_ratio"), (ratio) => new Map([["min_lr_rate", ratio]])),
      warmup: mapped(keys.number("optimizer.warmup_ratio"), (ratio) => ({ ratio, rounding: "down" })),
    },
    duration: { ...plan.duration, epochs: keys.number("recipe_args.num_epochs"), maxSteps: byDefault(null) },
    evaluationInterval: unknown(t`the recipe of a draft model decides`),
    saveInterval: unknown(t`the recipe of a draft model decides`),
    batch: {
      micro: keys.number("recipe_args.micro_batch_size"),
      accumulation: keys.number("recipe_args.grad_accumulation_steps"),
      global: null,
      evaluation: keys.number("recipe_args.micro_batch_size"),
    },
    sequenceLength: keys.number("recipe_args.seq_length"),
    packing: mapped(packed, (size) => size > 0),
    data: { ...unknownData, sources: namedSources(keys.words("recipe_args.train_data_path")) },
  };
}

/** `none` is text to YAML, but nothing to Automodel. */
function numberUnlessNone<T extends number | null>(
  keys: Keys,
  key: keyof typeof vocabulary,
  otherwise: Sourced<T>,
): Sourced<number | T> {
  const absent = !keys.has(key) || /^none$/i.test(keys.text(key).value ?? "");
  return absent ? otherwise : keys.number(key);
}

const stages: readonly (readonly [RegExp, Stage])[] = [
  [/KnowledgeDistillation/, "distill"],
  [/SequenceClassification|Encoder/i, "classify"],
  [/Pretrain/, "pretrain"],
];

/** The recipe says what is trained for; the one for next tokens both pretrains and fine-tunes. */
function readStage(keys: Keys): Sourced<Stage> {
  const draft = keys.text("dflash.target_model_id");
  if (draft.value !== undefined) return mapped(draft, () => "distill");
  const recipe = keys.text("recipe._target_", keys.text("recipe"));
  const [, named] = stages.find(([pattern]) => pattern.test(recipe.value ?? "")) ?? [];
  if (named) return mapped(recipe, () => named);
  const target = keys.text("model._target_", byDefault(""));
  if (/SequenceClassification|encoder/i.test(target.value ?? "")) return mapped(target, () => "classify");
  if (/from_config|build_/.test(target.value ?? "") && !keys.has("peft._target_"))
    return mapped(target, () => "pretrain");
  const tokens = /pretrain|nanogpt/i.test(keys.text("dataset._target_").value ?? "");
  return byDefault(tokens ? "continued-pretrain" : "sft", t`from the recipe, the model and the data`);
}

/** A Hugging Face id, or one whose configuration shapes a new model, or the shape itself. */
function readModel({ root }: ConfigDocument, keys: Keys): ModelReference {
  const inline = entryAt(root, "model.config")?.value.kind === "map";
  const config = inline ? keys.text("model.config.pretrained_model_name_or_path") : keys.text("model.config");
  const id = orElse(keys.text("model.pretrained_model_name_or_path"), config);
  const shape = readShape(keys);
  if (shape || id.origin === "unknown" || !keys.has("model.config.num_hidden_layers")) return { id, shape };
  return { id: unknown(t`${id.value} with another number of layers`, id.place), shape };
}

/** The shape of a GPT-2, or of a configuration of transformers that is spelled out. */
function readShape(keys: Keys): Sourced<ModelShape> | null {
  const target = keys.text("model._target_");
  if (/build_gpt2_model/.test(target.value ?? "")) return mapped(target, () => gpt2(keys));
  const config = keys.text("model.config._target_");
  const [hidden, layers, heads, vocab, intermediate] = [
    keys.number("model.config.hidden_size").value,
    keys.number("model.config.num_hidden_layers").value,
    keys.number("model.config.num_attention_heads").value,
    keys.number("model.config.vocab_size").value,
    keys.number("model.config.intermediate_size").value,
  ];
  const mixture = keys.has("model.config.num_experts");
  if (!hidden || !layers || !heads || !vocab || !intermediate || mixture) return null;
  const kvHeads = keys.number("model.config.num_key_value_heads").value;
  return mapped(config, () => ({ hidden, layers, heads, vocab, intermediate, ...(kvHeads ? { kvHeads } : {}) }));
}

function gpt2(keys: Keys): ModelShape {
  const hidden = keys.number("model.n_embd").value ?? 768;
  const context = keys.number("model.n_positions").value ?? 2048;
  return {
    hidden,
    layers: keys.number("model.n_layer").value ?? 12,
    heads: keys.number("model.n_head").value ?? 12,
    vocab: keys.number("model.vocab_size").value ?? 50257,
    intermediate: 4 * hidden,
    context,
    positions: context,
    tied: true,
    gated: false,
    biased: true,
  };
}

function readMethod({ root }: ConfigDocument, keys: Keys): Sourced<Method> {
  const peft = root.entries.get("peft");
  if (peft?.value.kind === "map") {
    const kind: Method = keys.flag("quantization.load_in_4bit").value ? "qlora" : "lora";
    return mapped(keys.text("peft._target_", byDefault("")), () => kind);
  }
  const frozen = keys.flag("freeze_config.freeze_language_model");
  return frozen.value ? mapped(frozen, () => "freeze") : byDefault("full", t`no peft`);
}

function readLora(keys: Keys): LoraPlan {
  return {
    rank: keys.number("peft.dim"),
    alpha: keys.number("peft.alpha"),
    dropout: keys.number("peft.dropout"),
    targets: readTargets(keys),
    modulesToSave: byDefault([]),
    rsLora: byDefault(false),
    dora: keys.flag("peft.use_dora"),
  };
}

/** Wildcards over whole paths; `match_all_linear` and `*` take the output layer too, unless it is excluded. */
function readTargets(keys: Keys): Sourced<LoraTargets> {
  const all = keys.flag("peft.match_all_linear");
  if (all.value) return mapped(all, () => everyLinearLayer);
  if (!keys.has("peft.target_modules") && keys.has("peft.exclude_modules")) {
    return mapped(keys.words("peft.exclude_modules"), (names) =>
      names.some((name) => name.endsWith("lm_head")) ? { kind: "all" } : everyLinearLayer,
    );
  }
  return mapped(keys.words("peft.target_modules"), (names) => {
    if (names.length === 0) return { kind: "names", names: ["*_proj"] };
    return names.includes("*") ? everyLinearLayer : { kind: "names", names };
  });
}

function readQuantization(keys: Keys): Quantization | null {
  const four = keys.flag("quantization.load_in_4bit");
  const eight = keys.flag("quantization.load_in_8bit");
  if (!four.value && !eight.value) return null;
  return {
    bits: four.value ? mapped(four, () => 4) : mapped(eight, () => 8),
    doubleQuantization: four.value ? keys.flag("quantization.bnb_4bit_use_double_quant") : byDefault(false),
    float32Norms: byDefault(false),
  };
}

/** torch's Adam has no weight decay where none is set, AdamW has. */
function readWeightDecay(keys: Keys): Sourced<number> {
  const plain = /torch\.optim\.(?:adam\.)?Adam$/.test(keys.text("optimizer._target_").value ?? "");
  return keys.number("optimizer.weight_decay", byDefault(plain ? 0 : 0.01));
}

/** Draft models have a default of their own. */
function readBeta2(keys: Keys): Sourced<number> {
  const otherwise = keys.has("recipe_args.micro_batch_size") ? 0.95 : 0.999;
  return beta2Of(keys.words("optimizer.betas", byDefault([])), otherwise);
}

const bendingKeys = ["init_lr", "max_lr", "min_lr", "lr_decay_steps", "wsd_decay_steps", "lr_wsd_decay_style"] as const;

/**
 * Megatron's curves. Without `lr_scheduler` the rate stays where it is; with it, the warmup starts at 10 % of the peak and
 * the decay ends at 1 % where the file says nothing else.
 */
function readLearningRate({ root }: ConfigDocument, keys: Keys): LearningRatePlan {
  const peak = keys.number("lr_scheduler.max_lr", keys.number("optimizer.lr"));
  if (root.entries.get("lr_scheduler")?.value.kind !== "map") {
    return {
      peak,
      scheduler: byDefault("constant", t`no lr_scheduler`),
      family: "megatron",
      schedulerArguments: byDefault(new Map()),
      warmup: byDefault({ steps: 0 }),
    };
  }
  const ends: readonly (readonly [string, Scalar])[] =
    peak.value === undefined
      ? []
      : [
          ["init_lr", peak.value * 0.1],
          ["min_lr", peak.value * 0.01],
        ];
  const own = bendingKeys.flatMap((key): readonly (readonly [string, Scalar])[] => {
    const value = keys.text(`lr_scheduler.${key}`).value;
    return value === undefined || key === "max_lr" ? [] : [[key, keys.number(`lr_scheduler.${key}`).value ?? value]];
  });
  const warmup = keys.number("lr_scheduler.lr_warmup_steps");
  return {
    peak,
    scheduler: keys.text("lr_scheduler.lr_decay_style"),
    family: "megatron",
    schedulerArguments: byDefault(new Map([...ends, ...own])),
    warmup: keys.has("lr_scheduler.lr_warmup_steps")
      ? mapped(warmup, (steps) => ({ steps }))
      : byDefault({ ratio: 0.1, rounding: "down", atMost: 1000 }),
  };
}

/**
 * Muon and Dion group the parameters themselves, but `lr_scheduler` gives all groups the same rate; multiples of the rate are its
 * own, and need it. Source: Automodel, components/optim/{optimizer,dion,scheduler}.py.
 */
function readGroups(document: ConfigDocument, keys: Keys): Pick<LearningRatePlan, "groups"> {
  const scheduled = document.root.entries.get("lr_scheduler")?.value.kind === "map";
  if (/(?:^|\.)(?:Muon|NorMuon|Dion2?)$/.test(keys.text("optimizer._target_").value ?? "")) {
    const scalar = keys.number("optimizer.scalar_lr");
    return scheduled
      ? {}
      : rateGroups(
          groupAt(t`norms and biases`, scalar),
          groupAt("embeddings", keys.number("optimizer.embed_lr", scalar)),
          groupAt(t`output layer`, keys.number("optimizer.lm_head_lr")),
        );
  }
  if (!scheduled) return {};
  const peak = keys.number("lr_scheduler.max_lr", keys.number("optimizer.lr"));
  const overrides = keys.maps("optimizer.param_group_overrides").map((root) => {
    const group = reader({ ...document, root }, groupVocabulary);
    const name = t`parameters with ${group.text("pattern").value ?? t`another name`}`;
    return group.has("lr_mult") ? scaledGroup(name, group.number("lr_mult"), peak) : [];
  });
  return rateGroups(...overrides);
}

/** Before a checkpoint too, unless the file says otherwise. Source: Automodel, components/training/step_scheduler.py. */
function readEvaluation(keys: Keys): Sourced<Interval> {
  if (!keys.has("validation_dataset")) return byDefault(never, t`there is no validation_dataset`);
  if (keys.has("step_scheduler.val_every_steps")) {
    return inUpdates(keys.number("step_scheduler.val_every_steps"));
  }
  return keys.flag("step_scheduler.validate_on_checkpoint").value
    ? readSaves(keys)
    : byDefault(never, t`val_every_steps is not set`);
}

/** `null` saves once per epoch. */
function readSaves(keys: Keys): Sourced<Interval> {
  const saves = keys.flag("checkpoint.enabled");
  if (saves.value === false) return mapped(saves, () => never);
  const off = keys.nullAt("step_scheduler.ckpt_every_steps");
  if (off) return mapped(off, () => every(1, "epochs"));
  return inUpdates(keys.number("step_scheduler.ckpt_every_steps"));
}

function readSequenceLength(keys: Keys): Sourced<number> {
  const packed = keys.number("packed_sequence.packed_sequence_size");
  if (packed.value !== 0) return packed;
  return keys.number(
    "dataset.seq_length",
    unknown(t`sequences are as long as the data; dataset.seq_length is not set`),
  );
}

/** The key that limits the sequences of this file: that of packing where it is on, else whichever the data set has. */
function sequenceKey(document: ConfigDocument): string {
  const packed = namesOf(vocabulary, "packed_sequence.packed_sequence_size").find(
    (key) => Number(scalarAt(document, key)) > 0,
  );
  if (packed !== undefined) return packed;
  const written = vocabulary["dataset.seq_length"].aliases.find((key) => entryAt(document.root, key));
  return entryAt(document.root, "dataset.seq_length") ? "dataset.seq_length" : (written ?? "dataset.seq_length");
}

function readData(keys: Keys): DataPlan {
  const names = [
    keys.words("dataset.path_or_dataset"),
    keys.words("dataset.dataset_name"),
    keys.words("dataset.file_pattern"),
  ];
  const sliced = Number(/\[:(\d+)\]/.exec(keys.text("dataset.split").value ?? "")?.[1]);
  const limit = keys.number("dataset.num_samples_limit").value ?? (sliced > 0 ? sliced : null);
  return {
    sources: names.flatMap((name) => namedSources(name, limit)),
    samples: keys.number("dataset.num_samples", unknownData.samples),
    validation: byDefault(0, t`evaluation data are a data set of their own`),
  };
}

/**
 * The teacher is built like the student, on the same GPUs and shared alike, unless it gets GPUs of its own. Source:
 * nemo_automodel/recipes/llm/kd.py, _build_teacher_model.
 */
function readTeacher(keys: Keys): Pick<TrainingPlan, "teacher"> {
  if (!keys.has("teacher_model.pretrained_model_name_or_path") || keys.flag("separate_meshes").value) return {};
  return {
    teacher: {
      id: keys.text("teacher_model.pretrained_model_name_or_path"),
      weights: dtypeOf(keys.text("teacher_model.torch_dtype")),
      quantization: null,
      isSplit: true,
      isOffloaded: keys.flag("offload_teacher_model"),
      divergence: (keys.number("kd_loss_fn.chunk_size").value ?? 0) > 0 ? "automodel-chunks" : "automodel",
    },
  };
}

function dtypeOf(source: Sourced<string>): Sourced<Dtype> {
  const type = dtypeNamed(source.value);
  if (type) return mapped(source, () => type);
  return source.value === "auto"
    ? checkpointType
    : unknown(t`${source.value ?? "it"} is no type that we know`, source.place);
}

/**
 * FSDP gathers the weights in the type that it computes in, so float32 weights are computed with as under autocast; so are
 * bfloat16 weights of which the optimizer keeps float32 copies.
 */
function readPrecision(keys: Keys): Precision {
  const built = /build_/.test(keys.text("model._target_").value ?? "");
  const weights = dtypeOf(keys.text("model.torch_dtype", built ? byDefault("float32", t`torch's own`) : undefined));
  const compute =
    readStrategy(keys).value === "ddp" ? weights : dtypeOf(keys.text("distributed.mp_policy.param_dtype"));
  const copies = keys.flag("optimizer.master_weights");
  const trained = copies.value ? mapped(copies, (): Dtype => "float32") : weights;
  const mixed = derived(compute, trained, t`FSDP's mixed precision`, (a, b): Dtype | null => (a === b ? null : a));
  const own = keys.has("peft.lora_dtype") ? dtypeOf(keys.text("peft.lora_dtype")) : undefined;
  return {
    trained,
    frozen: weights,
    adapters: own ?? weights,
    quantizedAdapters: own ?? dtypeOf(keys.text("quantization.bnb_4bit_compute_dtype")),
    autocast: keys.has("distributed.autocast_dtype") ? dtypeOf(keys.text("distributed.autocast_dtype")) : mixed,
  };
}

/** `true`, or one of the ways to do it. */
function readCheckpointing(keys: Keys): Sourced<boolean> {
  const text = keys.text("distributed.activation_checkpointing");
  return /^(?:full|selective)$/.test(text.value ?? "")
    ? mapped(text, () => true)
    : keys.flag("distributed.activation_checkpointing");
}

function readAttention(keys: Keys): TrainingPlan["attention"] {
  const named = keys.text("model.attn_implementation", keys.text("model.backend.attn"));
  if (named.origin === "unknown" && !named.place) return byDefault("flash", t`where it is installed, else SDPA`);
  return mapped(named, (name) => (/^(?:te|magi|tilelang)$/.test(name) ? "flash" : attentionFrom(name)));
}

function readParallelism(document: ConfigDocument, keys: Keys): Parallelism {
  const one = byDefault(1);
  const tensor = numberUnlessNone(keys, "distributed.tp_size", one);
  const pipeline = numberUnlessNone(keys, "distributed.pp_size", one);
  const context = numberUnlessNone(keys, "distributed.cp_size", one);
  const expert = numberUnlessNone(keys, "distributed.ep_size", one);
  const strategy = readStrategy(keys);
  const offloads = entryAt(document.root, "distributed.offload_policy")?.value.kind === "map";
  const shared = (tensor.value ?? 1) * (context.value ?? 1);
  return {
    gpus: readGpus(keys, shared * (pipeline.value ?? 1), Math.max(shared, expert.value ?? 1) * (pipeline.value ?? 1)),
    tensor,
    sequence: keys.flag("distributed.sequence_parallel"),
    pipeline,
    pipelineBatch: keys.number("distributed.pipeline.pp_microbatch_size"),
    context,
    expert,
    sharding: mapped(strategy, (name) => shardingOf(name, keys)),
    ...(strategy.value === "fsdp2" ? copiesOf(numberUnlessNone(keys, "distributed.dp_replicate_size", one)) : {}),
    reducesLast: keys.flag("distributed.defer_fsdp_grad_sync"),
    offload: byDefault(offloads ? "optimizer-and-parameters" : "none"),
  };
}

/** Older files name a manager class instead of a strategy. */
function readStrategy(keys: Keys): Sourced<string> {
  if (keys.has("distributed.strategy") || !keys.has("distributed._target_")) return keys.text("distributed.strategy");
  return mapped(keys.text("distributed._target_"), (name) => {
    if (/DDPManager$/.test(name)) return "ddp";
    return /(?:Megatron|nv)FSDP/i.test(name) ? "megatron_fsdp" : "fsdp2";
  });
}

function shardingOf(strategy: string, keys: Keys): Sharding {
  if (strategy === "ddp") return "none";
  const stage = keys.number("distributed.zero_dp_strategy").value;
  if (strategy === "megatron_fsdp") return stage === 1 ? "zero-1" : stage === 2 ? "zero-2" : "zero-3";
  return keys.flag("distributed.reshard_after_forward").value === false ? "zero-2" : "zero-3";
}

/** `dp_size` copies of a group that shares a model, what SkyPilot rents, or as few as the parallel sizes need. */
function readGpus(keys: Keys, group: number, fewest: number): Sourced<number> {
  const replicas = numberUnlessNone(keys, "distributed.dp_size", unknown(t`dp_size is not set`) as Sourced<number>);
  if (replicas.origin !== "unknown") return mapped(replicas, (size) => size * group);
  const rented = keys.text("skypilot.accelerators");
  const each = Number(/:(\d+)$/.exec(rented.value ?? "")?.[1]);
  if (each > 0)
    return derived(rented, keys.number("skypilot.num_nodes"), t`of all machines`, (_, nodes) => each * nodes);
  return assumed(fewest, t`Automodel takes the number of GPUs from the launcher; the fewest for the parallel sizes`);
}

function scalarAt({ root }: ConfigDocument, path: string): Scalar | undefined {
  const node = entryAt(root, path)?.value;
  return node?.kind === "scalar" ? node.value : undefined;
}
