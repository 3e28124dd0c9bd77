import assert from "node:assert/strict";
import { unknownPlan } from "../../../src/core/dialects/unknownPlan.ts";

describe("a plan of which nothing is known", () => {
  it("says everywhere who decides, and assumes a single GPU", () => {
    const { stage, batch, precision, parallelism, learningRate } = unknownPlan("the script decides");
    const notes = [stage, batch.micro, precision.trained, parallelism.sharding, learningRate.peak].map(
      ({ note }) => note,
    );
    assert.deepEqual([...new Set(notes)], ["the script decides"]);
    assert.deepEqual([parallelism.gpus.value, parallelism.gpus.origin], [1, "assumed"]);
  });
});
