import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { litgpt } from "../../../src/core/dialects/litgpt.ts";
import type { Sourced } from "../../../src/core/plan/sourced.ts";
import { analysisOf } from "../analysis.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, planOf } from "./reading.ts";

const full = `
# full finetuning on one node
checkpoint_dir: checkpoints/Qwen/Qwen2.5-7B
out_dir: out/finetune/full-qwen
precision: bf16-true
devices: 8
num_nodes: 2
resume: false
data:
  class_path: litgpt.data.JSON
  init_args:
    json_path: data/answers.json
    val_split_fraction: 0.1
train:
  global_batch_size: 100
  micro_batch_size: 2
  lr_warmup_steps: 25
  epochs: 3
  max_tokens:
  max_steps: 700
  max_seq_length: 1024
  max_norm:
  min_lr: 6.0e-05 # ignored
optimizer:
  class_path: torch.optim.AdamW
  init_args:
    lr: 0.00002
    weight_decay: 0.1
    betas:
      - 0.9
      - 0.95
`;

const qlora = `
checkpoint_dir: checkpoints/meta-llama/Llama-3.1-8B
precision: bf16-true
quantize: bnb.nf4-dq
devices: 1
lora_r: 32
lora_alpha: 64
lora_dropout: 0.1
lora_key: true
lora_value: false
lora_projection: true
lora_mlp: true
lora_head: true
train:
  global_batch_size: 8
  micro_batch_size: 2
  lr_warmup_steps: 10
`;

const pretrain = `
model_name: tiny-llama-1.1b
precision: bf16-mixed
data: TinyLlama
train:
  global_batch_size: 256
  micro_batch_size: 8
  max_seq_length: 2048
  lr_warmup_steps: 1000
  max_tokens: 500_000_000
  tie_embeddings: false
  max_norm: 0.5
  min_lr: 1e-5
optimizer:
  class_path: torch.optim.AdamW
  init_args: { lr: 4e-4 }
devices: 4
tokenizer_dir: checkpoints/meta-llama/Llama-2-7b-hf
`;

const bare = "checkpoint_dir: checkpoints/EleutherAI/pythia-1b\ntrain:\n  micro_batch_size: 1\n";

type Row = readonly [source: Sourced<unknown> | null | undefined, value: unknown, origin?: Sourced<unknown>["origin"]];

function assertRows(rows: Readonly<Record<string, Row>>): void {
  for (const [name, [source, value, origin = "file"]] of Object.entries(rows)) {
    assert.deepEqual(source?.value, value, name);
    assert.equal(source?.origin, origin, `the origin of ${name}`);
  }
}

