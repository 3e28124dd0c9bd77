import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";
import { linkedFile } from "../../dialects/reading.ts";

const config = (lines: readonly string[]) => `model_name_or_path: Qwen/Qwen2.5-1.5B
stage: sft
finetuning_type: full
cutoff_len: 1024
deepspeed: ds.json
per_device_train_batch_size: 2
gradient_accumulation_steps: 8
max_grad_norm: 1.0
learning_rate: 2.0e-5
weight_decay: 0.1
adam_beta1: 0.9
adam_beta2: 0.95
adam_epsilon: 1.0e-8
warmup_steps: 10
max_steps: 500
bf16: true
${lines.join("\n")}
`;

/** What the rule says of a setting in DeepSpeed's file: its severities. */
function conflictsWith(settings: object, ...lines: readonly string[]): readonly string[] {
  const file = linkedFile("ds.json", JSON.stringify(settings));
  const linked = { get: (path: string) => (path === "ds.json" ? file : null) };
  return analysisOf(config(lines), { linked })
    .findings.filter(({ rule }) => rule === "deepspeed/conflict")
    .map(({ severity }) => severity);
}

const adam = (params: object) => ({ optimizer: { type: "AdamW", params } });
const warmup = (params: object) => ({ scheduler: { type: "WarmupDecayLR", params } });

describe("deepspeed/conflict", () => {
  // The values that HfTrainerDeepSpeedConfig compares: transformers 5.18.0, integrations/deepspeed.py.
  for (const [setting, agreeing, other] of [
    ["train_micro_batch_size_per_gpu", 2, 4],
    ["gradient_accumulation_steps", 8, 1],
    ["gradient_clipping", 1, 0.3],
  ] as const) {
    it(`compares ${setting}`, () => {
      assert.deepEqual(conflictsWith({ [setting]: agreeing }), []);
      assert.deepEqual(conflictsWith({ [setting]: "auto" }), []);
      assert.deepEqual(conflictsWith({ [setting]: other }), ["error"]);
    });
  }

  for (const [name, agreeing, other] of [
    ["lr", 0.00002, 5e-5],
    ["weight_decay", 0.1, 0.01],
    ["eps", 1e-8, 1e-6],
    ["betas", [0.9, 0.95], [0.9, 0.999]],
  ] as const) {
    it(`compares the optimizer's ${name}`, () => {
      assert.deepEqual(conflictsWith(adam({ [name]: agreeing })), []);
      assert.deepEqual(conflictsWith(adam({ [name]: "auto" })), []);
      assert.deepEqual(conflictsWith(adam({ [name]: other })), ["error"]);
    });
  }

  for (const [name, agreeing, other] of [
    ["warmup_max_lr", 2e-5, 1e-3],
    ["warmup_num_steps", 10, 100],
    ["total_num_steps", 500, 1000],
  ] as const) {
    it(`compares the scheduler's ${name}`, () => {
      assert.deepEqual(conflictsWith(warmup({ [name]: agreeing })), []);
      assert.deepEqual(conflictsWith(warmup({ [name]: other })), ["error"]);
    });
  }

  it("compares the types of autocast", () => {
    assert.deepEqual(conflictsWith({ bf16: { enabled: true }, fp16: { enabled: false } }), []);
    assert.deepEqual(conflictsWith({ fp16: { enabled: true } }), ["error"]);
  });

  it("compares no micro batch that the Trainer is to find", () => {
    assert.deepEqual(conflictsWith({ train_micro_batch_size_per_gpu: 4 }, "auto_find_batch_size: true"), []);
  });

  it("says nothing of what it cannot know: a warmup that is a share of the run", () => {
    const file = linkedFile("ds.json", JSON.stringify(warmup({ warmup_num_steps: 100 })));
    const text = config([]).replace("warmup_steps: 10", "warmup_steps: 0.03");
    const { findings } = analysisOf(text, { linked: { get: () => file } });
    assert.deepEqual(
      findings.filter(({ rule }) => rule === "deepspeed/conflict"),
      [],
    );
  });
});
