import { t } from "../language.ts";
import type { LoraTargets } from "../plan/lora.ts";
import type {
  DataSource,
  Dtype,
  LearningRatePlan,
  LoraPlan,
  Method,
  OptimizerPlan,
  Parallelism,
  Precision,
  Quantization,
  Stage,
  TrainingPlan,
} from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { assumed, byDefault, mapped, type Sourced } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import { type ConfigDocument, entryAt } from "../text/document.ts";
import { namedSources } from "./data.ts";
import type { Dialect } from "./dialect.ts";
import { llamaFactoryFormerKeys } from "./formerKeys.ts";
import { trainedBlocks } from "./freezing.ts";
import { furtherTrainingArguments } from "./huggingFace.ts";
import { kernelsIf, megatronKernels } from "./kernels.ts";
import type { LinkedFiles } from "./links.ts";
import { llamaFactoryLoader } from "./loader.ts";
import { autocastFlagged, checkpointType, megatronGradients, precisionOf } from "./precision.ts";
import { preferenceOf } from "./preference.ts";
import { galoreFor } from "./projection.ts";
import { groupAt, isEmbedding, loraPlusGroup, rateGroups } from "./rateGroups.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel, fewestGpus, optimizerSharding } from "./sharding.ts";
import { throughDeepspeed } from "./throughDeepspeed.ts";
import { shardingLinks, trainerSplit } from "./trainerSplit.ts";
import {
  attentionFrom,
  ligerEvaluation,
  readBatch,
  readData,
  readDuration,
  readIntervals,
  readOptimizer,
  readSchedulerArguments,
  readWarmup,
  trainingArgumentKeys,
  trainingArgumentLevers,
  trainingArguments,
  withWarmupKey,
} from "./trainingArguments.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: hiyouga/LLaMA-Factory at ff6d4d12eeb0, src/llamafactory/hparams/*.py, model/adapter.py.

