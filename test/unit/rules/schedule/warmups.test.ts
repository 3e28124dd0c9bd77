import assert from "node:assert/strict";
import type { AnalyzeOptions } from "../../../../src/core/analyze.ts";
import type { Finding } from "../../../../src/core/rules/rule.ts";
import { analysisOf } from "../../analysis.ts";
import { applyEdits } from "../../edits.ts";

const warmups = /two-warmups|warmup|no-warmup/;

function findings(text: string, options: Partial<AnalyzeOptions> = {}): readonly Finding[] {
  return analysisOf(text, options).findings.filter(({ rule }) => rule.startsWith("schedule/") && warmups.test(rule));
}

const said = (text: string, options: Partial<AnalyzeOptions> = {}) =>
  findings(text, options).map(({ rule, severity }) => `${severity} ${rule.replace("schedule/", "")}`);

const trl = (...lines: readonly string[]) =>
  `model_name_or_path: HuggingFaceTB/SmolLM2-1.7B\nmax_length: 2048\nlearning_rate: 2.0e-5\nlr_scheduler_type: cosine\n${lines.map((line) => `${line}\n`).join("")}`;
const onTransformers = (release: string): Partial<AnalyzeOptions> => ({ versions: { transformers: release } });

describe("a warmup that is set twice", () => {
  const both = trl("warmup_steps: 100", "warmup_ratio: 0.03");

  for (const [release, without] of [
    ["4.57.1", "warmup_ratio: 0.03"],
    ["5.6.0", "warmup_steps: 100"],
  ] as const) {
    it(`leaves ${without} without effect in transformers ${release}, so that it can go`, () => {
      const [finding] = findings(both, onTransformers(release));
      assert.equal(finding?.rule, "schedule/two-warmups");
      assert.equal(finding.tag, "unused");
      assert.equal(finding.fixes[0]?.keepsExperiment, true);
      assert.equal(applyEdits(both, finding.fixes[0]?.edits ?? []), both.replace(`${without}\n`, ""));
    });
  }

  it("is refused for its ratio by transformers 5.15, and decided by the release where none is known", () => {
    assert.deepEqual(said(both, onTransformers("5.15.0")), ["error warmup-ratio-removed"]);
    const [finding] = findings(both);
    assert.equal(finding?.rule, "schedule/two-warmups");
    assert.equal(finding.tag, undefined);
    assert.equal(finding.fixes[0]?.keepsExperiment, false);
  });

  it("is none where one of both is 0", () => {
    assert.deepEqual(said(trl("warmup_steps: 0", "warmup_ratio: 0.03"), onTransformers("4.57.1")), []);
  });
});

describe("a warmup ratio", () => {
  for (const [ratio, expected] of [
    ["0.1", []],
    ["0.11", ["hint warmup-ratio-high"]],
    ["0.2", ["hint warmup-ratio-high"]],
    ["0.21", ["warning warmup-ratio-high"]],
    ["1", ["warning warmup-unit"]],
    ["1.5", ["error warmup-unit"]],
    ["200", ["error warmup-unit"]],
  ] as const) {
    it(`of ${ratio} is ${expected[0] ?? "right"}`, () => {
      assert.deepEqual(said(trl(`warmup_ratio: ${ratio}`), onTransformers("4.57.1")), expected);
    });
  }
});

describe("a warmup in updates", () => {
  for (const [steps, expected] of [
    ["100", []],
    ["101", ["warning warmup-too-long"]],
    ["499", ["warning warmup-too-long"]],
    ["500", ["error warmup-too-long"]],
  ] as const) {
    it(`of ${steps} is ${expected[0] ?? "right"} in a run of 500`, () => {
      const text = trl(`warmup_steps: ${steps}`, "num_train_epochs: 1", "per_device_train_batch_size: 2");
      assert.deepEqual(said(text, { samples: 1000, gpus: 1 }), expected);
    });
  }

  it("is not judged in a run of fewer than 50, which tries a config", () => {
    assert.deepEqual(said(trl("warmup_steps: 30", "max_steps: 49")), []);
    assert.deepEqual(said(trl("warmup_steps: 30", "max_steps: 50")), ["warning warmup-too-long"]);
  });

  it("is a share below 1 from transformers 5.0 on, and refused before", () => {
    assert.deepEqual(said(trl("warmup_steps: 0.05"), onTransformers("4.57.1")), ["error warmup-unit"]);
    assert.deepEqual(said(trl("warmup_steps: 0.05"), onTransformers("5.0.0")), []);
  });
});

describe("no warmup", () => {
  const run = (rate: string, ...lines: readonly string[]) => trl(...lines).replace("2.0e-5", rate);

  for (const [method, rate, expected] of [
    ["full", "5.0e-5", []],
    ["full", "6.0e-5", ["hint no-warmup"]],
    ["lora", "3.0e-4", []],
    ["lora", "4.0e-4", ["hint no-warmup"]],
  ] as const) {
    it(`is ${expected[0] ?? "right"} at ${rate}, ${method}`, () => {
      assert.deepEqual(said(run(rate, ...(method === "lora" ? ["use_peft: true", "lora_r: 16"] : []))), expected);
    });
  }

  it("is customary in reinforcement learning", () => {
    assert.deepEqual(said(run("1.0e-4", "num_generations: 8", "max_completion_length: 512")), []);
  });
});
