import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { generic } from "../../../src/core/dialects/generic.ts";
import { detectDialect } from "../../../src/core/dialects/index.ts";
import { globalBatchSize } from "../../../src/core/plan/plan.ts";
import type { Sourced } from "../../../src/core/plan/sourced.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, intervalsOf, linkedFile, planOf } from "./reading.ts";

/** A value and where it comes from. */
const told = <T>({ value, origin }: Sourced<T>) => [value, origin];

const flat = `base_model: Qwen/Qwen2.5-7B
dataset_name: my-team/support-tickets
max_seq_length: 4096
learning_rate: 1.0e-5
lr_scheduler_type: cosine
warmup_steps: 50
num_train_epochs: 2
max_steps: 1000
per_device_train_batch_size: 4
per_device_eval_batch_size: 2
gradient_accumulation_steps: 8
optim: paged_adamw_8bit
weight_decay: 0.1
adam_beta2: 0.95
max_grad_norm: 0.5
bf16: true
torch_dtype: bfloat16
gradient_checkpointing: true
attn_implementation: flash_attention_2
use_liger_kernel: true
packing: true
deepspeed: ds.json
num_gpus: 8
`;

const sections = `# a script of our own
model:
  name: meta-llama/Llama-3.1-8B
  load_in_4bit: true
training:
  learning_rate: 2e-4
  batch_size: 2
  gradient_accumulation_steps: 16
  num_epochs: 3
  warmup_ratio: 0.05
lora:
  r: 16
  alpha: 32
  dropout: 0.1
  target_modules: [q_proj, v_proj]
data:
  max_length: 1024
  path: data/train.jsonl
`;

const bare = "model_id: Qwen/Qwen3-0.6B\nlr: 1e-4\nnum_train_epochs: 1\n";

const profile = `serve:
  model_path: /models/other
train:
  additional_args:
    learning_rate: 2e-6
    warmup_steps: 10
    lora_alpha: 32
  effective_batch_size: 32
  lora_rank: 0
  max_seq_len: 4096
  model_path: /models/granite-7b
  num_epochs: 1
  nproc_per_node: 4
  data_path: tickets.jsonl
  deepspeed_cpu_offload_optimizer: true
`;

const written = (text: string, change: PlanChange) => applyEdits(text, generic.write(documentOf(text), change));

