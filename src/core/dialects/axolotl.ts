import { type LoraTargets, peftTargets } from "../plan/lora.ts";
import type {
  DataSource,
  Dtype,
  LoraPlan,
  Method,
  Precision,
  Quantization,
  Stage,
  TrainingPlan,
  Warmup,
} from "../plan/plan.ts";
import { assumed, byDefault, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { ConfigDocument, MapNode, Scalar } from "../text/document.ts";
import { dataSources } from "./data.ts";
import type { Dialect } from "./dialect.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel, readSplit, shardingLinks } from "./sharding.ts";
import { throughDeepspeed } from "./throughDeepspeed.ts";
import { attentionFrom } from "./trainingArguments.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: axolotl-ai-cloud/axolotl at 067b021c8b87, src/axolotl/utils/schemas/*.py, loaders/model.py.

const vocabulary = {
  base_model: { holds: "model", about: "Hugging Face id or path of the model to train" },
  model_type: { about: "Class that loads the model, such as AutoModelForCausalLM" },
  tokenizer_type: { about: "Class that loads the tokenizer" },
  adapter: { about: "Kind of adapter; every weight is trained without it", values: ["lora", "qlora"] },
  lora_r: { about: "Rank of the LoRA matrices", note: "lora_r is not set; axolotl has no default" },
  lora_alpha: { about: "LoRA's scale is alpha / rank", note: "lora_alpha is not set; axolotl has no default" },
  lora_dropout: { about: "Dropout in front of the adapters", default: 0 },
  lora_target_linear: { about: "Adapt all linear layers", default: false },
  lora_target_modules: { holds: "modules", about: "Modules to adapt: names, or a regular expression" },
  lora_modules_to_save: { about: "Modules to train in full beside the adapters", default: "" },
  peft_use_dora: { about: "DoRA: adapt direction and magnitude apart", default: false },
  peft_use_rslora: { about: "Scale by alpha / √rank", default: false },
  load_in_4bit: { about: "Load the weights in 4 bits (NF4, double quantisation)", default: false },
  load_in_8bit: { about: "Load the weights in 8 bits", default: false },
  unfrozen_parameters: { about: "Regular expressions of the only parameters to train" },
  rl: { about: "Preference or reinforcement learning", values: ["dpo", "ipo", "kto", "orpo", "simpo", "grpo"] },
  reward_model: { about: "Train a reward model", default: false },
  pretraining_dataset: { about: "Data to continue pretraining on" },
  datasets: { about: "Training data: a list of path and type" },
  val_set_size: { about: "Share (or number) of samples held out for evaluation", default: 0 },
  sequence_len: { about: "Longest sequence in tokens", default: 512 },
  dataloader_drop_last: { about: "Leave out the last, incomplete batch", default: false },
  sample_packing: { about: "Join short samples into full sequences", default: false },
  pad_to_sequence_len: { about: "Pad every batch to the full length" },
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
      "paged_adamw_8bit",
      "paged_adamw_32bit",
      "lion_8bit",
      "adafactor",
      "muon",
      "came_pytorch",
      "optimi_adamw",
    ],
  },
  learning_rate: { about: "Peak learning rate", note: "learning_rate is not set; axolotl requires it" },
  lr_scheduler: {
    about: "Course of the learning rate: transformers' names, rex, or one_cycle",
    default: "cosine",
    values: ["cosine", "linear", "constant", "constant_with_warmup", "rex", "one_cycle", "warmup_stable_decay"],
  },
  lr_scheduler_kwargs: { about: "Further settings of the scheduler" },
  cosine_min_lr_ratio: { about: "Floor of the cosine as a share of the peak" },
  cosine_constant_lr_ratio: { about: "Share of the run after which the floor is reached" },
  lr_quadratic_warmup: { about: "Warm up along a parabola" },
  jagged_restart_steps: { about: "Updates between two restarts (ReLoRA)" },
  warmup_steps: { about: "Updates until the peak" },
  warmup_ratio: { about: "Share of all updates that warm up", note: "3 % of the run, at most 100 updates" },
  weight_decay: { about: "Decoupled weight decay", default: 0 },
  adam_beta2: { about: "Decay of AdamW's second moment", default: 0.999 },
  max_grad_norm: { about: "Norm to which gradients are clipped", default: 1 },
  bf16: {
    about: "bfloat16 weights and autocast, where the GPU has it",
    default: "auto",
    values: ["auto", "true", "false", "full"],
  },
  fp16: { about: "float16 weights and autocast", default: false },
  bfloat16: { about: "bfloat16 without autocast", default: false },
  float16: { about: "float16 without autocast", default: false },
  tf32: { about: "Let float32 matrix products use TF32" },
  gradient_checkpointing: {
    about: "Recompute activations in the backward pass instead of keeping them",
    default: false,
    values: ["true", "false", "offload", "offload_disk"],
  },
  gradient_checkpointing_kwargs: { about: "How to checkpoint, such as use_reentrant" },
  attn_implementation: {
    about: "Attention kernel",
    default: "sdpa",
    values: ["flash_attention_2", "flash_attention_3", "sdpa", "eager", "flex_attention", "xformers"],
  },
  flash_attention: { about: "Use flash attention; now attn_implementation", default: false },
  sdp_attention: { about: "Use torch's own kernel; now attn_implementation", default: false },
  eager_attention: { about: "Use plain attention; now attn_implementation", default: false },
  plugins: { about: "Integrations to load, such as Liger or Cut Cross-Entropy" },
  liger_fused_linear_cross_entropy: { about: "Never hold all logits at once", default: false },
  cut_cross_entropy: { about: "Never hold all logits at once (Cut Cross-Entropy)" },
  deepspeed: { about: "DeepSpeed configuration: a path or a mapping" },
  fsdp: { about: "FSDP options; now fsdp_version and fsdp_config" },
  fsdp_config: { about: "FSDP settings" },
  fsdp_version: { about: "FSDP version", values: ["1", "2"] },
  tensor_parallel_size: { about: "GPUs that share each matrix", default: 1 },
  context_parallel_size: { about: "GPUs that share each sequence", default: 1, aliases: ["sequence_parallel_degree"] },
  expert_parallel_size: { about: "GPUs that share the experts", default: 1 },
  neftune_noise_alpha: { about: "Noise on the embeddings while training (NEFTune)" },
  output_dir: { about: "Folder of checkpoints" },
  evals_per_epoch: { about: "Evaluations per epoch" },
  saves_per_epoch: { about: "Checkpoints per epoch" },
  logging_steps: { about: "Updates between two log lines" },
  seed: { about: "Random seed", default: 42 },
  wandb_project: { about: "Weights & Biases project" },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** Axolotl: one flat YAML file per run. */
