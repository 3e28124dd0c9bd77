import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { ludwig } from "../../../src/core/dialects/ludwig.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, groupsOf, intervalsOf, planOf } from "./reading.ts";

const features = `
input_features:
  - name: question
    type: text
output_features:
  - name: answer
    type: text
`;

const qlora = `
model_type: llm
base_model: mistralai/Mistral-7B-v0.1

quantization:
  bits: 4
  bnb_4bit_compute_dtype: bfloat16

adapter:
  type: lora
  r: 16
  alpha: 24
  dropout: 0.1
  target_modules: [q_proj, v_proj]
  use_rslora: true
${features}
preprocessing:
  global_max_sequence_length: 1024
  split:
    type: random
    probabilities: [0.9, 0.1, 0]

trainer:
  type: finetune
  learning_rate: 0.0002 # a common choice
  batch_size: 2
  gradient_accumulation_steps: 8
  eval_batch_size: 4
  epochs: 3
  train_steps: 500
  enable_gradient_checkpointing: true
  use_mixed_precision: true
  packing: true
  optimizer:
    type: paged_adamw_8bit
    betas: [0.9, 0.95]
    weight_decay: 0.01
  gradient_clipping:
    clipglobalnorm: 1.0
  learning_rate_scheduler:
    decay: cosine
    warmup_fraction: 0.03
    eta_min: 0.00001

backend:
  type: local
`;

const minimal = `model_type: llm\nbase_model: meta-llama/Llama-3.2-1B${features}trainer:\n  type: finetune\n`;

const tabular = `
input_features:
  - name: age
    type: number
  - name: occupation
    type: category
output_features:
  - name: income
    type: binary
combiner:
  type: concat
trainer:
  learning_rate: 0.005
  batch_size: 256
`;

/** What a part of a plan says: a value from the file alone, any other with its origin. */
function said(part: unknown): unknown {
  if (part === null || typeof part !== "object" || part instanceof Map) return part;
  if (Array.isArray(part)) return part.map(said);
  if ("origin" in part && "value" in part) {
    const { origin, value } = part;
    return origin === "file" ? value : origin === "unknown" ? "unknown" : { [String(origin)]: value };
  }
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, said(value)]));
}

function withTrainer(lines: string): string {
  return minimal + lines.replace(/^(?=.)/gm, "  ");
}

function written(text: string, change: PlanChange): string {
  return applyEdits(text, ludwig.write(documentOf(text), change));
}

const alone = {
  gpus: { assumed: 1 },
  tensor: { default: 1 },
  pipeline: { default: 1 },
  context: { default: 1 },
  expert: { default: 1 },
  sharding: { default: "none" },
  offload: { default: "none" },
};

