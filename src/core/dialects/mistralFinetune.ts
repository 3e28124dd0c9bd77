import { t } from "../language.ts";
import { type Interval, inUpdatesOrAtEnd, never } from "../plan/interval.ts";
import type { DataSource, LoraPlan, Method, Precision, Stage, TrainingPlan } from "../plan/plan.ts";
import { assumed, byDefault, derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import { namedSources, unknownData } from "./data.ts";
import type { Dialect } from "./dialect.ts";
import { plainLora } from "./lora.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel } from "./sharding.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: mistralai/mistral-finetune at 1943535d8e6d, finetune/args.py, finetune/data/args.py, model/args.py.

const vocabulary = {
  model_id_or_path: {
    about: "Folder of the model",
    note: t`model_id_or_path is not set; mistral-finetune requires it`,
  },
  run_dir: { about: "Folder of checkpoints and logs; must not be there yet" },
  "data.instruct_data": { about: "Conversations: files or folders with commas between, each with an optional :weight" },
  "data.data": { about: "Plain texts: files or folders with commas between, each with an optional :weight" },
  "data.eval_instruct_data": { about: "Conversations for the evaluation" },
  "data.shuffle": { about: "Shuffle plain texts", default: false },
  "data.instruct.shuffle": { about: "Shuffle conversations", default: true },
  "data.instruct.dynamic_chunk_fn_call": { about: "Split long function calling conversations", default: true },
  "lora.enable": { about: "Train adapters; every weight is trained without", default: true },
  "lora.rank": { about: "Rank of the LoRA matrices", default: 16 },
  "lora.scaling": { about: "LoRA's scale itself, alpha / rank elsewhere", default: 2 },
  "lora.dropout": { about: "Dropout in front of the adapters", default: 0 },
  seq_len: { about: "Length of a packed sequence in tokens", default: 2048 },
  batch_size: { about: "Sequences per GPU in one forward pass", default: 1 },
  num_microbatches: { about: "Forward passes per optimizer update", default: 1 },
  max_steps: { about: "Optimizer updates", default: 100 },
  max_norm: { about: "Norm to which gradients are clipped", default: 1 },
  "optim.lr": { about: "Peak learning rate", default: 1e-4 },
  "optim.weight_decay": { about: "Decoupled weight decay", default: 0.1 },
  "optim.pct_start": { about: "Share of all updates until the peak", default: 0.05 },
  checkpoint: { about: "Recompute activations in the backward pass instead of keeping them", default: true },
  seed: { about: "Random seed", default: 0 },
  log_freq: { about: "Updates between two log lines", default: 1 },
  eval_freq: { about: "Updates between two evaluations; 0 for the last update only", default: 0 },
  no_eval: { about: "Never evaluate", default: true },
  ckpt_freq: { about: "Updates between two checkpoints; 0 for the last update only", default: 0 },
  no_ckpt: { about: "Never save", default: false },
  num_ckpt_keep: { about: "Checkpoints to keep", default: 3 },
  save_adapters: { about: "Save the adapters only, not the merged model", default: true, aliases: ["ckpt_only_lora"] },
  "wandb.project": { about: "Weights & Biases project" },
  "wandb.run_name": { about: "Weights & Biases run" },
  "wandb.offline": { about: "Log to Weights & Biases without network", default: false },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** mistral-finetune: LoRA (or every weight) of Mistral's own checkpoints, one YAML file per run. */
export const mistralFinetune: Dialect = {
  id: "mistral-finetune",
  label: "mistral-finetune",
  telltales: ["model_id_or_path"],
  vocabulary,
  detect({ root: { entries } }) {
    if (!entries.has("model_id_or_path")) return 0;
    return ["optim", "lora", "batch_size", "max_steps"].some((key) => entries.has(key)) ? 1 : 0;
  },
  read(document) {
    const keys = reader(document, vocabulary);
    const method = mapped(keys.flag("lora.enable"), (on): Method => (on ? "lora" : "full"));
    const batch = keys.number("batch_size");
    return {
      stage: readStage(keys),
      model: { id: readModel(keys), shape: null },
      method,
      lora: method.value === "lora" ? readLora(keys) : null,
      quantization: null,
      optimizer: {
        name: byDefault("AdamW"),
        weightDecay: keys.number("optim.weight_decay"),
        beta2: byDefault(0.95),
        maxGradNorm: keys.number("max_norm"),
      },
      learningRate: {
        peak: keys.number("optim.lr"),
        scheduler: byDefault("OneCycleLR", t`mistral-finetune has no other schedule`),
        family: "torch",
        schedulerArguments: mapped(keys.number("optim.pct_start"), (share) => new Map([["pct_start", share]])),
        warmup: mapped(keys.number("optim.pct_start"), (ratio) => ({ ratio, rounding: "exact" })),
      },
      duration: {
        epochs: unknown(t`mistral-finetune runs for max_steps`),
        maxSteps: keys.number("max_steps"),
        maxTokens: byDefault(null),
      },
      evaluationInterval: readInterval(keys.flag("no_eval"), keys.number("eval_freq")),
      saveInterval: readInterval(keys.flag("no_ckpt"), keys.number("ckpt_freq")),
      batch: { micro: batch, accumulation: keys.number("num_microbatches"), global: null, evaluation: batch },
      sequenceLength: keys.number("seq_len"),
      packing: byDefault(true, t`samples are joined until seq_len is full`),
      data: {
        ...unknownData,
        sources: [...readSources(keys, "data.instruct_data"), ...readSources(keys, "data.data")],
        validation: byDefault(0, t`evaluation has data of its own`),
      },
      precision,
      gradientCheckpointing: keys.flag("checkpoint"),
      attention: byDefault("flash", t`xformers' memory-efficient attention`),
      loss: byDefault("materialised"),
      parallelism: dataParallel(assumed(1, t`mistral-finetune takes the number of GPUs from the launcher`), {
        sharding: byDefault("zero-3", t`mistral-finetune shards fully`),
        offload: byDefault("none"),
      }),
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "optim.lr",
    microBatch: "batch_size",
    accumulation: "num_microbatches",
    sequenceLength: "seq_len",
    gradientCheckpointing: "checkpoint",
    warmupRatio: "optim.pct_start",
    loraRank: "lora.rank",
  },
  levers: {
    full: [{ set: { "lora.enable": false } }],
    lora: [{ set: { "lora.enable": true } }],
  },
  write: (document, change) => writeKeys(document, mistralFinetune.keys, change),
};

/** Weights that are trained have a float32 copy for the optimizer; all computation is in bfloat16. */
const precision: Precision = {
  trained: byDefault("float32", t`a float32 copy for the optimizer`),
  frozen: byDefault("bfloat16"),
  adapters: byDefault("float32", t`a float32 copy for the optimizer`),
  quantizedAdapters: byDefault("float32", t`a float32 copy for the optimizer`),
  autocast: byDefault("bfloat16"),
};

/** The path is left empty in the framework's example, to be filled in. */
function readModel(keys: Keys): Sourced<string> {
  const id = keys.text("model_id_or_path");
  return id.value === "" ? unknown(t`model_id_or_path is empty`, id.place) : id;
}

/** The last update always counts, and is the only one where the frequency is 0. Source: mistral-finetune, train.py. */
function readInterval(off: Sourced<boolean>, frequency: Sourced<number>): Sourced<Interval> {
  if (off.value) return mapped(off, () => never);
  return inUpdatesOrAtEnd(frequency);
}

function readStage(keys: Keys): Sourced<Stage> {
  const talks = keys.words("data.instruct_data", byDefault([])).value ?? [];
  const texts = keys.words("data.data", byDefault([])).value ?? [];
  return byDefault(talks.length === 0 && texts.length > 0 ? "continued-pretrain" : "sft");
}

/** The scale is given itself, whatever the rank, and every linear layer of the blocks is adapted. */
function readLora(keys: Keys): LoraPlan {
  const rank = keys.number("lora.rank");
  return {
    rank,
    alpha: derived(keys.number("lora.scaling"), rank, "scaling × rank", (scale, width) => scale * width),
    dropout: keys.number("lora.dropout"),
    targets: byDefault({ kind: "all" }),
    ...plainLora,
  };
}

/** Without the weights behind the colons. */
function readSources(keys: Keys, key: "data.instruct_data" | "data.data"): readonly DataSource[] {
  const names = keys.words(key, byDefault([]));
  return namedSources(mapped(names, (paths) => paths.map((path) => path.replace(/:[\d.]+$/, ""))));
}
