import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { olmo } from "../../../src/core/dialects/olmo.ts";
import type { Sourced } from "../../../src/core/plan/sourced.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, intervalsOf, planOf } from "./reading.ts";

const pretrain = `
run_name: small-run
model:
  d_model: 2048
  n_heads: 16
  n_kv_heads: 4
  n_layers: 16
  mlp_hidden_size: 11008
  weight_tying: false
  rope: true
  flash_attention: true
  include_bias: false
  activation_type: swiglu
  max_sequence_length: 4096
  vocab_size: 100278
  embedding_size: 100352
optimizer:
  name: adamw
  learning_rate: 4.0e-4 # of the paper
  weight_decay: 0.1
  betas:
  - 0.9
  - 0.98
scheduler:
  name: linear_with_warmup
  units: steps
  t_warmup: 2000
  t_max: 100_000
  alpha_f: 0
tokenizer:
  identifier: tokenizers/dolma2.json
data:
  paths:
    - /data/part-0.npy
    - /data/part-1.npy
max_duration: 739_328
global_train_batch_size: 1022
device_train_microbatch_size: 4
device_eval_batch_size: \${device_train_microbatch_size}
precision: amp_bf16
fsdp:
  wrapping_strategy: by_block
  sharding_strategy: SHARD_GRAD_OP
activation_checkpointing: whole_layer
max_grad_norm: 1.0
`;

const minimal = "model: { n_layers: 12 }\nmax_duration: 100\n";

type Row = readonly [source: Sourced<unknown> | null | undefined, value: unknown, origin?: Sourced<unknown>["origin"]];

function assertRows(rows: Readonly<Record<string, Row>>): void {
  for (const [name, [source, value, origin = "file"]] of Object.entries(rows)) {
    assert.deepEqual(source?.value, value, name);
    assert.equal(source?.origin, origin, `the origin of ${name}`);
  }
}

