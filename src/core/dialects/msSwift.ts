import { t } from "../language.ts";
import { never } from "../plan/interval.ts";
import type { LoraTargets } from "../plan/lora.ts";
import type {
  DataSource,
  Dtype,
  LearningRatePlan,
  LoraPlan,
  Method,
  Offload,
  OptimizerPlan,
  Precision,
  Quantization,
  Sharding,
  Stage,
  TrainingPlan,
} from "../plan/plan.ts";
import { assumed, byDefault, derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import type { ConfigDocument, MapNode } from "../text/document.ts";
import { namedSources } from "./data.ts";
import type { ChangeKeys, Dialect } from "./dialect.ts";
import { msSwiftFormerKeys } from "./formerKeys.ts";
import { underFsdp } from "./fsdpPrecision.ts";
import { answersOf, jensenShannon } from "./generation.ts";
import { kernelsIf } from "./kernels.ts";
import { inPlaceOf, type Lever } from "./levers.ts";
import { type LinkedFiles, linkAt } from "./links.ts";
import { countsWithExponents } from "./loader.ts";
import { type Backend, megatronKeys, megatronPlan, usesMegatron, writeMegatron } from "./megatronSwift.ts";
import { autocastFlagged, checkpointType, dtypeNamed, peftType } from "./precision.ts";
import { preferenceOf } from "./preference.ts";
import { galoreFor } from "./projection.ts";
import { groupAt, loraPlusGroup, rateGroups } from "./rateGroups.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel, fewestGpus, type Split, splitIn, unknownSplit, zeroDefaults } from "./sharding.ts";
import { throughDeepspeed } from "./throughDeepspeed.ts";
import { splitLevers, trainerSplit, zeroStage } from "./trainerSplit.ts";
import {
  attentionFrom,
  ligerEvaluation,
  readBatch,
  readDuration,
  readOptimizer,
  readSchedulerArguments,
  readWarmup,
  strategyInterval,
  trainingArgumentKeys,
  trainingArgumentLevers,
  trainingArguments,
} from "./trainingArguments.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: modelscope/ms-swift at 3602360a5623, swift/arguments/*.py, swift/trainers/arguments.py,
// swift/megatron/arguments/*.py.

const tuners = [
  "lora",
  "full",
  "longlora",
  "adalora",
  "llamapro",
  "adapter",
  "vera",
  "boft",
  "fourierft",
  "reft",
  "bone",
];

const vocabulary = {
  ...trainingArguments,
  model: { about: "Model to train: a ModelScope or Hugging Face id, or a path" },
  model_type: { about: "ms-swift's name of the architecture; found out from the model" },
  model_revision: { about: "Revision of the model" },
  task_type: {
    about: "What the model is for",
    default: "causal_lm",
    values: ["causal_lm", "seq_cls", "embedding", "reranker", "generative_reranker"],
  },
  torch_dtype: {
    about: "Type in which the weights are loaded; it decides between bf16 and fp16 as well",
    note: t`the checkpoint's own type`,
    values: ["bfloat16", "float16", "float32"],
  },
  attn_impl: {
    about: "Attention kernel",
    note: t`transformers chooses sdpa or eager`,
    values: ["flash_attn", "flash_attention_2", "flash_attention_3", "sdpa", "eager", "flex_attention"],
  },
  use_hf: { about: "Load from the Hugging Face Hub instead of ModelScope", default: false },
  adapters: { about: "Adapters to start from" },
  tuner_type: {
    about: "Which weights are trained; train_type in version 3, sft_type in version 2",
    default: "lora",
    note: t`lora; full in Megatron-SWIFT`,
    values: tuners,
    aliases: ["train_type", "sft_type"],
  },
  tuner_backend: { about: "Library that makes the adapters", default: "peft", values: ["peft", "unsloth"] },
  rlhf_type: {
    about: "Preference or reinforcement learning",
    values: ["dpo", "orpo", "simpo", "kto", "cpo", "rm", "ppo", "grpo", "gkd"],
  },
  lora_rank: { about: "Rank of the LoRA matrices", default: 8 },
  lora_alpha: { about: "LoRA's scale is alpha / rank", default: 32 },
  lora_dropout: { about: "Dropout in front of the adapters", default: 0.05 },
  lora_dtype: { about: "Type of the adapters", values: ["float16", "bfloat16", "float32"] },
  lorap_lr_ratio: { about: "LoRA+: rate of B over rate of A" },
  target_modules: { about: "Modules to adapt, or all-linear", default: "all-linear" },
  target_regex: { about: "Regular expression of the modules to adapt; it stands in for target_modules" },
  modules_to_save: { about: "Modules to train in full beside the adapters", default: "" },
  use_rslora: { about: "Scale by alpha / √rank", default: false },
  use_dora: { about: "DoRA: adapt direction and magnitude apart", default: false },
  init_weights: { about: "How the adapters start, such as pissa or olora", default: "true" },
  freeze_parameters: { about: "Beginnings of the names of parameters to freeze" },
  freeze_parameters_regex: { about: "Regular expression of the parameters to freeze" },
  freeze_parameters_ratio: { about: "Share of the parameters to freeze, from the bottom up", default: 0 },
  trainable_parameters: { about: "Beginnings of the names of parameters to train all the same" },
  freeze_llm: { about: "Freeze the language model of a multimodal model", default: false },
  freeze_vit: { about: "Freeze the vision tower of a multimodal model", default: true },
  freeze_aligner: { about: "Freeze the projector of a multimodal model", default: true },
  quant_method: { about: "How to quantise the frozen weights", values: ["bnb", "hqq", "eetq", "quanto", "fp8"] },
  quant_bits: { about: "Bits of the frozen weights" },
  bnb_4bit_quant_type: { about: "4-bit type", default: "nf4", values: ["nf4", "fp4"] },
  bnb_4bit_use_double_quant: { about: "Quantise the scales too", default: true },
  bnb_4bit_compute_dtype: { about: "Type in which quantised layers compute; as torch_dtype" },
  dataset: { about: "Training data: ids or paths; name#500 takes 500 samples" },
  val_dataset: { about: "Evaluation data" },
  split_dataset_ratio: { about: "Share of the training data that is held out for evaluation", default: 0 },
  streaming: { about: "Read the data while training; needs max_steps", default: false },
  max_length: {
    about: "Longest sequence in tokens; in GRPO the longest prompt",
    note: t`max_length is not set; the model's own maximum holds`,
  },
  truncation_strategy: { about: "What to do with longer samples", values: ["delete", "left", "right", "split"] },
  packing: { about: "Join short samples into full sequences", default: false },
  padding_free: { about: "Put all sequences of a batch in a row instead of padding them" },
  use_chat_template: { about: "Use the chat template; swift pt does without", default: true },
  loss_scale: { about: "Which tokens the loss counts, and how much" },
  learning_rate: { about: "Peak learning rate", note: t`1e-5 if every weight is trained, else 1e-4` },
  vit_lr: { about: "Peak learning rate of the vision tower" },
  aligner_lr: { about: "Peak learning rate of the projector" },
  lr_scheduler_type: { ...trainingArguments.lr_scheduler_type, default: "cosine" },
  per_device_train_batch_size: { about: "Sequences per GPU in one forward pass", default: 1 },
  per_device_eval_batch_size: { about: "Sequences per GPU in one evaluation pass", default: 1 },
  gradient_accumulation_steps: {
    about: "Forward passes per optimizer update",
    note: t`as many as make an update of 16 sequences; 1 in GRPO`,
  },
  weight_decay: { about: "Decoupled weight decay", default: 0.1 },
  adam_beta2: { about: "Decay of AdamW's second moment", default: 0.95 },
  bf16: { about: "Compute in bfloat16 through autocast", note: t`on if the weights are bfloat16` },
  fp16: { about: "Compute in float16 through autocast", note: t`on if the weights are float16 or float32` },
  gradient_checkpointing: {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: true,
  },
  vit_gradient_checkpointing: { about: "Checkpointing in the vision tower; as gradient_checkpointing" },
  optimizer: { about: "ms-swift's own optimizer, such as muon or lorap; in Megatron-SWIFT adam, sgd or muon" },
  use_galore: { about: "Project the gradients (GaLore)", default: false },
  galore_rank: { about: "Rank of GaLore's gradients", default: 128 },
  deepspeed: {
    about: "A preset, a path, or a mapping of DeepSpeed's settings",
    values: ["zero0", "zero1", "zero2", "zero3", "zero2_offload", "zero3_offload"],
  },
  zero_hpz_partition_size: { about: "GPUs that share a second copy of the weights (ZeRO++)" },
  fsdp: { about: "The preset fsdp2, or a path of FSDP's settings", values: ["fsdp2"] },
  deepspeed_autotp_size: { about: "GPUs that share each matrix (DeepSpeed AutoTP)", default: 1 },
  sequence_parallel_size: { about: "GPUs that share each sequence", default: 1 },
  logging_steps: { about: "Updates between two log lines", default: 5 },
  save_steps: { ...trainingArguments.save_steps, aliases: ["save_interval"] },
  eval_steps: { about: "Updates between two evaluations; as save_steps", aliases: ["eval_interval"] },
  max_completion_length: { about: "Longest answer in tokens (GRPO, GKD, PPO)", default: 512 },
  num_generations: { about: "Answers per prompt (GRPO)", default: 8 },
  num_iterations: { about: "Updates on the same answers (GRPO)", default: 1 },
  max_epochs: { about: "Megatron-SWIFT 3: passes over the training data; num_train_epochs since" },
  reward_funcs: { about: "Reward functions (GRPO)" },
  use_vllm: { about: "Generate with vLLM (GRPO, GKD)" },
  vllm_mode: { about: "Where vLLM runs", values: ["server", "colocate"] },
  beta: { about: "Weight of the distance to the reference model" },
  ref_model: { about: "Reference model; the model itself where needed" },
  teacher_model: { holds: "model", about: "Model to learn from (GKD)" },
  teacher_model_server: { about: "Where the model to learn from is served (GKD)" },
  teacher_deepspeed: { about: "DeepSpeed's preset or settings for the model to learn from (GKD)" },
  offload_teacher_model: { about: "Keep it in the host's memory between its passes (GKD)", default: false },
  gkd_logits_topk: { about: "Most likely words that are compared; all where absent (GKD)" },
  sft_alpha: { about: "Weight of the plain loss beside it (GKD)", default: 0 },
  system: { about: "System prompt" },
  lr: { about: "Megatron-SWIFT: peak learning rate", note: t`1e-5 if every weight is trained, else 1e-4` },
  min_lr: { about: "Megatron-SWIFT: learning rate at the end of the decay", default: 0 },
  lr_decay_style: {
    about: "Megatron-SWIFT: course of the learning rate after the warmup",
    default: "cosine",
    values: ["constant", "linear", "cosine", "inverse-square-root", "WSD"],
  },
  lr_decay_iters: { about: "Megatron-SWIFT: updates of the decay; all of the run" },
  lr_warmup_iters: { about: "Megatron-SWIFT: updates until the peak", default: 0 },
  lr_warmup_fraction: { about: "Megatron-SWIFT: share of the decay's updates that warm up" },
  lr_warmup_init: { about: "Megatron-SWIFT: learning rate at the start of the warmup", default: 0 },
  lr_wsd_decay_style: {
    about: "Megatron-SWIFT: decay of WSD",
    default: "exponential",
    values: ["exponential", "linear", "cosine", "minus_sqrt"],
  },
  lr_wsd_decay_iters: { about: "Megatron-SWIFT: updates of WSD's decay" },
  micro_batch_size: { about: "Megatron-SWIFT: sequences per GPU in one forward pass", default: 1 },
  global_batch_size: { about: "Megatron-SWIFT: sequences per optimizer update on all GPUs", default: 16 },
  train_iters: { about: "Megatron-SWIFT: optimizer updates; num_train_epochs wins over them" },
  clip_grad: { about: "Megatron-SWIFT: norm to which gradients are clipped", default: 1 },
  recompute_granularity: {
    about: "Megatron-SWIFT: what is recomputed in the backward pass; selective means attention alone",
    default: "selective",
    values: ["full", "selective", "none"],
  },
  recompute_method: { about: "Megatron-SWIFT: how full recomputation splits the layers", values: ["uniform", "block"] },
  recompute_num_layers: { about: "Megatron-SWIFT: layers per recomputed piece" },
  attention_backend: {
    about: "Megatron-SWIFT: attention kernel",
    default: "flash",
    values: ["flash", "fused", "unfused", "local", "auto"],
  },
  cross_entropy_loss_fusion: { about: "Megatron-SWIFT: fuse the steps of the loss", default: true },
  tensor_model_parallel_size: { about: "Megatron-SWIFT: GPUs that share each matrix", default: 1 },
  pipeline_model_parallel_size: { about: "Megatron-SWIFT: GPUs that share the layers", default: 1 },
  context_parallel_size: { about: "Megatron-SWIFT: GPUs that share each sequence", default: 1 },
  expert_tensor_parallel_size: { about: "Megatron-SWIFT: GPUs that share the matrices of each expert", default: 1 },
  expert_model_parallel_size: { about: "Megatron-SWIFT: GPUs that share the experts", default: 1 },
  sequence_parallel: {
    about: "Megatron-SWIFT: split the norms' activations over the tensor-parallel GPUs",
    default: false,
  },
  use_distributed_optimizer: { about: "Megatron-SWIFT: split the optimizer's states over the GPUs", default: true },
  optimizer_cpu_offload: { about: "Megatron-SWIFT: keep the optimizer's states in the host's memory", default: false },
  use_precision_aware_optimizer: { about: "Megatron-SWIFT: optimizer states in smaller types", default: false },
  use_megatron_fsdp: { about: "Megatron-SWIFT: split the model with Megatron-FSDP", default: false },
  data_parallel_sharding_strategy: {
    about: "Megatron-SWIFT: what Megatron-FSDP splits",
    default: "optim_grads_params",
    values: ["no_shard", "optim", "optim_grads", "optim_grads_params"],
  },
  mcore_model: { about: "Megatron-SWIFT: checkpoint in Megatron's format" },
  ENV: { about: "Environment variables of the run" },
  "ENV.NPROC_PER_NODE": { about: "GPUs per node" },
  "ENV.NNODES": { about: "Nodes", default: 1 },
  "device_groups.nproc_per_node": { about: "Ray: GPUs per node" },
  train: { about: "Ray: settings of the training workers; every training key may stand here" },
  "train.gpus": { about: "Ray: GPUs that train" },
  rollout: { about: "Ray: settings of the workers that generate" },
  "rollout.gpus": { about: "Ray: GPUs that generate" },
  colocate_groups: { about: "Ray: roles that share their GPUs" },
} as const satisfies Vocabulary;

export type Keys = Reader<keyof typeof vocabulary>;

/** Keys that name ms-swift. */
const ownKeys = [
  "tuner_type",
  "train_type",
  "sft_type",
  "rlhf_type",
  "split_dataset_ratio",
  "lr_warmup_fraction",
  "tensor_model_parallel_size",
  "recompute_granularity",
];

/** Keys that other frameworks have too. */
const sharedKeys = ["lora_rank", "torch_dtype", "target_modules", "val_dataset"];

/** ms-swift and Megatron-SWIFT: a flat YAML or JSON file; with Ray the training workers have a mapping of their own. */
export const msSwift: Dialect = {
  id: "ms-swift",
  label: "ms-swift",
  telltales: [...ownKeys, ...sharedKeys],
  vocabulary,
  loader: { textNumbers: [countsWithExponents] },
  detect(document) {
    const { entries } = withTrainGroup(document.root);
    const has = (key: string) => entries.has(key);
    if (entries.get("model")?.value.kind !== "scalar" || has("model_name_or_path")) return 0;
    if (!trainingKeys.some(has)) return 0;
    if (ownKeys.some(has)) return 1;
    return sharedKeys.some(has) ? 0.8 : 0;
  },
  formerKeys: msSwiftFormerKeys,
  links(document) {
    const keys = reader(document, vocabulary);
    const links = [...linkAt(keys.text("deepspeed")), ...linkAt(keys.text("fsdp"))];
    return links.filter(({ path }) => path.endsWith(".json"));
  },
  read(document, { versions, linked }) {
    const flat = { ...document, root: withTrainGroup(document.root) };
    const keys = reader(flat, vocabulary);
    const megatron = usesMegatron(flat.root);
    const quantization = readQuantization(keys);
    const method = readMethod(keys, megatron, quantization);
    const sources = readSources(keys);
    const plan = {
      stage: readStage(keys),
      model: { id: keys.text("model"), shape: null, freezesTowers: keys.flag("freeze_vit") },
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys) : null,
      quantization,
      ...readIntervals(keys),
      sequenceLength: readSequenceLength(keys),
      ...readPreference(keys),
      packing: keys.flag("packing"),
      data: {
        sources,
        samples: readSamples(keys, sources),
        validation: keys.has("val_dataset") ? byDefault(0, t`val_dataset is set`) : keys.number("split_dataset_ratio"),
        dropLast: keys.flag("dataloader_drop_last"),
        streaming: keys.flag("streaming"),
        ...(keys.text("rlhf_type").value === "grpo"
          ? { answers: answersOf(keys.number("num_generations"), keys.number("num_iterations")) }
          : {}),
      },
      ...(megatron
        ? megatronPlan(keys, readGpus(keys), {
            versions,
            peak: defaultRate(method),
            groups: towerGroups(keys),
            precision: readPrecision(keys),
          })
        : {
            ...transformersPlan(keys, method, versions, readOwnSplit(flat, keys, linked)),
            ...readTeacher(keys),
          }),
    } satisfies TrainingPlan;
    return megatron ? plan : throughDeepspeed(plan, flat, { linked, versions });
  },
  keys: { ...trainingArgumentKeys, sequenceLength: "max_length", loraRank: "lora_rank" },
  levers: {
    ...trainingArgumentLevers,
    zero2: [...zeroStage(2), preset(/^(?:|zero[01])$/, "zero2")],
    zero3: [...zeroStage(3), preset(/^(?:|zero[0-2])$/, "zero3")],
    offloadOptimizer: [...splitLevers.offloadOptimizer, preset(/^zero2$/, "zero2_offload")],
    offloadAll: [...splitLevers.offloadAll, preset(/^zero3$/, "zero3_offload")],
    flashAttention: [{ set: { attn_impl: "sdpa" } }],
    full: [{ set: { tuner_type: "full", quant_method: null, quant_bits: null } }],
    lora: [{ set: { tuner_type: "lora", quant_method: null, quant_bits: null }, adapters: { lora_rank: 16 } }],
    qlora: [{ set: { tuner_type: "lora", quant_method: "bnb", quant_bits: 4 }, adapters: { lora_rank: 16 } }],
  },
  write(document, change) {
    const root = withTrainGroup(document.root);
    const keys = reader({ ...document, root }, vocabulary);
    const { sequenceLength, ...others } = change;
    const answer = answerLength(keys)?.value ?? 0;
    const own =
      sequenceLength === undefined ? others : { ...others, sequenceLength: Math.max(1, sequenceLength - answer) };
    return usesMegatron(root)
      ? writeMegatron(document, keys, readGpus(keys), inTrainGroup(document, megatronKeys), own)
      : writeKeys(document, inTrainGroup(document, msSwift.keys), own);
  },
};