describe("reading a Ludwig config", () => {
  it("takes everything from a QLoRA file", () => {
    assert.deepEqual(said(planOf(ludwig, qlora)), {
      stage: "sft",
      model: { id: "mistralai/Mistral-7B-v0.1", shape: null },
      method: "qlora",
      lora: {
        rank: 16,
        alpha: 24,
        dropout: 0.1,
        targets: { kind: "names", names: ["q_proj", "v_proj"] },
        modulesToSave: { default: [] },
        rsLora: true,
        dora: { default: false },
      },
      quantization: {
        bits: 4,
        doubleQuantization: { default: true },
        float32Norms: { default: true },
        float32Embeddings: { default: true },
      },
      optimizer: { name: "paged_adamw_8bit", weightDecay: 0.01, beta2: 0.95, maxGradNorm: 1 },
      learningRate: {
        peak: 0.0002,
        scheduler: "cosine",
        family: "ludwig",
        schedulerArguments: new Map([["eta_min", 0.00001]]),
        warmup: { ratio: 0.03, rounding: "exact" },
      },
      // 500 forward passes, 8 to an update: 62.5
      duration: { epochs: 3, maxSteps: 63, maxTokens: { default: null } },
      evaluationInterval: { default: { kind: "epochs", every: 1 } },
      saveInterval: { default: { kind: "epochs", every: 1 } },
      batch: { micro: 2, accumulation: 8, global: null, evaluation: 4 },
      sequenceLength: 1024,
      packing: true,
      data: { sources: [], samples: "unknown", validation: 0.1 },
      precision: {
        trained: "bfloat16",
        frozen: "bfloat16",
        adapters: { default: "float32" },
        quantizedAdapters: { default: "float32" },
        autocast: "float16",
      },
      gradientCheckpointing: true,
      attention: { default: "sdpa" },
      loss: { default: "materialised" },
      parallelism: alone,
    });
  });

  it("fills in Ludwig's own defaults", () => {
    assert.deepEqual(said(planOf(ludwig, minimal, { versions: { transformers: "4.57.6" } })), {
      stage: "sft",
      model: { id: "meta-llama/Llama-3.2-1B", shape: null },
      method: { default: "full" },
      lora: null,
      quantization: null,
      optimizer: {
        name: { default: "adam" },
        weightDecay: { default: 0 },
        beta2: { default: 0.999 },
        maxGradNorm: { default: 0.5 },
      },
      learningRate: {
        peak: { default: 0.001 },
        scheduler: { default: "none" },
        family: "ludwig",
        schedulerArguments: { default: new Map() },
        warmup: { default: { ratio: 0, rounding: "exact" } },
      },
      duration: { epochs: { default: 100 }, maxSteps: { default: null }, maxTokens: { default: null } },
      evaluationInterval: { default: { kind: "epochs", every: 1 } },
      saveInterval: { default: { kind: "epochs", every: 1 } },
      batch: { micro: { default: 1 }, accumulation: { default: 1 }, global: null, evaluation: { default: 2 } },
      sequenceLength: "unknown",
      packing: { default: false },
      data: { sources: [], samples: "unknown", validation: { default: 0.3 } },
      precision: {
        trained: { default: "float32" },
        frozen: { default: "float32" },
        adapters: { default: "float32" },
        quantizedAdapters: { default: "float32" },
        autocast: { default: null },
      },
      gradientCheckpointing: { default: false },
      attention: { default: "sdpa" },
      loss: { default: "materialised" },
      parallelism: alone,
    });
  });

  it("takes the checkpoint's own type since transformers 5", () => {
    assert.deepEqual(said(planOf(ludwig, minimal).precision.trained), { assumed: "bfloat16" });
  });

  it("trains LoRA adapters for adapter: lora, with twice the rank as alpha", () => {
    const { method, lora } = planOf(ludwig, `${minimal}adapter: lora\n`);
    assert.equal(method.value, "lora");
    assert.deepEqual(said(lora), {
      rank: { default: 8 },
      alpha: { default: 16 },
      dropout: { default: 0.05 },
      targets: { default: { kind: "default" } },
      modulesToSave: { default: [] },
      rsLora: { default: false },
      dora: { default: false },
    });
    assert.equal(planOf(ludwig, `${minimal}adapter: { type: lora, r: 32 }\n`).lora?.alpha.value, 64);
  });

  it("knows DoRA, adapters that are not LoRA, and weights in 8 bits", () => {
    const dora = planOf(ludwig, `${minimal}adapter: { type: dora }\n`);
    assert.equal(dora.method.value, "lora");
    assert.equal(dora.lora?.dora.value, true);
    const ia3 = planOf(ludwig, `${minimal}adapter: { type: ia3 }\n`);
    assert.equal(ia3.method.value, "adapter");
    assert.equal(ia3.lora, null);
    const eight = planOf(ludwig, `${minimal}adapter: lora\nquantization: { bits: 8 }\n`);
    assert.equal(eight.method.value, "lora");
    assert.equal(eight.quantization?.bits.value, 8);
  });

  it("keeps the rest of a quantised model in float16 unless told otherwise", () => {
    const { precision } = planOf(ludwig, `${minimal}adapter: lora\nquantization: { bits: 4 }\n`);
    assert.deepEqual(said(precision.frozen), { default: "float16" });
  });

  it("tells the stage from the trainer's type", () => {
    const stage = (type: string) => planOf(ludwig, minimal.replace("finetune", type)).stage.value;
    for (const type of ["dpo", "kto", "orpo", "grpo"]) assert.equal(stage(type), type);
  });

  it("says unknown for auto, and accumulates nothing then", () => {
    const text = withTrainer("learning_rate: auto\nbatch_size: auto\ngradient_accumulation_steps: auto\n");
    const { learningRate, batch } = planOf(ludwig, text);
    assert.equal(learningRate.peak.origin, "unknown");
    assert.equal(batch.micro.origin, "unknown");
    assert.deepEqual(said(batch.accumulation), { default: 1 });
  });

  it("derives the accumulation from effective_batch_size, per worker", () => {
    const text = `${withTrainer("batch_size: 2\neffective_batch_size: 32\n")}backend:\n  type: ray\n  trainer:\n    num_workers: 4\n`;
    const { batch, parallelism } = planOf(ludwig, text);
    assert.equal(parallelism.gpus.value, 4);
    assert.equal(batch.global?.value, 32);
    assert.equal(batch.accumulation.value, 4);
  });

  it("evaluates with the training batch where eval_batch_size is 0", () => {
    assert.equal(planOf(ludwig, withTrainer("batch_size: 16\neval_batch_size: 0\n")).batch.evaluation.value, 16);
  });

  it("cannot know how long a warmup by evaluations is", () => {
    const text = withTrainer("learning_rate_scheduler:\n  warmup_evaluations: 2\n");
    assert.equal(planOf(ludwig, text).learningRate.warmup.origin, "unknown");
  });

  it("leaves the share that is held out to the data where a column splits them", () => {
    const { validation } = planOf(ludwig, `${minimal}preprocessing:\n  split:\n    type: fixed\n`).data;
    assert.equal(validation.origin, "unknown");
  });

  it("reads ZeRO from the backend, or from Ray's strategy", () => {
    const split = (backend: string) => planOf(ludwig, `${minimal}backend:\n${backend}`).parallelism;
    const own = split(
      "  type: deepspeed\n  zero_optimization:\n    stage: 3\n    offload_optimizer:\n      device: cpu\n",
    );
    assert.equal(own.sharding.value, "zero-3");
    assert.equal(own.offload.value, "optimizer");
    const strategy = "    strategy:\n      type: deepspeed\n      zero_optimization:\n        stage: 2\n";
    assert.equal(split(`  type: ray\n  trainer:\n${strategy}`).sharding.value, "zero-2");
    assert.equal(split("  type: deepspeed\n").sharding.origin, "unknown");
  });

  it("reads networks of encoders and decoders, whose model it does not know", () => {
    const plan = planOf(ludwig, tabular);
    assert.deepEqual(said(plan.stage), { default: "classify" });
    assert.equal(plan.model.id.origin, "unknown");
    assert.equal(plan.method.origin, "unknown");
    assert.equal(plan.learningRate.peak.value, 0.005);
    assert.equal(plan.batch.micro.value, 256);
    assert.equal(plan.batch.evaluation.value, 256);
    assert.deepEqual(said(plan.precision.trained), { default: "float32" });
    const smaller = planOf(ludwig, tabular.replace("  batch_size: 256\n", ""));
    assert.equal(smaller.batch.micro.origin, "unknown");
  });

  it("reads the training section of older files", () => {
    const plan = planOf(ludwig, tabular.replace("trainer:", "training:"));
    assert.equal(plan.learningRate.peak.value, 0.005);
    assert.equal(plan.batch.micro.value, 256);
  });

  it("evaluates and saves once per epoch, so many times per epoch, or every so many forward passes", () => {
    const both = (interval: object) => [interval, interval];
    assert.deepEqual(intervalsOf(planOf(ludwig, minimal)), both({ kind: "epochs", every: 1 }));
    assert.deepEqual(
      intervalsOf(planOf(ludwig, withTrainer("checkpoints_per_epoch: 4\n"))),
      both({ kind: "share", of: "epoch", share: 1 / 4, rounding: "down" }),
    );
    assert.deepEqual(
      intervalsOf(planOf(ludwig, withTrainer("checkpoints_per_epoch: 0.5\n"))),
      both({ kind: "share", of: "epoch", share: 1, rounding: "down" }),
    );
    assert.deepEqual(
      intervalsOf(planOf(ludwig, withTrainer("steps_per_checkpoint: 300\n"))),
      both({ kind: "passes", every: 300 }),
    );
  });

  it("trains LoRA+'s matrices B at a multiple of the rate", () => {
    const text = (adapter: string) =>
      `${minimal}  learning_rate: 0.0001\nadapter: { type: ${adapter}, loraplus_lr_ratio: 16 }\n`;
    assert.deepEqual(groupsOf(planOf(ludwig, text("lora"))), [["LoRA B matrices", 16e-4]]);
    assert.deepEqual(groupsOf(planOf(ludwig, text("adalora"))), []);
    assert.deepEqual(groupsOf(planOf(ludwig, qlora)), []);
  });
});

