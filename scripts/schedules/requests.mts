import type { Argument, ScheduleFamily } from "../../src/core/plan/plan.ts";
import { axolotlSchedulers, jaggedRestarts } from "../../src/core/schedule/axolotl.ts";
import { composerSchedulers } from "../../src/core/schedule/composer.ts";
import { deepspeedSchedulers } from "../../src/core/schedule/deepspeed.ts";
import { fastaiSchedulers } from "../../src/core/schedule/fastai.ts";
import { gptNeoxSchedulers } from "../../src/core/schedule/gptNeox.ts";
import { huggingFaceSchedulers } from "../../src/core/schedule/huggingFace.ts";
import { litgptPretraining } from "../../src/core/schedule/litgpt.ts";
import { ludwigSchedulers } from "../../src/core/schedule/ludwig.ts";
import { megatronSchedulers } from "../../src/core/schedule/megatron.ts";
import { mlxSchedulers } from "../../src/core/schedule/mlx.ts";
import { nanotronSchedulers } from "../../src/core/schedule/nanotron.ts";
import { nemoSchedulers } from "../../src/core/schedule/nemo.ts";
import { olmoSchedulers } from "../../src/core/schedule/olmo.ts";
import type { RunUnits, ScheduleRequest, Scheduler } from "../../src/core/schedule/scheduler.ts";
import { torchSchedulers } from "../../src/core/schedule/torch.ts";
import { torchtitanSchedulers } from "../../src/core/schedule/torchtitan.ts";
import { torchtuneSchedulers } from "../../src/core/schedule/torchtune.ts";
import { slantedTriangular } from "../../src/core/schedule/ulmfit.ts";
import { verlSchedulers } from "../../src/core/schedule/verl.ts";

/** The families that are frameworks' own. */
export type PlottedFamily = Exclude<ScheduleFamily, "textbook" | "unknown">;

/** A scheduler as the page asks for it. */
export interface Asked {
  readonly name: string;
  readonly settings: ScheduleRequest["settings"];
  /** What reads its settings; undefined where it takes none. */
  readonly scheduler?: Scheduler | undefined;
  /** What it reads without taking it: settings of another scheduler that is made by the same function. */
  readonly unused?: readonly string[] | undefined;
  readonly run?: Partial<RunUnits>;
}

/** The run of all rows: none of these numbers is a setting's default. */
export const run = { peak: 2e-4, warmup: 50, total: 1000 } as const;

type Table = Readonly<Partial<Record<string, Scheduler>>>;

/** Every scheduler of a table: as it is, or with each of the settings that are given for it. */
function each(table: Table, given: Readonly<Record<string, readonly Asked["settings"][]>> = {}): readonly Asked[] {
  return Object.entries(table).flatMap(([name, scheduler]) =>
    (given[name] ?? [{}]).map((settings) => ({ name, settings, scheduler })),
  );
}

/** For what it reads alone: the curve beneath the restarts does not matter to that. */
const restarts: Scheduler = ({ total }, settings) => jaggedRestarts({ pieces: [], symbols: {} }, total, settings);

const sequence: readonly Argument[] = [
  { name: "LinearLR", kwargs: { start_factor: 0.1, total_iters: 50 } },
  { name: "CosineAnnealingLR", kwargs: { T_max: 950 } },
];

const unusedInNemo: Readonly<Partial<Record<string, readonly string[]>>> = {
  PolynomialHoldDecayAnnealing: ["decay_rate"],
  NoamHoldAnnealing: ["power"],
};

