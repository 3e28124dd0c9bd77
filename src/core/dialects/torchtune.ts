import { t } from "../language.ts";
import { every, type Interval, inUpdates, never } from "../plan/interval.ts";
import type { LayerRole, LoraTargets } from "../plan/lora.ts";
import type { ModelShape } from "../plan/modelShape.ts";
import type {
  BatchPlan,
  DataSource,
  Dtype,
  Duration,
  LoraPlan,
  LossImplementation,
  Method,
  OptimizerPlan,
  Parallelism,
  Precision,
  Quantization,
  Stage,
  TrainingPlan,
  Warmup,
} from "../plan/plan.ts";
import { assumed, byDefault, derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import { type ConfigDocument, entryAt, type MapNode } from "../text/document.ts";
import { setValue, type TextEdit } from "../text/edit.ts";
import { resolveScalar } from "../text/interpolation.ts";
import { beta2Of } from "./betas.ts";
import { unknownData } from "./data.ts";
import type { Dialect, PlanChange } from "./dialect.ts";
import { answersOf } from "./generation.ts";
import { compiled } from "./kernels.ts";
import { inPlaceOf, type Lever } from "./levers.ts";
import { omegaConf } from "./loader.ts";
import { placeOf } from "./place.ts";
import { precisionOf } from "./precision.ts";
import { preferenceOf } from "./preference.ts";
import { type Reader, reader } from "./reader.ts";
import { schedulerArgumentsIn } from "./schedulerArguments.ts";
import { copiesOf, dataParallel, fullOffload, reshardSharding } from "./sharding.ts";
import { namesOf, type Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: pytorch/torchtune at bd2a0fc7c314, recipes/*.py and recipes/configs/**; builders in torchtune/models.

const vocabulary = {
  "model._component_": {
    about: "Builder of the model; its name tells size and method, such as lora_llama3_8b or qlora_llama3_8b",
  },
  "model.lora_attn_modules": {
    about: "Projections of the attention to adapt",
    note: t`lora_attn_modules is not set; torchtune requires it`,
    values: ["q_proj", "k_proj", "v_proj", "output_proj"],
  },
  "model.apply_lora_to_mlp": { about: "Adapt the MLP too", default: false },
  "model.apply_lora_to_output": { about: "Adapt the output layer too", default: false },
  "model.lora_rank": { about: "Rank of the LoRA matrices", default: 8 },
  "model.lora_alpha": { about: "LoRA's scale is alpha / rank", default: 16 },
  "model.lora_dropout": { about: "Dropout in front of the adapters", default: 0 },
  "model.use_dora": { about: "DoRA: adapt direction and magnitude apart", default: false },
  "model.quantize_base": { about: "Hold the frozen weights in NF4 (QLoRA)", default: false },
  "model.decoder_trainable": { about: "How a vision model's decoder is trained", values: ["full", "lora", "frozen"] },
  "model.encoder_trainable": { about: "How a vision model's encoder is trained", values: ["full", "lora", "frozen"] },
  "model.fusion_trainable": {
    about: "How the layers between encoder and decoder are trained",
    values: ["full", "lora", "frozen"],
  },
  "model.vocab_size": { about: "Words in the vocabulary" },
  "model.num_layers": { about: "Layers" },
  "model.num_heads": { about: "Attention heads" },
  "model.num_kv_heads": { about: "Key and value heads" },
  "model.embed_dim": { about: "Width of the model" },
  "model.intermediate_dim": { about: "Width of the MLP" },
  "model.max_seq_len": { about: "Longest sequence that the model can hold" },
  "reward_and_value_model._component_": { about: "Builder of the reward and value models (PPO)" },
  "teacher_model._component_": { about: "Builder of the model to learn from (distillation)" },
  "teacher_model.quantize_base": { about: "Quantise the teacher to 4 bits", default: false },
  kd_ratio: { about: "Weight of the teacher's answers against the data" },
  "kd_loss._component_": { about: "Loss against the teacher" },
  "tokenizer._component_": { about: "Tokenizer or transform" },
  "tokenizer.path": { about: "File of the tokenizer" },
  "tokenizer.max_seq_len": {
    about: "Longest sequence in tokens; as long as the samples when null",
    note: t`tokenizer.max_seq_len is not set: samples are taken at their full length`,
  },
  "checkpointer._component_": { about: "How weights are read and written" },
  "checkpointer.checkpoint_dir": { about: "Folder of the model's weights" },
  "checkpointer.checkpoint_files": { about: "Files of the model's weights" },
  "checkpointer.model_type": { about: "Family of the model, such as LLAMA3" },
  "checkpointer.output_dir": { about: "Folder of checkpoints" },
  resume_from_checkpoint: { about: "Go on from a checkpoint" },
  save_adapter_weights_only: { about: "Save the adapters without the merged model", default: false },
  dataset: { about: "Training data: a builder and its settings, or a list of them" },
  "dataset._component_": { about: "Builder of the training data" },
  "dataset.source": { about: "Hub id or path of the training data" },
  "dataset.split": { about: "Split of the training data, such as train[:95%]" },
  "dataset.packed": { about: "Join short samples into full sequences", default: false },
  "dataset_val._component_": { about: "Builder of the evaluation data" },
  "dataset_val.split": { about: "Split of the evaluation data" },
  run_val_every_n_steps: { about: "Updates between two evaluations" },
  save_every_n_steps: { about: "Updates between two checkpoints; one per epoch without it" },
  batch_size_val: { about: "Sequences per GPU in one evaluation pass; as batch_size" },
  seed: { about: "Random seed" },
  shuffle: { about: "Shuffle the training data" },
  batch_size: {
    about: "Sequences per GPU in one forward pass",
    note: t`batch_size is not set; torchtune requires it`,
    aliases: ["training.batch_size"],
  },
  epochs: { about: "Passes over the training data", note: t`epochs is not set; torchtune requires it` },
  max_steps_per_epoch: { about: "Optimizer updates after which an epoch ends" },
  gradient_accumulation_steps: { about: "Forward passes per optimizer update", default: 1 },
  num_steps: {
    about: "Samples to generate answers for (PPO), or rounds of generation (GRPO)",
    aliases: ["orchestration.num_steps"],
  },
  ppo_epochs: { about: "Passes over each round of answers", default: 1, aliases: ["training.ppo_epochs"] },
  ppo_batch_size: { about: "Answers per optimizer update (PPO)" },
  forward_batch_size: { about: "Answers generated at once" },
  grpo_samples: { about: "Answers per prompt (GRPO)" },
  max_generated_tokens: { about: "Longest answer in tokens (PPO and GRPO)" },
  "orchestration.num_training_workers": { about: "GPUs that train, beside those that generate" },
  "optimizer._component_": {
    about: "Optimizer class",
    values: [
      "torch.optim.AdamW",
      "bitsandbytes.optim.PagedAdamW",
      "bitsandbytes.optim.PagedAdamW8bit",
      "bitsandbytes.optim.AdamW8bit",
      "torchao.optim.AdamW8bit",
      "torch.optim.SGD",
    ],
    aliases: ["training.optimizer._component_"],
  },
  "optimizer.lr": {
    about: "Peak learning rate",
    default: 1e-3,
    note: t`the optimizer class's own default`,
    aliases: ["training.optimizer.lr"],
  },
  "optimizer.weight_decay": { about: "Decoupled weight decay", aliases: ["training.optimizer.weight_decay"] },
  "optimizer.betas": { about: "Decays of AdamW's two moments", aliases: ["training.optimizer.betas"] },
  "optimizer.fused": { about: "Update all weights in one kernel", aliases: ["training.optimizer.fused"] },
  optimizer_in_bwd: { about: "Update each weight in the backward pass: no gradients are kept", default: false },
  clip_grad_norm: { about: "Norm to which gradients are clipped", default: 0, aliases: ["training.clip_grad_norm"] },
  "lr_scheduler._component_": {
    about: "Course of the learning rate; constant without it",
    values: ["torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup"],
  },
  "lr_scheduler.num_warmup_steps": {
    about: "Updates until the peak",
    note: t`num_warmup_steps is not set; the scheduler requires it`,
  },
  "lr_scheduler.num_cycles": { about: "Waves of the cosine", default: 0.5 },
  "loss._component_": { about: "Loss", aliases: ["training.loss._component_"] },
  "loss.beta": {
    about: "Weight of the distance to the reference model (DPO), or of the mean log-probabilities (SimPO)",
  },
  device: { about: "Kind of device", values: ["cuda", "cpu", "mps", "xpu"] },
  dtype: { about: "Type of weights, gradients, optimizer states and activations alike", values: ["bf16", "fp32"] },
  enable_activation_checkpointing: {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: false,
    aliases: ["training.enable_activation_checkpointing"],
  },
  enable_activation_offloading: {
    about: "Keep activations in the host's memory",
    default: false,
    aliases: ["training.enable_activation_offloading"],
  },
  ac_mode: { about: "The newer checkpointing: of every layer or of some", values: ["full", "selective"] },
  ac_option: { about: "Which layers selective checkpointing takes: every n-th, or op" },
  compile: { about: "Compile model and loss", default: false },
  enable_fp8_training: { about: "Matrix products in float8", default: false },
  fsdp_cpu_offload: { about: "Keep weights, gradients and optimizer states in the host's memory", default: false },
  fsdp_reshard_after_forward: { about: "Split the weights again after the forward pass", default: true },
  custom_sharded_layers: { about: "Layers to split on their own, such as the embeddings" },
  tensor_parallel_dim: { about: "GPUs that share each matrix", default: 1 },
  "tensor_parallel_plan._component_": { about: "How matrices are split" },
  context_parallel_dim: { about: "GPUs that share each sequence", default: 1 },
  data_parallel_shard_dim: { about: "GPUs that share the weights; -1: all that are left", default: -1 },
  data_parallel_replicate_dim: { about: "Copies of the weights", default: 1 },
  "quantizer._component_": { about: "Quantisation to train for (QAT)" },
  "quantizer.groupsize": { about: "Weights per scale (QAT)" },
  "metric_logger._component_": { about: "Where to log" },
  log_every_n_steps: { about: "Updates between two log lines", default: 1 },
  log_peak_memory_stats: { about: "Log the peak memory", default: false },
  output_dir: { about: "Folder of everything that the run writes" },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** PPO's recipe calls the model that it trains the policy. */
const normalise = (key: string) => (key === "policy_model" ? "model" : key);

/** torchtune: one YAML file of components per recipe; which recipe runs it is said on the command line. */
export const torchtune: Dialect = {
  id: "torchtune",
  label: "torchtune",
  telltales: ["_component_"],
  vocabulary,
  // What is in quotes goes to the optimizer, the data loader and the scheduler as it is.
  loader: {
    ...omegaConf,
    textNumbers: [
      {
        keys: /^(?:(?:training\.)?(?:optimizer\.(?:lr|weight_decay|eps)|batch_size|gradient_accumulation_steps)|epochs|lr_scheduler\.num_warmup_steps)$/,
        written: ["in quotes"],
        stops: "surely",
      },
    ],
  },
  detect({ root }) {
    const has = (...paths: readonly string[]) => paths.some((path) => entryAt(root, `${path}._component_`));
    return has("model", "policy_model") && has("optimizer", "training.optimizer") ? 1 : 0;
  },
  read(document) {
    const keys = reader(document, vocabulary, { normalise });
    const method = readMethod(keys);
    return {
      stage: readStage(keys),
      model: { id: keys.text("model._component_"), shape: readShape(keys) },
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys) : null,
      quantization: method.value === "qlora" ? normalFloat(mapped(method, () => 4)) : null,
      optimizer: readOptimizer(keys),
      learningRate: {
        peak: keys.number("optimizer.lr"),
        scheduler: hasScheduler(document)
          ? keys.text("lr_scheduler._component_")
          : byDefault("constant", t`there is no lr_scheduler`),
        family: "torchtune",
        schedulerArguments: schedulerArgumentsIn(
          document,
          "lr_scheduler",
          (key) => key !== "_component_" && key !== "num_warmup_steps",
        ),
        warmup: hasScheduler(document)
          ? mapped(keys.number("lr_scheduler.num_warmup_steps"), (steps): Warmup => ({ steps }))
          : byDefault({ steps: 0 }),
      },
      duration: readDuration(keys),
      evaluationInterval: readEvaluation(keys),
      saveInterval: readSaves(keys),
      batch: readBatch(keys),
      sequenceLength: readSequenceLength(keys),
      packing: keys.flag("dataset.packed", byDefault(keys.maps("dataset").some(isPacked))),
      data: {
        ...unknownData,
        sources: readSources(document, keys.maps("dataset")),
        validation: readValidation(keys),
        ...(keys.has("grpo_samples") && !keys.has("orchestration.num_training_workers")
          ? { answers: answersOf(keys.number("grpo_samples"), keys.number("ppo_epochs")) }
          : {}),
      },
      precision: readPrecision(keys),
      gradientCheckpointing: readCheckpointing(keys),
      attention: byDefault("sdpa"),
      modelCode: "torchtune",
      loss: readLoss(keys),
      ...readTeacher(keys),
      activationOffload: keys.flag("enable_activation_offloading"),
      ...(keys.has("quantizer._component_")
        ? { fakeQuantization: mapped(keys.text("quantizer._component_"), (name) => /QAT/.test(name)) }
        : {}),
      ...readPreference(keys),
      ...compiled(keys.flag("compile")),
      parallelism: readParallelism(keys, document),
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "optimizer.lr",
    microBatch: "batch_size",
    accumulation: "gradient_accumulation_steps",
    evaluationBatch: "batch_size_val",
    sequenceLength: "tokenizer.max_seq_len",
    gradientCheckpointing: "enable_activation_checkpointing",
    epochs: "epochs",
    warmupSteps: "lr_scheduler.num_warmup_steps",
    scheduler: "lr_scheduler._component_",
    schedulerSettings: "lr_scheduler.*",
    optimizer: "optimizer._component_",
    loraRank: "model.lora_rank",
  },
  levers: {
    adamw: [optimizerLever("torch.optim.AdamW")],
    adamw8bit: [optimizerLever("torchao.optim.AdamW8bit")],
    pagedAdamw8bit: [optimizerLever("bitsandbytes.optim.PagedAdamW8bit")],
    chunkedLoss: [{ set: { "loss._component_": linearLoss } }],
    // Only the recipes for several GPUs know the key.
    offloadAll: [{ set: { fsdp_cpu_offload: inPlaceOf(/./, true) } }],
    lora: [{ set: { "model._component_": (name) => renamed(name, /(^|_)qlora_/, "$1lora_") } }],
    qlora: [{ set: { "model._component_": (name) => renamed(name, /(^|_)lora_/, "$1qlora_") } }],
  },
  write: writeChange,
};

/** Optimizers of other libraries know nothing of torch's `fused`. */
function optimizerLever(name: string): Lever {
  return { set: { "optimizer._component_": name, "optimizer.fused": null } };
}

/** torchtune's loss that computes the logits chunk by chunk, in place of one of its other cross-entropies. */
function linearLoss(name: string): string | undefined {
  return /^(?:CEWithChunkedOutputLoss|CrossEntropyLoss)$/.test(builderOf(name))
    ? "torchtune.modules.loss.LinearCrossEntropyLoss"
    : undefined;
}

/** The component with another builder of its family; full training has recipes of its own, so that no name leads there. */
function renamed(component: string, pattern: RegExp, replacement: string): string | undefined {
  const builder = builderOf(component);
  return pattern.test(builder)
    ? component.slice(0, -builder.length) + builder.replace(pattern, replacement)
    : undefined;
}

function normalFloat(bits: Sourced<number>): Quantization {
  return {
    bits,
    doubleQuantization: byDefault(true, t`NF4's scales are quantised to 8 bits`),
    float32Norms: byDefault(false, t`norms stay in the dtype of the run`),
  };
}

/** The builder without its module: `torchtune.models.llama3.qlora_llama3_8b` is `qlora_llama3_8b`. */
function builderOf(component: string): string {
  return component.slice(component.lastIndexOf(".") + 1);
}

/** Nothing in the file names the recipe; the losses and the parts that only one recipe knows do. */
function readStage(keys: Keys): Sourced<Stage> {
  const loss = keys.text("loss._component_");
  const name = builderOf(loss.value ?? "");
  if (keys.has("teacher_model._component_")) return byDefault("distill", t`there is a teacher_model`);
  if (/^SimPO/.test(name)) return mapped(loss, () => "simpo");
  if (/^(?:DPO|RSO|IPO)/.test(name)) return mapped(loss, () => "dpo");
  if (/GRPO/.test(name) || keys.has("grpo_samples")) return mapped(loss, () => "grpo");
  if (/^PPO/.test(name) || keys.has("ppo_batch_size")) return mapped(loss, () => "ppo");
  const data = builderOf(keys.text("dataset._component_").value ?? "");
  return byDefault(data === "text_completion_dataset" ? "continued-pretrain" : "sft");
}

/** The builder's prefix decides; `quantize_base` makes QLoRA of LoRA. Vision models may freeze parts of themselves. */
function readMethod(keys: Keys): Sourced<Method> {
  const builder = mapped(keys.text("model._component_"), builderOf);
  if (/(?:^|_)qlora_/.test(builder.value ?? "")) return mapped(builder, () => "qlora");
  if (/(?:^|_)lora_/.test(builder.value ?? "")) {
    const quantized = keys.flag("model.quantize_base");
    return quantized.value ? mapped(quantized, () => "qlora") : mapped(builder, () => "lora");
  }
  const parts = ["model.decoder_trainable", "model.encoder_trainable", "model.fusion_trainable"] as const;
  const frozen = parts.map((part) => keys.text(part)).find(({ value }) => /^(?:frozen|false)$/i.test(value ?? ""));
  return frozen ? mapped(frozen, () => "freeze") : mapped(builder, () => "full");
}

function readLora(keys: Keys): LoraPlan {
  return {
    rank: keys.number("model.lora_rank"),
    alpha: keys.number("model.lora_alpha"),
    dropout: keys.number("model.lora_dropout"),
    targets: mapped(keys.words("model.lora_attn_modules"), (modules): LoraTargets => {
      const mlp: readonly LayerRole[] = keys.flag("model.apply_lora_to_mlp").value ? ["mlp"] : [];
      const head: readonly LayerRole[] = keys.flag("model.apply_lora_to_output").value ? ["head"] : [];
      return { kind: "roles", roles: [...modules.flatMap((name) => attentionRoles.get(name) ?? []), ...mlp, ...head] };
    }),
    modulesToSave: byDefault([]),
    rsLora: byDefault(false),
    dora: keys.flag("model.use_dora"),
  };
}

const attentionRoles: ReadonlyMap<string, LayerRole> = new Map([
  ["q_proj", "query"],
  ["k_proj", "key"],
  ["v_proj", "value"],
  ["output_proj", "output"],
]);

/** Widths and depths, where the file calls a builder that takes them; those named after a size take none. */
function readShape(keys: Keys): Sourced<ModelShape> | null {
  const hidden = keys.number("model.embed_dim");
  const layers = keys.number("model.num_layers").value;
  const heads = keys.number("model.num_heads").value;
  const vocab = keys.number("model.vocab_size").value;
  if (layers === undefined || heads === undefined || vocab === undefined || hidden.value === undefined) return null;
  const kvHeads = keys.number("model.num_kv_heads").value;
  const context = keys.number("model.max_seq_len").value;
  return mapped(hidden, (width) => ({
    hidden: width,
    layers,
    heads,
    vocab,
    intermediate: keys.number("model.intermediate_dim").value ?? llamaIntermediate(width),
    ...(kvHeads === undefined ? {} : { kvHeads }),
    ...(context === undefined ? {} : { context }),
  }));
}

/** Two thirds of four times the width, rounded up to a multiple of 256: torchtune's scale_hidden_dim_for_mlp. */
function llamaIntermediate(width: number): number {
  return 256 * Math.ceil((4 * Math.floor((2 * width) / 3)) / 256);
}

/** What the file leaves out is up to the optimizer class: torch's, bitsandbytes' and torchao's AdamW decay by 0.01. */
function readOptimizer(keys: Keys): OptimizerPlan {
  const name = keys.text("optimizer._component_");
  const decay = /AdamW|AdEMAMix/.test(name.value ?? "") ? 0.01 : 0;
  return {
    name,
    weightDecay: keys.number("optimizer.weight_decay", byDefault(decay, t`the optimizer class's own default`)),
    beta2: beta2Of(keys.words("optimizer.betas", byDefault([])), 0.999),
    maxGradNorm: keys.number("clip_grad_norm"),
    fused: keys.flag("optimizer.fused", byDefault(false)),
    inBackward: keys.flag("optimizer_in_bwd"),
  };
}

function hasScheduler({ root }: ConfigDocument): boolean {
  return root.entries.get("lr_scheduler")?.value.kind === "map";
}

/**
 * Epochs of at most `max_steps_per_epoch` updates. PPO takes `num_steps` samples in rounds of `batch_size`, GRPO `num_steps`
 * rounds; each round is gone over `ppo_epochs` times.
 */
function readDuration(keys: Keys): Duration {
  const rounds = keys.has("ppo_batch_size")
    ? derived(keys.number("num_steps"), keys.number("batch_size"), "num_steps / batch_size", (samples, batch) =>
        Math.floor(samples / batch),
      )
    : keys.number("num_steps");
  const maxSteps: Sourced<number | null> = keys.has("num_steps")
    ? derived(rounds, keys.number("ppo_epochs"), t`the updates of all rounds`, (count, passes) => {
        const answers = keys.number("batch_size").value ?? 1;
        return count * passes * Math.max(1, Math.floor(answers / (keys.number("ppo_batch_size").value ?? answers)));
      })
    : keys.has("max_steps_per_epoch")
      ? derived(
          keys.number("max_steps_per_epoch"),
          keys.number("epochs"),
          "max_steps_per_epoch × epochs",
          (steps, epochs) => steps * epochs,
        )
      : byDefault(null);
  return {
    epochs: keys.number("epochs", keys.has("num_steps") ? unknown(t`the run is counted in num_steps`) : undefined),
    maxSteps,
    maxTokens: byDefault(null),
  };
}

/** `batch_size` is one forward pass of one GPU; PPO splits `ppo_batch_size`, GRPO answers each prompt several times. */
function readBatch(keys: Keys): BatchPlan {
  const prompts = keys.number("batch_size");
  const accumulation = keys.number("gradient_accumulation_steps");
  const micro = keys.has("ppo_batch_size")
    ? derived(
        keys.number("ppo_batch_size"),
        accumulation,
        "ppo_batch_size / gradient_accumulation_steps",
        (batch, steps) => Math.max(1, Math.floor(batch / steps)),
      )
    : keys.has("grpo_samples")
      ? derived(prompts, keys.number("grpo_samples"), "batch_size × grpo_samples", (batch, answers) => batch * answers)
      : prompts;
  return { micro, accumulation, global: null, evaluation: keys.number("batch_size_val", prompts) };
}

/** Both the data and the interval must be there. */
function readEvaluation(keys: Keys): Sourced<Interval> {
  if (!keys.has("dataset_val._component_")) return byDefault(never, t`there is no dataset_val`);
  return keys.has("run_val_every_n_steps")
    ? inUpdates(keys.number("run_val_every_n_steps"))
    : byDefault(never, t`run_val_every_n_steps is not set`);
}

function readSaves(keys: Keys): Sourced<Interval> {
  return keys.has("save_every_n_steps")
    ? inUpdates(keys.number("save_every_n_steps"))
    : byDefault(every(1, "epochs"), t`torchtune saves at the end of each epoch`);
}

/** With generated answers a sequence is a prompt and its answer. */
function readSequenceLength(keys: Keys): Sourced<number> {
  const prompt = keys.number("tokenizer.max_seq_len");
  if (!keys.has("max_generated_tokens")) return prompt;
  return derived(
    prompt,
    keys.number("max_generated_tokens"),
    t`prompt and answer`,
    (longest, answer) => longest + answer,
  );
}

function isPacked({ entries }: MapNode): boolean {
  const packed = entries.get("packed")?.value;
  return packed?.kind === "scalar" && packed.value === true;
}

/** A data set is named by its `source` and files, or else by its builder, most of which stand for one on the Hub. */
function readSources(document: ConfigDocument, maps: readonly MapNode[]): readonly DataSource[] {
  return maps.flatMap((map) => {
    const { entries } = map;
    const named = ["data_files", "source", "_component_"].flatMap((key) => entries.get(key) ?? []);
    const entry = named.find(({ value }) => value.kind === "scalar" && value.value !== null);
    if (entry?.value.kind !== "scalar") return [];
    const place = placeOf(document, entry);
    const written = resolveScalar(entry.value, [document.root, map])?.toString();
    const lost = unknown(t`${entry.value.source} is resolved outside this file`, place);
    const split = entries.get("split")?.value;
    const limit = split?.kind === "scalar" ? /\[:(\d+)\]$/.exec(String(split.value))?.[1] : undefined;
    const name: Sourced<string> =
      written === undefined ? lost : { value: hubIds.get(builderOf(written)) ?? written, origin: "file", place };
    return [{ name, limit: limit === undefined ? null : Number(limit) }];
  });
}

const hubIds: ReadonlyMap<string, string> = new Map([
  ["alpaca_dataset", "tatsu-lab/alpaca"],
  ["alpaca_cleaned_dataset", "yahma/alpaca-cleaned"],
  ["grammar_dataset", "liweili/c4_200m"],
  ["samsum_dataset", "Samsung/samsum"],
  ["slimorca_dataset", "Open-Orca/SlimOrca-Dedup"],
  ["stack_exchange_paired_dataset", "lvwerra/stack-exchange-paired"],
]);

/** The share that a split such as `train[95%:]` holds out; the rest is the training split's. */
function readValidation(keys: Keys): Sourced<number> {
  const split = keys.text("dataset_val.split");
  const from = /\[(-?)(\d+)%:\]$/.exec(split.value ?? "");
  if (!from) return byDefault(0);
  const percent = Number(from[2]);
  return mapped(split, () => (from[1] === "-" ? percent : 100 - percent) / 100);
}

/** One type for all: weights, gradients, optimizer states and activations; no recipe knows autocast. */
function readPrecision(keys: Keys): Precision {
  const written = keys.text("dtype");
  const type = dtypes.get(written.value ?? "");
  const weights: Sourced<Dtype> = type
    ? mapped(written, () => type)
    : written.origin === "file"
      ? unknown(t`"${written.value}" is not a type that torchtune trains in`, written.place)
      : keys.has("dtype")
        ? unknown(written.note ?? "", written.place)
        : assumed("bfloat16", t`dtype is not set; torchtune's own configs say bf16`);
  return precisionOf(weights, byDefault(null, t`torchtune computes in the type of the weights`));
}

const dtypes: ReadonlyMap<string, Dtype> = new Map([
  ["bf16", "bfloat16"],
  ["fp32", "float32"],
  ["fp16", "float16"],
]);

/** `ac_mode` is for runs without `enable_activation_checkpointing`; where both are set neither takes effect. */
function readCheckpointing(keys: Keys): Sourced<boolean> {
  const enabled = keys.flag("enable_activation_checkpointing");
  if (!keys.has("ac_mode")) return enabled;
  return derived(enabled, keys.text("ac_mode"), t`ac_mode counts only without it`, (on) => !on);
}

/**
 * The linear losses make the logits of one chunk, but keep its log-softmax, or compiled its logits, for the backward pass; those with
 * a chunked output hold all logits, in chunks. How many tokens the linear ones leave out, those without a label, only the data tell.
 * Source: torchtune, modules/loss/cross_entropy_loss.py and ce_chunked_output_loss.py, dev/rl/linear_grpo_loss.py.
 */
function readLoss(keys: Keys): Sourced<LossImplementation> {
  return mapped(keys.text("loss._component_"), (name) => {
    if (/^Linear/.test(builderOf(name))) return "sliced";
    return /Chunked/.test(builderOf(name)) ? "split" : "materialised";
  });
}

/**
 * The recipes load the teacher in the student's type and shard it alike. Source: torchtune, recipes/knowledge_distillation_*.py,
 * _setup_teacher_model.
 */
function readTeacher(keys: Keys): Pick<TrainingPlan, "teacher"> {
  if (!keys.has("teacher_model._component_")) return {};
  const id = keys.text("teacher_model._component_");
  const quantized = /(?:^|_)qlora_/.test(builderOf(id.value ?? "")) || keys.flag("teacher_model.quantize_base").value;
  const { frozen } = readPrecision(keys);
  const quantization = quantized ? normalFloat(mapped(id, () => 4)) : null;
  return { teacher: { id, weights: frozen, quantization, isSplit: true, divergence: "torchtune" } };
}

/** The losses' own defaults. Source: torchtune/rlhf/loss/dpo.py. */
function readPreference(keys: Keys): Pick<TrainingPlan, "preference"> {
  const stage = readStage(keys).value;
  return preferenceOf(stage, keys.number("loss.beta", byDefault(stage === "simpo" ? 2 : 0.1)));
}

/** The distributed recipes shard with FSDP2; on one GPU there is nothing to share. */
function readParallelism(keys: Keys, document: ConfigDocument): Parallelism {
  const shard = keys.number("data_parallel_shard_dim");
  const reshards = keys.flag("fsdp_reshard_after_forward");
  return {
    ...dataParallel(readGpus(keys, document)),
    tensor: keys.number("tensor_parallel_dim"),
    context: keys.number("context_parallel_dim"),
    sharding: shard.value === 1 ? mapped(shard, () => "none") : mapped(reshards, reshardSharding),
    ...copiesOf(keys.number("data_parallel_replicate_dim")),
    offload: mapped(keys.flag("fsdp_cpu_offload"), fullOffload),
  };
}

/** The dimensions of the device mesh where they are all given; else what the launch command in the comments says. */
function readGpus(keys: Keys, { text }: ConfigDocument): Sourced<number> {
  if (keys.has("orchestration.num_training_workers")) return keys.number("orchestration.num_training_workers");
  const shard = keys.number("data_parallel_shard_dim");
  const mesh = (["data_parallel_replicate_dim", "tensor_parallel_dim", "context_parallel_dim"] as const)
    .map((key) => keys.number(key).value ?? 1)
    .reduce((a, b) => a * b);
  if ((shard.value ?? -1) > 0) return mapped(shard, (size) => size * mesh);
  const command = /^#.*\btune run\b.*--nproc[_-]per[_-]node[ =](\d+).*$/m.exec(text);
  const nodes = /--nnodes[ =](\d+)/.exec(command?.[0] ?? "")?.[1];
  const launched = Number(command?.[1] ?? 1) * Number(nodes ?? 1);
  return launched > mesh
    ? assumed(launched, t`from the tune run command in the file's comments`)
    : assumed(mesh, t`torchtune takes the number of GPUs from the launcher`);
}

/**
 * Changes by the keys that the recipe reads: PPO's batch is what all its passes share, GRPO's batch counts prompts, and a
 * sequence of theirs holds the answer too. A schedule cannot be bent where there is none.
 */
function writeChange(document: ConfigDocument, change: PlanChange): readonly TextEdit[] {
  const keys = reader(document, vocabulary, { normalise });
  const {
    microBatch,
    evaluationBatch,
    sequenceLength,
    scheduler,
    warmupSteps,
    schedulerSettings,
    epochs,
    gradientCheckpointing,
    accumulation,
    ...same
  } = change;
  // The recipes stop at an accumulation beside optimizer_in_bwd: neither half of such a change is made.
  if ((accumulation ?? 1) > 1 && keys.flag("optimizer_in_bwd").value) return [];
  const answer = keys.number("max_generated_tokens").value ?? 0;
  const own: PlanChange = {
    ...same,
    ...(accumulation === undefined ? {} : { accumulation }),
    ...(sequenceLength !== undefined && sequenceLength > answer ? { sequenceLength: sequenceLength - answer } : {}),
    ...(hasScheduler(document) && scheduler !== undefined ? { scheduler } : {}),
    ...(hasScheduler(document) && warmupSteps !== undefined ? { warmupSteps } : {}),
    ...(hasScheduler(document) && schedulerSettings !== undefined ? { schedulerSettings } : {}),
    ...(epochs !== undefined && (keys.has("epochs") || !keys.has("num_steps")) ? { epochs } : {}),
    ...(gradientCheckpointing !== undefined && !keys.has("ac_mode") ? { gradientCheckpointing } : {}),
    ...(keys.has("ppo_batch_size") ? {} : microBatchOf(keys, microBatch)),
  };
  const paths = Object.fromEntries(
    Object.entries(torchtune.keys).map(([name, key]) => [name, pathIn(document, key as keyof typeof vocabulary)]),
  );
  return [
    ...writeKeys(document, paths, own),
    ...writePpoBatch(document, keys, change),
    ...(evaluationBatch === undefined ? [] : writeEvaluationBatch(document, evaluationBatch)),
  ];
}

/** The name under which the file has the key. */
function pathIn({ root }: ConfigDocument, key: keyof typeof vocabulary): string {
  return namesOf(vocabulary, key).find((path) => entryAt(root, path)) ?? key;
}

function microBatchOf(keys: Keys, microBatch: number | undefined): PlanChange {
  const prompts = (microBatch ?? 0) / (keys.number("grpo_samples").value ?? 1);
  return Number.isInteger(prompts) && prompts > 0 ? { microBatch: prompts } : {};
}

function writePpoBatch(document: ConfigDocument, keys: Keys, change: PlanChange): readonly TextEdit[] {
  const { micro, accumulation } = readBatch(keys);
  if (!keys.has("ppo_batch_size") || micro.value === undefined || accumulation.value === undefined) return [];
  const total = (change.microBatch ?? micro.value) * (change.accumulation ?? accumulation.value);
  return total === keys.number("ppo_batch_size").value ? [] : setValue(document, "ppo_batch_size", total);
}

/** `${batch_size}`, as torchtune's own configs say, gives way to a number: the training batch is not meant. */
function writeEvaluationBatch(document: ConfigDocument, value: number): readonly TextEdit[] {
  const entry = document.root.entries.get("batch_size_val");
  if (entry?.value.kind === "scalar" && entry.value.source.includes("${")) {
    return [{ range: document.rangeOf(entry.valueSpan), newText: String(value) }];
  }
  return setValue(document, "batch_size_val", value, ["batch_size"]);
}
