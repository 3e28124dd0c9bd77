import type { Scalar } from "../text/document.ts";
import type { Interval } from "./interval.ts";
import type { LoraLayers, LoraTargets } from "./lora.ts";
import type { ModelShape } from "./modelShape.ts";
import type { Known, Sourced } from "./sourced.ts";

/** What a training run will do, in the field's terms, whatever the framework calls it. */
export interface TrainingPlan {
  readonly stage: Sourced<Stage>;
  readonly model: ModelReference;
  readonly method: Sourced<Method>;
  /** The adapters of LoRA and QLoRA; null for methods without adapters. */
  readonly lora: LoraPlan | null;
  /** The blocks that `freeze` trains; not known where absent. */
  readonly trainedBlocks?: Sourced<TrainedBlocks>;
  /** How the frozen weights are quantised; null when they are not. */
  readonly quantization: Quantization | null;
  readonly optimizer: OptimizerPlan;
  readonly learningRate: LearningRatePlan;
  readonly duration: Duration;
  /** When the run evaluates while it trains; it is not known where absent. */
  readonly evaluationInterval?: Sourced<Interval>;
  /** Whether an evaluation generates answers; where absent it computes the loss. */
  readonly evaluatesAnswers?: Sourced<boolean>;
  /** When the run saves a checkpoint; it is not known where absent. */
  readonly saveInterval?: Sourced<Interval>;
  readonly batch: BatchPlan;
  /** Tokens per sequence, the longest that a batch can hold. */
  readonly sequenceLength: Sourced<number>;
  /** Whether short samples are joined until a sequence is full. */
  readonly packing: Sourced<boolean>;
  readonly data: DataPlan;
  readonly precision: Precision;
  readonly gradientCheckpointing: Sourced<boolean>;
  /** Which blocks it takes at once; each of them by itself where absent. */
  readonly checkpointed?: Sourced<CheckpointedBlocks>;
  /** Whether it is torch's older kind, whose second forward pass begins with a leaf; it is not where absent. */
  readonly reentrant?: Sourced<boolean>;
  readonly attention: Sourced<Attention>;
  readonly loss: Sourced<LossImplementation>;
  /** How an evaluation computes the loss; as training does where absent. */
  readonly evaluationLoss?: Sourced<LossImplementation>;
  /** The framework that has code of its own for the model; transformers' where absent. */
  readonly modelCode?: "litgpt" | "torchtune";
  /** Whether weights and activations are rounded as a later quantisation will round them; they are not where absent. */
  readonly fakeQuantization?: Sourced<boolean>;
  /** What preference training weighs; absent in other stages, and where nothing is known of it. */
  readonly preference?: PreferencePlan;
  /** How the answers are generated that reinforcement learning learns from; absent elsewhere, and where that is not known. */
  readonly generation?: Generation;
  /** Whether a frozen copy of the model is on the GPUs for comparison (DPO, KTO, GRPO); it is where absent and everything is trained. */
  readonly referenceModel?: Sourced<boolean>;
  /** The frozen model that distillation learns from; absent elsewhere, and where what it takes is not known. */
  readonly teacher?: TeacherPlan;
  /** Whether what the backward pass needs waits in the host's memory; it does not where absent. */
  readonly activationOffload?: Sourced<boolean>;
  /** What fused kernels compute; absent where there are none. */
  readonly kernels?: Kernels;
  readonly parallelism: Parallelism;
  /** What a Trainer's own arguments say where DeepSpeed's settings are beside them; absent without such settings. */
  readonly trainerArguments?: TrainerArguments;
}

/** The parts of a plan that DeepSpeed's settings may take the place of. */
export type TrainerArguments = Pick<TrainingPlan, "optimizer" | "learningRate" | "precision">;

export type Stage =
  | "sft"
  | "pretrain"
  | "continued-pretrain"
  | "dpo"
  | "kto"
  | "orpo"
  | "simpo"
  | "reward"
  | "ppo"
  | "grpo"
  | "distill"
  | "classify";

/** `freeze` trains some layers in place; `adapter` is any adapter that is not LoRA (prefix, IA3, OFT, …). */
export type Method = "full" | "freeze" | "lora" | "qlora" | "adapter";

/** Whole blocks of the model: its last or its first ones, or the last of each of so many equal parts. */
export interface TrainedBlocks {
  readonly kind: "last" | "first" | "spread";
  readonly count: number;
}

