import { t } from "../language.ts";
import { atEnd, inUpdates } from "../plan/interval.ts";
import type { Attention, Dtype, OptimizerPlan, Precision, Quantization, TrainingPlan, Warmup } from "../plan/plan.ts";
import { assumed, byDefault, type Known, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { ConfigDocument } from "../text/document.ts";
import { beta2Of } from "./betas.ts";
import { unknownData } from "./data.ts";
import type { Dialect } from "./dialect.ts";
import { checkpointType, dtypeNamed, precisionOf } from "./precision.ts";
import { loraPlusGroup, rateGroups } from "./rateGroups.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel } from "./sharding.ts";
import { attentionFrom } from "./trainingArguments.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: huggingface/peft at 5d602fdbff04, method_comparison/MetaMathQA/{utils,run}.py and
// default_training_params.json, which an experiment's own file overrides key by key.

const vocabulary = {
  model_id: { about: "Hugging Face id of the model to train", default: "meta-llama/Llama-3.2-3B" },
  dtype: {
    about: "Type in which the model is loaded",
    default: "bfloat16",
    values: ["float32", "float16", "bfloat16", "int8", "int4"],
  },
  max_seq_length: { about: "Longest sequence in tokens", default: 768 },
  batch_size: { about: "Sequences per update", default: 4 },
  batch_size_eval: { about: "Sequences per evaluation pass", default: 50 },
  max_steps: { about: "Optimizer updates", default: 5000 },
  eval_steps: { about: "Updates between two evaluations", default: 250 },
  compile: { about: "Compile the model", default: false },
  use_gc: { about: "Recompute activations in the backward pass (gradient checkpointing)", default: false },
  seed: { about: "Random seed", default: 0 },
  grad_norm_clip: { about: "Norm to which gradients are clipped; 0: they are not", default: 1 },
  optimizer_type: {
    about: "Optimizer: a class of torch.optim, or one of PEFT's",
    default: "AdamW",
    values: ["AdamW", "Adam", "SGD", "lora+", "lora-fa", "riemannian"],
  },
  optimizer_kwargs: { about: "Settings of the optimizer; the whole block replaces the default one" },
  "optimizer_kwargs.lr": { about: "Peak learning rate", note: t`optimizer_kwargs.lr is not set` },
  "optimizer_kwargs.weight_decay": { about: "Weight decay; the optimizer's own default when the block leaves it out" },
  "optimizer_kwargs.betas": { about: "Decay of the moments" },
  "optimizer_kwargs.loraplus_lr_ratio": { about: "LoRA+: rate of B over rate of A" },
  lr_scheduler: {
    about: "Course of the learning rate: cosine with 10 % of warmup, or constant when null",
    default: "cosine",
    values: ["cosine", "null"],
  },
  use_amp: { about: "Compute in float16 through autocast", default: false },
  autocast_adapter_dtype: { about: "Cast the adapters to float32", default: true },
  attn_implementation: {
    about: "Attention kernel",
    default: "sdpa",
    values: ["flash_attention_2", "sdpa", "eager", "flex_attention"],
  },
  generation_kwargs: { about: "Settings of the answers in evaluation" },
  query_template: { about: "Prompt around a question" },
  init_kv_cache_prefix: { about: "Text that a prefix starts from" },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** PEFT's method comparison: an experiment's training_params.json, beside the adapter_config.json that names the method. */
export const peftBenchmark: Dialect = {
  id: "peft-bench",
  label: "PEFT method comparison",
  telltales: ["optimizer_kwargs"],
  vocabulary,
  detect({ root: { entries } }) {
    const settings = entries.get("optimizer_kwargs")?.value;
    const known = [...entries.keys()].every((key) => Object.hasOwn(vocabulary, key));
    return known && settings?.kind === "map" && settings.entries.has("lr") ? 1 : 0;
  },
  read(document) {
    const keys = reader(document, vocabulary);
    return {
      stage: byDefault("sft", t`the benchmark trains on MetaMathQA`),
      model: {
        id: keys.text("model_id", assumed(vocabulary.model_id.default, t`MetaMathQA's default_training_params.json`)),
        shape: null,
      },
      method: unknown(t`adapter_config.json beside this file names the method; without one every weight is trained`),
      lora: null,
      quantization: readQuantization(keys),
      optimizer: readOptimizer(keys),
      learningRate: {
        peak: keys.number("optimizer_kwargs.lr"),
        ...readScheduler(keys, document),
        family: "huggingface",
        schedulerArguments: byDefault(new Map()),
        ...(keys.text("optimizer_type").value === "lora+"
          ? rateGroups(
              loraPlusGroup(keys.number("optimizer_kwargs.loraplus_lr_ratio"), keys.number("optimizer_kwargs.lr")),
            )
          : {}),
      },
      duration: {
        epochs: byDefault(1, t`the data are read once`),
        maxSteps: keys.number("max_steps"),
        maxTokens: none,
      },
      evaluationInterval: inUpdates(keys.number("eval_steps")),
      evaluatesAnswers: byDefault(true, t`the benchmark counts right answers`),
      saveInterval: byDefault(atEnd, t`the benchmark keeps what is trained`),
      batch: {
        micro: keys.number("batch_size"),
        accumulation: byDefault(1),
        global: null,
        evaluation: keys.number("batch_size_eval"),
      },
      sequenceLength: keys.number("max_seq_length"),
      packing: byDefault(false),
      data: {
        ...unknownData,
        sources: [{ name: byDefault("meta-math/MetaMathQA"), limit: null }],
        validation: byDefault(0, t`the benchmark validates on GSM8K`),
      },
      precision: readPrecision(keys),
      gradientCheckpointing: keys.flag("use_gc"),
      attention: mapped(keys.text("attn_implementation"), (name): Attention => attentionFrom(name)),
      loss: byDefault("materialised"),
      parallelism: dataParallel(byDefault(1, t`the benchmark runs on one GPU`)),
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "optimizer_kwargs.lr",
    microBatch: "batch_size",
    evaluationBatch: "batch_size_eval",
    sequenceLength: "max_seq_length",
    gradientCheckpointing: "use_gc",
    scheduler: "lr_scheduler",
    optimizer: "optimizer_type",
  },
  write(document, { scheduler, ...others }) {
    const cosine = scheduler === "cosine" ? { scheduler } : {};
    return writeKeys(document, peftBenchmark.keys, { ...others, ...cosine });
  },
};

const none = byDefault(null);

/** A block that leaves the weight decay out gets the optimizer's own: 0.01 in torch's AdamW, 0 in all others. */
function readOptimizer(keys: Keys): OptimizerPlan {
  const name = keys.text("optimizer_type");
  return {
    name,
    weightDecay: keys.number(
      "optimizer_kwargs.weight_decay",
      byDefault(name.value === "AdamW" ? 0.01 : 0, t`${name.value}'s own`),
    ),
    beta2: beta2Of(keys.words("optimizer_kwargs.betas", byDefault([])), 0.999),
    maxGradNorm: keys.number("grad_norm_clip"),
  };
}

/** An empty scheduler is none: the rate stays where it is. The warmup of the cosine is fixed. */
function readScheduler(
  keys: Keys,
  _document: ConfigDocument,
): { readonly scheduler: Sourced<string>; readonly warmup: Known<Warmup> } {
  const off = keys.nullAt("lr_scheduler");
  if (off) return { scheduler: mapped(off, () => "constant"), warmup: byDefault({ steps: 0 }) };
  const warmup = byDefault<Warmup>({ ratio: 0.1, rounding: "down" }, t`the benchmark's WARMUP_STEP_RATIO`);
  return { scheduler: keys.text("lr_scheduler"), warmup };
}

function readQuantization(keys: Keys): Quantization | null {
  const dtype = keys.text("dtype");
  if (dtype.value !== "int4" && dtype.value !== "int8") return null;
  return {
    bits: mapped(dtype, (name) => (name === "int4" ? 4 : 8)),
    doubleQuantization: byDefault(false),
    float32Norms: byDefault(false, t`PEFT's preparation for k-bit training is not called`),
  };
}

function readPrecision(keys: Keys): Precision {
  const dtype = keys.text("dtype");
  const type = dtypeNamed(dtype.value);
  const weights: Sourced<Dtype> = type ? mapped(dtype, () => type) : checkpointType;
  const cast = keys.flag("autocast_adapter_dtype");
  const adapters = cast.value === false ? weights : mapped(cast, (): Dtype => "float32");
  return precisionOf(
    weights,
    mapped(keys.flag("use_amp"), (on) => (on ? "float16" : null)),
    adapters,
  );
}
