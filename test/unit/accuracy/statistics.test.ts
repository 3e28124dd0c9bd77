import assert from "node:assert/strict";
import { groupBy, quantile, summaryOf } from "../../../scripts/accuracy/statistics.mts";

describe("statistics of errors", () => {
  it("takes the middle of an odd number of values, and halfway between the middle two of an even number", () => {
    assert.equal(quantile([3, 1, 2], 0.5), 2);
    assert.equal(quantile([4, 1, 2, 3], 0.5), 2.5);
  });

  it("interpolates the 90th percentile: of 0…10 it is 9, of 1…5 it is 1 + 0.9 · 4", () => {
    assert.equal(quantile([10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 0.9), 9);
    assert.ok(Math.abs(quantile([1, 2, 3, 4, 5], 0.9) - 4.6) < 1e-12);
  });

  it("sums up absolute errors and keeps their sign in the bias", () => {
    const { count, median, p90, bias } = summaryOf([0.01, -0.03, 0.02, -0.04, 0.04]);
    assert.equal(count, 5);
    assert.equal(median, 0.03);
    assert.ok(Math.abs(p90 - 0.04) < 1e-12);
    assert.ok(Math.abs(bias) < 1e-12);
  });

  it("is one value for all shares of one value, and no number for none", () => {
    assert.equal(quantile([7], 0.9), 7);
    assert.ok(Number.isNaN(quantile([], 0.5)));
  });

  it("groups in the order in which the keys turn up", () => {
    assert.deepEqual(
      [...groupBy([3, 1, 4, 1, 5], (value) => (value % 2 === 0 ? "even" : "odd"))],
      [
        ["odd", [3, 1, 1, 5]],
        ["even", [4]],
      ],
    );
  });
});