/** So many blocks that are computed again together, or the first ones of a stage, each by itself, and none of the others. */
export interface CheckpointedBlocks {
  readonly kind: "together" | "first";
  readonly count: number;
}

export type Dtype = "float32" | "bfloat16" | "float16";

/**
 * Flash attention's kernel, torch's own, or the scores of all pairs of tokens at once; or as MLX has them: a kernel of which the backward
 * pass computes the scores of one block after the other (`recomputed`), or all scores in the type of the queries (`narrow`).
 */
export type Attention = "flash" | "sdpa" | "eager" | "recomputed" | "narrow";

/**
 * Whether the logits of all tokens exist at once, with a float32 copy; or without one (`narrow`); or with one of a chunk at a time
 * (`split`), as torchtune's chunked loss has it; or no more than those of a chunk, of which each keeps what its backward pass needs
 * (`sliced`), as torchtune's linear losses have it; or a compiled loss takes parts of one tensor and keeps them as they are (`parts`),
 * as axolotl's chunked one does; or their gradient is written over them, as Unsloth's Triton kernel does, or over a second float32 copy
 * (`copied`), as nanotron has it; or the loss is fused with the output layer, with its gradients, as Liger and Cut Cross-Entropy do; or
 * it is computed chunk by chunk in both passes, as TRL's chunked_nll does.
 */
export type LossImplementation =
  | "materialised"
  | "narrow"
  | "split"
  | "sliced"
  | "parts"
  | "in-place"
  | "copied"
  | "fused"
  | "chunked";

/** How answers are generated in reinforcement learning. */
export interface Generation {
  /** Sequences that the model itself generates at once on each GPU; 0 where an engine on other GPUs does it. */
  readonly sequences: Sourced<number>;
  /** Tokens of the longest answer, which alone the loss is taken of. */
  readonly answer: Sourced<number>;
}

/** A frozen model that computes all logits of every batch, for the trained one to learn from. */
export interface TeacherPlan {
  /** Hugging Face id, path or builder, as the file writes it. */
  readonly id: Sourced<string>;
  readonly weights: Sourced<Dtype>;
  readonly quantization: Quantization | null;
  /** Whether the GPUs split its weights as they split those of the trained model; it is whole on each where not. */
  readonly isSplit: boolean;
  /** Whether its weights are in the host's memory while it does not compute; they are not where absent. */
  readonly isOffloaded?: Sourced<boolean>;
  readonly divergence: Divergence;
}

/**
 * How logits are compared with the teacher's: as torchtune and NeMo Automodel do beside cross-entropy, the latter all at once or in
 * chunks, and LLaMA-Factory's ASFT; or as TRL does instead of it, by the generalised Jensen-Shannon divergence or one of its ends;
 * or in chunks as ms-swift, or of the most likely words alone.
 */
export type Divergence =
  | "torchtune"
  | "automodel"
  | "automodel-chunks"
  | "asft"
  | JensenShannon
  | `${JensenShannon}-chunks`
  | "jsd-top";

/** A mixture of both directions, or one of them. */
export type JensenShannon = "jsd" | "forward-kl" | "reverse-kl";

/** Kernels that do several operations at once (Liger, Unsloth, torch.compile), so that less is kept for the backward pass. */
export interface Kernels {
  readonly norms: Sourced<boolean>;
  /** The activation of gated MLPs and the product after it. */
  readonly mlp: Sourced<boolean>;
  /** The cross-entropy of logits that are there. */
  readonly loss?: Sourced<boolean>;
}

/** Whether the logits of all tokens are there at once, which are the largest tensor of most runs. */
export function holdsAllLogits(loss: LossImplementation): boolean {
  return loss !== "fused" && loss !== "chunked" && loss !== "sliced";
}

/** The model that a config trains: by name, or by the shape that it spells out, or both. */
export interface ModelReference {
  /** Hugging Face id, path or builder, as the file writes it. */
  readonly id: Sourced<string>;
  /** Widths and depths written in the config itself, as pretraining frameworks do. */
  readonly shape: Sourced<ModelShape> | null;
  /** Whether full fine-tuning leaves alone what sees and hears; not where absent. */
  readonly freezesTowers?: Sourced<boolean>;
  /** Whether a reward model keeps the output layer beside its own head; not where absent. */
  readonly keepsOutputLayer?: Sourced<boolean>;
}

