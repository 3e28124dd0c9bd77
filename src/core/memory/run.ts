import { type Answer, known, missing } from "../answer.ts";
import type { Gpu } from "../gpus/gpu.ts";
import { t } from "../language.ts";
import type { Architecture, Linear } from "../models/architecture.ts";
import {
  adaptedLinears,
  countLoraParameters,
  countSaved,
  isInBlocks,
  isMixed,
  type SavedParameters,
  savedParameters,
} from "../models/lora.ts";
import type { ParameterCount } from "../models/parameters.ts";
import { fullyTrainedParameters, hasNarrowHead, leavesLogits, plannedParameters } from "../models/trainable.ts";
import {
  type Attention,
  type CheckpointedBlocks,
  type Dtype,
  type LossImplementation,
  type Precision,
  type Quantization,
  type Sharding,
  type Stage,
  sequencesPerSample,
  type TrainedBlocks,
  type TrainingPlan,
} from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import type { Versions } from "../plan/versions.ts";
import { followed } from "./block.ts";
import { alwaysFused, attentionOf, isEncoder } from "./families.ts";
import { isKnownOptimizer } from "./optimizer.ts";
import { leastGpus, type Placement, placementOf } from "./placement.ts";
import { type Teacher, teacherOf } from "./teacher.ts";

/** What the memory of a training run depends on, all of it known. */
export interface Run {
  readonly architecture: Architecture;
  readonly parameters: ParameterCount;
  /** Parameters that are trained: all of them, or those of the adapters. */
  readonly trainable: number;
  readonly adapters: Adapters | null;
  readonly quantization: QuantizedWeights | null;
  readonly optimizer: string;
  readonly optimizerIsFused: boolean;
  readonly optimizerInBackward: boolean;
  /** The rank to which GaLore and its like project gradients. */
  readonly projectionRank: number;
  /** Whether the optimizer trains float32 copies of the weights. */
  readonly masterWeights: boolean;
  /** Sequences that one GPU holds in a forward pass. */
  readonly sequences: number;
  readonly sequenceLength: number;
  /** Whether batches are as long as their longest sample, not filled up to one length. */
  readonly lengthsVary: boolean;
  /** The sequences that the model itself generates at once; 0 where it generates none. */
  readonly generates: number;
  /** The share of the tokens that the loss is taken of. */
  readonly lossShare: number;
  /** Whether a frozen copy of the model computes every batch for comparison. */
  readonly hasReference: boolean;
  /** The frozen model that it learns from; null where there is none. */
  readonly teacher: Teacher | null;
  /** Whether gradients stay from one forward pass to the next. */
  readonly accumulates: boolean;
  readonly weights: Dtype;
  /** That of what is trained, but where gradients are added up in float32. */
  readonly gradients: Dtype;
  readonly autocast: Dtype | null;
  readonly checkpointing: boolean;
  /** Which blocks it takes at once; null where it takes each by itself. */
  readonly checkpointed: CheckpointedBlocks | null;
  /** Whether checkpointing is torch's older kind. */
  readonly reentrant: boolean;
  readonly attention: Attention;
  readonly loss: LossImplementation;
  /** Whether a head of a few outputs stands in place of the output layer. */
  readonly narrowHead: boolean;
  /** Whether all logits are computed, and freed before the backward pass, which does not come to them. */
  readonly leavesLogits: boolean;
  /** Whether norms and gated MLPs are computed by kernels of their own. */
  readonly fusedNorms: boolean;
  readonly fusedMlp: boolean;
  readonly fusedLoss: boolean;
  /** Whether an activation in several steps of Python is one of torch's own. */
  readonly ownActivations: boolean;
  /** Whether attention gets keys and values of all heads where the model has fewer. */
  readonly repeatsKeys: boolean;
  /** Whether the GPU has flash attention's kernels, which torch's own attention takes in 16 bits. */
  readonly flashKernels: boolean;
  /** Whether what the backward pass needs waits in the host's memory. */
  readonly offloadsActivations: boolean;
  /** Whether transformers copies the logits to shift them (before 4.50). */
  readonly copiesLogits: boolean;
  /** Whether the 16-bit logits stay beside their float32 copy (transformers since 4.46). */
  readonly keepsLogits: boolean;
  readonly gpus: number;
  readonly sharding: Sharding;
  readonly placement: Placement;
  /** A pass of an evaluation; null for runs that do not evaluate. */
  readonly evaluation: Evaluation | null;
}

export interface Evaluation {
  /** On one GPU. */
  readonly sequences: number;
  readonly loss: LossImplementation;
}