describe("reading an OLMo config", () => {
  it("takes everything from a pretraining run", () => {
    const plan = planOf(olmo, pretrain);
    assertRows({
      stage: [plan.stage, "pretrain", "default"],
      model: [plan.model.id, undefined, "unknown"],
      method: [plan.method, "full", "default"],
      optimizer: [plan.optimizer.name, "adamw"],
      decay: [plan.optimizer.weightDecay, 0.1],
      beta2: [plan.optimizer.beta2, 0.98],
      clipping: [plan.optimizer.maxGradNorm, 1],
      peak: [plan.learningRate.peak, 4e-4],
      scheduler: [plan.learningRate.scheduler, "linear_with_warmup"],
      arguments: [
        plan.learningRate.schedulerArguments,
        new Map<string, unknown>([
          ["units", "steps"],
          ["t_max", 100_000],
          ["alpha_f", 0],
        ]),
      ],
      warmup: [plan.learningRate.warmup, { steps: 2000 }],
      epochs: [plan.duration.epochs, undefined, "unknown"],
      maxSteps: [plan.duration.maxSteps, 739_328],
      maxTokens: [plan.duration.maxTokens, null],
      micro: [plan.batch.micro, 4],
      // 1022 sequences in micro batches of 4: the 256th holds two
      accumulation: [plan.batch.accumulation, 256, "assumed"],
      global: [plan.batch.global, 1022],
      evaluation: [plan.batch.evaluation, 4],
      length: [plan.sequenceLength, 4096],
      packing: [plan.packing, true, "default"],
      samples: [plan.data.samples, undefined, "unknown"],
      validation: [plan.data.validation, 0, "default"],
      trained: [plan.precision.trained, "float32", "default"],
      frozen: [plan.precision.frozen, "float32", "default"],
      autocast: [plan.precision.autocast, "bfloat16"],
      checkpointing: [plan.gradientCheckpointing, true],
      attention: [plan.attention, "flash"],
      loss: [plan.loss, "materialised", "default"],
      gpus: [plan.parallelism.gpus, 1, "assumed"],
      tensor: [plan.parallelism.tensor, 1, "default"],
      sharding: [plan.parallelism.sharding, "zero-2"],
      offload: [plan.parallelism.offload, "none", "default"],
    });
    assert.equal(plan.learningRate.family, "olmo");
    assert.deepEqual([plan.lora, plan.quantization], [null, null]);
    assert.deepEqual(
      plan.data.sources.map(({ name }) => name.value),
      ["/data/part-0.npy", "/data/part-1.npy"],
    );
  });

  it("counts both halves of swiglu in the width of the MLP", () => {
    assert.deepEqual(planOf(olmo, pretrain).model.shape?.value, {
      hidden: 2048,
      layers: 16,
      heads: 16,
      vocab: 100352,
      kvHeads: 4,
      intermediate: 5504,
      context: 4096,
      tied: false,
      gated: true,
      biased: false,
    });
    const gelu = "model: { d_model: 1024, activation_type: gelu, multi_query_attention: true, embedding_size: null }\n";
    assert.deepEqual(planOf(olmo, `${gelu}max_duration: 1\n`).model.shape?.value, {
      hidden: 1024,
      layers: 12,
      heads: 12,
      vocab: 50257,
      kvHeads: 1,
      intermediate: 4096,
      context: 1024,
      tied: true,
      gated: false,
      biased: true,
      positions: 1024,
    });
  });

  it("fills in OLMo's own defaults, and says that they are defaults", () => {
    const plan = planOf(olmo, minimal);
    assertRows({
      optimizer: [plan.optimizer.name, "lionw", "default"],
      decay: [plan.optimizer.weightDecay, 0.01, "default"],
      beta2: [plan.optimizer.beta2, 0.95, "default"],
      clipping: [plan.optimizer.maxGradNorm, 0, "default"],
      peak: [plan.learningRate.peak, 1e-4, "default"],
      scheduler: [plan.learningRate.scheduler, "cosine_with_warmup", "default"],
      arguments: [plan.learningRate.schedulerArguments, new Map(), "default"],
      warmup: [plan.learningRate.warmup, { steps: 100 }, "default"],
      micro: [plan.batch.micro, 16, "default"],
      global: [plan.batch.global, 512, "default"],
      evaluation: [plan.batch.evaluation, 16, "default"],
      length: [plan.sequenceLength, 1024, "default"],
      autocast: [plan.precision.autocast, undefined, "unknown"],
      checkpointing: [plan.gradientCheckpointing, false, "default"],
      attention: [plan.attention, "sdpa", "default"],
      sharding: [plan.parallelism.sharding, "zero-3", "default"],
    });
    const unlimited = planOf(olmo, "model: { n_layers: 12 }\nglobal_train_batch_size: 8\n").duration;
    assertRows({ maxSteps: [unlimited.maxSteps, 10_000, "default"] });
  });

  it("reads durations in updates, tokens and epochs", () => {
    const duration = (text: string) => planOf(olmo, pretrain.replace("739_328", text)).duration;
    assert.equal(duration("2e12T").maxTokens.value, 2e12);
    assert.equal(duration("2e12T").maxSteps.value, null);
    assert.equal(duration("1ep").epochs.value, 1);
    assert.equal(duration("'5000'").maxSteps.value, 5000);
    assert.equal(duration("forever").maxSteps.origin, "unknown");
  });

  it("tells a warmup in tokens in updates", () => {
    const tokens = pretrain.replace("units: steps", "units: tokens").replace("t_warmup: 2000", "t_warmup: 8372224000");
    // 1022 × 4096 tokens per update
    assert.deepEqual(planOf(olmo, tokens).learningRate.warmup.value, { steps: 2000 });
  });

  it("tells a continuation and finetuning from a resumed run", () => {
    const stage = (text: string) => planOf(olmo, pretrain + text).stage.value;
    assert.equal(stage("load_path: /runs/step1000\n"), "pretrain");
    assert.equal(stage("load_path: /runs/step1000\nrestore_dataloader: false\n"), "continued-pretrain");
    assert.equal(stage("load_path: /runs/step1000\nreset_trainer_state: true\n"), "continued-pretrain");
    assert.equal(
      planOf(olmo, pretrain.replace("data:\n", "data:\n  label_mask_paths: [/data/mask.npy]\n")).stage.value,
      "sft",
    );
  });

  it("counts checkpointing of a few blocks as none, and knows the older true and false", () => {
    const checkpointing = (text: string) =>
      planOf(olmo, pretrain.replace("activation_checkpointing: whole_layer", `activation_checkpointing: ${text}`))
        .gradientCheckpointing.value;
    assert.equal(checkpointing("one_in_four"), false);
    assert.equal(checkpointing("one_in_two"), true);
    assert.equal(checkpointing("fine_grained"), true);
    assert.equal(checkpointing("true"), true);
    assert.equal(checkpointing("false"), false);
    assert.equal(checkpointing("null"), false);
  });

  it("reads how many copies there are of the model, one per node where nothing is said, in hybrid strategies only", () => {
    const groups = (lines: string) => planOf(olmo, `${minimal}fsdp: { ${lines} }\n`).parallelism.groups?.value;
    assert.deepEqual(groups("sharding_strategy: HYBRID_SHARD, hybrid_sharding_num_model_replicas: 4"), { copies: 4 });
    assert.deepEqual(groups("sharding_strategy: HYBRID_SHARD"), { sharers: 8 });
    assert.equal(groups("sharding_strategy: FULL_SHARD, hybrid_sharding_num_model_replicas: 4"), undefined);
  });

  it("shards nothing under DDP", () => {
    assert.equal(planOf(olmo, `${pretrain}distributed_strategy: ddp\n`).parallelism.sharding.value, "none");
  });

  it("names data sets by their labels where there are no paths", () => {
    const plan = planOf(olmo, `${minimal}data: { datasets: { wiki: [a.npy], code: [b.npy] } }\n`);
    assert.deepEqual(
      plan.data.sources.map(({ name }) => name.value),
      ["wiki", "code"],
    );
  });

  it("evaluates every 1,000 updates where there are evaluators", () => {
    assert.deepEqual(intervalsOf(planOf(olmo, `${minimal}save_interval: 500\n`)), [
      { kind: "never" },
      { kind: "updates", every: 500 },
    ]);
    const { evaluationInterval } = planOf(olmo, `${minimal}evaluators: [{ label: pile, type: lm }]\n`);
    assert.deepEqual(evaluationInterval?.value, { kind: "updates", every: 1000 });
  });
});

