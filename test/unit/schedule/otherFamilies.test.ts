import { type Curve, requireCurve, run } from "./curves.ts";

/** Rates worked out by hand from the frameworks' sources, where there is no reference run. */
const curves: readonly Curve[] = [
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
      [105, 0],
    ],
  ],
  ["Ludwig's rate without a decay", "ludwig", run("none"), [[50, 1e-4]]],
  [
    "Ludwig's exponential begins below the peak",
    "ludwig",
    run("exponential", { settings: { decay_rate: 0.5, decay_steps: 10 } }),
    [
      [0, 5e-5],
      [5, 1e-4 * 0.5 ** 1.5],
      [10, 2.5e-5],
    ],
  ],
  [
    "of which decay_steps count forward passes: five updates of two are ten",
    "ludwig",
    run("exponential", { settings: { decay_rate: 0.5, decay_steps: 10 }, run: { accumulation: 2 } }),
    [
      [0, 5e-5],
      [5, 2.5e-5],
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
    "whose t_0 counts forward passes: ten updates of two are the first twenty",
    "ludwig",
    run("cosine", { settings: { t_0: 20 }, run: { accumulation: 2 } }),
    [
      [0, 1e-4],
      [5, 5e-5],
      [10, 1e-4],
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
  [
    "NeMo's square has a floor of 1e-5 where none is set, and none where it is 0",
    "nemo",
    run("SquareAnnealing", { settings: { min_lr: 0 } }),
    [[99, 1e-4 * 0.01 ** 2]],
  ],
  ["and so 1e-5", "nemo", run("SquareAnnealing"), [[99, 1e-5]]],
  [
    "NeMo's root is of the whole run",
    "nemo",
    run("SquareRootAnnealing"),
    [
      [75, 5e-5],
      [99, 1e-5],
    ],
  ],
  [
    "NeMo's line",
    "nemo",
    run("WarmupAnnealing", { settings: { min_lr: 2e-5 } }),
    [
      [50, 6e-5],
      [99, 2e-5 + 0.01 * 8e-5],
      [101, 2e-5],
    ],
  ],
  [
    "NeMo's inverse root: √(16/4), until after the last update",
    "nemo",
    run("InverseSquareRootAnnealing", { warmup: 3 }),
    [
      [15, 5e-5],
      [99, 2e-5],
      [101, 0],
    ],
  ],
  [
    "NeMo's polynomial",
    "nemo",
    run("PolynomialDecayAnnealing", { settings: { power: 2 } }),
    [
      [50, 2.5e-5],
      [99, 1e-4 * 0.01 ** 2],
    ],
  ],
  [
    "NeMo's cosine ends with the run, and with max_steps where those are set",
    "nemo",
    run("CosineAnnealing", { settings: { max_steps: 80, min_lr: 2e-5 } }),
    [
      [40, 6e-5],
      [79, 2e-5 + 8e-5 * 0.5 * (1 + Math.cos((Math.PI * 79) / 80))],
      [90, 2e-5],
    ],
  ],
  [
    "NeMo's warmup alone goes on at the peak, for as long as the schedule",
    "nemo",
    run("WarmupPolicy", { warmup: 9, settings: { min_lr: 1e-6 } }),
    [
      [4, 5e-5],
      [9, 1e-4],
      [100, 1e-4],
      [101, 1e-6],
    ],
  ],
  [
    "NeMo's hold is longer than the schedule where it is told so: 9 + 120",
    "nemo",
    run("WarmupHoldPolicy", { warmup: 9, settings: { hold_steps: 120, min_lr: 1e-6 } }),
    [
      [4, 5e-5],
      [128, 1e-4],
      [129, 1e-6],
    ],
  ],
  [
    "and not shorter: 9 + 20",
    "nemo",
    run("WarmupHoldPolicy", { warmup: 9, settings: { hold_steps: 20, min_lr: 1e-6 } }),
    [
      [100, 1e-4],
      [101, 1e-6],
    ],
  ],
  [
    "NeMo's hold as a share of the run: 0.207·200, cut to 41",
    "nemo",
    run("PolynomialHoldDecayAnnealing", { warmup: 9, settings: { hold_ratio: 0.207, max_steps: 200 } }),
    [
      [49, 1e-4],
      [125, 5e-5], // 75 of 200 − (9 + 41)
    ],
  ],
  [
    "NeMo's decay without a hold is reckoned from the first update, and over when the floor is reached: 100 − 20 updates",
    "nemo",
    run("PolynomialHoldDecayAnnealing", { warmup: 20, settings: { min_lr: 2e-5 } }),
    [
      [40, 6e-5],
      [80, 2e-5],
      [90, 2e-5],
    ],
  ],
  [
    "but from the end of the warmup where a hold of nothing is told",
    "nemo",
    run("PolynomialHoldDecayAnnealing", { warmup: 20, settings: { min_lr: 2e-5, hold_steps: 0 } }),
    [
      [60, 6e-5],
      [99, 2e-5 + 8e-5 / 80],
    ],
  ],
  [
    "NeMo's Noam with a hold: √16 over the root of the updates after it",
    "nemo",
    run("NoamHoldAnnealing", { warmup: 16, settings: { hold_steps: 4, min_lr: 4.5e-5 } }),
    [
      [18, 1e-4],
      [68, 5e-5], // √16/√(68 − 4)
      [99, 4.5e-5],
    ],
  ],
  ["NeMo without a scheduler stays at the peak", "nemo", run("constant", { warmup: 10 }), [[0, 1e-4]]],
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
    "which min_lr holds up after the warmup, not in it",
    "nemo",
    run("NoamAnnealing", { warmup: 4, settings: { d_model: 4, min_lr: 4e-5 } }),
    [
      [4, 2.5e-5],
      [5, 4e-5],
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
    "open-instruct's final ratio after a warmup: (100 − 1)/0.9 is 110",
    "open-instruct",
    run("linear", { warmup: 10, settings: { final_lr_ratio: 0.1 } }),
    [
      [5, 5e-5],
      [60, 5e-5],
      [100, 1e-5],
    ],
  ],
  ["open-instruct's line without one", "open-instruct", run("linear", { warmup: 10 }), [[55, 5e-5]]],
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
    "torch's LinearLR begins at a third and takes five updates",
    "torch",
    run("LinearLR"),
    [
      [0, 1e-4 / 3],
      [5, 1e-4],
    ],
  ],
  [
    "torch's ConstantLR is a third for five updates",
    "torch",
    run("ConstantLR"),
    [
      [4, 1e-4 / 3],
      [5, 1e-4],
    ],
  ],
  [
    "torch's milestones in whichever order they are",
    "torch",
    run("MultiStepLR", { settings: { milestones: [80, 50], gamma: 0.5 } }),
    [
      [49, 1e-4],
      [50, 5e-5],
      [80, 2.5e-5],
    ],
  ],
  [
    "torch's OneCycleLR may be longer than the run: its top is 0.3·200 − 1, its last update one that the run has not",
    "torch",
    run("OneCycleLR", { settings: { total_steps: 200 } }),
    [
      [0, 4e-6],
      [59, 1e-4],
      [99, 4e-10 + (1e-4 - 4e-10) * 0.5 * (1 + Math.cos((Math.PI * 40) / 140))],
    ],
  ],
  ["torch's rate without a scheduler", "torch", run("constant"), [[50, 1e-4]]],
  ["torchtune's rate without a scheduler", "torchtune", run("constant"), [[50, 1e-4]]],
  ["mlx-lm's rate without a schedule", "mlx", run("constant"), [[50, 1e-4]]],
  ["OLMo's rate without a decay", "olmo", run("constant", { warmup: 10 }), [[0, 1e-4]]],
  [
    "OLMo's warmup from a tenth, counted from one",
    "olmo",
    run("constant_with_warmup", { warmup: 10 }),
    [
      [4, 5.5e-5],
      [9, 1e-4],
      [99, 1e-4],
    ],
  ],
  [
    "a fraction of transformers' cosine, down to a tenth and up again: cos(π) half way",
    "huggingface",
    run("cosine_with_min_lr", { settings: { min_lr_rate: 0.1, num_cycles: 1 } }),
    [
      [25, 5.5e-5],
      [50, 1e-5],
      [75, 5.5e-5],
    ],
  ],
  [
    "axolotl's restarts anneal what goes on beneath: a warmup of 20, the peak, and half a cosine over the last 40",
    "axolotl",
    run("warmup_stable_decay", { warmup: 20, settings: { num_decay_steps: 40, jagged_restart_steps: 50 } }),
    [
      [9, 5e-5],
      [48, 1e-4],
      [49, 1e-4 * 0.001],
      [54, 1e-4 * (0.5 * 0.999 + 0.001)],
      [79, 5e-5],
    ],
  ],
  [
    "where the warmup ends just before a restart, the peak comes between them",
    "axolotl",
    run("constant_with_warmup", { warmup: 48, settings: { jagged_restart_steps: 50 } }),
    [
      [46, 1e-4 * (47 / 48)],
      [48, 1e-4],
      [49, 1e-4 * 0.001],
    ],
  ],
  [
    "where it ends just after one, it goes on beneath",
    "axolotl",
    run("constant_with_warmup", { warmup: 51, settings: { jagged_restart_steps: 50 } }),
    [
      [48, 1e-4 * (49 / 51)],
      [49, 1e-4 * (50 / 51) * 0.001],
      [50, 1e-4 * (0.1 * 0.999 + 0.001)],
    ],
  ],
  [
    "axolotl's warmup along a parabola is of the cosine alone",
    "axolotl",
    run("linear", { warmup: 10, settings: { lr_quadratic_warmup: true } }),
    [[5, 5e-5]],
  ],
  [
    "axolotl hands on what transformers takes, and keeps its own",
    "axolotl",
    run("cosine", { settings: { num_cycles: 1, cosine_constant_lr_ratio: 0.5 } }),
    [
      [50, 0],
      [75, 5e-5],
    ],
  ],
  [
    "GPT-NeoX's line goes down to nothing where it is cut at min_lr, over the run where nothing else is said",
    "gpt-neox",
    run("linear", { settings: { min_lr: 2e-5 } }),
    [
      [0, 1e-4],
      [50, 5e-5],
      [90, 2e-5],
    ],
  ],
  [
    "or over a share of it: ⌊0.507·100⌋ updates",
    "gpt-neox",
    run("linear", { settings: { lr_decay_fraction: 0.507 } }),
    [
      [25, 5e-5],
      [50, 0],
    ],
  ],
  ["GPT-NeoX's constant without a warmup", "gpt-neox", run("constant"), [[0, 1e-4]]],
  [
    "DeepSpeed's range test rises evenly: 1,000 of 2,000 updates are half of the rise",
    "deepspeed",
    run("LRRangeTest", { total: 2000 }),
    [
      [0, 1e-3],
      [1000, 1.5e-3],
    ],
  ],
  [
    "torchtitan's decay of a quarter of 10 updates takes 2, as Python rounds a half to the even number",
    "torchtitan",
    run("linear", { total: 10, settings: { decay_ratio: 0.25 } }),
    [
      [8, 1e-4],
      [9, 5e-5],
    ],
  ],
  [
    "and of 14 updates 4",
    "torchtitan",
    run("linear", { total: 14, settings: { decay_ratio: 0.25 } }),
    [
      [10, 1e-4],
      [11, 7.5e-5],
    ],
  ],
  [
    "and of what is no half the nearest number: 0.26·10 are 3",
    "torchtitan",
    run("linear", { total: 10, settings: { decay_ratio: 0.26 } }),
    [
      [7, 1e-4],
      [8, 1e-4 * (2 / 3)],
    ],
  ],
  ...["fit_one_cycle", "fit_flat_cos"].map(
    (name): Curve => [`fastai's ${name} ends at a hundred thousandth`, "fastai", run(name), [[100, 1e-9]]],
  ),
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
    "the textbook's warmup applies some of the peak from the first update on, and its line ends at zero",
    "textbook",
    run("linear", { warmup: 10 }),
    [
      [0, 1e-5],
      [55, 5e-5],
      [105, 0],
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
    "which stays at the floor after t_max",
    "olmo",
    run("max_scheduler", { warmup: 4, settings: { t_max: 50, alpha_f: 0.5 } }),
    [[50, 5e-5]],
  ],
  [
    "and whose t_max is in tokens where the units are: 800 by 8 are 100 updates",
    "olmo",
    run("cosine_with_warmup", {
      total: 200,
      settings: { units: "tokens", t_max: 800 },
      run: { tokensPerUpdate: 8 },
    }),
    [
      [49, 5.5e-5],
      [99, 1e-5],
      [150, 1e-5],
    ],
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
    "and a run without a number of tokens has four passes in each update",
    "litgpt-pretrain",
    run("cosine", { settings: { min_lr: 1e-5 }, run: { accumulation: 4 } }),
    [[99, 1e-5 + 0.5 * (1 + Math.cos((Math.PI * 399) / 400)) * 9e-5]],
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
      [89, 1e-4 * 0.5 * (1 + Math.cos((Math.PI * 89) / 90))],
      [95, 0],
    ],
  ],
];

describe("schedules apply the rates that their sources come to", () => {
  for (const [title, family, request, expected] of curves) {
    it(title, () => requireCurve(family, request, expected));
  }
});
