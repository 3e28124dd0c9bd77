import assert from "node:assert/strict";
import fc from "fast-check";
import { crossing } from "../../src/core/crossing.ts";

const itself = (size: number) => size;
const inverse = (size: number) => 1 / size;

describe("a crossing", () => {
  it("lies between the last size that fits and the first that does not, in few steps where values are in proportion", () => {
    const asked: number[] = [];
    const bytes = (size: number) => {
      asked.push(size);
      return 3 + 2 * size;
    };
    // 3 + 2 · 498 = 999, 3 + 2 · 499 = 1001.
    assert.deepEqual(crossing([1, 1024], bytes, 1000, itself), [498, 499]);
    assert.ok(new Set(asked).size <= 4, `${new Set(asked).size} sizes were asked for`);
  });

  it("may fall, as what many share does", () => {
    // 10 + 1000 / 13 = 86.9, 10 + 1000 / 12 = 93.3.
    assert.deepEqual(
      crossing([8, 16], (size) => 10 + 1000 / size, 90, inverse),
      [12, 13],
    );
  });

  it("is found whatever the steps are, rising or falling", () => {
    const steps = fc.array(fc.nat(1000), { minLength: 2, maxLength: 200 });
    fc.assert(
      fc.property(steps, fc.boolean(), fc.constantFrom(itself, inverse), fc.nat(), (sizes, falls, scale, place) => {
        const sums = sizes.map((_, index) => sizes.slice(0, index + 1).reduce((sum, step) => sum + step, 0));
        const values = falls ? sums.map((sum) => -sum) : sums;
        const value = (size: number) => values[size - 1] ?? assert.fail(`${size} is outside`);
        const limit = value(1 + (place % (sizes.length - 1)));
        const isAbove = (size: number) => value(size) > limit;
        fc.pre(isAbove(1) !== isAbove(sizes.length));
        const [below, beyond] = crossing([1, sizes.length], value, limit, scale);
        assert.equal(beyond - below, 1);
        assert.equal(isAbove(below), isAbove(1));
        assert.equal(isAbove(beyond), isAbove(sizes.length));
      }),
    );
  });
});