/** What the page shows of each family. */
export const families: Readonly<Record<PlottedFamily, readonly Asked[]>> = {
  huggingface: each(huggingFaceSchedulers, {
    cosine: [{}, { num_cycles: 1 }],
    cosine_with_restarts: [{ num_cycles: 4 }],
    cosine_with_min_lr: [{ min_lr_rate: 0.1 }],
    cosine_warmup_with_min_lr: [{ min_lr_rate: 0.1 }, { min_lr_rate: 0.1, warmup_lr_rate: 0.01 }],
    warmup_stable_decay: [{ num_decay_steps: 200 }, { num_decay_steps: 200, num_stable_steps: 500 }],
  }),
  axolotl: [
    { name: "rex", settings: {}, scheduler: axolotlSchedulers["rex"] },
    { name: "one_cycle", settings: {}, scheduler: axolotlSchedulers["one_cycle"] },
    { name: "cosine", settings: { lr_quadratic_warmup: true } },
    { name: "cosine", settings: { cosine_min_lr_ratio: 0.1 } },
    { name: "cosine", settings: { cosine_min_lr_ratio: 0.1, cosine_constant_lr_ratio: 0.8 } },
    { name: "cosine", settings: { jagged_restart_steps: 250 }, scheduler: restarts },
  ],
  llamafactory: [{ name: "warmup_stable_decay", settings: {} }],
  "open-instruct": [{ name: "linear", settings: { final_lr_ratio: 0.1 } }],
  deepspeed: each(deepspeedSchedulers, {
    OneCycle: [{ cycle_min_lr: 2e-5, cycle_first_step_size: 300, decay_lr_rate: 1, decay_step_size: 100 }],
  }),
  torch: each(torchSchedulers, {
    CosineAnnealingLR: [{ T_max: 1000 }, { T_max: 500 }],
    CosineAnnealingWarmRestarts: [{ T_0: 250 }],
    StepLR: [{ step_size: 250 }],
    MultiStepLR: [{ milestones: [500, 750] }],
    ExponentialLR: [{ gamma: 0.999 }],
    PolynomialLR: [{ total_iters: 1000 }],
    CyclicLR: [{ base_lr: 2e-5, step_size_up: 250 }],
    SequentialLR: [{ schedulers: sequence, milestones: [50] }],
  }),
  torchtune: each(torchtuneSchedulers),
  "litgpt-finetune": [{ name: "cosine", settings: {} }],
  "litgpt-pretrain": [
    { name: "cosine", settings: {}, scheduler: litgptPretraining, run: { accumulation: 4, passes: 4000 } },
  ],
  composer: each(composerSchedulers, {
    inv_sqrt_with_warmup: [{ t_scale: "100ba", t_cooldown: "200ba" }],
    multistep_with_warmup: [{ milestones: ["500ba", "750ba"] }],
    polynomial: [{ power: 2 }],
    exponential: [{ gamma: 0.5, decay_period: "250ba" }],
    step: [{ step_size: "250ba" }],
    multistep: [{ milestones: ["500ba", "750ba"] }],
    cosine_warmrestart: [{ t_0: "250ba" }],
  }),
  olmo: each(olmoSchedulers),
  "gpt-neox": each(gptNeoxSchedulers, { cosine: [{ min_lr: 2e-5 }], linear: [{ min_lr: 2e-5 }] }),
  megatron: each(megatronSchedulers, {
    cosine: [{ min_lr: 2e-5 }],
    linear: [{ min_lr: 2e-5 }],
    WSD: [{ lr_wsd_decay_iters: 200 }],
  }),
  nemo: each(nemoSchedulers, {
    CosineAnnealing: [{ min_lr: 2e-5 }, { min_lr: 2e-5, constant_steps: 200 }],
    PolynomialHoldDecayAnnealing: [{ hold_steps: 200 }],
    NoamAnnealing: [{ d_model: 4096 }],
    NoamHoldAnnealing: [{ hold_steps: 200 }],
  }).map((asked) => ({ ...asked, unused: unusedInNemo[asked.name] })),
  nanotron: each(nanotronSchedulers, {
    linear: [{}, { min_decay_lr: 2e-5 }],
    cosine: [{ min_decay_lr: 2e-5 }],
    "1-sqrt": [{ min_decay_lr: 2e-5, lr_decay_starting_step: 800 }],
  }),
  torchtitan: each(torchtitanSchedulers, { linear: [{}, { decay_ratio: 0.2 }] }),
  verl: each(verlSchedulers),
  mlx: each(mlxSchedulers, {
    cosine_decay: [{ decay_steps: 950 }],
    exponential_decay: [{ decay_rate: 0.999 }],
    step_decay: [{ decay_rate: 0.5, step_size: 250 }],
    linear_schedule: [{ end: 0, steps: 950 }],
  }),
  ludwig: each(ludwigSchedulers, { cosine: [{ t_0: 250 }] }),
  ulmfit: each({ slanted_triangular: slantedTriangular }),
  fastai: each(fastaiSchedulers, { fit_sgdr: [{ n_cycles: 3 }] }),
};

export function isPlotted(family: string): family is PlottedFamily {
  return Object.hasOwn(families, family);
}

/** What a family is asked for. */
export function requestFor({ name, settings, run: units }: Asked): ScheduleRequest {
  return {
    ...run,
    name,
    settings,
    run: {
      updatesPerEpoch: undefined,
      accumulation: undefined,
      processes: undefined,
      passes: undefined,
      globalBatch: undefined,
      tokensPerUpdate: undefined,
      ...units,
    },
    versions: {},
  };
}
