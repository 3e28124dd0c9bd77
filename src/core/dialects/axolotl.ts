import { t } from "../language.ts";
import { type Interval, never } from "../plan/interval.ts";
import type { LoraTargets } from "../plan/lora.ts";
import type {
  Argument,
  DataSource,
  Dtype,
  LoraPlan,
  Method,
  OptimizerPlan,
  Precision,
  Quantization,
  RateGroup,
  SchedulerArguments,
  Stage,
  TrainingPlan,
  Warmup,
} from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { assumed, byDefault, mapped, orElse, type Sourced, unknown } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import type { ConfigDocument } from "../text/document.ts";
import { setValue } from "../text/edit.ts";
import { dataSources, namedSources, unknownData } from "./data.ts";
import type { Dialect, PlanChange } from "./dialect.ts";
import { stepLimit } from "./duration.ts";
import { axolotlFormerKeys } from "./formerKeys.ts";
import { underFsdp } from "./fsdpPrecision.ts";
import { answersOf, type Comparison, trlGrpo, trlPreference } from "./generation.ts";
import { kernelsFor, kernelsIf } from "./kernels.ts";
import { type Lever, optimizerLevers } from "./levers.ts";
import { countsWithExponents, nestedNumbers } from "./loader.ts";
import { peftLayersAt, peftTargetsAt } from "./lora.ts";
import { peftType, precisionOf } from "./precision.ts";
import { preferenceOf } from "./preference.ts";
import { withProjection } from "./projection.ts";
import { groupAt, isEmbedding, loraPlusGroup, rateGroups, scaledGroup } from "./rateGroups.ts";
import { type Reader, reader } from "./reader.ts";
import { schedulerArgumentsAt } from "./schedulerArguments.ts";
import { copiesOf, dataParallel } from "./sharding.ts";
import { throughDeepspeed } from "./throughDeepspeed.ts";
import { mayUseFsdp, shardingLinks, splitLevers, trainerSplit, zeroStage } from "./trainerSplit.ts";
import { attentionFrom, ligerEvaluation, stepsInterval, strategyInterval } from "./trainingArguments.ts";
import { namesOf, type Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: axolotl-ai-cloud/axolotl at 067b021c8b87, src/axolotl/utils/schemas/*.py, loaders/model.py; when it
// evaluates and saves: utils/config/__init__.py (normalize_config), core/builders/base.py; rates of groups:
// core/trainers/mixins/optimizer.py.

const vocabulary = {
  base_model: { holds: "model", about: "Hugging Face id or path of the model to train" },
  base_model_config: { holds: "model", about: "Where config.json and the tokenizer are, if not with the model" },
  revision_of_model: { about: "Revision of the model", default: "main", aliases: ["model_revision"] },
  model_type: { about: "Class that loads the model, such as AutoModelForCausalLM", aliases: ["type_of_model"] },
  overrides_of_model_config: { about: "Values in place of the model's config.json", aliases: ["model_config"] },
  overrides_of_model_kwargs: { about: "Further arguments for loading the model", aliases: ["model_kwargs"] },
  model_quantization_config: { about: "How the checkpoint is quantised", values: ["Mxfp4Config"] },
  trust_remote_code: { about: "Run the model's own code", default: false },
  strict: { about: "Refuse keys that axolotl does not know", default: false },
  tokenizer_type: { about: "Class that loads the tokenizer" },
  tokenizer_config: { about: "Tokenizer, where it is not the model's" },
  tokenizer_use_mistral_common: { about: "Tokenise with mistral-common", default: false },
  processor_type: { about: "Class that loads the processor of a model that sees or hears" },
  special_tokens: { about: "Special tokens in place of the tokenizer's" },
  "special_tokens.pad_token": { about: "Padding token" },
  "special_tokens.bos_token": { about: "Token in front of a text" },
  "special_tokens.eos_token": { about: "Token behind a text" },
  "special_tokens.unk_token": { about: "Token for what the tokenizer does not know" },
  tokens: { about: "Tokens to add to the tokenizer" },
  chat_template: { about: "Chat template, such as tokenizer_default, chatml or llama3" },
  eot_tokens: { about: "Tokens that end a turn" },
  adapter: { about: "Kind of adapter; every weight is trained without it", values: ["lora", "qlora"] },
  lora_model_dir: { about: "Adapters to start from" },
  "hatchery.lora_rank": { about: "Rank of the LoRA that is trained on another machine" },
  lora_r: { about: "Rank of the LoRA matrices", note: t`lora_r is not set; axolotl has no default` },
  lora_alpha: { about: "LoRA's scale is alpha / rank", note: t`lora_alpha is not set; axolotl has no default` },
  lora_dropout: { about: "Dropout in front of the adapters", default: 0 },
  lora_target_linear: { about: "Adapt all linear layers", default: false },
  lora_target_modules: { holds: "modules", about: "Modules to adapt: names, or a regular expression" },
  lora_target_parameters: { about: "Parameters to adapt that are no layers, such as fused experts" },
  lora_modules_to_save: { about: "Modules to train in full beside the adapters", default: "" },
  lora_fan_in_fan_out: { about: "Whether the layers keep their weights transposed, as in GPT-2", default: false },
  lora_rank_pattern: { about: "Ranks of modules that have one of their own" },
  lora_mlp_kernel: { about: "Fused kernel for the adapters of the MLP" },
  lora_qkv_kernel: { about: "Fused kernel for the adapters of query, key and value" },
  lora_o_kernel: { about: "Fused kernel for the adapters of the attention's output" },
  peft_layers_to_transform: { about: "Numbers of the only layers that get adapters" },
  peft_init_lora_weights: { about: "How the adapters start, such as pissa or loftq" },
  peft_use_dora: { about: "DoRA: adapt direction and magnitude apart", default: false },
  peft_use_rslora: { about: "Scale by alpha / √rank", default: false },
  peft_autocast_adapter_dtype: { about: "Hold the adapters in float32", default: true },
  "peft.backend": { about: "Who quantises the weights", default: "bnb", values: ["bnb", "torchao"] },
  "peft.weight_dtype": { about: "Type of the quantised weights", values: ["nf4", "int4", "int8"] },
  "peft.loftq_config.loftq_bits": { about: "Bits for LoftQ's start of the adapters", default: 4 },
  loraplus_lr_ratio: { about: "LoRA+: rate of B over rate of A" },
  loraplus_lr_embedding: { about: "LoRA+: rate of adapters on embeddings", default: 1e-6 },
  relora: { about: "ReLoRA: merge the adapters again and again", default: false },
  load_in_4bit: { about: "Load the weights in 4 bits (NF4, double quantisation)", default: false },
  load_in_8bit: { about: "Load the weights in 8 bits", default: false },
  gptq: { about: "The model is quantised with GPTQ, in 4 bits", default: false },
  gptq_groupsize: { about: "Weights that share a scale (GPTQ)" },
  gptq_model_v1: { about: "The model is in GPTQ's first format" },
  bnb_config_kwargs: { about: "Settings in place of axolotl's own for bitsandbytes" },
  "bnb_config_kwargs.bnb_4bit_use_double_quant": { about: "Quantise the scales too", default: true },
  quantize_moe_experts: { about: "Quantise fused experts too, which bitsandbytes leaves as they are", default: false },
  qat: { about: "Train for a later quantisation" },
  "qat.activation_dtype": { about: "Type of the activations to train for" },
  "qat.weight_dtype": { about: "Type of the weights to train for" },
  "qat.group_size": { about: "Weights that share a scale" },
  quantization: { about: "How to quantise the model after training" },
  unfrozen_parameters: { about: "Regular expressions of the only parameters to train" },
  lisa_n_layers: { about: "Layers that LISA trains at a time" },
  lisa_step_interval: { about: "Updates after which LISA draws other layers" },
  lisa_layers_attribute: { about: "Where the model keeps its layers (LISA)", default: "model.layers" },
  rl: {
    about: "Preference or reinforcement learning",
    values: ["dpo", "ipo", "kto", "orpo", "simpo", "grpo", "gdpo", "ebft"],
  },
  rl_beta: { about: "Weight of the distance to the reference model", aliases: ["dpo_beta"] },
  dpo_label_smoothing: { about: "Label smoothing of DPO's loss" },
  orpo_alpha: { about: "Weight of ORPO's odds ratio" },
  cpo_alpha: { about: "Weight of the likelihood in CPO and SimPO" },
  simpo_gamma: { about: "Margin between the answers (SimPO)" },
  kto_desirable_weight: { about: "Weight of desirable answers (KTO)" },
  kto_undesirable_weight: { about: "Weight of undesirable answers (KTO)" },
  precompute_ref_log_probs: { about: "Run the reference model once, before training" },
  trl: { about: "Settings of reinforcement learning" },
  "trl.beta": { about: "Weight of the distance to the reference model" },
  "trl.num_generations": { about: "Answers per prompt", default: 8 },
  "trl.num_iterations": { about: "Updates on the same answers", default: 1 },
  "trl.max_completion_length": { about: "Longest answer in tokens" },
  "trl.temperature": { about: "Temperature of the answers" },
  "trl.use_vllm": { about: "Generate with vLLM", default: false },
  "trl.vllm_mode": { about: "vLLM on GPUs of its own, or on those that train", values: ["server", "colocate"] },
  "trl.reward_funcs": { about: "Reward functions" },
  "trl.reward_weights": { about: "Weights of the reward functions" },
  "trl.scale_rewards": { about: "Divide rewards by their deviation", default: true },
  "trl.loss_type": { about: "Loss of GRPO", values: ["grpo", "bnpo", "dr_grpo", "dapo"] },
  "trl.epsilon": { about: "How far the policy may move in one update" },
  "trl.sync_ref_model": { about: "Move the reference model after the policy", default: false },
  vllm: { about: "Settings of vLLM's server" },
  ebft: { about: "Settings of energy-based fine-tuning" },
  "ebft.mode": {
    about: "Whole answers to prompts, or short ones at many places of a text",
    default: "structured",
    values: ["structured", "strided"],
  },
  "ebft.feature_layers": { about: "Depths at which features are taken" },
  "ebft.embed_method": { about: "How a feature is made of the tokens" },
  "ebft.use_whitening": { about: "Whiten the features" },
  "ebft.alignment_coef": { about: "Weight of the likeness to the truth" },
  "ebft.diversity_coef": { about: "Weight of the difference among answers" },
  "ebft.ce_coef": { about: "Weight of the cross-entropy" },
  reward_model: { about: "Train a reward model", default: false },
  process_reward_model: { about: "Train a model that rewards every step of an answer", default: false },
  pretraining_dataset: { about: "Data to continue pretraining on, read while training; wants max_steps" },
  streaming: { about: "Read the data while training; wants max_steps", default: false },
  datasets: { about: "Training data: a list of path and type" },
  "datasets.path": { about: "Hub id, path or address of the data" },
  "datasets.type": { about: "Form of the samples, such as alpaca, chat_template or completion" },
  "datasets.split": { about: "Split, or a slice of it", default: "train" },
  "datasets.name": { about: "Configuration of the data set" },
  "datasets.data_files": { about: "Files of the data set" },
  "datasets.ds_type": { about: "Format of the files", values: ["json", "csv", "text", "arrow", "parquet"] },
  "datasets.shards": { about: "Parts to cut the data into; one of them is taken" },
  "datasets.field_messages": { about: "Column of the messages", default: "messages" },
  "datasets.message_property_mappings": { about: "Names of role and content in a message" },
  "datasets.roles": { about: "Names that the roles have in the data" },
  "datasets.field_chosen": { about: "Column of the answer to learn" },
  "datasets.field_rejected": { about: "Column of the answer to avoid" },
  test_datasets: { about: "Data for evaluation, in the form of datasets" },
  dataset_prepared_path: { about: "Folder of the tokenised data" },
  skip_prepare_dataset: { about: "Leave the data as they are", default: false },
  push_dataset_to_hub: { about: "Hub id for the tokenised data" },
  remove_unused_columns: { about: "Leave out columns that the model does not take" },
  train_on_inputs: { about: "Loss on the prompts too", default: false },
  val_set_size: { about: "Share (or number) of samples held out for evaluation", default: 0 },
  total_num_tokens: { about: "Tokens of the data, where they need not be counted" },
  sequence_len: { about: "Longest sequence in tokens", default: 512 },
  excess_length_strategy: { about: "What becomes of longer samples", default: "drop", values: ["drop", "truncate"] },
  max_packed_sequence_len: { about: "Longest packed sequence; no longer supported" },
  dataloader_drop_last: { about: "Leave out the last, incomplete batch", default: false },
  sample_packing: { about: "Join short samples into full sequences", default: false },
  eval_sample_packing: { about: "Join samples in evaluation too; as sample_packing" },
  sample_packing_group_size: { about: "Samples among which those that fit are sought", default: 100_000 },
  pretraining_sample_concatenation: { about: "Join the texts of pretraining" },
  batch_flattening: { about: "Put all sequences of a batch in a row instead of padding them" },
  pad_to_sequence_len: { about: "Pad every batch to the full length" },
  group_by_length: { about: "Batch samples of similar length", default: false },
  micro_batch_size: { about: "Sequences per GPU in one forward pass", default: 1 },
  gradient_accumulation_steps: { about: "Forward passes per optimizer update", default: 1 },
  batch_size: { about: "Sequences per GPU and update: stands in for the accumulation" },
  eval_batch_size: { about: "Sequences per GPU in one evaluation pass; as micro_batch_size" },
  num_epochs: { about: "Passes over the training data", default: 1 },
  max_steps: { about: "Optimizer updates; they override the epochs", default: -1 },
  optimizer: {
    about: "Optimizer: transformers' names, and axolotl's own",
    default: "adamw_torch_fused",
    values: [
      "adamw_torch_fused",
      "adamw_torch",
      "adamw_bnb_8bit",
      "adamw_8bit",
      "paged_adamw_8bit",
      "paged_adamw_32bit",
      "lion_8bit",
      "paged_lion_8bit",
      "adafactor",
      "galore_adamw",
      "q_galore_adamw8bit",
      "apollo_adamw",
      "lomo",
      "schedule_free_adamw",
      "muon",
      "dion",
      "sinkgd",
      "came_pytorch",
      "optimi_adamw",
      "ao_adamw_8bit",
      "ao_adamw_4bit",
      "ao_adamw_fp8",
      "adopt_adamw",
      "flash_adamw",
      "flash_lion",
    ],
  },
  optim_args: { about: "Further arguments of the optimizer" },
  optim_target_modules: { holds: "modules", about: "Modules that GaLore and its like work on" },
  torchdistx_path: { about: "Path of torchdistx, for anyprecision_adamw" },
  learning_rate: { about: "Peak learning rate", note: t`learning_rate is not set; axolotl requires it` },
  embedding_lr: { about: "Learning rate of the embeddings" },
  embedding_lr_scale: { about: "Learning rate of the embeddings over that of the rest" },
  lr_groups: { about: "Modules with learning rates of their own: name, modules and lr" },
  dion_lr: { about: "Learning rate of the matrices that Dion trains" },
  dion_momentum: { about: "Dion's momentum", default: 0.95 },
  dion_rank_fraction: { about: "Rank of Dion's updates as a share of the width", default: 1 },
  qgalore_rank: { about: "Rank of Q-GaLore's projection", default: 256 },
  qgalore_update_proj_gap: { about: "Updates between two projections (Q-GaLore)", default: 200 },
  lr_scheduler: {
    about: "Course of the learning rate: transformers' names, rex, or one_cycle",
    default: "cosine",
    values: [
      "cosine",
      "linear",
      "constant",
      "constant_with_warmup",
      "cosine_with_restarts",
      "cosine_with_min_lr",
      "polynomial",
      "inverse_sqrt",
      "reduce_lr_on_plateau",
      "rex",
      "one_cycle",
      "warmup_stable_decay",
    ],
  },
  lr_scheduler_kwargs: { about: "Further settings of the scheduler" },
  lr_div_factor: { about: "Peak over the first rate (one_cycle)" },
  cosine_min_lr_ratio: { about: "Floor of the cosine as a share of the peak" },
  cosine_constant_lr_ratio: { about: "Share of the run after which the floor is reached" },
  lr_quadratic_warmup: { about: "Warm up along a parabola" },
  jagged_restart_steps: { about: "Updates between two restarts (ReLoRA)", aliases: ["relora_steps"] },
  jagged_restart_warmup_steps: { about: "Updates of warmup after a restart", aliases: ["relora_warmup_steps"] },
  jagged_restart_anneal_steps: { about: "Updates of decay before a restart", aliases: ["relora_anneal_steps"] },
  warmup_steps: { about: "Updates until the peak" },
  warmup_ratio: { about: "Share of all updates that warm up", note: t`3 % of the run, at most 100 updates` },
  weight_decay: { about: "Decoupled weight decay", default: 0 },
  adam_beta1: { about: "Decay of AdamW's first moment", default: 0.9 },
  adam_beta2: { about: "Decay of AdamW's second moment", default: 0.999 },
  adam_beta3: { about: "Third decay of optimizers that have one, such as CAME" },
  adam_epsilon: { about: "AdamW's epsilon", default: 1e-8 },
  adam_epsilon2: { about: "Second epsilon of optimizers that have one, such as CAME" },
  max_grad_norm: { about: "Norm to which gradients are clipped", default: 1 },
  bf16: {
    about: "bfloat16 weights and autocast, where the GPU has it",
    default: "auto",
    values: ["auto", "true", "false", "full"],
  },
  fp16: { about: "float16 weights and autocast", default: false },
  fp8: { about: "Matrix products in float8", default: false },
  bfloat16: { about: "bfloat16 without autocast", default: false },
  float16: { about: "float16 without autocast", default: false },
  float32: { about: "Everything in float32", default: false },
  tf32: { about: "Let float32 matrix products use TF32", values: ["auto", "true", "false"] },
  gradient_checkpointing: {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: false,
    values: ["true", "false", "offload", "offload_disk"],
  },
  gradient_checkpointing_kwargs: { about: "How to checkpoint, such as use_reentrant" },
  "gradient_checkpointing_kwargs.use_reentrant": {
    about: "Checkpoint in torch's older way",
    default: true,
    note: t`false with rl, unfrozen_parameters and Gemma 4`,
  },
  "gradient_checkpointing_kwargs.offload": { about: "Keep checkpoints in the host's memory", default: false },
  activation_offloading: {
    about: "Keep activations in the host's memory",
    default: false,
    values: ["true", "false", "legacy", "disk", "hidden_states"],
  },
  selective_checkpointing: { about: "What to keep and what to recompute" },
  layer_offloading: { about: "Keep the layers that are not at work in the host's memory", default: false },
  tiled_mlp: { about: "Compute the MLP in pieces of the sequence", default: false },
  attn_implementation: {
    about: "Attention kernel",
    default: "sdpa",
    values: ["flash_attention_2", "flash_attention_3", "sdpa", "eager", "flex_attention", "xformers", "sage"],
  },
  flash_attention: { about: "Use flash attention; now attn_implementation", default: false },
  sdp_attention: { about: "Use torch's own kernel; now attn_implementation", default: false },
  xformers_attention: { about: "Use xformers' kernel; now attn_implementation", default: false },
  flex_attention: { about: "Use torch's flex attention; now attn_implementation", default: false },
  sage_attention: { about: "Use SageAttention; now attn_implementation", default: false },
  eager_attention: { about: "Use plain attention; now attn_implementation", default: false },
  flash_attn_cross_entropy: { about: "flash-attn's kernel for the loss", default: false },
  plugins: { about: "Integrations to load, such as Liger or Cut Cross-Entropy" },
  liger_rope: { about: "Liger's kernel for the positions", default: false },
  liger_rms_norm: { about: "Liger's kernel for RMSNorm", default: false },
  liger_rms_norm_gated: { about: "Liger's kernel for gated RMSNorm", default: false },
  liger_layer_norm: { about: "Liger's kernel for LayerNorm", default: false },
  liger_glu_activation: {
    about: "Liger's kernel for the MLP's activation",
    default: false,
    aliases: ["liger_swiglu"],
  },
  liger_cross_entropy: { about: "Liger's kernel for the loss, which takes all logits", default: false },
  liger_fused_linear_cross_entropy: { about: "Never hold all logits at once; wants the Liger plugin", default: false },
  cut_cross_entropy: { about: "Never hold all logits at once; wants the Cut Cross-Entropy plugin" },
  chunked_cross_entropy: { about: "Compute the loss in chunks of the logits", default: false },
  chunked_cross_entropy_num_chunks: { about: "Chunks of the logits", default: 8 },
  use_kernels: { about: "Kernels of the Hub, such as MegaBlocks" },
  use_scattermoe: { about: "ScatterMoE's kernels for experts", default: false },
  use_sonicmoe: { about: "SonicMoE's kernels for experts", default: false },
  llama4_linearized_experts: { about: "Turn Llama 4's fused experts into layers", default: false },
  experimental_skip_move_to_device: { about: "Leave the model where it is until it is sharded", default: true },
  torch_compile: { about: "Compile the model", default: false },
  deepspeed: { about: "DeepSpeed configuration: a path or a mapping" },
  deepcompile: { about: "DeepSpeed's compiler", default: false },
  fsdp: { about: "FSDP options; now fsdp_version and fsdp_config" },
  fsdp_version: { about: "FSDP version", values: ["1", "2"] },
  fsdp_config: { about: "FSDP settings" },
  "fsdp_config.offload_params": {
    about: "Keep weights, gradients and optimizer in the host's memory",
    default: false,
    aliases: ["fsdp_config.fsdp_offload_params"],
  },
  "fsdp_config.reshard_after_forward": {
    about: "Drop a layer's weights between forward and backward pass",
    default: true,
    aliases: ["fsdp_config.fsdp_reshard_after_forward"],
  },
  "fsdp_config.sharding_strategy": {
    about: "What the GPUs split (FSDP 1)",
    default: "FULL_SHARD",
    values: ["FULL_SHARD", "SHARD_GRAD_OP", "NO_SHARD", "HYBRID_SHARD", "HYBRID_SHARD_ZERO2"],
    aliases: ["fsdp_config.fsdp_sharding_strategy"],
  },
  "fsdp_config.auto_wrap_policy": {
    about: "How the model is cut into units",
    values: ["TRANSFORMER_BASED_WRAP", "SIZE_BASED_WRAP"],
    aliases: ["fsdp_config.fsdp_auto_wrap_policy"],
  },
  "fsdp_config.transformer_layer_cls_to_wrap": {
    about: "Class of the layers, each of which is a unit",
    aliases: ["fsdp_config.fsdp_transformer_layer_cls_to_wrap"],
  },
  "fsdp_config.activation_checkpointing": {
    about: "Recompute activations, in FSDP's way",
    default: false,
    aliases: ["fsdp_config.fsdp_activation_checkpointing"],
  },
  "fsdp_config.cpu_ram_efficient_loading": {
    about: "Load the model in one process only",
    aliases: ["fsdp_config.fsdp_cpu_ram_efficient_loading"],
  },
  "fsdp_config.state_dict_type": {
    about: "Form of the checkpoints",
    values: ["FULL_STATE_DICT", "SHARDED_STATE_DICT", "LOCAL_STATE_DICT"],
    aliases: ["fsdp_config.fsdp_state_dict_type"],
  },
  "fsdp_config.mixed_precision_policy": { about: "Type in which FSDP computes", values: ["bf16", "fp16"] },
  "fsdp_config.fsdp_version": { about: "FSDP version", values: ["1", "2"], aliases: ["fsdp_config.version"] },
  "fsdp_config.fsdp_limit_all_gathers": { about: "Fetch no layer too early (FSDP 1)", default: true },
  "fsdp_config.fsdp_sync_module_states": { about: "Start all GPUs from the first one's weights (FSDP 1)" },
  "fsdp_config.fsdp_use_orig_params": { about: "Keep the parameters as they are (FSDP 1)" },
  dp_shard_size: { about: "GPUs among which the model is split" },
  dp_replicate_size: { about: "Copies of a model that is split" },
  tensor_parallel_size: { about: "GPUs that share each matrix", default: 1 },
  context_parallel_size: { about: "GPUs that share each sequence", default: 1, aliases: ["sequence_parallel_degree"] },
  expert_parallel_size: { about: "GPUs that share the experts", default: 1 },
  ring_attn_func: { about: "How sequences are shared", values: ["varlen_llama3", "batch_ring"] },
  use_ray: { about: "Launch with Ray", default: false },
  ray_num_workers: { about: "GPUs, where Ray launches", default: 1 },
  ddp_find_unused_parameters: { about: "Look for weights that got no gradient" },
  neftune_noise_alpha: {
    about: "Noise on the embeddings while training (NEFTune)",
    aliases: ["noisy_embedding_alpha"],
  },
  loss_watchdog_threshold: { about: "Loss above which a run counts as failed" },
  loss_watchdog_patience: { about: "Updates above the threshold until the run is stopped" },
  early_stopping_patience: { about: "Evaluations without progress until the run is stopped" },
  output_dir: { about: "Folder of checkpoints", default: "./model-out" },
  resume_from_checkpoint: { about: "Checkpoint to go on from" },
  eval_strategy: {
    about: "When to evaluate",
    default: "no",
    values: ["no", "steps", "epoch"],
    aliases: ["evaluation_strategy"],
  },
  eval_steps: { about: "Updates between two evaluations; below 1 a share of the run" },
  evals_per_epoch: { about: "Evaluations per epoch" },
  save_strategy: { about: "When to save", values: ["no", "steps", "epoch", "best"] },
  save_steps: { about: "Updates between two checkpoints; below 1 a share of the run" },
  saves_per_epoch: { about: "Checkpoints per epoch" },
  save_total_limit: { about: "Checkpoints to keep" },
  logging_steps: { about: "Updates between two log lines" },
  seed: { about: "Random seed", default: 42 },
  hub_model_id: { about: "Hub id for the checkpoints" },
  wandb_project: { about: "Weights & Biases project" },
  wandb_entity: { about: "Weights & Biases user or team" },
  wandb_name: { about: "Name of the run in Weights & Biases" },
  wandb_watch: { about: "What Weights & Biases records of the model", values: ["gradients", "parameters", "all"] },
  wandb_log_model: { about: "When Weights & Biases gets checkpoints", values: ["checkpoint", "end"] },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

const groupVocabulary = {
  name: { about: "Name of the group" },
  modules: { about: "Parts of the names of its parameters", default: "" },
  lr: { about: "Its learning rate", note: t`lr is not set` },
} as const satisfies Vocabulary;

const newLora = { lora_r: 16, lora_alpha: 32, lora_target_linear: true };

/** Axolotl: one flat YAML file per run. */
export const axolotl: Dialect = {
  id: "axolotl",
  label: "axolotl",
  telltales: ["base_model"],
  vocabulary,
  loader: { textNumbers: [nestedNumbers, countsWithExponents] },
  detect(document) {
    const { entries } = document.root;
    if (!entries.has("base_model") || !signs.some((key) => entries.has(key))) return 0;
    if (entries.has("learning_rate") || entries.has("micro_batch_size")) return 1;
    return trainingSigns.some((key) => entries.has(key)) ? 0.6 : 0;
  },
  formerKeys: axolotlFormerKeys,
  links: shardingLinks,
  read(document, { versions, linked }) {
    const keys = reader(document, vocabulary);
    const bits = readBits(keys);
    const method = readMethod(keys, bits);
    const plan = {
      stage: readStage(keys),
      model: { id: keys.text("base_model"), shape: null },
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys) : null,
      quantization: readQuantization(keys, bits),
      optimizer: readOptimizer(keys),
      learningRate: {
        peak: keys.number("learning_rate"),
        scheduler: keys.text("lr_scheduler"),
        family: "axolotl",
        schedulerArguments: readSchedulerArguments(keys, document),
        warmup: readWarmup(keys),
        ...readGroups(keys, document, method, versions),
      },
      duration: {
        epochs: keys.number("num_epochs"),
        maxSteps: stepLimit(keys, "max_steps"),
        maxTokens: byDefault(null),
      },
      evaluationInterval: readEvaluation(keys),
      saveInterval: readSaves(keys),
      batch: {
        micro: keys.number("micro_batch_size"),
        accumulation: readAccumulation(keys),
        global: null,
        evaluation: keys.number("eval_batch_size", keys.number("micro_batch_size")),
      },
      sequenceLength: keys.number("sequence_len"),
      packing: keys.flag("sample_packing"),
      data: {
        ...unknownData,
        sources: readSources(keys, document),
        validation: keys.number("val_set_size"),
        dropLast: keys.flag("dataloader_drop_last"),
        ...readPadding(keys),
        streaming: readStreaming(keys),
        ...(readStage(keys).value === "grpo" && !readsAlong(keys)
          ? { answers: answersOf(keys.number("trl.num_generations"), keys.number("trl.num_iterations")) }
          : {}),
      },
      precision: wrapsInFsdp1(keys) ? underFsdp(readPrecision(keys), versions) : readPrecision(keys),
      gradientCheckpointing: readCheckpointing(keys),
      activationOffload: readActivationOffload(keys),
      ...(keys.has("qat") ? { fakeQuantization: byDefault(true, t`qat is set`) } : {}),
      attention: readAttention(keys),
      loss: readLoss(keys),
      ...(keys.flag("liger_fused_linear_cross_entropy").value ? ligerEvaluation(readLoss(keys)) : {}),
      reentrant: readReentrant(keys),
      ...readKernels(keys),
      ...readComparison(keys),
      ...readPreference(keys),
      parallelism: {
        ...dataParallel(readGpus(keys), trainerSplit(document, linked, { versions, settingsSuffice: true })),
        ...(keys.has("dp_replicate_size") ? copiesOf(keys.number("dp_replicate_size")) : {}),
        tensor: keys.number("tensor_parallel_size"),
        context: keys.number("context_parallel_size"),
        expert: keys.number("expert_parallel_size"),
      },
    } satisfies TrainingPlan;
    return throughDeepspeed(plan, document, { linked, versions });
  },
  keys: {
    peakLearningRate: "learning_rate",
    microBatch: "micro_batch_size",
    accumulation: "gradient_accumulation_steps",
    evaluationBatch: "eval_batch_size",
    sequenceLength: "sequence_len",
    gradientCheckpointing: "gradient_checkpointing",
    epochs: "num_epochs",
    warmupSteps: "warmup_steps",
    warmupRatio: "warmup_ratio",
    scheduler: "lr_scheduler",
    schedulerSettings: "lr_scheduler_kwargs.*",
    optimizer: "optimizer",
    loraRank: "lora_r",
  },
  levers: {
    ...splitLevers,
    zero2: [...zeroStage(2), fsdp2(false)],
    zero3: [...zeroStage(3), fsdp2(true)],
    offloadAll: [
      ...splitLevers.offloadAll,
      { set: { fsdp_version: (version) => Number(version) || undefined, "fsdp_config.offload_params": true } },
    ],
    ...optimizerLevers("optimizer", "adamw_torch_fused", "adamw_torch_8bit", "paged_adamw_8bit"),
    ligerLoss: [
      { set: { plugins: ["axolotl.integrations.liger.LigerPlugin"], liger_fused_linear_cross_entropy: true } },
    ],
    flashAttention: [{ set: { attn_implementation: "sdpa", eager_attention: false } }],
    full: [{ set: { adapter: null, load_in_4bit: false, load_in_8bit: false } }],
    lora: [{ set: { adapter: "lora", load_in_4bit: false }, adapters: newLora }],
    qlora: [{ set: { adapter: "qlora", load_in_4bit: true, load_in_8bit: false }, adapters: newLora }],
  },
  write(document, { schedulerSettings = {}, ...change }) {
    const keys = reader(document, vocabulary);
    const settings = [
      ...writeKeys(
        document,
        { schedulerSettings: "*", scheduler: "lr_scheduler" },
        { schedulerSettings: ownSettings(schedulerSettings, true) },
      ),
      ...writeKeys(document, axolotl.keys, { schedulerSettings: ownSettings(schedulerSettings, false) }),
    ];
    if (!takesTotalBatch(keys)) return [...writeKeys(document, axolotl.keys, change), ...settings];
    const { microBatch, accumulation, ...others } = change;
    const micro = microBatch ?? keys.number("micro_batch_size").value ?? 1;
    const passes = accumulation ?? readAccumulation(keys).value ?? 1;
    const own = microBatch === undefined ? {} : { microBatch };
    return [
      ...writeKeys(document, axolotl.keys, { ...own, ...others }),
      ...(micro * passes === keys.number("batch_size").value ? [] : setValue(document, "batch_size", micro * passes)),
      ...settings,
    ];
  },
};

