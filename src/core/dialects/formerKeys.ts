import type { Stage } from "../plan/plan.ts";
import type { Scalar } from "../text/document.ts";
import type { EditValue } from "../text/edit.ts";

/** A key that newer releases call something else, or no longer have. */
export interface FormerKey {
  /** The key by its dotted path. */
  readonly key: string;
  /** The key that has its place now; absent where there is none. */
  readonly now?: string;
  /** What its values are under the new key, where they are others; null for those that need no key any more. */
  readonly values?: Readonly<Record<string, EditValue | null>>;
  /** Whose releases they are. */
  readonly library: string;
  /** The first release that has another name for it, or warns of it; `every` where that is long ago; absent where none does. */
  readonly deprecated?: string;
  /** The first release that is known to refuse it; `every` where that is long ago; absent where all take it. */
  readonly gone?: string;
  /** The value that is taken all the same. */
  readonly harmless?: Scalar;
  /** What is trained for by those that had the key; everything where absent. */
  readonly stages?: readonly Stage[];
  readonly source: string;
}

const guide = "transformers MIGRATION_GUIDE_V5.md";

/** transformers' training arguments that have another name now. */
const renamedArguments: readonly FormerKey[] = [
  {
    key: "evaluation_strategy",
    now: "eval_strategy",
    library: "transformers",
    deprecated: "4.41",
    gone: "4.46",
    source: "transformers PR 30190, and its warning that names 4.46",
  },
  {
    key: "per_gpu_train_batch_size",
    now: "per_device_train_batch_size",
    library: "transformers",
    gone: "5.0",
    source: guide,
  },
  {
    key: "per_gpu_eval_batch_size",
    now: "per_device_eval_batch_size",
    library: "transformers",
    gone: "5.0",
    source: guide,
  },
];

/** transformers' training arguments as of 4.57.6 that 5.18.0 lacks, but for `warmup_ratio`, which has a rule of its own. */
const trainingArguments: readonly FormerKey[] = [
  ...renamedArguments,
  { key: "no_cuda", now: "use_cpu", library: "transformers", gone: "5.0", source: guide },
  { key: "push_to_hub_token", now: "hub_token", library: "transformers", gone: "5.0", source: guide },
  { key: "push_to_hub_model_id", now: "hub_model_id", library: "transformers", gone: "5.0", source: guide },
  {
    key: "include_tokens_per_second",
    now: "include_num_input_tokens_seen",
    library: "transformers",
    gone: "5.0",
    source: guide,
  },
  {
    key: "include_inputs_for_metrics",
    now: "include_for_metrics",
    values: { false: null },
    library: "transformers",
    gone: "5.0",
    source: guide,
  },
  {
    key: "group_by_length",
    now: "train_sampling_strategy",
    values: { true: "group_by_length", false: null },
    library: "transformers",
    gone: "5.17",
    source: "transformers 5.17.0 TrainingArguments",
  },
  {
    key: "adafactor",
    now: "optim",
    values: { true: "adafactor", false: null },
    library: "transformers",
    gone: "5.17",
    source: "transformers 5.17.0 TrainingArguments",
  },
  ...[
    "jit_mode_eval",
    "tpu_num_cores",
    "tpu_metrics_debug",
    "past_index",
    "ray_scope",
    "mp_parameters",
    "use_mps_device",
    "fp16_backend",
    "half_precision_backend",
    "use_legacy_prediction_loop",
    "fsdp_min_num_params",
    "fsdp_transformer_layer_cls_to_wrap",
  ].map((key) => ({ key, library: "transformers", gone: "5.0", source: guide })),
  ...["fp16_opt_level", "save_safetensors", "torchdynamo"].map((key) => ({
    key,
    library: "transformers",
    gone: "5.17",
    source: "transformers 5.17.0 TrainingArguments",
  })),
];

const gone = { library: "trl", gone: "1.13" } as const;