describe("reading a LitGPT config", () => {
  it("takes everything from a full finetuning on several GPUs", () => {
    const plan = planOf(litgpt, full);
    assertRows({
      stage: [plan.stage, "sft", "default"],
      model: [plan.model.id, "checkpoints/Qwen/Qwen2.5-7B"],
      method: [plan.method, "full", "assumed"],
      optimizer: [plan.optimizer.name, "torch.optim.AdamW"],
      decay: [plan.optimizer.weightDecay, 0.1],
      beta2: [plan.optimizer.beta2, 0.95],
      clipping: [plan.optimizer.maxGradNorm, 0, "default"],
      peak: [plan.learningRate.peak, 0.00002],
      scheduler: [plan.learningRate.scheduler, "cosine", "default"],
      arguments: [plan.learningRate.schedulerArguments, new Map([["min_lr", 6e-5]])],
      warmup: [plan.learningRate.warmup, { steps: 25 }],
      epochs: [plan.duration.epochs, 3],
      maxSteps: [plan.duration.maxSteps, 700],
      maxTokens: [plan.duration.maxTokens, null, "default"],
      micro: [plan.batch.micro, 2],
      // 100 sequences on 16 GPUs are 6 per GPU, in micro batches of 2
      accumulation: [plan.batch.accumulation, 3],
      global: [plan.batch.global, 96],
      evaluation: [plan.batch.evaluation, 2],
      length: [plan.sequenceLength, 1024],
      packing: [plan.packing, false, "default"],
      validation: [plan.data.validation, 0.1],
      samples: [plan.data.samples, undefined, "unknown"],
      trained: [plan.precision.trained, "bfloat16"],
      autocast: [plan.precision.autocast, null],
      checkpointing: [plan.gradientCheckpointing, true, "default"],
      attention: [plan.attention, "sdpa", "default"],
      loss: [plan.loss, "materialised", "default"],
      gpus: [plan.parallelism.gpus, 16],
      tensor: [plan.parallelism.tensor, 1, "default"],
      sharding: [plan.parallelism.sharding, "zero-3", "default"],
      offload: [plan.parallelism.offload, "none", "default"],
    });
    assert.equal(plan.learningRate.family, "litgpt-finetune");
    assert.equal(plan.lora, null);
    assert.equal(plan.quantization, null);
    assert.equal(plan.model.shape, null);
    assert.deepEqual(
      plan.data.sources.map(({ name, limit }) => [name.value, limit]),
      [["data/answers.json", null]],
    );
  });

  it("takes everything from a QLoRA config, where bitsandbytes' optimizer stands in for torch's", () => {
    const plan = planOf(litgpt, qlora);
    assertRows({
      method: [plan.method, "qlora", "default"],
      rank: [plan.lora?.rank, 32],
      alpha: [plan.lora?.alpha, 64],
      dropout: [plan.lora?.dropout, 0.1],
      targets: [plan.lora?.targets, { kind: "roles", roles: ["query", "key", "output", "mlp", "head"] }],
      modulesToSave: [plan.lora?.modulesToSave, [], "default"],
      rsLora: [plan.lora?.rsLora, false, "default"],
      dora: [plan.lora?.dora, false, "default"],
      bits: [plan.quantization?.bits, 4],
      double: [plan.quantization?.doubleQuantization, true],
      norms: [plan.quantization?.float32Norms, false, "default"],
      optimizer: [plan.optimizer.name, "bitsandbytes.optim.PagedAdamW", "default"],
      frozen: [plan.precision.frozen, "bfloat16"],
      adapters: [plan.precision.quantizedAdapters, "bfloat16"],
      autocast: [plan.precision.autocast, null],
      accumulation: [plan.batch.accumulation, 4],
      checkpointing: [plan.gradientCheckpointing, false, "default"],
      sharding: [plan.parallelism.sharding, "none", "default"],
    });
  });

  it("takes everything from a pretraining config, which has defaults of its own", () => {
    const plan = planOf(litgpt, pretrain);
    assertRows({
      stage: [plan.stage, "pretrain", "default"],
      model: [plan.model.id, "tiny-llama-1.1b"],
      method: [plan.method, "full", "default"],
      clipping: [plan.optimizer.maxGradNorm, 0.5],
      peak: [plan.learningRate.peak, 4e-4],
      arguments: [plan.learningRate.schedulerArguments, new Map([["min_lr", 1e-5]])],
      warmup: [plan.learningRate.warmup, { steps: 1000 }],
      epochs: [plan.duration.epochs, undefined, "unknown"],
      maxTokens: [plan.duration.maxTokens, 500_000_000],
      accumulation: [plan.batch.accumulation, 8],
      packing: [plan.packing, true, "default"],
      trained: [plan.precision.trained, "float32"],
      autocast: [plan.precision.autocast, "bfloat16"],
      checkpointing: [plan.gradientCheckpointing, false, "default"],
      sharding: [plan.parallelism.sharding, "zero-3", "default"],
      validation: [plan.data.validation, undefined, "unknown"],
    });
    assert.equal(plan.learningRate.family, "litgpt-pretrain");
    assert.equal(plan.data.sources[0]?.name.value, "TinyLlama");
    const defaults = planOf(litgpt, "model_name: pythia-160m\ntrain: { lr_warmup_fraction: 0.1 }\n");
    assertRows({
      micro: [defaults.batch.micro, 4, "default"],
      global: [defaults.batch.global, 512, "default"],
      clipping: [defaults.optimizer.maxGradNorm, 1, "default"],
      maxTokens: [defaults.duration.maxTokens, 3e12, "default"],
      gpus: [defaults.parallelism.gpus, 1, "assumed"],
      arguments: [defaults.learningRate.schedulerArguments, new Map(), "default"],
    });
    const stepless = planOf(litgpt, "model_name: pythia-160m\ntrain: { micro_batch_size: 4 }\n");
    assertRows({ warmup: [stepless.learningRate.warmup, { steps: 2000 }, "default"] });
    // ⌊100 / 4 / 3⌋ passes of 3 on each of 4 GPUs; ⌊5e8 / (96 · 2048)⌋ of them.
    const uneven = pretrain.replace("batch_size: 256", "batch_size: 100").replace("batch_size: 8", "batch_size: 3");
    assert.equal(planOf(litgpt, uneven).batch.global?.value, 96);
    assert.equal(analysisOf(uneven).length.totalSteps, 2543);
    const continued = `${pretrain}initial_checkpoint_dir: checkpoints/TinyLlama/base\n`;
    assert.equal(planOf(litgpt, continued).stage.value, "continued-pretrain");
  });

  it("fills in finetuning's defaults, and says that they are defaults", () => {
    const plan = planOf(litgpt, `${bare}lora_r: 8\n`);
    assertRows({
      method: [plan.method, "lora", "default"],
      alpha: [plan.lora?.alpha, 16, "default"],
      dropout: [plan.lora?.dropout, 0.05, "default"],
      targets: [plan.lora?.targets, { kind: "roles", roles: ["query", "value"] }, "default"],
      global: [plan.batch.global, 16, "default"],
      accumulation: [plan.batch.accumulation, 16, "default"],
      warmup: [plan.learningRate.warmup, { steps: 100 }, "default"],
      epochs: [plan.duration.epochs, 5, "default"],
      maxSteps: [plan.duration.maxSteps, null, "default"],
      peak: [plan.learningRate.peak, 0.001, "default"],
      optimizer: [plan.optimizer.name, "AdamW", "default"],
      decay: [plan.optimizer.weightDecay, 0.01, "default"],
      beta2: [plan.optimizer.beta2, 0.999, "default"],
      trained: [plan.precision.trained, "float32", "default"],
      autocast: [plan.precision.autocast, "bfloat16", "default"],
      gpus: [plan.parallelism.gpus, 1, "default"],
      length: [plan.sequenceLength, undefined, "unknown"],
    });
    assert.equal(plan.data.sources[0]?.name.value, "Alpaca");
    assert.equal(plan.data.sources[0]?.name.origin, "default");
  });

  it("tells the method from what only some commands understand, and from the name of the folder", () => {
    const method = (text: string) => planOf(litgpt, bare + text).method;
    assert.equal(method("").value, "full");
    assert.equal(method("quantize:\n").value, "lora");
    assert.equal(method("quantize: bnb.nf4\n").value, "qlora");
    assert.equal(method("quantize: bnb.nf4\n").origin, "assumed");
    assert.equal(method("quantize:\nout_dir: out/finetune/adapter-v2\n").value, "adapter");
    assert.equal(method("out_dir: out/finetune/lora\n").value, "lora");
  });

  it("counts int8-training as LoRA on 8-bit weights", () => {
    const plan = planOf(litgpt, `${bare}lora_r: 8\nquantize: bnb.int8-training\n`);
    assert.equal(plan.method.value, "lora");
    assert.equal(plan.quantization?.bits.value, 8);
    assert.equal(plan.quantization?.doubleQuantization.value, false);
  });

  it("never accumulates less than once", () => {
    assert.equal(planOf(litgpt, `${bare}  global_batch_size: 2\ndevices: 4\n`).batch.accumulation.value, 1);
  });

  it("says unknown, not wrong, where LitGPT decides at run time or the value is nothing it knows", () => {
    const fraction = planOf(litgpt, pretrain.replace("lr_warmup_steps: 1000", "lr_warmup_fraction: 0.01"));
    assert.equal(fraction.learningRate.warmup.origin, "unknown");
    assert.match(fraction.learningRate.warmup.note ?? "", /batches of an epoch/);
    const fp8 = planOf(litgpt, `${bare}precision: transformer-engine\n`);
    assert.match(fp8.precision.trained.note ?? "", /transformer-engine/);
    const beta = planOf(litgpt, `${bare}optimizer: { class_path: torch.optim.SGD, init_args: { betas: none } }\n`);
    assert.equal(beta.optimizer.beta2.origin, "unknown");
  });

  it("takes one GPU for auto, and says that it is assumed", () => {
    const { gpus } = planOf(litgpt, `${bare}devices: auto\n`).parallelism;
    assert.equal(gpus.value, 1);
    assert.equal(gpus.origin, "assumed");
    const nodes = planOf(litgpt, `${bare}devices: auto\nnum_nodes: 2\n`).parallelism.gpus;
    assert.deepEqual([nodes.value, nodes.origin], [2, "assumed"]);
  });

  it("reads the shape of an architecture that the config spells out", () => {
    const { shape } = planOf(
      litgpt,
      `
model_config:
  name: small
  n_layer: 12
  n_embd: 768
  n_head: 12
  n_query_groups: 4
  intermediate_size: 2048
  mlp_class_name: LLaMAMLP
  vocab_size: 32000
  block_size: 2048
  bias: false
train: { global_batch_size: 64, micro_batch_size: 8 }
`,
    ).model;
    // 32000 rows are padded to 63 times 512
    assert.deepEqual(shape?.value, {
      hidden: 768,
      layers: 12,
      heads: 12,
      vocab: 32256,
      kvHeads: 4,
      headDim: 64,
      intermediate: 2048,
      context: 2048,
      tied: false,
      gated: true,
      biased: false,
    });
  });

  it("evaluates every 100 updates, every 600 in full finetuning and every 1,000 in pretraining", () => {
    const evaluation = (text: string) => planOf(litgpt, text).evaluationInterval?.value;
    assert.deepEqual(evaluation(qlora), { kind: "updates", every: 100 });
    assert.deepEqual(evaluation(full), { kind: "updates", every: 600 });
    assert.deepEqual(evaluation(pretrain), { kind: "updates", every: 1000 });
    assert.deepEqual(evaluation(`${qlora}eval:\n  interval: 25\n`), { kind: "updates", every: 25 });
  });

  it("saves every 1,000 updates, and only at the end where the interval is null", () => {
    const save = (lines: string) => planOf(litgpt, bare + lines).saveInterval?.value;
    assert.deepEqual(save(""), { kind: "updates", every: 1000 });
    assert.deepEqual(save("  save_interval: 400\n"), { kind: "updates", every: 400 });
    assert.deepEqual(save("  save_interval: null\n"), { kind: "end" });
  });

  it("does not know a precision that Lightning does not have", () => {
    const { precision } = planOf(litgpt, full.replace("precision: bf16-true", "precision: fp7-true"));
    assert.match(precision.trained.note ?? "", /^what precision: fp7-true means is not known$/);
    assert.equal(precision.autocast.value, undefined);
  });

  it("takes a shape that is spelled out with litgpt's own defaults for the rest", () => {
    const { model } = planOf(
      litgpt,
      "model_config: { n_layer: 8, n_embd: 512, n_head: 8, vocab_size: 50254 }\ntrain: { global_batch_size: 8, micro_batch_size: 1 }\noptimizer: AdamW\n",
    );
    // The vocabulary to the next multiple of 512, heads of 512 / 8, and four times the width.
    const { vocab, kvHeads, headDim, intermediate, context, tied } = model.shape?.value ?? assert.fail("no shape");
    assert.deepEqual([vocab, kvHeads, headDim, intermediate, context, tied], [50_688, 8, 64, 2048, 4096, false]);
  });
});

