import assert from "node:assert/strict";
import type { ScheduleFamily } from "../../../src/core/plan/plan.ts";
import { courseOf } from "../../../src/core/schedule/families.ts";
import type { Fault, ScheduleRequest } from "../../../src/core/schedule/scheduler.ts";
import { peak, run } from "./curves.ts";
import { type PartialRequest, requestOf } from "./golden.ts";

const set = (name: string, settings: ScheduleRequest["settings"]) => run(name, { settings });

/** What stops a run at its start or before its end, what is wrong then, and the settings that it is about. */
const stopped: readonly (readonly [
  family: ScheduleFamily,
  request: PartialRequest,
  reason: RegExp,
  fault: Fault,
  settings: readonly string[],
])[] = [
  ["axolotl", run("rex", { warmup: 101 }), /the warmup of rex is longer than the run/, "long-warmup", []],
  ["deepspeed", run("OneCycle"), /needs cycle_min_lr/, "lacking", ["cycle_min_lr"]],
  ["megatron", run("cosine", { warmup: 100 }), /the warmup is not shorter than the decay/, "long-warmup", []],
  ["megatron", set("cosine", { min_lr: 1e-3 }), /min_lr 0.001 is above the learning rate/, "floor", ["min_lr"]],
  [
    "megatron",
    set("cosine", { init_lr: 1 }),
    /begins above the learning rate, at 1/,
    "start",
    ["lr_warmup_init", "init_lr"],
  ],
  [
    "megatron",
    run("WSD"),
    /needs lr_wsd_decay_iters/,
    "lacking",
    ["lr_wsd_decay_iters", "lr_wsd_decay_steps", "wsd_decay_steps"],
  ],
  [
    "megatron",
    set("WSD", { lr_wsd_decay_iters: 10, lr_wsd_decay_style: "steep" }),
    /lr_wsd_decay_style is exponential, linear, cosine or minus_sqrt/,
    "value",
    ["lr_wsd_decay_style"],
  ],
  ["litgpt-finetune", run("cosine"), /divides by lr_warmup_steps, which is 0/, "no-warmup", []],
  ["composer", set("cosine_with_warmup", { t_max: "50ba" }), /t_max is shorter than max_duration/, "short", ["t_max"]],
  [
    "composer",
    set("cosine_with_warmup", { t_max: "1ep", max_duration: "2ep" }),
    /t_max is shorter than max_duration/,
    "short",
    ["t_max"],
  ],
  [
    "composer",
    run("cosine_with_warmup", { warmup: 10, settings: { t_warmup: "10ba", max_duration: "1000000tok" } }),
    /t_warmup and t_max are in different units/,
    "mismatch",
    ["t_warmup", "t_max"],
  ],
  [
    "composer",
    set("cosine_with_warmup", { t_warmup: "0ba", max_duration: "1000000tok" }),
    /t_warmup and t_max are in different units/,
    "mismatch",
    ["t_warmup", "t_max"],
  ],
  ["composer", run("polynomial"), /polynomial needs power/, "lacking", ["power"]],
  ...[{}, { t_scale: "10ba" }, { t_cooldown: "10ba" }].map(
    (settings) =>
      [
        "composer",
        set("inv_sqrt_with_warmup", settings),
        /needs t_scale and t_cooldown/,
        "lacking",
        ["t_scale", "t_cooldown"],
      ] as const,
  ),
  ["huggingface", run("cosin"), /it knows no scheduler "cosin"/, "name", []],
  ["open-instruct", run("cosin"), /it knows no scheduler "cosin"/, "name", []],
  ["axolotl", run("cosin"), /it knows no scheduler "cosin"/, "name", []],
  [
    "huggingface",
    run("cosine_warmup_with_min_lr", { settings: { min_lr: 0 }, versions: { transformers: "4.53" } }),
    /it knows "cosine_warmup_with_min_lr" from 4\.54 on/,
    "name",
    [],
  ],
  ["huggingface", set("cosine", { min_lr: 1e-6 }), /cosine has no setting min_lr/, "unknown", ["min_lr"]],
  ["huggingface", set("polynomial", { lr_end: peak }), /lr_end 0.0001 is not below/, "floor", ["lr_end"]],
  ...["cosine_with_min_lr", "cosine_warmup_with_min_lr"].flatMap(
    (name) =>
      [
        [
          "huggingface",
          set(name, { min_lr: 0, min_lr_rate: 0 }),
          /takes min_lr or min_lr_rate, not both/,
          "several",
          ["min_lr", "min_lr_rate"],
        ],
        ["huggingface", run(name), /needs min_lr or min_lr_rate in lr_scheduler_kwargs/, "lacking", ["min_lr_rate"]],
      ] as const,
  ),
  ["huggingface", run("warmup_stable_decay"), /needs num_decay_steps/, "lacking", ["num_decay_steps"]],
  [
    "huggingface",
    set("warmup_stable_decay", { num_decay_steps: 10, decay_type: "exponential" }),
    /decay_type is linear, cosine or 1-sqrt/,
    "value",
    ["decay_type"],
  ],
  [
    "huggingface",
    set("warmup_stable_decay", { num_decay_steps: 10, warmup_type: "steep" }),
    /warmup_type is linear, cosine or 1-sqrt/,
    "value",
    ["warmup_type"],
  ],
  ["torch", run("CosineAnnealingLR"), /needs T_max/, "lacking", ["T_max"]],
  ["torch", run("CosineAnnealingWarmRestarts"), /needs T_0/, "lacking", ["T_0"]],
  ["torch", set("CosineAnnealingWarmRestarts", { T_0: 0 }), /needs T_0/, "lacking", ["T_0"]],
  ["torch", run("StepLR"), /needs step_size/, "lacking", ["step_size"]],
  ["torch", run("MultiStepLR"), /needs milestones/, "lacking", ["milestones"]],
  ["torch", run("ExponentialLR"), /needs gamma/, "lacking", ["gamma"]],
  ["torch", run("SequentialLR"), /needs schedulers/, "lacking", ["schedulers"]],
  ...[[], [20, 40]].map(
    (milestones) =>
      [
        "torch",
        set("SequentialLR", { schedulers: [{ name: "LinearLR" }, { name: "ConstantLR" }], milestones }),
        new RegExp(`one milestone fewer than schedulers, not ${milestones.length} for 2$`),
        "mismatch",
        ["milestones"],
      ] as const,
  ),
  ["torch", set("OneCycleLR", { total_steps: 50 }), /torch stops after 50 updates/, "short", ["total_steps"]],
  ["torch", set("CyclicLR", { mode: "square" }), /mode is triangular, triangular2 or/, "value", ["mode"]],
  [
    "torch",
    set("OneCycleLR", { anneal_strategy: "exp" }),
    /anneal_strategy is cos or linear/,
    "value",
    ["anneal_strategy"],
  ],
  ["mlx", run("cosine_decay"), /needs decay_steps among its arguments/, "lacking", []],
  ["mlx", run("exponential_decay"), /needs decay_rate among its arguments/, "lacking", []],
  ...[{}, { decay_rate: 0.5 }, { step_size: 10 }].map(
    (settings) => ["mlx", set("step_decay", settings), /needs decay_rate and step_size among/, "lacking", []] as const,
  ),
  ...[{}, { end: 0 }, { steps: 10 }].map(
    (settings) => ["mlx", set("linear_schedule", settings), /needs end and steps among/, "lacking", []] as const,
  ),
  ["mlx", run("cosine_decay", { warmup: 10 }), /needs decay_steps among its arguments/, "lacking", []],
  ["nemo", run("NoamHoldAnnealing"), /needs a warmup/, "no-warmup", []],
  ["nemo", set("CosineAnnealing", { min_lr: 1e-3 }), /min_lr is above the learning rate/, "floor", ["min_lr"]],
  [
    "nemo",
    set("NoamAnnealing", { d_model: 4, min_lr: 1e-3 }),
    /min_lr is above the learning rate/,
    "floor",
    ["min_lr"],
  ],
  ["verl", set("cosine", { min_lr_ratio: 2 }), /min_lr_ratio is a share of the peak/, "floor", ["min_lr_ratio"]],
  ["verl", set("cosine", { min_lr_ratio: -1 }), /min_lr_ratio is a share of the peak/, "floor", ["min_lr_ratio"]],
  ["verl", set("cosine", { init_lr_ratio: 2 }), /init_lr_ratio is a share of the peak/, "start", ["init_lr_ratio"]],
  ["verl", set("cosine", { init_lr_ratio: -1 }), /init_lr_ratio is a share of the peak/, "start", ["init_lr_ratio"]],
];

