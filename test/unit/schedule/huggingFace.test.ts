import type { ScheduleRequest } from "../../../src/core/schedule/course.ts";
import { rateOf } from "../../../src/core/schedule/lrSchedule.ts";
import golden from "../../fixtures/golden/rates/huggingFace.json" with { type: "json" };
import { analysisOf, answered } from "../analysis.ts";
import { type GoldenCase, goldenRate, requireRates } from "./golden.ts";

describe("Hugging Face's schedules", () => {
  for (const row of golden.cases as readonly GoldenCase[]) {
    const { id, schedule: name, params, ...shape } = row;
    it(`${id} applies the rates of the reference implementation`, () => {
      const settings = params as ScheduleRequest["settings"];
      requireRates(row, goldenRate("huggingface", { name, settings, ...shape }));
    });

    it(`${id} does so from a config`, () => {
      const text = `model_name_or_path: m
learning_rate: ${shape.peak}
lr_scheduler_type: ${name}
lr_scheduler_kwargs: ${JSON.stringify(params)}
warmup_steps: ${shape.warmup}
max_steps: ${shape.total}
`;
      const { schedule } = analysisOf(text);
      requireRates(row, rateOf(answered(schedule)));
    });
  }
});
