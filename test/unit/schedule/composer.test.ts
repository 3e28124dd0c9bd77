import assert from "node:assert/strict";
import { courseOf } from "../../../src/core/schedule/families.ts";
import { answered } from "../analysis.ts";
import { type Curve, peak, requireCurve, run } from "./curves.ts";
import { requestOf } from "./golden.ts";

// By hand from composer/optim/scheduler.py: _convert_time, the schedulers, and what they raise.

const cosineAt = (share: number) => peak * 0.5 * (1 + Math.cos(Math.PI * share));

const curves: readonly Curve[] = [
  [
    "step_size divides the time that is over: a tenth after each 30 updates where gamma is not set",
    "composer",
    run("step", { settings: { step_size: "30ba" } }),
    [
      [29, 1e-4],
      [30, 1e-5],
      [90, 1e-7],
    ],
  ],
  [
    "a step of 200 samples in batches of 8 is 25 updates",
    "composer",
    run("step", { settings: { step_size: "200sp", gamma: 0.5 }, run: { globalBatch: 8 } }),
    [
      [24, 1e-4],
      [25, 5e-5],
      [50, 2.5e-5],
    ],
  ],
  [
    "each milestone takes gamma times the rate, in whichever order they are, a third of 300 updates among them",
    "composer",
    run("multistep", {
      total: 300,
      settings: { milestones: ["200ba", "0.34dur", "1ep"], gamma: 0.5, max_duration: "3ep" },
    }),
    [
      [99, 1e-4],
      [100, 5e-5], // 1ep = 300/3
      [101, 5e-5],
      [102, 2.5e-5], // 0.34·3·100
      [200, 1.25e-5],
    ],
  ],
  [
    "a milestone in the warmup counts when that is over",
    "composer",
    run("multistep_with_warmup", { warmup: 20, settings: { t_warmup: "20ba", milestones: ["10ba", "50ba"] } }),
    [
      [0, 0],
      [10, 5e-5],
      [20, 1e-5],
      [50, 1e-6],
    ],
  ],
  [
    "multistep_with_warmup has no t_max that the unit of its warmup would have to be",
    "composer",
    run("multistep_with_warmup", {
      settings: { t_warmup: "10ba", milestones: ["50ba"], max_duration: "409600tok" },
      run: { tokensPerUpdate: 4096 },
    }),
    [
      [5, 5e-5],
      [49, 1e-4],
      [50, 1e-5],
    ],
  ],
  [
    "gamma to the power of the periods that are over, which are epochs where nothing is said",
    "composer",
    run("exponential", { settings: { gamma: 0.25 }, run: { updatesPerEpoch: 20 } }),
    [
      [10, 5e-5], // 0.25^½
      [20, 2.5e-5],
    ],
  ],
  [
    "an epoch is a share of the run where that is told in epochs",
    "composer",
    run("exponential", { settings: { gamma: 0.25, max_duration: "2ep" } }),
    [[50, 2.5e-5]],
  ],
  [
    "a power of what is left",
    "composer",
    run("polynomial", { settings: { power: 3, alpha_f: 0.2 } }),
    [
      [0, 1e-4],
      [50, 1e-4 * (0.2 + 0.8 * 0.125)],
      [100, 2e-5],
    ],
  ],
  [
    "alpha of the peak until t_max, and the peak from there on",
    "composer",
    run("constant", { settings: { alpha: 0.5, t_max: "0.6dur" } }),
    [
      [59, 5e-5],
      [60, 1e-4],
    ],
  ],
  [
    "alpha of the peak, which the warmup rises to",
    "composer",
    run("constant_with_warmup", { warmup: 10, settings: { alpha: 0.5 } }),
    [
      [5, 2.5e-5],
      [10, 5e-5],
      [99, 5e-5],
    ],
  ],
  [
    "a line from alpha_i, which the warmup rises to, to alpha_f",
    "composer",
    run("linear_decay_with_warmup", { warmup: 10, settings: { alpha_i: 0.8, alpha_f: 0.2 } }),
    [
      [5, 4e-5],
      [10, 8e-5],
      [55, 5e-5],
    ],
  ],
  [
    "a square of what is left after the warmup",
    "composer",
    run("polynomial_with_warmup", { warmup: 10 }),
    [
      [10, 1e-4],
      [55, 2.5e-5],
    ],
  ],
  [
    "the root of the time that is over, then down in a straight line over the last 25 updates: √(10/(75 + 10))",
    "composer",
    run("inv_sqrt_with_warmup", { settings: { t_scale: "10ba", t_cooldown: "25ba" } }),
    [
      [30, 5e-5], // √(10/40)
      [75, 1e-4 * Math.sqrt(10 / 85)],
      [80, 1e-4 * Math.sqrt(10 / 85) * 0.8],
      [100, 0],
    ],
  ],
  [
    "cycles of 20, 30, 45 and 67 updates, cut to whole ones",
    "composer",
    run("cosine_warmrestart", { settings: { t_0: "20ba", t_mult: 1.5 } }),
    [
      [10, 5e-5],
      [20, 1e-4],
      [35, 5e-5],
      [50, 1e-4],
      [94, cosineAt(44 / 45)],
      [95, 1e-4],
    ],
  ],
  [
    "a run of 1,000,000 tokens by 65,536 ends within update 15, and so does its cosine",
    "composer",
    run("cosine_with_warmup", {
      total: 16,
      settings: { t_warmup: "0tok", max_duration: "1000000tok" },
      run: { tokensPerUpdate: 65_536 },
    }),
    [
      [0, 1e-4],
      [15, cosineAt((15 * 65_536) / 1_000_000)],
    ],
  ],
  [
    "a warmup of a tenth of 1,000,000 tokens is 100,000 tokens, and no whole updates",
    "composer",
    run("cosine_with_warmup", {
      total: 16,
      warmup: 1,
      settings: { t_warmup: "0.1dur", max_duration: "1000000tok" },
      run: { tokensPerUpdate: 65_536 },
    }),
    [
      [1, 1e-4 * 0.65536],
      [2, cosineAt((2 * 65_536 - 100_000) / 900_000)],
    ],
  ],
  [
    "a decay may end before a run in another unit does, as Composer does not compare them",
    "composer",
    run("cosine_with_warmup", { settings: { t_warmup: "0sp", t_max: "400sp" }, run: { globalBatch: 8 } }),
    [
      [25, 5e-5],
      [50, 0],
      [99, 0],
    ],
  ],
];

describe("Composer's schedules", () => {
  for (const [title, family, request, expected] of curves) {
    it(`${request.name}: ${title}`, () => requireCurve(family, request, expected));
  }

  it("take all times that they name for settings with an effect, and no others", () => {
    const settings = { t_warmup: "20ba", milestones: ["50ba"], max_duration: "100ba", t_max: "1dur" };
    const request = requestOf(run("multistep_with_warmup", { warmup: 20, settings }));
    assert.deepEqual(answered(courseOf("composer", request)).ignored, ["t_max"]);
  });

  it("restart for as long as a cycle lasts an update", () => {
    const request = run("cosine_warmrestart", { settings: { t_0: "8ba", t_mult: 0.5 } });
    // 8 + 4 + 2 + 1 updates; then Composer stops.
    assert.deepEqual(courseOf("composer", requestOf(request)), {
      value: null,
      reason: 'the curve of "cosine_warmrestart" cannot be told from its settings',
    });
  });
});
