import assert from "node:assert/strict";
import { huggingFace } from "../../../src/core/dialects/huggingFace.ts";
import type { Argument, LearningRatePlan, RateGroup, ScheduleFamily } from "../../../src/core/plan/plan.ts";
import { unknown as notTold, said } from "../../../src/core/plan/sourced.ts";
import {
  equationOf,
  type LrSchedule,
  rateOf,
  sampleSchedule,
  scheduleOf,
  textbookOf,
} from "../../../src/core/schedule/lrSchedule.ts";
import { runLengthOf } from "../../../src/core/schedule/runLength.ts";
import { answered } from "../analysis.ts";
import { planOf } from "../dialects/reading.ts";
import { run } from "./curves.ts";
import { requestOf } from "./golden.ts";

const plan = planOf(
  huggingFace,
  "model_name_or_path: m\nlearning_rate: 1e-4\nper_device_train_batch_size: 1\ngradient_accumulation_steps: 1\n",
);

/** A plan whose learning rate is told in another way, and so many updates, where they are known. */
function scheduled(learningRate: Partial<LearningRatePlan>, steps?: number) {
  const changed = { ...plan, learningRate: { ...plan.learningRate, ...learningRate } };
  return scheduleOf(changed, runLengthOf(changed, notTold("no data"), steps, {}), {});
}

const named = (
  family: ScheduleFamily,
  scheduler: string,
  settings: Readonly<Record<string, Argument>> = {},
  warmup = 0,
): Partial<LearningRatePlan> => ({
  family,
  scheduler: said(scheduler),
  schedulerArguments: said(new Map(Object.entries(settings))),
  warmup: said({ steps: warmup }),
});

const group: RateGroup = { name: "embeddings", peak: said(2e-4) };

describe("the schedule of a plan", () => {
  it("has all that there is to say of a straight line", () => {
    const { request: _, phases, ...schedule } = answered(scheduled(named("huggingface", "linear", {}, 10), 100));
    assert.deepEqual(schedule, {
      family: "huggingface",
      name: "linear",
      peak: 1e-4,
      totalSteps: 100,
      stepsKnown: true,
      warmupSteps: 10,
      final: 1e-4 / 90, // (100 − 99)/(100 − 10)
      surprises: ["the first update applies a rate of 0"],
      ignored: [],
      groups: [],
    });
    assert.deepEqual(phases, [
      { name: "warmup", from: 0, to: 10 },
      { name: "decay", from: 10, to: 100 },
    ]);
  });

  it("warms up for as long as the scheduler has it: a quarter of fastai's one cycle", () => {
    assert.equal(answered(scheduled(named("fastai", "fit_one_cycle"), 100)).warmupSteps, 25);
  });

  it("ignores open-instruct's final ratio under all schedulers but the line", () => {
    const ignoredBy = (scheduler: string, settings: Readonly<Record<string, Argument>>) =>
      answered(scheduled(named("open-instruct", scheduler, settings), 100)).ignored;
    assert.deepEqual(ignoredBy("cosine", { final_lr_ratio: 0.1 }), ["final_lr_ratio"]);
    assert.deepEqual(ignoredBy("linear", { final_lr_ratio: 0.1 }), []);
    assert.deepEqual(ignoredBy("cosine", {}), []);
    assert.deepEqual(ignoredBy("constant", { power: 2, final_lr_ratio: 0.1 }), ["power", "final_lr_ratio"]);
  });

  it("surprises nobody where the rate stays as it is", () => {
    assert.deepEqual(answered(scheduled(named("huggingface", "constant"), 100)).surprises, []);
    assert.deepEqual(answered(scheduled(named("deepspeed", "WarmupLR", { warmup_type: "linear" }), 100)).surprises, [
      "DeepSpeed applies the lowest rate to the first two updates, and lags by one from there on",
    ]);
  });

  for (const [title, learningRate, reason] of [
    [
      "the scheduler is not",
      { scheduler: notTold("the script decides") },
      "the scheduler is not known: the script decides",
    ],
    ["the warmup is not", { warmup: notTold("the script decides") }, "the warmup is not known: the script decides"],
    [
      "its settings are not",
      { scheduler: said("cosine"), schedulerArguments: notTold("settings of a script's own") },
      'the curve of "cosine" with settings of a script\'s own is not known',
    ],
    [
      "the peak is not",
      { peak: notTold("the environment has it") },
      "the peak learning rate is not known: the environment has it",
    ],
    [
      "the number of updates is not, which decides whether the warmup is too long",
      named("megatron", "cosine", { lr_decay_iters: 50 }, 60),
      "the number of updates is not known",
    ],
    [
      "the number of updates is not, which decides whether the schedule is too short",
      named("torch", "OneCycleLR", { total_steps: 500 }),
      "the number of updates is not known",
    ],
  ] as readonly (readonly [string, Partial<LearningRatePlan>, string])[]) {
    it(`is not known where ${title}`, () => {
      assert.deepEqual(scheduled(learningRate), { value: null, reason });
    });
  }

  it("stops the run where it is too short for it, or has a wrong setting, with or without its length", () => {
    const short = scheduled(named("torch", "OneCycleLR", { total_steps: 500 }), 1000);
    assert.ok("stop" in short && short.stop.fault === "short");
    const long = scheduled(named("megatron", "cosine", {}, 60), 50);
    assert.ok("stop" in long && long.stop.fault === "long-warmup");
    const floor = scheduled(named("megatron", "cosine", { min_lr: 1 }));
    assert.ok("stop" in floor && floor.stop.fault === "floor");
    const none = scheduled({ ...named("huggingface", "cosin"), peak: notTold("the environment has it") });
    assert.ok("stop" in none && none.stop.fault === "name");
  });

  it("has the highest rate for its peak where none is asked for: 1e-3·(1 + 99/50) after 99 updates", () => {
    const test = { lr_range_test_min_lr: 1e-3, lr_range_test_step_size: 50 };
    const rising = { ...named("deepspeed", "LRRangeTest", test), peak: notTold("no lr") };
    assert.equal(answered(scheduled(rising, 100)).peak, 1e-3 * (1 + 99 / 50));
    assert.equal(answered(scheduled(named("deepspeed", "LRRangeTest", test), 100)).peak, 1e-4);
  });

  it("keeps parameters with a peak of their own, unless the scheduler gives all the same rate", () => {
    const own = answered(scheduled({ ...named("huggingface", "constant"), groups: [group] }, 100));
    assert.deepEqual([own.groups, own.surprises], [[group], []]);
    const same = answered(scheduled({ ...named("torch", "CyclicLR"), groups: [group] }, 100));
    assert.deepEqual(same.groups, []);
    assert.deepEqual(same.surprises, ["CyclicLR gives all parameters the same rate, those with one of their own too"]);
    assert.deepEqual(answered(scheduled(named("torch", "CyclicLR"), 100)).surprises, []);
  });
});