/** One of ms-swift's DeepSpeed presets in place of one that splits or offloads less. */
function preset(less: RegExp, name: string): Lever {
  return { set: { deepspeed: inPlaceOf(less, name) } };
}

/** Inference, evaluation and export have the same keys for models and data, but none of these. */
const trainingKeys = [
  "tuner_type",
  "train_type",
  "sft_type",
  "lora_rank",
  "learning_rate",
  "lr",
  "per_device_train_batch_size",
  "gradient_accumulation_steps",
  "micro_batch_size",
  "global_batch_size",
  "num_train_epochs",
  "max_steps",
  "train_iters",
];

/** Ray's training workers see the settings of their mapping over those of the whole file. */
function withTrainGroup(root: MapNode): MapNode {
  const group = root.entries.get("train")?.value;
  return group?.kind === "map" ? { ...root, entries: new Map([...root.entries, ...group.entries]) } : root;
}

/** The paths of keys that stand in the mapping of Ray's training workers. */
function inTrainGroup({ root }: ConfigDocument, keys: ChangeKeys): ChangeKeys {
  const group = root.entries.get("train")?.value;
  const isThere = (path: string) => group?.kind === "map" && group.entries.has(path);
  return Object.fromEntries(Object.entries(keys).map(([name, path]) => [name, isThere(path) ? `train.${path}` : path]));
}