/** What TRL's configurations had. */
const trl: readonly FormerKey[] = [
  {
    key: "max_seq_length",
    now: "max_length",
    library: "trl",
    deprecated: "0.16",
    gone: "0.20",
    stages: ["sft"],
    source: "TRL PRs 2895 and 3912",
  },
  {
    key: "torch_dtype",
    now: "dtype",
    library: "trl",
    deprecated: "0.23",
    gone: "1.10",
    source: "TRL PR 4000; 1.10.0 refuses it",
  },
  { key: "max_prompt_length", library: "trl", gone: "0.27", stages: ["grpo"], source: "TRL PR 4703" },
  { key: "max_prompt_length", ...gone, stages: ["dpo", "kto", "reward"], source: "TRL 1.13.0 DPOConfig" },
  { key: "use_liger", now: "use_liger_kernel", ...gone, source: "TRL 1.13.0 SFTConfig" },
  { key: "dataset_batch_size", ...gone, stages: ["sft"], source: "TRL 1.13.0 SFTConfig" },
  { key: "num_of_sequences", ...gone, stages: ["sft"], source: "TRL 1.13.0 SFTConfig" },
  { key: "chars_per_token", ...gone, stages: ["sft"], source: "TRL 1.13.0 SFTConfig" },
  { key: "pad_token", library: "trl", deprecated: "1.1", source: "TRL 1.13.0 SFTConfig" },
  ...["generate_during_eval", "use_logits_to_keep", "rpo_alpha"].map(
    (key): FormerKey => ({
      key,
      library: "trl",
      gone: "0.29",
      stages: ["dpo"],
      source: "axolotl, utils/schemas/deprecated.py",
    }),
  ),
  ...["label_pad_token_id", "padding_value", "model_adapter_name", "ref_adapter_name", "reference_free"].map(
    (key): FormerKey => ({ key, ...gone, stages: ["dpo"], source: "TRL 1.13.0 DPOConfig" }),
  ),
  {
    key: "vllm_guided_decoding_regex",
    now: "vllm_structured_outputs_regex",
    ...gone,
    stages: ["grpo"],
    source: "TRL 1.13.0 GRPOConfig",
  },
  { key: "wandb_log_unique_prompts", now: "log_unique_prompts", ...gone, stages: ["grpo"], source: "TRL GRPOConfig" },
  { key: "use_liger_loss", now: "use_liger_kernel", ...gone, stages: ["grpo"], source: "TRL 1.13.0 GRPOConfig" },
  {
    key: "use_transformers_paged",
    now: "use_transformers_continuous_batching",
    library: "trl",
    deprecated: "1.2",
    stages: ["grpo"],
    source: "TRL 1.13.0 GRPOConfig",
  },
  {
    key: "vllm_importance_sampling_cap",
    now: "vllm_importance_sampling_clip_max",
    library: "trl",
    deprecated: "1.6",
    stages: ["grpo"],
    source: "TRL 1.13.0 GRPOConfig",
  },
];

/** Of transformers' Trainer, whose arguments the scripts' own may be among, and of TRL. */
export const huggingFaceFormerKeys: readonly FormerKey[] = [
  ...trainingArguments,
  ...["overwrite_output_dir", "logging_dir"].map((key) => ({
    key,
    library: "transformers",
    gone: "5.0",
    source: guide,
  })),
  ...trl,
];

const factory = "LLaMA-Factory issue 4109: 0.7.1 does not know the new name";

/** LLaMA-Factory has an `overwrite_output_dir` of its own, and wants transformers of 5.8 at most. */
export const llamaFactoryFormerKeys: readonly FormerKey[] = [
  ...trainingArguments.filter(({ gone }) => gone !== "5.17"),
  { key: "dpo_beta", now: "pref_beta", library: "llamafactory", gone: "0.8", source: factory },
  { key: "dpo_loss", now: "pref_loss", library: "llamafactory", gone: "0.8", source: factory },
  { key: "dpo_ftx", now: "pref_ftx", library: "llamafactory", gone: "0.8", source: factory },
  { key: "train_mm_proj_only", library: "llamafactory", gone: "0.9.3", source: "LLaMA-Factory issue 7412" },
];

/** Names that ms-swift still takes: `train_type` since its release 3, `tuner_type` since 4. */
export const msSwiftFormerKeys: readonly FormerKey[] = [
  ...renamedArguments,
  { key: "sft_type", now: "tuner_type", library: "ms-swift", deprecated: "4.0", source: "ms-swift PR 7385" },
  { key: "train_type", now: "tuner_type", library: "ms-swift", deprecated: "4.0", source: "ms-swift PR 7385" },
];

const axolotlSource = "axolotl, utils/schemas/deprecated.py and validation.py";

