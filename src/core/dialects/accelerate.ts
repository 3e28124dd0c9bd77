import { t } from "../language.ts";
import type { Dtype, Offload, Parallelism, Precision, TrainingPlan, ZeroBuffers } from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { assumed, byDefault, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import { setValue } from "../text/edit.ts";
import { readDeepspeed } from "./deepspeed.ts";
import type { ChangeKeys, Dialect } from "./dialect.ts";
import { type LinkedFile, linkAt, standingIn } from "./links.ts";
import { autocastNamed } from "./precision.ts";
import { type Reader, reader } from "./reader.ts";
import {
  copiesOf,
  dataParallel,
  fullOffload,
  optimizerSharding,
  reshardSharding,
  type Split,
  strategySplit,
  waitsWithGradients,
  zeroDefaults,
  zeroSharding,
} from "./sharding.ts";
import { unknownPlan } from "./unknownPlan.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { onDisk } from "./zeroSplit.ts";

// Keys and defaults: huggingface/accelerate at 16cb6eb80dd9, src/accelerate/commands/{launch,config/config_args}.py,
// utils/dataclasses.py.

const vocabulary = {
  compute_environment: {
    about: "Where the run is launched",
    default: "LOCAL_MACHINE",
    values: ["LOCAL_MACHINE", "AMAZON_SAGEMAKER"],
  },
  distributed_type: {
    about: "How the processes work together",
    values: ["NO", "MULTI_GPU", "FSDP", "DEEPSPEED", "MEGATRON_LM", "TP", "MULTI_NPU", "MULTI_XPU", "MULTI_CPU", "XLA"],
  },
  num_processes: { about: "GPUs of the whole run, over all machines" },
  num_machines: { about: "Machines of the run", default: 1 },
  machine_rank: { about: "Number of this machine", default: 0 },
  gpu_ids: { about: "GPUs of this machine to use", default: "all" },
  mixed_precision: {
    about: "Type of autocast; bf16 and fp16 in the training arguments override it",
    default: "no",
    values: ["no", "fp16", "bf16", "fp8"],
  },
  downcast_bf16: { about: "On TPUs, make float32 bfloat16 too", default: false },
  use_cpu: { about: "Train on the CPU", default: false },
  debug: { about: "Check the shapes of what the processes exchange", default: false },
  enable_cpu_affinity: { about: "Bind processes to the cores near their GPU", default: false },
  main_training_function: { about: "Function to start on TPUs", default: "main" },
  main_process_ip: { about: "Address of the first machine" },
  main_process_port: { about: "Port of the first machine" },
  rdzv_backend: { about: "How the machines find each other", default: "static", values: ["static", "c10d", "etcd"] },
  same_network: { about: "Whether all machines are in one network", default: false },
  deepspeed_config: { about: "DeepSpeed settings, for distributed_type DEEPSPEED" },
  "deepspeed_config.deepspeed_config_file": {
    about: "DeepSpeed's own JSON file; batches, ZeRO, offloading and precision come from there",
  },
  "deepspeed_config.zero_stage": {
    about: "0: nothing is split; 1: optimizer states; 2: gradients too; 3: weights too",
    default: 2,
    values: ["0", "1", "2", "3"],
  },
  "deepspeed_config.gradient_accumulation_steps": { about: "Forward passes per optimizer update" },
  "deepspeed_config.gradient_clipping": { about: "Norm to which gradients are clipped" },
  "deepspeed_config.offload_optimizer_device": {
    about: "Where the optimizer states live instead of the GPU",
    default: "none",
    values: ["none", "cpu", "nvme"],
  },
  "deepspeed_config.offload_param_device": {
    about: "Where the weights live instead of the GPU (stage 3)",
    default: "none",
    values: ["none", "cpu", "nvme"],
  },
  "deepspeed_config.zero3_init_flag": { about: "Split the weights while the model is built (stage 3)" },
  "deepspeed_config.zero3_save_16bit_model": { about: "Gather the 16-bit weights when saving (stage 3)" },
  "deepspeed_config.deepspeed_multinode_launcher": {
    about: "How DeepSpeed starts other machines",
    default: "pdsh",
    values: ["pdsh", "standard", "openmpi", "mvapich", "mpich", "slurm", "nossh"],
  },
  fsdp_config: { about: "FSDP settings, for distributed_type FSDP" },
  "fsdp_config.fsdp_version": { about: "FSDP version", default: 1, values: ["1", "2"] },
  "fsdp_config.fsdp_sharding_strategy": {
    about: "What the GPUs share (version 1)",
    default: "FULL_SHARD",
    values: ["FULL_SHARD", "SHARD_GRAD_OP", "NO_SHARD", "HYBRID_SHARD", "HYBRID_SHARD_ZERO2"],
  },
  "fsdp_config.fsdp_reshard_after_forward": {
    about: "Split the weights again after the forward pass (version 2)",
    default: true,
    values: ["true", "false"],
  },
  "fsdp_config.fsdp_offload_params": { about: "Keep weights and states in the host's memory", default: false },
  "fsdp_config.fsdp_activation_checkpointing": { about: "Recompute activations in the backward pass", default: false },
  "fsdp_config.fsdp_activation_checkpointing_offload": {
    about: "Keep checkpoints in the host's memory (version 2)",
    default: false,
  },
  "fsdp_config.fsdp_auto_wrap_policy": {
    about: "How the model is cut into units",
    values: ["TRANSFORMER_BASED_WRAP", "SIZE_BASED_WRAP", "NO_WRAP"],
  },
  "fsdp_config.fsdp_transformer_layer_cls_to_wrap": { about: "Classes of layers that become units" },
  "fsdp_config.fsdp_min_num_params": { about: "Parameters of the smallest unit (SIZE_BASED_WRAP)", default: 1e8 },
  "fsdp_config.fsdp_backward_prefetch": {
    about: "When to fetch the next weights backwards (version 1)",
    values: ["BACKWARD_PRE", "BACKWARD_POST", "NO_PREFETCH"],
  },
  "fsdp_config.fsdp_forward_prefetch": { about: "Fetch the next weights early (version 1)", default: false },
  "fsdp_config.fsdp_cpu_ram_efficient_loading": { about: "Load the weights on the first rank only", default: true },
  "fsdp_config.fsdp_sync_module_states": { about: "Send the weights of the first rank to all", default: true },
  "fsdp_config.fsdp_use_orig_params": { about: "Keep the original parameters (version 1)", default: true },
  "fsdp_config.fsdp_state_dict_type": {
    about: "How checkpoints are written",
    values: ["FULL_STATE_DICT", "SHARDED_STATE_DICT", "LOCAL_STATE_DICT"],
  },
  parallelism_config: { about: "GPUs per way of sharing; their product is num_processes" },
  "parallelism_config.parallelism_config_dp_replicate_size": { about: "Copies of what is split", default: 1 },
  "parallelism_config.parallelism_config_dp_shard_size": { about: "GPUs that split the states (FSDP)", default: 1 },
  "parallelism_config.parallelism_config_tp_size": { about: "GPUs that share each matrix", default: 1 },
  "parallelism_config.parallelism_config_cp_size": { about: "GPUs that share a sequence (ring)", default: 1 },
  "parallelism_config.parallelism_config_sp_size": { about: "GPUs that share a sequence (Ulysses)", default: 1 },
  "megatron_lm_config.megatron_lm_tp_degree": { about: "GPUs that share each matrix", default: 1 },
  "megatron_lm_config.megatron_lm_pp_degree": { about: "GPUs that share the layers", default: 1 },
  "megatron_lm_config.megatron_lm_sequence_parallelism": { about: "Split the norms' activations too", default: false },
  "megatron_lm_config.megatron_lm_use_distributed_optimizer": { about: "Split the optimizer states", default: false },
  fp8_config: { about: "Settings of fp8 training" },
  dynamo_config: { about: "Settings of torch.compile" },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

const changeKeys = {
  accumulation: "deepspeed_config.gradient_accumulation_steps",
  gradientCheckpointing: "fsdp_config.fsdp_activation_checkpointing",
} as const satisfies ChangeKeys;

/** The launcher's file, `accelerate launch --config_file`: how many GPUs there are, and what they share. */
export const accelerate: Dialect = {
  id: "accelerate",
  label: "Accelerate",
  telltales: ["compute_environment", "distributed_type"],
  vocabulary,
  detect({ root: { entries } }) {
    if (entries.has("compute_environment")) return 1;
    const signs = ["num_processes", "mixed_precision", "fsdp_config", "deepspeed_config", "num_machines"];
    return entries.has("distributed_type") && signs.some((key) => entries.has(key)) ? 1 : 0;
  },
  links(document) {
    return linkAt(reader(document, vocabulary).text("deepspeed_config.deepspeed_config_file"));
  },
  read(document, { linked, versions }) {
    const keys = reader(document, vocabulary);
    const kind = distribution(keys);
    const gpus = readGpus(keys, kind);
    const path = kind === "DEEPSPEED" ? keys.text("deepspeed_config.deepspeed_config_file").value : undefined;
    if (path !== undefined) return readLinked(path, linked.get(path), versions, gpus);
    const own = readOwn(keys, kind, versions);
    return { ...own, parallelism: readParallelism(keys, kind, gpus, versions) } satisfies TrainingPlan;
  },
  keys: changeKeys,
  write(document, { accumulation, gradientCheckpointing }) {
    const keys = reader(document, vocabulary);
    const kind = distribution(keys);
    const counts = keys.number("deepspeed_config.gradient_accumulation_steps").origin === "file";
    return [
      ...(accumulation !== undefined && kind === "DEEPSPEED" && counts
        ? setValue(document, changeKeys.accumulation, accumulation)
        : []),
      ...(gradientCheckpointing !== undefined && kind === "FSDP" && keys.names("fsdp_config").length > 0
        ? setValue(document, changeKeys.gradientCheckpointing, gradientCheckpointing)
        : []),
    ];
  },
};

/** `NO` without quotes is false in YAML. */
function distribution(keys: Keys): string {
  const name = keys.text("distributed_type").value?.toUpperCase() ?? "NO";
  return name === "FALSE" ? "NO" : name;
}

/** A process drives a GPU. Only a run of one process needs no number; -1 leaves it to the command line. */
function readGpus(keys: Keys, kind: string): Sourced<number> {
  const processes = keys.number("num_processes");
  if (processes.origin === "file" && processes.value < 1)
    return unknown(t`num_processes is given on the command line`, processes.place);
  if (processes.place) return processes;
  return kind === "NO"
    ? byDefault(1, t`a single process`)
    : assumed(1, t`num_processes is not set: accelerate takes every GPU that it finds`);
}

/** What the launcher's file itself says; everything else is up to the script. */
function readOwn(keys: Keys, kind: string, versions: Versions): TrainingPlan {
  const nothing = unknownPlan(t`set by the training script; accelerate only launches it`);
  const checkpointing = keys.flag("fsdp_config.fsdp_activation_checkpointing");
  const checkpoints = kind === "FSDP" && checkpointing.value === true;
  const offload = keys.flag("fsdp_config.fsdp_activation_checkpointing_offload");
  const offloads = checkpoints && isFsdp2(keys) && does(versions, releases.fsdpOffloadsCheckpoints);
  const deepspeed = kind === "DEEPSPEED";
  return {
    ...nothing,
    optimizer: {
      ...nothing.optimizer,
      maxGradNorm: deepspeed
        ? ownNumber(keys, "deepspeed_config.gradient_clipping", nothing.optimizer.maxGradNorm)
        : nothing.optimizer.maxGradNorm,
    },
    batch: {
      ...nothing.batch,
      accumulation: deepspeed
        ? ownNumber(keys, "deepspeed_config.gradient_accumulation_steps", nothing.batch.accumulation)
        : nothing.batch.accumulation,
    },
    precision: readPrecision(keys, kind, nothing.precision),
    gradientCheckpointing: checkpoints ? checkpointing : nothing.gradientCheckpointing,
    ...(offloads && offload.value ? { activationOffload: offload } : {}),
  };
}

function isFsdp2(keys: Keys): boolean {
  return keys.number("fsdp_config.fsdp_version").value === 2;
}

/** DeepSpeed's `auto`, written or not, takes the number from the training arguments. */
function ownNumber(keys: Keys, key: keyof typeof vocabulary, otherwise: Sourced<number>): Sourced<number> {
  return keys.text(key).value === "auto"
    ? unknown(t`"auto": from the training arguments`, keys.place(key))
    : keys.number(key, otherwise);
}

/** FSDP and DeepSpeed train float32 copies under mixed precision; elsewhere the script decides how it loads the weights. */
function readPrecision(keys: Keys, kind: string, nothing: Precision): Precision {
  const autocast = mapped(keys.text("mixed_precision"), autocastOf);
  const masters = kind === "FSDP" || kind === "DEEPSPEED" || kind === "MEGATRON_LM";
  if (!autocast.value || !masters) return { ...nothing, autocast };
  const float32 = mapped(autocast, (): Dtype => "float32");
  const compute = mapped(autocast, (type): Dtype => type ?? "float32");
  return {
    ...nothing,
    trained: float32,
    frozen: kind === "FSDP" ? nothing.frozen : compute,
    adapters: float32,
    autocast,
  };
}

/** fp8 runs the matrix products of its own layers; all others compute in bfloat16. */
function autocastOf(name: string): Dtype | null {
  return name === "fp8" ? "bfloat16" : autocastNamed(name);
}

function readParallelism(keys: Keys, kind: string, gpus: Sourced<number>, versions: Versions): Parallelism {
  const fsdp1 = mapped(keys.number("fsdp_config.fsdp_version"), (version) => version !== 2);
  const split = dataParallel(gpus, {
    ...readSharding(keys, kind),
    offload: readOffload(keys, kind),
    ...(kind === "DEEPSPEED" ? { zero: readBuffers(keys) } : {}),
    ...(kind === "FSDP" ? { reducesLast: waitsWithGradients(fsdp1, versions), fsdp1 } : {}),
  });
  if (kind === "MEGATRON_LM") {
    return {
      ...split,
      tensor: keys.number("megatron_lm_config.megatron_lm_tp_degree"),
      sequence: keys.flag("megatron_lm_config.megatron_lm_sequence_parallelism"),
      pipeline: keys.number("megatron_lm_config.megatron_lm_pp_degree"),
    };
  }
  const ulysses = keys.number("parallelism_config.parallelism_config_sp_size");
  const ring = keys.number("parallelism_config.parallelism_config_cp_size");
  return {
    ...split,
    tensor: keys.number("parallelism_config.parallelism_config_tp_size"),
    context: (ulysses.value ?? 1) > 1 ? ulysses : ring,
  };
}

/** FSDP2 knows no strategies: copies are a dimension of the mesh. Source: accelerate, utils/fsdp_utils.py, fsdp2_prepare_model. */
function readSharding(keys: Keys, kind: string): Pick<Split, "sharding" | "groups"> {
  if (kind === "DEEPSPEED") return { sharding: mapped(keys.number("deepspeed_config.zero_stage"), zeroSharding) };
  if (kind === "MEGATRON_LM") {
    const split = keys.flag("megatron_lm_config.megatron_lm_use_distributed_optimizer");
    return { sharding: mapped(split, optimizerSharding) };
  }
  if (kind !== "FSDP") return { sharding: byDefault("none") };
  if (keys.number("fsdp_config.fsdp_version").value !== 2) {
    return strategySplit(keys.text("fsdp_config.fsdp_sharding_strategy"));
  }
  return {
    sharding: mapped(keys.flag("fsdp_config.fsdp_reshard_after_forward"), reshardSharding),
    ...copiesOf(keys.number("parallelism_config.parallelism_config_dp_replicate_size")),
  };
}

function readBuffers(keys: Keys): ZeroBuffers {
  if (keys.number("deepspeed_config.zero_stage").value !== 3) return zeroDefaults;
  const states = keys.text("deepspeed_config.offload_optimizer_device").value;
  return { ...zeroDefaults, ...onDisk(states, keys.text("deepspeed_config.offload_param_device").value) };
}

function readOffload(keys: Keys, kind: string): Sourced<Offload> {
  if (kind === "FSDP") return mapped(keys.flag("fsdp_config.fsdp_offload_params"), fullOffload);
  if (kind !== "DEEPSPEED") return byDefault("none");
  const weights = keys.text("deepspeed_config.offload_param_device");
  const states = keys.text("deepspeed_config.offload_optimizer_device");
  const stage = keys.number("deepspeed_config.zero_stage").value;
  if (weights.value !== "none" && stage === 3) return mapped(weights, () => "optimizer-and-parameters");
  return mapped(states, (device) => (device === "none" ? "none" : "optimizer"));
}

/** What DeepSpeed's own file says, with places in that file. The launcher's settings beside it are ignored. */
function readLinked(
  path: string,
  file: LinkedFile | null | undefined,
  versions: Versions,
  gpus: Sourced<number>,
): TrainingPlan {
  if (!file) {
    const elsewhere = unknownPlan(t`set in ${path}, or by the training script`);
    return { ...elsewhere, parallelism: { ...elsewhere.parallelism, gpus } };
  }
  const plan = readDeepspeed(file.document, versions, gpus);
  return {
    ...plan,
    optimizer: inFile(plan.optimizer, file),
    learningRate: inFile(plan.learningRate, file),
    duration: inFile(plan.duration, file),
    batch: inFile(plan.batch, file),
    precision: inFile(plan.precision, file),
    parallelism: { ...inFile(plan.parallelism, file), gpus },
  };
}

/** The values of a part of a plan, those that stand in a file now standing in the linked one. */
function inFile<T extends object>(part: T, file: LinkedFile): T {
  const moved = Object.entries(part).map(([name, value]: [string, Sourced<unknown> | string | null]) => [
    name,
    value === null || typeof value === "string" ? value : standingIn(file, value),
  ]);
  return Object.fromEntries(moved) as T;
}
