import assert from "node:assert/strict";
import type { ScheduleFamily } from "../../../src/core/plan/plan.ts";
import { courseOf } from "../../../src/core/schedule/families.ts";
import type { Fault } from "../../../src/core/schedule/scheduler.ts";
import { goldenRate, type PartialRequest, requestOf } from "./golden.ts";

const peak = 1e-4;

type Expected = readonly (readonly [step: number, rate: number])[];

const run = (name: string, others: Partial<PartialRequest> = {}): PartialRequest => ({
  name,
  peak,
  warmup: 0,
  total: 100,
  ...others,
});

/** Rates worked out by hand from the frameworks' sources, where there is no reference run. */
const curves: readonly (readonly [
  title: string,
  family: ScheduleFamily,
  request: PartialRequest,
  expected: Expected,
])[] = [
  [
    "mlx-lm's cosine begins anew one update after the warmup: 0.5·(1e-4 − 1e-6) + 1e-6 half way down",
    "mlx",
    run("cosine_decay", { warmup: 10, total: 200, settings: { decay_steps: 100, end: 1e-6 } }),
    [
      [0, 0],
      [5, 5e-5],
      [10, 1e-4],
      [11, 1e-4],
      [61, 5.05e-5],
      [111, 1e-6],
      [199, 1e-6],
    ],
  ],
  [
    "mlx-lm's warmup begins at warmup_init",
    "mlx",
    run("exponential_decay", { warmup: 4, settings: { decay_rate: 0.5, warmup_init: 2e-5 } }),
    [
      [0, 2e-5],
      [2, 6e-5],
      [4, 1e-4],
      [5, 1e-4],
      [6, 5e-5],
      [7, 2.5e-5],
    ],
  ],
  [
    "mlx-lm's steps",
    "mlx",
    run("step_decay", { settings: { decay_rate: 0.5, step_size: 10 } }),
    [
      [9, 1e-4],
      [10, 5e-5],
      [25, 2.5e-5],
    ],
  ],
  [
    "mlx-lm's straight line stays where it ends",
    "mlx",
    run("linear_schedule", { settings: { end: 0, steps: 50 } }),
    [
      [0, 1e-4],
      [25, 5e-5],
      [60, 0],
    ],
  ],
  [
    "Ludwig's line ends at zero whatever the warmup",
    "ludwig",
    run("linear", { warmup: 10 }),
    [
      [0, 0],
      [5, 5e-5],
      [10, 1e-4],
      [55, 5e-5],
    ],
  ],
  [
    "Ludwig's exponential begins below the peak",
    "ludwig",
    run("exponential", { settings: { decay_rate: 0.5, decay_steps: 10 } }),
    [
      [0, 5e-5],
      [10, 2.5e-5],
    ],
  ],
  [
    "and goes up to the next power in stairs",
    "ludwig",
    run("exponential", { settings: { decay_rate: 0.5, decay_steps: 10, staircase: true } }),
    [
      [0, 5e-5],
      [1, 2.5e-5],
      [10, 2.5e-5],
    ],
  ],
  [
    "Ludwig's cosine restarts behind the warmup",
    "ludwig",
    run("cosine", { warmup: 10, settings: { t_0: 20, t_mult: 2 } }),
    [
      [5, 5e-5],
      [10, 1e-4],
      [20, 5e-5],
      [30, 1e-4],
      [50, 5e-5],
    ],
  ],
  [
    "NeMo warms up one update ahead: (k + 1)/(W + 1)",
    "nemo",
    run("CosineAnnealing", { warmup: 9, total: 109 }),
    [
      [0, 1e-5],
      [9, 1e-4],
      [59, 5e-5],
    ],
  ],
  [
    "but as Megatron does where there are constant steps: k/W, down over 100 − 40 − 10, then the floor",
    "nemo",
    run("CosineAnnealing", { warmup: 10, settings: { constant_steps: 40, min_lr: 2e-5 } }),
    [
      [0, 0],
      [5, 5e-5],
      [10, 1e-4],
      [35, 6e-5],
      [60, 2e-5],
      [80, 2e-5],
    ],
  ],
  [
    "NeMo's square",
    "nemo",
    run("SquareAnnealing", { settings: { min_lr: 1e-5 } }),
    [
      [50, 2.5e-5],
      [90, 1e-5],
    ],
  ],
  ["NeMo's root is of the whole run", "nemo", run("SquareRootAnnealing"), [[75, 5e-5]]],
  ["NeMo's line", "nemo", run("WarmupAnnealing", { settings: { min_lr: 2e-5 } }), [[50, 6e-5]]],
  ["NeMo's inverse root: √(16/4)", "nemo", run("InverseSquareRootAnnealing", { warmup: 3 }), [[15, 5e-5]]],
  ["NeMo's polynomial", "nemo", run("PolynomialDecayAnnealing", { settings: { power: 2 } }), [[50, 2.5e-5]]],
  [
    "NeMo holds the peak and then decays over what is left of the run: 100 − (9 + 41)",
    "nemo",
    run("PolynomialHoldDecayAnnealing", { warmup: 9, settings: { hold_steps: 41 } }),
    [
      [30, 1e-4],
      [49, 1e-4],
      [75, 5e-5],
    ],
  ],
  [
    "NeMo's Noam: 1e-4/√4·min(1/√k, k/4^1.5), and never twice over step 1",
    "nemo",
    run("NoamAnnealing", { warmup: 4, settings: { d_model: 4 } }),
    [
      [0, 5e-5 / 8],
      [1, 5e-5 / 8],
      [4, 2.5e-5],
      [16, 1.25e-5],
    ],
  ],
  [
    "open-instruct's final ratio: the line ends at 100/0.9, so that a tenth is left",
    "open-instruct",
    run("linear", { settings: { warmup_ratio: 0, final_lr_ratio: 0.1 } }),
    [
      [0, 1e-4],
      [50, 5.5e-5],
      [100, 1e-5],
    ],
  ],
  [
    "open-instruct cuts the warmup to the steps of all processes: 10·4·0.26 = 10.4, that is 10/4 updates",
    "open-instruct",
    run("constant_with_warmup", { total: 10, settings: { warmup_ratio: 0.26 }, run: { processes: 4 } }),
    [
      [1, 4e-5],
      [2, 8e-5],
      [3, 1e-4],
    ],
  ],
  [
    "torch's SequentialLR starts each scheduler anew",
    "torch",
    run("SequentialLR", {
      settings: {
        schedulers: [
          { name: "torch.optim.lr_scheduler.LinearLR", kwargs: { start_factor: 0.1, total_iters: 20 } },
          { name: "torch.optim.lr_scheduler.CosineAnnealingLR", kwargs: { T_max: 80, eta_min: 2e-5 } },
        ],
        milestones: [20],
      },
    }),
    [
      [0, 1e-5],
      [10, 5.5e-5],
      [20, 1e-4],
      [60, 6e-5],
    ],
  ],
  [
    "verl's warmup_stable_decay: a tenth of what follows the warmup decays",
    "verl",
    run("wsd", { total: 110, warmup: 10 }),
    [
      [5, 5e-5],
      [99, 1e-4],
      [105, 5e-5],
    ],
  ],
  [
    "verl counts from one where it is told to",
    "verl",
    run("cosine", { total: 110, warmup: 10, settings: { zero_indexed_step: false } }),
    [
      [0, 1e-5],
      [9, 1e-4],
      [59, 5e-5],
    ],
  ],
  [
    "LLaMA-Factory keeps a third at the peak: 90/3, then 60 down",
    "llamafactory",
    run("warmup_stable_decay", { warmup: 10 }),
    [
      [5, 5e-5],
      [39, 1e-4],
      [70, 5e-5],
    ],
  ],
  [
    "OLMo's maximum of a cosine and an inverse root: √(4/64) of the peak",
    "olmo",
    run("max_scheduler", { warmup: 4 }),
    [[63, 2.5e-5]].map(([step, floor]) => [
      step ?? 0,
      Math.max(floor ?? 0, 1e-5 + (9e-5 * (1 + Math.cos((Math.PI * 60) / 96))) / 2),
    ]),
  ],
  [
    "LitGPT's pretraining counts forward passes: update 9 of 4 each is pass 39 of a warmup of 80",
    "litgpt-pretrain",
    run("cosine", { warmup: 20, total: 100, settings: { min_lr: 1e-5 }, run: { accumulation: 4, passes: 402 } }),
    [
      [0, (1e-4 * 3) / 80],
      [9, (1e-4 * 39) / 80],
      [19, (1e-4 * 79) / 80],
      [99, 1e-5 + 0.5 * (1 + Math.cos((Math.PI * (399 - 80)) / (402 - 80))) * 9e-5],
    ],
  ],
  [
    "DeepSpeed's OneCycle climbs in stairs: 7/20·4 is one of four",
    "deepspeed",
    run("OneCycle", { settings: { cycle_min_lr: 2e-5, cycle_first_step_size: 20, cycle_first_stair_count: 4 } }),
    [
      [4, 2e-5],
      [7, 4e-5],
      [20, 1e-4],
      [34, 4e-5],
    ],
  ],
  [
    "Composer's linear decay ends where t_max does: after 800 samples in batches of 8",
    "composer",
    run("linear", { total: 50, settings: { t_max: "800sp" }, run: { globalBatch: 8 } }),
    [
      [0, 1e-4],
      [25, 7.5e-5],
      [49, 5.1e-5],
    ],
  ],
  [
    "GPT-NeoX's constant holds the peak after a warmup whose first two updates are alike",
    "gpt-neox",
    run("constant", { warmup: 4 }),
    [
      [0, 2.5e-5],
      [1, 2.5e-5],
      [2, 5e-5],
      [4, 1e-4],
      [99, 1e-4],
    ],
  ],
  [
    "mlx-lm's straight line may rise",
    "mlx",
    run("linear_schedule", { settings: { end: 2e-4, steps: 10 } }),
    [
      [0, 1e-4],
      [5, 1.5e-4],
      [10, 2e-4],
      [50, 2e-4],
    ],
  ],
  [
    "torch's LinearLR may fall",
    "torch",
    run("LinearLR", { settings: { start_factor: 1, end_factor: 0.5, total_iters: 10 } }),
    [
      [0, 1e-4],
      [5, 7.5e-5],
      [10, 5e-5],
    ],
  ],
  [
    "NeMo takes torch's schedulers by their names",
    "nemo",
    run("StepLR", { settings: { step_size: 10, gamma: 0.5 } }),
    [
      [9, 1e-4],
      [10, 5e-5],
    ],
  ],
  [
    "NeMo's cosine holds its floor for constant_steps: 90 updates down, half of them to the middle",
    "nemo",
    run("CosineAnnealing", { settings: { constant_steps: 10, min_lr: 0 } }),
    [
      [0, 1e-4],
      [45, 5e-5],
      [95, 0],
    ],
  ],
];

