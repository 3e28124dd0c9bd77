import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Argument, ScheduleFamily } from "../../../src/core/plan/plan.ts";
import { jaggedRestarts } from "../../../src/core/schedule/axolotl.ts";
import { rateAlong } from "../../../src/core/schedule/course.ts";
import { courseOf } from "../../../src/core/schedule/families.ts";
import { settingsFrom } from "../../../src/core/schedule/scheduler.ts";
import { answered } from "../analysis.ts";
import { countsAhead, type GoldenCase, goldenRate, type PartialRequest, requestOf, requireRates } from "./golden.ts";

const folder = join("test", "fixtures", "golden", "rates");

/** What a framework makes of a case of the reference. */
interface Asked {
  readonly family: ScheduleFamily;
  readonly request?: Partial<PartialRequest>;
  /** How far the rates may be off, as a share of them. */
  readonly tolerance?: number;
}

const frameworks: Readonly<Record<string, (row: GoldenCase) => Asked>> = {
  axolotl: ({ schedule, params }) => ({
    family: "axolotl",
    request: { name: schedule.replace(/ .*/, ""), settings: settingsOf(params, "pct_start", "min_lr_scale") },
  }),
  composer: ({ params }) => ({
    family: "composer",
    request: {
      settings: settingsOf(params, "dataloader_len", "tokens_per_batch"),
      run: {
        updatesPerEpoch: Number(params["dataloader_len"]),
        tokensPerUpdate: Number(params["tokens_per_batch"]) || undefined,
      },
    },
  }),
  deepspeed: ({ params }) => ({ family: "deepspeed", request: { settings: settingsOf(params, "warmup_num_steps") } }),
  fastai: ({ schedule, params }) => ({
    family: "fastai",
    request: { name: schedule.replace(/ .*/, ""), settings: settingsOf(params) },
    tolerance: 1e-6,
  }),
  gptNeox: ({ params }) => ({ family: "gpt-neox", request: { settings: settingsOf(params) } }),
  huggingFace: ({ params }) => ({ family: "huggingface", request: { settings: settingsOf(params) } }),
  litgpt: ({ schedule, params }) => ({
    family: schedule.startsWith("finetune") ? "litgpt-finetune" : "litgpt-pretrain",
    request: { settings: settingsOf(params) },
  }),
  llamaFactory: ({ params }) => ({ family: "huggingface", request: { settings: settingsOf(params) } }),
  megatron: ({ params }) => ({ family: "megatron", request: { settings: settingsOf(params, "global_batch_size") } }),
  nanotron: ({ params }) => ({ family: "nanotron", request: { settings: settingsOf(params) } }),
  olmo: ({ schedule, params }) => ({
    family: "olmo",
    request: {
      name: olmoNames[schedule] ?? "",
      // The linear case was run with a warmup from zero.
      settings: { ...settingsOf(params), ...(schedule === "LinearWithWarmup" ? { warmup_min_lr: 0 } : {}) },
    },
  }),
  torch: ({ params }) => ({ family: "torch", request: { settings: settingsOf(params) } }),
  torchtitan: ({ params }) => ({
    family: "torchtitan",
    request: { name: String(params["decay_type"]), settings: settingsOf(params) },
  }),
  torchtune: ({ params }) => ({ family: "torchtune", request: { settings: settingsOf(params) } }),
  ulmfit: ({ params, peak }) => ({
    family: "ulmfit",
    request: { peak: peak * discriminated(params), settings: settingsOf(params) },
  }),
  verl: ({ params }) => ({ family: "verl", request: { settings: settingsOf(params) } }),
};

const olmoNames: Readonly<Record<string, string>> = {
  CosWithWarmup: "cosine_with_warmup",
  LinearWithWarmup: "linear_with_warmup",
  InvSqrtWithWarmup: "inverse_sqrt_with_warmup",
  CosLinearEnvelope: "cosine_linear_envelope",
};

/** AllenNLP's factor for a group of three below the last. */
function discriminated({ discriminative_fine_tuning: on, decay_factor: factor, group }: GoldenCase["params"]): number {
  return on === true ? Number(factor) ** (2 - Number(group)) : 1;
}

function settingsOf(params: GoldenCase["params"], ...others: readonly string[]): Readonly<Record<string, Argument>> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !others.includes(name))) as Record<
    string,
    Argument
  >;
}

/** Jagged restarts with a floor that their schedule does not have, which no config can say. */
const restartsAlone = "ax-jagged-default";

describe("schedules apply the rates of the reference implementations", () => {
  it("of all the frameworks that there are references of", () => {
    const files = readdirSync(folder).map((file) => file.replace(".json", ""));
    assert.deepEqual(Object.keys(frameworks).sort(), files.sort());
  });

  for (const [framework, asked] of Object.entries(frameworks)) {
    const golden = JSON.parse(readFileSync(join(folder, `${framework}.json`), "utf8"));
    for (const row of (golden.cases as readonly GoldenCase[]).filter(({ id }) => id !== restartsAlone)) {
      it(`${framework}: ${row.id}`, () => {
        const { schedule: name, total, warmup, peak } = row;
        const { family, request = {}, tolerance = 1e-9 } = asked(row);
        const rate = goldenRate(family, { name, total, warmup, peak, ...request });
        const ahead = countsAhead[framework] ?? 0;
        requireRates(row, (step) => rate(step - ahead), { tolerance });
      });
    }
  }

  it(`axolotl: ${restartsAlone}`, () => {
    const golden = JSON.parse(readFileSync(join(folder, "axolotl.json"), "utf8"));
    const row = (golden.cases as readonly GoldenCase[]).find(({ id }) => id === restartsAlone);
    assert.ok(row);
    const { total, warmup, peak, params } = row;
    const cosine = answered(courseOf("huggingface", requestOf({ name: "cosine", total, warmup, peak })));
    const settings = settingsFrom({ ...settingsOf(params), cosine_min_lr_ratio: Number(params["min_lr_scale"]) });
    const course = jaggedRestarts(cosine, total, settings);
    assert.ok("pieces" in course);
    requireRates(row, rateAlong(course));
  });
});
