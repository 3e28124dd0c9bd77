import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";

/** What is said to have no effect, and without what. */
function ignoredIn(...lines: readonly string[]): readonly string[] {
  return analysisOf(lines.join("\n"))
    .findings.filter(({ rule }) => rule === "keys/ignored")
    .map(({ message }) => message);
}

const factory = [
  "model_name_or_path: Qwen/Qwen2.5-0.5B",
  "template: qwen",
  "dataset: identity",
  "cutoff_len: 1024",
  "learning_rate: 1.0e-5",
];
const swift = ["model: Qwen/Qwen2.5-0.5B", "dataset: [swift/self-cognition]", "learning_rate: 1.0e-5"];
const trl = ["model_name_or_path: Qwen/Qwen2.5-0.5B", "dataset_name: trl-lib/Capybara", "learning_rate: 1.0e-5"];

describe("keys/ignored", () => {
  it("knows the trainings that read the preference loss's settings", () => {
    const beta = "pref_beta: 0.2";
    const none = ["pref_beta has no effect without stage: dpo."];
    const full = "finetuning_type: full";
    assert.deepEqual(ignoredIn(...factory, full, "stage: sft", beta), none);
    assert.deepEqual(ignoredIn(...factory, full, "stage: rm", beta), none);
    assert.deepEqual(ignoredIn(...factory, full, "stage: dpo", beta), []);
    assert.deepEqual(ignoredIn(...factory, full, "stage: kto", beta), []);
  });

  it("finds a rank where the config says that all weights are trained, under any name of the key", () => {
    const none = ["lora_rank has no effect without tuner_type: lora."];
    assert.deepEqual(ignoredIn(...swift, "tuner_type: full", "lora_rank: 64"), none);
    assert.deepEqual(ignoredIn(...swift, "tuner_type: lora", "lora_rank: 64"), []);
    assert.deepEqual(ignoredIn(...trl, "packing: true", "use_peft: false", "lora_r: 64"), [
      "lora_r has no effect without use_peft.",
    ]);
  });

  it("finds intervals of what comes once in an epoch, or never", () => {
    assert.deepEqual(ignoredIn(...trl, "packing: true", "save_strategy: epoch", "save_steps: 100"), [
      "save_steps has no effect without save_strategy: steps.",
    ]);
    assert.deepEqual(ignoredIn(...trl, "packing: true", "save_steps: 100"), []);
    assert.deepEqual(ignoredIn(...trl, "packing: true", "eval_steps: 100"), [
      "eval_steps has no effect without eval_strategy: steps.",
    ]);
    assert.deepEqual(ignoredIn(...trl, "packing: true", "eval_strategy: steps", "eval_steps: 100"), []);
  });

  it("says nothing of what is switched off, or spelt out as it is by default", () => {
    assert.deepEqual(ignoredIn(...trl, "packing: true", "use_bnb_nested_quant: false", "bnb_4bit_quant_type: nf4"), []);
    assert.deepEqual(ignoredIn(...trl, "packing: true", "use_bnb_nested_quant: true"), [
      "use_bnb_nested_quant has no effect without load_in_4bit.",
    ]);
  });
});
