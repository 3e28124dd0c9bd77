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
/** 1,600 samples by 16 sequences per update on one GPU, twice: 200 updates. */
const torchtuneWith = (rate: string, warmup: string) =>
  `model: { _component_: torchtune.models.llama3.llama3_8b }
optimizer: { _component_: torch.optim.AdamW, lr: ${rate} }
lr_scheduler: { _component_: torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup, num_warmup_steps: ${warmup} }
batch_size: 2
gradient_accumulation_steps: 8
epochs: 2
`;
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

describe("a warmup that is set twice, elsewhere than in TRL", () => {
  const axolotl = "base_model: Qwen/Qwen2.5-0.5B\nmicro_batch_size: 2\nlearning_rate: 1.0e-5\n";
  const factory = "model_name_or_path: Qwen/Qwen2.5-0.5B\nstage: sft\nlearning_rate: 1.0e-5\n";
  const oumi = (trainer: string) =>
    `model: { model_name: Qwen/Qwen2.5-0.5B }\ntraining:\n  trainer_type: ${trainer}\n  learning_rate: 1.0e-5\n  warmup_steps: 10\n  warmup_ratio: 0.1\n`;
  const both = "warmup_steps: 10\nwarmup_ratio: 0.1\n";

  for (const [title, text, release, expected] of [
    ["stops axolotl", axolotl + both, "5.6.0", ["error", undefined, 4, false]],
    ["leaves a key without effect in Oumi's other trainers", oumi("TRL_SFT"), "4.57.1", ["warning", "unused", 5, true]],
    ["stops Oumi's own trainer", oumi("OUMI"), "5.6.0", ["error", undefined, 5, false]],
    ["leaves the updates without effect in LLaMA-Factory", factory + both, "5.6.0", ["warning", "unused", 3, true]],
    ["leaves the ratio without effect before", factory + both, "4.57.1", ["warning", "unused", 4, true]],
    ["is decided by the release", factory + both, undefined, ["warning", undefined, 4, false]],
  ] as const) {
    it(title, () => {
      const [finding] = findings(text, release === undefined ? {} : onTransformers(release));
      assert.equal(finding?.rule, "schedule/two-warmups");
      const { severity, tag, range, fixes, related } = finding;
      assert.deepEqual([severity, tag, range.start.line, fixes[0]?.keepsExperiment], expected);
      assert.equal(fixes[0]?.preferred, true);
      const lines = [range.start.line, related[0]?.range.start.line].map((line) => text.split("\n")[line ?? 0] ?? "");
      assert.ok(
        lines.some((line) => line.includes("warmup_steps")) && lines.some((line) => line.includes("warmup_ratio")),
      );
    });
  }
});

describe("a warmup ratio that transformers no longer has", () => {
  const of = (text: string, release?: string) => {
    const found = findings(text, release === undefined ? {} : onTransformers(release));
    const removed = found.find(({ rule }) => rule === "schedule/warmup-ratio-removed");
    return removed && [removed.severity, removed.fixes[0]?.title, removed.fixes[0]?.keepsExperiment];
  };

  it("is refused from 5.15 on, to be renamed since 5.0, and right before", () => {
    const rename = "Rename warmup_ratio to warmup_steps";
    assert.deepEqual(of(trl("warmup_ratio: 0.05"), "5.15.0"), ["error", rename, true]);
    assert.deepEqual(of(trl("warmup_ratio: 0.05"), "5.14.0"), ["hint", rename, true]);
    assert.deepEqual(of(trl("warmup_ratio: 0.05")), ["hint", rename, false]);
    assert.equal(of(trl("warmup_ratio: 0.05"), "4.57.1"), undefined);
    assert.equal(of(trl("warmup_ratio: 1"), "5.15.0"), undefined);
  });

  it("is taken away where the updates are there too", () => {
    const both = trl("warmup_steps: 100", "warmup_ratio: 0.05");
    assert.deepEqual(of(both, "5.15.0"), ["error", "Remove warmup_ratio", false]);
    assert.equal(of(both, "5.14.0"), undefined);
  });

  it("is none of frameworks that take the ratio themselves", () => {
    const factory = "model_name_or_path: Qwen/Qwen2.5-0.5B\nstage: sft\nlearning_rate: 1.0e-5\nwarmup_ratio: 0.05\n";
    assert.equal(of(factory, "5.15.0"), undefined);
  });
});

