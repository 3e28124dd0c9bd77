import { t } from "../language.ts";
import { atEnd, type Interval, inUpdates } from "../plan/interval.ts";
import type { LayerRole, LoraTargets } from "../plan/lora.ts";
import type { ModelShape } from "../plan/modelShape.ts";
import type {
  DataSource,
  Dtype,
  LoraPlan,
  Method,
  Precision,
  Quantization,
  TrainingPlan,
  Warmup,
} from "../plan/plan.ts";
import { assumed, byDefault, derived, type Known, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { ConfigDocument } from "../text/document.ts";
import { setValue, type TextEdit } from "../text/edit.ts";
import { portableNumber } from "../text/number.ts";
import { accumulationFrom, withGlobalBatch } from "./batch.ts";
import { beta2Of } from "./betas.ts";
import { namedSources, unknownData } from "./data.ts";
import type { Dialect } from "./dialect.ts";
import { stepLimit } from "./duration.ts";
import { inPlaceOf, type Lever } from "./levers.ts";
import { plainLora } from "./lora.ts";
import { precisionOf } from "./precision.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel, type Split } from "./sharding.ts";
import type { Vocabulary } from "./vocabulary.ts";
import { writeKeys } from "./write.ts";

// Keys and defaults: Lightning-AI/litgpt at 26857050fe3f, litgpt/args.py, litgpt/finetune/*.py, litgpt/pretrain.py.

const vocabulary = {
  checkpoint_dir: {
    about: "Folder of the model to finetune, such as checkpoints/<organisation>/<model>",
    note: t`checkpoint_dir is not set; LitGPT requires it`,
  },
  model_name: { about: "Pretraining: name of the architecture", note: t`the model is not named in the config` },
  model_config: { about: "Pretraining: the architecture spelled out, instead of model_name" },
  "model_config.name": { about: "Name of the architecture" },
  "model_config.n_layer": { about: "Blocks" },
  "model_config.n_embd": { about: "Width of the model" },
  "model_config.n_head": { about: "Attention heads" },
  "model_config.n_query_groups": { about: "Key and value heads; as many as heads where absent" },
  "model_config.head_size": { about: "Width of a head; n_embd / n_head where absent" },
  "model_config.intermediate_size": { about: "Width of the MLP; 4 × n_embd where absent" },
  "model_config.block_size": { about: "Longest sequence that the model knows", default: 4096 },
  "model_config.vocab_size": { about: "Tokens of the vocabulary", default: 50254 },
  "model_config.padded_vocab_size": { about: "Rows of the embedding; vocab_size padded to a multiple of 512" },
  "model_config.mlp_class_name": {
    about: "Kind of MLP",
    default: "GptNeoxMLP",
    values: ["GptNeoxMLP", "LLaMAMLP", "GemmaMLP", "LLaMAMoE"],
  },
  "model_config.bias": { about: "Biases in the linear layers", default: true },
  initial_checkpoint_dir: { about: "Pretraining: checkpoint to continue from" },
  tokenizer_dir: { about: "Pretraining: folder of the tokenizer" },
  out_dir: { about: "Folder of checkpoints and logs" },
  resume: {
    about: "Checkpoint to resume from, true for the latest, auto for the latest if there is one",
    default: false,
  },
  precision: {
    about: "Type of weights and computation: true for both, mixed for autocast over float32 weights",
    default: "bf16-mixed",
    note: t`bf16-mixed where the GPU has bfloat16`,
    values: ["bf16-true", "bf16-mixed", "32-true", "16-true", "16-mixed"],
  },
  quantize: {
    about: "Quantise the frozen weights with bitsandbytes; one GPU only, and not with mixed precision",
    values: ["bnb.nf4", "bnb.nf4-dq", "bnb.fp4", "bnb.fp4-dq", "bnb.int8-training"],
  },
  devices: { about: "GPUs per node, or auto for all of them", default: 1, note: t`auto in pretraining` },
  num_nodes: { about: "Nodes", default: 1 },
  lora_r: { about: "Rank of the LoRA matrices", default: 8 },
  lora_alpha: { about: "LoRA's scale is alpha / rank", default: 16 },
  lora_dropout: { about: "Dropout in front of the adapters", default: 0.05 },
  lora_query: { about: "Adapt the attention's queries", default: true },
  lora_key: { about: "Adapt the attention's keys", default: false },
  lora_value: { about: "Adapt the attention's values", default: true },
  lora_projection: { about: "Adapt the attention's output projection", default: false },
  lora_mlp: { about: "Adapt the MLP", default: false },
  lora_head: { about: "Adapt the output layer", default: false },
  data: { about: "Data module by name, such as Alpaca, or by class_path and init_args", default: "Alpaca" },
  "data.class_path": { about: "Data module, such as litgpt.data.JSON" },
  "data.init_args.json_path": { about: "File or folder of samples" },
  "data.init_args.train_data_path": { about: "Folder of training texts" },
  "data.init_args.data_path": { about: "Folder of prepared data" },
  "data.init_args.repo_id": { about: "Hugging Face id of the data set" },
  "data.init_args.val_split_fraction": { about: "Share of the samples held out for evaluation" },
  "data.init_args.mask_prompt": { about: "Loss on the answers only", default: false },
  "data.init_args.prompt_style": { about: "How a prompt is written" },
  "data.init_args.num_workers": { about: "Processes that load data", default: 4 },
  "train.global_batch_size": {
    about: "Sequences per optimizer update on all GPUs; the accumulation follows from it",
    default: 16,
    note: t`512 in pretraining`,
  },
  "train.micro_batch_size": {
    about: "Sequences per GPU in one forward pass",
    default: 1,
    note: t`4 in pretraining`,
  },
  "train.lr_warmup_steps": {
    about: "Optimizer updates until the peak",
    default: 100,
    note: t`2000 in pretraining`,
  },
  "train.lr_warmup_fraction": { about: "Pretraining: share of an epoch that warms up, instead of lr_warmup_steps" },
  "train.epochs": { about: "Finetuning: passes over the training data", default: 5 },
  "train.max_tokens": { about: "Pretraining: tokens to train on", default: 3e12 },
  "train.max_steps": { about: "No more optimizer updates than these" },
  "train.max_time": { about: "No more seconds than these" },
  "train.max_seq_length": {
    about: "Longest sequence in tokens",
    note: t`train.max_seq_length is not set: the longest sample decides, in pretraining the model's context`,
  },
  "train.tie_embeddings": { about: "Pretraining: share the embedding with the output layer", default: false },
  "train.max_norm": { about: "Pretraining: norm to which gradients are clipped", default: 1 },
  "train.min_lr": {
    about: "Pretraining: learning rate at the end of the cosine; finetuning ignores it and ends at 0",
    default: 4e-5,
  },
  "train.save_interval": { about: "Optimizer updates between two checkpoints", default: 1000 },
  "train.log_interval": { about: "Iterations between two log lines", default: 1 },
  "eval.interval": {
    about: "Optimizer updates between two evaluations",
    note: t`100; 600 in full finetuning, 1000 in pretraining`,
  },
  "eval.max_new_tokens": { about: "Tokens to generate as an example", default: 100 },
  "eval.max_iters": { about: "Batches of one evaluation", default: 100 },
  "eval.initial_validation": { about: "Evaluate before training", default: false },
  "eval.final_validation": { about: "Evaluate after training", default: true },
  optimizer: { about: "Optimizer by name, or by class_path and init_args", default: "AdamW" },
  "optimizer.class_path": { about: "Optimizer class, such as torch.optim.AdamW" },
  "optimizer.init_args.lr": { about: "Peak learning rate", default: 1e-3, note: t`torch's default` },
  "optimizer.init_args.weight_decay": { about: "Decoupled weight decay", default: 0.01, note: t`torch's default` },
  "optimizer.init_args.betas": { about: "Decays of AdamW's two moments", default: "0.9, 0.999" },
  logger_name: {
    about: "Where to log",
    default: "csv",
    values: ["csv", "tensorboard", "wandb", "mlflow", "litlogger"],
  },
  seed: { about: "Random seed", default: 1337 },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** LitGPT: one YAML file for `litgpt finetune_full`, `finetune_lora`, `finetune_adapter` or `pretrain`. */
export const litgpt: Dialect = {
  id: "litgpt",
  label: "LitGPT",
  telltales: ["lr_warmup_steps", "lr_warmup_fraction", "micro_batch_size", "global_batch_size"],
  vocabulary,
  detect(document) {
    const { entries } = document.root;
    const train = entries.get("train")?.value;
    if (train?.kind !== "map" || !batchKeys.some((key) => train.entries.has(key)) || isForeign(document)) return 0;
    return companions.some((key) => entries.has(key)) ? 1 : 0;
  },
  read(document) {
    const keys = reader(document, vocabulary);
    const pretraining = pretrains(document);
    const gpus = readGpus(keys, pretraining);
    const several = (gpus.value ?? 1) > 1;
    const quantization = readQuantization(keys);
    const method = readMethod(keys, document, quantization);
    const micro = keys.number("train.micro_batch_size", pretraining ? byDefault(4) : undefined);
    const global = keys.number("train.global_batch_size", pretraining ? byDefault(512) : undefined);
    return {
      stage: byDefault(pretraining ? (keys.has("initial_checkpoint_dir") ? "continued-pretrain" : "pretrain") : "sft"),
      model: { id: readModel(keys, pretraining), shape: readShape(keys) },
      method,
      lora: method.value === "lora" || method.value === "qlora" ? readLora(keys) : null,
      quantization,
      optimizer: {
        name: readOptimizerName(keys, document, quantization),
        weightDecay: keys.number("optimizer.init_args.weight_decay"),
        beta2: beta2Of(keys.words("optimizer.init_args.betas")),
        maxGradNorm: keys.number("train.max_norm", pretraining ? undefined : byDefault(0, t`finetuning does not clip`)),
      },
      learningRate: {
        peak: keys.number("optimizer.init_args.lr"),
        scheduler: byDefault("cosine", t`LitGPT always warms up linearly and decays along a cosine`),
        family: pretraining ? "litgpt-pretrain" : "litgpt-finetune",
        schedulerArguments: keys.has("train.min_lr")
          ? mapped(keys.number("train.min_lr"), (rate) => new Map([["min_lr", rate]]))
          : byDefault(new Map()),
        warmup: readWarmup(keys, pretraining),
      },
      duration: {
        epochs: pretraining ? unknown(t`pretraining runs until train.max_tokens`) : keys.number("train.epochs"),
        maxSteps: stepLimit(keys, "train.max_steps"),
        maxTokens: pretraining ? keys.number("train.max_tokens") : byDefault(null),
      },
      evaluationInterval: inUpdates(keys.number("eval.interval", evaluationDefault(pretraining, method))),
      saveInterval: readSaves(keys),
      batch: {
        micro,
        accumulation: accumulationFrom(global, micro, gpus, "global_batch_size / GPUs / micro_batch_size"),
        global: wholePasses(global, micro, gpus),
        evaluation: micro,
      },
      sequenceLength: keys.number("train.max_seq_length"),
      packing: byDefault(pretraining, pretraining ? t`pretraining reads one stream of tokens` : undefined),
      data: {
        ...unknownData,
        sources: readSources(keys, pretraining),
        validation: keys.number("data.init_args.val_split_fraction", unknown(t`the data module decides`)),
      },
      precision: readPrecision(keys),
      gradientCheckpointing: byDefault(
        several && !pretraining,
        t`LitGPT checkpoints every block when it finetunes on several GPUs, and never else`,
      ),
      attention: byDefault("sdpa"),
      loss: byDefault("materialised"),
      modelCode: "litgpt",
      parallelism: dataParallel(gpus, several ? fullySharded : undefined),
    } satisfies TrainingPlan;
  },
  keys: {
    peakLearningRate: "optimizer.init_args.lr",
    microBatch: "train.micro_batch_size",
    accumulation: "train.global_batch_size",
    sequenceLength: "train.max_seq_length",
    epochs: "train.epochs",
    warmupSteps: "train.lr_warmup_steps",
    schedulerSettings: "train.*",
    optimizer: "optimizer.class_path",
    loraRank: "lora_r",
  },
  levers: {
    adamw8bit: optimizerLever("bitsandbytes.optim.AdamW8bit"),
    pagedAdamw8bit: optimizerLever("bitsandbytes.optim.PagedAdamW8bit"),
    lora: [{ set: { quantize: null } }],
    qlora: [
      {
        set: {
          lora_r: (rank) => Number(rank) || undefined,
          quantize: "bnb.nf4",
          precision: (name) => (name === "" ? "bf16-true" : name.replace("mixed", "true")),
        },
      },
    ],
  },
  write(document, change) {
    const plan = litgpt.read(document, { versions: {}, linked: new Map() });
    const { peakLearningRate, optimizer, epochs, ...others } = withGlobalBatch(change, plan);
    const passes = epochs === undefined || pretrains(document) ? {} : { epochs };
    return [
      ...writeKeys(document, litgpt.keys, { ...others, ...passes }),
      ...writeOptimizer(document, peakLearningRate, optimizer),
    ];
  },
};

/** The class of an optimizer with arguments, or else the name that stands alone. */
function optimizerLever(name: string): readonly Lever[] {
  return [{ set: { "optimizer.class_path": inPlaceOf(/./, name) } }, { set: { optimizer: name } }];
}

const batchKeys = ["micro_batch_size", "global_batch_size", "lr_warmup_steps", "lr_warmup_fraction"];

/** Keys of LitGPT's commands beside `train`, of which a config has at least one. */
const companions = ["checkpoint_dir", "model_name", "model_config", "out_dir", "optimizer", "precision", "devices"];

/**
 * LitGPT names its model, and gives an optimizer by its class; Megatron-Bridge has sections for both, and the same keys in
 * `train`. Source: Megatron-Bridge, examples/recipes, the overrides in conf.
 */
function isForeign({ root: { entries } }: ConfigDocument): boolean {
  const optimizer = entries.get("optimizer")?.value;
  const settings = optimizer?.kind === "map" ? [...optimizer.entries.keys()] : [];
  return entries.get("model")?.value.kind === "map" || settings.some((key) => !optimizerKeys.includes(key));
}

const optimizerKeys = ["class_path", "init_args", "dict_kwargs"];

/** Only `litgpt pretrain` takes these, and only finetuning takes a `checkpoint_dir`. */
function pretrains({ root: { entries } }: ConfigDocument): boolean {
  const own = ["model_name", "model_config", "initial_checkpoint_dir", "tokenizer_dir"];
  return !entries.has("checkpoint_dir") && own.some((key) => entries.has(key));
}

/** Of a batch that does not divide, what is left over is not taken. Source: litgpt/args.py, gradient_accumulation_iters. */
function wholePasses(global: Sourced<number>, micro: Sourced<number>, gpus: Sourced<number>): Sourced<number> {
  const pass = (micro.value ?? 1) * (gpus.value ?? 1);
  return mapped(global, (all) => (all >= pass ? Math.floor(all / pass) * pass : all));
}

const everyGpu = t`auto takes every GPU of the machine; taken to be one`;

function readGpus(keys: Keys, pretraining: boolean): Sourced<number> {
  const named = keys.text("devices", byDefault(pretraining ? "auto" : "1"));
  const all = named.value === "auto" || named.value === "-1";
  const devices = all ? assumed(1, everyGpu) : keys.number("devices");
  const nodes = keys.number("num_nodes");
  return nodes.value === 1 ? devices : derived(devices, nodes, "devices × num_nodes", (a, b) => a * b);
}

const fullySharded: Split = {
  sharding: byDefault("zero-3", t`LitGPT shards fully as soon as there are several GPUs`),
  offload: byDefault("none"),
  reducesLast: byDefault(true, t`no_backward_sync while gradients accumulate`),
  joinsFrozen: byDefault(true, t`whole blocks are wrapped, with use_orig_params`),
};

/** The command is not in the file: LoRA's keys tell it, else `quantize`, which full finetuning lacks, and the folder's name. */
function readMethod(keys: Keys, document: ConfigDocument, quantization: Quantization | null): Sourced<Method> {
  if (pretrains(document)) return byDefault("full", t`pretraining trains every weight`);
  const { entries } = document.root;
  const lora: Method = quantization?.bits.value === 4 ? "qlora" : "lora";
  if ([...entries.keys()].some((key) => key.startsWith("lora_"))) return byDefault(lora, t`the file has LoRA's keys`);
  const folder = keys.text("out_dir").value ?? "";
  if (/adapter/i.test(folder)) return assumed("adapter", t`from the name of out_dir`);
  if (entries.has("quantize") || /lora/i.test(folder)) return assumed(lora, t`litgpt finetune trains LoRA`);
  return assumed("full", t`the file has no key of LoRA`);
}

const loraRoles = [
  ["lora_query", "query"],
  ["lora_key", "key"],
  ["lora_value", "value"],
  ["lora_projection", "output"],
  ["lora_mlp", "mlp"],
  ["lora_head", "head"],
] as const satisfies readonly (readonly [string, LayerRole])[];

function readLora(keys: Keys): LoraPlan {
  return {
    rank: keys.number("lora_r"),
    alpha: keys.number("lora_alpha"),
    dropout: keys.number("lora_dropout"),
    targets: readTargets(keys),
    ...plainLora,
  };
}

/** One flag per layer; the targets stand where the first of the flags stands. */
function readTargets(keys: Keys): Sourced<LoraTargets> {
  const lost = loraRoles.map(([key]) => keys.flag(key)).find((flag) => flag.origin === "unknown");
  if (lost) return lost;
  const roles = loraRoles.filter(([key]) => keys.flag(key).value).map(([, role]) => role);
  const place = loraRoles.map(([key]) => keys.place(key)).find((found) => found !== undefined);
  return place ? { value: { kind: "roles", roles }, origin: "file", place } : byDefault({ kind: "roles", roles });
}

function readQuantization(keys: Keys): Quantization | null {
  if (!keys.has("quantize")) return null;
  const name = keys.text("quantize");
  return {
    bits: mapped(name, (type) => (type.includes("int8") ? 8 : 4)),
    doubleQuantization: mapped(name, (type) => type.endsWith("-dq")),
    float32Norms: byDefault(false, t`norms keep the type of precision`),
    outputLayer: byDefault(true, t`Fabric quantises every linear layer`),
  };
}

/** bitsandbytes' paged AdamW takes the place of torch's on a quantised model. */
function readOptimizerName(keys: Keys, { root }: ConfigDocument, quantization: Quantization | null): Sourced<string> {
  const alone = root.entries.get("optimizer")?.value.kind !== "map";
  const name = alone ? keys.text("optimizer") : keys.text("optimizer.class_path", byDefault("torch.optim.AdamW"));
  if (!quantization || name.origin === "unknown") return name;
  return { ...name, value: "bitsandbytes.optim.PagedAdamW", note: t`LitGPT takes it for quantised models` };
}

/** In updates. A fraction counts the batches of an epoch, which the config does not tell; finetuning knows no fraction. */
function readWarmup(keys: Keys, pretraining: boolean): Sourced<Warmup> {
  if (pretraining && keys.has("train.lr_warmup_fraction")) {
    return unknown(t`the batches of an epoch are not in the config`, keys.place("train.lr_warmup_fraction"));
  }
  const steps = keys.number("train.lr_warmup_steps", pretraining ? byDefault(2000) : undefined);
  return mapped(steps, (count) => ({ steps: count }));
}

/** LoRA and adapters evaluate more often than the other commands do. */
function evaluationDefault(pretraining: boolean, method: Sourced<Method>): Known<number> {
  if (pretraining) return byDefault(1000);
  return byDefault(method.value === "full" ? 600 : 100);
}

/** `null` saves at the end only. */
function readSaves(keys: Keys): Sourced<Interval> {
  const off = keys.nullAt("train.save_interval");
  return off ? mapped(off, () => atEnd) : inUpdates(keys.number("train.save_interval"));
}

function readModel(keys: Keys, pretraining: boolean): Sourced<string> {
  if (!pretraining) return keys.text("checkpoint_dir");
  return keys.text("model_name", keys.text("model_config.name", keys.text("initial_checkpoint_dir")));
}

/** The architecture that `model_config` spells out, when it says how deep and wide it is. */
function readShape(keys: Keys): Sourced<ModelShape> | null {
  const [layers, hidden, heads] = (["n_layer", "n_embd", "n_head"] as const).map(
    (name) => keys.number(`model_config.${name}`).value,
  );
  const place = keys.place("model_config.n_layer");
  if (!place || !layers || !hidden || !heads) return null;
  const kind = keys.text("model_config.mlp_class_name").value ?? "";
  const padded = Math.ceil((keys.number("model_config.vocab_size").value ?? 0) / 512) * 512;
  const value: ModelShape = {
    hidden,
    layers,
    heads,
    vocab: keys.number("model_config.padded_vocab_size").value ?? padded,
    kvHeads: keys.number("model_config.n_query_groups").value ?? heads,
    headDim: keys.number("model_config.head_size").value ?? Math.floor(hidden / heads),
    intermediate: keys.number("model_config.intermediate_size").value ?? 4 * hidden,
    context: keys.number("model_config.block_size").value ?? 4096,
    tied: keys.flag("train.tie_embeddings").value ?? false,
    gated: kind !== "GptNeoxMLP",
    biased: keys.flag("model_config.bias").value ?? true,
  };
  return { value, origin: "file", place };
}

/** The path that the data module is given, else the module's own name, which stands for its data set. */
function readSources(keys: Keys, pretraining: boolean): readonly DataSource[] {
  const paths = ["json_path", "train_data_path", "data_path", "repo_id"] as const;
  const path = paths.map((name) => `data.init_args.${name}` as const).find((key) => keys.has(key));
  if (path) return namedSources(mapped(keys.text(path), (name) => [name]));
  const name = keys.has("data") ? keys.text("data") : byDefault(pretraining ? "TinyLlama" : "Alpaca");
  const module = keys.has("data.class_path") ? keys.text("data.class_path") : name;
  return namedSources(mapped(module, (text) => [text.split(".").at(-1) ?? text]));
}

const precisions: ReadonlyMap<string, readonly [weights: Dtype, autocast: Dtype | null]> = new Map([
  ["bf16-true", ["bfloat16", null]],
  ["bf16-mixed", ["float32", "bfloat16"]],
  ["bf16", ["float32", "bfloat16"]],
  ["16-true", ["float16", null]],
  ["16-mixed", ["float32", "float16"]],
  ["16", ["float32", "float16"]],
  ["32-true", ["float32", null]],
  ["32", ["float32", null]],
]);

/** `true` holds everything in one type, adapters too; `mixed` keeps float32 weights under autocast. */
function readPrecision(keys: Keys): Precision {
  const name = keys.text("precision");
  const types = precisions.get(name.value ?? "");
  const lost = unknown(t`what precision: ${name.value ?? "?"} means is not known`, name.place);
  const weights: Sourced<Dtype> = types ? mapped(name, () => types[0]) : lost;
  const autocast: Sourced<Dtype | null> = types ? mapped(name, () => types[1]) : lost;
  return precisionOf(weights, autocast);
}

/** An optimizer that is only named takes no learning rate: it becomes a class with arguments. */
function writeOptimizer(
  document: ConfigDocument,
  rate: number | undefined,
  optimizer: string | undefined,
): readonly TextEdit[] {
  const entry = document.root.entries.get("optimizer");
  if (entry?.value.kind === "map") {
    return [
      ...(rate === undefined ? [] : writeKeys(document, litgpt.keys, { peakLearningRate: rate })),
      ...(optimizer === undefined ? [] : writeKeys(document, litgpt.keys, { optimizer })),
    ];
  }
  if (rate === undefined) return optimizer === undefined ? [] : setValue(document, "optimizer", optimizer);
  const current = entry?.value.kind === "scalar" && entry.value.value !== null ? entry.value.source : "AdamW";
  const name = optimizer ?? current;
  const path = name.includes(".") ? name : `torch.optim.${name}`;
  const written = `{ "class_path": "${path}", "init_args": { "lr": ${portableNumber(rate)} } }`;
  if (entry && entry.valueSpan.start < entry.valueSpan.end) {
    return [{ range: document.rangeOf(entry.valueSpan), newText: written }];
  }
  return setValue(document, "optimizer", "AdamW").map((edit) => ({
    ...edit,
    newText: edit.newText.replace(/"?AdamW"?/, written),
  }));
}