export interface LoraPlan {
  readonly rank: Sourced<number>;
  readonly alpha: Sourced<number>;
  readonly dropout: Sourced<number>;
  readonly targets: Sourced<LoraTargets>;
  /** The blocks that get them; all where absent. */
  readonly layers?: Sourced<LoraLayers>;
  /** Modules that are trained in full beside the adapters, such as `embed_tokens` and `lm_head`. */
  readonly modulesToSave: Sourced<readonly string[]>;
  readonly rsLora: Sourced<boolean>;
  readonly dora: Sourced<boolean>;
}

export interface Quantization {
  readonly bits: Sourced<number>;
  /** Whether the scales are quantised too (bitsandbytes' nested or double quantisation). */
  readonly doubleQuantization: Sourced<boolean>;
  /** Whether the framework casts the normalisation weights to float32, which makes the residual stream float32. */
  readonly float32Norms: Sourced<boolean>;
  /** Whether embeddings and output layer are left in float32 too; not where a framework says nothing. */
  readonly float32Embeddings?: Sourced<boolean>;
  /** Whether the framework quantises experts that are one tensor too; not where absent. */
  readonly fusedExperts?: Sourced<boolean>;
  /** Whether scales are those of groups of 128 weights (GPTQ, AWQ), not of bitsandbytes' blocks, which it is where absent. */
  readonly groups?: Sourced<boolean>;
  /** Whether the output layer is quantised as well; it is not where absent. */
  readonly outputLayer?: Sourced<boolean>;
}

export interface OptimizerPlan {
  /** As the framework names it, such as `adamw_torch` or `torch.optim.AdamW`. */
  readonly name: Sourced<string>;
  readonly weightDecay: Sourced<number>;
  readonly beta2: Sourced<number>;
  /** What Adam adds to the root of the second moment; not known where absent. */
  readonly epsilon?: Sourced<number>;
  /** The norm to which gradients are clipped; 0 when they are not. */
  readonly maxGradNorm: Sourced<number>;
  /** Whether one kernel updates all weights, which needs no copies; decided by the name where absent. */
  readonly fused?: Sourced<boolean>;
  /** Whether each weight is updated in the backward pass, so that gradients are never all there; off where absent. */
  readonly inBackward?: Sourced<boolean>;
  /** The rank to which GaLore and APOLLO project gradients; absent for other optimizers. */
  readonly projectionRank?: Sourced<number>;
}

/** The loss of DPO and its relatives. */
export interface PreferencePlan {
  /** The weight of the distance to the reference model, or of what stands in its place in losses without one. */
  readonly beta: Sourced<number>;
  /** Whether the loss takes the mean of the tokens' log-probabilities, which asks for larger betas than their sum. */
  readonly averagesTokens: Sourced<boolean>;
}

export interface LearningRatePlan {
  readonly peak: Sourced<number>;
  /** As the framework names it, such as `cosine`. */
  readonly scheduler: Sourced<string>;
  /** Whose formulas the scheduler's name stands for, and whose rounding decides the number of updates. */
  readonly family: ScheduleFamily;
  /** The settings that bend the scheduler's curve, such as `num_cycles`, by the framework's names. */
  readonly schedulerArguments: Sourced<SchedulerArguments>;
  readonly warmup: Sourced<Warmup>;
  /** Parameters with a rate of their own; there are none where absent. */
  readonly groups?: readonly RateGroup[];
}

/** Parameters that are trained with another learning rate than the rest. */
export interface RateGroup {
  /** What they are, such as `embeddings`. */
  readonly name: string;
  /** Their peak learning rate. */
  readonly peak: Known<number>;
}

export type SchedulerArguments = ReadonlyMap<string, Argument>;

/** A value as configs write it: one, several, or by name. */
export type Argument = Scalar | readonly Argument[] | { readonly [name: string]: Argument };

export type ScheduleFamily =
  | "huggingface"
  | "axolotl"
  | "llamafactory"
  | "deepspeed"
  | "torchtune"
  | "litgpt-finetune"
  | "litgpt-pretrain"
  | "composer"
  | "olmo"
  | "gpt-neox"
  | "megatron"
  | "nanotron"
  | "torch"
  | "verl"
  | "nemo"
  | "mlx"
  | "ludwig"
  | "open-instruct"
  | "torchtitan"
  | "ulmfit"
  | "fastai"
  | "textbook"
  | "unknown";

/** Updates until the peak is reached: a count, or a fraction of all updates with the framework's way of rounding. */
export type Warmup = WarmupSteps | WarmupRatio;