const stages: ReadonlyMap<string, Stage> = new Map([
  ["dpo", "dpo"],
  ["orpo", "orpo"],
  ["simpo", "simpo"],
  ["cpo", "simpo"],
  ["kto", "kto"],
  ["rm", "reward"],
  ["ppo", "ppo"],
  ["grpo", "grpo"],
  ["gkd", "distill"],
]);

/** CPO needs no reference model, as SimPO, which ms-swift runs as a kind of CPO. */
function readStage(keys: Keys): Sourced<Stage> {
  if (keys.has("rlhf_type")) return mapped(keys.text("rlhf_type"), (name) => stages.get(name) ?? "dpo");
  const task = keys.text("task_type");
  if (task.value && !/^(?:causal_lm|generative_reranker)$/.test(task.value)) return mapped(task, () => "classify");
  const template = keys.flag("use_chat_template");
  return template.value === false ? mapped(template, () => "continued-pretrain") : byDefault("sft");
}

/** Source: ms-swift, swift/llm/argument/rlhf_args.py (set_default_beta). */
function readPreference(keys: Keys): Pick<TrainingPlan, "preference"> {
  const isSimpo = keys.text("rlhf_type").value === "simpo";
  return preferenceOf(readStage(keys).value, keys.number("beta", byDefault(isSimpo ? 2 : 0.1)));
}