const vocabulary = {
  ...trainingArguments,
  ...furtherTrainingArguments,
  model_name_or_path: { holds: "model", about: "Hugging Face id or path of the model to train" },
  model_revision: { about: "Revision of the model", default: "main" },
  adapter_name_or_path: { about: "Adapters to start from" },
  create_new_adapter: { about: "Merge those adapters and train new ones", default: false },
  trust_remote_code: { about: "Run the model's own code", default: false },
  train_from_scratch: { about: "Start from random weights", default: false },
  rope_scaling: { about: "How positions are stretched", values: ["linear", "dynamic", "yarn", "llama3"] },
  resize_vocab: { about: "Fit the embeddings to the tokenizer", default: false },
  image_max_pixels: { about: "Pixels of an image; larger ones are scaled down", default: 589_824 },
  video_max_pixels: { about: "Pixels of a video's frame; larger ones are scaled down", default: 65_536 },
  stage: { about: "What is trained for", default: "sft", values: ["pt", "sft", "rm", "ppo", "dpo", "kto"] },
  finetuning_type: { about: "Which weights are trained", default: "lora", values: ["lora", "oft", "freeze", "full"] },
  lora_rank: { about: "Rank of the LoRA matrices", default: 8 },
  lora_alpha: { about: "LoRA's scale is alpha / rank; twice the rank by default" },
  lora_dropout: { about: "Dropout in front of the adapters", default: 0 },
  lora_target: { holds: "modules", about: "Modules to adapt, or all", default: "all" },
  additional_target: { about: "Modules to train in full beside the adapters", default: "" },
  use_rslora: { about: "Scale by alpha / √rank", default: false },
  use_dora: { about: "DoRA: adapt direction and magnitude apart", default: false },
  pissa_init: { about: "Start the adapters from principal components (PiSSA)", default: false },
  pissa_iter: { about: "Steps of PiSSA's fast decomposition; -1 for the exact one", default: 16 },
  pissa_convert: { about: "Save PiSSA's adapters as plain ones", default: false },
  loraplus_lr_ratio: { about: "LoRA+: rate of B over rate of A" },
  loraplus_lr_embedding: { about: "LoRA+: rate of adapters on embeddings", default: 1e-6 },
  oft_rank: { about: "Blocks of OFT's rotations; 0 takes oft_block_size", default: 0 },
  oft_block_size: { about: "Width of a block of OFT's rotations", default: 32 },
  oft_target: { holds: "modules", about: "Modules to rotate, or all (OFT)", default: "all" },
  freeze_trainable_layers: {
    about: "Layers that freeze-tuning trains, the last ones; negative: the first",
    default: 2,
  },
  freeze_trainable_modules: { holds: "modules", about: "Modules of those layers to train, or all", default: "all" },
  freeze_extra_modules: { about: "Modules outside the layers to train" },
  freeze_vision_tower: { about: "Leave the part that sees as it is", default: true },
  freeze_multi_modal_projector: { about: "Leave what joins pictures and text as it is", default: true },
  freeze_language_model: { about: "Leave the part that writes as it is", default: false },
  use_llama_pro: { about: "Train only the layers that were put in (LLaMA Pro)", default: false },
  mixture_of_depths: { about: "Let tokens skip layers (mixture of depths)", values: ["convert", "load"] },
  quantization_bit: { about: "Bits of the frozen weights", values: ["4", "8"] },
  quantization_method: {
    about: "How to quantise",
    default: "bnb",
    values: ["bnb", "hqq", "eetq"],
  },
  quantization_type: { about: "4-bit type", default: "nf4", values: ["nf4", "fp4"] },
  double_quantization: { about: "Quantise the scales too", default: true },
  upcast_layernorm: { about: "Norm weights in float32", default: false },
  dataset: { about: "Names in dataset_info.json, with commas between them", default: "" },
  eval_dataset: { about: "Data for evaluation, named as dataset" },
  dataset_dir: { about: "Folder of dataset_info.json and the data files", default: "data" },
  mix_strategy: {
    about: "How data sets are mixed",
    default: "concat",
    values: ["concat", "interleave_under", "interleave_over"],
  },
  interleave_probs: { about: "Probabilities of the data sets, with commas between them" },
  streaming: { about: "Read the data while training; wants max_steps", default: false },
  template: { about: "Chat template" },
  cutoff_len: { about: "Longest sequence in tokens", default: 2048 },
  max_samples: { about: "No more samples than these from each data set" },
  val_size: { about: "Share (or number) of samples held out for evaluation", default: 0 },
  packing: { about: "Join short samples into full sequences; on in pretraining" },
  neat_packing: { about: "Pack without attention across samples", default: false },
  train_on_prompt: { about: "Loss on the prompts too", default: false },
  mask_history: { about: "Loss on the last answer only", default: false },
  preprocessing_num_workers: { about: "Processes that tokenise" },
  overwrite_cache: { about: "Tokenise again", default: false },
  tokenized_path: { about: "Folder of the tokenised data" },
  pure_bf16: { about: "Train weights and optimizer in bfloat16, without autocast", default: false },
  fp8: { about: "Matrix products in float8", default: false },
  disable_gradient_checkpointing: { about: "Keep activations instead of recomputing them", default: false },
  use_reentrant_gc: { about: "Checkpoint in torch's older way", default: true },
  use_unsloth_gc: { about: "Keep checkpoints in the host's memory, as Unsloth does", default: false },
  flash_attn: { about: "Attention kernel", default: "auto", values: ["auto", "disabled", "sdpa", "fa2", "fa3"] },
  shift_attn: { about: "Attention in shifted groups (LongLoRA)", default: false },
  enable_liger_kernel: { about: "Liger's fused kernels, the fused linear cross-entropy among them", default: false },
  use_unsloth: { about: "Train with Unsloth", default: false },
  use_kt: { about: "Train with KTransformers, experts on the CPU", default: false },
  use_galore: { about: "Project the gradients (GaLore)", default: false },
  galore_target: { holds: "modules", about: "Modules that GaLore works on, or all", default: "all" },
  galore_rank: { about: "Rank of GaLore's gradients", default: 16 },
  galore_update_interval: { about: "Updates between two projections (GaLore)", default: 200 },
  galore_scale: { about: "Scale of GaLore's updates", default: 2 },
  galore_layerwise: { about: "Update layer by layer, which keeps no gradients (GaLore)", default: false },
  use_apollo: { about: "Project the gradients at random (APOLLO)", default: false },
  apollo_target: { holds: "modules", about: "Modules that APOLLO works on, or all", default: "all" },
  apollo_rank: { about: "Rank of APOLLO's gradients", default: 16 },
  apollo_update_interval: { about: "Updates between two projections (APOLLO)", default: 200 },
  apollo_scale: { about: "Scale of APOLLO's updates", default: 32 },
  apollo_scale_type: { about: "What gets a scale of its own", default: "channel", values: ["channel", "tensor"] },
  apollo_layerwise: { about: "Update layer by layer, which keeps no gradients (APOLLO)", default: false },
  use_badam: { about: "Train block after block (BAdam)", default: false },
  badam_mode: { about: "Blocks of layers, or a share of the weights", default: "layer", values: ["layer", "ratio"] },
  badam_switch_mode: {
    about: "Which block comes next",
    default: "ascending",
    values: ["ascending", "descending", "random", "fixed"],
  },
  badam_switch_interval: { about: "Updates until the next block", default: 50 },
  badam_update_ratio: { about: "Share of the weights that is trained (BAdam)", default: 0.05 },
  use_adam_mini: { about: "Adam with a second moment per block (Adam-mini)", default: false },
  use_muon: { about: "Muon for the matrices", default: false },
  use_dft_loss: { about: "Weigh the loss by the tokens' probabilities (DFT)", default: false },
  pref_beta: { about: "Beta of the preference loss", default: 0.1 },
  pref_ftx: { about: "Weight of the plain loss beside the preference loss", default: 0 },
  pref_loss: {
    about: "Preference loss",
    default: "sigmoid",
    values: ["sigmoid", "hinge", "ipo", "kto_pair", "orpo", "simpo"],
  },
  dpo_label_smoothing: { about: "Label smoothing of DPO's loss", default: 0 },
  simpo_gamma: { about: "Margin between the answers (SimPO)", default: 0.5 },
  kto_chosen_weight: { about: "Weight of desirable answers (KTO)", default: 1 },
  kto_rejected_weight: { about: "Weight of undesirable answers (KTO)", default: 1 },
  use_asft_loss: { about: "Add the distance to what the model was to the loss (ASFT)", default: false },
  ref_model: { holds: "model", about: "Reference model, where it is not the model itself" },
  ref_model_quantization_bit: { about: "Bits of the reference model", values: ["4", "8"] },
  reward_model: { about: "Reward model (PPO): a path, or adapters" },
  reward_model_type: { about: "Kind of the reward model", default: "lora", values: ["lora", "full", "api"] },
  ppo_epochs: { about: "Passes over a batch of answers (PPO)", default: 4 },
  ppo_buffer_size: { about: "Batches of answers before an update (PPO)", default: 1 },
  ppo_target: { about: "Divergence that PPO aims for", default: 6 },
  ray_num_workers: { about: "GPUs, where Ray launches", default: 1 },
  resources_per_worker: { about: "What each of Ray's workers gets" },
  use_mca: { about: "Train with Megatron (mcore_adapter)", default: false },
  use_megatron_bridge: { about: "Train with Megatron Bridge", default: false },
  tensor_model_parallel_size: { about: "GPUs that share each matrix (Megatron)", default: 1 },
  pipeline_model_parallel_size: { about: "GPUs that share the layers (Megatron)", default: 1 },
  context_parallel_size: { about: "GPUs that share each sequence (Megatron)", default: 1 },
  expert_model_parallel_size: { about: "GPUs that share the experts (Megatron)", default: 1 },
  sequence_parallel: { about: "Share the norms' activations too (Megatron)", default: false },
  use_distributed_optimizer: { about: "Split the optimizer among the GPUs (Megatron)", default: false },
  recompute_granularity: { about: "What Megatron recomputes", values: ["full", "selective"] },
  plot_loss: { about: "Draw the loss after training", default: false },
  use_swanlab: { about: "Log to SwanLab", default: false },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** LLaMA-Factory: a flat YAML or JSON file, Hugging Face's TrainingArguments beneath its own keys. */
export const llamaFactory: Dialect = {
  id: "llamafactory",
  label: "LLaMA-Factory",
  telltales: ["finetuning_type", "cutoff_len", "model_name_or_path"],
  vocabulary,
  loader: llamaFactoryLoader,
  formerKeys: llamaFactoryFormerKeys,
  detect(document) {
    const { entries } = document.root;
    const ours = entries.has("finetuning_type") || entries.has("cutoff_len");
    if (!ours && !(entries.has("stage") && entries.has("model_name_or_path"))) return 0;
    const train = entries.get("do_train")?.value;
    if (train?.kind === "scalar" && train.value === false) return 0;
    const trains = ["do_train", "learning_rate", "per_device_train_batch_size", "num_train_epochs"];
    return trains.some((key) => entries.has(key)) ? 1 : 0;
  },
  links: shardingLinks,
  read(document, { versions, linked }) {
    const keys = reader(document, vocabulary);
    const quantization = readQuantization(keys);
    const method = readMethod(keys, quantization);
    const plan = {
      stage: readStage(keys),
      model: {
        id: keys.text("model_name_or_path"),
        shape: null,
        freezesTowers: keys.flag("freeze_vision_tower"),
        keepsOutputLayer: byDefault(true, t`TRL's value head stands beside the output layer`),
      },
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys) : null,
      ...(method.value === "freeze" ? readTrainedBlocks(keys) : {}),
      quantization,
      optimizer: { ...readOptimizer(keys, versions), ...ownOptimizer(keys) },
      learningRate: {
        peak: keys.number("learning_rate"),
        ...(isMegatron(keys) ? readMegatronCurve(keys) : readCurve(keys, versions)),
        ...readGroups(keys, method),
      },
      duration: readDuration(keys),
      ...readIntervals(keys),
      batch: readBatch(keys),
      sequenceLength: keys.number("cutoff_len"),
      packing: readPacking(keys),
      data: {
        ...readData(keys, registeredSources(keys, linked)),
        validation: keys.number("val_size"),
        streaming: keys.flag("streaming"),
      },
      precision: readPrecision(keys),
      gradientCheckpointing: readCheckpointing(keys),
      activationOffload: readActivationOffload(keys),
      attention: mapped(keys.text("flash_attn"), attentionFrom),
      loss: readLoss(keys, versions),
      ...(keys.flag("use_unsloth").value ? {} : ligerEvaluation(readLoss(keys, versions))),
      ...readTeacher(keys, method.value),
      reentrant: keys.flag("use_reentrant_gc"),
      ...preferenceOf(
        readStage(keys).value,
        keys.number("pref_beta"),
        mapped(keys.text("pref_loss"), (loss) => loss === "ipo"),
      ),
      ...(isMegatron(keys)
        ? megatronKernels
        : kernelsIf(keys.flag("use_unsloth"), ligerOf(keys), keys.flag("torch_compile"))),
      parallelism: readParallelism(keys, document, linked),
    } satisfies TrainingPlan;
    return throughDeepspeed(plan, document, { linked, versions });
  },
  keys: {
    ...trainingArgumentKeys,
    gradientCheckpointing: "disable_gradient_checkpointing",
    sequenceLength: "cutoff_len",
    loraRank: "lora_rank",
  },
  levers: {
    ...trainingArgumentLevers,
    ligerLoss: [{ set: { enable_liger_kernel: true } }],
    flashAttention: [{ set: { flash_attn: "sdpa" } }],
    full: [{ set: { finetuning_type: "full", quantization_bit: null } }],
    lora: [{ set: { finetuning_type: "lora", quantization_bit: null }, adapters: { lora_rank: 16 } }],
    qlora: [{ set: { finetuning_type: "lora", quantization_bit: 4 }, adapters: { lora_rank: 16 } }],
  },
  write(document, { gradientCheckpointing, schedulerSettings, ...others }) {
    const keys = reader(document, vocabulary);
    if (isMegatron(keys)) return writeKeys(document, llamaFactory.keys, others);
    return writeKeys(document, withWarmupKey(llamaFactory.keys, keys.number("warmup_steps")), {
      ...others,
      ...(gradientCheckpointing === undefined ? {} : { gradientCheckpointing: !gradientCheckpointing }),
      ...(schedulerSettings ? { schedulerSettings } : {}),
    });
  },
};