/** What is trained of a model that is frozen otherwise. */
export interface Adapters {
  /** The blocks that are trained themselves, without any adapters; null for adapters. */
  readonly inPlace: ReadonlySet<number> | null;
  /** The adapted layers of the blocks. */
  readonly linears: readonly Linear[];
  /** In all layers together. */
  readonly parameters: number;
  /** Whether the backward pass goes on below the lowest of them, down to the embedding. */
  readonly reachesInput: boolean;
  readonly rank: number;
  readonly dropout: boolean;
  readonly dtype: Dtype;
  /** What is trained in full beside them, a copy of the model's own. */
  readonly saved: SavedModules;
}

export interface SavedModules extends SavedParameters {
  readonly dtype: Dtype;
}

export interface QuantizedWeights {
  readonly bits: number;
  readonly double: boolean;
  /** Whether the output layer is quantised as well. */
  readonly outputLayer: boolean;
  /** Whether its layers keep their input for the backward pass (bitsandbytes before 0.43.2). */
  readonly keepsInputs: boolean;
  /** Whether scales are those of groups of 128 weights, as GPTQ and AWQ store them. */
  readonly groups: boolean;
  readonly float32Norms: boolean;
  readonly float32Embeddings: boolean;
  /** Whether experts are quantised: they are linear layers like others, or the framework sees to it. */
  readonly experts: boolean;
  /** Whether they are so in one tensor, which is there as a whole in a wider type while they compute. */
  readonly joinsExperts: boolean;
}

/** `run` on a GPU. */
export function runOn(run: Run, gpu: Gpu): Run {
  const flashKernels = hasFlashKernels(gpu);
  return flashKernels === run.flashKernels ? run : { ...run, flashKernels };
}

/** Whether flash-attention kernels run on a GPU, a newer one where it is null: nothing else about a GPU changes what a run takes. */
export function hasFlashKernels(gpu: Gpu | null): boolean {
  return gpu?.hasBf16 ?? true;
}

/** Tokens of one forward pass on one GPU. */
export function tokensOf({ sequences, sequenceLength }: Run): number {
  return sequences * sequenceLength;
}