/** The settings that axolotl has keys of its own for, or those of transformers. */
function ownSettings(
  settings: NonNullable<PlanChange["schedulerSettings"]>,
  own: boolean,
): NonNullable<PlanChange["schedulerSettings"]> {
  return Object.fromEntries(
    Object.entries(settings).filter(([name]) => own === bendingKeys.some((key) => key === name)),
  );
}

/** FSDP2, which drops the weights after the forward pass or keeps them. */
function fsdp2(drops: boolean): Lever {
  return {
    isFor: mayUseFsdp,
    set: { fsdp_version: 2, "fsdp_config.reshard_after_forward": drops },
    fill: { "fsdp_config.auto_wrap_policy": "TRANSFORMER_BASED_WRAP" },
  };
}

const signs = [
  "sequence_len",
  "micro_batch_size",
  "adapter",
  "datasets",
  "lora_r",
  "num_epochs",
  "rl",
  "load_in_8bit",
  "load_in_4bit",
  "pretraining_dataset",
];

/** Keys that only a run that trains has; a dataset or a merge is described without them. */
const trainingSigns = [
  "lora_r",
  "batch_size",
  "gradient_accumulation_steps",
  "num_epochs",
  "max_steps",
  "optimizer",
  "lr_scheduler",
];

const bendingKeys = [
  "lr_quadratic_warmup",
  "cosine_min_lr_ratio",
  "cosine_constant_lr_ratio",
  "jagged_restart_steps",
  "jagged_restart_warmup_steps",
  "jagged_restart_anneal_steps",
] as const;

