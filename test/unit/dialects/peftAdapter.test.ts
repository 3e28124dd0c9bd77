import assert from "node:assert/strict";
import { peftAdapter } from "../../../src/core/dialects/peftAdapter.ts";
import type { TrainingPlan } from "../../../src/core/plan/plan.ts";
import type { Sourced } from "../../../src/core/plan/sourced.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, planOf } from "./reading.ts";

const lora = `{
  "base_model_name_or_path": "Qwen/Qwen2.5-7B",
  "inference_mode": true,
  "lora_alpha": 32,
  "lora_dropout": 0.05,
  "modules_to_save": ["embed_tokens", "lm_head"],
  "peft_type": "LORA",
  "r": 16,
  "target_modules": ["q_proj", "v_proj"],
  "task_type": "CAUSAL_LM",
  "use_dora": true,
  "use_rslora": true
}
`;

function read(text: string): TrainingPlan {
  return planOf(peftAdapter, text, { format: "json" });
}

function assertSources(rows: readonly (readonly [Sourced<unknown> | undefined, unknown, string])[]): void {
  for (const [row, [source, value, origin]] of rows.entries()) {
    assert.deepEqual([source?.value, source?.origin], [value, origin], `row ${row}`);
  }
}

describe("reading a PEFT adapter", () => {
  it("takes model and adapters from a saved LoRA", () => {
    const plan = read(lora);
    assertSources([
      [plan.model.id, "Qwen/Qwen2.5-7B", "file"],
      [plan.method, "lora", "file"],
      [plan.lora?.rank, 16, "file"],
      [plan.lora?.alpha, 32, "file"],
      [plan.lora?.dropout, 0.05, "file"],
      [plan.lora?.targets, { kind: "names", names: ["q_proj", "v_proj"] }, "file"],
      [plan.lora?.modulesToSave, ["embed_tokens", "lm_head"], "file"],
      [plan.lora?.rsLora, true, "file"],
      [plan.lora?.dora, true, "file"],
      [plan.precision.adapters, "float32", "default"],
      [plan.precision.quantizedAdapters, "float32", "default"],
    ]);
    assert.equal(plan.quantization, null);
  });

  it("fills in PEFT's defaults where keys are missing or empty", () => {
    const plan = read('{ "peft_type": "LORA", "base_model_name_or_path": null, "target_modules": null }');
    assertSources([
      [plan.model.id, undefined, "unknown"],
      [plan.lora?.rank, 8, "default"],
      [plan.lora?.alpha, 8, "default"],
      [plan.lora?.dropout, 0, "default"],
      [plan.lora?.targets, { kind: "default" }, "default"],
      [plan.lora?.modulesToSave, [], "default"],
      [plan.lora?.rsLora, false, "default"],
      [plan.lora?.dora, false, "default"],
    ]);
  });

  it("tells all-linear from a regular expression, which may hold commas, and from a list", () => {
    const targets = (text: string) => read(`{ "peft_type": "LORA", "target_modules": ${text} }`).lora?.targets.value;
    assert.deepEqual(targets('"all-linear"'), { kind: "all" });
    assert.deepEqual(targets('".*layers\\\\.\\\\d{1,2}\\\\.mlp\\\\.(up|down)_proj"'), {
      kind: "pattern",
      pattern: ".*layers\\.\\d{1,2}\\.mlp\\.(up|down)_proj",
    });
    assert.deepEqual(targets('["all-linear"]'), { kind: "names", names: ["all-linear"] });
  });

  it("counts every other kind of adapter as one that is not LoRA", () => {
    const plan = read('{ "peft_type": "IA3", "target_modules": ["k_proj"], "r": 8 }');
    assert.equal(plan.method.value, "adapter");
    assert.equal(plan.lora, null);
  });

  it("knows classification by its task; everything else is up to the training script", () => {
    assert.equal(read('{ "peft_type": "LORA", "task_type": "SEQ_CLS" }').stage.value, "classify");
    const plan = read(lora);
    const rest = [
      plan.stage,
      plan.optimizer.name,
      plan.optimizer.weightDecay,
      plan.learningRate.peak,
      plan.learningRate.scheduler,
      plan.learningRate.warmup,
      plan.duration.epochs,
      plan.duration.maxSteps,
      plan.batch.micro,
      plan.batch.accumulation,
      plan.batch.evaluation,
      plan.sequenceLength,
      plan.packing,
      plan.data.samples,
      plan.precision.trained,
      plan.precision.frozen,
      plan.precision.autocast,
      plan.gradientCheckpointing,
      plan.attention,
      plan.loss,
      plan.parallelism.sharding,
    ];
    for (const [row, { origin, note }] of rest.entries()) {
      assert.equal(origin, "unknown", `row ${row}`);
      assert.match(note ?? "", /training script/);
    }
    assert.equal(plan.parallelism.gpus.origin, "assumed");
  });
});

describe("recognising a PEFT adapter", () => {
  it("knows it by peft_type, and leaves training configs that hold one to their frameworks", () => {
    const detect = (text: string) => peftAdapter.detect(documentOf(text));
    assert.equal(detect(lora), 1);
    assert.equal(detect("peft_type: LORA\nlearning_rate: 1e-4\nr: 8\n"), 0);
    assert.equal(detect("peft_config:\n  peft_type: LORA\n  r: 8\ntraining_args:\n  learning_rate: 1e-4\n"), 0);
    assert.equal(detect("model_name_or_path: gpt2\nadapter_name_or_path: out\nfinetuning_type: lora\n"), 0);
  });
});

describe("writing a PEFT adapter", () => {
  const written = (text: string, change: object) =>
    applyEdits(text, peftAdapter.write(documentOf(text, "json"), change));

  it("sets the rank and has no other key", () => {
    assert.equal(written(lora, { loraRank: 64 }), lora.replace('"r": 16', '"r": 64'));
    assert.equal(written(lora, { peakLearningRate: 1e-4, microBatch: 1, epochs: 2, optimizer: "sgd" }), lora);
  });
});
