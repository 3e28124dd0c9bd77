import assert from "node:assert/strict";
import { errorsSetAside, setAsideTable } from "../../../scripts/accuracy/setAside.mts";
import { quantile } from "../../../scripts/accuracy/statistics.mts";
import { catalogue } from "../builtIn.ts";

describe("the runs set aside", () => {
  const errors = errorsSetAside(catalogue);

  it("have an estimate, but for a model that is in no catalogue", () => {
    assert.deepEqual(
      errors.filter(({ now }) => Number.isNaN(now)).map(({ run }) => run),
      ["granite-4.0-tiny-fft"],
    );
  });

  it("of the first round are met within the bars by torch's own counter: 5 % in the median, 15 % at the 90th percentile", () => {
    const exact = errors.filter(({ round, counter }) => round === 1 && counter === "allocated");
    const allocated = exact.map(({ now }) => Math.abs(now));
    assert.ok(allocated.length > 70);
    assert.ok(quantile(allocated, 0.5) <= 0.05);
    assert.ok(quantile(allocated, 0.9) <= 0.15);
  });

  it("are a table of sources and counters, each run once in the last row", () => {
    const [head, ...rows] = setAsideTable([
      { source: "a", round: 1, run: "x", counter: "allocated", first: 0.1, now: 0.02 },
      { source: "a", round: 1, run: "x", counter: "reserved", first: Number.NaN, now: -0.04 },
      { source: "a", round: 1, run: "y", counter: "allocated", first: 0.3, now: -0.04 },
      { source: "b", round: 2, run: "x", counter: "device", first: 0.5, now: 0.5 },
    ]);
    assert.equal(head?.length, 8);
    assert.deepEqual(rows, [
      ["a", "allocated", "2", "20.0 %", "28.0 %", "3.0 %", "3.8 %", "−1.0 %"],
      ["a", "reserved", "1", "", "", "4.0 %", "4.0 %", "−4.0 %"],
      ["b", "device", "1", "50.0 %", "50.0 %", "50.0 %", "50.0 %", "+50.0 %"],
      ["round 1, each run by the first of its counters", "", "2", "20.0 %", "28.0 %", "3.0 %", "3.8 %", "−1.0 %"],
      ["round 2, each run by the first of its counters", "", "1", "50.0 %", "50.0 %", "50.0 %", "50.0 %", "+50.0 %"],
    ]);
  });
});