function readOptimizer(keys: Keys): OptimizerPlan {
  const optimizer = {
    name: keys.text("optimizer"),
    weightDecay: keys.number("weight_decay"),
    beta2: keys.number("adam_beta2"),
    epsilon: keys.number("adam_epsilon"),
    maxGradNorm: keys.number("max_grad_norm"),
  };
  return withProjection(optimizer, keys.text("optim_args"));
}

/** The keys that bend the curve of `lr_scheduler`, by their newest names, and what is in `lr_scheduler_kwargs`. */
function readSchedulerArguments(keys: Keys, document: ConfigDocument): Sourced<SchedulerArguments> {
  const kwargs = schedulerArgumentsAt(keys, "lr_scheduler_kwargs", (_, value) => isSet(value));
  const own = bendingKeys.flatMap((key) => {
    const [entry] = namesOf(vocabulary, key).flatMap((name) => document.root.entries.get(name) ?? []);
    return entry?.value.kind === "scalar" && isSet(entry.value.value) ? [[key, entry.value.value] as const] : [];
  });
  const all = new Map([...(kwargs.value ?? []), ...own]);
  if (all.size === 0) return byDefault(all);
  const place = bendingKeys.reduce((found, key) => found ?? keys.place(key), keys.place("lr_scheduler_kwargs"));
  return { value: all, origin: "file", ...(place ? { place } : {}) };
}