export const axolotl: Dialect = {
  id: "axolotl",
  label: "axolotl",
  telltales: ["base_model"],
  vocabulary,
  detect(document) {
    const { entries } = document.root;
    if (!entries.has("base_model") || !signs.some((key) => entries.has(key))) return 0;
    return entries.has("learning_rate") || entries.has("micro_batch_size") ? 1 : 0.6;
  },
  links: shardingLinks,
  read(document, { linked }) {
    const keys = reader(document, vocabulary);
    const method = readMethod(keys);
    const gpus = assumed(1, "axolotl takes the number of GPUs from the launcher");
    const plan = {
      stage: readStage(keys),
      model: { id: keys.text("base_model"), shape: null },
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys, document) : null,
      quantization: readQuantization(keys, method),
      optimizer: {
        name: keys.text("optimizer"),
        weightDecay: keys.number("weight_decay"),
        beta2: keys.number("adam_beta2"),
        maxGradNorm: keys.number("max_grad_norm"),
      },
      learningRate: {
        peak: keys.number("learning_rate"),
        scheduler: keys.text("lr_scheduler"),
        family: "axolotl",
        schedulerArguments: byDefault(schedulerArguments(document.root)),
        warmup: readWarmup(keys),
      },
      duration: {
        epochs: keys.number("num_epochs"),
        maxSteps: mapped(keys.number("max_steps"), (steps) => (steps > 0 ? steps : null)),
        maxTokens: byDefault(null),
      },
      batch: {
        micro: keys.number("micro_batch_size"),
        accumulation: readAccumulation(keys),
        global: null,
        evaluation: keys.number("eval_batch_size", keys.number("micro_batch_size")),
      },
      sequenceLength: keys.number("sequence_len"),
      packing: keys.flag("sample_packing"),
      data: {
        sources: readSources(keys, document),
        samples: unknown("the number of samples is not in the config"),
        validation: keys.number("val_set_size"),
        dropLast: keys.flag("dataloader_drop_last"),
      },
      precision: readPrecision(keys),
      gradientCheckpointing: readCheckpointing(keys),
      attention: readAttention(keys),
      loss: readLoss(keys),
      parallelism: {
        ...dataParallel(gpus, readSplit(document, linked)),
        tensor: keys.number("tensor_parallel_size"),
        context: keys.number("context_parallel_size"),
        expert: keys.number("expert_parallel_size"),
      },
    } satisfies TrainingPlan;
    return throughDeepspeed(plan, document, linked);
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
    optimizer: "optimizer",
    loraRank: "lora_r",
  },
  write: (document, change) => writeKeys(document, axolotl.keys, change),
};

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