describe("schedules apply the rates that their sources come to", () => {
  for (const [title, family, request, expected] of curves) {
    it(title, () => {
      const rate = goldenRate(family, request);
      for (const [step, value] of expected) {
        assert.ok(Math.abs(rate(step) - value) <= 1e-12 * peak, `update ${step}: ${rate(step)} instead of ${value}`);
      }
    });
  }
});

/** What stops a run, with what is wrong then, or keeps a curve from being told. */
const refusals: readonly (readonly [family: ScheduleFamily, request: PartialRequest, reason: RegExp, fault?: Fault])[] =
  [
    ["axolotl", run("rex", { warmup: 101 }), /the warmup of rex is longer than the run/, "long-warmup"],
    ["axolotl", run("cosine", { settings: { jagged_restart_steps: 10 } }), /reaches into the anneal/],
    ["deepspeed", run("OneCycle"), /needs cycle_min_lr/, "lacking"],
    ["megatron", run("cosine", { warmup: 100 }), /the warmup is not shorter than the decay/, "long-warmup"],
    ["megatron", run("cosine", { settings: { min_lr: 1e-3 } }), /min_lr 0.001 is above the learning rate/, "floor"],
    ["megatron", run("WSD"), /needs lr_wsd_decay_iters/, "lacking"],
    ["litgpt-finetune", run("cosine"), /divides by lr_warmup_steps, which is 0/, "no-warmup"],
    [
      "composer",
      run("cosine_with_warmup", { settings: { t_max: "50ba" } }),
      /t_max is shorter than max_duration/,
      "short",
    ],
    [
      "composer",
      run("cosine_with_warmup", { warmup: 10, settings: { t_warmup: "10ba", max_duration: "1000000tok" } }),
      /t_warmup and t_max are in different units/,
      "units",
    ],
    ["megatron", run("cosine", { settings: { init_lr: 1 } }), /begins above the learning rate, at 1/, "start"],
    ["huggingface", run("cosin"), /it knows no scheduler "cosin"/, "name"],
    ["huggingface", run("cosine", { settings: { min_lr: 1e-6 } }), /cosine has no setting min_lr/, "unknown"],
    ["huggingface", run("polynomial", { settings: { lr_end: 1 } }), /lr_end 1 is not below/, "floor"],
    [
      "huggingface",
      run("cosine_with_min_lr", { settings: { min_lr: 0, min_lr_rate: 0 } }),
      /takes min_lr or min_lr_rate, not both/,
      "several",
    ],
    [
      "huggingface",
      run("warmup_stable_decay", { settings: { num_decay_steps: 10, decay_type: "exponential" } }),
      /decay_type is linear, cosine or 1-sqrt/,
      "value",
    ],
    ["torch", run("CosineAnnealingLR"), /needs T_max/, "lacking"],
    ["torch", run("ReduceLROnPlateau"), /follows a metric/],
    ["torch", run("OneCycleLR", { settings: { total_steps: 50 } }), /torch stops after 50 updates/, "short"],
    ["torch", run("SequentialLR", { settings: { schedulers: [{ name: "MyLR" }] } }), /"MyLR" is not known/],
    ["ludwig", run("linear", { settings: { reduce_on_plateau: 2 } }), /follows a metric/],
    ["ludwig", run("cosine"), /the data decide when that is/],
    ["mlx", run("cosine_decay"), /needs decay_steps among its arguments/, "lacking"],
    ["nemo", run("NoamHoldAnnealing"), /needs a warmup/, "no-warmup"],
    ["huggingface", run("greedy"), /follows a metric/],
    ["verl", run("my_schedule"), /is not known/],
    ["verl", run("cosine", { settings: { min_lr_ratio: 2 } }), /min_lr_ratio is a share of the peak/, "floor"],
    ["verl", run("cosine", { settings: { init_lr_ratio: -1 } }), /init_lr_ratio is a share of the peak/, "start"],
    ["torch", run("CyclicLR", { settings: { mode: "square" } }), /mode is triangular, triangular2 or/, "value"],
    ["torch", run("OneCycleLR", { settings: { anneal_strategy: "exp" } }), /anneal_strategy is cos or linear/, "value"],
    [
      "megatron",
      run("WSD", { settings: { lr_wsd_decay_iters: 10, lr_wsd_decay_style: "steep" } }),
      /lr_wsd_decay_style is exponential, linear, cosine or minus_sqrt/,
      "value",
    ],
    [
      "huggingface",
      run("warmup_stable_decay", { settings: { num_decay_steps: 10, warmup_type: "steep" } }),
      /warmup_type is linear, cosine or 1-sqrt/,
      "value",
    ],
    ["nemo", run("PolynomialDecayAnnealing", { settings: { cycle: true } }), /with cycle: true is not known/],
    ["nemo", run("PolynomialHoldDecayAnnealing", { settings: { cycle: true } }), /with cycle: true is not known/],
    ["nemo", run("NoamAnnealing", { warmup: 10 }), /needs d_model/],
    ["litgpt-pretrain", run("cosine", { warmup: 101 }), /the warmup is longer than the run/],
    [
      "composer",
      run("cosine_with_warmup", { settings: { t_max: "2h" } }),
      /how many updates t_max is, is not known: 2h/,
    ],
    ["composer", run("constant", { settings: { t_max: "2ep" } }), /how many updates t_max is, is not known: 2ep/],
    ["composer", run("polynomial"), /polynomial needs power/, "lacking"],
    ["composer", run("inv_sqrt_with_warmup"), /needs t_scale and t_cooldown/, "lacking"],
    ["composer", run("exponential"), /needs gamma/],
  ];

describe("schedules that cannot be told say why", () => {
  for (const [family, request, reason, fault] of refusals) {
    it(`${family}: ${request.name}, ${reason.source}`, () => {
      const answer = courseOf(family, requestOf(request));
      assert.ok("reason" in answer);
      assert.match(answer.reason, reason);
      assert.equal("stop" in answer ? answer.stop.fault : undefined, fault);
    });
  }
});