function isSet(value: Argument): boolean {
  return value !== null && value !== false;
}

function readStage(keys: Keys): Sourced<Stage> {
  const rl = keys.text("rl");
  if (keys.has("rl")) {
    const stage = preferenceStages.get(rl.value ?? "");
    return stage ? mapped(rl, () => stage) : unknown(t`rl: ${rl.value ?? rl.note} is not known`, rl.place);
  }
  const reward = keys.flag("reward_model");
  if (reward.value) return mapped(reward, () => "reward");
  const steps = keys.flag("process_reward_model");
  if (steps.value) return mapped(steps, () => "classify");
  return byDefault(keys.has("pretraining_dataset") ? "continued-pretrain" : "sft");
}

/** Energy-based fine-tuning (`ebft`) scores answers of its own, as GRPO does. */
const preferenceStages: ReadonlyMap<string, Stage> = new Map([
  ["dpo", "dpo"],
  ["ipo", "dpo"],
  ["kto", "kto"],
  ["orpo", "orpo"],
  ["simpo", "simpo"],
  ["grpo", "grpo"],
  ["gdpo", "grpo"],
  ["ebft", "grpo"],
]);

/** Without `adapter` every weight is trained, LoRA keys or not, unless only some layers are. */
function readMethod(keys: Keys, bits: Sourced<number> | null): Sourced<Method> {
  if (keys.has("adapter")) {
    return mapped(keys.text("adapter"), (name): Method => {
      if (name !== "lora" && name !== "qlora") return "adapter";
      return name === "qlora" || bits?.value === 4 ? "qlora" : "lora";
    });
  }
  if (keys.has("hatchery.lora_rank")) return mapped(keys.number("hatchery.lora_rank"), () => "lora");
  const unfrozen = keys.words("unfrozen_parameters", byDefault([]));
  if (unfrozen.value?.length) return mapped(unfrozen, () => "freeze");
  if (keys.has("lisa_n_layers")) return mapped(keys.number("lisa_n_layers"), () => "freeze");
  const empty = keys.nullAt("adapter");
  return empty ? mapped(empty, () => "full") : byDefault("full", t`no adapter`);
}

