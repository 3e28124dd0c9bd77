import assert from "node:assert/strict";
import type { ScheduleFamily } from "../../../src/core/plan/plan.ts";
import { type PhaseName, phasesOf } from "../../../src/core/schedule/course.ts";
import { courseOf } from "../../../src/core/schedule/families.ts";
import type { ScheduleRequest } from "../../../src/core/schedule/scheduler.ts";
import { answered } from "../analysis.ts";
import { run } from "./curves.ts";
import { type PartialRequest, requestOf } from "./golden.ts";

const end = Number.POSITIVE_INFINITY;

/** The phases of schedules in a run of 100 updates, each up to the first update after it. */
const phases: readonly (readonly [
  family: ScheduleFamily,
  request: PartialRequest,
  expected: readonly (readonly [phase: PhaseName, to: number])[],
])[] = [
  [
    "huggingface",
    run("linear", { warmup: 10 }),
    [
      ["warmup", 10],
      ["decay", 100],
      ["floor", end],
    ],
  ],
  [
    "huggingface",
    run("cosine_with_restarts", { warmup: 10 }),
    [
      ["warmup", 10],
      ["decay", 100],
      ["floor", end],
    ],
  ],
  [
    "huggingface",
    run("cosine_with_restarts", { warmup: 10, settings: { num_cycles: 3 } }), // 90/3 = 30
    [
      ["warmup", 10],
      ["cycle", 40],
      ["cycle", 70],
      ["cycle", 100],
      ["floor", end],
    ],
  ],
  [
    "huggingface",
    run("cosine_with_restarts", { settings: { num_cycles: 2.5 } }), // the last one is cut: 100/2.5 = 40
    [
      ["cycle", 40],
      ["cycle", 80],
      ["cycle", 100],
      ["floor", end],
    ],
  ],
  [
    "torch",
    run("CosineAnnealingLR", { settings: { T_max: 40 } }),
    [
      ["decay", 40],
      ["rise", 80],
      ["decay", 120],
      ["rise", end],
    ],
  ],
  [
    "torch",
    run("CosineAnnealingLR", { settings: { T_max: 50 } }),
    [
      ["decay", 50],
      ["rise", 100],
      ["decay", end],
    ],
  ],
  [
    "torch",
    run("CosineAnnealingWarmRestarts", { settings: { T_0: 30, T_mult: 2 } }),
    [
      ["cycle", 30],
      ["cycle", 90],
      ["cycle", 210],
    ],
  ],
  [
    "torch",
    run("OneCycleLR"), // up to update 0.3·100 − 1
    [
      ["warmup", 30],
      ["decay", end],
    ],
  ],
  [
    "torch",
    run("OneCycleLR", { settings: { three_phase: true } }), // down to update 2·0.3·100 − 2
    [
      ["warmup", 30],
      ["decay", 59],
      ["cooldown", end],
    ],
  ],
  [
    "torch",
    run("CyclicLR", { settings: { step_size_up: 30, step_size_down: 10 } }),
    [
      ["cycle", 40],
      ["cycle", 80],
      ["cycle", 120],
      ["cycle", end],
    ],
  ],
  [
    "torch",
    run("LinearLR", { settings: { total_iters: 20 } }),
    [
      ["warmup", 20],
      ["stable", end],
    ],
  ],
  [
    "torch",
    run("LinearLR", { settings: { start_factor: 1, end_factor: 0.5, total_iters: 20 } }),
    [
      ["decay", 20],
      ["stable", end],
    ],
  ],
  [
    "torch",
    run("MultiStepLR", { settings: { milestones: [80, 50] } }),
    [
      ["stable", 50],
      ["decay", end],
    ],
  ],
  [
    "torch",
    run("SequentialLR", {
      settings: {
        schedulers: [
          { name: "LinearLR", kwargs: { total_iters: 20 } },
          { name: "CosineAnnealingLR", kwargs: { T_max: 80 } },
        ],
        milestones: [20],
      },
    }),
    [
      ["warmup", 20],
      ["decay", 100], // 20 + 80
      ["rise", 180],
      ["decay", end],
    ],
  ],
  [
    "mlx",
    run("linear_schedule", { settings: { end: 0, steps: 50 } }),
    [
      ["decay", 50],
      ["floor", end],
    ],
  ],
  [
    "mlx",
    run("linear_schedule", { settings: { end: 2e-4, steps: 50 } }),
    [
      ["rise", 50],
      ["floor", end],
    ],
  ],
  [
    "composer",
    run("multistep", { settings: { milestones: ["80ba", "50ba"] } }),
    [
      ["stable", 50],
      ["decay", end],
    ],
  ],
  [
    "composer",
    run("constant", { settings: { alpha: 0.5 } }),
    [
      ["stable", 100],
      ["floor", end],
    ],
  ],
  [
    "composer",
    run("linear"),
    [
      ["decay", 100],
      ["floor", end],
    ],
  ],
  [
    "deepspeed",
    run("OneCycle", { settings: { cycle_min_lr: 0, cycle_first_step_size: 20 } }),
    [
      ["warmup", 21],
      ["decay", 41],
      ["floor", end],
    ],
  ],
  [
    "deepspeed",
    run("OneCycle", {
      settings: { cycle_min_lr: 1e-5, cycle_first_step_size: 20, decay_lr_rate: 0.1, decay_step_size: 5 },
    }),
    [
      ["warmup", 21],
      ["decay", 41],
      ["cooldown", end],
    ],
  ],
  ...[{ decay_lr_rate: 0.1 }, { decay_step_size: 5 }].map(
    (settings) =>
      [
        "deepspeed",
        run("OneCycle", { settings: { cycle_min_lr: 1e-5, cycle_first_step_size: 20, ...settings } }),
        [
          ["warmup", 21],
          ["decay", 41],
          ["floor", end],
        ],
      ] as const,
  ),
  [
    "verl",
    run("cosine", { warmup: 10, settings: { zero_indexed_step: false } }),
    [
      ["warmup", 9],
      ["decay", end],
    ],
  ],
  [
    "nemo",
    run("CosineAnnealing", { warmup: 10 }), // one update ahead at both ends
    [
      ["warmup", 11],
      ["decay", 101],
      ["floor", end],
    ],
  ],
  [
    "axolotl",
    run("cosine", { settings: { jagged_restart_steps: 40 } }),
    [
      ["decay", 39],
      ["cycle", 79],
      ["cycle", 119],
      ["cycle", end],
    ],
  ],
  [
    "fastai",
    run("fit_sgdr", { settings: { n_cycles: 2 } }), // a third and two thirds, in float32
    [
      ["cycle", 100 * Math.fround(1 / 3)],
      ["cycle", 100],
      ["floor", end],
    ],
  ],
];

describe("the phases of schedules", () => {
  for (const [family, request, expected] of phases) {
    const { name, settings = {} } = request;
    it(`${family}: ${name} ${JSON.stringify(settings)}: ${expected.map((phase) => phase.join(" to ")).join(", ")}`, () => {
      const course = answered(courseOf(family, requestOf(request)));
      assert.deepEqual(
        phasesOf(course).map(({ name, to }) => [name, to]),
        expected,
      );
    });
  }

  it("are a thousand cycles at most", () => {
    const cycles = (family: ScheduleFamily, name: string, settings: ScheduleRequest["settings"]) =>
      phasesOf(answered(courseOf(family, requestOf(run(name, { total: 5000, settings }))))).length;
    assert.equal(cycles("torch", "CyclicLR", { step_size_up: 1 }), 1001); // 2500, of which the last ones are one
    assert.equal(cycles("torch", "CosineAnnealingLR", { T_max: 1 }), 1001);
    assert.equal(cycles("huggingface", "cosine_with_restarts", { num_cycles: 5000 }), 1001);
  });
});
