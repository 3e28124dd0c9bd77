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

  /** The only finding of these settings. */
  function conflictOf(settings: object, ...lines: readonly string[]) {
    const file = linkedFile("ds.json", JSON.stringify(settings, null, 2));
    const { findings } = analysisOf(config(lines), { linked: { get: () => file } });
    return findings.find(({ rule }) => rule === "deepspeed/conflict");
  }

  it("says both values, and shows DeepSpeed's", () => {
    const micro = conflictOf({ train_micro_batch_size_per_gpu: 4 });
    assert.match(
      micro?.message ?? "",
      /^train_micro_batch_size_per_gpu is 4 in ds\.json, and .*_batch_size is 2 here:/,
    );
    assert.equal(micro?.range.start.line, 5);
    assert.deepEqual(
      micro.related.map(({ range, uri }) => [range.start.line, uri]),
      [[1, "ds.json"]],
    );
    const said = (settings: object) => conflictOf(settings)?.message ?? "";
    assert.match(said({ bf16: { enabled: false } }), /^bf16\.enabled is false in ds\.json, and bf16 is true here/);
    assert.match(said(adam({ lr: 1e-3 })), /^lr is 0\.001 in ds\.json, and learning_rate is 2e-5 here/);
    assert.match(said(adam({ betas: [0.9, 0.999] })), / is \[0\.9, 0\.95\] here/);
    assert.match(said({ gradient_clipping: 0.3 }), /max_grad_norm is 1 here/);
  });

  it("leaves it to the arguments, or takes a number over from there", () => {
    const titles = (settings: object) => conflictOf(settings)?.fixes.map(({ title, uri }) => [title, uri]);
    assert.deepEqual(titles({ gradient_accumulation_steps: 1 }), [
      ['Set gradient_accumulation_steps to "auto" in ds.json', "ds.json"],
      ["Set gradient_accumulation_steps to 1, as in ds.json", undefined],
    ]);
    assert.deepEqual(titles({ gradient_clipping: 0.3 }), [['Set gradient_clipping to "auto" in ds.json', "ds.json"]]);
    assert.deepEqual(titles({ train_micro_batch_size_per_gpu: true }), [
      ['Set train_micro_batch_size_per_gpu to "auto" in ds.json', "ds.json"],
    ]);
  });

  it("compares pairs of numbers, and nothing else that is in a list", () => {
    assert.deepEqual(conflictsWith(adam({ betas: [0.9] })), ["error"]);
    assert.deepEqual(conflictsWith(adam({ betas: ["auto", "auto"] })), []);
    assert.deepEqual(conflictsWith(adam({ betas: [0.9, "auto"] })), []);
    assert.deepEqual(conflictsWith(adam({ betas: [[0.9], 0.95] })), []);
    assert.deepEqual(conflictsWith(adam({ betas: { first: 0.9 } })), []);
  });

  it("leaves bf16 alone where the framework asks the GPU", () => {
    assert.deepEqual(conflictsWith({ bf16: { enabled: false } }), ["error"]);
    const axolotl =
      "base_model: Qwen/Qwen2.5-1.5B\nmicro_batch_size: 2\nlearning_rate: 2.0e-5\ndeepspeed: ds.json\nbf16: auto\n";
    const file = linkedFile("ds.json", '{ "bf16": { "enabled": false } }');
    const { findings } = analysisOf(axolotl, { linked: { get: () => file } });
    assert.ok(!findings.some(({ rule }) => rule === "deepspeed/conflict"));
  });

  it("only warns of defaults, and of arguments that a script of one's own may not compare", () => {
    const said = (text: string) => {
      const file = linkedFile("ds.json", '{ "gradient_accumulation_steps": 4 }');
      return analysisOf(text, { linked: { get: () => file } })
        .findings.filter(({ rule }) => rule === "deepspeed/conflict")
        .map(({ severity }) => severity);
    };
    const script =
      "model_name_or_path: Qwen/Qwen2.5-1.5B\nlearning_rate: 2.0e-5\nnum_train_epochs: 1\ndeepspeed: ds.json\n";
    assert.deepEqual(said(config([]).replace("gradient_accumulation_steps: 8\n", "")), ["warning"]);
    assert.deepEqual(said(script), []);
    assert.deepEqual(said(`${script}gradient_accumulation_steps: 8\n`), ["warning"]);
  });
});