function readLora(keys: Keys): LoraPlan {
  return {
    rank: orElse(keys.number("lora_r"), keys.number("hatchery.lora_rank")),
    alpha: keys.number("lora_alpha"),
    dropout: keys.number("lora_dropout"),
    targets: readTargets(keys),
    ...peftLayersAt(keys, "peft_layers_to_transform"),
    modulesToSave: keys.words("lora_modules_to_save"),
    rsLora: keys.flag("peft_use_rslora"),
    dora: keys.flag("peft_use_dora"),
  };
}

function readTargets(keys: Keys): Sourced<LoraTargets> {
  const all = keys.flag("lora_target_linear");
  return all.value ? mapped(all, () => ({ kind: "all" })) : peftTargetsAt(keys, "lora_target_modules");
}

/** By bitsandbytes (`load_in_*`), by GPTQ before, or as `peft.weight_dtype` says; `qlora` alone asks for 4 bits. */
function readBits(keys: Keys): Sourced<number> | null {
  for (const [key, bits] of [
    ["load_in_4bit", 4],
    ["load_in_8bit", 8],
    ["gptq", 4],
  ] as const) {
    const flag = keys.flag(key);
    if (flag.value) return mapped(flag, () => bits);
  }
  if (keys.has("peft.weight_dtype")) {
    return mapped(keys.text("peft.weight_dtype"), (type) => (type === "int8" ? 8 : 4));
  }
  return keys.text("adapter").value === "qlora" ? byDefault(4, t`adapter: qlora`) : null;
}

