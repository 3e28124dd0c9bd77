import type { Analysis } from "../analyze.ts";
import type { Answer } from "../answer.ts";
import type { FollowedLink } from "../dialects/links.ts";
import { t, translated } from "../language.ts";
import { architectureIn, type KnownModel, type ModelFacts } from "../models/facts.ts";
import { quantizationSplit } from "../models/parameters.ts";
import type { LayerRole, LoraTargets } from "../plan/lora.ts";
import {
  type Attention,
  globalBatchSize,
  type LossImplementation,
  type Method,
  type Offload,
  type ShardGroups,
  type Sharding,
  type TrainingPlan,
  type Warmup,
} from "../plan/plan.ts";
import type { Sourced } from "../plan/sourced.ts";
import { learningRateRange } from "../rules/lr/ranges.ts";
import type { RunLength } from "../schedule/runLength.ts";
import { formatCount, formatFraction, formatParameters, formatRate } from "../units.ts";
import { escapeMarkdown } from "./markdown.ts";
import { warmupCount } from "./schedulePlot.ts";
import type { Topic } from "./topics.ts";
import { originNote } from "./verdict.ts";

/** What the hovered line costs or does; Markdown. */
export function topicText(topic: Topic, analysis: Analysis): string {
  const { plan, model } = analysis;
  switch (topic) {
    case "model":
      return modelText(plan, model);
    case "method":
    case "rank":
    case "alpha":
    case "targets":
    case "quantization":
      return methodText(analysis);
    case "microBatch":
    case "accumulation":
      return batchText(plan);
    case "sequence":
      return sequenceText(plan, model);
    case "optimizer":
      return optimizerText(analysis);
    case "precision":
      return precisionText(analysis);
    case "checkpointing":
      return checkpointingText(plan);
    case "attention":
      return escapeMarkdown(t`Attention: ${sentence(plan.attention, attentionNames)}`);
    case "loss":
      return escapeMarkdown(t`Loss: ${sentence(plan.loss, lossNames)}`);
    case "learningRate":
      return learningRateText(analysis);
    case "schedule":
      return scheduleText(analysis);
    case "parallelism":
      return parallelismText(plan);
  }
}

/** Whether the file that the config points to is there, and that nothing outside the workspace is read. */
export function linkText({ path, file }: FollowedLink): string {
  if (file) return escapeMarkdown(t`${path} is read together with this file`);
  return escapeMarkdown(
    file === null
      ? t`${path} is neither beside this file nor in the workspace; files outside the workspace are not read`
      : t`${path} has not been read`,
  );
}

function modelText({ model: { id: name } }: TrainingPlan, model: Answer<ModelFacts>): string {
  if (!model.value) return escapeMarkdown(`${name.value ?? "Model"}: ${model.reason}`);
  if (model.value.kind === "size") {
    const size = formatParameters(model.value.parameters.total);
    return escapeMarkdown(
      t`${model.value.id}: about ${size} parameters, as its name says; nothing else is known of it`,
    );
  }
  const { architecture, parameters, source } = model.value;
  const { family, layers, hidden, vocab } = architecture;
  const active = parameters.active < parameters.total ? t` (${formatParameters(parameters.active)} active)` : "";
  return escapeMarkdown(
    t`${family}${originNote(name)}: ${formatParameters(parameters.total)} parameters${active}, ${layers} layers of ${hidden}, ` +
      t`${formatCount(vocab)} words (${modelSources[source]})`,
  );
}

const modelSources: Readonly<Record<KnownModel["source"], string>> = {
  "config.json": t`its config.json`,
  cache: t`its config.json in the Hugging Face cache`,
  hub: t`its config.json from the Hugging Face Hub`,
  catalogue: t`built-in catalogue`,
  shape: t`as this config spells it out`,
};

export const methodNames: Readonly<Record<Method, string>> = {
  full: t`Full fine-tuning`,
  freeze: t`Partial fine-tuning`,
  lora: "LoRA",
  qlora: "QLoRA",
  adapter: t`Adapter tuning`,
};

function methodText(analysis: Analysis): string {
  const { plan, trainable, model } = analysis;
  const { method, lora } = plan;
  if (!method.value) return escapeMarkdown(t`Method${originNote(method)}`);
  const total = model.value?.parameters.total;
  const share =
    trainable.value === null || total === undefined
      ? ""
      : t`: ${formatParameters(trainable.value)} trainable (${formatFraction(trainable.value / total)})`;
  if (!lora) return escapeMarkdown(`${methodNames[method.value]}${originNote(method)}: ${trainedParts[method.value]}`);
  const targets = lora.targets.value && targetsText(lora.targets.value);
  return escapeMarkdown(
    t`${methodNames[method.value]} of rank ${said(lora.rank)}, alpha ${said(lora.alpha)}, on ${targets ?? t`unknown layers`}` +
      `${originNote(lora.targets)}${share}${quantizationText(analysis)}`,
  );
}

