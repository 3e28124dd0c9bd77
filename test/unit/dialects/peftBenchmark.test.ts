import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { peftBenchmark } from "../../../src/core/dialects/peftBenchmark.ts";
import type { TrainingPlan } from "../../../src/core/plan/plan.ts";
import type { Sourced } from "../../../src/core/plan/sourced.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, groupsOf, intervalsOf, planOf } from "./reading.ts";

const complete = `{
  "model_id": "Qwen/Qwen2.5-1.5B",
  "dtype": "float16",
  "max_seq_length": 512,
  "batch_size": 8,
  "batch_size_eval": 32,
  "max_steps": 2000,
  "use_gc": true,
  "grad_norm_clip": 0.5,
  "optimizer_type": "AdamW",
  "optimizer_kwargs": {
    "lr": 3e-4,
    "betas": [0.9, 0.98],
    "weight_decay": 0.05
  },
  "lr_scheduler": null,
  "use_amp": true,
  "autocast_adapter_dtype": false,
  "attn_implementation": "eager"
}
`;

const short = '{\n  "optimizer_kwargs": {\n    "lr": 0.005\n  }\n}\n';

function read(text: string): TrainingPlan {
  return planOf(peftBenchmark, text, { format: "json" });
}

function written(text: string, change: PlanChange): string {
  return applyEdits(text, peftBenchmark.write(documentOf(text, "json"), change));
}

function assertSources(rows: readonly (readonly [Sourced<unknown>, unknown, string])[]): void {
  for (const [row, [source, value, origin]] of rows.entries()) {
    assert.deepEqual([source.value, source.origin], [value, origin], `row ${row}`);
  }
}

describe("reading the training parameters of PEFT's method comparison", () => {
  it("takes everything from a complete file", () => {
    const plan = read(complete);
    assertSources([
      [plan.model.id, "Qwen/Qwen2.5-1.5B", "file"],
      [plan.optimizer.name, "AdamW", "file"],
      [plan.optimizer.weightDecay, 0.05, "file"],
      [plan.optimizer.beta2, 0.98, "file"],
      [plan.optimizer.maxGradNorm, 0.5, "file"],
      [plan.learningRate.peak, 3e-4, "file"],
      [plan.learningRate.scheduler, "constant", "file"],
      [plan.learningRate.warmup, { steps: 0 }, "default"],
      [plan.duration.maxSteps, 2000, "file"],
      [plan.batch.micro, 8, "file"],
      [plan.batch.evaluation, 32, "file"],
      [plan.sequenceLength, 512, "file"],
      [plan.precision.trained, "float16", "file"],
      [plan.precision.frozen, "float16", "file"],
      [plan.precision.adapters, "float16", "file"],
      [plan.precision.quantizedAdapters, "float16", "file"],
      [plan.precision.autocast, "float16", "file"],
      [plan.gradientCheckpointing, true, "file"],
      [plan.attention, "eager", "file"],
    ]);
    assert.equal(plan.learningRate.scheduler.place?.range.start.line, 15);
  });

  it("fills in the benchmark's default file, and says so", () => {
    const plan = read(short);
    assertSources([
      [plan.stage, "sft", "default"],
      [plan.model.id, "meta-llama/Llama-3.2-3B", "assumed"],
      [plan.method, undefined, "unknown"],
      [plan.optimizer.name, "AdamW", "default"],
      [plan.optimizer.beta2, 0.999, "default"],
      [plan.optimizer.maxGradNorm, 1, "default"],
      [plan.learningRate.peak, 0.005, "file"],
      [plan.learningRate.scheduler, "cosine", "default"],
      [plan.learningRate.schedulerArguments, new Map(), "default"],
      [plan.learningRate.warmup, { ratio: 0.1, rounding: "down" }, "default"],
      [plan.duration.epochs, 1, "default"],
      [plan.duration.maxSteps, 5000, "default"],
      [plan.duration.maxTokens, null, "default"],
      [plan.batch.micro, 4, "default"],
      [plan.batch.accumulation, 1, "default"],
      [plan.batch.evaluation, 50, "default"],
      [plan.sequenceLength, 768, "default"],
      [plan.packing, false, "default"],
      [plan.data.samples, undefined, "unknown"],
      [plan.data.validation, 0, "default"],
      [plan.precision.trained, "bfloat16", "default"],
      [plan.precision.frozen, "bfloat16", "default"],
      [plan.precision.adapters, "float32", "default"],
      [plan.precision.quantizedAdapters, "float32", "default"],
      [plan.precision.autocast, null, "default"],
      [plan.gradientCheckpointing, false, "default"],
      [plan.attention, "sdpa", "default"],
      [plan.loss, "materialised", "default"],
      [plan.parallelism.gpus, 1, "default"],
      [plan.parallelism.tensor, 1, "default"],
      [plan.parallelism.sharding, "none", "default"],
      [plan.parallelism.offload, "none", "default"],
    ]);
    assert.equal(plan.learningRate.family, "huggingface");
    assert.equal(plan.lora, null);
    assert.equal(plan.quantization, null);
    assert.equal(plan.batch.global, null);
    assert.equal(plan.data.sources[0]?.name.value, "meta-math/MetaMathQA");
  });

  it("replaces the default settings of the optimizer as a whole, its weight decay with them", () => {
    assertSources([[read(short).optimizer.weightDecay, 0.01, "default"]]);
    const fa = '{ "optimizer_type": "lora-fa", "optimizer_kwargs": { "lr": 1e-4, "r": 32, "lora_alpha": 64 } }';
    assertSources([[read(fa).optimizer.weightDecay, 0, "default"]]);
  });

  it("quantises with int4 and int8, once, and casts no norms", () => {
    const quantized = (dtype: string) => read(`{ "dtype": "${dtype}", "optimizer_kwargs": { "lr": 1e-4 } }`);
    const four = quantized("int4");
    assert.equal(four.quantization?.bits.value, 4);
    assert.equal(four.quantization?.doubleQuantization.value, false);
    assert.equal(four.quantization?.float32Norms.value, false);
    assertSources([[four.precision.frozen, "bfloat16", "assumed"]]);
    assert.equal(quantized("int8").quantization?.bits.value, 8);
  });

  it("evaluates every 250 updates by answering, and keeps what is trained at the end", () => {
    const plan = read(short);
    assert.deepEqual(intervalsOf(plan), [{ kind: "updates", every: 250 }, { kind: "end" }]);
    assert.equal(plan.evaluatesAnswers?.value, true);
  });

  it("trains LoRA+'s matrices B at a multiple of the rate with the optimizer lora+", () => {
    const text = (type: string) =>
      `{ "optimizer_type": "${type}", "optimizer_kwargs": { "lr": 1e-4, "loraplus_lr_ratio": 4 } }`;
    assert.deepEqual(groupsOf(read(text("lora+"))), [["LoRA B matrices", 4e-4]]);
    assert.deepEqual(groupsOf(read(text("AdamW"))), []);
  });
});