describe("a warmup in the wrong unit", () => {
  const of = (text: string, options: Partial<AnalyzeOptions> = {}) => {
    const found = findings(text, options).find(({ rule }) => rule === "schedule/warmup-unit");
    return found && [found.severity, ...found.fixes.map(({ title, preferred }) => `${title}, ${preferred}`)];
  };
  const axolotl = (line: string) =>
    `base_model: Qwen/Qwen2.5-0.5B\nmicro_batch_size: 2\nlearning_rate: 1.0e-5\n${line}\n`;

  it("gets the name of the other key", () => {
    assert.deepEqual(of(axolotl("warmup_steps: 0.05")), ["error", "Rename warmup_steps to warmup_ratio, true"]);
    assert.deepEqual(of(axolotl("warmup_ratio: 100")), ["error", "Rename warmup_ratio to warmup_steps, true"]);
    assert.deepEqual(of(axolotl("warmup_steps: 1")), undefined);
    assert.deepEqual(of(axolotl("warmup_ratio: 0.99")), undefined);
  });

  it("becomes the number of updates where the other key is taken", () => {
    const text = axolotl("warmup_steps: 0.05\nwarmup_ratio: 0.0\nmax_steps: 1010");
    assert.deepEqual(of(text), ["error", "Set warmup_steps to 51, true"]);
    assert.deepEqual(of(text.replace("max_steps: 1010\n", "")), ["error"]);
  });

  it("is lowered to 5 % where the ratio is all of the run, under the key that the release has", () => {
    assert.deepEqual(of(axolotl("warmup_ratio: 1.0")), ["warning", "Set warmup_ratio to 0.05, true"]);
    assert.deepEqual(of(trl("warmup_ratio: 1.0"), onTransformers("5.6.0")), [
      "warning",
      "Replace warmup_ratio by warmup_steps: 0.05, true",
    ]);
  });

  it("becomes the number of updates where the framework reads no share", () => {
    const torchtune = torchtuneWith("2.0e-5", "0.05");
    const options = { samples: 1600, gpus: 1 };
    assert.deepEqual(of(torchtune, options), ["error", "Set lr_scheduler.num_warmup_steps to 10, true"]);
    assert.deepEqual(of(torchtune), ["error"]);
  });

  it("is taken for a single update by transformers 5.0 to 5.14, which is said where those run", () => {
    const message = (text: string) => findings(text).find(({ rule }) => rule === "schedule/warmup-unit")?.message ?? "";
    assert.match(message(trl("warmup_ratio: 1.0")), /takes it for a single update/);
    const factory = "model_name_or_path: Qwen/Qwen2.5-0.5B\nstage: sft\nlearning_rate: 1.0e-5\nwarmup_ratio: 1.0\n";
    assert.match(message(factory), /takes it for a single update/);
    assert.doesNotMatch(message(axolotl("warmup_ratio: 1.0")), /single update/);
  });
});

describe("a warmup that the scheduler ignores", () => {
  const constant = (...lines: readonly string[]) => trl(...lines).replace("cosine", "constant");

  it("gets the scheduler that warms up, or goes", () => {
    const [finding] = findings(constant("warmup_steps: 10")).filter(({ rule }) => rule === "schedule/warmup-ignored");
    assert.equal(finding?.severity, "warning");
    assert.equal(finding.tag, "unused");
    assert.deepEqual(finding.range, { start: { line: 4, character: 0 }, end: { line: 4, character: 16 } });
    assert.deepEqual(
      finding.fixes.map(({ title, preferred, keepsExperiment }) => [title, preferred, keepsExperiment]),
      [
        ["Set lr_scheduler_type to constant_with_warmup", true, false],
        ["Remove warmup_steps", false, true],
      ],
    );
    assert.deepEqual(said(constant("warmup_steps: 0")), []);
    assert.deepEqual(said(constant("warmup_steps: 10").replace("2.0e-5", "1.0e-4")), ["warning warmup-ignored"]);
  });
});

