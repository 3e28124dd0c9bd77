import assert from "node:assert/strict";
import { errorsSetAside, setAsideTable } from "../../../scripts/accuracy/setAside.mts";
import { quantile } from "../../../scripts/accuracy/statistics.mts";
import { catalogue } from "../builtIn.ts";

describe("the runs set aside", () => {
  const errors = errorsSetAside(catalogue);

  it("have an estimate, all of them", () => {
    assert.deepEqual(
      errors.filter(({ now }) => Number.isNaN(now)).map(({ run }) => run),
      [],
    );
  });

  it("are met within the bars where torch's own counter is exact: 5 % in the median, 15 % at the 90th percentile", () => {
    const allocated = errors.filter(({ counter }) => counter === "allocated").map(({ now }) => Math.abs(now));
    assert.ok(allocated.length > 70);
    assert.ok(quantile(allocated, 0.5) <= 0.05);
    assert.ok(quantile(allocated, 0.9) <= 0.15);
  });

  it("are a table of sources and counters, each run once in the last row", () => {
    const [head, ...rows] = setAsideTable([
      { source: "a", run: "x", counter: "allocated", first: 0.1, now: 0.02 },
      { source: "a", run: "x", counter: "reserved", first: Number.NaN, now: -0.04 },
      { source: "a", run: "y", counter: "allocated", first: 0.3, now: -0.04 },
    ]);
    assert.equal(head?.length, 8);
    assert.deepEqual(rows, [
      ["a", "allocated", "2", "20.0 %", "28.0 %", "3.0 %", "3.8 %", "−1.0 %"],
      ["a", "reserved", "1", "", "", "4.0 %", "4.0 %", "−4.0 %"],
      ["all runs, each by the first of its counters", "", "2", "20.0 %", "28.0 %", "3.0 %", "3.8 %", "−1.0 %"],
    ]);
  });
});