describe("schedules that stop a run say why", () => {
  for (const [family, request, reason, fault, settings] of stopped) {
    it(`${family}: ${request.name} ${JSON.stringify(request.settings ?? {})}, ${reason.source}`, () => {
      const answer = courseOf(family, requestOf(request));
      assert.ok("stop" in answer);
      assert.match(answer.reason, reason);
      assert.deepEqual(answer.stop, { fault, settings });
    });
  }
});

/** What runs, but with a curve that cannot be told. */
const untold: readonly (readonly [family: ScheduleFamily, request: PartialRequest, reason: RegExp])[] = [
  ["unknown", run("linear"), /the curve of the schedule "linear" is not known/],
  ["axolotl", set("cosine", { jagged_restart_steps: 10 }), /reaches into the anneal/],
  ["torch", run("ReduceLROnPlateau"), /follows a metric/],
  ["torch", run("CosineAnnealingWarmRestarts", { total: 1001, settings: { T_0: 1 } }), /cannot be told from its/],
  ["torch", set("SequentialLR", { schedulers: [{ name: "my.own.MyLR" }] }), /"MyLR" is not known/],
  ["torch", set("SequentialLR", { schedulers: ["StepLR"] }), /the curve of the schedule "" is not known/],
  ["ludwig", set("linear", { reduce_on_plateau: 2 }), /follows a metric/],
  ["ludwig", run("cosine"), /the data decide when that is/],
  ["olmo", set("cosine_with_warmup", { units: "tokens", t_max: 5e12 }), /how many updates t_max is/],
  ["ludwig", run("cosine", { warmup: 10 }), /the data decide when that is/],
  ["huggingface", run("greedy"), /follows a metric/],
  ["verl", run("my_schedule"), /is not known/],
  ["nemo", set("PolynomialDecayAnnealing", { cycle: true }), /with cycle: true is not known/],
  ["nemo", set("PolynomialHoldDecayAnnealing", { cycle: true }), /with cycle: true is not known/],
  ["nemo", run("NoamAnnealing", { warmup: 10 }), /needs d_model/],
  ["litgpt-pretrain", run("cosine", { warmup: 101 }), /the warmup is longer than the run/],
  ["composer", set("cosine_with_warmup", { t_max: "2h" }), /how many updates t_max is, is not known: 2h/],
  ["composer", set("cosine_with_warmup", { t_max: "2sec" }), /how many updates t_max is, is not known: 2sec/],
  ["composer", set("constant", { t_max: "2ep" }), /how many updates t_max is, is not known: 2ep/],
  ["composer", set("exponential", { gamma: 0.5 }), /the curve needs gamma, and a decay_period/],
  ["composer", set("exponential", { decay_period: "10ba" }), /the curve needs gamma, and a decay_period/],
  ["composer", set("step", { step_size: "1ep" }), /the curve needs a step_size/],
  ["composer", run("cosine_warmrestart", { total: 1001, settings: { t_0: "1ba" } }), /cannot be told from its/],
  ["composer", run("cosine_warmrestart"), /the curve needs a t_0/],
  ["composer", set("multistep", { milestones: ["50ba", "1ep"] }), /cannot be told from its settings/],
];

