import assert from "node:assert/strict";
import { isSecondMomentStuck, movingShare } from "../../../../src/core/rules/precision/rounding.ts";

/** A number in bfloat16, by rounding its float32 to the nearest with an even last digit. */
function bfloat16(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  const odd = (bits >>> 16) & 1;
  view.setUint32(0, ((bits + 0x7fff + odd) & 0xffff_0000) >>> 0);
  return view.getFloat32(0);
}

/** Numbers of which equal parts of N(0, 0.02) lie between two, by Newton's steps on its distribution. */
function normalWeights(count: number): readonly number[] {
  const weights: number[] = [];
  let sum = 0;
  const step = 1e-5;
  let next = 0.5 / count;
  for (let w = -0.1; w < 0.1 && weights.length < count; w += step) {
    sum += (step * Math.exp(-(w * w) / (2 * 0.02 ** 2))) / (0.02 * Math.sqrt(2 * Math.PI));
    while (sum >= next && weights.length < count) {
      weights.push(w);
      next += 1 / count;
    }
  }
  return weights;
}

describe("what bfloat16 makes of updates", () => {
  it("changes as many of the weights as were counted: 0.1 % at 1e-7 to 99.8 % at 2e-4", () => {
    // lr-evidence: fraction of weights of N(0, 0.02) that a step of the rate changes, rounded to nearest.
    for (const [rate, percent] of [
      [1e-7, 0.1],
      [1e-6, 1.9],
      [5e-6, 7.8],
      [1e-5, 15],
      [2e-5, 30],
      [5e-5, 57],
      [1e-4, 88],
      [2e-4, 99.8],
    ] as const) {
      assert.ok(Math.abs(100 * movingShare(rate) - percent) < 0.6, `${rate}: ${100 * movingShare(rate)}`);
    }
  });

  it("changes the weights that rounding says, one by one", () => {
    const weights = normalWeights(2000).map(bfloat16);
    for (const rate of [3e-6, 3e-5, 7e-5]) {
      const moved = weights.filter((weight) => bfloat16(weight - rate) !== weight).length / weights.length;
      assert.ok(Math.abs(moved - movingShare(rate)) < 0.02, `${rate}: ${moved} and ${movingShare(rate)}`);
    }
  });

  it("changes nothing without a rate", () => {
    assert.equal(movingShare(0), 0);
  });

  it("never lets a second moment shrink with a beta2 of 0.999, and does with 0.99 and 0.95", () => {
    const values = Array.from({ length: 128 }, (_, digits) => bfloat16(1 + digits / 128));
    for (const beta2 of [0.999, 0.9985, 1 - 2 ** -9, 0.998, 0.99, 0.95]) {
      const stuck = values.every((value) => bfloat16(beta2 * value) === value);
      assert.equal(isSecondMomentStuck(beta2), stuck, String(beta2));
    }
    assert.deepEqual([0.999, 0.99, 0.95].map(isSecondMomentStuck), [true, false, false]);
  });
});
