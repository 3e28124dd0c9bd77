import assert from "node:assert/strict";
import { scheduleLines } from "../../../src/core/report/scheduleLines.ts";
import { analysisOf } from "../analysis.ts";

describe("a schedule in a terminal", () => {
  it("draws no bar where there is no rate above zero", () => {
    const text =
      "model_name_or_path: a/b\nper_device_train_batch_size: 1\nlearning_rate: -1e-5\nlr_scheduler_type: constant\n";
    const [, ...rows] = scheduleLines(analysisOf(text, { steps: 2 }), 20);
    assert.deepEqual(rows, [
      ["         0  ", "-1e-5"],
      ["         1  ", "-1e-5"],
    ]);
  });
});