describe("reading a training config of no framework that we know", () => {
  it("takes everything from transformers' keys with the model under another name", () => {
    const zero = linkedFile("file:///repo/ds.json", '{ "zero_optimization": { "stage": 2 } }');
    const plan = planOf(generic, flat, { linked: new Map([["ds.json", zero]]) });
    assert.deepEqual(told(plan.stage), ["sft", "assumed"]);
    assert.deepEqual(told(plan.model.id), ["Qwen/Qwen2.5-7B", "file"]);
    assert.equal(plan.model.shape, null);
    assert.deepEqual(told(plan.method), ["full", "assumed"]);
    assert.equal(plan.lora, null);
    assert.equal(plan.quantization, null);
    assert.deepEqual(told(plan.optimizer.name), ["paged_adamw_8bit", "file"]);
    assert.deepEqual(told(plan.optimizer.weightDecay), [0.1, "file"]);
    assert.deepEqual(told(plan.optimizer.beta2), [0.95, "file"]);
    assert.deepEqual(told(plan.optimizer.maxGradNorm), [0.5, "file"]);
    assert.deepEqual(told(plan.learningRate.peak), [1e-5, "file"]);
    assert.deepEqual(told(plan.learningRate.scheduler), ["cosine", "file"]);
    assert.equal(plan.learningRate.family, "huggingface");
    assert.deepEqual(told(plan.learningRate.schedulerArguments), [new Map(), "default"]);
    assert.deepEqual(told(plan.learningRate.warmup), [{ steps: 50 }, "file"]);
    assert.deepEqual(told(plan.duration.epochs), [2, "file"]);
    assert.deepEqual(told(plan.duration.maxSteps), [1000, "file"]);
    assert.deepEqual(told(plan.duration.maxTokens), [null, "default"]);
    assert.deepEqual(told(plan.batch.micro), [4, "file"]);
    assert.deepEqual(told(plan.batch.accumulation), [8, "file"]);
    assert.equal(plan.batch.global, null);
    assert.deepEqual(told(plan.batch.evaluation), [2, "file"]);
    assert.equal(globalBatchSize(plan), 256);
    assert.deepEqual(told(plan.sequenceLength), [4096, "file"]);
    assert.deepEqual(told(plan.packing), [true, "file"]);
    assert.deepEqual(
      plan.data.sources.map(({ name, limit }) => [...told(name), limit]),
      [["my-team/support-tickets", "file", null]],
    );
    assert.equal(plan.data.samples.origin, "unknown");
    assert.deepEqual(told(plan.data.validation), [0, "default"]);
    assert.deepEqual(told(plan.precision.trained), ["bfloat16", "file"]);
    assert.deepEqual(told(plan.precision.frozen), ["bfloat16", "file"]);
    assert.deepEqual(told(plan.precision.adapters), ["float32", "assumed"]);
    assert.deepEqual(told(plan.precision.quantizedAdapters), ["float32", "assumed"]);
    assert.deepEqual(told(plan.precision.autocast), ["bfloat16", "file"]);
    assert.deepEqual(told(plan.gradientCheckpointing), [true, "file"]);
    assert.deepEqual(told(plan.attention), ["flash", "file"]);
    assert.deepEqual(told(plan.loss), ["fused", "file"]);
    assert.deepEqual(told(plan.parallelism.gpus), [8, "file"]);
    assert.deepEqual(told(plan.parallelism.tensor), [1, "default"]);
    assert.deepEqual(told(plan.parallelism.sharding), ["zero-2", "linked"]);
  });

  it("finds QLoRA in the sections of a script", () => {
    const plan = planOf(generic, sections);
    assert.deepEqual(told(plan.model.id), ["meta-llama/Llama-3.1-8B", "file"]);
    assert.deepEqual(told(plan.method), ["qlora", "file"]);
    assert.ok(plan.lora && plan.quantization);
    assert.deepEqual(told(plan.lora.rank), [16, "file"]);
    assert.deepEqual(told(plan.lora.alpha), [32, "file"]);
    assert.deepEqual(told(plan.lora.dropout), [0.1, "file"]);
    assert.deepEqual(told(plan.lora.targets), [{ kind: "names", names: ["q_proj", "v_proj"] }, "file"]);
    assert.deepEqual(told(plan.lora.rsLora), [false, "default"]);
    assert.deepEqual(told(plan.lora.dora), [false, "default"]);
    assert.deepEqual(told(plan.quantization.bits), [4, "file"]);
    assert.deepEqual(told(plan.quantization.doubleQuantization), [false, "assumed"]);
    assert.deepEqual(told(plan.quantization.float32Norms), [true, "assumed"]);
    assert.deepEqual(told(plan.learningRate.peak), [2e-4, "file"]);
    assert.deepEqual(told(plan.learningRate.warmup), [{ ratio: 0.05, rounding: "up" }, "file"]);
    assert.deepEqual(told(plan.duration.epochs), [3, "file"]);
    assert.deepEqual(told(plan.batch.micro), [2, "file"]);
    assert.deepEqual(told(plan.batch.accumulation), [16, "file"]);
    assert.deepEqual(told(plan.sequenceLength), [1024, "file"]);
    assert.equal(plan.data.sources[0]?.name.value, "data/train.jsonl");
  });

  it("only assumes what the file leaves out, and does not know the sequence length", () => {
    const plan = planOf(generic, bare);
    const assumptions = {
      micro: [plan.batch.micro, 8],
      accumulation: [plan.batch.accumulation, 1],
      evaluation: [plan.batch.evaluation, 8],
      scheduler: [plan.learningRate.scheduler, "linear"],
      optimizer: [plan.optimizer.name, "adamw_torch_fused"],
      weightDecay: [plan.optimizer.weightDecay, 0],
      beta2: [plan.optimizer.beta2, 0.999],
      maxGradNorm: [plan.optimizer.maxGradNorm, 1],
      packing: [plan.packing, false],
      checkpointing: [plan.gradientCheckpointing, false],
      attention: [plan.attention, "sdpa"],
      loss: [plan.loss, "materialised"],
      weights: [plan.precision.trained, "bfloat16"],
      autocast: [plan.precision.autocast, null],
      gpus: [plan.parallelism.gpus, 1],
    } as const;
    for (const [name, [source, value]] of Object.entries(assumptions)) {
      assert.deepEqual(told<unknown>(source), [value, "assumed"], name);
    }
    assert.deepEqual(told(plan.learningRate.peak), [1e-4, "file"]);
    assert.deepEqual(told(plan.learningRate.warmup), [{ steps: 0 }, "assumed"]);
    assert.equal(plan.sequenceLength.origin, "unknown");
    assert.deepEqual(plan.data.sources, []);
  });

  it("takes weights to be float32 with a transformers release before 5", () => {
    const { precision } = planOf(generic, `${bare}bf16: true\n`, { versions: { transformers: "4.57.6" } });
    assert.deepEqual(told(precision.trained), ["float32", "assumed"]);
    assert.deepEqual(told(precision.autocast), ["bfloat16", "file"]);
    const mixed = planOf(generic, `${bare}mixed_precision: fp16\n`).precision.autocast;
    assert.deepEqual(told(mixed), ["float16", "file"]);
  });

  it("reads instructlab's profile: a total batch, full training at rank 0, the optimizer in the host's memory", () => {
    const plan = planOf(generic, profile);
    assert.equal(plan.model.id.value, "/models/granite-7b");
    assert.deepEqual(told(plan.method), ["full", "file"]);
    assert.equal(plan.learningRate.peak.value, 2e-6);
    assert.deepEqual(told(plan.learningRate.warmup), [{ steps: 10 }, "file"]);
    assert.equal(plan.batch.micro.origin, "unknown");
    assert.deepEqual(told(plan.batch.global as Sourced<number>), [32, "file"]);
    assert.equal(plan.batch.accumulation.origin, "unknown");
    assert.equal(globalBatchSize(plan), 32);
    assert.equal(plan.sequenceLength.value, 4096);
    assert.equal(plan.parallelism.gpus.value, 4);
    assert.deepEqual(told(plan.parallelism.offload), ["optimizer", "file"]);
    assert.equal(plan.data.sources[0]?.name.value, "tickets.jsonl");
    const quantized = profile.replace("lora_rank: 0", "lora_rank: 4\n  lora_quantize_dtype: nf4");
    assert.equal(planOf(generic, quantized).method.value, "qlora");
    assert.equal(planOf(generic, quantized).quantization?.bits.value, 4);
  });

  it("works out the accumulation that a total batch leaves to each GPU", () => {
    const text = `${bare}global_batch_size: 64\nmicro_batch_size: 2\nnum_gpus: 4\n`;
    assert.equal(planOf(generic, text).batch.accumulation.value, 8);
  });

  it("multiplies the GPUs of a node by the nodes", () => {
    const { gpus } = planOf(generic, `${bare}nproc_per_node: 8\nnnodes: 2\n`).parallelism;
    assert.deepEqual(told(gpus), [16, "file"]);
  });

  it("knows LoRA from its rank, its switch, or fms-hf-tuning's peft_method", () => {
    const method = (text: string) => planOf(generic, bare + text).method.value;
    assert.equal(method("lora_r: 8\n"), "lora");
    assert.equal(method("lora_r: 8\nuse_lora: false\n"), "full");
    assert.equal(method("peft_method: lora\n"), "lora");
    assert.equal(method("peft_method: pt\n"), "adapter");
    assert.equal(method("peft_method: none\n"), "full");
    assert.equal(method("use_peft: true\nload_in_4bit: true\n"), "qlora");
  });

  it("reads a JSON file of nothing but TrainingArguments, without a model", () => {
    const text = '{ "learning_rate": 3e-5, "per_device_train_batch_size": 16, "num_train_epochs": 4 }';
    const plan = planOf(generic, text, { format: "json" });
    assert.equal(plan.batch.micro.value, 16);
    assert.equal(plan.model.id.origin, "unknown");
  });

  it("links DeepSpeed's file", () => {
    assert.deepEqual(
      generic.links?.(documentOf(flat)).map(({ path }) => path),
      ["ds.json"],
    );
  });

  it("is never sure, less so without a model, and claims nothing that trains no language model", () => {
    const detect = (text: string) => generic.detect(documentOf(text));
    assert.equal(detect(flat), 0.4);
    assert.equal(detect("learning_rate: 3e-5\nper_device_train_batch_size: 16\n"), 0.3);
    assert.equal(detect("lr: 0.1\nbatch_size: 128\nepochs: 90\narch: resnet50\n"), 0);
    assert.equal(detect("learning_rate: 3e-5\n"), 0);
    // H2O LLM Studio has schedules and accumulation of its own
    const studio = "training:\n  learning_rate: 0.0001\n  lora_r: 4\n  batch_size: 2\n  grad_accumulation: 4\n";
    assert.equal(detect(`architecture:\n  backbone_dtype: int4\n${studio}`), 0);
    assert.equal(detect("model_id: Qwen/Qwen3-0.6B\nmax_new_tokens: 256\ntemperature: 0.2\nbatch_size: 8\n"), 0);
    assert.equal(detect("peft_type: LORA\nr: 16\nlora_alpha: 32\nbatch_size: 1\n"), 0);
    assert.equal(
      detect("compute_environment: LOCAL_MACHINE\ngradient_accumulation_steps: 4\nlearning_rate: auto\n"),
      0,
    );
    assert.equal(
      detect("zero_optimization: { stage: 2 }\ngradient_accumulation_steps: 4\noptimizer: { params: { lr: 1e-4 } }\n"),
      0,
    );
  });

  it("says when a run evaluates and saves only where the file does", () => {
    assert.deepEqual(intervalsOf(planOf(generic, bare)), [undefined, undefined]);
    assert.deepEqual(intervalsOf(planOf(generic, `${bare}eval_strategy: steps\neval_steps: 20\nsave_steps: 40\n`)), [
      { kind: "updates", every: 20 },
      { kind: "updates", every: 40 },
    ]);
  });

  it("reads the keys of a section of LoRA under their short names", () => {
    const plan = planOf(
      generic,
      "model_name_or_path: a/b\nlearning_rate: 1e-4\nbatch_size: 8\nlora:\n  rank: 16\n  alpha: 32\n  dropout: 0.1\n  target_modules: [q_proj]\n",
    );
    assert.deepEqual([plan.lora?.rank.value, plan.lora?.alpha.value, plan.lora?.dropout.value], [16, 32, 0.1]);
    assert.deepEqual(plan.lora?.targets.value, { kind: "names", names: ["q_proj"] });
  });
});