/** The data sets with the files that `dataset_info.json` in `dataset_dir` gives for their names. */
function registeredSources(keys: Keys, linked: LinkedFiles): readonly DataSource[] {
  const folder = keys.text("dataset_dir").value ?? "data";
  const registry = linked.get(`${folder}/dataset_info.json`)?.document.root;
  const limit = keys.number("max_samples").value ?? null;
  return namedSources(keys.words("dataset"), limit).map((source) => {
    const file = registry && entryAt(registry, `${source.name.value}.file_name`)?.value;
    return file?.kind === "scalar" ? { ...source, file: `${folder}/${file.value}` } : source;
  });
}

const stages: ReadonlyMap<string, Stage> = new Map([
  ["pt", "continued-pretrain"],
  ["sft", "sft"],
  ["rm", "reward"],
  ["ppo", "ppo"],
  ["dpo", "dpo"],
  ["kto", "kto"],
]);

/** The stage `dpo` trains with ORPO's and SimPO's losses too, which know no reference model. */
function readStage(keys: Keys): Sourced<Stage> {
  const loss = keys.text("pref_loss").value;
  return mapped(keys.text("stage"), (name) => {
    if (name === "dpo" && (loss === "orpo" || loss === "simpo")) return loss;
    return stages.get(name) ?? "sft";
  });
}