const bendingKeys = [
  "lr_quadratic_warmup",
  "cosine_min_lr_ratio",
  "cosine_constant_lr_ratio",
  "jagged_restart_steps",
  "jagged_restart_warmup_steps",
  "jagged_restart_anneal_steps",
];

/** The keys that bend the curve of `lr_scheduler`, and what is in `lr_scheduler_kwargs`. */
function schedulerArguments({ entries }: MapNode): ReadonlyMap<string, Scalar> {
  const kwargs = entries.get("lr_scheduler_kwargs")?.value;
  const inside = kwargs?.kind === "map" ? [...kwargs.entries] : [];
  const own = bendingKeys.flatMap((key) => [...entries].filter(([name]) => name === key));
  return new Map(
    [...inside, ...own].flatMap(([key, { value }]) =>
      value.kind === "scalar" && value.value !== null && value.value !== false ? [[key, value.value]] : [],
    ),
  );
}

function readStage(keys: Keys): Sourced<Stage> {
  if (keys.has("rl")) return mapped(keys.text("rl"), (name) => preferenceStages.get(name) ?? "dpo");
  if (keys.flag("reward_model").value) return byDefault("reward", "reward_model is set");
  return byDefault(keys.has("pretraining_dataset") ? "continued-pretrain" : "sft");
}

const preferenceStages: ReadonlyMap<string, Stage> = new Map([
  ["dpo", "dpo"],
  ["ipo", "dpo"],
  ["kto", "kto"],
  ["orpo", "orpo"],
  ["simpo", "simpo"],
  ["grpo", "grpo"],
  ["gdpo", "grpo"],
]);

/** Without `adapter` every weight is trained, LoRA keys or not. */
function readMethod(keys: Keys): Sourced<Method> {
  if (!keys.has("adapter")) return byDefault(keys.has("unfrozen_parameters") ? "freeze" : "full", "no adapter");
  const quantized = keys.flag("load_in_4bit").value;
  return mapped(keys.text("adapter"), (name): Method => {
    if (name !== "lora" && name !== "qlora") return "adapter";
    return name === "qlora" || quantized ? "qlora" : "lora";
  });
}

function readLora(keys: Keys, document: ConfigDocument): LoraPlan {
  return {
    rank: keys.number("lora_r"),
    alpha: keys.number("lora_alpha"),
    dropout: keys.number("lora_dropout"),
    targets: readTargets(keys, document),
    modulesToSave: keys.words("lora_modules_to_save"),
    rsLora: keys.flag("peft_use_rslora"),
    dora: keys.flag("peft_use_dora"),
  };
}

function readTargets(keys: Keys, { root }: ConfigDocument): Sourced<LoraTargets> {
  const all = keys.flag("lora_target_linear");
  if (all.value) return mapped(all, () => ({ kind: "all" }));
  const isList = root.entries.get("lora_target_modules")?.value.kind === "list";
  if (!keys.has("lora_target_modules")) return byDefault({ kind: "default" });
  return mapped(keys.words("lora_target_modules"), (words) => peftTargets(words, isList));
}

function readQuantization(keys: Keys, method: Sourced<Method>): Quantization | null {
  const four = keys.flag("load_in_4bit", byDefault(method.value === "qlora"));
  const eight = keys.flag("load_in_8bit");
  if (!four.value && !eight.value) return null;
  return {
    bits: four.value ? mapped(four, () => 4) : mapped(eight, () => 8),
    doubleQuantization: byDefault(true, "axolotl sets it"),
    float32Norms: byDefault(readAttention(keys).value !== "flash", "cast back to the compute type for flash attention"),
  };
}