describe("telling transformers' arguments from a script's own config", () => {
  const args = "learning_rate: 2e-5\nper_device_train_batch_size: 4\nnum_train_epochs: 3\n";
  const idOf = (text: string) => detectDialect([documentOf(text)])?.dialect.id;

  it("goes by the key that names the model", () => {
    for (const key of ["model", "model_name", "model_id", "base_model", "pretrained_model_name_or_path"]) {
      assert.equal(idOf(`${key}: Qwen/Qwen2.5-7B\n${args}`), "generic", key);
    }
    assert.equal(idOf(`model_name_or_path: Qwen/Qwen2.5-7B\n${args}`), "hf-trl");
  });

  it("takes a file without a model for TrainingArguments", () => {
    assert.equal(idOf(args), "hf-trl");
    assert.equal(idOf(`model:\n  name: Qwen/Qwen2.5-7B\n${args}`), "hf-trl");
  });
});

describe("writing a training config of no framework that we know", () => {
  it("sets the keys by the names and in the sections that the file has", () => {
    const text = written(sections, {
      peakLearningRate: 1e-4,
      microBatch: 1,
      accumulation: 32,
      epochs: 2,
      warmupRatio: 0.1,
      loraRank: 8,
      sequenceLength: 512,
    });
    const expected = sections
      .replace("learning_rate: 2e-4", "learning_rate: 1e-4")
      .replace("batch_size: 2", "batch_size: 1")
      .replace("steps: 16", "steps: 32")
      .replace("num_epochs: 3", "num_epochs: 2")
      .replace("warmup_ratio: 0.05", "warmup_ratio: 0.1")
      .replace("r: 16", "r: 8")
      .replace("max_length: 1024", "max_length: 512");
    assert.equal(text, expected);
  });

  it("adds what is missing beside the learning rate", () => {
    assert.equal(
      written(sections, { scheduler: "cosine" }),
      sections.replace("learning_rate: 2e-4\n", "learning_rate: 2e-4\n  lr_scheduler_type: cosine\n"),
    );
    assert.equal(
      written(flat, { gradientCheckpointing: false, evaluationBatch: 1, optimizer: "adamw_torch" }),
      flat
        .replace("gradient_checkpointing: true", "gradient_checkpointing: false")
        .replace("eval_batch_size: 2", "eval_batch_size: 1")
        .replace("paged_adamw_8bit", "adamw_torch"),
    );
  });
});