describe("telling LitGPT configs from others", () => {
  const detect = (text: string) => litgpt.detect(documentOf(text));

  it("knows finetuning and pretraining configs", () => {
    for (const text of [full, qlora, pretrain, bare]) assert.equal(detect(text), 1);
  });

  it("says nothing about inference, evaluation, and other frameworks' train mappings", () => {
    assert.equal(
      detect("checkpoint_dir: checkpoints/x/y\nprompt: Hello\nmax_new_tokens: 50\nprecision: bf16-true\n"),
      0,
    );
    assert.equal(detect("checkpoint_dir: checkpoints/x/y\ntasks: mmlu\nbatch_size: 4\n"), 0);
    assert.equal(detect("base_model: x/y\nmicro_batch_size: 2\nlearning_rate: 1e-4\n"), 0);
    assert.equal(detect("train: { batch_size: 4, steps: 100 }\nmodel_name: x\n"), 0);
  });

  it("leaves Megatron-Bridge's overrides alone, which have the same keys in train", () => {
    const train = "train:\n  train_iters: 600\n  global_batch_size: 64\n  micro_batch_size: 1\n";
    assert.equal(detect(`model:\n  seq_length: 2048\n${train}optimizer:\n  lr: 0.000005\n`), 0);
    assert.equal(detect(`${train}optimizer:\n  lr: 0.000005\n  min_lr: 0.000005\n`), 0);
    assert.equal(detect(`${train}optimizer: AdamW\n`), 1);
    assert.equal(detect(`${train}optimizer:\n  class_path: torch.optim.AdamW\n`), 1);
  });
});

