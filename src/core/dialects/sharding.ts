import { t } from "../language.ts";
import type { Offload, Parallelism, ShardGroups, Sharding, ZeroBuffers } from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { assumed, byDefault, type Known, mapped, type Place, type Sourced, unknown } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import { type Settings, standingIn } from "./links.ts";

/** What is split over the GPUs, and what is kept in the host's memory. */
export type Split = Pick<
  Parallelism,
  "sharding" | "groups" | "offload" | "zero" | "reducesLast" | "joinsFrozen" | "fsdp1"
>;

/** DeepSpeed's buffers where its configuration says nothing of them. Source: deepspeed/runtime/zero/config.py. */
export const zeroDefaults: ZeroBuffers = { reduceBucket: 5e8, overlaps: false, maxLive: 1e9, subGroup: 1e9 };

/** Whether accelerate lets FSDP wait with its gradients while they accumulate. Source: accelerate, accelerator.py, no_sync. */
export function waitsWithGradients(fsdp1: Sourced<boolean>, versions: Versions): Sourced<boolean> {
  const waits = fsdp1.value === true || does(versions, releases.fsdp2Waits);
  return waits ? byDefault(true) : byDefault(false, t`accelerate before 1.11 cannot tell FSDP 2 to wait`);
}

/** Data parallelism on GPUs that share nothing, the way of every launcher that is told nothing else. */
export function dataParallel(gpus: Sourced<number>, split: Split = unsharded): Parallelism {
  const one = byDefault(1);
  return { gpus, tensor: one, pipeline: one, context: one, expert: one, ...split };
}

/**
 * The fewest GPUs that a model takes which they share: those that hold different experts may be the same as those that share
 * matrices and sequences. Source: Megatron-LM, core/parallel_state.py.
 */
export function fewestGpus({
  tensor,
  pipeline,
  context,
  expert,
}: Pick<Parallelism, "tensor" | "pipeline" | "context" | "expert">): Known<number> {
  const shared = Math.max((tensor.value ?? 1) * (context.value ?? 1), expert.value ?? 1);
  const note = t`no fewer GPUs than share a model; their number comes from the launcher`;
  return assumed((pipeline.value ?? 1) * shared, note);
}

export const unsharded: Split = { sharding: byDefault("none"), offload: byDefault("none") };

/** A split that is decided elsewhere. */
export function unknownSplit(note: string, place?: Place): Split {
  return { sharding: unknown(note, place), offload: unknown(note, place) };
}

/** A split that is read from settings, which stands in their file where they have one. */
export function splitIn(settings: Settings, { sharding, groups, offload, ...others }: Split): Split {
  return {
    ...others,
    sharding: standingIn(settings, sharding),
    ...(groups ? { groups: standingIn(settings, groups) } : {}),
    offload: standingIn(settings, offload),
  };
}

/** What a stage of DeepSpeed's ZeRO splits. */
export function zeroSharding(stage: number): Sharding {
  if (stage >= 3) return "zero-3";
  return stage === 2 ? "zero-2" : stage === 1 ? "zero-1" : "none";
}

/** torch's ShardingStrategy, by name or number, among other words or alone, by the ZeRO stage that splits the same. */
export function strategySharding(words: string): Sharding {
  if (/\bno_shard\b|\b3\b/i.test(words)) return "none";
  return /shard_grad_op|hybrid_shard_zero2|\b[25]\b/i.test(words) ? "zero-2" : "zero-3";
}

/** What torch's ShardingStrategy splits, and over which GPUs. */
export function strategySplit(strategy: Sourced<string>): Pick<Split, "sharding" | "groups"> {
  return { sharding: mapped(strategy, strategySharding), ...hybridGroups(strategy.value ?? "") };
}

/**
 * The hybrid ones among torch's strategies split the states over the GPUs of a node, each of which has a copy. Source: torch,
 * fsdp/_init_utils.py, _init_process_group_state_for_hybrid_shard.
 */
export function hybridGroups(words: string): Pick<Split, "groups"> {
  if (!/hybrid_shard|\b[45]\b/i.test(words)) return {};
  return {
    groups: assumed({ sharers: usualNode }, t`hybrid sharding is within a node, of ${usualNode} GPUs as a rule`),
  };
}

const usualNode = 8;

/** Copies of the states that a key asks for. */
export function copiesOf(count: Sourced<number>): Pick<Split, "groups"> {
  return count.value === 1 ? {} : { groups: mapped(count, (copies): ShardGroups => ({ copies })) };
}

/** Groups of as many GPUs as a key says; all GPUs are one for what is no size. */
export function sizedGroups(size: Sourced<number>): Pick<Split, "groups"> {
  if (size.value !== undefined && size.value < 1) return {};
  return { groups: mapped(size, (sharers): ShardGroups => ({ sharers })) };
}

/** FSDP2 splits the weights for good only if it drops them again after the forward pass. */
export function reshardSharding(reshardsAfterForward: boolean): Sharding {
  return reshardsAfterForward ? "zero-3" : "zero-2";
}

/** Megatron's distributed optimizer splits what ZeRO's first stage splits. */
export function optimizerSharding(isDistributed: boolean): Sharding {
  return isDistributed ? "zero-1" : "none";
}

/** FSDP's offloading takes everything along. */
export function fullOffload(isOn: boolean): Offload {
  return isOn ? "optimizer-and-parameters" : "none";
}

export function optimizerOffload(isOn: boolean): Offload {
  return isOn ? "optimizer" : "none";
}