describe("schedules that cannot be told say why", () => {
  for (const [family, request, reason] of untold) {
    it(`${family}: ${request.name} ${JSON.stringify(request.settings ?? {})}, ${reason.source}`, () => {
      const answer = courseOf(family, requestOf(request));
      assert.ok("reason" in answer && !("stop" in answer));
      assert.match(answer.reason, reason);
    });
  }
});

/** Up to here, and no further. */
const atTheLimit: readonly (readonly [family: ScheduleFamily, request: PartialRequest])[] = [
  ["axolotl", run("rex", { warmup: 100 })],
  ["axolotl", set("cosine", { jagged_restart_steps: 11 })], // 10 of warmup, 1 of anneal
  ["megatron", run("cosine", { warmup: 99 })],
  ["megatron", set("cosine", { min_lr: peak, init_lr: peak })],
  ["nemo", set("CosineAnnealing", { min_lr: peak })],
  ["litgpt-pretrain", run("cosine", { warmup: 100 })],
  ["verl", set("cosine", { min_lr_ratio: 1, init_lr_ratio: 1 })],
  ["torch", set("OneCycleLR", { total_steps: 100 })],
  ["torch", run("CosineAnnealingWarmRestarts", { total: 1000, settings: { T_0: 1 } })],
  ["composer", set("cosine_with_warmup", { t_max: "100ba" })],
  ["composer", run("cosine_warmrestart", { total: 1000, settings: { t_0: "1ba" } })],
  ["ludwig", set("linear", { reduce_on_plateau: 0 })],
];

describe("schedules that are told", () => {
  for (const [family, request] of atTheLimit) {
    it(`${family}: ${request.name}, ${request.warmup} of warmup, ${JSON.stringify(request.settings ?? {})}`, () => {
      assert.ok(courseOf(family, requestOf(request)).value);
    });
  }
});

/** What every object has is no scheduler, and no value of a setting. */
const names: readonly (readonly [family: ScheduleFamily, request: PartialRequest])[] = [
  ["axolotl", run("constructor")],
  ["torch", run("toString")],
  ["torch", set("SequentialLR", { schedulers: [{ name: "constructor" }] })],
  ["torch", set("OneCycleLR", { anneal_strategy: "constructor" })],
  ["torch", set("CyclicLR", { mode: "constructor" })],
  ["megatron", set("WSD", { lr_wsd_decay_iters: 5, lr_wsd_decay_style: "constructor" })],
  ["huggingface", set("warmup_stable_decay", { num_decay_steps: 5, decay_type: "constructor" })],
  ["huggingface", set("warmup_stable_decay", { num_decay_steps: 5, warmup_type: "constructor" })],
];

describe("names that every object has are none of a scheduler's", () => {
  for (const [family, request] of names) {
    it(`${family}: ${request.name} ${JSON.stringify(request.settings ?? {})}`, () => {
      assert.equal(courseOf(family, requestOf(request)).value, null);
    });
  }
});