export interface WarmupSteps {
  readonly steps: number;
}

export interface WarmupRatio {
  readonly ratio: number;
  /** `exact` keeps a fraction of an update. */
  readonly rounding: "up" | "down" | "exact";
  /** No more updates than these, however long the run. */
  readonly atMost?: number;
  /** Whether a single update of warmup is made two. */
  readonly oneIsTwo?: boolean;
}

export interface Duration {
  readonly epochs: Sourced<number>;
  /** Whether an update takes the rest of an epoch together with the start of the next. */
  readonly joinsEpochs?: boolean;
  /** Optimizer updates after which the run stops whatever the epochs say; null when there is no such limit. */
  readonly maxSteps: Sourced<number | null>;
  /** Tokens after which the run stops; null when there is no such limit. */
  readonly maxTokens: Sourced<number | null>;
}

export interface BatchPlan {
  /** Sequences per GPU in one forward pass. */
  readonly micro: Sourced<number>;
  /** Forward passes per optimizer update. */
  readonly accumulation: Sourced<number>;
  /** Sequences per optimizer update on all GPUs, where the config states it; null where it follows from the others. */
  readonly global: Sourced<number> | null;
  /**
   * Samples of a step of the scheduler, where a step makes several updates or packs a fixed number of samples; the sequences of one
   * update where absent.
   */
  readonly step?: Sourced<number>;
  /** Sequences per GPU in one evaluation pass. */
  readonly evaluation: Sourced<number>;
}

/** The training data, as far as the config tells. */
export interface DataPlan {
  readonly sources: readonly DataSource[];
  /** Training samples, where the config itself states them. */
  readonly samples: Sourced<number>;
  /** What reinforcement learning trains on for each sample; the sample itself where absent. */
  readonly answers?: Sourced<Answers>;
  /** Share of the samples that is held out for evaluation, or their number when it is 1 or more. */
  readonly validation: Sourced<number>;
  /** Whether the last, incomplete batch of an epoch is left out; frameworks without such a key have a fixed way. */
  readonly dropLast?: Sourced<boolean>;
  /** Whether every batch is filled up to the full length; they are as long as their longest sample where absent. */
  readonly padded?: Sourced<boolean>;
  /** Whether they are read while the run goes on, so that it does not know how many there are; they are not where absent. */
  readonly streaming?: Sourced<boolean>;
}

/** The answers to a prompt that are trained on. */
export interface Answers {
  readonly perSample: number;
  /** How often each of them is trained on. */
  readonly passes: number;
}

export interface DataSource {
  /** Hub id, path, or name in a registry, as the config writes it. */
  readonly name: Sourced<string>;
  /** The path of the data file, where the name itself is none. */
  readonly file?: string;
  /** No more samples than these are taken from it; null when there is no limit. */
  readonly limit: number | null;
}

export interface Precision {
  /** The type of the model's weights when they are trained. */
  readonly trained: Sourced<Dtype>;
  /** The type of the model's weights under adapters; for a quantised model, that of the rest. */
  readonly frozen: Sourced<Dtype>;
  /** The type of the adapters; PEFT makes them float32 unless it is told otherwise. */
  readonly adapters: Sourced<Dtype>;
  /** The type of the adapters of a quantised model. */
  readonly quantizedAdapters: Sourced<Dtype>;
  /** The type that autocast computes in; null when matrix products run in the weights' own type. */
  readonly autocast: Sourced<Dtype | null>;
  /**
   * The type of the gradients where 16-bit copies of the float32 weights are computed with, as Megatron does; absent where the
   * weights themselves are.
   */
  readonly gradients?: Sourced<Dtype>;
  /** Whether the optimizer trains float32 copies of 16-bit weights; it does not where absent. */
  readonly masterWeights?: Sourced<boolean>;
}

