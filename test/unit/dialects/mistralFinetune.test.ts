import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { mistralFinetune } from "../../../src/core/dialects/mistralFinetune.ts";
import type { Sourced } from "../../../src/core/plan/sourced.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, intervalsOf, planOf } from "./reading.ts";

const lora = `
data:
  instruct_data: "/data/chats.jsonl:2,/data/tools:1.5"
  data: /data/books
  eval_instruct_data: /data/eval.jsonl
model_id_or_path: /models/mistral-7b-v0.3
lora:
  rank: 64
  scaling: 1.5
  dropout: 0.1
seq_len: 8192
batch_size: 2 # per GPU
num_microbatches: 4
max_steps: 300
max_norm: 0.5
optim:
  lr: 6.e-5
  weight_decay: 0.05
  pct_start: 0.1
checkpoint: False
run_dir: /runs/first
`;

const minimal = "model_id_or_path: /models/mistral-7b-v0.3\nbatch_size: 1\n";

type Row = readonly [source: Sourced<unknown> | null | undefined, value: unknown, origin?: Sourced<unknown>["origin"]];

function assertRows(rows: Readonly<Record<string, Row>>): void {
  for (const [name, [source, value, origin = "file"]] of Object.entries(rows)) {
    assert.deepEqual(source?.value, value, name);
    assert.equal(source?.origin, origin, `the origin of ${name}`);
  }
}

describe("reading a mistral-finetune config", () => {
  it("takes everything from a LoRA config, whose scaling is the scale itself", () => {
    const plan = planOf(mistralFinetune, lora);
    assertRows({
      stage: [plan.stage, "sft", "default"],
      model: [plan.model.id, "/models/mistral-7b-v0.3"],
      method: [plan.method, "lora", "default"],
      rank: [plan.lora?.rank, 64],
      alpha: [plan.lora?.alpha, 96],
      dropout: [plan.lora?.dropout, 0.1],
      targets: [plan.lora?.targets, { kind: "all" }, "default"],
      modulesToSave: [plan.lora?.modulesToSave, [], "default"],
      rsLora: [plan.lora?.rsLora, false, "default"],
      dora: [plan.lora?.dora, false, "default"],
      optimizer: [plan.optimizer.name, "AdamW", "default"],
      decay: [plan.optimizer.weightDecay, 0.05],
      beta2: [plan.optimizer.beta2, 0.95, "default"],
      clipping: [plan.optimizer.maxGradNorm, 0.5],
      peak: [plan.learningRate.peak, 6e-5],
      scheduler: [plan.learningRate.scheduler, "OneCycleLR", "default"],
      arguments: [plan.learningRate.schedulerArguments, new Map([["pct_start", 0.1]])],
      warmup: [plan.learningRate.warmup, { ratio: 0.1, rounding: "exact" }],
      epochs: [plan.duration.epochs, undefined, "unknown"],
      maxSteps: [plan.duration.maxSteps, 300],
      maxTokens: [plan.duration.maxTokens, null, "default"],
      micro: [plan.batch.micro, 2],
      accumulation: [plan.batch.accumulation, 4],
      evaluation: [plan.batch.evaluation, 2],
      length: [plan.sequenceLength, 8192],
      packing: [plan.packing, true, "default"],
      samples: [plan.data.samples, undefined, "unknown"],
      validation: [plan.data.validation, 0, "default"],
      frozen: [plan.precision.frozen, "bfloat16", "default"],
      adapters: [plan.precision.adapters, "float32", "default"],
      autocast: [plan.precision.autocast, "bfloat16", "default"],
      checkpointing: [plan.gradientCheckpointing, false],
      attention: [plan.attention, "flash", "default"],
      loss: [plan.loss, "materialised", "default"],
      gpus: [plan.parallelism.gpus, 1, "assumed"],
      sharding: [plan.parallelism.sharding, "zero-3", "default"],
      offload: [plan.parallelism.offload, "none", "default"],
    });
    assert.equal(plan.learningRate.family, "torch");
    assert.deepEqual([plan.quantization, plan.batch.global, plan.model.shape], [null, null, null]);
    assert.deepEqual(
      plan.data.sources.map(({ name }) => name.value),
      ["/data/chats.jsonl", "/data/tools", "/data/books"],
    );
  });

  it("fills in its own defaults, and says that they are defaults", () => {
    const plan = planOf(mistralFinetune, minimal);
    assertRows({
      rank: [plan.lora?.rank, 16, "default"],
      alpha: [plan.lora?.alpha, 32, "default"],
      dropout: [plan.lora?.dropout, 0, "default"],
      peak: [plan.learningRate.peak, 1e-4, "default"],
      decay: [plan.optimizer.weightDecay, 0.1, "default"],
      clipping: [plan.optimizer.maxGradNorm, 1, "default"],
      warmup: [plan.learningRate.warmup, { ratio: 0.05, rounding: "exact" }, "default"],
      arguments: [plan.learningRate.schedulerArguments, new Map([["pct_start", 0.05]]), "default"],
      maxSteps: [plan.duration.maxSteps, 100, "default"],
      accumulation: [plan.batch.accumulation, 1, "default"],
      length: [plan.sequenceLength, 2048, "default"],
      checkpointing: [plan.gradientCheckpointing, true, "default"],
    });
    assert.deepEqual(plan.data.sources, []);
  });

  it("trains every weight without LoRA, with a float32 copy of them", () => {
    const plan = planOf(mistralFinetune, `${minimal}lora: { enable: false, rank: 64 }\n`);
    assert.equal(plan.method.value, "full");
    assert.equal(plan.lora, null);
    assert.equal(plan.precision.trained.value, "float32");
    assert.equal(plan.precision.autocast.value, "bfloat16");
  });

  it("continues pretraining on plain texts alone", () => {
    const texts = `${minimal}data: { instruct_data: "", data: /data/books }\n`;
    assert.equal(planOf(mistralFinetune, texts).stage.value, "continued-pretrain");
  });

  it("knows no model where the path is still to be filled in", () => {
    const { id } = planOf(mistralFinetune, 'model_id_or_path: ""  # fill in\nbatch_size: 1\n').model;
    assert.equal(id.origin, "unknown");
    assert.match(id.note ?? "", /empty/);
  });

  it("evaluates and saves at the end alone where it is not told how often, and evaluates only when told to", () => {
    const intervals = (lines: string) => intervalsOf(planOf(mistralFinetune, minimal + lines));
    assert.deepEqual(intervals("no_eval: false\neval_freq: 100\nckpt_freq: 50\n"), [
      { kind: "updates", every: 100 },
      { kind: "updates", every: 50 },
    ]);
    assert.deepEqual(intervals("no_eval: false\n"), [{ kind: "end" }, { kind: "end" }]);
    assert.deepEqual(intervals("eval_freq: 100\n")[0], { kind: "never" });
    assert.deepEqual(intervals("no_ckpt: true\nckpt_freq: 50\n")[1], { kind: "never" });
  });
});

