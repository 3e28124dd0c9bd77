import type { ScheduleRequest } from "../../../src/core/schedule/course.ts";
import golden from "../../fixtures/golden/rates/huggingFace.json" with { type: "json" };
import { type GoldenCase, goldenRate, requireRates } from "./golden.ts";

describe("Hugging Face's schedules", () => {
  for (const row of golden.cases as readonly GoldenCase[]) {
    const { id, schedule: name, params, ...shape } = row;
    it(`${id} applies the rates of the reference implementation`, () => {
      const settings = params as ScheduleRequest["settings"];
      requireRates(row, goldenRate("huggingface", { name, settings, ...shape }));
    });
  }
});