describe("telling OLMo configs from others", () => {
  const detect = (text: string) => olmo.detect(documentOf(text));

  it("knows complete and minimal configs", () => {
    for (const text of [pretrain, minimal]) assert.equal(detect(text), 1);
  });

  it("says nothing about LLM-Foundry, and about models without a run", () => {
    assert.equal(detect("model: { name: mpt_causal_lm, d_model: 768 }\ntrain_loader: {}\nmax_duration: 1ep\n"), 0);
    assert.equal(detect("model: { d_model: 768, n_layers: 12 }\ntokenizer: { identifier: gpt2 }\nevaluators: []\n"), 0);
    assert.equal(detect("model: gpt2\nmax_duration: 5\n"), 0);
  });
});

describe("changing an OLMo config", () => {
  const change = (text: string, wanted: PlanChange) => applyEdits(text, olmo.write(documentOf(text), wanted));

  it("edits the keys in place and keeps the comments", () => {
    const wanted = {
      peakLearningRate: 2e-4,
      microBatch: 2,
      sequenceLength: 2048,
      scheduler: "cosine_with_warmup",
      optimizer: "lionw",
      warmupSteps: 500,
    };
    assert.equal(
      change(pretrain, wanted),
      pretrain
        .replace("4.0e-4", "2.0e-4")
        .replace("microbatch_size: 4", "microbatch_size: 2")
        .replace("max_sequence_length: 4096", "max_sequence_length: 2048")
        .replace("name: linear_with_warmup", "name: cosine_with_warmup")
        .replace("name: adamw", "name: lionw")
        .replace("t_warmup: 2000", "t_warmup: 500"),
    );
  });

  it("writes epochs, checkpointing and accumulation in OLMo's own way", () => {
    assert.equal(change(pretrain, { epochs: 2 }), pretrain.replace("739_328", "2ep"));
    assert.equal(change(pretrain, { accumulation: 100 }), pretrain.replace("batch_size: 1022", "batch_size: 400"));
    assert.equal(change(pretrain, { gradientCheckpointing: false }), pretrain.replace("whole_layer", "false"));
    assert.match(change(minimal, { gradientCheckpointing: true }), /\nactivation_checkpointing: whole_layer/);
  });

  it("writes a warmup in the scheduler's units", () => {
    const tokens = pretrain.replace("units: steps", "units: tokens");
    // 100 updates of 1022 × 4096 tokens
    assert.match(change(tokens, { warmupSteps: 100 }), /t_warmup: 418611200\n/);
  });

  it("does nothing for what OLMo has no key for", () => {
    assert.equal(change(pretrain, { loraRank: 8, warmupRatio: 0.1 }), pretrain);
  });
});
