import type { Offload, ShardGroups, TrainingPlan, ZeroBuffers } from "../plan/plan.ts";

/** Which part of the model, of a sequence and of the states is on one GPU, besides what ZeRO splits. */
export interface Placement {
  /** GPUs that share each matrix. */
  readonly tensor: number;
  /** Whether they share what is between the matrices too, along the sequence. */
  readonly sequence: boolean;
  /** Whether they share the layers of linear attention too. */
  readonly splitsLinearAttention: boolean;
  /** Whether what they gather of a sequence for a layer stays until its backward pass. */
  readonly keepsGathered: boolean;
  /** Whether the logits of all of them come together on each, instead of a loss on a split vocabulary. */
  readonly gathersLogits: boolean;
  /** Stages of blocks, each on a GPU of its own. */
  readonly pipeline: number;
  /** Whether stages share the compute of blocks and output layer evenly instead of the blocks. */
  readonly balancesCompute: boolean;
  /** Micro batches that the first stage holds at once. */
  readonly inFlight: number;
  /** What of the plan's micro batch is one of the pipeline. */
  readonly batchFraction: number;
  /** GPUs that share a sequence. */
  readonly context: number;
  /** GPUs that hold different experts. */
  readonly expert: number;
  /** GPUs that share the matrices of each expert; as many as share the others where null. */
  readonly expertTensor: number | null;
  /**
   * The part of the weights that is left on a GPU when others hold other experts, or more than all when fewer share the matrices of
   * each. As many fewer, or more, of the GPUs share each expert, which the mean over all weights stands for.
   */
  readonly expertShare: number;
  /** The groups of GPUs that split the states among them; null where all are one. */
  readonly groups: ShardGroups | null;
  readonly offload: Offload;
  /** DeepSpeed's buffers; null where something else splits the states. */
  readonly zero: ZeroBuffers | null;
  /** Whether FSDP reduces gradients after the last pass of an update only. */
  readonly reducesLast: boolean;
  /** Whether FSDP joins frozen weights with trained ones in one flat parameter. */
  readonly joinsFrozen: boolean;
  /** Whether FSDP's first version splits the states. */
  readonly fsdp1: boolean;
}

/** Everything on each GPU. */
export const alone: Placement = {
  tensor: 1,
  sequence: false,
  splitsLinearAttention: false,
  keepsGathered: false,
  gathersLogits: false,
  pipeline: 1,
  balancesCompute: false,
  inFlight: 1,
  batchFraction: 1,
  context: 1,
  expert: 1,
  expertTensor: null,
  expertShare: 1,
  groups: null,
  offload: "none",
  zero: null,
  reducesLast: false,
  joinsFrozen: false,
  fsdp1: false,
};

/**
 * The placement that a plan asks for. A pipeline that runs one forward and one backward pass in turns holds as many micro
 * batches in its first stage as it has stages, one that runs all forward passes first all of an update. Source: Narayanan et al.
 * 2021 (arXiv 2104.04473), section 2.2. Megatron, and what can split the sequence as it does, splits the loss as well.
 */
export function placementOf({ parallelism, batch }: TrainingPlan): Placement {
  const pipeline = atLeastOne(parallelism.pipeline.value);
  const micro = atLeastOne(batch.micro.value);
  const batchFraction = pipeline > 1 ? Math.min(1, atLeastOne(parallelism.pipelineBatch?.value ?? micro) / micro) : 1;
  const passes = Math.ceil(atLeastOne(batch.accumulation.value) / batchFraction);
  return {
    tensor: atLeastOne(parallelism.tensor.value),
    sequence: parallelism.sequence?.value ?? false,
    splitsLinearAttention: parallelism.splitsLinearAttention?.value ?? false,
    keepsGathered: parallelism.keepsGathered?.value ?? false,
    gathersLogits: parallelism.sequence === undefined,
    pipeline,
    balancesCompute: parallelism.balancesCompute?.value ?? false,
    inFlight: parallelism.forwardFirst?.value ? passes : Math.min(pipeline, passes),
    batchFraction,
    context: atLeastOne(parallelism.context.value),
    expert: atLeastOne(parallelism.expert.value),
    expertTensor: parallelism.expertTensor?.value === undefined ? null : atLeastOne(parallelism.expertTensor.value),
    expertShare: 1,
    groups: parallelism.groups?.value ?? null,
    offload: parallelism.offload.value ?? "none",
    zero: parallelism.zero ?? null,
    reducesLast: parallelism.reducesLast?.value ?? false,
    joinsFrozen: parallelism.joinsFrozen?.value ?? false,
    fsdp1: parallelism.fsdp1?.value ?? false,
  };
}

function atLeastOne(value = 1): number {
  return Number.isFinite(value) ? Math.max(1, Math.floor(value)) : 1;
}

/**
 * The fewest GPUs that the pieces of one model and one sequence take; those that hold different experts may be the same as those
 * that share matrices and sequences. Source: Megatron-LM, core/parallel_state.py.
 */
export function leastGpus({ tensor, pipeline, context, expert }: Placement): number {
  return pipeline * Math.max(tensor * context, expert);
}
