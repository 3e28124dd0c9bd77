import { t } from "../language.ts";
import type { ZeroBuffers } from "../plan/plan.ts";
import { byDefault, type Known, mapped, type Sourced } from "../plan/sourced.ts";
import type { LinkedFiles, Settings } from "./links.ts";
import { type Reader, reader } from "./reader.ts";
import {
  fullOffload,
  optimizerOffload,
  type Split,
  sizedGroups,
  splitIn,
  unknownSplit,
  zeroDefaults,
  zeroSharding,
} from "./sharding.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** The keys of DeepSpeed's `zero_optimization` that decide what the GPUs share, wherever its configuration stands. */
export const zeroOptimization = {
  "zero_optimization.stage": {
    about: "0: nothing is split; 1: optimizer states; 2: gradients too; 3: weights too",
    default: 0,
    values: ["0", "1", "2", "3"],
  },
  "zero_optimization.offload_optimizer.device": {
    about: "Where the optimizer states live instead of the GPU",
    default: "none",
    values: ["none", "cpu", "nvme"],
  },
  "zero_optimization.offload_param.device": {
    about: "Where the weights live instead of the GPU (stage 3)",
    default: "none",
    values: ["none", "cpu", "nvme"],
  },
  "zero_optimization.cpu_offload": { about: "Now offload_optimizer", default: false },
  "zero_optimization.cpu_offload_params": { about: "Now offload_param", default: false },
  "zero_optimization.overlap_comm": { about: "Exchange gradients during the backward pass" },
  "zero_optimization.reduce_bucket_size": { about: "Gradients that are reduced at once", default: 5e8 },
  "zero_optimization.stage3_max_live_parameters": { about: "Most parameters on a GPU at once", default: 1e9 },
  "zero_optimization.mics_shard_size": { about: "GPUs that share the states (MiCS)", default: -1 },
  "zero_optimization.zero_hpz_partition_size": { about: "GPUs that hold a second copy of the weights", default: 1 },
  "zero_optimization.sub_group_size": { about: "Parameters that the optimizer steps at once (stage 3)", default: 1e9 },
} as const satisfies Vocabulary;

type ZeroKey = keyof typeof zeroOptimization;

/** What ZeRO splits and offloads; weights can leave the GPU in stage 3 only. */
export function zeroSplit(keys: Reader<ZeroKey>): Split {
  const stage = keys.number("zero_optimization.stage");
  const weights = offloads(keys, "zero_optimization.offload_param.device", "zero_optimization.cpu_offload_params");
  const states = offloads(keys, "zero_optimization.offload_optimizer.device", "zero_optimization.cpu_offload");
  return {
    sharding: mapped(stage, zeroSharding),
    offload: weights.value && stage.value === 3 ? mapped(weights, fullOffload) : mapped(states, optimizerOffload),
    ...micsGroups(keys, stage.value),
    ...(stage.value ? { zero: buffers(keys) } : {}),
  };
}

/** MiCS splits the states over as many GPUs as it is told, each group of which has a copy. Source: deepspeed, runtime/zero/mics.py. */
function micsGroups(keys: Reader<ZeroKey>, stage: number | undefined): Pick<Split, "groups"> {
  return stage === 3 ? sizedGroups(keys.number("zero_optimization.mics_shard_size")) : {};
}

function buffers(keys: Reader<ZeroKey>): ZeroBuffers {
  const bucket = keys.number("zero_optimization.reduce_bucket_size");
  return {
    reduceBucket: bucket.value ?? "auto",
    overlaps: keys.flag("zero_optimization.overlap_comm", byDefault(zeroDefaults.overlaps)).value ?? false,
    maxLive: keys.number("zero_optimization.stage3_max_live_parameters").value ?? zeroDefaults.maxLive,
    subGroup: keys.number("zero_optimization.sub_group_size").value ?? zeroDefaults.subGroup,
    ...(keys.number("zero_optimization.stage").value === 3 ? inStage3(keys) : {}),
  };
}

function inStage3(keys: Reader<ZeroKey>): Pick<ZeroBuffers, "secondary" | "onDisk"> {
  const secondary = keys.number("zero_optimization.zero_hpz_partition_size").value ?? 1;
  return {
    ...(secondary > 1 ? { secondary } : {}),
    ...onDisk(
      keys.text("zero_optimization.offload_optimizer.device").value,
      keys.text("zero_optimization.offload_param.device").value,
    ),
  };
}

/** What of the states and the weights is on a disk, by the devices that they are offloaded to. */
export function onDisk(states: string | undefined, weights: string | undefined): Pick<ZeroBuffers, "onDisk"> {
  const there = { states: states === "nvme", weights: weights === "nvme" };
  return there.states || there.weights ? { onDisk: there } : {};
}

function offloads(keys: Reader<ZeroKey>, device: ZeroKey, older: ZeroKey): Sourced<boolean> {
  const old = keys.flag(older);
  const decides = old.value || (keys.has(older) && !keys.has(device));
  return decides ? old : mapped(keys.text(device), (name) => name !== "none");
}

/** The split of a DeepSpeed configuration inside the config or in a file of its own. */
export function zeroSplitOf(settings: Settings): Split {
  return splitIn(settings, zeroSplit(reader(settings.document, zeroOptimization)));
}

/** The split of the DeepSpeed file at `path`; unknown while it is not there. */
export function zeroSplitAt(path: Known<string>, linked: LinkedFiles): Split {
  const file = linked.get(path.value);
  return file ? zeroSplitOf(file) : unknownSplit(t`set in ${path.value}`, path.place);
}