/** The run that `plan` describes on a GPU, a newer one where it is null, or the reason why its memory cannot be told. */
export function runOf(
  plan: TrainingPlan,
  architecture: Architecture,
  versions: Versions,
  gpu: Gpu | null = null,
  teacherArchitecture?: Answer<Architecture>,
): Answer<Run> {
  const { batch, quantization, precision } = plan;
  const stage = plan.stage.value;
  const method = plan.method.value;
  const generated = plan.generation?.sequences;
  if (generated && generated.value === undefined) return reason(t`the memory of generation`, generated);
  if (stage === "ppo")
    return missing(t`PPO holds a value model and a reward model besides, of which the file does not say enough`);
  if (stage === "grpo" && !generated) {
    return missing(t`the memory of reinforcement learning depends on the engine that generates the answers`);
  }
  if (method === undefined) return missing(t`the method is not known`);
  if (method === "freeze" && !plan.trainedBlocks) return missing(t`which layers are trained is not known`);
  if (method === "adapter") return missing(t`only LoRA adapters can be counted`);
  const micro = batch.micro.value;
  const sequenceLength = plan.sequenceLength.value;
  const weightType = plan.lora || method === "freeze" ? precision.frozen : precision.trained;
  const weights = weightType.value;
  if (!isPositive(micro)) return reason(t`the micro batch size`, batch.micro);
  if (!isPositive(sequenceLength)) return reason(t`the sequence length`, plan.sequenceLength);
  const split = splitReason(plan);
  if (split) return split;
  if (weights === undefined) return reason(t`the type of the weights`, weightType);
  if (stage === undefined) return reason(t`the kind of training`, plan.stage);
  const optimizer = plan.optimizer.name.value;
  if (optimizer === undefined) return reason(t`the optimizer`, plan.optimizer.name);
  if (!isKnownOptimizer(optimizer)) return missing(t`the states of the optimizer ${optimizer} are not known`);
  const canBeFollowed = followed(architecture);
  if (!canBeFollowed.value) return canBeFollowed;
  const found = method === "freeze" ? blocksOf(plan, architecture) : adaptersOf(plan, architecture);
  if ("reason" in found) return found;
  const adapters = found.value;
  const teacher = teacherOf(plan, teacherArchitecture, (own, taught) => quantizedOf(own, taught, versions));
  if ("reason" in teacher) return teacher;
  const parameters = plannedParameters(plan, architecture);
  const placement = placementOf(plan);
  const attention = attentionOf(architecture, plan.attention.value ?? "sdpa");
  const trainedType = adapters ? adapters.dtype : weights;
  const copies = adapters ? null : copiesOf(precision);
  const sharding = plan.parallelism.sharding.value ?? "none";
  const fillsGradients = sharding === "none" && !does(versions, releases.freesGradients);
  return known({
    architecture,
    parameters,
    trainable: adapters ? adapters.parameters + countSaved(adapters.saved) : fullyTrainedParameters(plan, architecture),
    adapters,
    quantization: quantizedOf(quantization, architecture, versions),
    optimizer,
    optimizerIsFused: plan.optimizer.fused?.value ?? false,
    optimizerInBackward: plan.optimizer.inBackward?.value ?? false,
    projectionRank: plan.optimizer.projectionRank?.value ?? Number.POSITIVE_INFINITY,
    masterWeights: copies !== null || ((precision.masterWeights?.value ?? false) && trainedType !== "float32"),
    sequences: micro * sequencesPerSample(stage),
    sequenceLength,
    generates: generated?.value ?? 0,
    lossShare: Math.min(1, (plan.generation?.answer.value ?? sequenceLength) / sequenceLength),
    teacher: teacher.value,
    hasReference:
      (method === "full" || method === "freeze") && comparing.has(stage) && (plan.referenceModel?.value ?? true),
    lengthsVary: !plan.packing.value && !plan.data.padded?.value && !/pretrain$/.test(stage),
    accumulates: (batch.accumulation.value ?? 1) > 1 || copies?.gradients === "float32" || fillsGradients,
    weights: copies?.weights ?? weights,
    gradients: copies?.gradients ?? trainedType,
    autocast: copies ? null : (precision.autocast.value ?? null),
    checkpointing: plan.gradientCheckpointing.value ?? false,
    checkpointed: plan.checkpointed?.value ?? null,
    reentrant: plan.reentrant?.value ?? false,
    attention,
    loss: plan.loss.value ?? "materialised",
    narrowHead: hasNarrowHead(plan) || (isEncoder(architecture) && !/pretrain$/.test(stage)),
    leavesLogits: leavesLogits(plan),
    fusedNorms: plan.kernels?.norms.value ?? false,
    fusedMlp: plan.kernels?.mlp.value ?? false,
    fusedLoss: plan.kernels?.loss?.value ?? false,
    ownActivations: plan.modelCode === "litgpt",
    repeatsKeys: plan.modelCode !== undefined || (attention === "sdpa" && !does(versions, releases.sdpaTakesGroups)),
    flashKernels: hasFlashKernels(gpu),
    offloadsActivations: plan.activationOffload?.value ?? false,
    copiesLogits: does(versions, releases.copiesLogits),
    keepsLogits: does(versions, releases.keepsLogits),
    gpus: Math.max(plan.parallelism.gpus.value ?? 1, leastGpus(placement)),
    sharding,
    placement,
    evaluation: evaluationOf(plan),
  });
}

function quantizedOf(
  quantization: Quantization | null,
  architecture: Architecture,
  versions: Versions,
): QuantizedWeights | null {
  if (!quantization) return null;
  const asked = quantization.fusedExperts?.value === true;
  const joined = does(versions, releases.fusesExperts) || alwaysFused.has(architecture.type);
  return {
    bits: quantization.bits.value ?? 4,
    double: quantization.doubleQuantization.value ?? false,
    outputLayer: quantization.outputLayer?.value ?? false,
    keepsInputs: !does(versions, releases.quantizedLayersDropInputs),
    groups: quantization.groups?.value ?? false,
    float32Norms: quantization.float32Norms.value ?? false,
    float32Embeddings: quantization.float32Embeddings?.value ?? false,
    experts: asked || !joined,
    // Llama 4's are made layers of their own.
    joinsExperts: asked && joined && architecture.type !== "llama4",
  };
}

/**
 * The 16-bit copies that a framework computes with instead of autocasting the float32 weights that it trains, and the type of their
 * gradients: float32 in Megatron, in a buffer that is always there. Source: Megatron-LM, core/distributed/param_and_grad_buffer.py.
 */
function copiesOf({ trained, autocast, gradients }: Precision): Pick<Run, "weights" | "gradients"> | null {
  const compute = autocast.value;
  if (trained.value !== "float32" || !compute || compute === "float32" || !gradients?.value) return null;
  return { weights: compute, gradients: gradients.value };
}

/** Stages whose loss compares the model with what it was; with adapters that is the model without them. */
const comparing: ReadonlySet<Stage> = new Set(["dpo", "kto", "grpo"]);

