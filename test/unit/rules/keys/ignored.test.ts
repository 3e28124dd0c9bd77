import assert from "node:assert/strict";
import { versionsFrom } from "../../../../src/core/plan/versions.ts";
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

  it("finds FSDP's settings where nothing switches it on, unless they ask for nothing", () => {
    const settings = "fsdp_config: { reshard_after_forward: true }";
    const none = ["fsdp_config has no effect without fsdp."];
    assert.deepEqual(ignoredIn(...trl, "packing: true", settings), none);
    assert.deepEqual(ignoredIn(...trl, "packing: true", 'fsdp: ""', settings), none);
    assert.deepEqual(ignoredIn(...trl, "packing: true", "fsdp_config: fsdp.json"), none);
    assert.deepEqual(ignoredIn(...trl, "packing: true", "fsdp: true", settings), []);
    assert.deepEqual(ignoredIn(...trl, "packing: true", "fsdp_config: { min_num_params: 0, xla: false }"), []);
    const { findings } = analysisOf([...trl, "packing: true", settings].join("\n"), {
      versions: versionsFrom("transformers=4.57.6"),
    });
    assert.ok(!findings.some(({ rule }) => rule === "keys/ignored"), "accelerate's FSDP reads some of it");
  });

  it("leaves a rank to lora/no-adapter where nothing says whether adapters are trained", () => {
    assert.deepEqual(ignoredIn(...trl, "packing: true", "lora_r: 64"), []);
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

  // The table of docs/rules/keys.md: a key, without what it needs, and with it.
  const axolotl = ["base_model: Qwen/Qwen2.5-0.5B", "datasets: [{ path: a, type: alpaca }]", "micro_batch_size: 2"];
  const sft = [...trl, "packing: true"];
  const swiftFull = [...swift, "tuner_type: full"];
  for (const [config, key, without, needed] of [
    [sft, "logging_steps: 7", "logging_strategy: epoch", "logging_strategy: steps"],
    [sft, "liger_kernel_config: { rope: true }", "use_liger_kernel: false", "use_liger_kernel: true"],
    [sft, "bnb_4bit_quant_type: fp4", "load_in_4bit: false", "load_in_4bit: true"],
    [sft, "lora_alpha: 64", "use_peft: false", "use_peft: true"],
    [sft, "use_dora: true", "use_peft: false", "use_peft: true"],
    [trl, "packing_strategy: wrapped", "packing: false", "packing: true"],
    [trl, "packing_strategy: wrapped", "assistant_only_loss: true", "eval_packing: true\nassistant_only_loss: true"],
    [[...trl, "num_generations: 8"], "vllm_mode: server", "use_vllm: false", "use_vllm: true"],
    [factory, "eval_steps: 100", "eval_strategy: epoch", "eval_strategy: steps"],
    [factory, "lora_rank: 64", "finetuning_type: full", "finetuning_type: lora"],
    [factory, "freeze_trainable_layers: 4", "finetuning_type: lora", "finetuning_type: freeze"],
    [factory, "simpo_gamma: 1.0", "stage: sft", "stage: dpo"],
    [factory, "pref_loss: simpo", "stage: ppo", "stage: kto"],
    [factory, "double_quantization: false", "", "quantization_bit: 4"],
    [factory, "quantization_type: fp4", "finetuning_type: lora", "quantization_bit: 4"],
    [swift, "lora_alpha: 64", "tuner_type: full", "tuner_type: lora"],
    [axolotl, "eval_steps: 100", "", "val_set_size: 0.05"],
    [axolotl, "evals_per_epoch: 1", "val_set_size: 0", "val_set_size: 0.05"],
    [axolotl, "eval_batch_size: 4", "val_set_size: 0", "test_datasets: [{ path: b, type: alpaca, split: test }]"],
  ] as const) {
    const name = key.slice(0, key.indexOf(":"));
    it(`finds ${key} with ${without || "nothing else"}, and not with ${needed}`, () => {
      const said = (line: string) =>
        ignoredIn(...config, key, line).filter((message) => message.startsWith(`${name} `));
      assert.equal(said(without).length, key.endsWith("false") ? 0 : 1);
      assert.deepEqual(said(needed), []);
    });
  }

  it("says nothing of a number of none, which asks for nothing", () => {
    assert.deepEqual(ignoredIn(...axolotl, "evals_per_epoch: 0"), []);
    assert.deepEqual(ignoredIn(...axolotl, "evals_per_epoch: 2"), [
      "evals_per_epoch has no effect without val_set_size or test_datasets.",
    ]);
  });

  it("fades the key, and takes it away, which changes nothing", () => {
    const [finding, ...others] = analysisOf([...swiftFull, "lora_rank: 64"].join("\n")).findings.filter(
      ({ rule }) => rule === "keys/ignored",
    );
    assert.deepEqual(others, []);
    assert.deepEqual([finding?.severity, finding?.tag, finding?.range.start.line], ["hint", "unused", 4]);
    assert.deepEqual(
      finding?.fixes.map(({ title, preferred, keepsExperiment }) => [title, preferred, keepsExperiment]),
      [["Remove lora_rank, which has no effect", true, true]],
    );
  });

  it("says nothing of what a merge key brings", () => {
    const merged = ["defaults: &defaults { lora_rank: 64 }", ...swiftFull, "<<: *defaults"];
    assert.deepEqual(ignoredIn(...merged), []);
  });

  it("passes over scripts that nobody knows, which may read what TRL does not", () => {
    const script = ["model_name_or_path: Qwen/Qwen2.5-0.5B", "learning_rate: 1.0e-5", "num_train_epochs: 1"];
    assert.deepEqual(ignoredIn(...script, "vllm_gpu_memory_utilization: 0.9"), []);
  });
});
