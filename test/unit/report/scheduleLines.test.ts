import assert from "node:assert/strict";
import { plainText } from "../../../src/core/report/lines.ts";
import { scheduleLines } from "../../../src/core/report/scheduleLines.ts";
import { analysisOf } from "../analysis.ts";

describe("a schedule in a terminal", () => {
  const config = "model_name_or_path: a/b\nper_device_train_batch_size: 1\nlearning_rate: 1e-5\n";

  it("says why there is none", () => {
    const [line] = scheduleLines(analysisOf(`${config}lr_scheduler_type: reduce_lr_on_plateau\n`), 20).map(plainText);
    assert.match(line ?? "", /follows a metric of the run/);
  });

  it("asks for the number of updates where it is not known, and has no rows without it", () => {
    const lines = scheduleLines(analysisOf(`${config}lr_scheduler_type: constant\n`), 20).map(plainText);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /unknown number of updates: say --samples N or --steps T$/);
  });

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