function readMethod(keys: Keys, quantization: Quantization | null): Sourced<Method> {
  return mapped(keys.text("finetuning_type"), (type): Method => {
    if (type === "full" || type === "freeze") return type;
    if (type !== "lora") return "adapter";
    return quantization ? "qlora" : "lora";
  });
}

function readTrainedBlocks(keys: Keys): Pick<TrainingPlan, "trainedBlocks"> {
  return trainedBlocks({
    layers: keys.number("freeze_trainable_layers"),
    modules: keys.words("freeze_trainable_modules"),
    extraModules: keys.words("freeze_extra_modules", byDefault([])),
    spread: keys.flag("use_llama_pro").value,
  });
}

/** Quantised while loading, or before: such a model says so in its name only, and `quantization_bit` does nothing to it. */
function readQuantization(keys: Keys): Quantization | null {
  const float32Norms = keys.flag("upcast_layernorm");
  const model = keys.text("model_name_or_path").value ?? "";
  const [, method] = /(?<![a-z])(gptq|awq|aqlm)(?![a-z])/i.exec(model) ?? [];
  if (method) {
    const [, bits] = /(?:int|w)(\d)|(\d)-?bit/i.exec(model)?.filter((part) => part !== undefined) ?? [];
    return {
      bits: assumed(Number(bits ?? 4), t`from the name of the model, which ${method.toUpperCase()} has quantised`),
      doubleQuantization: byDefault(false, t`only bitsandbytes does it`),
      float32Norms,
    };
  }
  if (!keys.has("quantization_bit")) return null;
  const bits = keys.number("quantization_bit");
  const twice = bits.value === 4 && /^(?:bnb|bitsandbytes)$/.test(keys.text("quantization_method").value ?? "");
  return {
    bits,
    doubleQuantization: twice
      ? keys.flag("double_quantization")
      : byDefault(false, t`only bitsandbytes' 4 bits have it`),
    float32Norms,
  };
}

