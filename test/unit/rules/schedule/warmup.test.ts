import assert from "node:assert/strict";
import { isLongerThanRun, usualWarmup } from "../../../../src/core/rules/schedule/warmup.ts";

describe("the usual warmup", () => {
  it("is a twentieth of the run, and one update at least", () => {
    assert.deepEqual([2000, 1000, 70, 30, 9, 1].map(usualWarmup), [100, 50, 4, 2, 1, 1]);
  });
});

describe("a warmup that takes all of the run", () => {
  const isLonger = (warmupSteps: number | undefined, totalSteps: number | undefined) =>
    isLongerThanRun({ length: { totalSteps, warmupSteps } } as Parameters<typeof isLongerThanRun>[0]);

  it("is as long as the run or longer, where that has 50 updates and more", () => {
    assert.ok(isLonger(50, 50));
    assert.ok(isLonger(60, 50));
    assert.ok(!isLonger(49, 50));
    assert.ok(!isLonger(49, 49));
    assert.ok(!isLonger(100, undefined));
    assert.ok(!isLonger(undefined, 50));
  });
});