function readMethod(keys: Keys, megatron: boolean, quantization: Quantization | null): Sourced<Method> {
  const all = megatron && !keys.has("adapters") ? byDefault("full", t`Megatron-SWIFT's default`) : undefined;
  return mapped(keys.text("tuner_type", all), (tuner): Method => {
    if (tuner === "full") return freezes(keys) ? "freeze" : "full";
    if (!/^(?:lora|longlora|lora_llm)$/.test(tuner)) return "adapter";
    return quantization?.bits.value === 4 ? "qlora" : "lora";
  });
}

function freezes(keys: Keys): boolean {
  const names = keys.words("freeze_parameters", byDefault([])).value ?? [];
  return (
    names.length > 0 || keys.has("freeze_parameters_regex") || (keys.number("freeze_parameters_ratio").value ?? 0) > 0
  );
}

function readLora(keys: Keys): LoraPlan {
  return {
    rank: keys.number("lora_rank"),
    alpha: keys.number("lora_alpha"),
    dropout: keys.number("lora_dropout"),
    targets: readTargets(keys),
    modulesToSave: keys.words("modules_to_save"),
    rsLora: keys.flag("use_rslora"),
    dora: keys.flag("use_dora"),
  };
}

/** `target_modules` are names, never a regular expression: that is `target_regex`, which wins. */
function readTargets(keys: Keys): Sourced<LoraTargets> {
  if (keys.has("target_regex")) return mapped(keys.text("target_regex"), (pattern) => ({ kind: "pattern", pattern }));
  return mapped(keys.words("target_modules"), (names) =>
    names.includes("all-linear") ? { kind: "all" } : { kind: "names", names },
  );
}