const ownOptimizers = [
  ["use_galore", "galore"],
  ["use_apollo", "apollo"],
  ["use_badam", "badam"],
  ["use_adam_mini", "adam_mini"],
  ["use_muon", "muon"],
] as const;

/** The optimizers that LLaMA-Factory builds itself, whatever `optim` says, but for the states that GaLore projects. */
function ownOptimizer(keys: Keys): Partial<OptimizerPlan> {
  const [name] = ownOptimizers.flatMap(([key, name]) => {
    const flag = keys.flag(key);
    return flag.value ? [mapped(flag, () => name)] : [];
  });
  if (name?.value === "galore" || name?.value === "apollo") {
    const { value } = name;
    const projects = { projectionRank: keys.number(`${value}_rank`), inBackward: keys.flag(`${value}_layerwise`) };
    return { name: value === "galore" ? mapped(name, () => galoreFor(keys.text("optim").value)) : name, ...projects };
  }
  return name ? { name } : {};
}

/**
 * LoRA+ unless another optimizer goes before it; of the adapters of embeddings only B is told apart. Source: LLaMA-Factory,
 * train/trainer_utils.py.
 */
function readGroups(keys: Keys, method: Sourced<Method>): Pick<LearningRatePlan, "groups"> {
  const adapts = method.value === "lora" || method.value === "qlora";
  const projects = keys.flag("use_galore").value || keys.flag("use_apollo").value;
  if (!adapts || projects || isMegatron(keys)) return {};
  const separate = (keys.words("lora_target").value ?? []).some(isEmbedding);
  return keys.has("loraplus_lr_ratio")
    ? rateGroups(
        loraPlusGroup(keys.number("loraplus_lr_ratio"), keys.number("learning_rate")),
        separate ? groupAt(t`LoRA B matrices of embeddings`, keys.number("loraplus_lr_embedding")) : [],
      )
    : {};
}

