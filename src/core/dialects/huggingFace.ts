import { t } from "../language.ts";
import type {
  DataSource,
  Dtype,
  LoraPlan,
  Method,
  OptimizerPlan,
  Parallelism,
  Precision,
  Quantization,
  Sharding,
  Stage,
  TrainingPlan,
} from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { assumed, byDefault, derived, type Known, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import { type ConfigDocument, entryAt, type MapNode } from "../text/document.ts";
import { setValue } from "../text/edit.ts";
import { accelerate } from "./accelerate.ts";
import { dataSources, namedSources } from "./data.ts";
import type { ChangeKeys, Dialect, ReadContext } from "./dialect.ts";
import { type Plugins, readPlugins } from "./fmsAcceleration.ts";
import { huggingFaceFormerKeys } from "./formerKeys.ts";
import { launchedAutocast, launchesFsdp, underFsdp } from "./fsdpPrecision.ts";
import { answersOf, type Comparison, gkdTeacher, trlGrpo, trlPreference } from "./generation.ts";
import { kernelsIf } from "./kernels.ts";
import type { Lever } from "./levers.ts";
import { type LinkedFiles, linkAt, standingIn } from "./links.ts";
import { countsWithExponents, nestedNumbers, trainingArgumentNumbers } from "./loader.ts";
import { peftTargetsAt } from "./lora.ts";
import { placeOf } from "./place.ts";
import { adapterType, autocastFlagged, checkpointType, dtypeNamed, peftType } from "./precision.ts";
import { preferenceOf } from "./preference.ts";
import { withProjection } from "./projection.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel, splitIn, unknownSplit, unsharded, waitsWithGradients, zeroDefaults } from "./sharding.ts";
import { throughDeepspeed } from "./throughDeepspeed.ts";
import { asksForFsdp, shardingLinks, splitLevers, trainerSplit } from "./trainerSplit.ts";
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
import { namesOf, type Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: huggingface/trl at f2cd57710ae3, trl/trainer/*_config.py; transformers 5.18.0, training_args.py.

/** Further keys of TrainingArguments, which decide nothing that a plan tells. */
export const furtherTrainingArguments = {
  do_train: { about: "Train", default: false },
  do_eval: { about: "Evaluate", default: false },
  do_predict: { about: "Predict on the test data", default: false },
  clip_grad_norm: { about: "The norm to which LOMO's scripts clip gradients" },
  run_name: { about: "Name of the run where it is logged" },
  overwrite_output_dir: { about: "Write over what is in the output folder", default: false },
  resume_from_checkpoint: { about: "Checkpoint to go on from" },
  save_total_limit: { about: "Checkpoints to keep" },
  save_only_model: { about: "Save checkpoints without the optimizer", default: false },
  load_best_model_at_end: { about: "Go back to the best checkpoint at the end", default: false },
  logging_strategy: { about: "When to log", default: "steps", values: ["no", "steps", "epoch"] },
  logging_first_step: { about: "Log the first update too", default: false },
  log_level: { about: "What to log", default: "passive", values: ["debug", "info", "warning", "error", "passive"] },
  push_to_hub: { about: "Upload the checkpoints", default: false },
  hub_model_id: { about: "Hub id for the checkpoints" },
  hub_strategy: {
    about: "When to upload",
    default: "every_save",
    values: ["end", "every_save", "checkpoint", "all_checkpoints"],
  },
  remove_unused_columns: { about: "Leave out columns that the model does not take", default: true },
  "gradient_checkpointing_kwargs.use_reentrant": { about: "Checkpoint in torch's older way" },
  "gradient_checkpointing_kwargs.offload": { about: "Keep checkpoints in the host's memory", default: false },
  "lr_scheduler_kwargs.min_lr": { about: "Floor of the rate (cosine_with_min_lr)" },
  "lr_scheduler_kwargs.min_lr_rate": { about: "Floor of the rate as a share of the peak (cosine_with_min_lr)" },
  "lr_scheduler_kwargs.warmup_lr_rate": { about: "First rate over the peak (cosine_warmup_with_min_lr)" },
  "lr_scheduler_kwargs.num_cycles": { about: "Waves of the cosine", note: t`0.5, or 1 with restarts` },
  "lr_scheduler_kwargs.lr_end": { about: "Last rate (polynomial)", default: 1e-7 },
  "lr_scheduler_kwargs.power": { about: "Power of the curve (polynomial)", default: 1 },
  "lr_scheduler_kwargs.timescale": { about: "Updates until the rate has halved (inverse_sqrt); as the warmup" },
  "lr_scheduler_kwargs.num_stable_steps": { about: "Updates at the peak (warmup_stable_decay)" },
  "lr_scheduler_kwargs.num_decay_steps": { about: "Updates of decay (warmup_stable_decay)" },
  "lr_scheduler_kwargs.decay_type": {
    about: "Course of the decay (warmup_stable_decay)",
    default: "cosine",
    values: ["cosine", "linear", "1-sqrt"],
  },
  "lr_scheduler_kwargs.min_lr_ratio": { about: "Floor as a share of the peak (warmup_stable_decay)", default: 0 },
  optim_args: { about: "Further arguments of the optimizer, such as rank=64" },
  optim_target_modules: { holds: "modules", about: "Modules that GaLore and APOLLO work on" },
  liger_kernel_config: { about: "Which of Liger's kernels to use" },
  parallelism_config: { about: "How GPUs share the work (accelerate)" },
  average_tokens_across_devices: { about: "Weigh the loss by the tokens of all GPUs", default: true },
  ddp_timeout: { about: "Seconds until a silent rank is given up", default: 1800 },
  ddp_find_unused_parameters: { about: "Look for weights that got no gradient" },
  dataloader_pin_memory: { about: "Load data into pinned memory", default: true },
  metric_for_best_model: { about: "What the best checkpoint is best at" },
} as const satisfies Vocabulary;

const vocabulary = {
  ...trainingArguments,
  ...furtherTrainingArguments,
  learning_rate: { about: "Peak learning rate; 2e-5 in TRL's SFT, 1e-6 in its DPO, KTO and GRPO" },
  bf16: { about: "Compute in bfloat16 through autocast; on in TRL, off in Trainer" },
  gradient_checkpointing: {
    about: "Recompute activations in the backward pass; on in TRL, off in Trainer",
    values: ["true", "false"],
  },
  "fsdp_config.activation_checkpointing": {
    about: "Recompute activations, in FSDP's way",
    default: false,
    aliases: ["fsdp_config.fsdp_activation_checkpointing"],
  },
  model_name_or_path: { holds: "model", about: "Hugging Face id or path of the model to train" },
  model_revision: { about: "Revision of the model", default: "main" },
  model_init_kwargs: { about: "Further arguments for loading the model" },
  teacher_model_name_or_path: { holds: "model", about: "Model to learn from" },
  dtype: {
    about: "Type in which the weights are loaded",
    values: ["auto", "bfloat16", "float16", "float32"],
    aliases: ["torch_dtype"],
  },
  attn_implementation: {
    about: "Attention kernel",
    default: "sdpa",
    values: ["flash_attention_2", "flash_attention_3", "sdpa", "eager", "kernels-community/flash-attn2"],
  },
  trust_remote_code: { about: "Run the model's own code", default: false },
  tokenizer_name_or_path: { about: "Tokenizer, where it is not the model's", aliases: ["tokenizer_name"] },
  chat_template: { about: "Chat template", aliases: ["chat_template_path"] },
  eos_token: { about: "Token behind a text" },
  system_prompt: { about: "System prompt in front of every conversation (open-r1)" },
  use_peft: { about: "Train adapters; without it the lora keys do nothing", default: false },
  lora_r: { about: "Rank of the LoRA matrices", default: 16 },
  lora_alpha: { about: "LoRA's scale is alpha / rank", default: 32 },
  lora_dropout: { about: "Dropout in front of the adapters", default: 0.05 },
  lora_target_modules: { holds: "modules", about: "Modules to adapt, or all-linear" },
  lora_target_parameters: { about: "Parameters to adapt that are no layers, such as fused experts" },
  lora_modules_to_save: { about: "Modules to train in full beside the adapters", default: "" },
  lora_task_type: { about: "Task of the adapters", default: "CAUSAL_LM", values: ["CAUSAL_LM", "SEQ_CLS"] },
  use_rslora: { about: "Scale by alpha / √rank", default: false },
  use_dora: { about: "DoRA: adapt direction and magnitude apart", default: false },
  load_in_4bit: { about: "Load the weights in 4 bits", default: false },
  load_in_8bit: { about: "Load the weights in 8 bits", default: false },
  bnb_4bit_quant_type: { about: "4-bit type", default: "nf4", values: ["nf4", "fp4"] },
  use_bnb_nested_quant: { about: "Quantise the scales too", default: false },
  dataset_name: { about: "Training data: a Hub id or a path" },
  dataset_config: { about: "Configuration of the data set", aliases: ["dataset_config_name"] },
  dataset_train_split: { about: "Split to train on", default: "train" },
  dataset_test_split: { about: "Split to evaluate on", default: "test" },
  dataset_prompt_column: { about: "Column of the prompts (open-r1)", default: "prompt" },
  dataset_text_field: { about: "Column that holds the text", default: "text" },
  dataset_streaming: { about: "Read the data while training; wants max_steps", default: false, aliases: ["streaming"] },
  dataset_num_proc: { about: "Processes that tokenise" },
  dataset_mixture: { about: "Training data: several data sets with weights" },
  "dataset_mixture.datasets": { about: "The data sets: a list of id, config, split, columns and weight" },
  "dataset_mixture.datasets.id": { about: "Hub id of the data set" },
  "dataset_mixture.datasets.config": { about: "Configuration of the data set" },
  "dataset_mixture.datasets.split": { about: "Split of the data set", default: "train" },
  "dataset_mixture.datasets.columns": { about: "Columns to keep" },
  "dataset_mixture.datasets.weight": { about: "Share of the data set that is taken", default: 1 },
  "dataset_mixture.test_split_size": { about: "Share of the mixture held out for evaluation" },
  "dataset_mixture.seed": { about: "Random seed of the mixture", default: 0 },
  dataset_mixer: { about: "Training data: data sets and the share of each" },
  dataset_splits: { about: "Splits of the mixed data sets" },
  train_file: { about: "Training data: a local file" },
  validation_file: { about: "Data for evaluation: a local file" },
  validation_split_percentage: { about: "Percent of the data held out, if the data have no validation split" },
  max_train_samples: { about: "No more training samples than these" },
  pad_to_max_length: { about: "Pad every batch to the full length, in transformers' example scripts" },
  max_length: {
    about: "Longest sequence in tokens",
    aliases: ["max_seq_length", "block_size", "model_max_length"],
  },
  packing: { about: "Join short samples into full sequences", default: false },
  packing_strategy: { about: "How to pack", default: "bfd", values: ["bfd", "bfd_split", "wrapped"] },
  eval_packing: { about: "Join samples in evaluation too; as packing" },
  padding_free: { about: "Put all sequences of a batch in a row instead of padding them", default: false },
  assistant_only_loss: { about: "Loss on the assistant's answers only", default: false },
  completion_only_loss: { about: "Loss on the completions only, where the data have prompts" },
  loss_type: { about: "Loss of the trainer, such as chunked_nll (SFT) or sigmoid (DPO)" },
  activation_offloading: { about: "Keep activations in the host's memory", default: false },
  use_liger: { about: "Liger's fused kernels; now use_liger_kernel", default: false },
  beta: { about: "Weight of the distance to the reference model: 0.1 in DPO, 0 (no such model) in GRPO" },
  label_smoothing: { about: "Label smoothing of DPO's loss", default: 0 },
  precompute_ref_log_probs: { about: "Run the reference model once, before training (DPO)", default: false },
  sync_ref_model: { about: "Move the reference model after the policy", default: false },
  simpo_gamma: { about: "Margin between the answers (SimPO)", default: 0.5 },
  cpo_alpha: { about: "Weight of the likelihood (CPO)", default: 1 },
  desirable_weight: { about: "Weight of desirable answers (KTO)" },
  undesirable_weight: { about: "Weight of undesirable answers (KTO)" },
  center_rewards_coefficient: { about: "Keep rewards around zero (reward model)" },
  num_generations: { about: "Answers per prompt (GRPO)", default: 8 },
  generation_batch_size: { about: "Answers that are generated at once (GRPO)" },
  steps_per_generation: { about: "Passes for the answers generated at once (GRPO)" },
  num_iterations: { about: "Updates on the same answers (GRPO)", default: 1 },
  max_completion_length: { about: "Longest answer in tokens (GRPO)", default: 512 },
  max_prompt_length: { about: "Longest prompt in tokens; gone from GRPO since TRL 0.27" },
  temperature: { about: "Temperature of the answers (GRPO)", default: 1 },
  reward_funcs: { about: "Reward functions (GRPO)" },
  reward_weights: { about: "Weights of the reward functions (GRPO)" },
  scale_rewards: { about: "By which deviation rewards are divided (GRPO)", values: ["group", "batch", "none"] },
  epsilon: { about: "How far the policy may move in one update (GRPO)", default: 0.2 },
  log_completions: { about: "Log the answers (GRPO)", default: false },
  use_vllm: { about: "Generate with vLLM (GRPO)", default: false },
  vllm_mode: { about: "vLLM on GPUs that train, or as a server", default: "colocate", values: ["colocate", "server"] },
  vllm_gpu_memory_utilization: { about: "Share of the memory for vLLM", default: 0.3 },
  code_provider: { about: "Who runs the answers' code (open-r1)", default: "e2b", values: ["e2b", "local", "morph"] },
  benchmarks: { about: "Benchmarks to run after training (open-r1)" },
  cosine_max_len: { about: "Length at which the reward for long answers stops changing (open-r1)", default: 1000 },
  cosine_min_value_correct: { about: "Reward of the longest right answer (open-r1)", default: 0.5 },
  cosine_max_value_correct: { about: "Reward of the shortest right answer (open-r1)", default: 1 },
  cosine_min_value_wrong: { about: "Reward of the shortest wrong answer (open-r1)", default: 0 },
  cosine_max_value_wrong: { about: "Reward of the longest wrong answer (open-r1)", default: -0.5 },
  acceleration_framework_config_file: { about: "Plugins of fms-acceleration (fms-hf-tuning): quantisation, kernels" },
  num_processes: { about: "GPUs of the whole run (TRL's command line)" },
  accelerate_config: {
    about: "How to launch: a name that TRL knows, or accelerate's file (TRL's command line)",
    values: ["single_gpu", "multi_gpu", "fsdp1", "fsdp2", "zero1", "zero2", "zero3"],
  },
  env: { about: "Variables of the environment (TRL's command line)" },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** Adapters are TRL's; the scripts of transformers refuse keys that they do not know. */
const newLora: Omit<Lever, "set"> = { adapters: { lora_target_modules: "all-linear" }, isFor: usesTrl };

/** Whether one of TRL's trainers understands the keys, not only transformers' own. */
function usesTrl(document: ConfigDocument): boolean {
  return stageOf(reader(document, vocabulary), document.root).value !== "trainer";
}

/** Hugging Face's Trainer and TRL, their command line and the recipes of alignment-handbook and open-r1. */
export const huggingFace: Dialect = {
  id: "hf-trl",
  label: "Hugging Face Trainer / TRL",
  telltales: ["model_name_or_path", "per_device_train_batch_size", "num_train_epochs"],
  vocabulary,
  isForScripts: (document) => !usesTrl(document),
  loader: {
    textNumbers: [
      { ...nestedNumbers, isFor: usesTrl },
      { ...countsWithExponents, isFor: usesTrl },
      {
        keys: trainingArgumentNumbers,
        written: ["in quotes"],
        stops: "perhaps",
        isFor: (document) => !usesTrl(document),
      },
      {
        keys: trainingArgumentNumbers,
        written: ["with exponents"],
        stops: "perhaps",
        isFor: (document) => document.format === "yaml" && !usesTrl(document),
      },
    ],
  },
  formerKeys: huggingFaceFormerKeys,
  detect(document) {
    const { entries } = document.root;
    if (onlyEvaluates(document)) return 0;
    const count = argumentNames.filter((key) => entries.has(key)).length;
    if (entries.has("model_name_or_path")) return count > 0 ? 1 : 0;
    if (count < 2 || !(entries.has("learning_rate") || entries.has("per_device_train_batch_size"))) return 0;
    return otherModelNames.some((key) => entries.get(key)?.value.kind === "scalar") ? 0.35 : 0.7;
  },
  links(document) {
    const launch = reader(document, vocabulary).text("accelerate_config");
    const plugins = reader(document, vocabulary).text("acceleration_framework_config_file");
    return [
      ...shardingLinks(document),
      ...(launchProfiles.has(launch.value ?? "") ? [] : linkAt(launch)),
      ...linkAt(plugins),
    ];
  },
  read(document, { versions, linked }) {
    const keys = reader(document, vocabulary);
    const stage = stageOf(keys, document.root);
    const trainer = stage.value;
    const trl = trainer !== "trainer";
    const parallelism = readParallelism(keys, document, { versions, linked });
    const wraps = usesFsdp(keys, document, linked);
    const precision = readPrecision(keys, trl, { versions, linked }, wraps);
    const shared = wraps || parallelism.sharding.value === "zero-3";
    const preparation = readPreparation(keys, trl, { shared, versions, autocast: precision.autocast });
    const plugins = readPlugins(keys.text("acceleration_framework_config_file"), linked, preparation.float32Norms);
    const method = readMethod(keys, plugins);
    const plan = {
      stage: trainer === "trainer" ? byDefault("sft") : { ...stage, value: trainer },
      model: { id: keys.text("model_name_or_path"), shape: null },
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys) : null,
      quantization: readQuantization(keys, preparation) ?? plugins.quantization,
      optimizer: withProjection(readOwnOptimizer(keys, versions), keys.text("optim_args")),
      learningRate: {
        peak: keys.number("learning_rate", byDefault(defaultRates[isGkd(document.root) ? "sft" : trainer])),
        scheduler: keys.text("lr_scheduler_type"),
        family: "huggingface",
        schedulerArguments: readSchedulerArguments(keys),
        warmup: readWarmup(keys, versions),
      },
      duration: readDuration(keys),
      ...readIntervals(
        keys,
        trl && does(versions, releases.trlLogsOften) ? byDefault(10, t`TRL's default`) : undefined,
      ),
      batch: readBatch(keys),
      sequenceLength: readSequenceLength(keys, isGkd(document.root) ? "sft" : trainer, versions),
      packing: keys.flag("packing", byDefault(document.root.entries.has("block_size"), t`block_size joins all texts`)),
      data: {
        ...readData(keys, readSources(keys, document)),
        ...(keys.has("pad_to_max_length") ? { padded: keys.flag("pad_to_max_length") } : {}),
        validation: readValidation(keys),
        streaming: keys.flag("dataset_streaming"),
        ...(trainer === "grpo"
          ? { answers: answersOf(keys.number("num_generations"), keys.number("num_iterations")) }
          : {}),
      },
      precision,
      gradientCheckpointing: readCheckpointing(keys, document, { versions, linked }, trl),
      attention: mapped(
        keys.text("attn_implementation", does(versions, releases.sdpa) ? undefined : byDefault("eager")),
        attentionFrom,
      ),
      loss: plugins.loss ?? readLoss(keys, trainer, versions),
      ...(trainer === "trainer" || (trainer === "sft" && !does(versions, releases.sftFusesEvaluation))
        ? ligerEvaluation(readLoss(keys, trainer, versions))
        : {}),
      activationOffload: readActivationOffload(keys, { versions, linked }, trl),
      ...readComparison(keys, trainer, parallelism.gpus),
      ...(isGkd(document.root) ? readTeacher(keys, { precision, parallelism }) : {}),
      ...(trainer === "trainer" ? {} : readPreference(keys, trainer)),
      reentrant: keys.flag(
        "gradient_checkpointing_kwargs.use_reentrant",
        byDefault(!does(versions, releases.checkpointsWithoutReentry)),
      ),
      ...(plugins.kernels ? { kernels: plugins.kernels } : kernelsIf(ligerOf(keys), keys.flag("torch_compile"))),
      parallelism,
    } satisfies TrainingPlan;
    return throughDeepspeed(plan, document, { linked, versions });
  },
  keys: { ...trainingArgumentKeys, sequenceLength: "max_length", loraRank: "lora_r" },
  levers: {
    ...trainingArgumentLevers,
    zero2: [launchProfile("zero2"), ...splitLevers.zero2],
    zero3: [launchProfile("zero3"), ...splitLevers.zero3],
    chunkedLoss: [{ set: { loss_type: (present) => (present === "nll" ? "chunked_nll" : undefined) } }],
    flashAttention: [{ set: { attn_implementation: "sdpa" } }],
    full: [{ set: { use_peft: false, load_in_4bit: false, load_in_8bit: false } }],
    lora: [{ set: { use_peft: true, load_in_4bit: false }, ...newLora }],
    qlora: [{ set: { use_peft: true, load_in_4bit: true, load_in_8bit: false }, ...newLora }],
  },
  write(document, { sequenceLength, ...others }) {
    const keys = reader(document, vocabulary);
    const paths = withWarmupKey(keysIn(document), keys.number("warmup_steps"));
    if (sequenceLength === undefined || stageOf(keys, document.root).value !== "grpo") {
      const length = sequenceLength === undefined ? {} : { sequenceLength };
      return writeKeys(document, paths, { ...others, ...length });
    }
    const answer = sequenceLength - (keys.number("max_prompt_length").value ?? sequenceLength);
    return [
      ...writeKeys(document, paths, others),
      ...(answer > 0 ? setValue(document, "max_completion_length", answer) : []),
    ];
  },
};

/** Another of TRL's profiles in place of one that splits less. */
function launchProfile(name: "zero2" | "zero3"): Lever {
  return {
    set: {
      accelerate_config: (present) => (/^(?:multi_gpu|zero[12])$/.test(present) && present < name ? name : undefined),
    },
  };
}

/** A run that is told not to train, and what to do instead. */
function onlyEvaluates(document: ConfigDocument): boolean {
  const keys = reader(document, vocabulary);
  const train = keys.flag("do_train");
  return train.place !== undefined && !train.value && !!(keys.flag("do_eval").value || keys.flag("do_predict").value);
}

/** Names of the model that scripts of their own have; those are left to whoever reads them. */
const otherModelNames = ["model", "model_name", "model_id", "base_model", "pretrained_model_name_or_path"];

/** The keys under the names that the file uses. */
function keysIn({ root }: ConfigDocument): ChangeKeys {
  const names = Object.entries(huggingFace.keys).map(([change, key]) => {
    return [change, namesOf(vocabulary, key).find((name) => root.entries.has(name)) ?? key];
  });
  return Object.fromEntries(names);
}

function readSources(keys: Keys, document: ConfigDocument): readonly DataSource[] {
  const names = (["dataset_name", "train_file"] as const).filter((key) => keys.has(key));
  const limit = keys.number("max_train_samples").value ?? null;
  const split = keys.text("dataset_train_split");
  const named = names.flatMap((key) => namedSources(keys.words(key), limit));
  const slice = unknown(t`how many samples are in ${split.value} is not known`, split.place);
  return [
    ...(split.value?.includes("[") ? named.map((source) => ({ ...source, name: slice })) : named),
    ...mixerSources(document),
    ...mixtureSources(document),
  ];
}

/** alignment-handbook's older mixer: the share of each data set by its name. */
function mixerSources(document: ConfigDocument): readonly DataSource[] {
  const mixer = document.root.entries.get("dataset_mixer")?.value;
  if (mixer?.kind !== "map") return [];
  return [...mixer.entries.values()].map((entry) => {
    const share = entry.value.kind === "scalar" ? Number(entry.value.value) : 1;
    const place = placeOf(document, entry);
    const whole = { value: entry.key, origin: "file", place } as const;
    return { name: share === 1 ? whole : unknown(shareNote(share, entry.key), place), limit: null };
  });
}

/** The mixture of TRL, alignment-handbook and open-r1: a weight below 1 takes a share of the data set. */
function mixtureSources(document: ConfigDocument): readonly DataSource[] {
  const list = entryAt(document.root, "dataset_mixture.datasets")?.value;
  const maps = list?.kind === "list" ? list.items.filter((item) => item.kind === "map") : [];
  return maps.flatMap((map): readonly DataSource[] => {
    const weight = map.entries.get("weight")?.value;
    const share = weight?.kind === "scalar" ? Number(weight.value ?? 1) : 1;
    const sources = dataSources(document, [map], "id");
    if (share === 1) return sources;
    return sources.map(({ name }) => ({ name: unknown(shareNote(share, name.value), name.place), limit: null }));
  });
}

function shareNote(share: number, name = t`a data set`): string {
  return t`how many samples ${share} of ${name} are is not known`;
}

/** What the mixture holds out, or what Trainer's scripts take for data without a validation split. */
function readValidation(keys: Keys): Sourced<number> {
  if (keys.has("validation_split_percentage")) {
    return mapped(keys.number("validation_split_percentage"), (percent) => percent / 100);
  }
  return keys.number("dataset_mixture.test_split_size", byDefault(0));
}

const argumentNames = [
  "learning_rate",
  "per_device_train_batch_size",
  "num_train_epochs",
  "gradient_accumulation_steps",
  "lr_scheduler_type",
  "max_steps",
  "optim",
  "use_peft",
  "lora_r",
];

type Trainer = "trainer" | Extract<Stage, "sft" | "dpo" | "kto" | "orpo" | "simpo" | "reward" | "grpo" | "distill">;

const defaultRates: Readonly<Record<Trainer, number>> = {
  trainer: 5e-5,
  sft: 2e-5,
  dpo: 1e-6,
  kto: 1e-6,
  orpo: 1e-6,
  simpo: 1e-6,
  reward: 1e-4,
  grpo: 1e-6,
  distill: 1e-6,
};

/** TRL's GKD, whose arguments are those of its SFT otherwise. Source: trl/experimental/gkd/gkd_config.py. */
function isGkd({ entries }: MapNode): boolean {
  return gkdKeys.some((key) => entries.has(key));
}

/** TRL's script loads the teacher as it loads the student, in its type and quantised alike. Source: trl/experimental/gkd/gkd.py. */
function readTeacher(keys: Keys, { precision, parallelism }: Pick<TrainingPlan, "precision" | "parallelism">) {
  const quantization = readQuantization(keys, { float32Norms: byDefault(false, t`only what is trained is prepared`) });
  const teacher = { id: keys.text("teacher_model_name_or_path"), weights: precision.frozen, quantization };
  return gkdTeacher(teacher, keys.number("beta", byDefault(0.5)), parallelism);
}

const gkdKeys: readonly string[] = ["lmbda", "seq_kd"];

/**
 * The trainer that understands the keys at hand: nothing in the file names it. ORPO's are among DPO's; only the name of what
 * comes out tells them apart.
 */
function stageOf(keys: Keys, { entries }: MapNode): Known<Trainer> {
  const note = t`from keys that only its trainer has`;
  const losses = keys.words("loss_type", byDefault([])).value ?? [];
  const [byLoss] = trainersByLoss.find(([, names]) => losses.some((loss) => names.includes(loss))) ?? [];
  if (byLoss) return byDefault(byLoss, note);
  const [byKey] = trainersByKey.find(([, names]) => names.some((name) => entries.has(name))) ?? [];
  const generates = entries.has("max_completion_length") && !entries.has("max_length");
  if (generates && (!byKey || byKey === "sft" || byKey === "dpo")) return byDefault("grpo", note);
  if (byKey === "dpo") {
    const name = (["output_dir", "hub_model_id", "run_name"] as const).map((key) => keys.text(key).value).join(" ");
    const method = (["orpo", "simpo", "kto"] as const).find((word) => new RegExp(`\\b${word}\\b`, "i").test(name));
    if (method) return assumed(method, t`from the name of what comes out`);
  }
  if (!byKey || (byKey === "sft" && isForExampleScript(keys, entries))) return byDefault("trainer");
  return byDefault(byKey, note);
}

/** Whether what would be SFT's lengths are those of transformers' example scripts, or of encoders, which no trainer of TRL trains. */
function isForExampleScript(keys: Keys, entries: MapNode["entries"]): boolean {
  return (
    exampleScriptKeys.some((key) => entries.has(key)) ||
    /bert|electra/i.test(keys.text("model_name_or_path").value ?? "")
  );
}

/** Source: the data arguments of transformers' examples/pytorch: run_glue.py, run_mlm.py, run_qa.py, run_ner.py and their like. */
const exampleScriptKeys: readonly string[] = [
  "task_name",
  "pad_to_max_length",
  "overwrite_cache",
  "validation_split_percentage",
  "mlm_probability",
  "line_by_line",
  "doc_stride",
  "version_2_with_negative",
  "label_all_tokens",
  "label_column_name",
  "max_source_length",
  "max_target_length",
  "ignore_mismatched_sizes",
];

/** Keys that only one of TRL's trainers has, those of `sft` being any that transformers' own scripts lack. */
const trainersByKey: readonly (readonly [Exclude<Trainer, "trainer">, readonly string[]])[] = [
  ["distill", ["teacher_model_name_or_path", ...gkdKeys]],
  [
    "grpo",
    [
      "num_generations",
      "reward_funcs",
      "reward_weights",
      "generation_batch_size",
      "steps_per_generation",
      "num_iterations",
      "scale_rewards",
      "use_vllm",
      "vllm_mode",
    ],
  ],
  ["kto", ["desirable_weight", "undesirable_weight"]],
  ["simpo", ["simpo_gamma", "cpo_alpha"]],
  ["dpo", ["beta", "precompute_ref_log_probs", "sync_ref_model", "label_smoothing"]],
  ["reward", ["center_rewards_coefficient"]],
  [
    "sft",
    [
      "use_peft",
      "max_length",
      "max_seq_length",
      "packing",
      "dataset_text_field",
      "dataset_mixture",
      "dataset_mixer",
      "load_in_4bit",
      "chat_template",
      "assistant_only_loss",
      "completion_only_loss",
    ],
  ],
];

const trainersByLoss: typeof trainersByKey = [
  [
    "dpo",
    [
      ...["sigmoid", "sigmoid_norm", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard"],
      ...["aot", "aot_pair", "aot_unpaired", "discopop", "apo_zero", "apo_down"],
    ],
  ],
  ["kto", ["kto", "apo_zero_unpaired"]],
  ["simpo", ["simpo"]],
  ["sft", ["nll", "chunked_nll", "dft"]],
  ["grpo", ["grpo", "bnpo", "dr_grpo", "dapo", "cispo", "sapo", "luspo", "vespo"]],
];

/**
 * `max_length`; null cuts nothing. The sequences of GRPO and of distillation are a prompt and an answer; GRPO it no longer cuts prompts since TRL 0.27 (PR
 * 4703), 512 tokens before.
 */
function readSequenceLength(keys: Keys, trainer: Trainer, versions: Versions): Sourced<number> {
  if (trainer === "grpo" || trainer === "distill") {
    const uncut = unknown(t`prompts are not cut: only the longest answer is known`);
    const prompt = keys.number("max_prompt_length", does(versions, releases.grpoKeepsPrompts) ? uncut : byDefault(512));
    return derived(
      keys.number("max_completion_length"),
      prompt,
      t`prompt and answer`,
      (answer, asked) => answer + asked,
    );
  }
  const empty = keys.nullAt("max_length");
  if (empty) return unknown(t`null: sequences are not cut`, empty.place);
  const otherwise =
    trainer === "trainer" ? unknown(t`the training script decides the sequence length`) : byDefault(1024);
  return keys.number("max_length", otherwise);
}

/** The trainer's own way, or that of FSDP, which the training arguments or accelerate's file ask for. */
function readCheckpointing(
  keys: Keys,
  document: ConfigDocument,
  context: ReadContext,
  trl: boolean,
): TrainingPlan["gradientCheckpointing"] {
  const own = ownCheckpointing(keys, context, trl);
  const fsdp = keys.flag("fsdp_config.activation_checkpointing");
  if (fsdp.value && !own.value && asksForFsdp(document)) return fsdp;
  const launched = launchedCheckpointing(keys, context)?.gradientCheckpointing;
  return launched?.value && !own.value ? launched : own;
}

function ownCheckpointing(keys: Keys, { versions }: ReadContext, trl: boolean): Sourced<boolean> {
  return keys.flag("gradient_checkpointing", byDefault(trl && does(versions, releases.trlCheckpoints)));
}

/**
 * Checkpoints alone wait in the host's memory where the trainer's own checkpointing or FSDP's is told so, all that is kept where TRL is.
 * Source: transformers PR 48444; accelerate PR 4175.
 */
function readActivationOffload(keys: Keys, context: ReadContext, trl: boolean): Sourced<boolean> {
  const own = ownCheckpointing(keys, context, trl);
  const kept = keys.flag("gradient_checkpointing_kwargs.offload");
  if (kept.value && own.value) return kept;
  const launched = launchedCheckpointing(keys, context)?.activationOffload;
  return launched?.value && !own.value ? launched : keys.flag("activation_offloading");
}

/** What accelerate's file says of checkpointing; nothing where there is none. */
function launchedCheckpointing(
  keys: Keys,
  { versions, linked }: ReadContext,
): Pick<TrainingPlan, "gradientCheckpointing" | "activationOffload"> | undefined {
  const file = linked.get(keys.text("accelerate_config").value ?? "");
  if (!file) return undefined;
  const plan = accelerate.read(file.document, { versions, linked: file.linked ?? new Map() });
  return {
    gradientCheckpointing: standingIn(file, plan.gradientCheckpointing),
    ...(plan.activationOffload ? { activationOffload: standingIn(file, plan.activationOffload) } : {}),
  };
}

/** What TRL's launch profiles say. Source: trl/accelerate_configs/*.yaml. */
const launchProfiles: ReadonlyMap<string, { readonly gpus: number; readonly sharding: Sharding }> = new Map([
  ["single_gpu", { gpus: 1, sharding: "none" }],
  ["multi_gpu", { gpus: 8, sharding: "none" }],
  ["fsdp1", { gpus: 8, sharding: "zero-3" }],
  ["fsdp2", { gpus: 8, sharding: "zero-3" }],
  ["zero1", { gpus: 8, sharding: "zero-1" }],
  ["zero2", { gpus: 8, sharding: "zero-2" }],
  ["zero3", { gpus: 8, sharding: "zero-3" }],
]);

/** TRL's command line takes accelerate's arguments too, and accelerate's file or the name of a profile of its own. */
function readParallelism(keys: Keys, document: ConfigDocument, { versions, linked }: ReadContext): Parallelism {
  const launch = keys.text("accelerate_config");
  const own = keys.has("deepspeed") || asksForFsdp(document) ? trainerSplit(document, linked, { versions }) : undefined;
  if (launch.value === undefined) {
    return dataParallel(keys.number("num_processes", assumed(1, t`the launcher decides the number of GPUs`)), own);
  }
  const profile = launchProfiles.get(launch.value);
  if (profile) {
    const fsdp1 = byDefault(launch.value === "fsdp1");
    const engine = launch.value.startsWith("zero")
      ? { zero: zeroDefaults }
      : { reducesLast: waitsWithGradients(fsdp1, versions), fsdp1 };
    const split = { ...unsharded, ...engine, sharding: mapped(launch, () => profile.sharding) };
    return dataParallel(
      keys.number(
        "num_processes",
        mapped(launch, () => profile.gpus),
      ),
      own ?? split,
    );
  }
  const note = t`set in ${launch.value}`;
  const file = linked.get(launch.value);
  if (!file)
    return dataParallel(keys.number("num_processes", assumed(1, note)), own ?? unknownSplit(note, launch.place));
  const { gpus, tensor, pipeline, context, expert, ...split } = accelerate.read(file.document, {
    versions,
    linked: file.linked ?? new Map(),
  }).parallelism;
  return {
    gpus: keys.number("num_processes", standingIn(file, gpus)),
    tensor: standingIn(file, tensor),
    pipeline: standingIn(file, pipeline),
    context: standingIn(file, context),
    expert: standingIn(file, expert),
    ...(own ?? splitIn(file, split)),
  };
}

/** Whether FSDP wraps the model: by the training arguments, by TRL's profile, or by accelerate's file. */
function usesFsdp(keys: Keys, document: ConfigDocument, linked: LinkedFiles): boolean {
  if (keys.has("deepspeed")) return false;
  const launch = keys.text("accelerate_config").value ?? "";
  const file = linked.get(launch);
  return asksForFsdp(document) || /^fsdp[12]$/.test(launch) || (!!file && launchesFsdp(file.document));
}

/** `lora_*` keys do nothing without `use_peft: true`. */
function readMethod(keys: Keys, plugins: Plugins): Sourced<Method> {
  const peft = keys.flag("use_peft");
  const quantized = keys.flag("load_in_4bit").value || plugins.quantization?.bits.value === 4;
  return mapped(peft, (on) => (on ? (quantized ? "qlora" : "lora") : "full"));
}

function readLora(keys: Keys): LoraPlan {
  return {
    rank: keys.number("lora_r"),
    alpha: keys.number("lora_alpha"),
    dropout: keys.number("lora_dropout"),
    targets: peftTargetsAt(keys, "lora_target_modules"),
    modulesToSave: keys.words("lora_modules_to_save"),
    rsLora: keys.flag("use_rslora"),
    dora: keys.flag("use_dora"),
  };
}

type Preparation = Pick<Quantization, "float32Norms" | "float32Embeddings">;

function readQuantization(keys: Keys, preparation: Preparation): Quantization | null {
  const four = keys.flag("load_in_4bit");
  const eight = keys.flag("load_in_8bit");
  if (!four.value && !eight.value) return null;
  return {
    bits: four.value ? mapped(four, () => 4) : mapped(eight, () => 8),
    doubleQuantization: keys.flag("use_bnb_nested_quant"),
    ...preparation,
  };
}

/**
 * PEFT's preparation for k-bit training makes all weights float32 that are not quantised. TRL leaves a quantised model as it is where
 * the GPUs share the weights (PR 1416), and always since 0.26 (PR 4577); before, it cast the embeddings of 4-bit models back under bf16.
 * Source: peft/utils/other.py, `prepare_model_for_kbit_training`; trl/models/utils.py, `prepare_peft_model`.
 */
function readPreparation(keys: Keys, trl: boolean, { shared, versions, autocast }: PreparedBy): Preparation {
  if (shared || (trl && does(versions, releases.trlKeepsQuantizedModels)))
    return { float32Norms: byDefault(false, t`PEFT's preparation for k-bit training is not called`) };
  const called = t`PEFT's preparation for k-bit training casts them`;
  if (!trl) return { float32Norms: assumed(true, called), float32Embeddings: assumed(true, called) };
  const castsBack = autocast.value === "bfloat16" && keys.flag("load_in_4bit").value;
  return {
    float32Norms: byDefault(true, called),
    float32Embeddings: castsBack ? byDefault(false, t`TRL casts them back`) : byDefault(true, called),
  };
}

/** What decides whether a quantised model is prepared: whether the GPUs share its weights, TRL's release, and the type of computation. */
interface PreparedBy {
  readonly shared: boolean;
  readonly versions: Versions;
  readonly autocast: Precision["autocast"];
}

/** The scripts of LOMO's authors clip by a key of their own, and train with LOMO whatever `optim` says. Source: OpenLMLab/LOMO. */
function readOwnOptimizer(keys: Keys, versions: Versions): OptimizerPlan {
  const own = readOptimizer(keys, versions);
  return keys.has("clip_grad_norm")
    ? { ...own, name: byDefault("lomo", t`clip_grad_norm is a key of LOMO's scripts`) }
    : own;
}

/** TRL computes in bfloat16 by default since 0.19 (PR 3515). The launcher's type counts where the arguments have none. */
function readPrecision(keys: Keys, trl: boolean, { versions, linked }: ReadContext, wraps: boolean): Precision {
  const half = keys.flag("fp16");
  const brain = keys.flag("bf16", byDefault(trl && !half.value && does(versions, releases.trlComputesInBf16)));
  const weights = readWeightType(keys, trl, versions);
  const own = autocastFlagged(brain, half);
  const launcher = linked.get(keys.text("accelerate_config").value ?? "");
  const precision = {
    trained: weights,
    frozen: weights,
    adapters: adapterType(versions, weights),
    quantizedAdapters:
      trl && does(versions, releases.trlKeepsQuantizedModels)
        ? byDefault<Dtype>("bfloat16", t`TRL casts them`)
        : wraps
          ? adapterType(versions, weights)
          : peftType,
    autocast: own.value || !launcher ? own : launchedAutocast(launcher),
  };
  return wraps ? underFsdp(precision, versions) : precision;
}

/** `dtype` (once `torch_dtype`): TRL's scripts load float32 by default, transformers since 5.0 the checkpoint's type. */
function readWeightType(keys: Keys, trl: boolean, versions: Versions): Sourced<Dtype> {
  const newest = does(versions, releases.loadsCheckpointType);
  const text = keys.text("dtype", byDefault(!trl && newest ? "auto" : "float32"));
  const type = dtypeNamed(text.value);
  return type ? mapped(text, () => type) : checkpointType;
}

function readComparison(keys: Keys, trainer: Trainer, gpus: Sourced<number>): Comparison {
  if (trainer !== "grpo") {
    const key = "precompute_ref_log_probs";
    return trlPreference(keys.has(key) ? keys.flag(key) : undefined);
  }
  return trlGrpo({
    beta: keys.number("beta", byDefault(0)),
    usesVllm: keys.flag("use_vllm"),
    vllmMode: keys.text("vllm_mode"),
    answer: keys.number("max_completion_length"),
    micro: readBatch(keys).micro,
    steps: readGenerationSteps(keys, gpus),
  });
}

/** The passes whose answers are generated at once, said or worked out. Source: trl/trainer/grpo_config.py, `__post_init__`. */
function readGenerationSteps(keys: Keys, gpus: Sourced<number>): Sourced<number> {
  const said = keys.number("steps_per_generation", keys.number("gradient_accumulation_steps"));
  if (!keys.has("generation_batch_size")) return said;
  const note = "generation_batch_size / (per_device_train_batch_size × GPUs)";
  const pass = derived(readBatch(keys).micro, gpus, note, (micro, count) => micro * count);
  return derived(keys.number("generation_batch_size"), pass, note, (all, each) => Math.max(1, Math.floor(all / each)));
}

/** TRL's trainers have 0.1 by default; of DPO's losses, two are of means. Source: trl/trainer/dpo_trainer.py. */
function readPreference(keys: Keys, trainer: Stage): Pick<TrainingPlan, "preference"> {
  const averages = mapped(keys.words("loss_type", byDefault(["sigmoid"])), (losses) =>
    losses.some((loss) => loss === "ipo" || loss === "sigmoid_norm"),
  );
  return preferenceOf(trainer, keys.number("beta", byDefault(0.1, t`TRL's default`)), averages);
}

function ligerOf(keys: Keys): Sourced<boolean> {
  return keys.flag("use_liger_kernel", keys.flag("use_liger"));
}

/** TRL's SFT trainer computes the loss in chunks since 1.7 (PR 5846) unless told otherwise; Liger fuses it with the output layer. */
function readLoss(keys: Keys, trainer: Trainer, versions: Versions): TrainingPlan["loss"] {
  const liger = ligerOf(keys);
  if (liger.value) return mapped(liger, () => "fused");
  const chunks = trainer === "sft" && does(versions, releases.sftChunksLoss);
  if (trainer === "sft" && keys.has("loss_type")) {
    return mapped(keys.text("loss_type"), (type) => (type === "chunked_nll" ? "chunked" : "materialised"));
  }
  return byDefault(chunks ? "chunked" : "materialised", chunks ? t`TRL's chunked_nll` : undefined);
}