describe("recognising a Ludwig config", () => {
  it("leaves alone files that only ask a model, describe data, or grow trees, and axolotl's", () => {
    const others = [
      minimal.replace("finetune", "none"),
      `model_type: llm\nbase_model: facebook/opt-350m${features}generation:\n  temperature: 0.1\n`,
      `version: 1.0\nname: adult${features}`,
      `model_type: gbm\n${tabular}`,
      "base_model: NousResearch/Llama-2-7b-hf\nadapter: lora\nlora_r: 8\nlearning_rate: 2e-4\nmicro_batch_size: 2\n",
    ];
    for (const text of others) assert.equal(ludwig.detect(documentOf(text)), 0, text);
  });

  it("is less sure of an LLM whose trainer has no type", () => {
    assert.equal(ludwig.detect(documentOf(minimal.replace("type: finetune", "learning_rate: 0.0001"))), 0.6);
  });
});

describe("writing a Ludwig config", () => {
  it("sets each key in its section and keeps comments", () => {
    const changed = written(qlora, {
      peakLearningRate: 0.0001,
      microBatch: 1,
      accumulation: 16,
      evaluationBatch: 2,
      sequenceLength: 512,
      gradientCheckpointing: false,
      epochs: 1,
      warmupRatio: 0.1,
      scheduler: "linear",
      optimizer: "adamw",
      loraRank: 8,
    });
    assert.match(changed, /learning_rate: 0\.0001 # a common choice\n/);
    assert.match(changed, / batch_size: 1\n/);
    assert.match(changed, /gradient_accumulation_steps: 16\n/);
    assert.match(changed, /eval_batch_size: 2\n/);
    assert.match(changed, /global_max_sequence_length: 512\n/);
    assert.match(changed, /enable_gradient_checkpointing: false\n/);
    assert.match(changed, /epochs: 1\n/);
    assert.match(changed, /warmup_fraction: 0\.1\d*\n/);
    assert.match(changed, /decay: linear\n/);
    assert.match(changed, /optimizer:\n {4}type: adamw\n/);
    assert.match(changed, / r: 8\n/);
  });

  it("writes into the training section of older files", () => {
    const older = tabular.replace("trainer:", "training:");
    assert.match(written(older, { peakLearningRate: 0.001 }), /training:\n {2}learning_rate: 0\.001\n/);
  });

  it("has no key for a warmup in updates, nor a place for the rank of adapter: lora", () => {
    const text = `${minimal}adapter: lora\n`;
    assert.equal(written(text, { warmupSteps: 100, loraRank: 16 }), text);
  });
});