const trainedParts: Readonly<Record<Method, string>> = {
  full: t`every weight is trained`,
  freeze: t`some layers are trained in place`,
  lora: t`low-rank matrices beside the linear layers are trained`,
  qlora: t`low-rank matrices beside the quantised linear layers are trained`,
  adapter: t`adapters other than LoRA are trained`,
};

/** What is quantised, and what keeps its type: embeddings, norms, the output layer, fused experts. */
function quantizationText({ plan, model, run }: Analysis): string {
  const architecture = architectureIn(model).value;
  const bits = plan.quantization?.bits.value;
  if (!architecture || bits === undefined) return "";
  const { quantized, kept } = quantizationSplit(architecture, run.value?.quantization?.experts);
  return t`; ${formatParameters(quantized)} parameters in ${bits} bits, ${formatParameters(kept)} keep their type`;
}

function targetsText(targets: LoraTargets): string {
  switch (targets.kind) {
    case "all":
      return t`all linear layers`;
    case "default":
      return t`the layers that PEFT chooses`;
    case "names":
      return targets.names.join(", ");
    case "pattern":
      return t`layers that match ${targets.pattern}`;
    case "roles":
      return targets.roles.map((role) => roleNames[role]).join(", ");
  }
}

const roleNames: Readonly<Record<LayerRole, string>> = {
  query: t`query`,
  key: t`key`,
  value: t`value`,
  output: t`output`,
  mlp: "mlp",
  head: t`head`,
};

function said(source: Sourced<number>): string {
  return `${source.value === undefined ? "?" : formatCount(source.value)}${originNote(source)}`;
}

function batchText(plan: TrainingPlan): string {
  const { batch } = plan;
  const { gpus } = plan.parallelism;
  const total = globalBatchSize(plan);
  return escapeMarkdown(
    t`Micro batch ${said(batch.micro)} × accumulation ${said(batch.accumulation)} × ${gpus.value ?? "?"} GPU${originNote(gpus)} = ` +
      t`${total === undefined ? t`unknown` : formatCount(total)} sequences per update`,
  );
}

function sequenceText({ sequenceLength, batch }: TrainingPlan, model: Answer<ModelFacts>): string {
  const tokens = (sequenceLength.value ?? Number.NaN) * (batch.micro.value ?? Number.NaN);
  const made = model.value?.kind === "architecture" ? model.value.architecture.context : null;
  const context = made === null ? "" : t`; the model was made for ${formatCount(made)}`;
  const pass = Number.isNaN(tokens)
    ? ""
    : t` × micro batch ${said(batch.micro)} = ${formatCount(tokens)} tokens per GPU and pass`;
  return escapeMarkdown(t`${said(sequenceLength)} tokens per sequence${pass}${context}`);
}

function optimizerText({ plan, memory, run }: Analysis): string {
  const { name } = plan.optimizer;
  if (!memory.value || !run.value || !name.value) return escapeMarkdown(t`Optimizer${originNote(name)}`);
  const { trainable } = run.value;
  const each = trainable === 0 ? 0 : memory.value.components.optimizer / trainable;
  const states =
    each === 0 && /paged/i.test(name.value)
      ? t`states are paged to the host's memory`
      : t`${formatCount(Number(each.toFixed(2)))} bytes of state for each of ${formatParameters(trainable)} trainable parameters`;
  return escapeMarkdown(`${name.value}: ${states}`);
}

/** The types of the weights, of the adapters, and of the matrix products. */
function precisionText({ plan: { precision, lora, quantization } }: Analysis): string {
  const adapters = quantization ? precision.quantizedAdapters : precision.adapters;
  const weights = lora
    ? t`frozen weights in ${typed(precision.frozen)}, adapters in ${typed(adapters)}`
    : t`weights in ${typed(precision.trained)}`;
  const { autocast } = precision;
  const products =
    autocast.value === undefined
      ? `autocast${originNote(autocast)}`
      : autocast.value === null
        ? t`no autocast: matrix products run in the type of the weights`
        : t`autocast: matrix products run in ${autocast.value}`;
  return escapeMarkdown(t`Precision: ${weights}; ${products}`);
}

function typed(source: Sourced<string>): string {
  return `${source.value ?? t`an unknown type`}${originNote(source)}`;
}

function checkpointingText({ gradientCheckpointing: checkpointing }: TrainingPlan): string {
  if (checkpointing.value === undefined) return escapeMarkdown(t`Gradient checkpointing${originNote(checkpointing)}`);
  return escapeMarkdown(
    checkpointing.value
      ? t`Gradient checkpointing${originNote(checkpointing)}: each block keeps its input alone and is computed again in the backward pass, ` +
          t`which takes about a third more time`
      : t`No gradient checkpointing${originNote(checkpointing)}: each block keeps what its backward pass needs`,
  );
}

function sentence<T extends string>(source: Sourced<T>, names: Readonly<Record<T, string>>): string {
  return `${source.value === undefined ? "" : names[source.value]}${originNote(source)}`;
}

