import assert from "node:assert/strict";
import { rateOf, type ScheduleName } from "../../../src/core/schedule/lrSchedule.ts";
import golden from "../../fixtures/golden/huggingFaceRates.json" with { type: "json" };

describe("Hugging Face's schedules", () => {
  for (const { id, name, samples, ...shape } of golden.cases) {
    it(`${id} applies the rates of the reference implementation`, () => {
      const rate = rateOf({ name: name as ScheduleName, ...shape });
      for (const [step = 0, expected = 0] of samples) {
        const difference = Math.abs(rate(step) - expected);
        assert.ok(difference <= 1e-9 * Math.abs(expected), `update ${step}: ${rate(step)} instead of ${expected}`);
      }
    });
  }
});