describe("telling mistral-finetune configs from others", () => {
  const detect = (text: string) => mistralFinetune.detect(documentOf(text));

  it("knows complete and minimal configs", () => {
    for (const text of [lora, minimal]) assert.equal(detect(text), 1);
  });

  it("says nothing about inference and other frameworks", () => {
    assert.equal(detect("model_id_or_path: /models/mistral-7b-v0.3\nmax_tokens: 256\ntemperature: 0.7\n"), 0);
    assert.equal(detect("model_name_or_path: mistralai/Mistral-7B-v0.3\nlearning_rate: 1e-4\nmax_steps: 10\n"), 0);
  });
});

describe("changing a mistral-finetune config", () => {
  const change = (text: string, wanted: PlanChange) =>
    applyEdits(text, mistralFinetune.write(documentOf(text), wanted));

  it("edits the keys in place and keeps the comments", () => {
    const wanted = {
      peakLearningRate: 0.0001,
      microBatch: 1,
      accumulation: 8,
      sequenceLength: 4096,
      gradientCheckpointing: true,
      warmupRatio: 0.05,
      loraRank: 32,
    };
    assert.equal(
      change(lora, wanted),
      lora
        .replace("6.e-5", "1.0e-4")
        .replace("batch_size: 2", "batch_size: 1")
        .replace("num_microbatches: 4", "num_microbatches: 8")
        .replace("seq_len: 8192", "seq_len: 4096")
        .replace("checkpoint: False", "checkpoint: True")
        .replace("pct_start: 0.1", "pct_start: 0.05")
        .replace("rank: 64", "rank: 32"),
    );
  });

  it("does nothing for what it has no key for", () => {
    assert.equal(change(lora, { epochs: 2, warmupSteps: 10, scheduler: "linear", optimizer: "sgd" }), lora);
  });
});