function readQuantization(keys: Keys, bits: Sourced<number> | null): Quantization | null {
  if (!bits) return null;
  const other = keys.flag("gptq").value || keys.text("peft.backend").value === "torchao";
  return {
    bits,
    doubleQuantization: other
      ? byDefault(false, t`only bitsandbytes does it`)
      : keys.flag("bnb_config_kwargs.bnb_4bit_use_double_quant", byDefault(true, t`axolotl sets it`)),
    float32Norms: byDefault(false, t`axolotl casts them back to the compute type under adapters`),
    // Llama 4's experts are layers of their own then. Source: axolotl, monkeypatch/models/llama4/modeling.py.
    fusedExperts: keys.flag(
      keys.flag("llama4_linearized_experts").value ? "llama4_linearized_experts" : "quantize_moe_experts",
    ),
  };
}

/**
 * `warmup_steps`, `warmup_ratio`, or 3 % of the run and at most 100 updates; a single update is made two. Some of axolotl's own
 * examples give a share as `warmup_steps`, which its schema refuses.
 */
function readWarmup(keys: Keys): Sourced<Warmup> {
  const steps = keys.number("warmup_steps");
  if (steps.value !== undefined && !Number.isInteger(steps.value))
    return unknown(t`warmup_steps is a number of updates; a share of them is warmup_ratio`, steps.place);
  if (keys.has("warmup_steps")) return mapped(steps, (count) => ({ steps: count === 1 ? 2 : count }));
  const rounded = { rounding: "down", oneIsTwo: true } as const;
  if (!keys.has("warmup_ratio")) return byDefault({ ratio: 0.03, atMost: 100, ...rounded });
  return mapped(keys.number("warmup_ratio"), (ratio) => ({ ratio, ...rounded }));
}

/** `batch_size` is what one GPU sees per update; it may stand in for the accumulation, and does not go with it. 0 is as if left out. */
function takesTotalBatch(keys: Keys): boolean {
  const isSet = (key: "batch_size" | "gradient_accumulation_steps") => keys.has(key) && keys.number(key).value !== 0;
  return isSet("batch_size") && !isSet("gradient_accumulation_steps");
}

/**
 * As often as it is told to where there are data for it, and never where nothing is said, or only a single evaluation in the whole
 * run: then transformers' default stays. Source: axolotl, core/builders/base.py.
 */
function readEvaluation(keys: Keys): Sourced<Interval> {
  const hasData = keys.has("test_datasets") || (keys.number("val_set_size").value ?? 0) > 0;
  if (!hasData) return byDefault(never, t`there are no data to evaluate on`);
  const perEpoch = shareOfRun(keys, "evals_per_epoch");
  if (perEpoch) return perEpoch;
  if (keys.number("eval_steps").value) return mapped(keys.number("eval_steps"), stepsInterval);
  const logging = keys.number("logging_steps", unknown(t`axolotl's logging_steps depend on the length of the run`));
  return strategyInterval(keys.text("eval_strategy"), logging);
}