describe("the phases of a run", () => {
  for (const [title, learningRate, total, expected] of [
    [
      "end with it where they would go on for ever",
      named("huggingface", "cosine", {}, 10),
      100,
      ["warmup 0–10", "decay 10–100"],
    ],
    ["end with it where one update more belongs to them", named("megatron", "cosine"), 100, ["decay 0–100"]],
    [
      "end after it where the schedule does",
      named("deepspeed", "WarmupDecayLR", { total_num_steps: 200 }, 10),
      100,
      ["warmup 0–11", "decay 11–201"],
    ],
    [
      "go on after a run that ends before them",
      named("deepspeed", "OneCycle", { cycle_min_lr: 0, cycle_first_step_size: 80 }),
      60,
      ["warmup 0–81", "decay 81–161"],
    ],
    [
      "have no cycle that begins after it",
      named("torch", "CosineAnnealingWarmRestarts", { T_0: 40 }),
      80,
      ["cycle 0–40", "cycle 40–80"],
    ],
    [
      "have a whole cycle where the run ends within it",
      named("torch", "CosineAnnealingWarmRestarts", { T_0: 40 }),
      81,
      ["cycle 0–40", "cycle 40–80", "cycle 80–120"],
    ],
    [
      "have a floor where the schedule ends first",
      named("megatron", "linear", { lr_decay_iters: 50 }),
      100,
      ["decay 0–51", "floor 51–100"],
    ],
  ] as const) {
    it(title, () => {
      const { phases } = answered(scheduled(learningRate, total));
      assert.deepEqual(
        phases.map(({ name, from, to }) => `${name} ${from}–${to}`),
        expected,
      );
    });
  }
});

describe("parameters with a peak of their own", () => {
  const polynomial = run("polynomial", { settings: { lr_end: 2e-5 } });
  for (const [title, family, request, step, expected] of [
    ["have the same share of it as all others of theirs", "huggingface", run("linear"), 50, 1e-4],
    [
      "go down to the same floor where the scheduler reckons it for each of them",
      "torch",
      run("CosineAnnealingLR", { settings: { T_max: 100, eta_min: 2e-5 } }),
      50,
      2e-5 + (2e-4 - 2e-5) * 0.5,
    ],
    ["go down to that share of it too where the floor is a rate", "huggingface", polynomial, 100, 4e-5],
    [
      "have the rate of all others where the scheduler has one alone",
      "torch",
      run("CyclicLR", { settings: { step_size_up: 50 } }),
      25,
      5e-5,
    ],
  ] as const) {
    it(title, () => {
      assert.equal(rateOf({ family, request: requestOf(request) }, group)(step), expected);
    });
  }

  it("are sampled with their own rates", () => {
    const schedule = answered(scheduled(named("huggingface", "constant"), 3));
    assert.deepEqual(sampleSchedule(schedule, 3, group), [
      [0, 2e-4],
      [1, 2e-4],
      [2, 2e-4],
    ]);
  });

  it("have no rate where the schedule has none", () => {
    assert.equal(rateOf({ family: "unknown", request: requestOf(run("linear")) }, group)(0), Number.NaN);
  });
});