describe("a warmup of less than an update", () => {
  const olmo = (warmup: string) =>
    `run_name: a\nmodel: { d_model: 64, n_heads: 4, n_layers: 2, mlp_hidden_size: 256, max_sequence_length: 4096, vocab_size: 1000 }\noptimizer: { name: adamw, learning_rate: 4.0e-4 }\nscheduler:\n  name: cosine_with_warmup\n  units: tokens\n  t_warmup: ${warmup}\nmax_duration: 1000\nglobal_train_batch_size: 1024\ndevice_train_microbatch_size: 4\nprecision: amp_bf16\n`;

  it("is over before the first, which is said where tokens were meant to be updates", () => {
    const [finding, ...others] = findings(olmo("2000"));
    assert.deepEqual(others, []);
    assert.equal(finding?.rule, "schedule/warmup-ignored");
    // 2,000 tokens of the 1,024 · 4,096 that an update takes.
    assert.match(
      finding.message,
      /^The warmup is over before the first update, .* 4e-4: it is 4.77e-4 updates long\.$/,
    );
    assert.deepEqual(
      finding.fixes.map(({ title }) => title),
      ["Remove scheduler.t_warmup"],
    );
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

  it("is not judged by its length as a share of the run, nor where the scheduler ignores it", () => {
    const options = { samples: 1000, gpus: 1, ...onTransformers("4.57.1") };
    const long = (line: string) => trl(line, "num_train_epochs: 1", "per_device_train_batch_size: 2");
    assert.deepEqual(said(long("warmup_ratio: 0.5"), options), ["warning warmup-ratio-high"]);
    assert.deepEqual(said(long("warmup_steps: 400").replace("cosine", "constant"), options), [
      "warning warmup-ignored",
    ]);
  });

  it("is an error where it is refused for its length, whatever limits the run; other refusals are no matter of length", () => {
    const rex = (warmup: number) =>
      `base_model: Qwen/Qwen2.5-0.5B\nmicro_batch_size: 2\nlearning_rate: 1.0e-5\nlr_scheduler: rex\nwarmup_steps: ${warmup}\nmax_steps: 500\n`;
    assert.deepEqual(said(rex(501)), ["error warmup-too-long"]);
    assert.deepEqual(said(rex(50)), []);
    const refused = trl("warmup_steps: 400", "max_steps: 500", "lr_scheduler_kwargs: { min_lr: 1.0e-6 }");
    assert.deepEqual(said(refused), []);
  });

  it("is shortened to 5 % of the run, and a run may be a trial of a config", () => {
    const text = trl("warmup_steps: 60", "max_steps: 60");
    const [finding] = findings(text);
    assert.equal(finding?.severity, "warning");
    assert.match(finding.message, /the rate ends before it reaches 2e-5\.$/);
    assert.deepEqual(
      finding.fixes.map(({ title, preferred }) => [title, preferred]),
      [["Shorten warmup_steps to 3 updates (5 % of the run)", true]],
    );
    assert.match(findings(text.replace("warmup_steps: 60", "warmup_steps: 30"))[0]?.message ?? "", /50 % of them/);
  });

  it("is not judged in a run of fewer than 50, which tries a config", () => {
    assert.deepEqual(said(trl("warmup_steps: 30", "max_steps: 49")), []);
    assert.deepEqual(said(trl("warmup_steps: 30", "max_steps: 50")), ["warning warmup-too-long"]);
  });

  it("is a share below 1 from transformers 5.0 on, and refused before", () => {
    assert.deepEqual(said(trl("warmup_steps: 0.05"), onTransformers("4.57.1")), ["error warmup-unit"]);
    assert.deepEqual(said(trl("warmup_steps: 0.05"), onTransformers("5.0.0")), []);
  });
});

describe("a warmup ratio of one cycle", () => {
  it("may be long, as the way up is part of it", () => {
    const cycle = `base_model: Qwen/Qwen2.5-0.5B\nmicro_batch_size: 2\nlearning_rate: 1.0e-5\nwarmup_ratio: 0.3\nlr_scheduler: one_cycle\n`;
    assert.deepEqual(said(cycle), []);
    const [finding] = findings(cycle.replace("one_cycle", "cosine"));
    assert.equal(finding?.severity, "warning");
    assert.deepEqual(
      finding.fixes.map(({ title, preferred }) => [title, preferred]),
      [["Set warmup_ratio to 0.05", true]],
    );
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

  it("is customary in continued pretraining too, and is not judged under other optimizers", () => {
    const factory = (stage: string, more = "") =>
      `model_name_or_path: Qwen/Qwen2.5-0.5B\nstage: ${stage}\nfinetuning_type: full\nlearning_rate: 1.0e-4\nlr_scheduler_type: cosine\n${more}`;
    assert.deepEqual(said(factory("sft")), ["hint no-warmup"]);
    assert.deepEqual(said(factory("pt")), []);
    assert.deepEqual(said(factory("sft", "optim: lion_32bit\n")), []);
    assert.deepEqual(said(factory("sft", "warmup_steps: 1\n")), []);
    assert.deepEqual(said(factory("sft").replace("full", "freeze").replace("1.0e-4", "4.0e-4")), []);
    const qlora = factory("sft", "quantization_bit: 4\n").replace("full", "lora");
    assert.deepEqual(said(qlora.replace("1.0e-4", "4.0e-4")), ["hint no-warmup"]);
    assert.deepEqual(said(qlora.replace("1.0e-4", "3.0e-4")), []);
  });

  it("becomes 5 % of the run, with the scheduler that heeds it: a share where the framework reads one", () => {
    const titles = (text: string, options: Partial<AnalyzeOptions> = {}) =>
      findings(text, options).flatMap(({ fixes }) => fixes.map(({ title, preferred }) => [title, preferred]));
    const torchtune = torchtuneWith("1.0e-4", "0");
    const options = { samples: 1600, gpus: 1 };
    assert.deepEqual(titles(torchtune, options), [["Set num_warmup_steps to 10 (5 % of the run)", true]]);
    assert.deepEqual(titles(torchtune), []);
    const high = run("1.0e-4");
    assert.deepEqual(titles(high, onTransformers("5.6.0")), [["Set warmup_steps to 0.05", true]]);
    assert.deepEqual(titles(high, onTransformers("4.57.1")), [["Set warmup_ratio to 0.05", true]]);
    assert.deepEqual(titles(high, { ...onTransformers("4.57.1"), ...options }), [["Set warmup_ratio to 0.05", true]]);
    assert.deepEqual(titles(high.replace("cosine", "constant"), onTransformers("4.57.1")), [
      ["Set warmup_ratio to 0.05, lr_scheduler_type to constant_with_warmup", true],
    ]);
  });
});