describe("changing a LitGPT config", () => {
  const change = (text: string, wanted: PlanChange) => applyEdits(text, litgpt.write(documentOf(text), wanted));

  it("edits the keys in place and keeps the comments", () => {
    const changed = change(full, { peakLearningRate: 0.0001, microBatch: 1, sequenceLength: 512, epochs: 2 });
    assert.equal(
      changed,
      full
        .replace("lr: 0.00002", "lr: 0.0001")
        .replace("micro_batch_size: 2", "micro_batch_size: 1")
        .replace("max_seq_length: 1024", "max_seq_length: 512")
        .replace("epochs: 3", "epochs: 2"),
    );
    assert.match(change(full, { warmupSteps: 50 }), /lr_warmup_steps: 50\n/);
    assert.match(change(full, { optimizer: "torch.optim.SGD" }), /class_path: torch.optim.SGD\n/);
    assert.match(change(qlora, { loraRank: 16 }), /lora_r: 16\n/);
  });

  it("says an accumulation through the global batch, and leaves it alone when the product is the same", () => {
    assert.match(change(qlora, { accumulation: 8 }), /global_batch_size: 16\n/);
    assert.match(change(full, { accumulation: 4, microBatch: 1 }), /global_batch_size: 64\n {2}micro_batch_size: 1\n/);
    const halved = change(qlora, { accumulation: 8, microBatch: 1 });
    assert.equal(halved, qlora.replace("micro_batch_size: 2", "micro_batch_size: 1"));
  });

  it("gives an optimizer that is only named, or absent, a class and arguments", () => {
    const written = '{ "class_path": "torch.optim.AdamW", "init_args": { "lr": 2.0e-4 } }';
    assert.equal(
      change(`${bare}optimizer: AdamW # torch\n`, { peakLearningRate: 2e-4 }),
      `${bare}optimizer: ${written} # torch\n`,
    );
    assert.equal(change(`${bare}optimizer: 'AdamW'\n`, { peakLearningRate: 2e-4 }), `${bare}optimizer: ${written}\n`);
    const added = change(bare, { peakLearningRate: 2e-4 });
    assert.equal(planOf(litgpt, added).learningRate.peak.value, 2e-4);
    assert.equal(planOf(litgpt, added).optimizer.name.value, "torch.optim.AdamW");
    assert.equal(change(`${bare}optimizer: AdamW\n`, { optimizer: "SGD" }), `${bare}optimizer: SGD\n`);
  });

  it("does nothing for what LitGPT has no key for", () => {
    const wanted = { gradientCheckpointing: true, scheduler: "linear", warmupRatio: 0.1, evaluationBatch: 2 };
    assert.equal(change(full, wanted), full);
    assert.equal(change(pretrain, { epochs: 2 }), pretrain);
  });
});
