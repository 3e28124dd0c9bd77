import assert from "node:assert/strict";
import type { Argument, ScheduleFamily } from "../../../src/core/plan/plan.ts";
import { floorSetting, floorShare, settingsFor } from "../../../src/core/schedule/schedulerSettings.ts";

const settingsOf = (settings: Readonly<Record<string, Argument>> = {}) => new Map(Object.entries(settings));

describe("the floor of a scheduler", () => {
  const floorOf = (
    family: ScheduleFamily,
    scheduler: string,
    settings: Readonly<Record<string, Argument>> = {},
    peak = 1e-4,
  ) => {
    const floor = floorSetting(family, scheduler, settingsOf(settings));
    return floor && [floor.setting, floorShare(floor, settingsOf(settings), peak)];
  };

  for (const [title, family, scheduler, settings, expected] of [
    ["is a share of the peak", "verl", "cosine", { min_lr_ratio: 0.1 }, ["min_lr_ratio", 0.1]],
    ["is a rate, and a share of the peak as such", "megatron", "cosine", { min_lr: 1e-5 }, ["min_lr", 1e-5 / 1e-4]],
    ["is zero where it is not set", "huggingface", "cosine_with_min_lr", {}, ["min_lr_rate", 0]],
    ["is a tenth of the peak by OLMo's default", "olmo", "linear_with_warmup", {}, ["alpha_f", 0.1]],
    ["is a rate by LitGPT's default", "litgpt-pretrain", "cosine", {}, ["min_lr", 4e-5 / 1e-4]],
    ["is the peak where nanotron is told none", "nanotron", "cosine", {}, ["min_decay_lr", 1]],
    ["is what nanotron is told", "nanotron", "cosine", { min_decay_lr: 1e-5 }, ["min_decay_lr", 1e-5 / 1e-4]],
    [
      "is the rate where transformers is told one instead of a share",
      "huggingface",
      "cosine_with_min_lr",
      { min_lr: 2e-5 },
      ["min_lr", 2e-5 / 1e-4],
    ],
    ["is no rate of a scheduler that takes shares alone", "verl", "cosine", { min_lr: 2e-5 }, ["min_lr_ratio", 0]],
    ["is not there where the scheduler has none", "huggingface", "linear", {}, undefined],
    ["is not there where the framework has none", "torchtune", "cosine", {}, undefined],
    ["is not there for a name that every object has", "huggingface", "constructor", {}, undefined],
  ] as const) {
    it(`${title}: ${family}, ${scheduler}, ${JSON.stringify(settings)}`, () => {
      assert.deepEqual(floorOf(family, scheduler, settings), expected);
    });
  }
});

describe("a change of the scheduler", () => {
  for (const [title, family, scheduler, settings, total, expected] of [
    ["takes nothing else", "huggingface", "linear", {}, 1000, {}],
    ["adds a floor where one is needed", "huggingface", "cosine_with_min_lr", {}, 1000, { min_lr_rate: 0.1 }],
    ["adds it one update ahead too", "huggingface", "cosine_warmup_with_min_lr", {}, 1000, { min_lr_rate: 0.1 }],
    ["keeps a floor that is a rate", "huggingface", "cosine_with_min_lr", { min_lr: 1e-6 }, 1000, {}],
    ["keeps a floor that is a share", "huggingface", "cosine_with_min_lr", { min_lr_rate: 0.2 }, 1000, {}],
    ["adds a tenth of the run for the decay", "huggingface", "warmup_stable_decay", {}, 1004, { num_decay_steps: 100 }],
    ["adds an update at least", "huggingface", "warmup_stable_decay", {}, 3, { num_decay_steps: 1 }],
    ["keeps the decay", "huggingface", "warmup_stable_decay", { num_decay_steps: 7, min_lr_ratio: 0.1 }, 1000, {}],
    [
      "adds the decay beside a floor that it does not take",
      "huggingface",
      "warmup_stable_decay",
      { min_lr: 1e-6 },
      1000,
      { num_decay_steps: 100, min_lr: null },
    ],
    ["removes axolotl's", "huggingface", "linear", { cosine_min_lr_ratio: 0.1 }, 1000, { cosine_min_lr_ratio: null }],
    ["leaves the decay to LLaMA-Factory, which has a default", "llamafactory", "warmup_stable_decay", {}, 1000, {}],
    ["adds the decay of Megatron", "megatron", "WSD", {}, 1000, { lr_wsd_decay_iters: 100 }],
    ["adds a cosine as long as the run", "torch", "CosineAnnealingLR", {}, 1000, { T_max: 1000 }],
    [
      "removes what stops transformers",
      "huggingface",
      "cosine",
      { num_cycles: 2, min_lr_rate: 0.1 },
      1000,
      { min_lr_rate: null },
    ],
    [
      "removes what stops LLaMA-Factory",
      "llamafactory",
      "polynomial",
      { num_cycles: 2, power: 2 },
      1000,
      { num_cycles: null },
    ],
    [
      "keeps axolotl's own settings",
      "axolotl",
      "linear",
      { num_cycles: 2, cosine_min_lr_ratio: 0.1, jagged_restart_steps: 50 },
      1000,
      { num_cycles: null },
    ],
    ["keeps all of axolotl's own schedulers", "axolotl", "rex", { num_cycles: 2 }, 1000, {}],
    ["keeps what others pass over", "verl", "cosine", { power: 2 }, 1000, {}],
    ["keeps what a constant rate passes over", "huggingface", "constant", { power: 2 }, 1000, {}],
  ] as const) {
    it(`${title}: ${family}, ${scheduler}, ${JSON.stringify(settings)}`, () => {
      assert.deepEqual(settingsFor(family, scheduler, settingsOf(settings), total), expected);
    });
  }
});