/** Without `quant_method` nothing is quantised, whatever `quant_bits` says. */
function readQuantization(keys: Keys): Quantization | null {
  if (!keys.has("quant_method")) return null;
  const method = keys.text("quant_method");
  const bits = keys.text("quant_bits").value === "float8" ? byDefault(8, "float8") : keys.number("quant_bits");
  const nested = method.value === "bnb" && bits.value === 4;
  return {
    bits: method.value === "fp8" ? mapped(method, () => 8) : bits,
    doubleQuantization: nested ? keys.flag("bnb_4bit_use_double_quant") : byDefault(false),
    float32Norms: byDefault(false, t`ms-swift leaves the norms as they are`),
  };
}

/**
 * A teacher on the same GPUs, loaded like the student and split like it, unless it has DeepSpeed settings of its own; nothing is told
 * where vLLM takes a share of them too, or where a plain loss is added. Source: swift/rlhf_trainers/gkd_trainer.py.
 */
function readTeacher(keys: Keys): Pick<TrainingPlan, "teacher"> {
  const isBeside = keys.flag("use_vllm").value && keys.text("vllm_mode").value !== "server";
  const isTold = keys.text("rlhf_type").value === "gkd" && keys.has("teacher_model") && !isBeside;
  if (!isTold || keys.has("teacher_model_server") || keys.number("sft_alpha").value) return {};
  const divergence = jensenShannon(keys.number("beta", byDefault(0.5)));
  return {
    teacher: {
      id: keys.text("teacher_model"),
      weights: readPrecision(keys).frozen,
      quantization: readQuantization(keys),
      isSplit: !keys.has("teacher_deepspeed") || /3/.test(keys.text("teacher_deepspeed").value ?? ""),
      isOffloaded: keys.flag("offload_teacher_model"),
      divergence: keys.has("gkd_logits_topk") ? "jsd-top" : `${divergence}-chunks`,
    },
  };
}

