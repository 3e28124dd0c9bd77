import assert from "node:assert/strict";
import type { AnalyzeOptions } from "../../../../src/core/analyze.ts";
import { analysisOf } from "../../analysis.ts";
import { severitiesOf, trlWith } from "../severities.ts";

function finding(rule: string, text: string, options: Partial<AnalyzeOptions> = {}) {
  return analysisOf(text, options).findings.find((found) => found.rule === `schedule/${rule}`);
}

/** Title and preference of the fixes of a finding. */
const fixes = (...from: Parameters<typeof finding>) =>
  finding(...from)?.fixes.map(({ title, preferred }) => [title, preferred]);

const nanotron = (...scheduler: readonly string[]) => `general: { project: tiny, run: tiny, seed: 42 }
model: { dtype: bfloat16, model_config: { hidden_size: 1024, num_hidden_layers: 24, num_attention_heads: 16, intermediate_size: 4096, vocab_size: 49152, is_llama_config: true } }
optimizer:
  learning_rate_scheduler:
    learning_rate: 0.0005
${scheduler.map((line) => `    ${line}\n`).join("")}  optimizer_factory: { name: adamW, adam_beta1: 0.9, adam_beta2: 0.95 }
parallelism: { dp: 8, pp: 1, tp: 1 }
tokens: { batch_accumulation_per_replica: 4, micro_batch_size: 8, sequence_length: 2048, train_steps: 10000 }
`;

const torchtune = (
  recipe: string,
  ...scheduler: readonly string[]
) => `model: { _component_: torchtune.models.llama3.llama3_8b }
optimizer: { _component_: torch.optim.AdamW, lr: 2.0e-5 }
${recipe}batch_size: 2
gradient_accumulation_steps: 8
epochs: 2
${scheduler.length === 0 ? "" : "lr_scheduler:\n"}${scheduler.map((line) => `  ${line}\n`).join("")}`;

describe("schedule/rate-squared", () => {
  it("is nanotron's without warmup and decay, and mended by a warmup of 5 % of the run", () => {
    const both = nanotron("lr_decay_style: linear", "lr_warmup_steps: 0", "lr_decay_steps: 0");
    const found = finding("rate-squared", both);
    assert.equal(found?.severity, "error");
    assert.match(found.message, /2\.5e-7 is applied instead of 5e-4/);
    assert.equal(found.range.start.line, 7);
    assert.deepEqual(fixes("rate-squared", both), [["Set lr_warmup_steps to 500", true]]);
    assert.equal(finding("no-warmup", both), undefined);
    for (const lines of [
      ["lr_warmup_steps: 1", "lr_decay_steps: 0"],
      ["lr_warmup_steps: 0", "lr_decay_steps: 100"],
    ])
      assert.equal(finding("rate-squared", nanotron("lr_decay_style: linear", ...lines)), undefined, lines.join());
  });
});

describe("schedule/nothing-decays", () => {
  const cosine = ["lr_decay_style: cosine", "lr_warmup_steps: 100", "lr_decay_steps: 9900"];

  it("warns where the floor is left out, hints where it is set to the peak, and is silent below it", () => {
    assert.deepEqual(severitiesOf("schedule/nothing-decays", nanotron(...cosine)), ["warning"]);
    assert.deepEqual(severitiesOf("schedule/nothing-decays", nanotron(...cosine, "min_decay_lr: 5.0e-4")), ["hint"]);
    assert.deepEqual(severitiesOf("schedule/nothing-decays", nanotron(...cosine, "min_decay_lr: 4.9e-4")), []);
  });

  it("stands at the floor where there is one, else at the scheduler", () => {
    assert.equal(finding("nothing-decays", nanotron(...cosine, "min_decay_lr: 5.0e-4"))?.range.start.line, 8);
    assert.equal(finding("nothing-decays", nanotron(...cosine))?.range.start.line, 5);
    assert.deepEqual(fixes("nothing-decays", nanotron(...cosine)), [
      ["Set min_decay_lr to 5e-5 (a tenth of the peak)", true],
    ]);
  });
});

describe("schedule/ends-at-peak", () => {
  const cosine = (cycles: string) =>
    torchtune(
      "",
      "_component_: torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup",
      "num_warmup_steps: 20",
      `num_cycles: ${cycles}`,
    );

  it("is what whole waves do, and half of them more do not", () => {
    for (const [cycles, expected] of [
      ["0.5", []],
      ["1", ["warning"]],
      ["1.5", []],
      ["2", ["warning"]],
      ["0", []],
    ] as const)
      assert.deepEqual(severitiesOf("schedule/ends-at-peak", cosine(cycles)), expected, cycles);
    assert.deepEqual(fixes("ends-at-peak", cosine("2")), [["Set num_cycles to 1.5, which ends at the floor", true]]);
    assert.equal(finding("ends-at-peak", cosine("1"))?.range.start.line, 8);
  });

  it("is nothing that restarts do", () => {
    const restarts = (name: string) =>
      trlWith(`lr_scheduler_type: ${name}\nlr_scheduler_kwargs:\n  num_cycles: 3\nwarmup_steps: 10`);
    assert.deepEqual(severitiesOf("schedule/ends-at-peak", restarts("cosine_with_restarts")), []);
    assert.deepEqual(severitiesOf("schedule/ends-at-peak", restarts("cosine")), ["warning"]);
  });
});

