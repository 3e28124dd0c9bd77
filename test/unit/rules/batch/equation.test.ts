import assert from "node:assert/strict";
import type { AnalyzeOptions } from "../../../../src/core/analyze.ts";
import { analysisOf } from "../../analysis.ts";

/** What the rule says: the text of each place, and its message up to the first colon. */
function found(text: string, options: Partial<AnalyzeOptions> = {}): readonly string[] {
  const { findings, document } = analysisOf(text, options);
  const lines = document.text.split("\n");
  return findings
    .filter(({ rule }) => rule === "batch/equation")
    .map(({ range: { start } }) => (lines[start.line] ?? "").trim());
}

const deepspeed = (...keys: readonly string[]) =>
  `{ "zero_optimization": { "stage": 2 }, "bf16": { "enabled": true },\n${keys.join(",\n")}\n}`;

describe("batch/equation in a DeepSpeed file", () => {
  const sizes = (total: string) => [
    `"train_batch_size": ${total}`,
    '"train_micro_batch_size_per_gpu": 8',
    '"gradient_accumulation_steps": 2',
  ];

  it("finds a total that no number of GPUs makes up, and no other", () => {
    assert.deepEqual(found(deepspeed(...sizes("72")), { format: "json" }), ['"train_batch_size": 72,']);
    assert.deepEqual(found(deepspeed(...sizes("64")), { format: "json" }), []);
    assert.deepEqual(found(deepspeed(...sizes('"auto"')), { format: "json" }), []);
  });

  it("knows what two of the three leave open", () => {
    const [total = "", micro = ""] = sizes("20");
    assert.deepEqual(found(deepspeed(total, micro), { format: "json" }), ['"train_batch_size": 20,']);
    assert.deepEqual(found(deepspeed(total, '"gradient_accumulation_steps": 2'), { format: "json" }), []);
  });

  it("takes the user's word for the number of GPUs", () => {
    assert.deepEqual(found(deepspeed(...sizes("64")), { format: "json", gpus: 4 }), []);
    assert.deepEqual(found(deepspeed(...sizes("64")), { format: "json", gpus: 8 }), ['"train_batch_size": 64,']);
  });
});

const grpo = (...keys: readonly string[]) =>
  ["model_name_or_path: Qwen/Qwen2.5-0.5B", "reward_funcs: [accuracy]", "learning_rate: 1.0e-6", ...keys].join("\n");

describe("batch/equation in TRL's GRPO", () => {
  // trl/trainer/grpo_config.py of TRL 1.13.0: 6 answers are no whole groups of 4; nor is 12 a multiple of 8 in a pass.
  it("wants whole groups of answers", () => {
    assert.deepEqual(found(grpo("num_generations: 4", "generation_batch_size: 6")), ["generation_batch_size: 6"]);
    assert.deepEqual(
      found(grpo("num_generations: 4", "generation_batch_size: 8", "per_device_train_batch_size: 8")),
      [],
    );
  });

  it("wants whole passes of sequences", () => {
    const config = grpo("num_generations: 4", "generation_batch_size: 12", "per_device_train_batch_size: 8");
    assert.deepEqual(found(config), ["generation_batch_size: 12"]);
  });

  it("works the answers out where the number of GPUs is stated, and says nothing where it is not", () => {
    const keys = ["num_generations: 8", "per_device_train_batch_size: 2", "gradient_accumulation_steps: 1"];
    assert.deepEqual(found(grpo(...keys)), []);
    assert.deepEqual(found(grpo(...keys, "num_processes: 2")), ["num_generations: 8"]);
    assert.deepEqual(found(grpo(...keys, "num_processes: 4")), []);
    assert.deepEqual(found(grpo(...keys, "num_processes: 2", "steps_per_generation: 2")), []);
  });

  it("takes one way of saying how many are generated at once", () => {
    const both = grpo("num_generations: 4", "generation_batch_size: 8", "steps_per_generation: 2");
    assert.deepEqual(found(both), ["steps_per_generation: 2"]);
    assert.deepEqual(found(both, { versions: { trl: "0.15.2" } }), []);
  });
});

describe("batch/equation in verl's fine-tuning", () => {
  const sft = (...keys: readonly string[]) =>
    `model:\n  partial_pretrain: Qwen/Qwen2.5-0.5B\ndata:\n  ${keys.join("\n  ")}\ntrainer:\n  total_epochs: 1\n`;

  it("wants the batch to be a multiple of the micro batch, unless tokens fill it", () => {
    const sizes = ["train_batch_size: 100", "micro_batch_size_per_gpu: 8"];
    assert.deepEqual(found(sft(...sizes)), ["train_batch_size: 100"]);
    assert.deepEqual(found(sft(...sizes, "use_dynamic_bsz: true", "max_token_len_per_gpu: 4096")), []);
    assert.deepEqual(found(sft("train_batch_size: 96", "micro_batch_size_per_gpu: 8")), []);
  });
});