/** The longest answer of stages that generate; there `max_length` is the longest prompt. */
function answerLength(keys: Keys): Sourced<number> | undefined {
  return /^(?:grpo|gkd|ppo)$/.test(keys.text("rlhf_type").value ?? "")
    ? keys.number("max_completion_length")
    : undefined;
}

function readSequenceLength(keys: Keys): Sourced<number> {
  const length = keys.number("max_length");
  const answer = answerLength(keys);
  return answer ? derived(length, answer, "max_length + max_completion_length", (a, b) => a + b) : length;
}

/** `name#500` takes 500 samples. */
function readSources(keys: Keys): readonly DataSource[] {
  return namedSources(keys.words("dataset")).map(({ name }) => {
    const count = /#(\d+)$/.exec(name.value ?? "")?.[1];
    return {
      name: mapped(name, (text) => text.replace(/#\d+$/, "")),
      limit: count === undefined ? null : Number(count),
    };
  });
}

/**
 * Known where every data set says how many of its samples are taken. What `split_dataset_ratio` holds out is rounded down,
 * but never to nothing.
 */
function readSamples(keys: Keys, sources: readonly DataSource[]): Sourced<number> {
  const counts = sources.flatMap(({ limit }) => limit ?? []);
  const [first] = sources;
  if (!first || counts.length < sources.length) return unknown(t`the number of samples is not in the config`);
  if (keys.flag("packing").value) return unknown(t`packing joins samples by their lengths, which are not known`);
  const ratio = keys.has("val_dataset") ? 0 : (keys.number("split_dataset_ratio").value ?? 0);
  const held = (count: number) => (ratio > 0 ? Math.max(1, Math.floor(count * ratio)) : 0);
  return mapped(first.name, () => counts.reduce((sum, count) => sum + count - held(count), 0));
}

/** What Ray's mapping or the environment of the run says; the launcher decides otherwise. */
function readGpus(keys: Keys): Sourced<number> {
  if (keys.has("train.gpus")) return keys.number("train.gpus");
  if (keys.has("ENV.NPROC_PER_NODE")) {
    const nodes = keys.number("ENV.NNODES");
    return derived(keys.number("ENV.NPROC_PER_NODE"), nodes, t`GPUs per node × nodes`, (gpus, count) => gpus * count);
  }
  if (keys.has("device_groups.nproc_per_node")) {
    const count = keys.number("device_groups.nproc_per_node").value;
    if (count !== undefined) return assumed(count, t`the GPUs of one node; a single node is assumed`);
  }
  const fewest = fewestGpus({
    tensor: keys.number(keys.has("deepspeed_autotp_size") ? "deepspeed_autotp_size" : "tensor_model_parallel_size"),
    pipeline: keys.number("pipeline_model_parallel_size"),
    context: keys.number(keys.has("sequence_parallel_size") ? "sequence_parallel_size" : "context_parallel_size"),
    expert: keys.number("expert_model_parallel_size"),
  });
  return fewest.value > 1 ? fewest : assumed(1, t`ms-swift takes the number of GPUs from the launcher`);
}

/**
 * Where there are data for it, it evaluates as often as it saves unless told otherwise. Sources: swift, arguments/sft_args.py
 * (_init_eval_strategy); swift, megatron/arguments/megatron_args.py.
 */
function readIntervals(keys: Keys): Pick<TrainingPlan, "evaluationInterval" | "saveInterval"> {
  const hasData = keys.has("val_dataset") || (keys.number("split_dataset_ratio").value ?? 0) > 0;
  const strategy = keys.text("save_strategy");
  const steps = keys.number("save_steps");
  return {
    evaluationInterval: hasData
      ? strategyInterval(
          keys.has("eval_strategy") ? keys.text("eval_strategy") : strategy,
          keys.number("eval_steps", steps),
        )
      : byDefault(never, t`there are no data to evaluate on`),
    saveInterval: strategyInterval(strategy, steps),
  };
}

/** What transformers' Trainer makes of the file. */
function transformersPlan(keys: Keys, method: Sourced<Method>, versions: Versions, split: Split): Backend {
  const gpus = readGpus(keys);
  const precision = readPrecision(keys);
  return {
    optimizer: { ...readOptimizer(keys, versions), ...ownOptimizer(keys) },
    learningRate: {
      peak: keys.number("learning_rate", defaultRate(method)),
      scheduler: keys.text("lr_scheduler_type"),
      family: "huggingface",
      schedulerArguments: readSchedulerArguments(keys),
      warmup: readWarmup(keys, versions),
      ...readGroups(keys, method),
    },
    duration: readDuration(keys),
    batch: { ...readBatch(keys), accumulation: readAccumulation(keys, gpus) },
    precision: keys.has("fsdp") && !keys.has("deepspeed") ? underFsdp(precision, versions) : precision,
    gradientCheckpointing: keys.flag("gradient_checkpointing"),
    attention: mapped(keys.text("attn_impl", byDefault("sdpa", t`transformers chooses`)), attentionFrom),
    loss: mapped(keys.flag("use_liger_kernel"), (on) => (on ? "fused" : "materialised")),
    ...(keys.flag("use_liger_kernel").value ? ligerEvaluation(byDefault("fused")) : {}),
    ...kernelsIf(keys.flag("use_liger_kernel"), keys.flag("torch_compile")),
    parallelism: {
      ...dataParallel(gpus, split),
      tensor: keys.number("deepspeed_autotp_size"),
      context: keys.number("sequence_parallel_size"),
    },
  };
}

/**
 * LoRA+ and rates of what sees are optimizers of ms-swift, chosen by their keys where `optimizer` is not set. Towers are frozen,
 * adapters or not, unless the file says otherwise. Sources: swift, arguments/sft_args.py, trainers/arguments.py, optimizers/*.py.
 */
function readGroups(keys: Keys, method: Sourced<Method>): Pick<LearningRatePlan, "groups"> {
  const optimizer =
    keys.text("optimizer").value ??
    (keys.number("lorap_lr_ratio").value ? "lorap" : keys.flag("use_galore").value ? "galore" : "multimodal");
  if (optimizer === "multimodal") return towerGroups(keys);
  const adapts = method.value === "lora" || method.value === "qlora";
  return optimizer === "lorap" && adapts
    ? rateGroups(loraPlusGroup(keys.number("lorap_lr_ratio"), keys.number("learning_rate", defaultRate(method))))
    : {};
}

/** The parts of a model that sees, where they are trained. */
function towerGroups(keys: Keys): Pick<LearningRatePlan, "groups"> {
  return rateGroups(
    keys.flag("freeze_vit").value === false ? groupAt(t`vision tower`, keys.number("vit_lr")) : [],
    keys.flag("freeze_aligner").value === false ? groupAt("projector", keys.number("aligner_lr")) : [],
  );
}

function defaultRate(method: Sourced<Method>): Sourced<number> {
  const all = method.value === "full" || method.value === "freeze";
  return all ? byDefault(1e-5, t`without adapters`) : byDefault(1e-4, t`with adapters`);
}

/** LoRA+ and `multimodal` only group the parameters; the others are optimizers of their own. */
function ownOptimizer(keys: Keys): Partial<OptimizerPlan> {
  const galore = keys.flag("use_galore");
  if (galore.value) {
    const name = mapped(galore, () => galoreFor(keys.text("optim").value));
    return { name, projectionRank: keys.number("galore_rank") };
  }
  const groups = /^(?:lorap|multimodal)$/.test(keys.text("optimizer").value ?? "");
  return keys.has("optimizer") && !groups ? { name: keys.text("optimizer") } : {};
}

/** As many forward passes as make an update of 16 sequences on all GPUs; a single one in GRPO. */
function readAccumulation(keys: Keys, gpus: Sourced<number>): Sourced<number> {
  if (keys.text("rlhf_type").value === "grpo")
    return keys.number("gradient_accumulation_steps", byDefault(1, t`in GRPO`));
  const micro = keys.number("per_device_train_batch_size");
  const rounded = derived(micro, gpus, t`16 sequences per update`, (size, count) =>
    Math.max(1, Math.ceil(16 / size / count)),
  );
  return keys.number("gradient_accumulation_steps", rounded);
}

/** `torch_dtype` is the type of all weights and decides on autocast too: float16 for float32 weights. */
function readPrecision(keys: Keys): Precision {
  const weights = readType(keys, "torch_dtype", checkpointType);
  const adapters = readType(keys, "lora_dtype", peftType);
  const brain = keys.flag(
    "bf16",
    mapped(weights, (type) => type === "bfloat16"),
  );
  const half = keys.flag(
    "fp16",
    mapped(weights, (type) => type !== "bfloat16"),
  );
  return {
    trained: weights,
    frozen: weights,
    adapters,
    quantizedAdapters: adapters,
    autocast: autocastFlagged(brain, half),
  };
}

function readType(keys: Keys, key: "torch_dtype" | "lora_dtype", otherwise: Sourced<Dtype>): Sourced<Dtype> {
  const text = keys.text(key);
  const type = dtypeNamed(text.value);
  return type ? mapped(text, () => type) : otherwise;
}

const presets: ReadonlyMap<string, readonly [Sharding, Offload]> = new Map([
  ["zero0", ["none", "none"]],
  ["zero1", ["zero-1", "none"]],
  ["zero2", ["zero-2", "none"]],
  ["zero3", ["zero-3", "none"]],
  ["zero2_offload", ["zero-2", "optimizer"]],
  ["zero3_offload", ["zero-3", "optimizer-and-parameters"]],
  ["fsdp2", ["zero-3", "none"]],
]);

/** ms-swift writes its own key into DeepSpeed's settings. Source: swift/arguments/sft_args.py, _init_deepspeed. */
function readOwnSplit(document: ConfigDocument, keys: Keys, linked: LinkedFiles): Split {
  const split = readSettings(document, keys, linked);
  const { value: secondary = 1 } = keys.number("zero_hpz_partition_size");
  const splitsAll = split.sharding.value === "zero-3" && secondary > 1;
  return split.zero && splitsAll ? { ...split, zero: { ...split.zero, secondary } } : split;
}

/** ms-swift's presets, a DeepSpeed file, or a file with `fsdp` and `fsdp_config` in it. */
function readSettings(document: ConfigDocument, keys: Keys, linked: LinkedFiles): Split {
  for (const name of [keys.text("deepspeed"), keys.text("fsdp")]) {
    const preset = presets.get(name.value ?? "");
    const zero = name.value?.startsWith("zero") ? { zero: zeroDefaults } : {};
    if (preset) return { sharding: mapped(name, () => preset[0]), offload: mapped(name, () => preset[1]), ...zero };
  }
  const path = keys.text("fsdp");
  if (keys.has("deepspeed") || !path.value?.endsWith(".json")) return trainerSplit(document, linked);
  const file = linked.get(path.value);
  if (!file) return unknownSplit(t`set in ${path.value}`, path.place);
  return splitIn(file, trainerSplit(file.document, linked, { settingsSuffice: true }));
}