/** `warmup_steps`, `warmup_ratio`, or 3 % of the run and at most 100 updates; a single update is made two. */
function readWarmup(keys: Keys): Sourced<Warmup> {
  if (keys.has("warmup_steps"))
    return mapped(keys.number("warmup_steps"), (steps) => ({ steps: steps === 1 ? 2 : steps }));
  const rounded = { rounding: "down", oneIsTwo: true } as const;
  if (!keys.has("warmup_ratio")) return byDefault({ ratio: 0.03, atMost: 100, ...rounded });
  return mapped(keys.number("warmup_ratio"), (ratio) => ({ ratio, ...rounded }));
}

/** `batch_size` is what one GPU sees per update; it may stand in for the accumulation. */
function readAccumulation(keys: Keys): Sourced<number> {
  const micro = keys.number("micro_batch_size").value;
  if (keys.has("gradient_accumulation_steps") || !keys.has("batch_size") || !micro) {
    return keys.number("gradient_accumulation_steps");
  }
  return mapped(keys.number("batch_size"), (total) => Math.max(1, Math.floor(total / micro)));
}

function readSources(keys: Keys, document: ConfigDocument): readonly DataSource[] {
  return [
    ...dataSources(document, keys.maps("datasets"), "path"),
    ...dataSources(document, keys.maps("pretraining_dataset"), "path"),
  ];
}

/**
 * `bf16: auto` (the default) means bfloat16 where the GPU has it: weights loaded in bfloat16 and autocast on.
 * `bfloat16` and `float16` hold the weights in that type without autocast.
 */
function readPrecision(keys: Keys): Precision {
  const float32 = byDefault<Dtype>("float32", "PEFT's default");
  const [weights, autocast] = readTypes(keys);
  return { trained: weights, frozen: weights, adapters: float32, quantizedAdapters: float32, autocast };
}

function readTypes(keys: Keys): readonly [weights: Sourced<Dtype>, autocast: Sourced<Dtype | null>] {
  for (const type of ["bfloat16", "float16"] as const) {
    const pure = keys.flag(type);
    if (pure.value) return [mapped(pure, () => type), mapped(pure, () => null)];
  }
  const half = keys.flag("fp16");
  if (half.value) return [mapped(half, () => "float16"), mapped(half, () => "float16")];
  const text = keys.text("bf16");
  const on = text.value === "auto" || text.value === "full" ? mapped(text, () => true) : keys.flag("bf16");
  return [
    mapped(on, (brain) => (brain ? "bfloat16" : "float32")),
    mapped(on, (brain) => (brain && text.value !== "full" ? "bfloat16" : null)),
  ];
}

/** `true`, or one of the offloading variants, which checkpoint too. */
function readCheckpointing(keys: Keys): Sourced<boolean> {
  const text = keys.text("gradient_checkpointing");
  if (/^(?:offload|offload_disk|unsloth)$/.test(text.value ?? "")) return mapped(text, () => true);
  return keys.flag("gradient_checkpointing");
}

function readAttention(keys: Keys): TrainingPlan["attention"] {
  for (const [key, kind] of [
    ["flash_attention", "flash"],
    ["sdp_attention", "sdpa"],
    ["eager_attention", "eager"],
  ] as const) {
    const flag = keys.flag(key);
    if (flag.value) return mapped(flag, () => kind);
  }
  return mapped(keys.text("attn_implementation"), attentionFrom);
}

/** Liger's fused linear cross-entropy and Cut Cross-Entropy never hold the logits of all tokens. */
function readLoss(keys: Keys): TrainingPlan["loss"] {
  const liger = keys.flag("liger_fused_linear_cross_entropy");
  if (liger.value) return mapped(liger, () => "chunked");
  const plugins = keys.words("plugins", byDefault([])).value ?? [];
  const cut = plugins.some((name) => name.endsWith("CutCrossEntropyPlugin"));
  return mapped(keys.flag("cut_cross_entropy", byDefault(cut)), (on) => (on ? "chunked" : "materialised"));
}
