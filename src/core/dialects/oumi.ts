import { t } from "../language.ts";
import { atEnd, every, type Interval, inUpdates, never } from "../plan/interval.ts";
import { type LoraTargets, peftTargets } from "../plan/lora.ts";
import type {
  Attention,
  BatchPlan,
  DataPlan,
  DataSource,
  Dtype,
  LearningRatePlan,
  LoraPlan,
  Method,
  Parallelism,
  Precision,
  Quantization,
  Stage,
  TrainingPlan,
  Warmup,
} from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { assumed, byDefault, derived, mapped, orElse, type Sourced, unknown } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import { type ConfigDocument, entryAt, type MapNode } from "../text/document.ts";
import { accumulationFrom } from "./batch.ts";
import { dataSources } from "./data.ts";
import type { ChangeKeys, Dialect } from "./dialect.ts";
import { stepLimit } from "./duration.ts";
import { answersOf, gkdTeacher } from "./generation.ts";
import { kernelsIf } from "./kernels.ts";
import { inPlaceOf, type Lever, optimizerLevers } from "./levers.ts";
import { type LinkedFiles, linkAt } from "./links.ts";
import { omegaConf } from "./loader.ts";
import { autocastNamed, checkpointType, dtypeNamed, peftType } from "./precision.ts";
import { preferenceOf } from "./preference.ts";
import { type Reader, reader } from "./reader.ts";
import { schedulerArgumentsAt } from "./schedulerArguments.ts";
import {
  dataParallel,
  fullOffload,
  type Split,
  strategySplit,
  unsharded,
  zeroDefaults,
  zeroSharding,
} from "./sharding.ts";
import { attentionFrom, strategyInterval } from "./trainingArguments.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";
import { zeroSplitAt } from "./zeroSplit.ts";

// Keys and defaults: oumi-ai/oumi at d8ed07778d79, src/oumi/core/configs/params/*.py, builders/{models,lr_schedules}.py.