export interface Parallelism {
  /** GPUs of the whole run, over all nodes. */
  readonly gpus: Sourced<number>;
  readonly tensor: Sourced<number>;
  /** Whether they share what is between the matrices too, along the sequence; absent where they cannot. */
  readonly sequence?: Sourced<boolean>;
  /** Whether they share the layers of linear attention too; each has all of these where absent. */
  readonly splitsLinearAttention?: Sourced<boolean>;
  /** Whether what they gather of a sequence for a layer stays until its backward pass; gathered again where absent. */
  readonly keepsGathered?: Sourced<boolean>;
  readonly pipeline: Sourced<number>;
  /** Sequences that go through a pipeline at once, where it cuts the micro batch; all of it where absent. */
  readonly pipelineBatch?: Sourced<number>;
  /** Whether stages share the compute of blocks and output layer evenly instead of the blocks; the blocks where absent. */
  readonly balancesCompute?: Sourced<boolean>;
  /** Whether a pipeline runs all forward passes of an update before the first backward pass; not where absent. */
  readonly forwardFirst?: Sourced<boolean>;
  readonly context: Sourced<number>;
  readonly expert: Sourced<number>;
  /** GPUs that share the matrices of each expert; as many as share the others where absent. */
  readonly expertTensor?: Sourced<number>;
  /** What is split over the GPUs: nothing (DDP), or the states that a ZeRO stage or FSDP strategy splits. */
  readonly sharding: Sourced<Sharding>;
  /** The groups of GPUs that split the states among them, each with a copy of its own (hybrid sharding); all are one where absent. */
  readonly groups?: Sourced<ShardGroups>;
  /** What lives in the host's memory instead of the GPU's. */
  readonly offload: Sourced<Offload>;
  /** The buffers of DeepSpeed's ZeRO; absent where something else splits the states. */
  readonly zero?: ZeroBuffers;
  /** Whether FSDP reduces gradients after the last pass of an update only, and has them whole until then; not where absent. */
  readonly reducesLast?: Sourced<boolean>;
  /** Whether FSDP joins frozen weights with trained ones, so that there are gradients of both; not where absent. */
  readonly joinsFrozen?: Sourced<boolean>;
  /** Whether what splits the states is FSDP's first version; it is not where absent. */
  readonly fsdp1?: Sourced<boolean>;
}

/** What DeepSpeed's ZeRO has besides the shares, in values. */
export interface ZeroBuffers {
  /** Gradients that are reduced at once; `auto` is what transformers fills in, the model's width squared. */
  readonly reduceBucket: number | "auto";
  /** Whether gradients are reduced while the backward pass goes on, which takes a second bucket in the first two stages. */
  readonly overlaps: boolean;
  /** Weights that are gathered on one GPU at most. */
  readonly maxLive: number;
  /** Parameters that the optimizer steps at once in stage 3. */
  readonly subGroup: number;
  /** GPUs that share a second copy of the weights in stage 3 (ZeRO++); there is none where absent. */
  readonly secondary?: number;
  /** What of the offloaded is on a disk in stage 3, for which the host's memory has buffers; nothing where absent. */
  readonly onDisk?: OnDisk;
}

export interface OnDisk {
  readonly states: boolean;
  readonly weights: boolean;
}

/** How many groups there are, or how many GPUs each has. */
export type ShardGroups = { readonly copies: number } | { readonly sharers: number };

export type Sharding = "none" | "zero-1" | "zero-2" | "zero-3";

export type Offload = "none" | "optimizer" | "optimizer-and-parameters";

/** GPUs that work on different sequences: all of them, but for those that share a model or a sequence. */
export function dataParallelSize({ gpus, tensor, pipeline, context }: Parallelism): number | undefined {
  if (gpus.value === undefined) return undefined;
  const shared = (tensor.value ?? 1) * (pipeline.value ?? 1) * (context.value ?? 1);
  return Math.max(1, Math.floor(gpus.value / shared));
}

/** Sequences per optimizer update on all GPUs together; undefined while one of the factors is unknown. */
export function globalBatchSize({ batch, parallelism }: TrainingPlan): number | undefined {
  if (batch.global?.value !== undefined) return batch.global.value;
  const replicas = dataParallelSize(parallelism);
  if (batch.micro.value === undefined || batch.accumulation.value === undefined || replicas === undefined) {
    return undefined;
  }
  return batch.micro.value * batch.accumulation.value * replicas;
}

/** Updates of one step of the scheduler, at least one. */
export function updatesPerStep(plan: TrainingPlan): number {
  const { answers } = plan.data;
  const step = plan.batch.step?.value;
  const globalBatch = globalBatchSize(plan);
  if (step === undefined || !answers?.value || !globalBatch) return 1;
  return Math.max(1, Math.round((step * answers.value.perSample) / globalBatch) * answers.value.passes);
}

/** Sequences that go through the model for one sample: preference data hold a chosen and a rejected answer. */
export function sequencesPerSample(stage: Stage): number {
  return stage === "dpo" || stage === "orpo" || stage === "simpo" || stage === "reward" ? 2 : 1;
}