describe("recognising the training parameters of PEFT's method comparison", () => {
  it("knows them by their optimizer_kwargs, and by having no key of anything else", () => {
    const detect = (text: string) => peftBenchmark.detect(documentOf(text));
    assert.equal(detect(complete), 1);
    assert.equal(detect(short), 1);
    assert.equal(detect('{ "optimizer_kwargs": { "lr": 1e-4 }, "model_name_or_path": "gpt2" }'), 0);
    assert.equal(detect('{ "optimizer_kwargs": { "lr": 3e-4 }, "resolution": 512, "num_inference_steps": 20 }'), 0);
    assert.equal(detect('{ "model_id": "gpt2", "generation_kwargs": { "max_length": 800 } }'), 0);
    assert.equal(detect('{ "peft_type": "LORA", "r": 8 }'), 0);
  });
});

describe("writing the training parameters of PEFT's method comparison", () => {
  it("sets what the file has a key for", () => {
    assert.equal(written(complete, { peakLearningRate: 1e-4 }), complete.replace("3e-4", "1e-4"));
    assert.equal(written(complete, { microBatch: 2 }), complete.replace('_size": 8', '_size": 2'));
    assert.equal(written(complete, { evaluationBatch: 16 }), complete.replace("32", "16"));
    assert.equal(written(complete, { sequenceLength: 256 }), complete.replace("512", "256"));
    assert.equal(written(complete, { gradientCheckpointing: false }), complete.replace('gc": true', 'gc": false'));
    assert.equal(written(complete, { optimizer: "SGD" }), complete.replace("AdamW", "SGD"));
    assert.equal(written(complete, { scheduler: "cosine" }), complete.replace("null", '"cosine"'));
  });

  it("adds a key that is missing", () => {
    assert.equal(
      written(short, { microBatch: 2 }),
      '{\n  "optimizer_kwargs": {\n    "lr": 0.005\n  },\n  "batch_size": 2\n}\n',
    );
  });

  it("writes no scheduler but the cosine, and nothing else that the benchmark fixes", () => {
    const fixed = { scheduler: "linear", accumulation: 2, epochs: 2, warmupSteps: 10, warmupRatio: 0.1, loraRank: 8 };
    assert.equal(written(complete, fixed), complete);
  });
});