function readSaves(keys: Keys): Sourced<Interval> {
  const perEpoch = shareOfRun(keys, "saves_per_epoch");
  if (perEpoch) return perEpoch;
  if (keys.number("save_steps").value) return mapped(keys.number("save_steps"), stepsInterval);
  const steps = byDefault(500, "transformers' default");
  return strategyInterval(keys.text("save_strategy", byDefault("epoch")), steps);
}

/** So many times per epoch as a share of all updates, which takes effect where it is less than the whole run. */
function shareOfRun(keys: Keys, key: "evals_per_epoch" | "saves_per_epoch"): Sourced<Interval> | undefined {
  const times = keys.number(key);
  const epochs = keys.number("num_epochs").value;
  if (!times.value || !epochs) return undefined;
  const share = 1 / (times.value * epochs);
  return share < 1 ? mapped(times, () => stepsInterval(share)) : undefined;
}

/**
 * LoRA+ goes before the other groups. Optimizers that group the parameters themselves take no notice of any. What is trained
 * in full beside adapters counts as embeddings, and so does the output layer.
 */
function readGroups(
  keys: Keys,
  document: ConfigDocument,
  method: Sourced<Method>,
  versions: Versions,
): Pick<TrainingPlan["learningRate"], "groups"> {
  const peak = keys.number("learning_rate");
  const adapts = method.value === "lora" || method.value === "qlora";
  const optimizer = keys.text("optimizer").value ?? "";
  if (optimizer === "dion") return rateGroups(groupAt(t`matrices (Dion)`, keys.number("dion_lr")));
  if (/^(?:muon|galore|apollo|lomo|adalomo|q_galore)/.test(optimizer)) return {};
  if (keys.has("loraplus_lr_ratio")) {
    if (!adapts) return {};
    const targets = keys.words("lora_target_modules", byDefault([])).value ?? [];
    const separate = targets.some(isEmbedding) && does(versions, releases.loraPlusTellsEmbeddings);
    return rateGroups(
      loraPlusGroup(keys.number("loraplus_lr_ratio"), peak),
      separate ? groupAt(t`LoRA on embeddings`, keys.number("loraplus_lr_embedding")) : [],
    );
  }
  const named = keys.maps("lr_groups").map((root) => {
    const group = reader({ ...document, root }, groupVocabulary);
    const modules = group.words("modules").value ?? [];
    return groupAt(`${group.text("name").value ?? "group"} (${modules.join(", ")})`, group.number("lr"));
  });
  return rateGroups(embeddingGroup(keys, method, peak), ...named);
}

/** A scale goes before a rate. */
function embeddingGroup(keys: Keys, method: Sourced<Method>, peak: Sourced<number>): readonly RateGroup[] {
  const separate = trainedBesideAdapters(keys);
  const name = method.value === "full" ? t`embeddings and output layer` : separate.join(", ");
  if (method.value !== "full" && separate.length === 0) return [];
  const scale = keys.number("embedding_lr_scale");
  return scale.value ? scaledGroup(name, scale, peak) : groupAt(name, keys.number("embedding_lr"));
}

/** What beside adapters, or of them, is trained with the rate of the embeddings. */
function trainedBesideAdapters(keys: Keys): readonly string[] {
  const targets = keys.words("lora_target_modules", byDefault([])).value ?? [];
  const embeddings = targets.filter((name) => /embed_tokens|lm_head/.test(name));
  return [...new Set([...(keys.words("lora_modules_to_save").value ?? []), ...embeddings])];
}

function readAccumulation(keys: Keys): Sourced<number> {
  const micro = keys.number("micro_batch_size").value;
  if (!takesTotalBatch(keys) || !micro) return keys.number("gradient_accumulation_steps");
  return mapped(keys.number("batch_size"), (total) => Math.max(1, Math.floor(total / micro)));
}

/** TRL's trainers pad for preference and reinforcement learning. Source: axolotl, core/builders/causal.py, rl.py. */
function readPadding(keys: Keys): Pick<TrainingPlan["data"], "padded"> {
  return keys.has("pad_to_sequence_len") && !keys.has("rl") ? { padded: keys.flag("pad_to_sequence_len") } : {};
}

/** Data for pretraining are always streamed. Source: axolotl, utils/schemas/validation.py (check_pretraining_w_max_steps). */
function readStreaming(keys: Keys): Sourced<boolean> {
  const place = keys.place("pretraining_dataset");
  return place ? { value: true, origin: "file", place } : keys.flag("streaming");
}

function readSources(keys: Keys, document: ConfigDocument): readonly DataSource[] {
  return [
    ...dataSources(document, keys.maps("datasets"), "path"),
    ...dataSources(document, keys.maps("pretraining_dataset"), "path"),
    ...namedSources(keys.words("pretraining_dataset", byDefault([]))),
  ];
}

/** Ray knows the number, and so does a mesh that says how many GPUs split a model; others leave it to the launcher. */
function readGpus(keys: Keys): Sourced<number> {
  if (keys.flag("use_ray").value) return keys.number("ray_num_workers");
  const shards = keys.number("dp_shard_size", byDefault(1));
  const others = (
    ["dp_replicate_size", "tensor_parallel_size", "context_parallel_size", "expert_parallel_size"] as const
  )
    .map((key) => keys.number(key, byDefault(1)).value ?? 1)
    .reduce((product, size) => product * size, 1);
  if (keys.has("dp_shard_size")) return mapped(shards, (size) => size * others);
  return assumed(
    others,
    others > 1
      ? t`no fewer GPUs than share a model; axolotl takes their number from the launcher`
      : t`axolotl takes the number of GPUs from the launcher`,
  );
}

/**
 * `bf16: auto` (the default) means bfloat16 where the GPU has it: weights loaded in bfloat16 and autocast on. `bfloat16` and
 * `float16` hold the weights in that type without autocast. Beside `bf16: true`, `fp16` does nothing. PEFT makes its adapters float32
 * unless it is told not to. Source: axolotl, utils/config/__init__.py (resolve_dtype).
 */
function readPrecision(keys: Keys): Precision {
  const [weights, autocast] = readTypes(keys);
  const keeps = keys.flag("peft_autocast_adapter_dtype").value === false;
  return precisionOf(weights, autocast, keeps ? weights : peftType);
}

/** FSDP 1 is accelerate's; axolotl prepares FSDP 2 itself, and casts nothing. Source: monkeypatch/accelerate/fsdp2.py. */
function wrapsInFsdp1(keys: Keys): boolean {
  if (keys.has("deepspeed")) return false;
  const version = keys.number("fsdp_version", keys.number("fsdp_config.fsdp_version")).value;
  return keys.has("fsdp") ? version !== 2 : version === 1;
}

