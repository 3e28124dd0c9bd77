import { t } from "../language.ts";
import { every, type Interval, inUpdates, inUpdatesOrAtEnd, never } from "../plan/interval.ts";
import type {
  BatchPlan,
  Dtype,
  LearningRatePlan,
  Parallelism,
  Precision,
  Stage,
  TrainingPlan,
  Warmup,
} from "../plan/plan.ts";
import { assumed, byDefault, derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import { type ConfigDocument, entryAt } from "../text/document.ts";
import { accumulationFrom, replicasOf, withGlobalBatch } from "./batch.ts";
import { beta2Of } from "./betas.ts";
import { namedSources, unknownData } from "./data.ts";
import type { ChangeKeys, Dialect, PlanChange } from "./dialect.ts";
import { stepLimit } from "./duration.ts";
import { verlFormerKeys } from "./formerKeys.ts";
import { answersOf } from "./generation.ts";
import { megatronKernels } from "./kernels.ts";
import { inPlaceOf, type Lever } from "./levers.ts";
import { omegaConf } from "./loader.ts";
import { peftTargetsAt, plainLora } from "./lora.ts";
import { dtypeNamed, megatronGradients, precisionOf } from "./precision.ts";
import { type Reader, reader } from "./reader.ts";
import { schedulerArgumentsIn } from "./schedulerArguments.ts";
import { fullOffload, optimizerSharding, reshardSharding, sizedGroups } from "./sharding.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: volcengine/verl at b178a3cd56f5, verl/trainer/config. What a file leaves out comes from the files
// there, which hydra composes, or from the command line.

const vocabulary = {
  defaults: { about: "verl's own configurations to start from, such as ppo_trainer" },
  "actor_rollout_ref.model.path": { about: "Hugging Face id or path of the model to train" },
  "actor_rollout_ref.model.lora_rank": { about: "Rank of the LoRA matrices; 0: train every weight", default: 0 },
  "actor_rollout_ref.model.lora_alpha": { about: "LoRA's scale is alpha / rank", default: 16 },
  "actor_rollout_ref.model.target_modules": { holds: "modules", about: "Modules to adapt", default: "all-linear" },
  "actor_rollout_ref.model.lora.rank": { about: "Rank of the LoRA matrices under Megatron; 0: off", default: 0 },
  "actor_rollout_ref.model.lora.alpha": { about: "LoRA's scale is alpha / rank, under Megatron", default: 32 },
  "actor_rollout_ref.model.lora.dropout": { about: "Dropout beside the adapters, under Megatron", default: 0 },
  "actor_rollout_ref.model.enable_gradient_checkpointing": {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: true,
  },
  "actor_rollout_ref.model.enable_activation_offload": {
    about: "Keep activations in the host's memory",
    default: false,
  },
  "actor_rollout_ref.model.use_remove_padding": { about: "Compute without padding", default: true },
  "actor_rollout_ref.model.use_fused_kernels": { about: "Never hold all logits at once", default: false },
  "actor_rollout_ref.model.use_liger": { about: "Liger's fused kernels", default: false },
  "actor_rollout_ref.actor.strategy": {
    about: "What trains the model",
    default: "fsdp",
    values: ["fsdp", "fsdp2", "megatron"],
  },
  "actor_rollout_ref.actor.ppo_mini_batch_size": { about: "Prompts per optimizer update on all GPUs", default: 256 },
  "actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu": { about: "Sequences per GPU in one forward pass" },
  "actor_rollout_ref.actor.use_dynamic_bsz": { about: "Fill micro batches by tokens", default: false },
  "actor_rollout_ref.actor.ppo_max_token_len_per_gpu": { about: "Tokens of a dynamic micro batch", default: 16384 },
  "actor_rollout_ref.actor.ppo_epochs": { about: "Passes over the answers of one step", default: 1 },
  "actor_rollout_ref.actor.grad_clip": { about: "Norm to which gradients are clipped", default: 1 },
  "actor_rollout_ref.actor.clip_ratio": { about: "PPO's clipping of the ratio of probabilities", default: 0.2 },
  "actor_rollout_ref.actor.entropy_coeff": { about: "Weight of the entropy", default: 0 },
  "actor_rollout_ref.actor.use_kl_loss": { about: "Stay near the reference model by the loss", default: false },
  "actor_rollout_ref.actor.kl_loss_coef": { about: "Weight of the distance to the reference model", default: 0.001 },
  "actor_rollout_ref.actor.ulysses_sequence_parallel_size": { about: "GPUs that share each sequence", default: 1 },
  "actor_rollout_ref.actor.fsdp_config.model_dtype": { about: "Type of the trained weights", default: "fp32" },
  "actor_rollout_ref.actor.fsdp_config.param_offload": { about: "Move weights out between updates", default: false },
  "actor_rollout_ref.actor.fsdp_config.optimizer_offload": {
    about: "Move the optimizer out between updates",
    default: false,
  },
  "actor_rollout_ref.actor.fsdp_config.offload_policy": {
    about: "Keep weights and optimizer in the host's memory (FSDP2)",
    default: false,
  },
  "actor_rollout_ref.actor.fsdp_config.reshard_after_forward": {
    about: "Drop gathered weights after the forward pass (FSDP2)",
    default: true,
  },
  "actor_rollout_ref.actor.fsdp_config.fsdp_size": { about: "GPUs that share one copy of the model", default: -1 },
  "actor_rollout_ref.actor.megatron.tensor_model_parallel_size": { about: "GPUs that share each matrix", default: 1 },
  "actor_rollout_ref.actor.megatron.pipeline_model_parallel_size": { about: "GPUs that share the layers", default: 1 },
  "actor_rollout_ref.actor.megatron.context_parallel_size": { about: "GPUs that share each sequence", default: 1 },
  "actor_rollout_ref.actor.megatron.expert_model_parallel_size": { about: "GPUs that share the experts", default: 1 },
  "actor_rollout_ref.actor.megatron.use_distributed_optimizer": { about: "Split the optimizer", default: true },
  "actor_rollout_ref.actor.megatron.override_transformer_config.recompute_granularity": {
    about: "What Megatron recomputes in the backward pass",
    values: ["full", "selective"],
  },
  "actor_rollout_ref.actor.optim.lr": { about: "Peak learning rate", default: 1e-6 },
  "actor_rollout_ref.actor.optim.optimizer": { about: "Optimizer class", default: "AdamW" },
  "actor_rollout_ref.actor.optim.lr_warmup_steps": { about: "Updates until the peak; -1: by the ratio", default: -1 },
  "actor_rollout_ref.actor.optim.lr_warmup_steps_ratio": { about: "Share of the run that warms up", default: 0 },
  "actor_rollout_ref.actor.optim.lr_scheduler_type": {
    about: "Course of the learning rate after the warmup",
    default: "constant",
    values: ["constant", "cosine"],
    aliases: ["actor_rollout_ref.actor.optim.warmup_style", "actor_rollout_ref.actor.optim.lr_decay_style"],
  },
  "actor_rollout_ref.actor.optim.min_lr_ratio": { about: "Floor of the cosine as a share of the peak", default: 0 },
  "actor_rollout_ref.actor.optim.num_cycles": { about: "Cycles of the cosine", default: 0.5 },
  "actor_rollout_ref.actor.optim.weight_decay": { about: "Decoupled weight decay", default: 0.01 },
  "actor_rollout_ref.actor.optim.betas": { about: "Decay of AdamW's two moments" },
  "actor_rollout_ref.actor.optim.clip_grad": { about: "Norm to which Megatron clips gradients", default: 1 },
  "actor_rollout_ref.rollout.n": { about: "Answers per prompt", default: 1 },
  "actor_rollout_ref.rollout.name": { about: "What generates the answers", values: ["vllm", "sglang", "hf"] },
  "actor_rollout_ref.rollout.gpu_memory_utilization": { about: "Share of a GPU that generation takes", default: 0.5 },
  "actor_rollout_ref.rollout.tensor_model_parallel_size": { about: "GPUs that share a model when generating" },
  "algorithm.adv_estimator": {
    about: "Where advantages come from",
    default: "gae",
    values: ["gae", "grpo", "reinforce_plus_plus", "rloo", "remax"],
  },
  "algorithm.kl_ctrl.kl_coef": { about: "Weight of the distance to the reference model in the reward", default: 0.001 },
  "critic.model.path": { about: "Hugging Face id or path of the critic" },
  "critic.optim.lr": { about: "Peak learning rate of the critic", default: 1e-5 },
  "data.train_files": { about: "Training data: one Parquet file or several" },
  "data.val_files": { about: "Evaluation data" },
  "data.train_max_samples": { about: "No more samples than these; -1: all", default: -1 },
  "data.train_batch_size": { about: "Prompts per step, or sequences per update of an SFT, on all GPUs" },
  "data.micro_batch_size_per_gpu": { about: "Sequences per GPU in one forward pass of an SFT", default: 4 },
  "data.use_dynamic_bsz": { about: "Fill micro batches by tokens" },
  "data.max_token_len_per_gpu": { about: "Tokens of a dynamic micro batch", default: 8192 },
  "data.max_prompt_length": { about: "Longest prompt in tokens", default: 512 },
  "data.max_response_length": { about: "Longest answer in tokens", default: 512 },
  "data.max_length": { about: "Longest sequence of an SFT in tokens", default: 1024 },
  "data.truncation": { about: "What happens to longer samples", default: "error", values: ["error", "left", "right"] },
  "model.partial_pretrain": {
    holds: "model",
    about: "Hugging Face id or path of the model of an SFT",
    aliases: ["model.path"],
  },
  "model.lora_rank": { about: "Rank of the LoRA matrices; 0: train every weight", default: 0 },
  "model.lora_alpha": { about: "LoRA's scale is alpha / rank", default: 16 },
  "model.target_modules": { holds: "modules", about: "Modules to adapt", default: "all-linear" },
  "model.enable_gradient_checkpointing": {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: true,
  },
  "model.use_liger": { about: "Liger's fused kernels", default: false },
  "model.use_fused_kernels": { about: "Never hold all logits at once", default: false },
  "model.strategy": { about: "What splits the model", default: "fsdp2", values: ["fsdp", "fsdp2"] },
  "model.fsdp_config.model_dtype": { about: "Type of the trained weights", default: "fp32" },
  "model.fsdp_config.cpu_offload": { about: "Keep weights and optimizer in the host's memory", default: false },
  "model.fsdp_config.offload_params": { about: "FSDP 1 keeps nothing there without it", default: false },
  "engine.strategy": { about: "What trains the model", values: ["fsdp", "fsdp2", "megatron"] },
  "engine.model_dtype": { about: "Type of the trained weights", default: "fp32" },
  "engine.offload_policy": { about: "Keep weights and optimizer in the host's memory (FSDP2)", default: false },
  "engine.reshard_after_forward": { about: "Drop gathered weights after the forward pass", default: true },
  "engine.fsdp_size": { about: "GPUs that share one copy of the model", default: -1 },
  "engine.tensor_model_parallel_size": { about: "GPUs that share each matrix", default: 1 },
  "engine.pipeline_model_parallel_size": { about: "GPUs that share the layers", default: 1 },
  "engine.context_parallel_size": { about: "GPUs that share each sequence", default: 1 },
  "engine.expert_model_parallel_size": { about: "GPUs that share the experts", default: 1 },
  "engine.use_distributed_optimizer": { about: "Split the optimizer", default: true },
  "engine.override_transformer_config.recompute_granularity": {
    about: "What Megatron recomputes in the backward pass",
    values: ["full", "selective"],
  },
  "engine.ulysses_sequence_parallel_size": {
    about: "GPUs that share each sequence",
    default: 1,
    aliases: ["ulysses_sequence_parallel_size"],
  },
  "optim.lr": { about: "Peak learning rate of an SFT", note: t`1e-5; 1e-3 in the configuration with an engine` },
  "optim.optimizer": { about: "Optimizer class", default: "AdamW" },
  "optim.lr_warmup_steps": { about: "Updates until the peak; -1: by the ratio", default: -1 },
  "optim.lr_warmup_steps_ratio": { about: "Share of the run that warms up; 0.1, or 0 with an engine" },
  "optim.lr_scheduler_type": {
    about: "Course of the learning rate after the warmup; cosine, or constant with an engine",
    values: ["constant", "cosine", "wsd"],
    aliases: ["optim.lr_scheduler", "optim.lr_decay_style"],
  },
  "optim.min_lr_ratio": { about: "Floor of the cosine as a share of the peak", default: 0 },
  "optim.num_cycles": { about: "Cycles of the cosine", default: 0.5 },
  "optim.weight_decay": { about: "Decoupled weight decay", default: 0.01 },
  "optim.betas": { about: "Decay of AdamW's two moments; 0.9 and 0.95, or 0.9 and 0.999 with an engine" },
  "optim.clip_grad": { about: "Norm to which gradients are clipped", default: 1 },
  "trainer.total_epochs": { about: "Passes over the training data; 30, or 4 for an SFT" },
  "trainer.total_training_steps": { about: "Steps after which the run stops" },
  "trainer.nnodes": { about: "Machines", default: 1 },
  "trainer.n_gpus_per_node": { about: "GPUs of a machine", default: 8 },
  "trainer.save_freq": { about: "Steps between two checkpoints; -1: none", default: -1 },
  "trainer.test_freq": { about: "Steps between two evaluations; -1: none", default: -1 },
  "trainer.use_legacy_worker_impl": {
    about: "Whether the workers are those before the engines; newer releases have engines alone",
    values: ["auto", "enable", "disable"],
  },
  "trainer.project_name": { about: "Project under which the run is logged" },
  "trainer.experiment_name": { about: "Name under which the run is logged" },
  "trainer.default_local_dir": { about: "Folder of checkpoints" },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** verl: hydra configurations of reinforcement learning and supervised fine-tuning, which mostly override verl's own. */
export const verl: Dialect = {
  id: "verl",
  label: "verl",
  telltales: ["actor_rollout_ref", "partial_pretrain", "micro_batch_size_per_gpu", "lr_warmup_steps_ratio"],
  vocabulary,
  loader: omegaConf,
  formerKeys: verlFormerKeys,
  detect({ root }) {
    const has = (key: string) => entryAt(root, key) !== undefined;
    if (root.entries.get("actor_rollout_ref")?.value.kind === "map") {
      const trains = ["actor_rollout_ref.actor", "data.train_batch_size", "algorithm", "critic", "defaults"];
      return trains.some(has) ? 1 : 0;
    }
    const tunes = ["model.partial_pretrain", "data.micro_batch_size_per_gpu", "optim.lr_warmup_steps_ratio"];
    return root.entries.get("trainer")?.value.kind === "map" && tunes.some(has) ? 1 : 0;
  },
  read(document) {
    const keys = reader(document, vocabulary);
    return isTuning(document) ? readTuning(document, keys) : readReinforcement(document, keys);
  },
  keys: {
    peakLearningRate: "actor_rollout_ref.actor.optim.lr",
    microBatch: "actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu",
    accumulation: "actor_rollout_ref.actor.ppo_mini_batch_size",
    sequenceLength: "data.max_response_length",
    gradientCheckpointing: "actor_rollout_ref.model.enable_gradient_checkpointing",
    epochs: "trainer.total_epochs",
    warmupSteps: "actor_rollout_ref.actor.optim.lr_warmup_steps",
    warmupRatio: "actor_rollout_ref.actor.optim.lr_warmup_steps_ratio",
    scheduler: "actor_rollout_ref.actor.optim.lr_scheduler_type",
    schedulerSettings: "actor_rollout_ref.actor.optim.*",
    optimizer: "actor_rollout_ref.actor.optim.optimizer",
    loraRank: "actor_rollout_ref.model.lora_rank",
  },
  levers: {
    adamw: optimizerLever("AdamW", "torch.optim"),
    adamw8bit: optimizerLever("AdamW8bit", "torchao.optim"),
    chunkedLoss: [{ set: { "model.use_fused_kernels": true }, isFor: hasEngine }],
    offloadAll: [
      {
        set: {
          "engine.strategy": inPlaceOf(/^fsdp2$/, "fsdp2"),
          "engine.offload_policy": true,
        },
      },
      { set: { "model.fsdp_config.cpu_offload": true, "model.fsdp_config.offload_params": true } },
    ],
    full: [{ set: { "model.lora_rank": 0 } }],
    lora: [{ set: { "model.lora_rank": inPlaceOf(/^0?$/, 16) }, adapters: { "model.lora_alpha": 32 } }],
  },
  write(document, change) {
    const keys = reader(document, vocabulary);
    if (isTuning(document)) {
      const byTokens = keys.flag("data.use_dynamic_bsz").value ? { microBatch: "data.max_token_len_per_gpu" } : {};
      return writeKeys(document, { ...named(document, tuningKeys), ...byTokens }, tuningChange(document, keys, change));
    }
    const byTokens = keys.flag("actor_rollout_ref.actor.use_dynamic_bsz").value
      ? { microBatch: "actor_rollout_ref.actor.ppo_max_token_len_per_gpu" }
      : {};
    return writeKeys(
      document,
      { ...named(document, verl.keys), ...byTokens },
      reinforcementChange(document, keys, change),
    );
  },
};

/** An SFT takes its optimizer from any module. */
function optimizerLever(name: string, module: string): readonly Lever[] {
  return [{ set: { "optim.optimizer": name, "optim.optimizer_impl": module } }];
}

const tuningKeys: ChangeKeys = {
  peakLearningRate: "optim.lr",
  microBatch: "data.micro_batch_size_per_gpu",
  accumulation: "data.train_batch_size",
  sequenceLength: "data.max_length",
  gradientCheckpointing: "model.enable_gradient_checkpointing",
  epochs: "trainer.total_epochs",
  warmupSteps: "optim.lr_warmup_steps",
  warmupRatio: "optim.lr_warmup_steps_ratio",
  scheduler: "optim.lr_scheduler_type",
  schedulerSettings: "optim.*",
  optimizer: "optim.optimizer",
  loraRank: "model.lora_rank",
};

/** The keys with the scheduler's older name where the file has that. */
function named({ root }: ConfigDocument, keys: ChangeKeys): ChangeKeys {
  const { scheduler = "" } = keys;
  const facts: Vocabulary = vocabulary;
  const older = facts[scheduler]?.aliases?.find((name) => entryAt(root, name));
  return older && !entryAt(root, scheduler) ? { ...keys, scheduler: older } : keys;
}

/** A total batch for the accumulation, and tokens for a dynamic micro batch. */
function tuningChange(document: ConfigDocument, keys: Keys, change: PlanChange): PlanChange {
  const plan = readTuning(document, keys);
  const { microBatch, ...others } = withGlobalBatch(change, plan);
  const tokens = keys.flag("data.use_dynamic_bsz").value
    ? (change.sequenceLength ?? plan.sequenceLength.value ?? 1)
    : 1;
  return { ...others, ...(microBatch === undefined ? {} : { microBatch: microBatch * tokens }) };
}

/** Prompts of an update for the accumulation, and for the sequence an answer behind the longest prompt. */
function reinforcementChange(document: ConfigDocument, keys: Keys, change: PlanChange): PlanChange {
  const plan = readReinforcement(document, keys);
  const { accumulation, microBatch, sequenceLength, ...others } = withGlobalBatch(change, plan);
  const answers = keys.number("actor_rollout_ref.rollout.n").value ?? 1;
  const answer = sequenceLength === undefined ? 0 : sequenceLength - (keys.number("data.max_prompt_length").value ?? 0);
  const dynamic = keys.flag("actor_rollout_ref.actor.use_dynamic_bsz").value;
  const tokens = dynamic ? (sequenceLength ?? plan.sequenceLength.value ?? 1) : 1;
  return {
    ...others,
    ...(microBatch === undefined ? {} : { microBatch: microBatch * tokens }),
    ...(accumulation === undefined ? {} : { accumulation: Math.max(1, Math.round(accumulation / answers)) }),
    ...(answer > 0 ? { sequenceLength: answer } : {}),
  };
}

function isTuning({ root }: ConfigDocument): boolean {
  return !root.entries.has("actor_rollout_ref");
}

function readReinforcement(document: ConfigDocument, keys: Keys): TrainingPlan {
  const megatron =
    startsFrom(document, "megatron") || keys.text("actor_rollout_ref.actor.strategy").value === "megatron";
  const parallelism = readParallelism(keys, "actor_rollout_ref.actor.megatron", megatron, readReinforcementGpus(keys));
  const sequence = derived(
    keys.number("data.max_prompt_length"),
    keys.number("data.max_response_length"),
    t`prompt and answer`,
    (prompt, answer) => prompt + answer,
  );
  const estimator = keys.text("algorithm.adv_estimator");
  const rank = keys.number(megatron ? "actor_rollout_ref.model.lora.rank" : "actor_rollout_ref.model.lora_rank");
  const adapts = (rank.value ?? 0) > 0;
  const dtype = keys.text("actor_rollout_ref.actor.fsdp_config.model_dtype");
  const epochs = keys.number("actor_rollout_ref.actor.ppo_epochs");
  return {
    stage: mapped(estimator, (name): Stage => (name === "gae" ? "ppo" : "grpo")),
    model: { id: keys.text("actor_rollout_ref.model.path", fromTheCommandLine), shape: null },
    method: mapped(rank, (value) => (value > 0 ? "lora" : "full")),
    lora: adapts
      ? {
          rank,
          alpha: keys.number(megatron ? "actor_rollout_ref.model.lora.alpha" : "actor_rollout_ref.model.lora_alpha"),
          dropout: megatron ? keys.number("actor_rollout_ref.model.lora.dropout") : byDefault(0),
          targets: megatron
            ? byDefault({ kind: "all" })
            : peftTargetsAt(keys, "actor_rollout_ref.model.target_modules"),
          ...plainLora,
        }
      : null,
    quantization: null,
    optimizer: {
      name: keys.text("actor_rollout_ref.actor.optim.optimizer", byDefault(megatron ? "adam" : "AdamW")),
      weightDecay: keys.number("actor_rollout_ref.actor.optim.weight_decay"),
      beta2: beta2Of(keys.words("actor_rollout_ref.actor.optim.betas", byDefault([])), 0.999),
      maxGradNorm: keys.number(
        megatron ? "actor_rollout_ref.actor.optim.clip_grad" : "actor_rollout_ref.actor.grad_clip",
      ),
    },
    learningRate: {
      peak: keys.number("actor_rollout_ref.actor.optim.lr"),
      scheduler: keys.text("actor_rollout_ref.actor.optim.lr_scheduler_type"),
      ...readCurve(document, "actor_rollout_ref.actor.optim", megatron),
      warmup: readWarmup(
        keys.number("actor_rollout_ref.actor.optim.lr_warmup_steps"),
        keys.number("actor_rollout_ref.actor.optim.lr_warmup_steps_ratio"),
        !megatron && /^(?:auto|enable)$/.test(keys.text("trainer.use_legacy_worker_impl").value ?? ""),
      ),
    },
    duration: isAsynchronous(document) ? countedInRollouts : readDuration(keys, 30),
    evaluationInterval: inUpdates(keys.number("trainer.test_freq")),
    evaluatesAnswers: byDefault(true, t`verl scores answers`),
    saveInterval: inUpdates(keys.number("trainer.save_freq")),
    batch: readReinforcementBatch(keys, sequence, parallelism),
    sequenceLength: sequence,
    packing: byDefault(false),
    data: { ...readData(keys), answers: answersOf(keys.number("actor_rollout_ref.rollout.n"), epochs) },
    precision: readPrecision(dtype, megatron),
    gradientCheckpointing: megatron
      ? recomputes(keys, "actor_rollout_ref.actor.megatron")
      : keys.flag("actor_rollout_ref.model.enable_gradient_checkpointing"),
    attention: byDefault("flash"),
    loss: mapped(keys.flag("actor_rollout_ref.model.use_fused_kernels"), (on) => (on ? "fused" : "materialised")),
    ...(megatron ? megatronKernels : {}),
    parallelism: {
      ...parallelism,
      offload: mapped(keys.flag("actor_rollout_ref.actor.fsdp_config.offload_policy"), fullOffload),
    },
  } satisfies TrainingPlan;
}

/** Source: verl, experimental/fully_async_policy/config/fully_async_ppo_trainer.yaml. */
function isAsynchronous({ root }: ConfigDocument): boolean {
  return root.entries.get("async_training")?.value.kind === "map";
}

const inRollouts = unknown(t`fully asynchronous training counts rollouts (rollout.total_rollout_steps), not epochs`);

const countedInRollouts: TrainingPlan["duration"] = {
  epochs: inRollouts,
  maxSteps: inRollouts,
  maxTokens: byDefault(null),
};

function hasEngine(document: ConfigDocument): boolean {
  return document.root.entries.has("engine") || startsFrom(document, "engine");
}

/** A configuration with an engine starts from other defaults than the one without. */
function readTuning(document: ConfigDocument, keys: Keys): TrainingPlan {
  const engine = hasEngine(document);
  const megatron = keys.text("engine.strategy").value === "megatron" || startsFrom(document, "megatron");
  const parallelism = readParallelism(keys, "engine", megatron, readTuningGpus(keys));
  const rank = keys.number("model.lora_rank");
  const sequence = keys.number("data.max_length");
  const micro = keys.flag("data.use_dynamic_bsz", byDefault(engine)).value
    ? filledByTokens(keys.number("data.max_token_len_per_gpu"), sequence)
    : keys.number("data.micro_batch_size_per_gpu");
  const global = keys.number("data.train_batch_size", byDefault(256));
  const offloads = [readOwnOffload(keys, engine), keys.flag("engine.offload_policy")];
  const [offload = byDefault(false)] = [...offloads.filter(({ value }) => value), ...offloads];
  return {
    stage: byDefault("sft"),
    model: { id: keys.text("model.partial_pretrain", fromTheCommandLine), shape: null },
    method: mapped(rank, (value) => (value > 0 ? "lora" : "full")),
    lora:
      (rank.value ?? 0) > 0
        ? {
            rank,
            alpha: keys.number("model.lora_alpha"),
            dropout: byDefault(0),
            targets: peftTargetsAt(keys, "model.target_modules"),
            ...plainLora,
          }
        : null,
    quantization: null,
    optimizer: {
      name: keys.text("optim.optimizer"),
      weightDecay: keys.number("optim.weight_decay"),
      beta2: beta2Of(keys.words("optim.betas", byDefault([])), engine ? 0.999 : 0.95),
      maxGradNorm: keys.number("optim.clip_grad"),
    },
    learningRate: {
      peak: keys.number("optim.lr", byDefault(engine ? 1e-3 : 1e-5)),
      scheduler: keys.text("optim.lr_scheduler_type", byDefault(engine ? "constant" : "cosine")),
      ...readCurve(document, "optim", megatron),
      warmup: readWarmup(
        keys.number("optim.lr_warmup_steps"),
        keys.number("optim.lr_warmup_steps_ratio", byDefault(engine ? 0 : 0.1)),
        !engine,
      ),
    },
    duration: readDuration(keys, 4),
    evaluationInterval:
      engine && !keys.has("data.val_files")
        ? byDefault(never, t`there are no val_files`)
        : tuningInterval(keys, "trainer.test_freq"),
    saveInterval: tuningInterval(keys, "trainer.save_freq"),
    batch: { micro, accumulation: accumulationFrom(global, micro, replicasOf(parallelism)), global, evaluation: micro },
    sequenceLength: sequence,
    packing: byDefault(false),
    data: readData(keys),
    precision: readPrecision(keys.text(engine ? "engine.model_dtype" : "model.fsdp_config.model_dtype"), megatron),
    gradientCheckpointing: megatron ? recomputes(keys, "engine") : keys.flag("model.enable_gradient_checkpointing"),
    attention: byDefault("flash"),
    loss: engine
      ? mapped(keys.flag("model.use_fused_kernels"), (on) => (on ? "fused" : "materialised"))
      : byDefault("materialised", t`verl's trainer without an engine computes the loss of all logits`),
    ...(megatron ? megatronKernels : {}),
    parallelism: {
      ...parallelism,
      offload: mapped(offload, fullOffload),
    },
  } satisfies TrainingPlan;
}

/** FSDP 1 takes `offload_params` besides. Source: verl, trainer/fsdp_sft_trainer.py (_build_model_optimizer). */
function readOwnOffload(keys: Keys, engine: boolean): Sourced<boolean> {
  const offloads = keys.flag("model.fsdp_config.cpu_offload");
  if (engine || keys.text("model.strategy").value !== "fsdp") return offloads;
  const parameters = keys.flag("model.fsdp_config.offload_params");
  return derived(offloads, parameters, "cpu_offload, offload_params", (on, all) => on && all);
}

/** After the last update in any case. Source: verl, trainer/{fsdp_sft_trainer,sft_trainer}.py. */
function tuningInterval(keys: Keys, key: "trainer.save_freq" | "trainer.test_freq"): Sourced<Interval> {
  const text = keys.text(key);
  if (text.value === "after_each_epoch") return mapped(text, () => every(1, "epochs"));
  return inUpdatesOrAtEnd(keys.number(key));
}

const fromTheCommandLine = unknown(t`verl takes the model from the command line where the file does not name it`);

/** Whether hydra's `defaults` name one of verl's configurations with `word` in it. */
function startsFrom({ root, text }: ConfigDocument, word: string): boolean {
  const defaults = root.entries.get("defaults");
  return defaults !== undefined && text.slice(defaults.valueSpan.start, defaults.valueSpan.end).includes(word);
}

const bendingKeys = [
  "min_lr_ratio",
  "init_lr_ratio",
  "num_cycles",
  "zero_indexed_step",
  "min_lr",
  "lr_warmup_init",
  "lr_decay_steps",
  "lr_wsd_decay_style",
  "lr_wsd_decay_steps",
];

/** Whose formulas are run, and the keys that bend them. */
function readCurve(
  document: ConfigDocument,
  section: string,
  megatron: boolean,
): Pick<LearningRatePlan, "family" | "schedulerArguments"> {
  return {
    family: megatron ? "megatron" : "verl",
    schedulerArguments: schedulerArgumentsIn(document, section, (key) => bendingKeys.includes(key)),
  };
}

/**
 * Steps, unless there are none: then the ratio of the run, rounded down. The workers before the engines take 0 as it is. Sources: verl,
 * workers/engine/fsdp/transformer_impl.py, utils/megatron/optimizer.py; workers/fsdp_workers.py.
 */
function readWarmup(steps: Sourced<number>, ratio: Sourced<number>, older: boolean): Sourced<Warmup> {
  const none = (steps.value ?? 0) < 0 || (steps.value === 0 && !older && (ratio.value ?? 0) > 0);
  if (!none) return mapped(steps, (value) => ({ steps: value }));
  return mapped(ratio, (value) => ({ ratio: value, rounding: "down" }));
}

function readDuration(keys: Keys, epochs: number): TrainingPlan["duration"] {
  return {
    epochs: keys.number("trainer.total_epochs", byDefault(epochs)),
    maxSteps: stepLimit(keys, "trainer.total_training_steps"),
    maxTokens: byDefault(null),
  };
}

/** An update sees every answer of its prompts. */
function readReinforcementBatch(keys: Keys, sequence: Sourced<number>, parallelism: Parallelism): BatchPlan {
  const micro = keys.flag("actor_rollout_ref.actor.use_dynamic_bsz").value
    ? filledByTokens(keys.number("actor_rollout_ref.actor.ppo_max_token_len_per_gpu"), sequence)
    : keys.number("actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu");
  const prompts = keys.number("actor_rollout_ref.actor.ppo_mini_batch_size");
  const global = derived(prompts, keys.number("actor_rollout_ref.rollout.n"), "prompts × answers", (a, b) => a * b);
  const step = keys.number("data.train_batch_size", byDefault(1024));
  const accumulation = accumulationFrom(global, micro, replicasOf(parallelism));
  return { micro, accumulation, global, step, evaluation: micro };
}

/** As many of the longest sequences as the tokens of a dynamic micro batch hold. */
function filledByTokens(tokens: Sourced<number>, sequence: Sourced<number>): Sourced<number> {
  return derived(tokens, sequence, t`filled by tokens`, (total, length) => Math.max(1, Math.floor(total / length)));
}

function readData(keys: Keys): TrainingPlan["data"] {
  const most = keys.number("data.train_max_samples").value ?? -1;
  return {
    ...unknownData,
    sources: namedSources(keys.words("data.train_files", unknown(t`not set`)), most > 0 ? most : null),
  };
}

/** FSDP holds the weights in `model_dtype` and computes in bfloat16; Megatron keeps float32 copies of bfloat16 weights. */
function readPrecision(type: Sourced<string>, megatron: boolean): Precision {
  const held = mapped(type, (name): Dtype => (dtypeNamed(name) === "bfloat16" ? "bfloat16" : "float32"));
  const weights = megatron ? byDefault<Dtype>("float32", t`Megatron's float32 copies`) : held;
  const autocast = mapped(weights, (name) => (name === "bfloat16" ? null : "bfloat16"));
  return { ...precisionOf(weights, autocast), ...(megatron ? megatronGradients : {}) };
}

/** `selective` recomputes only the attention itself, which flash attention does anyway. */
function recomputes(keys: Keys, section: "actor_rollout_ref.actor.megatron" | "engine"): Sourced<boolean> {
  const key = `${section}.override_transformer_config.recompute_granularity` as const;
  return keys.has(key) ? mapped(keys.text(key), (name) => name === "full") : byDefault(false);
}

function readReinforcementGpus(keys: Keys): Sourced<number> {
  return derived(
    keys.number("trainer.n_gpus_per_node"),
    keys.number("trainer.nnodes"),
    "GPUs × nodes",
    (a, b) => a * b,
  );
}

/** A fine-tuning is started with torchrun, which has the last word. */
function readTuningGpus(keys: Keys): Sourced<number> {
  return keys.has("trainer.n_gpus_per_node")
    ? readReinforcementGpus(keys)
    : assumed(1, t`verl's fine-tuning takes the number of GPUs from torchrun`);
}

function readParallelism(
  keys: Keys,
  section: "actor_rollout_ref.actor.megatron" | "engine",
  megatron: boolean,
  gpus: Sourced<number>,
): Parallelism {
  const one = byDefault(1);
  if (megatron) {
    return {
      gpus,
      tensor: keys.number(`${section}.tensor_model_parallel_size`),
      sequence: byDefault(true, t`verl's own default`),
      pipeline: keys.number(`${section}.pipeline_model_parallel_size`),
      context: keys.number(`${section}.context_parallel_size`),
      expert: keys.number(`${section}.expert_model_parallel_size`),
      sharding: mapped(keys.flag(`${section}.use_distributed_optimizer`), optimizerSharding),
      offload: byDefault("none"),
    };
  }
  const reinforces = section !== "engine";
  const reshards = keys.flag(
    reinforces ? "actor_rollout_ref.actor.fsdp_config.reshard_after_forward" : "engine.reshard_after_forward",
  );
  return {
    gpus,
    tensor: one,
    pipeline: one,
    context: keys.number(
      reinforces ? "actor_rollout_ref.actor.ulysses_sequence_parallel_size" : "engine.ulysses_sequence_parallel_size",
    ),
    expert: one,
    sharding: mapped(reshards, reshardSharding),
    ...sizedGroups(keys.number(reinforces ? "actor_rollout_ref.actor.fsdp_config.fsdp_size" : "engine.fsdp_size")),
    offload: byDefault("none"),
  };
}
