import assert from "node:assert/strict";
import type { ScheduleFamily } from "../../../src/core/plan/plan.ts";
import { courseOf } from "../../../src/core/schedule/families.ts";
import { answered } from "../analysis.ts";
import { run } from "./curves.ts";
import { type PartialRequest, requestOf } from "./golden.ts";

const lost = "the first update applies a rate of 0";
const alike = "the first two updates apply the same rate";
const lags = "DeepSpeed applies the lowest rate to the first two updates, and lags by one from there on";
const lagsFromZero = "DeepSpeed applies a rate of 0 to the first update, and lags by one from there on";
// √100 = 10
const logarithmic = "the warmup is logarithmic: half of the peak is reached after 10 updates";
const noDecay = "nothing decays: min_decay_lr is the learning rate where it is not set";
const belowThePeak = "the decay begins one power of decay_rate below the peak";

const warm = (name: string, settings: PartialRequest["settings"] = {}) => run(name, { warmup: 10, settings });
const cold = (name: string, settings: PartialRequest["settings"] = {}) => run(name, { settings });

/** What one would not expect from the names of schedules, in a run of 100 updates. */
const surprises: readonly (readonly [family: ScheduleFamily, request: PartialRequest, expected: readonly string[]])[] =
  [
    ["huggingface", warm("linear"), [lost]],
    ["huggingface", cold("linear"), []],
    ["huggingface", warm("constant"), ['"constant" ignores the warmup: training starts at the peak']],
    ["huggingface", cold("constant"), []],
    ["huggingface", warm("warmup_stable_decay", { num_decay_steps: 10 }), [lost]],
    ["huggingface", warm("warmup_stable_decay", { num_decay_steps: 10, min_lr_ratio: 0.1 }), []],
    ["huggingface", cold("warmup_stable_decay", { num_decay_steps: 10 }), []],
    [
      "huggingface",
      warm("warmup_stable_decay", { num_decay_steps: 10, num_stable_steps: 50 }),
      [lost, "the last 30 updates are left over and run at the floor"], // 100 − (10 + 50 + 10)
    ],
    ["torch", cold("CosineAnnealingLR", { T_max: 40 }), ["the rate rises again after T_max, 40 updates"]],
    ["torch", cold("CosineAnnealingLR", { T_max: 100 }), []],
    // 1e-4/25, and a ten thousandth of that
    ["torch", cold("OneCycleLR"), ["the first update applies 4e-6, the last one 4e-10"]],
    ["deepspeed", run("WarmupLR", { warmup: 100 }), [lags, logarithmic]],
    ["deepspeed", run("WarmupLR", { warmup: 100, settings: { warmup_type: "linear" } }), [lags]],
    ["deepspeed", run("WarmupCosineLR", { warmup: 100 }), [lagsFromZero, logarithmic]],
    ["deepspeed", run("WarmupCosineLR", { warmup: 100, settings: { warmup_type: "linear" } }), [lagsFromZero]],
    [
      "gpt-neox",
      warm("cosine", { lr_decay_iters: 50 }),
      [alike, "the rate rises again after update 50, where its decay ends"],
    ],
    ["gpt-neox", warm("linear", { lr_decay_iters: 50 }), [alike]],
    ["gpt-neox", cold("cosine"), []],
    ["gpt-neox", warm("constant"), [alike]],
    ["gpt-neox", cold("constant"), []],
    ["megatron", warm("linear"), [lost]],
    ["megatron", warm("linear", { init_lr: 1e-5 }), []],
    ["megatron", cold("linear"), []],
    [
      "megatron",
      cold("linear", { lr_decay_iters: 50, min_lr: 0.00001 }),
      ["the decay ends after 50 updates; the rest runs at 0.00001"],
    ],
    ["nanotron", warm("linear", { min_decay_lr: 1e-5 }), [lost]],
    ["nanotron", warm("linear", { min_decay_lr: 1e-5, lr_warmup_style: "constant" }), []],
    ["nanotron", warm("linear"), [lost, noDecay]],
    [
      "nanotron",
      warm("linear", { min_decay_lr: 1e-5, lr_decay_starting_step: 20 }),
      [lost, "the decay ends after 90 updates, before the run does"], // 20 + (100 − 10 − 20)
    ],
    [
      "nanotron",
      cold("linear", { lr_decay_steps: 0 }),
      ["without warmup and decay nanotron multiplies the learning rate by itself"],
    ],
    ["mlx", warm("cosine_decay", { decay_steps: 50 }), [lost]],
    ["mlx", warm("cosine_decay", { decay_steps: 50, warmup_init: 1e-5 }), []],
    ["mlx", cold("cosine_decay", { decay_steps: 50 }), []],
    ["ludwig", warm("linear"), [lost]],
    ["ludwig", cold("linear"), []],
    ["ludwig", warm("exponential"), [lost, belowThePeak]],
    ["ludwig", cold("exponential"), [belowThePeak]],
    ["olmo", warm("cosine_with_warmup"), ["the warmup begins at 10 % of the peak"]],
    ["olmo", warm("cosine_with_warmup", { warmup_min_lr: 5e-5 }), ["the warmup begins at 50 % of the peak"]],
    ["olmo", cold("cosine_with_warmup"), []],
    [
      "litgpt-pretrain",
      run("cosine", { peak: 2e-5 }),
      ["min_lr 0.00004 is above the peak: the rate rises after the warmup"],
    ],
    ["litgpt-pretrain", run("cosine", { peak: 4e-5 }), []],
    ["litgpt-pretrain", run("cosine"), []],
    ["verl", warm("cosine"), [lost]],
    ["verl", warm("cosine", { init_lr_ratio: 0.1 }), []],
    ["verl", warm("cosine", { zero_indexed_step: false }), []],
    ["composer", warm("cosine_with_warmup"), [lost]],
    ["composer", warm("multistep_with_warmup", { milestones: ["50ba"] }), [lost]],
    ["composer", cold("cosine_with_warmup"), []],
    ["nemo", warm("CosineAnnealing", { constant_steps: 10 }), [lost]],
    ["nemo", cold("CosineAnnealing", { constant_steps: 10 }), []],
    ["nemo", warm("CosineAnnealing"), []],
    [
      "axolotl",
      warm("cosine", { jagged_restart_steps: 50 }),
      ["the rate is annealed and warmed up again every 50 updates"],
    ],
  ];

describe("schedules say what one would not expect from their names", () => {
  for (const [family, request, expected] of surprises) {
    const { name, settings, warmup } = request;
    it(`${family}: ${name}, ${warmup} of warmup, ${JSON.stringify(settings ?? {})}: ${expected.join("; ") || "nothing"}`, () => {
      assert.deepEqual(answered(courseOf(family, requestOf(request))).surprises ?? [], expected);
    });
  }
});