const attentionNames: Readonly<Record<Attention, string>> = {
  flash: t`flash attention, which holds no matrix of scores`,
  sdpa: t`torch's own kernel (SDPA), which holds no matrix of scores`,
  eager: t`eager, which holds the scores of every pair of tokens`,
  recomputed: t`MLX's kernel, beside which the backward pass holds the scores of one layer`,
  narrow: t`MLX's own, which holds the scores of every pair of tokens, in 16 bits`,
};

const lossNames: Readonly<Record<LossImplementation, string>> = {
  materialised: t`takes the logits of all tokens at once`,
  narrow: t`takes the logits of all tokens at once, in 16 bits`,
  split: t`takes the logits of all tokens at once, in float32 chunk by chunk`,
  parts: t`takes the logits of all tokens at once, in 16 bits, and the loss of one part after the other`,
  sliced: t`chunk by chunk, each of which keeps as many values as it has logits`,
  "in-place": t`takes the logits of all tokens at once and writes their gradient over them`,
  copied: t`takes the logits of all tokens at once and writes their gradient over a copy of them`,
  fused: t`fused with the output layer, so that the logits of all tokens are never there at once`,
  chunked: t`chunk by chunk, so that the logits of all tokens are never there at once`,
};

function learningRateText({ plan, model }: Analysis): string {
  const { peak } = plan.learningRate;
  const range = learningRateRange(plan, model.value);
  if (peak.value === undefined) return escapeMarkdown(t`Learning rate${originNote(peak)}`);
  const usual = range
    ? t`; usual here ${formatRate(range.usual)}, at most ${formatRate(range.upper)} (${translated(range.source)})`
    : "";
  return escapeMarkdown(t`Peak learning rate ${formatRate(peak.value)}${originNote(peak)}${usual}`);
}

function scheduleText({ plan, schedule, length }: Analysis): string {
  const run = lengthText(length, plan.learningRate.warmup);
  if (!schedule.value) return escapeMarkdown(`${run}; ${schedule.reason}`);
  const { name, peak, final, stepsKnown } = schedule.value;
  const last = stepsKnown ? t`, last update at ${formatRate(final)}` : "";
  return escapeMarkdown(t`${name}: ${run}; peak ${formatRate(peak)}${last}`);
}

/** Updates, warmup, and what they were worked out from; or why their number is unknown. */
export function lengthText(length: RunLength, warmup: Sourced<Warmup>): string {
  const { samples, updatesPerEpoch, totalSteps, warmupSteps } = length;
  if (totalSteps === undefined) {
    return t`${warmupText(warmup)}; the number of updates is unknown${samples.note ? `: ${samples.note}` : ""}`;
  }
  const from =
    samples.value === undefined || updatesPerEpoch === undefined
      ? ""
      : t` (${formatCount(updatesPerEpoch)} per epoch of ${formatCount(samples.value)} samples${samples.note ? `, ${samples.note}` : ""})`;
  return t`${formatCount(totalSteps)} updates${from}, ${warmupSteps === undefined ? t`an unknown number` : warmupCount(warmupSteps)} of them warmup`;
}

function warmupText(warmup: Sourced<Warmup>): string {
  if (!warmup.value) return `warmup${originNote(warmup)}`;
  return "steps" in warmup.value
    ? t`${formatCount(warmup.value.steps)} updates of warmup${originNote(warmup)}`
    : t`warmup over ${formatFraction(warmup.value.ratio)} of the run${originNote(warmup)}`;
}

const shardingNames: Readonly<Record<Sharding, string>> = {
  none: t`every GPU holds all states`,
  "zero-1": t`optimizer states are sharded (ZeRO-1)`,
  "zero-2": t`gradients and optimizer states are sharded (ZeRO-2)`,
  "zero-3": t`weights, gradients and optimizer states are sharded (ZeRO-3, FSDP)`,
};

const offloadNames: Readonly<Record<Offload, string>> = {
  none: t`nothing is offloaded`,
  optimizer: t`optimizer states are in the host's memory`,
  "optimizer-and-parameters": t`weights and optimizer states are in the host's memory`,
};

function groupsText({ value }: Sourced<ShardGroups>): string {
  if (!value) return t`in groups`;
  return "copies" in value ? t`in ${value.copies} copies` : t`within groups of ${value.sharers} GPUs`;
}

function parallelismText({ parallelism: { gpus, sharding, groups, offload } }: TrainingPlan): string {
  const shared = groups && sharding.value !== "none" ? `, ${groupsText(groups)}${originNote(groups)}` : "";
  const split = `${sharding.value ? shardingNames[sharding.value] : t`sharding`}${originNote(sharding)}${shared}`;
  const kept = `${offload.value ? offloadNames[offload.value] : t`offload`}${originNote(offload)}`;
  return escapeMarkdown(`${gpus.value ?? "?"} GPU${originNote(gpus)}: ${split}; ${kept}`);
}