function readTypes(keys: Keys): readonly [weights: Sourced<Dtype>, autocast: Sourced<Dtype | null>] {
  for (const type of ["bfloat16", "float16"] as const) {
    const pure = keys.flag(type);
    if (pure.value) return [mapped(pure, () => type), mapped(pure, () => null)];
  }
  const half = keys.flag("fp16");
  const text = keys.text("bf16");
  const winsOverHalf = text.value === "full" || keys.flag("bf16").value === true;
  if (half.value && !winsOverHalf) return [mapped(half, () => "float16"), mapped(half, () => "float16")];
  const on = text.value === "auto" || text.value === "full" ? mapped(text, () => true) : keys.flag("bf16");
  return [
    mapped(on, (brain) => (brain ? "bfloat16" : "float32")),
    mapped(on, (brain) => (brain && text.value !== "full" ? "bfloat16" : null)),
  ];
}

/** Ways to checkpoint that leave the rest in the host's memory. */
const offloadingWay = /^(?:offload|offload_disk|unsloth)$/;

/** `true`, one of the offloading variants, which checkpoint too, or FSDP's own way. */
function readCheckpointing(keys: Keys): Sourced<boolean> {
  const text = keys.text("gradient_checkpointing");
  if (offloadingWay.test(text.value ?? "")) return mapped(text, () => true);
  const own = keys.flag("gradient_checkpointing");
  const fsdp = keys.flag("fsdp_config.activation_checkpointing");
  return fsdp.value && !own.value ? fsdp : own;
}

function readActivationOffload(keys: Keys): Sourced<boolean> {
  const way = keys.text("gradient_checkpointing");
  if (offloadingWay.test(way.value ?? "")) return mapped(way, () => true);
  const kept = keys.flag("gradient_checkpointing_kwargs.offload");
  if (kept.value && keys.flag("gradient_checkpointing").value) return kept;
  return mapped(keys.text("activation_offloading"), (where) => !/^(?:false|no|off|none)$/i.test(where));
}

/**
 * Reentrant where nothing is said of checkpointing, but for preference and reinforcement learning and where some parameters are frozen by
 * name; never for Gemma 4. Source: axolotl, utils/config/__init__.py (normalize_config), core/builders/base.py.
 */
function readReentrant(keys: Keys): Sourced<boolean> {
  if (/gemma-?4/i.test(keys.text("base_model").value ?? "")) return byDefault(false, "Gemma 4");
  const others = (["rl", "unfrozen_parameters", "gradient_checkpointing_kwargs"] as const).filter(keys.has);
  return keys.flag("gradient_checkpointing_kwargs.use_reentrant", byDefault(others.length === 0));
}

function readAttention(keys: Keys): TrainingPlan["attention"] {
  for (const [key, kind] of [
    ["flash_attention", "flash"],
    ["sdp_attention", "sdpa"],
    ["xformers_attention", "sdpa"],
    ["flex_attention", "flash"],
    ["sage_attention", "sdpa"],
    ["eager_attention", "eager"],
  ] as const) {
    const flag = keys.flag(key);
    if (flag.value) return mapped(flag, () => kind);
  }
  return mapped(keys.text("attn_implementation"), attentionFrom);
}

/** Energy-based fine-tuning that tries short answers at many places of a text, which it goes through as plain fine-tuning does. */
function readsAlong(keys: Keys): boolean {
  return keys.text("rl").value === "ebft" && keys.text("ebft.mode").value === "strided";
}

/**
 * TRL's trainers, GRPO's among them, under axolotl's keys. Energy-based fine-tuning keeps a frozen copy of the model for its features
 * whatever beta is, adapters apart. Source: axolotl, core/trainers/ebft/trainer.py and strided.py.
 */
function readComparison(keys: Keys): Comparison {
  if (readStage(keys).value !== "grpo") {
    const key = "precompute_ref_log_probs";
    return trlPreference(keys.has(key) ? keys.flag(key) : undefined);
  }
  const grpo = trlGrpo({
    beta: readBeta(keys, 0),
    usesVllm: keys.flag("trl.use_vllm"),
    vllmMode: keys.text("trl.vllm_mode", byDefault("colocate", t`TRL's default`)),
    answer: keys.number("trl.max_completion_length", byDefault(512, t`TRL's default`)),
    micro: keys.number("micro_batch_size"),
    steps: readAccumulation(keys),
  });
  if (keys.text("rl").value !== "ebft") return grpo;
  const unknownLength = unknown(t`short answers at many places make every text longer`, keys.place("ebft.mode"));
  return {
    ...grpo,
    ...(readsAlong(keys) ? { generation: { answer: unknownLength, sequences: unknownLength } } : {}),
    referenceModel: byDefault(true, t`a frozen copy of the model tells the features`),
  };
}

/** One number under three names, the first of them that is set, whatever is trained for. Source: axolotl, core/builders/rl.py. */
function readBeta(keys: Keys, otherwise: number): Sourced<number> {
  const key = (["trl.beta", "rl_beta", "orpo_alpha"] as const).find(keys.has);
  return key ? keys.number(key) : byDefault(otherwise, t`TRL's default`);
}

function readPreference(keys: Keys): Pick<TrainingPlan, "preference"> {
  return preferenceOf(
    readStage(keys).value,
    readBeta(keys, 0.1),
    mapped(keys.text("rl", byDefault("")), (name) => name === "ipo"),
  );
}

function hasLiger(keys: Keys): boolean {
  return (keys.words("plugins", byDefault([])).value ?? []).some((name) => name.endsWith("LigerPlugin"));
}

/** Each of Liger's kernels has a key, which does nothing without the plugin. */
function readKernels(keys: Keys): Pick<TrainingPlan, "kernels"> {
  const compile = keys.flag("torch_compile");
  if (compile.value || !hasLiger(keys)) return kernelsIf(compile);
  return kernelsFor(keys.flag("liger_rms_norm"), keys.flag("liger_glu_activation"));
}

/**
 * Liger's fused linear cross-entropy and Cut Cross-Entropy never hold all logits; their keys do nothing without the plugins. The chunked
 * loss, which takes the place of the model's own, cuts logits that are there and is compiled. Source: axolotl, monkeypatch/loss/chunked.py.
 */
function readLoss(keys: Keys): TrainingPlan["loss"] {
  const plugins = keys.words("plugins", byDefault([])).value ?? [];
  const liger = keys.flag("liger_fused_linear_cross_entropy");
  const kernel = keys.flag("liger_cross_entropy");
  if (liger.value && hasLiger(keys)) return mapped(liger, () => "fused");
  if (kernel.value && hasLiger(keys)) return mapped(kernel, () => "in-place");
  if (plugins.some((name) => name.endsWith("CutCrossEntropyPlugin"))) {
    return mapped(keys.flag("cut_cross_entropy", byDefault(true, t`the plugin is loaded`)), (on) =>
      on ? "fused" : "materialised",
    );
  }
  const chunked = keys.flag("chunked_cross_entropy");
  const isModels = /^(?:sft|continued-pretrain)$/.test(readStage(keys).value ?? "");
  return chunked.value && isModels ? mapped(chunked, () => "parts") : byDefault("materialised");
}