/** `neat_packing` packs whatever `packing` says; without either only pretraining does. */
function readPacking(keys: Keys): Sourced<boolean> {
  const neat = keys.flag("neat_packing");
  return neat.value ? neat : keys.flag("packing", byDefault(keys.text("stage").value === "pt"));
}

/** On unless switched off, which Unsloth takes no notice of; Megatron has a switch of its own. */
function readCheckpointing(keys: Keys): Sourced<boolean> {
  const unsloth = keys.flag("use_unsloth");
  if (!isMegatron(keys)) {
    return unsloth.value ? unsloth : mapped(keys.flag("disable_gradient_checkpointing"), (off) => !off);
  }
  return mapped(keys.text("recompute_granularity", byDefault("", t`Megatron keeps them`)), (part) => part !== "");
}

/** Unsloth's checkpoints wait in the host's memory. Source: LLaMA-Factory, model/model_utils/unsloth.py and checkpointing.py. */
function readActivationOffload(keys: Keys): Sourced<boolean> {
  const unsloth = keys.flag("use_unsloth");
  const own = keys.flag("use_unsloth_gc");
  if (isMegatron(keys) || !readCheckpointing(keys).value) return byDefault(false);
  return unsloth.value ? unsloth : own;
}

function ligerOf(keys: Keys): Sourced<boolean> {
  return keys.flag("enable_liger_kernel", keys.flag("use_liger_kernel"));
}

/**
 * The fused losses of Liger and Unsloth hold no logits, but the losses of other stages than pretraining and SFT ask for them. Before it
 * had such a loss, Unsloth wrote the gradient over 16-bit logits, of which accelerate made a float32 copy, as of all that a model
 * returns under autocast. Sources: unsloth, models/llama.py and kernels/cross_entropy_loss.py; accelerate, convert_outputs_to_fp32.
 */
function readLoss(keys: Keys, versions: Versions): TrainingPlan["loss"] {
  if (isMegatron(keys)) return byDefault("in-place", t`Megatron writes over its float32 logits`);
  const unsloth = keys.flag("use_unsloth");
  const fused = unsloth.value && !does(versions, releases.unslothFusesLoss) ? "in-place" : "fused";
  const fuses = ["pt", "sft"].includes(keys.text("stage").value ?? "");
  return mapped(unsloth.value ? unsloth : ligerOf(keys), (on) => (on && fuses ? fused : "materialised"));
}

function readCurve(keys: Keys, versions: Versions): Omit<LearningRatePlan, "peak"> {
  return {
    scheduler: keys.text("lr_scheduler_type"),
    family: "llamafactory",
    schedulerArguments: readSchedulerArguments(keys),
    warmup: readWarmup(keys, versions),
  };
}

/** Megatron's curves take the place of transformers': a cosine for all that it does not know, to zero. */
function readMegatronCurve(keys: Keys): Omit<LearningRatePlan, "peak"> {
  const steps = keys.number("warmup_steps");
  return {
    scheduler: mapped(keys.text("lr_scheduler_type"), (name) => {
      if (name.startsWith("constant")) return "constant";
      return name === "linear" ? name : "cosine";
    }),
    family: "megatron",
    schedulerArguments: byDefault(new Map()),
    warmup: steps.value
      ? mapped(steps, (count) => ({ steps: count }))
      : mapped(keys.number("warmup_ratio"), (ratio) => ({ ratio, rounding: "down" })),
  };
}

