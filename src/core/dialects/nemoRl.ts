import { t } from "../language.ts";
import { type Interval, inUpdates, never } from "../plan/interval.ts";
import type { LayerRole, LoraTargets } from "../plan/lora.ts";
import type {
  Argument,
  BatchPlan,
  DataPlan,
  DataSource,
  Dtype,
  LearningRatePlan,
  LoraPlan,
  OptimizerPlan,
  Parallelism,
  Precision,
  Stage,
  TrainingPlan,
} from "../plan/plan.ts";
import { byDefault, derived, type Known, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import { type ConfigDocument, entryAt, type MapNode, type Scalar } from "../text/document.ts";
import { accumulationFrom, replicasOf, withGlobalBatch } from "./batch.ts";
import { beta2Of } from "./betas.ts";
import { unknownData } from "./data.ts";
import type { ChangeKeys, Dialect } from "./dialect.ts";
import { answersOf } from "./generation.ts";
import { inheritingReader, parentPaths } from "./inheritance.ts";
import { megatronKernels } from "./kernels.ts";
import { omegaConf } from "./loader.ts";
import { everyLinearLayer, plainLora } from "./lora.ts";
import { placeOf } from "./place.ts";
import { autocastNamed, dtypeNamed, megatronGradients, precisionOf } from "./precision.ts";
import { preferenceOf } from "./preference.ts";
import { groupAt, rateGroups } from "./rateGroups.ts";
import type { Reader } from "./reader.ts";
import { argumentsOf } from "./schedulerArguments.ts";
import { copiesOf, fullOffload, optimizerOffload, optimizerSharding } from "./sharding.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: NVIDIA-NeMo/RL at 7ea279abfbeb, examples/configs, nemo_rl/utils/config.py, nemo_rl/models/*/setup.py.
// The code itself has few defaults: a run's base file states nearly everything, and other files inherit from it.

const vocabulary = {
  defaults: { about: "Files to inherit from, relative to this one; later ones and this one win" },
  "policy.model_name": { about: "Hugging Face id or path of the model to train" },
  "policy.train_global_batch_size": { about: "Samples per optimizer update on all GPUs" },
  "policy.train_micro_batch_size": { about: "Samples per GPU in one forward pass" },
  "policy.max_total_sequence_length": { about: "Longest sequence in tokens, prompt and answer together" },
  "policy.precision": { about: "Type to compute in", values: ["bfloat16", "float16", "float32"] },
  "policy.max_grad_norm": { about: "Norm to which gradients are clipped" },
  "policy.logprob_batch_size": { about: "Samples per GPU when log-probabilities are computed" },
  "policy.make_sequence_length_divisible_by": { about: "Pad sequences to a multiple of this" },
  "policy.sequence_packing.enabled": { about: "Join short samples into full sequences", default: false },
  "policy.sequence_packing.train_mb_tokens": { about: "Tokens of a packed micro batch" },
  "policy.dynamic_batching.enabled": { about: "Group samples of similar length", default: false },
  "policy.dynamic_batching.train_mb_tokens": { about: "Tokens of a dynamic micro batch" },
  "policy.dtensor_cfg.enabled": { about: "Train with PyTorch's DTensor and FSDP2" },
  "policy.dtensor_cfg._v2": { about: "Train with NeMo Automodel" },
  "policy.dtensor_cfg.cpu_offload": { about: "Keep weights and optimizer in the host's memory", default: false },
  "policy.dtensor_cfg.activation_checkpointing": {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: false,
  },
  "policy.dtensor_cfg.sequence_parallel": { about: "Split the sequence between matrices", default: false },
  "policy.dtensor_cfg.dp_replicate_size": { about: "Copies of the model that is split", default: 1 },
  "policy.dtensor_cfg.tensor_parallel_size": { about: "GPUs that share each matrix", default: 1 },
  "policy.dtensor_cfg.context_parallel_size": { about: "GPUs that share each sequence", default: 1 },
  "policy.dtensor_cfg.expert_parallel_size": { about: "GPUs that share the experts", default: 1 },
  "policy.dtensor_cfg.lora_cfg.enabled": { about: "Train LoRA adapters", default: false },
  "policy.dtensor_cfg.lora_cfg.dim": { about: "Rank of the LoRA matrices", default: 8 },
  "policy.dtensor_cfg.lora_cfg.alpha": { about: "LoRA's scale is alpha / rank", default: 32 },
  "policy.dtensor_cfg.lora_cfg.dropout": { about: "Dropout beside the adapters", default: 0 },
  "policy.dtensor_cfg.lora_cfg.target_modules": { about: "Modules to adapt", default: "" },
  "policy.dtensor_cfg.lora_cfg.exclude_modules": { about: "Adapt every linear layer but these", default: "" },
  "policy.dtensor_cfg.lora_cfg.match_all_linear": {
    about: "Adapt every linear layer, the output layer too",
    default: false,
  },
  "policy.optimizer.name": { about: "Optimizer class of the DTensor backend", values: ["torch.optim.AdamW"] },
  "policy.optimizer.kwargs.lr": { about: "Peak learning rate" },
  "policy.optimizer.kwargs.weight_decay": { about: "Weight decay", default: 0.01, note: t`torch's AdamW` },
  "policy.optimizer.kwargs.betas": { about: "Decay of Adam's two moments" },
  "policy.optimizer.kwargs.eps": { about: "Adam's epsilon", default: 1e-8 },
  "policy.scheduler": { about: "torch's schedulers, one after the other, and the milestones between them" },
  "policy.megatron_cfg.enabled": { about: "Train with Megatron", default: false },
  "policy.megatron_cfg.activation_checkpointing": {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: false,
  },
  "policy.megatron_cfg.tensor_model_parallel_size": { about: "GPUs that share each matrix", default: 1 },
  "policy.megatron_cfg.pipeline_model_parallel_size": { about: "GPUs that share the layers", default: 1 },
  "policy.megatron_cfg.context_parallel_size": { about: "GPUs that share each sequence", default: 1 },
  "policy.megatron_cfg.expert_model_parallel_size": { about: "GPUs that share the experts", default: 1 },
  "policy.megatron_cfg.sequence_parallel": { about: "Split the sequence between matrices", default: false },
  "policy.megatron_cfg.use_fused_linear_logprobs": { about: "Never hold all logits at once", default: false },
  "policy.megatron_cfg.defer_fp32_logits": { about: "Cast logits to float32 only where needed", default: false },
  "policy.megatron_cfg.peft.enabled": { about: "Train LoRA adapters", default: false },
  "policy.megatron_cfg.peft.dim": { about: "Rank of the LoRA matrices", default: 8 },
  "policy.megatron_cfg.peft.alpha": { about: "LoRA's scale is alpha / rank", default: 32 },
  "policy.megatron_cfg.peft.dropout": { about: "Dropout beside the adapters", default: 0 },
  "policy.megatron_cfg.peft.target_modules": { about: "Modules to adapt, such as linear_qkv", default: "" },
  "policy.megatron_cfg.optimizer.optimizer": { about: "Optimizer", default: "adam", values: ["adam", "sgd"] },
  "policy.megatron_cfg.optimizer.lr": { about: "Peak learning rate" },
  "policy.megatron_cfg.optimizer.decoupled_lr": { about: "Learning rate of the embeddings and the output layer" },
  "policy.megatron_cfg.optimizer.min_lr": { about: "Floor of the learning rate" },
  "policy.megatron_cfg.optimizer.weight_decay": { about: "Decoupled weight decay" },
  "policy.megatron_cfg.optimizer.adam_beta2": { about: "Decay of Adam's second moment", default: 0.999 },
  "policy.megatron_cfg.optimizer.clip_grad": { about: "Norm to which gradients are clipped; 0: not at all" },
  "policy.megatron_cfg.optimizer.use_distributed_optimizer": {
    about: "Split the optimizer over the GPUs",
    default: true,
  },
  "policy.megatron_cfg.optimizer.optimizer_cpu_offload": {
    about: "Keep the optimizer in the host's memory",
    default: false,
  },
  "policy.megatron_cfg.optimizer.bf16": { about: "Weights in bfloat16 beside float32 copies" },
  "policy.megatron_cfg.scheduler.lr_decay_style": {
    about: "Course of the learning rate after the warmup",
    values: ["constant", "linear", "cosine", "inverse-square-root", "WSD"],
  },
  "policy.megatron_cfg.scheduler.lr_decay_iters": { about: "Update at which the floor is reached" },
  "policy.megatron_cfg.scheduler.lr_warmup_iters": { about: "Updates until the peak" },
  "policy.megatron_cfg.scheduler.lr_warmup_init": { about: "Rate at which the warmup starts" },
  "policy.megatron_cfg.distributed_data_parallel_config.use_custom_fsdp": { about: "Megatron's FSDP", default: false },
  "policy.generation.backend": { about: "What generates the answers", values: ["vllm", "sglang", "megatron"] },
  "policy.generation.colocated.enabled": { about: "Generate on the GPUs that train", default: true },
  "policy.generation.colocated.resources.gpus_per_node": { about: "GPUs of a node that only generate" },
  "policy.generation.colocated.resources.num_nodes": { about: "Nodes that only generate" },
  "sft.max_num_epochs": { about: "Passes over the training data" },
  "sft.max_num_steps": { about: "Optimizer updates after which the run stops" },
  "sft.val_period": { about: "Updates between two evaluations; 0: none" },
  "sft.val_micro_batch_size": { about: "Samples per GPU in one evaluation pass" },
  "dpo.max_num_epochs": { about: "Passes over the training data" },
  "dpo.max_num_steps": { about: "Optimizer updates after which the run stops" },
  "dpo.val_period": { about: "Updates between two evaluations; 0: none" },
  "dpo.val_micro_batch_size": { about: "Pairs per GPU in one evaluation pass" },
  "dpo.reference_policy_kl_penalty": { about: "DPO's beta" },
  "dpo.preference_average_log_probs": {
    about: "Take means of log-probabilities instead of sums (DPO)",
    default: false,
  },
  "rm.max_num_epochs": { about: "Passes over the training data" },
  "rm.max_num_steps": { about: "Optimizer updates after which the run stops; -1: no limit" },
  "rm.val_period": { about: "Updates between two evaluations; 0: none" },
  "rm.val_micro_batch_size": { about: "Pairs per GPU in one evaluation pass" },
  "grpo.max_num_epochs": { about: "Passes over the prompts" },
  "grpo.max_num_steps": { about: "Rounds of generation and training after which the run stops" },
  "grpo.val_period": { about: "Rounds between two evaluations; 0: none" },
  "grpo.num_prompts_per_step": { about: "Prompts per round" },
  "grpo.num_generations_per_prompt": { about: "Answers per prompt" },
  "ppo.max_num_epochs": { about: "Passes over the prompts" },
  "ppo.max_num_steps": { about: "Rounds of generation and training after which the run stops" },
  "ppo.num_prompts_per_step": { about: "Prompts per round" },
  "ppo.num_generations_per_prompt": { about: "Answers per prompt" },
  "ppo.val_period": { about: "Rounds between two evaluations; 0: none" },
  "distillation.max_num_epochs": { about: "Passes over the prompts" },
  "distillation.max_num_steps": { about: "Updates after which the run stops" },
  "distillation.num_prompts_per_step": { about: "Prompts per round" },
  "distillation.num_generations_per_prompt": { about: "Answers per prompt", default: 1 },
  "distillation.val_period": { about: "Updates between two evaluations; 0: none" },
  "loss_fn.reference_policy_kl_penalty": { about: "Weight of the distance to the reference model" },
  "loss_fn.ratio_clip_min": { about: "Clip the ratio of probabilities from below" },
  "loss_fn.ratio_clip_max": { about: "Clip the ratio of probabilities from above" },
  "data.train.dataset_name": { about: "Training data: a name that NeMo RL knows", aliases: ["data.dataset_name"] },
  "data.train.data_path": { about: "Training data: a file", aliases: ["data.train_data_path"] },
  "data.train.split_validation_size": { about: "Share of the samples held out for evaluation", default: 0 },
  "data.max_input_seq_length": { about: "Longest prompt in tokens" },
  "checkpointing.enabled": { about: "Save checkpoints" },
  "checkpointing.checkpoint_dir": { about: "Folder of checkpoints" },
  "checkpointing.save_period": { about: "Steps between two checkpoints" },
  "cluster.gpus_per_node": { about: "GPUs of a machine" },
  "cluster.num_nodes": { about: "Machines" },
} as const satisfies Vocabulary;

type Key = keyof typeof vocabulary;
type Keys = Reader<Key>;

/** Keys that stand in another section for each algorithm. */
const stages: readonly (readonly [section: "sft" | "dpo" | "rm" | "ppo" | "grpo" | "distillation", stage: Stage])[] = [
  ["sft", "sft"],
  ["dpo", "dpo"],
  ["rm", "reward"],
  ["ppo", "ppo"],
  ["distillation", "distill"],
  ["grpo", "grpo"],
];

type Section = (typeof stages)[number][0];

/** NeMo RL: a YAML file that inherits from others by their paths. */
export const nemoRl: Dialect = {
  id: "nemo-rl",
  label: "NeMo RL",
  telltales: ["policy"],
  vocabulary,
  loader: omegaConf,
  detect({ root }) {
    const { entries } = root;
    const algorithm = stages.some(([section]) => entries.has(section));
    if (entries.get("policy")?.value.kind !== "map" || !(algorithm || entries.has("defaults"))) return 0;
    const trains = [
      "policy.train_micro_batch_size",
      "policy.train_global_batch_size",
      "policy.optimizer.kwargs",
      "policy.megatron_cfg",
      "policy.dtensor_cfg",
    ];
    if (trains.some((key) => entryAt(root, key))) return 1;
    return parentPaths(root).some(({ path }) => /\.ya?ml$/.test(path)) && algorithm ? 1 : 0;
  },
  links: (document) => parentPaths(document.root).map(({ path, entry }) => ({ path, place: placeOf(document, entry) })),
  read(document, { linked }) {
    return readPlan(inheritingReader(document, vocabulary, linked), document);
  },
  keys: {
    peakLearningRate: "policy.optimizer.kwargs.lr",
    microBatch: "policy.train_micro_batch_size",
    accumulation: "policy.train_global_batch_size",
    evaluationBatch: "sft.val_micro_batch_size",
    sequenceLength: "policy.max_total_sequence_length",
    gradientCheckpointing: "policy.dtensor_cfg.activation_checkpointing",
    epochs: "sft.max_num_epochs",
    warmupSteps: "policy.megatron_cfg.scheduler.lr_warmup_iters",
    scheduler: "policy.megatron_cfg.scheduler.lr_decay_style",
    optimizer: "policy.optimizer.name",
    loraRank: "policy.dtensor_cfg.lora_cfg.dim",
  },
  levers: {
    offloadAll: [{ set: { "policy.dtensor_cfg.cpu_offload": true } }],
    full: [{ set: { "policy.dtensor_cfg.lora_cfg.enabled": false } }],
    lora: [
      { set: { "policy.dtensor_cfg.lora_cfg.enabled": true }, adapters: { "policy.dtensor_cfg.lora_cfg.dim": 16 } },
    ],
  },
  write(document, change) {
    const keys = inheritingReader(document, vocabulary);
    const { warmupSteps, scheduler, ...others } = withGlobalBatch(change, readPlan(keys, document));
    // The DTensor backend has a list of schedulers, in which one key decides neither warmup nor course.
    const own = isMegatron(keys)
      ? { ...(warmupSteps === undefined ? {} : { warmupSteps }), ...(scheduler ? { scheduler } : {}) }
      : {};
    return writeKeys(document, keysFor(keys, document), { ...others, ...own });
  },
};

/** The keys of the backend and the algorithm that a file uses. */
function keysFor(keys: Keys, document: ConfigDocument): ChangeKeys {
  const section = sectionOf(document) ?? "sft";
  const { evaluationBatch, ...shared } = nemoRl.keys;
  const own = {
    ...shared,
    ...(evaluatesLoss(section) ? { evaluationBatch: `${section}.val_micro_batch_size` } : {}),
    epochs: `${section}.max_num_epochs`,
  };
  if (!isMegatron(keys)) return own;
  return {
    ...own,
    peakLearningRate: "policy.megatron_cfg.optimizer.lr",
    optimizer: "policy.megatron_cfg.optimizer.optimizer",
    gradientCheckpointing: "policy.megatron_cfg.activation_checkpointing",
    schedulerSettings: "policy.megatron_cfg.optimizer.*",
    loraRank: "policy.megatron_cfg.peft.dim",
  };
}

function readPlan(keys: Keys, document: ConfigDocument): TrainingPlan {
  const megatron = isMegatron(keys);
  const parallelism = megatron ? readMegatronParallelism(keys) : readDtensorParallelism(keys);
  const section = sectionOf(document);
  const lora = keys.flag(megatron ? "policy.megatron_cfg.peft.enabled" : "policy.dtensor_cfg.lora_cfg.enabled");
  const packing = keys.flag("policy.sequence_packing.enabled");
  const stage = readStage(document, section);
  return {
    stage,
    model: { id: keys.text("policy.model_name"), shape: null },
    method: mapped(lora, (on) => (on ? "lora" : "full")),
    lora: lora.value ? (megatron ? readMegatronLora(keys) : readDtensorLora(keys)) : null,
    quantization: null,
    optimizer: megatron ? readMegatronOptimizer(keys) : readTorchOptimizer(keys),
    learningRate: megatron ? readMegatronRate(keys) : readTorchRate(keys),
    duration: {
      epochs: section
        ? keys.number(`${section}.max_num_epochs`)
        : unknown(t`the file does not say what is trained for`),
      maxSteps: readMaxSteps(keys, section),
      maxTokens: byDefault(null),
    },
    evaluationInterval: section
      ? inUpdates(keys.number(`${section}.val_period`))
      : unknown(t`the file does not say what is trained for`),
    ...(evaluatesLoss(section) ? {} : { evaluatesAnswers: byDefault(true, t`an evaluation scores answers`) }),
    saveInterval: readSaves(keys),
    batch: readBatch(keys, section, parallelism),
    sequenceLength: keys.number("policy.max_total_sequence_length"),
    packing,
    data: {
      ...unknownData,
      sources: [...sourcesAt(keys, "data.train.dataset_name"), ...sourcesAt(keys, "data.train.data_path")],
      validation: keys.number("data.train.split_validation_size"),
      ...readAnswers(keys, section),
    },
    precision: readPrecision(keys),
    gradientCheckpointing: keys.flag(
      megatron ? "policy.megatron_cfg.activation_checkpointing" : "policy.dtensor_cfg.activation_checkpointing",
    ),
    attention: megatron ? byDefault("flash", t`Transformer Engine`) : readAttention(packing, parallelism),
    referenceModel: byDefault(false, t`its weights wait in the host's memory`),
    loss: megatron
      ? mapped(keys.flag("policy.megatron_cfg.use_fused_linear_logprobs"), (on) => (on ? "fused" : "materialised"))
      : byDefault("materialised"),
    ...(megatron ? megatronKernels : {}),
    ...preferenceOf(
      stage.value,
      keys.number("dpo.reference_policy_kl_penalty"),
      keys.flag("dpo.preference_average_log_probs"),
    ),
    parallelism,
  } satisfies TrainingPlan;
}

/** Megatron where it is on, or where the file sets nothing but its keys. */
function isMegatron(keys: Keys): boolean {
  const { value } = keys.flag("policy.megatron_cfg.enabled");
  if (value !== undefined) return value;
  if (keys.flag("policy.dtensor_cfg.enabled").value !== undefined) return false;
  return keys.has("policy.megatron_cfg.optimizer.lr") && !keys.has("policy.optimizer.kwargs.lr");
}

/** The algorithm by the section that configures it, else by the name of the file that is inherited from. */
function sectionOf({ root }: ConfigDocument): Section | undefined {
  const [own] = stages.find(([section]) => root.entries.has(section)) ?? [];
  if (own) return own;
  const named = parentPaths(root).map(({ path }) => path.split("/").at(-1) ?? "");
  return stages.find(([section]) => named.some((name) => name.includes(section)))?.[0];
}

function readStage(document: ConfigDocument, section: Section | undefined): Sourced<Stage> {
  const stage = stages.find(([name]) => name === section)?.[1];
  if (!stage) return unknown(t`no section says what is trained for`);
  const entry = section && document.root.entries.get(section);
  return entry ? byDefault(stage, t`${section} is set`) : byDefault(stage, t`from the name of the file inherited from`);
}

/** Steps of reinforcement learning are rounds, each of which may hold several updates; -1 stands for no limit. */
function readMaxSteps(keys: Keys, section: Section | undefined): Sourced<number | null> {
  if (!section) return unknown(t`the file does not say what is trained for`);
  return mapped(keys.number(`${section}.max_num_steps`), (steps) => (steps > 0 ? steps : null));
}

/** The algorithms whose evaluation needs no answers. */
function evaluatesLoss(section: Section | undefined): section is "sft" | "dpo" | "rm" {
  return section === "sft" || section === "dpo" || section === "rm";
}

function readSaves(keys: Keys): Sourced<Interval> {
  const saves = keys.flag("checkpointing.enabled");
  if (saves.value === false) return mapped(saves, () => never);
  return inUpdates(keys.number("checkpointing.save_period"));
}

function readBatch(keys: Keys, section: Section | undefined, parallelism: Parallelism): BatchPlan {
  const micro = keys.number("policy.train_micro_batch_size");
  const global = keys.number("policy.train_global_batch_size");
  return {
    micro,
    accumulation: accumulationFrom(global, micro, replicasOf(parallelism)),
    global,
    evaluation: evaluatesLoss(section) ? keys.number(`${section}.val_micro_batch_size`) : micro,
    ...(generates(section) ? { step: keys.number(`${section}.num_prompts_per_step`) } : {}),
  };
}

/** The algorithms whose steps, also those of the scheduler, are rounds of generation: each takes so many prompts from the data. */
function generates(section: Section | undefined): section is "grpo" | "ppo" | "distillation" {
  return section === "grpo" || section === "ppo" || section === "distillation";
}

function readAnswers(keys: Keys, section: Section | undefined): Pick<DataPlan, "answers"> {
  if (!generates(section)) return {};
  return { answers: answersOf(keys.number(`${section}.num_generations_per_prompt`), byDefault(1)) };
}

function readTorchOptimizer(keys: Keys): OptimizerPlan {
  return {
    name: keys.text("policy.optimizer.name"),
    weightDecay: keys.number("policy.optimizer.kwargs.weight_decay"),
    beta2: beta2Of(keys.words("policy.optimizer.kwargs.betas", byDefault([])), 0.999),
    maxGradNorm: keys.number("policy.max_grad_norm"),
  };
}

function readMegatronOptimizer(keys: Keys): OptimizerPlan {
  return {
    name: keys.text("policy.megatron_cfg.optimizer.optimizer"),
    weightDecay: keys.number("policy.megatron_cfg.optimizer.weight_decay"),
    beta2: keys.number("policy.megatron_cfg.optimizer.adam_beta2"),
    maxGradNorm: keys.number("policy.megatron_cfg.optimizer.clip_grad"),
  };
}

/**
 * One of torch's schedulers, or several in a SequentialLR, of which a LinearLR at the beginning is the warmup. Without any the
 * rate stays where it is.
 */
function readTorchRate(keys: Keys): LearningRatePlan {
  const peak = keys.number("policy.optimizer.kwargs.lr");
  const place = keys.place("policy.scheduler");
  if (!place) {
    const scheduler = keys.text("policy.scheduler", byDefault("constant", t`no scheduler`));
    const warmup = mapped(scheduler, () => ({ steps: 0 }));
    return { peak, scheduler, family: "torch", schedulerArguments: mapped(scheduler, () => new Map()), warmup };
  }
  const written = <T>(value: T): Known<T> => ({ value, origin: place.uri === undefined ? "file" : "linked", place });
  const parts = keys.maps("policy.scheduler");
  const named = parts.flatMap((part) => {
    const name = part.entries.get("name")?.value;
    const kwargs = part.entries.get("kwargs")?.value;
    const settings = kwargs?.kind === "map" ? argumentsOf(kwargs) : new Map<string, Argument>();
    return name?.kind === "scalar" ? [{ name: String(name.value).split(".").at(-1) ?? "", settings }] : [];
  });
  const [first, ...others] = named;
  if (!first) {
    const none = unknown(t`policy.scheduler names no scheduler`, place);
    return { peak, scheduler: none, family: "torch", schedulerArguments: none, warmup: none };
  }
  if (others.length === 0) {
    const { name, settings } = first;
    return {
      peak,
      scheduler: written(name),
      family: "torch",
      schedulerArguments: written(settings),
      warmup: written({ steps: 0 }),
    };
  }
  const milestones = readMilestones(parts);
  const schedulers = named.map(({ name, settings }) => ({ name, kwargs: Object.fromEntries(settings) }));
  return {
    peak,
    scheduler: written("SequentialLR"),
    family: "torch",
    schedulerArguments: written(
      new Map<string, Argument>([
        ["schedulers", schedulers],
        ["milestones", milestones],
      ]),
    ),
    warmup: written({ steps: first.name === "LinearLR" ? (milestones[0] ?? 0) : 0 }),
  };
}

function readMilestones(parts: readonly MapNode[]): readonly number[] {
  const node = parts.map(({ entries }) => entries.get("milestones")?.value).find((value) => value?.kind === "list");
  if (node?.kind !== "list") return [];
  return node.items.flatMap((item) => (item.kind === "scalar" && typeof item.value === "number" ? [item.value] : []));
}

function readMegatronRate(keys: Keys): LearningRatePlan {
  const floor = keys.number("policy.megatron_cfg.optimizer.min_lr").value;
  const start = keys.number("policy.megatron_cfg.scheduler.lr_warmup_init").value;
  const end = keys.number("policy.megatron_cfg.scheduler.lr_decay_iters").value;
  return {
    peak: keys.number("policy.megatron_cfg.optimizer.lr"),
    scheduler: keys.text("policy.megatron_cfg.scheduler.lr_decay_style"),
    family: "megatron",
    schedulerArguments: byDefault(
      new Map<string, Scalar>([
        ...(floor === undefined ? [] : ([["min_lr", floor]] as const)),
        ...(start === undefined ? [] : ([["lr_warmup_init", start]] as const)),
        ...(end === undefined ? [] : ([["lr_decay_iters", end]] as const)),
      ]),
    ),
    warmup: mapped(keys.number("policy.megatron_cfg.scheduler.lr_warmup_iters"), (steps) => ({ steps })),
    // Source: Megatron-LM, core/optimizer/__init__.py (decoupled_lr).
    ...rateGroups(groupAt(t`embeddings and output layer`, keys.number("policy.megatron_cfg.optimizer.decoupled_lr"))),
  };
}

/** NeMo Automodel's adapters: every linear layer takes the output layer too, and no choice at all means `*_proj`. */
function readDtensorLora(keys: Keys): LoraPlan {
  const all = keys.flag("policy.dtensor_cfg.lora_cfg.match_all_linear");
  const names = keys.words("policy.dtensor_cfg.lora_cfg.target_modules");
  const excluded = keys.words("policy.dtensor_cfg.lora_cfg.exclude_modules").value ?? [];
  return {
    rank: keys.number("policy.dtensor_cfg.lora_cfg.dim"),
    alpha: keys.number("policy.dtensor_cfg.lora_cfg.alpha"),
    dropout: keys.number("policy.dtensor_cfg.lora_cfg.dropout"),
    targets: all.value
      ? mapped(all, () => everyLinearLayer)
      : mapped(names, (list): LoraTargets => {
          if (list.length > 0) return { kind: "names", names: list };
          if (excluded.length === 0) return { kind: "names", names: ["*_proj"] };
          return excluded.some((name) => name.endsWith("lm_head")) ? { kind: "all" } : everyLinearLayer;
        }),
    ...plainLora,
  };
}

const megatronRoles: ReadonlyMap<string, readonly LayerRole[]> = new Map([
  ["linear_qkv", ["query", "key", "value"]],
  ["linear_proj", ["output"]],
  ["linear_fc1", ["mlp"]],
  ["linear_fc2", ["mlp"]],
] as const);

/** Megatron's layers are fused; an empty list adapts all linear layers. */
function readMegatronLora(keys: Keys): LoraPlan {
  return {
    rank: keys.number("policy.megatron_cfg.peft.dim"),
    alpha: keys.number("policy.megatron_cfg.peft.alpha"),
    dropout: keys.number("policy.megatron_cfg.peft.dropout"),
    targets: mapped(keys.words("policy.megatron_cfg.peft.target_modules"), (names): LoraTargets => {
      const roles = names.flatMap((name) => megatronRoles.get(name.split(".").at(-1) ?? "") ?? []);
      return names.length === 0 ? { kind: "all" } : { kind: "roles", roles: [...new Set(roles)] };
    }),
    ...plainLora,
  };
}

/** Both backends keep float32 copies of the weights, and compute in `precision`. */
function readPrecision(keys: Keys): Precision {
  const float32 = byDefault<Dtype>("float32", t`NeMo RL keeps float32 weights`);
  const autocast = mapped(keys.text("policy.precision"), (name) =>
    dtypeNamed(name) ? autocastNamed(name) : "bfloat16",
  );
  const megatron = keys.flag("policy.megatron_cfg.enabled").value;
  return { ...precisionOf(float32, autocast), ...(megatron ? megatronGradients : {}) };
}

/** Packing needs flash attention; context parallelism needs PyTorch's kernel. */
function readAttention(packing: Sourced<boolean>, { context }: Parallelism): TrainingPlan["attention"] {
  return derived(packing, context, t`from sequence packing`, (packs, gpus) => (packs && gpus === 1 ? "flash" : "sdpa"));
}

function readDtensorParallelism(keys: Keys): Parallelism {
  return {
    gpus: readGpus(keys),
    tensor: keys.number("policy.dtensor_cfg.tensor_parallel_size"),
    sequence: keys.flag("policy.dtensor_cfg.sequence_parallel"),
    pipeline: byDefault(1),
    context: keys.number("policy.dtensor_cfg.context_parallel_size"),
    expert: keys.number("policy.dtensor_cfg.expert_parallel_size"),
    sharding: byDefault("zero-3", "FSDP2"),
    ...copiesOf(keys.number("policy.dtensor_cfg.dp_replicate_size")),
    offload: mapped(keys.flag("policy.dtensor_cfg.cpu_offload"), fullOffload),
  };
}

function readMegatronParallelism(keys: Keys): Parallelism {
  const fsdp = keys.flag("policy.megatron_cfg.distributed_data_parallel_config.use_custom_fsdp");
  return {
    gpus: readGpus(keys),
    tensor: keys.number("policy.megatron_cfg.tensor_model_parallel_size"),
    sequence: keys.flag("policy.megatron_cfg.sequence_parallel"),
    pipeline: keys.number("policy.megatron_cfg.pipeline_model_parallel_size"),
    context: keys.number("policy.megatron_cfg.context_parallel_size"),
    expert: keys.number("policy.megatron_cfg.expert_model_parallel_size"),
    sharding: fsdp.value
      ? mapped(fsdp, () => "zero-3")
      : mapped(keys.flag("policy.megatron_cfg.optimizer.use_distributed_optimizer"), optimizerSharding),
    offload: mapped(keys.flag("policy.megatron_cfg.optimizer.optimizer_cpu_offload"), optimizerOffload),
  };
}

/** All GPUs of the cluster but those that only generate. */
function readGpus(keys: Keys): Sourced<number> {
  const perNode = keys.number("cluster.gpus_per_node");
  const nodes = keys.number("cluster.num_nodes");
  if (keys.flag("policy.generation.colocated.enabled").value !== false) {
    return derived(perNode, nodes, t`GPUs of a node × nodes`, (gpus, count) => gpus * count);
  }
  const generatingNodes = keys.number("policy.generation.colocated.resources.num_nodes", byDefault(0)).value ?? 0;
  const generatingGpus = keys.number("policy.generation.colocated.resources.gpus_per_node", byDefault(0)).value ?? 0;
  return derived(perNode, nodes, t`without the GPUs that only generate`, (gpus, count) =>
    Math.max(1, count === 1 ? gpus - generatingGpus : gpus * (count - generatingNodes)),
  );
}

function sourcesAt(keys: Keys, key: Key): readonly DataSource[] {
  return keys.has(key) ? [{ name: keys.text(key), limit: null }] : [];
}
