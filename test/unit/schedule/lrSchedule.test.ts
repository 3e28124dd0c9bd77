import assert from "node:assert/strict";
import fc from "fast-check";
import { rateOf, sampleSchedule } from "../../../src/core/schedule/lrSchedule.ts";
import { analysisOf, answered } from "../analysis.ts";
import { linkedFile } from "../dialects/reading.ts";

const base = "model_name_or_path: m\nlearning_rate: 2e-5\nlr_scheduler_type: cosine\n";

const [floor, end, after] = ["cosine_min_lr_ratio", "cosine_constant_lr_ratio", "jagged_restart_warmup_steps"] as const;

const axolotl = (scheduler: string, settings: string) =>
  `base_model: m\nlearning_rate: 2e-4\nmicro_batch_size: 1\nlr_scheduler: ${scheduler}\n${settings}\n`;

describe("the schedule of a run", () => {
  it("follows from samples, batch and epochs: ceil(1001/2) = 501 batches, ceil(501/4) = 126 updates, 3 epochs", () => {
    const text = `${base}per_device_train_batch_size: 2\ngradient_accumulation_steps: 4\nnum_train_epochs: 3\nwarmup_ratio: 0.03\n`;
    const schedule = answered(analysisOf(text, { samples: 1001 }).schedule);
    assert.equal(schedule.totalSteps, 378);
    assert.equal(schedule.warmupSteps, 12);
    assert.equal(schedule.stepsKnown, true);
  });

  it("is drawn over a thousand updates, and says so, while the samples are unknown", () => {
    const schedule = answered(analysisOf(`${base}warmup_ratio: 0.03\n`).schedule);
    assert.equal(schedule.stepsKnown, false);
    assert.equal(schedule.totalSteps, 1000);
    assert.equal(schedule.warmupSteps, 30);
  });

  it("ends where the last update is, not at zero: cosine of 99 % of the way down", () => {
    const schedule = answered(analysisOf(base, { steps: 100 }).schedule);
    assert.equal(schedule.final, 2e-5 * 0.5 * (1 + Math.cos(Math.PI * 0.99)));
  });

  it("takes no notice of warmup for constant, as transformers does", () => {
    const text = base.replace("cosine", "constant");
    assert.equal(answered(analysisOf(`${text}warmup_steps: 100\n`, { steps: 1000 }).schedule).warmupSteps, 0);
  });

  it("is drawn over ten times a warmup that would not fit, while the number of updates is unknown", () => {
    const schedule = answered(analysisOf(`${base}warmup_steps: 2000\n`).schedule);
    assert.equal(schedule.stepsKnown, false);
    assert.equal(schedule.totalSteps, 20_000);
    assert.equal(schedule.warmupSteps, 2000);
  });

  for (const [name, text, reason] of [
    [
      "a scheduler that it does not know",
      base.replace("cosine", "my_own"),
      /stops at the start: it knows no scheduler/,
    ],
    [
      "a scheduler of a script's own",
      "model_id: Qwen/Qwen3-0.6B\nlr: 1e-4\nnum_train_epochs: 1\nlr_scheduler: my_own\n",
      /the curve of the schedule "my_own" is not known/,
    ],
    ["a rate from the environment", base.replace("2e-5", "${LR}"), /not known/],
  ] as const) {
    it(`is unknown for ${name}, with the reason`, () => {
      const { schedule, problems } = analysisOf(text);
      assert.ok("reason" in schedule);
      assert.match(schedule.reason, reason);
      assert.ok(problems.includes(schedule.reason));
    });
  }

  for (const [name, text, reason] of [
    ["a metric decides", base.replace("cosine", "reduce_lr_on_plateau"), /follows a metric of the run/],
    ["a setting is not known", `${base}lr_scheduler_kwargs: { cycles: 2 }\n`, /cosine has no setting cycles/],
    [
      "a setting is no number",
      `${base}lr_scheduler_kwargs: { num_cycles: [2] }\n`,
      /cannot be told from its num_cycles/,
    ],
    ["a floor is missing", base.replace("cosine", "cosine_with_min_lr"), /needs min_lr or min_lr_rate/],
    [
      "there are two floors",
      `${base.replace("cosine", "cosine_with_min_lr")}lr_scheduler_kwargs: { min_lr: 1e-6, min_lr_rate: 0.1 }\n`,
      /min_lr or min_lr_rate, not both/,
    ],
    [
      "the end is above the peak",
      `${base.replace("cosine", "polynomial")}lr_scheduler_kwargs: { lr_end: 1e-4 }\n`,
      /lr_end 0.0001 is not below the learning rate/,
    ],
    ["the decay has no length", base.replace("cosine", "warmup_stable_decay"), /needs num_decay_steps/],
  ] as const) {
    it(`is unknown where ${name}, and says so`, () => {
      const { schedule } = analysisOf(text, { steps: 100 });
      assert.ok("reason" in schedule);
      assert.match(schedule.reason, reason);
    });
  }

  for (const [what, text, ignored] of [
    [
      "all of a constant rate's",
      `${base.replace("cosine", "constant")}lr_scheduler_kwargs: { num_cycles: 2 }\n`,
      ["num_cycles"],
    ],
    ["none of a cosine's", `${base}lr_scheduler_kwargs: { num_cycles: 2 }\n`, []],
    ["a floor of axolotl's cosine under another scheduler", axolotl("linear", "cosine_min_lr_ratio: 0.1"), [floor]],
    ["none of axolotl's cosine", axolotl("cosine", "cosine_min_lr_ratio: 0.1\ncosine_constant_lr_ratio: 0.8"), []],
    ["a constant end without a floor", axolotl("cosine", `${end}: 0.8`), [end]],
    [
      "a floor beside a warmup along a parabola",
      axolotl("cosine", `${floor}: 0.1\nlr_quadratic_warmup: true`),
      [floor],
    ],
    ["none of what restarts take", axolotl("linear", `${floor}: 0.1\njagged_restart_steps: 50`), []],
    ["the length of a warmup after restarts that are not there", axolotl("linear", `${after}: 5`), [after]],
    [
      "a constant end without a floor beside what transformers takes",
      axolotl("cosine", `${end}: 0.8\nlr_scheduler_kwargs: { num_cycles: 2 }`),
      [end],
    ],
    [
      "what transformers passes over, beside and beneath axolotl's own",
      axolotl("constant", `${floor}: 0.1\nlr_scheduler_kwargs: { num_cycles: 2 }`),
      ["num_cycles", floor],
    ],
    [
      "and beneath restarts",
      axolotl("constant", "jagged_restart_steps: 50\nlr_scheduler_kwargs: { num_cycles: 2 }"),
      ["num_cycles"],
    ],
    ["none that ask for nothing", axolotl("linear", "cosine_min_lr_ratio: 0\nlr_quadratic_warmup: false"), []],
  ] as const) {
    it(`knows the settings without effect: ${what}`, () => {
      assert.deepEqual(answered(analysisOf(text, { steps: 100 }).schedule).ignored, ignored);
    });
  }

  it("takes the scheduler's settings from JSON in quotes too, as TrainingArguments does: half of two waves ends at the peak", () => {
    const of = (kwargs: string) => analysisOf(`${base}lr_scheduler_kwargs: ${kwargs}\n`, { steps: 100 }).schedule;
    const rate = rateOf(answered(of(`'{"num_cycles": 2}'`)));
    assert.equal(rate(50), 2e-5);
    assert.equal(rate(25), 0);
    assert.match(JSON.stringify(of("num_cycles=2")), /is not a mapping/);
  });

  it("knows cosine_warmup_with_min_lr from transformers 4.54 on", () => {
    const text = `${base.replace("cosine", "cosine_warmup_with_min_lr")}lr_scheduler_kwargs: { min_lr_rate: 0.1 }\n`;
    const of = (transformers: string) => analysisOf(text, { steps: 100, versions: { transformers } }).schedule;
    assert.ok(of("4.54.0").value);
    assert.match(JSON.stringify(of("4.53.3")), /from 4\.54 on/);
  });

  it("is sampled with its first, last and first unwarmed update, in order and without repeats", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 0, max: 6000 }), (totalSteps, warmupSteps) => {
        const text = `${base}warmup_steps: ${warmupSteps}\n`;
        const steps = sampleSchedule(answered(analysisOf(text, { steps: totalSteps }).schedule), 50).map(
          ([step]) => step,
        );
        assert.deepEqual(
          steps,
          [...new Set(steps)].sort((a, b) => a - b),
        );
        assert.equal(steps[0], 0);
        assert.equal(steps.at(-1), totalSteps - 1);
        assert.ok(steps.includes(Math.min(warmupSteps, totalSteps - 1)));
        assert.ok(steps.length <= 55);
      }),
      { numRuns: 30 },
    );
  });

  it("is sampled at every update when as many points are asked for as there are updates", () => {
    const schedule = answered(analysisOf(base, { steps: 77 }).schedule);
    const steps = sampleSchedule(schedule, 77).map(([step]) => step);
    assert.deepEqual(
      steps,
      Array.from({ length: 77 }, (_, step) => step),
    );
  });

  it("ends where open-instruct is told to, beyond the epochs too", () => {
    const { length } = analysisOf(
      `model_name_or_path: m
dataset_mixer_list: [a, 1.0]
per_device_train_batch_size: 1
gradient_accumulation_steps: 1
learning_rate: 2e-5
lr_scheduler_type: linear
num_train_epochs: 2
max_train_steps: 5000
`,
      { samples: 1000 },
    );
    assert.equal(length.totalSteps, 5000);
  });

  it("has no rates of their own where the scheduler gives all parameters the same", () => {
    const { schedule } = analysisOf(
      `base_model: m
micro_batch_size: 1
learning_rate: 2e-4
adapter: lora
loraplus_lr_ratio: 16
max_steps: 100
deepspeed: ds.json
`,
      { linked: new Map([["ds.json", linkedFile("ds.json", `{ "scheduler": { "type": "WarmupLR" } }`)]]) },
    );
    const { groups, surprises } = answered(schedule);
    assert.deepEqual(groups, []);
    assert.match(surprises.join(), /gives all parameters the same rate/);
  });
});