const attentions = {
  flash_attention: "flash_attention_2",
  sdp_attention: "sdpa",
  xformers_attention: "xformers",
  flex_attention: "flex_attention",
  sage_attention: "sage",
  eager_attention: "eager",
};

const sharded = {
  library: "axolotl",
  deprecated: "0.12",
  source: "axolotl PR 2760, utils/schemas/config.py and validation.py",
} as const;

/** The settings of FSDP that axolotl's FSDPConfig has, which had a prefix before. */
const shardingSettings = [
  "activation_checkpointing",
  "offload_params",
  "cpu_ram_efficient_loading",
  "cpu_offload_pin_memory",
  "state_dict_type",
  "final_state_dict_type",
  "auto_wrap_policy",
  "transformer_layer_cls_to_wrap",
  "min_num_params",
  "reshard_after_forward",
  "mixed_precision_policy",
];

/** Of axolotl, most of whose warnings and errors name no release. */
export const axolotlFormerKeys: readonly FormerKey[] = [
  // What the list says is not what the settings say: nobody but the user can tell.
  { key: "fsdp", now: "fsdp_config", values: {}, ...sharded },
  ...shardingSettings.map((setting) => ({
    key: `fsdp_config.fsdp_${setting}`,
    now: `fsdp_config.${setting}`,
    ...sharded,
  })),
  { key: "dpo_beta", now: "rl_beta", library: "axolotl", deprecated: "every", source: axolotlSource },
  {
    key: "noisy_embedding_alpha",
    now: "neftune_noise_alpha",
    library: "axolotl",
    deprecated: "every",
    source: axolotlSource,
  },
  { key: "evaluation_strategy", now: "eval_strategy", library: "axolotl", deprecated: "every", source: axolotlSource },
  {
    key: "sequence_parallel_degree",
    now: "context_parallel_size",
    library: "axolotl",
    deprecated: "every",
    source: axolotlSource,
  },
  ...[
    "max_packed_sequence_len",
    "rope_scaling",
    "s2_attention",
    "flash_attn_rms_norm",
    "dpo_use_logits_to_keep",
    "dpo_generate_during_eval",
    "dpo_norm_loss",
    "rpo_alpha",
  ].map(
    (key): FormerKey => ({
      key,
      library: "axolotl",
      gone: "every",
      ...(key.includes("attn") || key.includes("attention") ? { harmless: false } : {}),
      source: axolotlSource,
    }),
  ),
  ...Object.entries(attentions).map(([key, kernel]) => ({
    key,
    now: "attn_implementation",
    values: { true: kernel, false: null },
    library: "axolotl",
    deprecated: "every",
    source: axolotlSource,
  })),
];

const zero = "DeepSpeed, runtime/zero/config.py";

/** Older names that DeepSpeed still takes, without a release in its warnings. */
export const deepspeedFormerKeys: readonly FormerKey[] = [
  {
    key: "bfloat16",
    now: "bf16",
    library: "deepspeed",
    deprecated: "every",
    source: "DeepSpeed, runtime/constants.py",
  },
  {
    key: "zero_optimization.cpu_offload",
    now: "zero_optimization.offload_optimizer.device",
    values: { true: "cpu", false: null },
    library: "deepspeed",
    deprecated: "every",
    source: zero,
  },
  {
    key: "zero_optimization.cpu_offload_params",
    now: "zero_optimization.offload_param.device",
    values: { true: "cpu", false: null },
    library: "deepspeed",
    deprecated: "every",
    source: zero,
  },
  {
    key: "zero_optimization.stage3_gather_fp16_weights_on_model_save",
    now: "zero_optimization.stage3_gather_16bit_weights_on_model_save",
    library: "deepspeed",
    deprecated: "every",
    source: zero,
  },
];

/** Of the GLM demos, which nest transformers' arguments. */
export const glmDemoFormerKeys: readonly FormerKey[] = trainingArguments.map((former) => ({
  ...former,
  key: `training_args.${former.key}`,
  ...(former.now === undefined ? {} : { now: `training_args.${former.now}` }),
}));

/** Of verl, whose warning names no release. */
export const verlFormerKeys: readonly FormerKey[] = ["actor_rollout_ref.actor.optim", "critic.optim"].map(
  (section) => ({
    key: `${section}.warmup_style`,
    now: `${section}.lr_scheduler_type`,
    library: "verl",
    deprecated: "every",
    source: "verl, workers/config/optimizer.py",
  }),
);