describe("schedule/constant-by-default", () => {
  const rule = "schedule/constant-by-default";

  it("speaks of frameworks without a scheduler of their own, at the rate", () => {
    assert.deepEqual(severitiesOf(rule, torchtune("")), ["hint"]);
    assert.equal(finding("constant-by-default", torchtune(""))?.range.start.line, 1);
    const cosine = "_component_: torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup";
    assert.deepEqual(severitiesOf(rule, torchtune("", cosine, "num_warmup_steps: 20")), []);
    assert.deepEqual(severitiesOf(rule, trlWith("lr_scheduler_type: constant")), []);
  });

  it("is silent about reinforcement learning, which is trained so on purpose", () => {
    assert.deepEqual(severitiesOf(rule, torchtune("ppo_batch_size: 64\n")), []);
  });

  it("adds a cosine with the usual warmup: 5 % of the run, or of 2,000 updates where that is not known", () => {
    const mended = (options: Partial<AnalyzeOptions>) => {
      const [fix] = finding("constant-by-default", torchtune(""), options)?.fixes ?? [];
      return /num_warmup_steps: (\d+)/.exec(fix?.edits.map(({ newText }) => newText).join("") ?? "")?.[1];
    };
    // 1,600 samples / 16 × 2 epochs = 200 updates.
    assert.equal(mended({ samples: 1600, gpus: 1 }), "10");
    assert.equal(mended({}), "100");
  });
});

describe("schedule/one-cycle-start", () => {
  it("tells where one cycle begins and ends: a 25th of the peak, and a ten-thousandth of that", () => {
    const axolotl = (scheduler: string) =>
      `base_model: Qwen/Qwen2.5-0.5B\nmicro_batch_size: 2\nlearning_rate: 2.5e-4\nmax_steps: 1000\nlr_scheduler: ${scheduler}\n`;
    const found = finding("one-cycle-start", axolotl("one_cycle"));
    assert.equal(found?.severity, "information");
    assert.match(found.message, /begins at 1e-5, which is 2\.5e-4 divided by 25, and ends at 1e-9\.$/);
    assert.equal(finding("one-cycle-start", axolotl("cosine")), undefined);
  });

  it("is no news of DeepSpeed's, which names where it begins", () => {
    const params = { cycle_min_lr: 1e-5, cycle_max_lr: 1e-4 };
    const deepspeed = { zero_optimization: { stage: 2 }, scheduler: { type: "OneCycle", params } };
    const text = JSON.stringify(deepspeed);
    assert.equal(finding("one-cycle-start", text, { format: "json" }), undefined);
  });
});

describe("schedule/rises-again", () => {
  const neox = (...lines: readonly string[]) =>
    `num-layers: 12\nhidden-size: 768\nnum-attention-heads: 12\nseq-length: 2048\nmax-position-embeddings: 2048\noptimizer:\n  type: Adam\n  params:\n    lr: 0.0006\ntrain_micro_batch_size_per_gpu: 32\ntrain-iters: 1000\nlr-decay-style: cosine\n${lines.join("\n")}\n`;

  it("is what a cosine does that ends before the run, at the setting that ends it", () => {
    const found = finding("rises-again", neox("lr-decay-iters: 999"));
    assert.equal(found?.severity, "warning");
    assert.equal(found.range.start.line, 12);
    assert.deepEqual(fixes("rises-again", neox("lr-decay-iters: 999")), [
      ["Set lr-decay-iters to 1,000, as long as the run", true],
    ]);
    for (const updates of [1000, 1001])
      assert.equal(finding("rises-again", neox(`lr-decay-iters: ${updates}`)), undefined);
  });
});

describe("schedule/setting-ignored", () => {
  const rule = "schedule/setting-ignored";
  const axolotl = (...lines: readonly string[]) =>
    [
      "base_model: Qwen/Qwen2.5-0.5B",
      "micro_batch_size: 2",
      "learning_rate: 1.0e-5",
      "warmup_steps: 10",
      ...lines,
      "",
    ].join("\n");

  it("speaks of a setting of another scheduler, fades it, and takes it away", () => {
    const floor = "cosine_min_lr_ratio: 0.1";
    assert.deepEqual(severitiesOf(rule, axolotl("lr_scheduler: linear", floor)), ["warning"]);
    assert.deepEqual(severitiesOf(rule, axolotl("lr_scheduler: cosine", floor)), []);
    const found = finding("setting-ignored", axolotl("lr_scheduler: linear", floor));
    assert.equal(found?.tag, "unused");
    assert.deepEqual(found.range, { start: { line: 5, character: 0 }, end: { line: 5, character: 24 } });
    assert.deepEqual(
      found.fixes.map(({ title, preferred, keepsExperiment }) => [title, preferred, keepsExperiment]),
      [["Remove cosine_min_lr_ratio", true, true]],
    );
  });

  it("takes the mapping away with the last setting in it, and with no other", () => {
    const trl = (...settings: readonly string[]) =>
      trlWith(
        `lr_scheduler_type: constant_with_warmup\nwarmup_steps: 10\nlr_scheduler_kwargs:\n${settings.map((line) => `  ${line}`).join("\n")}`,
      );
    const removed = (text: string) => {
      const [fix] = finding("setting-ignored", text)?.fixes ?? [];
      return fix?.edits.map(({ range }) => [range.start.line, range.end.line]);
    };
    assert.deepEqual(removed(trl("min_lr: 1.0e-6")), [[7, 9]]);
    assert.deepEqual(removed(trl("min_lr: 1.0e-6", "num_cycles: 2")), [[8, 9]]);
  });

  it("is silent about defaults that a file spells out: LitGPT's 6e-5 in finetuning", () => {
    const litgpt = (floor: string) =>
      `checkpoint_dir: checkpoints/meta-llama/Llama-3.2-1B\nlora_r: 8\ntrain: { global_batch_size: 8, micro_batch_size: 1, lr_warmup_steps: 10, min_lr: ${floor} }\n`;
    assert.deepEqual(severitiesOf(rule, litgpt("6.0e-5")), []);
    assert.deepEqual(severitiesOf(rule, litgpt("1.0e-5")), ["warning"]);
  });
});
