import { isAtLeast, type Versions } from "./versions.ts";

/** Something that the libraries do from one release on, and up to another where that is told. */
export interface Release {
  readonly library: string;
  readonly since: string;
  /** The first release that no longer does it. */
  readonly before?: string;
  readonly source: string;
}

/** What differs between the releases of the libraries, and matters for memory or the schedule. */
export const releases = {
  /** FSDP's settings are read where `fsdp` switches it on, and not beside accelerate's any more. */
  readsFsdpConfigWithFsdp: { library: "transformers", since: "5.10", source: "transformers PR 45640" },
  /** An incomplete accumulation at the end of an epoch is an update of its own. */
  countsIncompleteAccumulation: { library: "transformers", since: "4.52", source: "transformers PR 37923" },
  /** `warmup_steps` below one are a share of the run, and `warmup_ratio` goes before them. */
  fractionalWarmupSteps: {
    library: "transformers",
    since: "5.0",
    source: "transformers 5.0 TrainingArguments.get_warmup_steps",
  },
  /** `warmup_steps` and `warmup_ratio` are one number: of 1 and more it counts updates, so a ratio of 1 is a single update. */
  warmupRatioIsSteps: {
    library: "transformers",
    since: "5.0",
    before: "5.15",
    source: "transformers 5.0 TrainingArguments.get_warmup_steps",
  },
  /** There is no `warmup_ratio` any more. */
  withoutWarmupRatio: { library: "transformers", since: "5.15", source: "transformers PR 46917" },
  /** A scheduler of that name is there. */
  cosineWarmupWithMinLr: {
    library: "transformers",
    since: "4.54",
    source: "transformers SchedulerType",
  },
  /** A run that evaluates every so many updates evaluates after the last one too. */
  evaluatesAtEnd: { library: "transformers", since: "5.3", source: "transformers PR 44146" },
  /** Weights are loaded in the type of the checkpoint instead of float32. */
  loadsCheckpointType: {
    library: "transformers",
    since: "5.0",
    source: "transformers 5.0 from_pretrained: dtype defaults to auto",
  },
  /** FSDP is of version 2 where nothing is said. */
  fsdp2: {
    library: "transformers",
    since: "5.0",
    source: "transformers 5.0 TrainingArguments.fsdp_config",
  },
  /** The experts of most models are one tensor instead of linear layers, which alone are quantised. */
  fusesExperts: { library: "transformers", since: "5.0", source: "bitsandbytes issue 1849" },
  /** The loss makes a shifted copy of the logits of several sequences. */
  copiesLogits: { library: "transformers", since: "4.0", before: "4.50", source: "transformers ForCausalLMLoss" },
  /** The model's output keeps the logits as they were before the loss made float32 of them. */
  keepsLogits: { library: "transformers", since: "4.46", source: "transformers ForCausalLMLoss" },
  /** The default of `optim` is `adamw_torch`, `adamw_hf` before. */
  torchAdamW: { library: "transformers", since: "4.32", source: "transformers PR 25109" },
  /** torch's scaled dot-product attention where nothing is said, by most models. */
  sdpa: { library: "transformers", since: "4.36", source: "transformers PR 26572" },
  /** torch's own attention gets the keys and values that the model has, and not those of all heads. */
  sdpaTakesGroups: { library: "transformers", since: "4.54", source: "transformers PR 39412" },
  /** The default of `optim` is `adamw_torch_fused`, `adamw_torch` before. */
  fusedAdamW: {
    library: "torch",
    since: "2.8",
    source: "transformers TrainingArguments.optim",
  },
  /** Adapters have the type of the weights that they adapt, float32 before and after. */
  peftKeepsWeightType: { library: "peft", since: "0.7", before: "0.11", source: "PEFT PR 1706, issue 1090" },
  /** LoRA+ has the adapters of embeddings in a group of their own; before, no parameter was ever in it. */
  loraPlusTellsEmbeddings: { library: "peft", since: "0.21", source: "PEFT PR 3503" },
  /** Gradients are freed after an update, filled with zeros before. */
  freesGradients: { library: "torch", since: "2.0", source: "pytorch PR 92731" },
  /** What FSDP trains under mixed precision is cast to float32. */
  fsdpUpcasts: { library: "accelerate", since: "0.30", source: "accelerate PR 2674" },
  /** FSDP 2 is told to wait with its gradients while they accumulate; before, there was nothing to tell it with. */
  fsdp2Waits: { library: "accelerate", since: "1.11", source: "accelerate PR 3762" },
  /** FSDP 2 can keep checkpoints in the host's memory; the key has no effect before. */
  fsdpOffloadsCheckpoints: { library: "accelerate", since: "1.15", source: "accelerate PR 4175" },
  /** TRL's trainers compute in bfloat16 where nothing is said. */
  trlComputesInBf16: { library: "trl", since: "0.19", source: "TRL PR 3515" },
  /** TRL's trainers log every 10 updates where nothing is said, every 500 before. */
  trlLogsOften: { library: "trl", since: "0.19", source: "TRL PR 3514" },
  /** TRL's trainers recompute activations where nothing is said. */
  trlCheckpoints: { library: "trl", since: "0.22", source: "TRL SFTConfig.gradient_checkpointing" },
  /** PEFT's preparation for k-bit training is not called, and a quantised model's adapters are bfloat16. */
  trlKeepsQuantizedModels: { library: "trl", since: "0.26", source: "TRL PR 4577" },
  /** GRPO no longer cuts prompts, to 512 tokens before. */
  grpoKeepsPrompts: { library: "trl", since: "0.27", source: "TRL PR 4703" },
  /** The SFT trainer has Liger fuse the loss of evaluations too. */
  sftFusesEvaluation: { library: "trl", since: "1.0", source: "TRL PR 5069" },
  /** The SFT trainer computes the loss in chunks. */
  sftChunksLoss: { library: "trl", since: "1.7", source: "TRL PR 5846" },
  /** The SFT trainer refuses samples that nothing cuts to the length: those without padding and packing. */
  sftRefusesUncut: { library: "trl", since: "1.0", source: "TRL PR 5359; unsloth PR 7951" },
  /** GRPO refuses batches that shrink where memory runs out. The first release that is known to, an older one may. */
  grpoKeepsBatch: { library: "trl", since: "1.13", source: "TRL PR 6411" },
  /** Experts are not cut by tensor parallelism where nothing is said. */
  swiftKeepsExpertsWhole: {
    library: "ms-swift",
    since: "3.9",
    source: "ms-swift, docs/source_en/Megatron-SWIFT/Command-line-parameters.md",
  },
  /** Gated delta nets are Megatron's own, which tensor parallelism cuts, and not transformers'. */
  swiftCutsDeltaNets: { library: "ms-swift", since: "4.1", source: "ms-swift PR 8282, PR 9382" },
  /** Samples in a row are refused without flash attention. The first release that is known to, an older one may. */
  swiftWantsFlashAttention: {
    library: "ms-swift",
    since: "4.0",
    source: "ms-swift, arguments/sft_args.py; ms-swift issue 5690",
  },
  /** Quantised layers no longer keep their input for a gradient that they do not have. */
  quantizedLayersDropInputs: {
    library: "bitsandbytes",
    since: "0.43.2",
    source: "bitsandbytes 0.43.2, its release notes",
  },
  /** A WarmupLR without a maximum goes up to the optimizer's rate, to 0.001 before. */
  warmsUpToOptimizerRate: { library: "deepspeed", since: "0.17.2", source: "DeepSpeed PR 7360" },
  /** A warmup of no updates is refused, made one of two before. */
  refusesNoWarmup: {
    library: "deepspeed",
    since: "0.19.6",
    source: "transformers 5.18.0, integrations/deepspeed.py; DeepSpeed, runtime/lr_schedules.py",
  },
  /** A warmup that DeepSpeed's settings leave to the training arguments has one update at least. */
  fillsInWarmup: { library: "transformers", since: "5.18", source: "transformers PR 48640" },
  /** Checkpointing is not reentrant where nothing is said. */
  checkpointsWithoutReentry: { library: "transformers", since: "5.0", source: "transformers PR 43203" },
  /** Attention has no kernel while gradients are traced; before, the forward pass had, and the backward pass computed the scores again. */
  mlxTrainsWithoutKernel: { library: "mlx", since: "0.25", source: "mlx PR 2054" },
  /** The loss is fused with the output layer, and there are no logits. */
  unslothFusesLoss: { library: "unsloth", since: "2024.12", source: "unsloth, models/llama.py; unsloth issue 1298" },
} as const satisfies Readonly<Record<string, Release>>;

/** The libraries whose release matters, those among them whose keys alone changed. */
export const versionedLibraries: ReadonlySet<string> = new Set([
  ...Object.values(releases).map(({ library }) => library),
  "llamafactory",
  "ms-swift",
]);

/** Whether a run with these releases does it; a library without a version is taken to be the newest. */
export function does(versions: Versions, { library, since, before }: Release): boolean {
  return isAtLeast(versions, library, since) && !(before !== undefined && isAtLeast(versions, library, before));
}