/** The evaluation of a run that computes its loss on other data while it trains, chosen and rejected answers counted apart. */
function evaluationOf(plan: TrainingPlan): Evaluation | null {
  const { batch, stage, loss, evaluationLoss = loss, evaluationInterval, evaluatesAnswers } = plan;
  const { evaluation } = batch;
  const when = evaluationInterval?.value;
  if (!when || when.kind === "never" || evaluatesAnswers?.value || !isPositive(evaluation.value)) return null;
  const sequences = evaluation.value * (stage.value ? sequencesPerSample(stage.value) : 1);
  return { sequences, loss: evaluationLoss.value ?? "materialised" };
}

/** Why the memory of one GPU cannot be told from the way in which the run is spread over the GPUs and the host. */
function splitReason({ parallelism }: TrainingPlan) {
  const { gpus, sharding, groups } = parallelism;
  if (sharding.value === undefined) return reason(t`what the GPUs share`, sharding);
  if (groups?.origin === "unknown") return reason(t`how many GPUs share the states`, groups);
  if (sharding.value !== "none" && gpus.value === undefined) return reason(t`the number of GPUs`, gpus);
  return undefined;
}

/**
 * What is below the lowest adapter takes part in the backward pass only where the embedding does: it is trained, or PEFT makes its
 * output require gradients, as it does for checkpointing. Source: peft, peft_model.py, _prepare_model_for_gradient_checkpointing.
 */
function adaptersOf(
  { lora, precision, quantization, gradientCheckpointing }: TrainingPlan,
  architecture: Architecture,
): Answer<Adapters | null> {
  if (!lora) return known(null);
  const rank = lora.rank.value;
  const targets = lora.targets.value;
  if (!isPositive(rank)) return reason(t`the LoRA rank`, lora.rank);
  if (targets === undefined) return reason(t`what LoRA targets`, lora.targets);
  if (lora.layers?.origin === "unknown") return reason(t`which layers get adapters`, lora.layers);
  const adapted = adaptedLinears(architecture, targets, lora.layers?.value);
  if (!adapted.value) return adapted;
  const saved = savedParameters(architecture, lora.modulesToSave.value ?? []);
  const trainsEmbedding =
    saved.embedding > 0 || adapted.value.some((each) => !isInBlocks(each) && each.input === architecture.vocab);
  const isPeft = lora.layers?.value?.kind !== "last";
  return known({
    inPlace: null,
    linears: adapted.value.filter(isInBlocks),
    parameters: countLoraParameters(adapted.value, rank, lora.dora.value),
    reachesInput: trainsEmbedding || (isPeft && (gradientCheckpointing.value ?? false)),
    rank,
    dropout: (lora.dropout.value ?? 0) > 0,
    // Frameworks that cast the adapters of quantised models look for bitsandbytes.
    dtype:
      (quantization && !quantization.groups?.value ? precision.quantizedAdapters : precision.adapters).value ??
      "float32",
    saved: {
      ...saved,
      dtype: quantization?.float32Embeddings?.value ? "float32" : (precision.frozen.value ?? "float32"),
    },
  });
}

/** The blocks that are trained in place, below which no gradient goes on. */
function blocksOf({ trainedBlocks, precision }: TrainingPlan, architecture: Architecture): Answer<Adapters | null> {
  const { layers, blocks } = architecture;
  if (trainedBlocks?.value === undefined) return reason(t`which layers are trained`, trainedBlocks ?? {});
  if (isMixed(architecture) || blocks.reduce((sum, { count }) => sum + count, 0) !== layers) {
    return missing(t`which of the layers are of which kind is not known`);
  }
  const numbers = numbersOf(trainedBlocks.value, layers);
  const sizes = blocks.flatMap(({ count, parameters }) => Array.from({ length: count }, () => parameters));
  const dtype = precision.trained.value ?? "float32";
  return known({
    inPlace: new Set(numbers),
    linears: [],
    parameters: numbers.reduce((sum, block) => sum + (sizes[block] ?? 0), 0),
    reachesInput: false,
    rank: 0,
    dropout: false,
    dtype,
    saved: { embedding: 0, outputLayer: 0, dtype },
  });
}

function numbersOf({ kind, count }: TrainedBlocks, layers: number): readonly number[] {
  const all = Array.from({ length: layers }, (_, block) => block);
  if (kind === "last") return all.slice(-count);
  if (kind === "first") return all.slice(0, count);
  const part = Math.max(1, Math.floor(layers / count));
  return all.filter((block) => block % part === part - 1);
}

function isPositive(value: number | undefined): value is number {
  return value !== undefined && Number.isFinite(value) && value > 0;
}

function reason(what: string, { note }: { readonly note?: string | undefined }) {
  return missing(note ? t`${what} is not known: ${note}` : t`${what} is not a positive number`);
}