const vocabulary = {
  "model.model_name": { holds: "model", about: "Hugging Face id or path of the model to train" },
  "model.adapter_model": { about: "Adapters to start from" },
  "model.model_max_length": {
    about: "Longest sequence in tokens",
    note: t`model_max_length is not set; the model's own limit holds`,
  },
  "model.torch_dtype_str": {
    about: "Type in which the weights are loaded",
    default: "auto",
    values: ["auto", "bfloat16", "float16", "float32"],
  },
  "model.attn_implementation": {
    about: "Attention kernel",
    default: "sdpa",
    values: ["sdpa", "flash_attention_2", "eager", "kernels-community/vllm-flash-attn3"],
  },
  "model.load_pretrained_weights": {
    about: "Load the weights; without it training starts from scratch",
    default: true,
  },
  "model.enable_liger_kernel": {
    about: "Liger's fused kernels, the fused linear cross-entropy among them",
    default: false,
  },
  "model.freeze_layers": { about: "Modules that are not trained", default: "" },
  "model.trust_remote_code": { about: "Run the model's own code", default: false },
  "model.tokenizer_name": { about: "Tokenizer, where it is not the model's" },
  "model.tokenizer_pad_token": { about: "Padding token" },
  "model.chat_template": { about: "Chat template; auto takes the model's own" },
  "model.model_revision": { about: "Revision of the model" },
  "model.model_kwargs": { about: "Further arguments of the model's class" },
  "data.train.datasets": { about: "Training data: a list of dataset_name, and where it comes from" },
  "data.train.collator_name": {
    about: "How samples become a batch",
    values: [
      "text_with_padding",
      "text_completions_only_with_padding",
      "vision_language_with_padding",
      "vision_language_sft",
    ],
  },
  "data.train.pack": { about: "Join samples into sequences of the full length", default: false },
  "data.train.stream": { about: "Read the data while training", default: false },
  "data.train.mixture_strategy": {
    about: "When a mixture of data sets ends",
    default: "first_exhausted",
    values: ["first_exhausted", "all_exhausted"],
  },
  "data.train.use_torchdata": { about: "Load the data with torchdata" },
  "data.validation.datasets": { about: "Data for evaluation during training" },
  "training.trainer_type": {
    about: "Who trains: TRL, transformers' Trainer, oumi's own loop, or verl",
    default: "HF",
    values: ["TRL_SFT", "TRL_DPO", "TRL_KTO", "TRL_GRPO", "TRL_GKD", "TRL_GOLD", "HF", "OUMI", "VERL_GRPO"],
  },
  "training.use_peft": { about: "Train adapters; without it the peft section does nothing", default: false },
  "training.learning_rate": { about: "Peak learning rate", default: 5e-5 },
  "training.lr_scheduler_type": {
    about: "Course of the learning rate after the warmup",
    default: "linear",
    values: ["linear", "cosine", "cosine_with_restarts", "cosine_with_min_lr", "constant"],
  },
  "training.lr_scheduler_kwargs": { about: "Further settings of the scheduler, such as min_lr or num_cycles" },
  "training.warmup_ratio": { about: "Share of all updates that warm up; warmup_steps win over it", default: 0 },
  "training.warmup_steps": { about: "Updates until the peak; below 1 a share of all updates", default: 0 },
  "training.num_train_epochs": { about: "Passes over the training data", default: 3 },
  "training.max_steps": { about: "Optimizer updates; when positive they override the epochs", default: -1 },
  "training.per_device_train_batch_size": { about: "Sequences per GPU in one forward pass", default: 8 },
  "training.per_device_eval_batch_size": { about: "Sequences per GPU in one evaluation pass", default: 8 },
  "training.gradient_accumulation_steps": { about: "Forward passes per optimizer update", default: 1 },
  "training.optimizer": {
    about: "Optimizer, by transformers' names",
    default: "adamw_torch",
    values: ["adamw_torch", "adamw_torch_fused", "adamw_8bit", "paged_adamw_8bit", "adafactor", "sgd"],
  },
  "training.weight_decay": { about: "Decoupled weight decay", default: 0 },
  "training.adam_beta1": { about: "Decay of AdamW's first moment", default: 0.9 },
  "training.adam_beta2": { about: "Decay of AdamW's second moment", default: 0.999 },
  "training.adam_epsilon": { about: "AdamW's epsilon", default: 1e-8 },
  "training.max_grad_norm": { about: "Norm to which gradients are clipped", default: 1 },
  "training.mixed_precision_dtype": {
    about: "Type that autocast computes in; it asks for float32 weights",
    default: "NONE",
    values: ["NONE", "FP16", "BF16"],
  },
  "training.enable_gradient_checkpointing": {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: false,
  },
  "training.gradient_checkpointing_kwargs": { about: "How to checkpoint, such as use_reentrant" },
  "training.use_deterministic": { about: "Deterministic algorithms; turns gradient checkpointing off", default: false },
  "training.compile": { about: "Compile the model", default: false },
  "training.trainer_kwargs": { about: "Further arguments of TRL's or transformers' trainer" },
  "training.trainer_kwargs.max_length": {
    about: "TRL's longest sequence; model_max_length overrides it",
    aliases: ["training.trainer_kwargs.max_seq_length"],
  },
  "training.trainer_kwargs.packing": { about: "TRL's own packing", default: false },
  "training.trainer_kwargs.beta": { about: "Weight of the distance to the reference model (DPO, KTO)" },
  "training.trainer_kwargs.loss_type": { about: "TRL's loss, such as chunked_nll (SFT) or sigmoid (DPO)" },
  "training.grpo.num_generations": { about: "Answers per prompt (GRPO)", default: 8 },
  "training.grpo.max_completion_length": { about: "Longest answer in tokens (GRPO)" },
  "training.grpo.use_vllm": { about: "Generate with vLLM (GRPO)", default: false },
  "training.gkd.teacher_model_name_or_path": { holds: "model", about: "Model to distil from (GKD)" },
  "training.gkd.teacher_model_init_kwargs.dtype": {
    about: "Type of the teacher's weights (GKD)",
    aliases: ["training.gkd.teacher_model_init_kwargs.torch_dtype"],
  },
  "training.gkd.beta": { about: "0: forward KL divergence, 1: reverse, between: a mixture (GKD)", default: 0.5 },
  "training.gold.teacher_model_name_or_path": { about: "Model to distil from (GOLD)" },
  "training.reward_functions": { about: "Reward functions (GRPO)" },
  "training.verl_config_overrides": { about: "Settings of verl by verl's names; they win over oumi's" },
  "training.verl_config_overrides.actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu": {
    about: "Sequences per GPU in one forward pass of verl's actor",
    note: t`verl's own micro batch holds; per_device_train_batch_size is not passed on`,
  },
  "training.verl_config_overrides.actor_rollout_ref.actor.ppo_mini_batch_size": {
    about: "Prompts per optimizer update of verl's actor",
  },
  "training.verl_config_overrides.trainer.n_gpus_per_node": { about: "GPUs of a node (verl)" },
  "training.verl_config_overrides.trainer.nnodes": { about: "Nodes (verl)", default: 1 },
  "training.output_dir": { about: "Folder of checkpoints", default: "output" },
  "training.save_steps": { about: "Updates between two checkpoints; 0 saves none", default: 500 },
  "training.save_epoch": { about: "Save at the end of every epoch", default: false },
  "training.save_final_model": { about: "Save the model at the end", default: true },
  "training.eval_strategy": { about: "When to evaluate", default: "no", values: ["no", "steps", "epoch"] },
  "training.eval_steps": { about: "Updates between two evaluations", default: 500 },
  "training.logging_steps": { about: "Updates between two log lines", default: 50 },
  "training.run_name": { about: "Name of the run" },
  "training.seed": { about: "Random seed", default: 42 },
  "training.enable_wandb": { about: "Log to Weights & Biases", default: false },
  "training.enable_tensorboard": { about: "Log to TensorBoard", default: true },
  "training.enable_mlflow": { about: "Log to MLflow", default: false },
  "training.include_performance_metrics": { about: "Log tokens per second and the like", default: false },
  "training.log_model_summary": { about: "Print the layers", default: false },
  "training.dataloader_num_workers": { about: "Processes that load data, or auto", default: 0 },
  "training.dataloader_prefetch_factor": { about: "Batches that each of them loads in advance" },
  "training.dataloader_main_process_only": { about: "Load on the first process alone and hand out" },
  "training.ddp_find_unused_parameters": { about: "Let DDP look for parameters without gradients" },
  "training.empty_device_cache_steps": { about: "Updates between two clearings of the GPU's cache" },
  "training.resume_from_checkpoint": { about: "Checkpoint to go on from" },
  "training.try_resume_from_last_checkpoint": {
    about: "Go on from the last checkpoint, if there is one",
    default: false,
  },
  "peft.lora_r": { about: "Rank of the LoRA matrices", default: 8 },
  "peft.lora_alpha": { about: "LoRA's scale is alpha / rank", default: 8 },
  "peft.lora_dropout": { about: "Dropout in front of the adapters", default: 0 },
  "peft.lora_target_modules": { holds: "modules", about: "Modules to adapt, or all-linear; PEFT's choice without it" },
  "peft.lora_target_modules_regex": { about: "Read lora_target_modules as regular expressions", default: false },
  "peft.lora_target_parameters": { about: "Parameters to adapt where there is no module, as in experts" },
  "peft.lora_exclude_modules": { about: "Modules that are not adapted" },
  "peft.lora_modules_to_save": { about: "Modules to train in full beside the adapters", default: "" },
  "peft.lora_bias": { about: "Biases to train", default: "none", values: ["none", "all", "lora_only"] },
  "peft.lora_init_weights": {
    about: "How the adapters start",
    default: "default",
    values: ["default", "random", "gaussian", "eva", "pissa", "loftq", "olora"],
  },
  "peft.q_lora": { about: "Quantise the frozen weights", default: false },
  "peft.q_lora_bits": { about: "Bits of the frozen weights", default: 4, values: ["4", "8"] },
  "peft.bnb_4bit_quant_type": { about: "4-bit type", default: "fp4", values: ["fp4", "nf4"] },
  "peft.use_bnb_nested_quant": { about: "Quantise the scales too", default: false },
  "peft.bnb_4bit_quant_storage": {
    about: "Type that the 4-bit weights are packed in; FSDP wants the model's",
    default: "uint8",
  },
  "peft.bnb_4bit_compute_dtype": { about: "Type of matrix products with 4-bit weights", default: "float32" },
  "peft.peft_save_mode": {
    about: "What to save",
    default: "ADAPTER_ONLY",
    values: ["ADAPTER_ONLY", "ADAPTER_AND_BASE_MODEL", "MERGED"],
  },
  "fsdp.enable_fsdp": { about: "Split the model over the GPUs with FSDP", default: false },
  "fsdp.sharding_strategy": {
    about: "What FSDP splits",
    default: "FULL_SHARD",
    values: ["FULL_SHARD", "SHARD_GRAD_OP", "HYBRID_SHARD", "HYBRID_SHARD_ZERO2", "NO_SHARD"],
  },
  "fsdp.cpu_offload": { about: "Keep parameters and gradients in the host's memory", default: false },
  "fsdp.mixed_precision": { about: "Type that oumi's own trainer computes in under FSDP", values: ["bf16", "fp16"] },
  "fsdp.auto_wrap_policy": {
    about: "How FSDP groups the layers",
    default: "SIZE_BASED_WRAP",
    values: ["SIZE_BASED_WRAP", "TRANSFORMER_BASED_WRAP", "NO_WRAP"],
  },
  "fsdp.transformer_layer_cls": { about: "Class of the block that FSDP wraps" },
  "fsdp.min_num_params": { about: "Parameters of a group (SIZE_BASED_WRAP)", default: 100_000 },
  "fsdp.forward_prefetch": { about: "Fetch the next group during the forward pass", default: false },
  "fsdp.backward_prefetch": { about: "When to fetch the next group in the backward pass", default: "BACKWARD_PRE" },
  "fsdp.state_dict_type": { about: "Form of checkpoints", default: "FULL_STATE_DICT" },
  "fsdp.use_orig_params": { about: "Keep the parameters as they are; compile needs it" },
  "deepspeed.enable_deepspeed": { about: "Train with DeepSpeed", default: false },
  "deepspeed.deepspeed_config_path": { about: "DeepSpeed's own file; the other keys of the section then do nothing" },
  "deepspeed.zero_stage": {
    about: "What ZeRO splits",
    default: "ZERO_0",
    values: ["ZERO_0", "ZERO_1", "ZERO_2", "ZERO_3"],
  },
  "deepspeed.offload_optimizer": { about: "Keep the optimizer's states in the host's memory" },
  "deepspeed.offload_param": { about: "Keep the parameters in the host's memory (ZERO_3)" },
  "deepspeed.precision": { about: "DeepSpeed's precision; mixed_precision_dtype decides", values: ["BF16", "FP16"] },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

const newLora = { "peft.lora_r": 16, "peft.lora_alpha": 32 };
const nf4 = { "peft.bnb_4bit_quant_type": "nf4", "peft.bnb_4bit_compute_dtype": "bfloat16" };

/** Oumi: one YAML file with the sections model, data, training, peft, fsdp and deepspeed. */
export const oumi: Dialect = {
  id: "oumi",
  label: "Oumi",
  telltales: ["trainer_type", "per_device_train_batch_size", "learning_rate"],
  vocabulary,
  loader: omegaConf,
  detect({ root }) {
    const training = entryAt(root, "training")?.value;
    if (!entryAt(root, "model.model_name") || training?.kind !== "map") return 0;
    return oumi.telltales.some((key) => training.entries.has(key)) ? 1 : 0;
  },
  links: (document) => linkAt(reader(document, vocabulary).text("deepspeed.deepspeed_config_path")),
  read(document, { versions, linked }) {
    const keys = reader(document, vocabulary);
    const trainer = mapped(keys.text("training.trainer_type"), (name) => name.toUpperCase());
    const adapts = keys.flag("training.use_peft").value === true;
    const parallelism = readParallelism(keys, linked);
    return {
      stage: readStage(keys, trainer),
      model: { id: keys.text("model.model_name"), shape: null },
      method: readMethod(keys),
      lora: adapts ? readLora(keys) : null,
      quantization: adapts && keys.flag("peft.q_lora").value ? readQuantization(keys, trainer) : null,
      optimizer: {
        name: keys.text("training.optimizer"),
        weightDecay: keys.number("training.weight_decay"),
        beta2: keys.number("training.adam_beta2"),
        epsilon: keys.number("training.adam_epsilon"),
        maxGradNorm: readClipping(keys),
      },
      learningRate: readLearningRate(keys, trainer),
      duration: {
        epochs: keys.number("training.num_train_epochs"),
        maxSteps: stepLimit(keys, "training.max_steps"),
        maxTokens: byDefault(null),
      },
      evaluationInterval: strategyInterval(keys.text("training.eval_strategy"), keys.number("training.eval_steps")),
      ...(trainer.value === "VERL_GRPO" ? { evaluatesAnswers: byDefault(true, t`verl scores answers`) } : {}),
      saveInterval: readSaves(keys),
      batch: readBatch(keys, trainer),
      sequenceLength: readSequenceLength(keys, trainer),
      packing: keys.flag("data.train.pack", keys.flag("training.trainer_kwargs.packing")),
      data: {
        ...readData(keys, document),
        ...(trainer.value === "TRL_GRPO"
          ? { answers: answersOf(keys.number("training.grpo.num_generations"), byDefault(1)) }
          : {}),
      },
      precision: readPrecision(keys, trainer, versions),
      gradientCheckpointing: readCheckpointing(keys),
      attention: mapped(keys.text("model.attn_implementation"), (name): Attention => attentionFrom(name)),
      loss: trainer.value === "TRL_GKD" ? byDefault("materialised") : readLoss(keys, trainer, versions),
      ...(trainer.value === "TRL_GKD" ? readTeacher(keys, parallelism, versions) : {}),
      ...kernelsIf(keys.flag("model.enable_liger_kernel"), keys.flag("training.compile")),
      ...readPreference(keys, trainer),
      parallelism,
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "training.learning_rate",
    microBatch: "training.per_device_train_batch_size",
    accumulation: "training.gradient_accumulation_steps",
    evaluationBatch: "training.per_device_eval_batch_size",
    sequenceLength: "model.model_max_length",
    gradientCheckpointing: "training.enable_gradient_checkpointing",
    epochs: "training.num_train_epochs",
    warmupSteps: "training.warmup_steps",
    warmupRatio: "training.warmup_ratio",
    scheduler: "training.lr_scheduler_type",
    schedulerSettings: "training.lr_scheduler_kwargs.*",
    optimizer: "training.optimizer",
    loraRank: "peft.lora_r",
  },
  levers: {
    ...optimizerLevers("training.optimizer", "adamw_torch", "adamw_8bit", "paged_adamw_8bit"),
    ligerLoss: [{ set: { "model.enable_liger_kernel": true } }],
    flashAttention: [{ set: { "model.attn_implementation": "sdpa" } }],
    zero2: [{ set: { "deepspeed.zero_stage": inPlaceOf(/^ZERO_[01]$/, "ZERO_2") } }, fullySharded("SHARD_GRAD_OP")],
    zero3: [{ set: { "deepspeed.zero_stage": inPlaceOf(/^ZERO_[0-2]$/, "ZERO_3") } }, fullySharded("FULL_SHARD")],
    offloadAll: [{ set: { "fsdp.enable_fsdp": inPlaceOf(/^(?:true|True|TRUE)$/, true), "fsdp.cpu_offload": true } }],
    full: [{ set: { "training.use_peft": false, "peft.q_lora": false } }],
    lora: [{ set: { "training.use_peft": true, "peft.q_lora": false }, adapters: newLora }],
    qlora: [{ set: { "training.use_peft": true, "peft.q_lora": true }, adapters: newLora, fill: nf4 }],
  },
  write: (document, change) => writeKeys(document, keysIn(document), change),
};

const verlMicroBatch = "training.verl_config_overrides.actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu";
const verlGlobalBatch = "training.verl_config_overrides.actor_rollout_ref.actor.ppo_mini_batch_size";

/** verl does not look at oumi's batch; its own key is under verl_config_overrides. */
function keysIn(document: ConfigDocument): ChangeKeys {
  const trainer = reader(document, vocabulary).text("training.trainer_type").value?.toUpperCase();
  return trainer === "VERL_GRPO" ? { ...oumi.keys, microBatch: verlMicroBatch } : oumi.keys;
}

const stages: ReadonlyMap<string, Stage> = new Map([
  ["TRL_DPO", "dpo"],
  ["TRL_KTO", "kto"],
  ["TRL_GRPO", "grpo"],
  ["VERL_GRPO", "grpo"],
  ["TRL_GKD", "distill"],
  ["TRL_GOLD", "distill"],
]);

/** Every trainer for plain text pretrains when the weights are not loaded. */
function readStage(keys: Keys, trainer: Sourced<string>): Sourced<Stage> {
  const pretrained = keys.flag("model.load_pretrained_weights");
  if (pretrained.value === false && !stages.has(trainer.value ?? "")) return mapped(pretrained, () => "pretrain");
  return mapped(trainer, (name) => stages.get(name) ?? "sft");
}

function fullySharded(strategy: string): Lever {
  return { set: { "fsdp.enable_fsdp": true, "fsdp.sharding_strategy": strategy } };
}

/** `use_peft` alone decides; the `peft` section does nothing without it. */
function readMethod(keys: Keys): Sourced<Method> {
  const peft = keys.flag("training.use_peft");
  if (peft.value) return mapped(keys.flag("peft.q_lora"), (quantized) => (quantized ? "qlora" : "lora"));
  const frozen = keys.words("model.freeze_layers");
  if (peft.value === false && frozen.value && frozen.value.length > 0) return mapped(frozen, () => "freeze");
  return mapped(peft, () => "full");
}

function readLora(keys: Keys): LoraPlan {
  return {
    rank: keys.number("peft.lora_r"),
    alpha: keys.number("peft.lora_alpha"),
    dropout: keys.number("peft.lora_dropout"),
    targets: readTargets(keys),
    modulesToSave: keys.words("peft.lora_modules_to_save"),
    rsLora: byDefault(false, t`oumi has no key for it`),
    dora: byDefault(false, t`oumi has no key for it`),
  };
}

/** A list of names, or of expressions that PEFT matches joined into one; an empty list adapts nothing. */
function readTargets(keys: Keys): Sourced<LoraTargets> {
  if (!keys.has("peft.lora_target_modules")) return byDefault({ kind: "default" });
  const expressions = keys.flag("peft.lora_target_modules_regex").value;
  return mapped(keys.words("peft.lora_target_modules"), (names): LoraTargets => {
    if (names.length === 0) return { kind: "names", names };
    if (names.length === 1 || !expressions) return peftTargets(names, !expressions);
    return { kind: "pattern", pattern: names.map((name) => `(${name})`).join("|") };
  });
}

function readQuantization(keys: Keys, trainer: Sourced<string>): Quantization {
  const coerced = isCoerced(keys, trainer);
  const cast = byDefault(
    !coerced,
    coerced ? t`oumi casts everything back for FSDP` : t`PEFT's preparation for k-bit training casts them`,
  );
  return {
    bits: keys.number("peft.q_lora_bits"),
    doubleQuantization: keys.flag("peft.use_bnb_nested_quant"),
    float32Norms: cast,
    float32Embeddings: cast,
  };
}

/** `null` switches off the clipping that is on by default. */
function readClipping(keys: Keys): Sourced<number> {
  const off = keys.nullAt("training.max_grad_norm");
  return off ? mapped(off, () => 0) : keys.number("training.max_grad_norm");
}

/** Before QLoRA under FSDP, oumi casts every module of the model to torch_dtype_str; its own trainer does not. */
function isCoerced(keys: Keys, trainer: Sourced<string>): boolean {
  const quantized = keys.flag("peft.q_lora").value === true;
  return quantized && keys.flag("fsdp.enable_fsdp").value === true && trainer.value !== "OUMI";
}

/**
 * Hugging Face's schedules under every trainer but verl, whose actor keeps the rate. Oumi's own trainer rounds the warmup
 * down and means by `constant` what transformers calls `constant_with_warmup`.
 */
function readLearningRate(keys: Keys, trainer: Sourced<string>): LearningRatePlan {
  const peak = keys.number("training.learning_rate");
  if (trainer.value === "VERL_GRPO") {
    const note = t`oumi passes no schedule on to verl`;
    return {
      peak,
      scheduler: byDefault("constant", note),
      family: "verl",
      schedulerArguments: byDefault(new Map()),
      warmup: byDefault({ steps: 0 }, note),
    };
  }
  const own = trainer.value === "OUMI";
  const scheduler = mapped(keys.text("training.lr_scheduler_type"), (name) => name.toLowerCase());
  return {
    peak,
    scheduler: mapped(scheduler, (name) => (own && name === "constant" ? "constant_with_warmup" : name)),
    family: "huggingface",
    schedulerArguments: schedulerArgumentsAt(keys, "training.lr_scheduler_kwargs"),
    warmup: readWarmup(keys, own ? "down" : "up"),
  };
}

/** Steps win over a ratio, whatever the release of transformers; steps below one are a ratio. */
function readWarmup(keys: Keys, rounding: "up" | "down"): Sourced<Warmup> {
  const steps = keys.number("training.warmup_steps");
  const ratio = keys.number("training.warmup_ratio");
  if (steps.value === 0 && ratio.value !== 0) return mapped(ratio, (value) => ({ ratio: value, rounding }));
  return mapped(steps, (value) => (value > 0 && value < 1 ? { ratio: value, rounding } : { steps: Math.trunc(value) }));
}

/** Updates go before epochs, and are on by default. Source: oumi, core/configs/params/training_params.py (to_hf). */
function readSaves(keys: Keys): Sourced<Interval> {
  const steps = keys.number("training.save_steps");
  if (steps.value !== 0) return inUpdates(steps);
  const epoch = keys.flag("training.save_epoch");
  if (epoch.value) return mapped(epoch, () => every(1, "epochs"));
  return mapped(keys.flag("training.save_final_model"), (on) => (on ? atEnd : never));
}

function readBatch(keys: Keys, trainer: Sourced<string>): BatchPlan {
  const evaluation = keys.number("training.per_device_eval_batch_size");
  if (trainer.value !== "VERL_GRPO") {
    return {
      micro: keys.number("training.per_device_train_batch_size"),
      accumulation: keys.number("training.gradient_accumulation_steps"),
      global: null,
      evaluation,
    };
  }
  const micro = keys.number(verlMicroBatch);
  const global = keys.number(verlGlobalBatch, unknown(t`verl's own mini batch holds`));
  const accumulation = accumulationFrom(global, micro, readGpus(keys), t`mini batch / micro batch / GPUs`);
  return { micro, accumulation, global, evaluation };
}

/** TRL's trainers for text that is there cut at 1,024 tokens unless told otherwise; the others at the model's own limit. */
function readSequenceLength(keys: Keys, trainer: Sourced<string>): Sourced<number> {
  const cuts = ["TRL_SFT", "TRL_DPO", "TRL_KTO", "TRL_GKD", "TRL_GOLD"].includes(trainer.value ?? "");
  const own = keys.number("model.model_max_length");
  return orElse(own, cuts ? keys.number("training.trainer_kwargs.max_length", byDefault(1024, t`TRL's default`)) : own);
}

function readData(keys: Keys, document: ConfigDocument): DataPlan {
  const sets = keys.maps("data.train.datasets");
  const counts = sets.map((set) => numberIn(set, "sample_count"));
  const stated = counts.length > 0 && counts.every((count) => count !== undefined);
  const place = keys.place("data.train.datasets");
  return {
    sources: sets.flatMap((set, index) =>
      sourcesOf(document, set).map((source) => ({ ...source, limit: counts[index] ?? null })),
    ),
    samples: stated
      ? {
          value: counts.reduce((sum: number, count) => sum + (count ?? 0), 0),
          origin: "file",
          note: t`sample_count of all data sets`,
          ...(place ? { place } : {}),
        }
      : unknown(t`the number of samples is not in the config`),
    validation: byDefault(0, t`data.validation is a data set of its own`),
  };
}

/** `dataset_name` may be no more than a class, which is then told where the data are. */
function sourcesOf(document: ConfigDocument, set: MapNode): readonly DataSource[] {
  if (set.entries.has("dataset_path")) return dataSources(document, [set], "dataset_path");
  const inner = set.entries.get("dataset_kwargs")?.value;
  return inner?.kind === "map" && inner.entries.has("hf_dataset_path")
    ? dataSources(document, [inner], "hf_dataset_path")
    : dataSources(document, [set], "dataset_name");
}

function numberIn({ entries }: MapNode, key: string): number | undefined {
  const node = entries.get(key)?.value;
  return node?.kind === "scalar" && typeof node.value === "number" ? node.value : undefined;
}

/** `NONE`, the default, computes in the type of the weights: nothing but the adapters is float32 then. */
function readPrecision(keys: Keys, trainer: Sourced<string>, versions: Versions): Precision {
  const weights = readWeightType(keys);
  const fsdp = trainer.value === "OUMI" && keys.flag("fsdp.enable_fsdp").value && keys.has("fsdp.mixed_precision");
  const mixed = keys.text(fsdp ? "fsdp.mixed_precision" : "training.mixed_precision_dtype");
  const casts = trainer.value?.startsWith("TRL_") && does(versions, releases.trlKeepsQuantizedModels);
  return {
    trained: weights,
    frozen: weights,
    adapters: peftType,
    quantizedAdapters: isCoerced(keys, trainer) ? weights : casts ? byDefault("bfloat16", t`TRL casts them`) : peftType,
    autocast: mapped(mixed, (name) => autocastNamed(name.toLowerCase())),
  };
}

function readWeightType(keys: Keys): Sourced<Dtype> {
  const text = keys.text("model.torch_dtype_str");
  const type = dtypeNamed(text.value);
  if (type) return mapped(text, () => type);
  return text.value === "auto"
    ? checkpointType
    : unknown(t`${text.value ?? "torch_dtype_str"} is not a type that we know`, text.place);
}

function readCheckpointing(keys: Keys): Sourced<boolean> {
  const deterministic = keys.flag("training.use_deterministic");
  return deterministic.value ? mapped(deterministic, () => false) : keys.flag("training.enable_gradient_checkpointing");
}

/** Liger fuses the loss with the output layer; TRL's SFT trainer computes it in chunks by itself since 1.7. */
function readLoss(keys: Keys, trainer: Sourced<string>, versions: Versions): TrainingPlan["loss"] {
  const liger = keys.flag("model.enable_liger_kernel");
  if (liger.value) return mapped(liger, () => "fused");
  if (trainer.value !== "TRL_SFT") return byDefault("materialised");
  const otherwise = does(versions, releases.sftChunksLoss)
    ? byDefault("chunked_nll", t`TRL's chunked_nll`)
    : byDefault("nll");
  return mapped(keys.text("training.trainer_kwargs.loss_type", otherwise), (type) =>
    type === "chunked_nll" ? "chunked" : "materialised",
  );
}

/** What TRL makes of it, its default included. */
function readPreference(keys: Keys, trainer: Sourced<string>): Pick<TrainingPlan, "preference"> {
  const averages = mapped(keys.text("training.trainer_kwargs.loss_type", byDefault("sigmoid")), (loss) =>
    /^(?:ipo|sigmoid_norm)$/.test(loss),
  );
  const beta = keys.number("training.trainer_kwargs.beta", byDefault(0.1, t`TRL's default`));
  return preferenceOf(readStage(keys, trainer).value, beta, averages);
}

/** A model that is only named is loaded with TRL's arguments for it. */
function readTeacher(keys: Keys, parallelism: Parallelism, versions: Versions): Pick<TrainingPlan, "teacher"> {
  const name = keys.text("training.gkd.teacher_model_init_kwargs.dtype");
  const type = dtypeNamed(name.value);
  const own = does(versions, releases.loadsCheckpointType) ? checkpointType : byDefault<Dtype>("float32");
  const teacher = {
    id: keys.text("training.gkd.teacher_model_name_or_path"),
    weights: type ? mapped(name, () => type) : own,
    quantization: null,
  };
  return gkdTeacher(teacher, keys.number("training.gkd.beta"), parallelism);
}

function readParallelism(keys: Keys, linked: LinkedFiles): Parallelism {
  return dataParallel(readGpus(keys), readSplit(keys, linked));
}

function readGpus(keys: Keys): Sourced<number> {
  const perNode = keys.number(
    "training.verl_config_overrides.trainer.n_gpus_per_node",
    assumed(1, t`oumi takes the number of GPUs from the launcher`),
  );
  if (perNode.origin === "assumed") return perNode;
  const nodes = keys.number("training.verl_config_overrides.trainer.nnodes");
  return derived(perNode, nodes, t`GPUs of a node × nodes`, (gpus, count) => gpus * count);
}

/** `fsdp` and `deepspeed` exclude each other, and do nothing before they are enabled. */
function readSplit(keys: Keys, linked: LinkedFiles): Split {
  if (keys.flag("fsdp.enable_fsdp").value) {
    return {
      ...strategySplit(keys.text("fsdp.sharding_strategy")),
      offload: mapped(keys.flag("fsdp.cpu_offload"), fullOffload),
      reducesLast: byDefault(true, t`as in transformers' Trainer`),
    };
  }
  if (!keys.flag("deepspeed.enable_deepspeed").value) return unsharded;
  const path = keys.text("deepspeed.deepspeed_config_path");
  if (path.origin !== "unknown") return zeroSplitAt(path, linked);
  const offloads = keys.has("deepspeed.offload_param") ? "optimizer-and-parameters" : "optimizer";
  const place = keys.place("deepspeed.offload_param") ?? keys.place("deepspeed.offload_optimizer");
  return {
    sharding: mapped(keys.text("deepspeed.zero_stage"), (stage) => zeroSharding(Number(/\d/.exec(stage)?.[0] ?? 0))),
    offload: place ? { value: offloads, origin: "file", place } : byDefault("none"),
    zero: zeroDefaults,
  };
}
