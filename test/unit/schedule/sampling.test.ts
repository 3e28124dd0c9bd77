import assert from "node:assert/strict";
import fc from "fast-check";
import { highestPoint, samplePoints } from "../../../src/core/schedule/sampling.ts";

/** Restarts at uneven places: falls from a height of its own towards zero, again and again. */
const saw = (lengths: readonly number[]) => {
  const starts = [0];
  for (const length of lengths) starts.push((starts.at(-1) ?? 0) + length);
  const rate = (step: number) => {
    const index = starts.findLastIndex((start) => start <= step);
    const length = lengths[index] ?? 100;
    return ((index % 3) + 1) * Math.max(0, 1 - (step - (starts[index] ?? 0)) / length);
  };
  return { rate, starts };
};

const curves = fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 12 }).map(saw);
const stretches = fc.tuple(fc.nat(2000), fc.nat(6000)).map(([from, length]) => ({ from, to: from + length }));
const columns = fc.integer({ min: 1, max: 300 });

describe("the points of a curve that are drawn", () => {
  it("are all updates while two of them share a pixel at most", () => {
    assert.deepEqual(
      samplePoints((step) => step / 10, { from: 2.5, to: 6.9 }, 2),
      [
        [3, 0.3],
        [4, 0.4],
        [5, 0.5],
        [6, 0.6],
      ],
    );
    assert.deepEqual(
      samplePoints(() => 1, { from: -2, to: 3 }, 2),
      [
        [0, 1],
        [1, 1],
        [2, 1],
        [3, 1],
      ],
    );
    assert.deepEqual(
      samplePoints(() => 1, { from: -5, to: -1 }, 10),
      [],
    );
  });

  it("keep the one update of 100,000 that dips, and the one that peaks", () => {
    const rate = (step: number) => (step === 61_803 ? 0 : step === 27_182 ? 9 : 5);
    const points = samplePoints(rate, { from: 0, to: 99_999 }, 800);
    assert.ok(points.some(([step, value]) => step === 61_803 && value === 0));
    assert.ok(points.some(([step, value]) => step === 27_182 && value === 9));
    assert.ok(points.length <= 2 * 800 + 2);
  });

  it("have exact rates, in growing order, with both ends and both sides of where a phase begins", () => {
    fc.assert(
      fc.property(curves, stretches, columns, ({ rate, starts }, stretch, count) => {
        const points = samplePoints(rate, stretch, count, starts);
        for (const [index, [step, value]] of points.entries()) {
          assert.equal(value, rate(step));
          assert.ok(step >= stretch.from && step <= stretch.to);
          assert.ok(index === 0 || step > (points[index - 1]?.[0] ?? 0));
        }
        const steps = new Set(points.map(([step]) => step));
        const wanted = [stretch.from, stretch.to, ...starts, ...starts.map((start) => start - 1)];
        for (const step of wanted) {
          if (step >= stretch.from && step <= stretch.to) assert.ok(steps.has(step), `update ${step} is missing`);
        }
      }),
    );
  });

  it("are few: two of a column, and those of the phases", () => {
    fc.assert(
      fc.property(curves, stretches, columns, ({ rate, starts }, stretch, count) => {
        assert.ok(samplePoints(rate, stretch, count, starts).length <= 2 * count + 2 + 2 * starts.length);
      }),
    );
  });

  it("reach as high and as low as the curve does in every column of pixels", () => {
    fc.assert(
      fc.property(curves, stretches, columns, ({ rate }, { from, to }, count) => {
        const points = samplePoints(rate, { from, to }, count);
        const length = to - from + 1;
        const columnOf = (step: number) => Math.ceil(((step - from + 1) * count) / length) - 1;
        const drawn = new Map<number, number[]>();
        for (const [step, value] of points) drawn.set(columnOf(step), [...(drawn.get(columnOf(step)) ?? []), value]);
        const all = new Map<number, number[]>();
        for (let step = from; step <= to; step++) {
          all.set(columnOf(step), [...(all.get(columnOf(step)) ?? []), rate(step)]);
        }
        for (const [column, values] of all) {
          assert.equal(Math.max(...(drawn.get(column) ?? [])), Math.max(...values));
          assert.equal(Math.min(...(drawn.get(column) ?? [])), Math.min(...values));
        }
      }),
      { numRuns: 50 },
    );
  });

  it("stay few for a run of ten million updates", () => {
    const points = samplePoints((step) => step, { from: 0, to: 9_999_999 }, 500, [5_000_000]);
    assert.ok(points.length <= 1004);
    assert.ok(points.some(([step]) => step === 4_999_999) && points.some(([step]) => step === 5_000_000));
  });
});

describe("the highest point", () => {
  it("is the first of those that are as high", () => {
    const rate = (step: number) => Math.min(step, 7);
    assert.deepEqual(highestPoint(rate, 10_000, [7]), [7, 7]);
    assert.deepEqual(highestPoint(rate, 10_000, []), [7, 7]);
    assert.deepEqual(highestPoint(rate, 4, []), [3, 3]);
  });
});