describe("the equation of a schedule", () => {
  it("is that of the updates of the run, with what its symbols stand for", () => {
    const request = requestOf(run("linear", { warmup: 10 }));
    assert.deepEqual(equationOf({ family: "huggingface", request }), {
      formula: "P·k/W in warmup, then P·(T − k)/(T − W)",
      symbols: { P: 1e-4, W: 10, T: 100 },
    });
  });

  for (const [family, request, formula] of [
    ["huggingface", run("cosine"), "P·½·(1 + cos(π·(k − W)/(T − W)))"],
    ["huggingface", run("cosine", { settings: { num_cycles: 1 } }), "P·½·(1 + cos(2·π·num_cycles·(k − W)/(T − W)))"],
    [
      "huggingface",
      run("cosine_with_min_lr", { settings: { min_lr_rate: 0.1 } }),
      "P·max(0, ½·(1 + cos(π·x))·(1 − m) + m), x = (k − W)/(T − W)",
    ],
    [
      "huggingface",
      run("cosine_with_min_lr", { settings: { min_lr_rate: 0.1, num_cycles: 1 } }),
      "P·max(0, ½·(1 + cos(2·π·num_cycles·x))·(1 − m) + m), x = (k − W)/(T − W)",
    ],
    ["huggingface", run("cosine", { warmup: 99 }), "P·k/W in warmup, then P·½·(1 + cos(π·(k − W)/(T − W)))"],
    ["composer", run("constant_with_warmup", { warmup: 10 }), "P·a·k/W in warmup, then P·a"],
    ["torch", run("StepLR", { settings: { step_size: 30 } }), "P·gamma^floor(k/step_size)"],
    ["nanotron", run("linear", { settings: { lr_decay_steps: 0 } }), "P·P"],
  ] as const) {
    it(`of ${family}'s ${request.name} ${JSON.stringify(request.settings ?? {})} is ${formula}`, () => {
      assert.equal(equationOf({ family, request: requestOf(request) }).formula, formula);
    });
  }

  it("is empty where the curve is not known", () => {
    assert.deepEqual(equationOf({ family: "unknown", request: requestOf(run("linear")) }), {
      formula: "",
      symbols: {},
    });
  });
});

describe("the samples of a schedule", () => {
  const stepsOf = (schedule: LrSchedule, count: number) => sampleSchedule(schedule, count).map(([step]) => step);

  it("are spread evenly, with both sides of where a phase begins", () => {
    const schedule = answered(scheduled(named("huggingface", "linear", {}, 10), 101));
    assert.deepEqual(stepsOf(schedule, 3), [0, 9, 10, 50, 100]);
  });

  it("are of updates of the run alone, whatever begins after it", () => {
    const settings = { cycle_min_lr: 0, cycle_first_step_size: 80 };
    assert.deepEqual(stepsOf(answered(scheduled(named("deepspeed", "OneCycle", settings), 60)), 2), [0, 59]);
  });

  it("leave out restarts beyond as many as there are to be: two at each of ten, ten, and the last", () => {
    const restarts = named("torch", "CosineAnnealingWarmRestarts", { T_0: 3 });
    const steps = stepsOf(answered(scheduled(restarts, 1000)), 10);
    assert.ok(steps.length <= 2 * 10 + 10 + 1, `${steps.length} steps`);
    assert.deepEqual(steps.slice(0, 6), [0, 2, 3, 5, 6, 8]);
  });
});

describe("the textbook's curve of a plan", () => {
  it("is seen in the first updates of a long run: log(50)/log(100) of a warmup that would be half", () => {
    assert.ok(textbookOf(answered(scheduled(named("deepspeed", "WarmupLR", {}, 100), 100_000))));
  });

  it("is seen in the midst of it: two waves of a cosine", () => {
    assert.ok(textbookOf(answered(scheduled(named("huggingface", "cosine", { num_cycles: 2 }), 100_000))));
  });

  it("is not looked at after the last update of a short run, where a cosine rises", () => {
    assert.equal(textbookOf(answered(scheduled(named("huggingface", "cosine"), 10))), undefined);
  });

  it("has no parameters with a peak of their own, and knows as much of the updates", () => {
    const schedule = answered(scheduled({ ...named("huggingface", "linear", {}, 10), groups: [group] }));
    const textbook = textbookOf(schedule) ?? assert.fail();
    assert.deepEqual([textbook.family, textbook.groups, textbook.stepsKnown], ["textbook", [], false]);
    assert.deepEqual([textbook.surprises, textbook.ignored, textbook.warmupSteps], [[], [], 10]);
  });
});
