import assert from "node:assert/strict";
import { accumulationFrom, microBatchFrom, replicasOf, withGlobalBatch } from "../../../src/core/dialects/batch.ts";
import { dataParallel } from "../../../src/core/dialects/sharding.ts";
import { unknownPlan } from "../../../src/core/dialects/unknownPlan.ts";
import type { TrainingPlan } from "../../../src/core/plan/plan.ts";
import { assumed, byDefault, type Known, unknown } from "../../../src/core/plan/sourced.ts";

const place = { range: at(1), keyRange: at(1) };

function at(line: number) {
  return { start: { line, character: 0 }, end: { line, character: 4 } };
}

function written(value: number): Known<number> {
  return { value, origin: "file", place };
}

describe("the third factor of a global batch", () => {
  it("is 64 / (4 × 8) = 2 forward passes per update", () => {
    const accumulation = accumulationFrom(written(64), written(4), assumed(8, "the launcher decides"));
    const note = "global batch / (micro batch × data-parallel GPUs)";
    assert.deepEqual(accumulation, { value: 2, origin: "assumed", note, place });
  });

  it("drops or completes the part that is left of 50 / 16 = 3.125, and is at least one", () => {
    const passes = (global: number, round?: typeof Math.ceil) =>
      accumulationFrom(written(global), written(16), byDefault(1), "", round).value;
    assert.deepEqual([passes(50), passes(50, Math.ceil), passes(8)], [3, 4, 1]);
  });

  it("is the micro batch where the accumulation is known: 64 / (4 × 8) = 2 sequences", () => {
    assert.equal(microBatchFrom(written(64), written(4), byDefault(8), "").value, 2);
  });

  it("is unknown for the reason for which one of the others is", () => {
    const lost = unknown("the micro batch is searched for", place);
    assert.equal(accumulationFrom(written(64), lost, byDefault(8)), lost);
  });

  it("counts GPUs that share a model or a sequence once: 16 / (2 × 2) = 4", () => {
    const shared = { ...dataParallel(written(16)), tensor: written(2), context: written(2) };
    assert.deepEqual(replicasOf(shared), written(4));
    const lost = unknown("GPUs are on the command line");
    assert.equal(replicasOf(dataParallel(lost)), lost);
  });
});

describe("changing the accumulation through the global batch", () => {
  const nothing = unknownPlan("");
  const plan: TrainingPlan = {
    ...nothing,
    batch: { ...nothing.batch, micro: written(4), global: written(64) },
    parallelism: { ...nothing.parallelism, gpus: written(8) },
  };

  it("writes 4 × 8 × 8 GPUs = 256 sequences for 8 passes, and leaves other changes alone", () => {
    assert.deepEqual(withGlobalBatch({ accumulation: 8, epochs: 2 }, plan), { accumulation: 256, epochs: 2 });
  });

  it("goes by the micro batch that is changed at the same time", () => {
    assert.deepEqual(withGlobalBatch({ accumulation: 8, microBatch: 2 }, plan), { accumulation: 128, microBatch: 2 });
  });

  it("writes nothing where the file has that batch, or a factor is not known", () => {
    assert.deepEqual(withGlobalBatch({ accumulation: 2 }, plan), {});
    assert.deepEqual(withGlobalBatch({ accumulation: 2 }, { ...plan, batch: nothing.batch }), {});
    assert.deepEqual(withGlobalBatch({ accumulation: 3 }, plan, undefined), { accumulation: 96 });
  });
});