/** Megatron's trainers (mcore_adapter, Megatron Bridge) are chosen by the environment; only their keys tell. */
function isMegatron(keys: Keys): boolean {
  return (
    !!(keys.flag("use_mca").value || keys.flag("use_megatron_bridge").value) ||
    (["tensor_model_parallel_size", "pipeline_model_parallel_size"] as const).some(keys.has)
  );
}

function readParallelism(keys: Keys, document: ConfigDocument, linked: LinkedFiles): Parallelism {
  const launcher = assumed(1, t`LLaMA-Factory takes the number of GPUs from the launcher`);
  if (!isMegatron(keys)) return dataParallel(keys.number("ray_num_workers", launcher), trainerSplit(document, linked));
  const sizes = {
    tensor: keys.number("tensor_model_parallel_size"),
    pipeline: keys.number("pipeline_model_parallel_size"),
    context: keys.number("context_parallel_size"),
    expert: keys.number("expert_model_parallel_size"),
  };
  return {
    ...sizes,
    gpus: fewestGpus(sizes),
    sequence: keys.flag("sequence_parallel"),
    sharding: mapped(keys.flag("use_distributed_optimizer"), optimizerSharding),
    offload: byDefault("none"),
  };
}

function readLora(keys: Keys): LoraPlan {
  const rank = keys.number("lora_rank");
  const twice = rank.origin === "unknown" ? rank : byDefault(2 * rank.value, t`twice the rank`);
  return {
    rank,
    alpha: keys.number("lora_alpha", twice),
    dropout: keys.number("lora_dropout"),
    targets: mapped(
      keys.words("lora_target"),
      (names): LoraTargets => (names.length === 1 && names[0] === "all" ? { kind: "all" } : { kind: "names", names }),
    ),
    modulesToSave: keys.words("additional_target"),
    rsLora: keys.flag("use_rslora"),
    dora: keys.flag("use_dora"),
  };
}

/** Trained weights are cast to float32 unless `pure_bf16` or BAdam is on; frozen ones stay in the compute type. */
/**
 * ASFT compares with what the model was, or with another model: loaded apart, in the type that is computed in, and shared like the
 * one that is trained. Beside adapters there is none unless it is named, and the run stops. Source: LLaMA-Factory,
 * train/sft/workflow.py and train/trainer_utils.py, create_ref_model.
 */
function readTeacher(keys: Keys, method: Method | undefined): Pick<TrainingPlan, "teacher"> {
  const named = keys.has("ref_model");
  if (!keys.flag("use_asft_loss").value || readStage(keys).value !== "sft" || (method !== "full" && !named)) return {};
  const bits = keys.number("ref_model_quantization_bit", byDefault(0));
  return {
    teacher: {
      id: keys.text(named ? "ref_model" : "model_name_or_path"),
      weights: readPrecision(keys).frozen,
      quantization: bits.value
        ? { bits, doubleQuantization: keys.flag("double_quantization"), float32Norms: byDefault(false) }
        : null,
      isSplit: true,
      divergence: "asft",
    },
  };
}

function readPrecision(keys: Keys): Precision {
  const pure = keys.flag("pure_bf16");
  if (pure.value) {
    return precisionOf(
      mapped(pure, () => "bfloat16"),
      mapped(pure, () => null),
    );
  }
  const float32 = byDefault<Dtype>("float32", t`LLaMA-Factory trains in float32 unless pure_bf16 is set`);
  const brain = keys.flag("bf16");
  const half = keys.flag("fp16");
  const autocast: Sourced<Dtype | null> = autocastFlagged(brain, half);
  const compute = autocast.value ? mapped(autocast, (type) => type ?? "bfloat16") : checkpointType;
  return {
    trained: keys.flag("use_badam").value ? compute : float32,
    frozen: compute,
    adapters: float32,
    quantizedAdapters: float32,
    autocast,
    ...(isMegatron(keys) ? megatronGradients : {}),
  };
}
