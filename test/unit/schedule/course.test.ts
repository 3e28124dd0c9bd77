import assert from "node:assert/strict";
import {
  type Course,
  delayed,
  forever,
  formulaText,
  type Piece,
  phasesOf,
  piece,
  rateAlong,
  stretchesOf,
  symbolsIn,
  warmupOf,
} from "../../../src/core/schedule/course.ts";
import type { Symbols } from "../../../src/core/schedule/formula.ts";

/** Ten updates of warmup, then down to zero at update 100. */
const linear = courseOf([
  piece("warmup", 10, "P·k/W"),
  piece("decay", 100, "P·(T − k)/(T − W)"),
  piece("floor", forever, "0"),
]);

function courseOf(pieces: readonly Piece[], symbols: Symbols = { P: 1, W: 10, T: 100 }): Course {
  return { pieces, symbols };
}

/** Times a half at each of these updates. */
function halved(...milestones: readonly number[]): Course {
  const pieces = [...milestones, forever].map((to, n) => piece(n === 0 ? "stable" : "decay", to, "P·½^n", { n }));
  return courseOf(pieces);
}

describe("the rate along a course", () => {
  it("is the formula of the piece that the update is in; a piece ends before the update that it names", () => {
    const rate = rateAlong(linear);
    assert.deepEqual([0, 5, 10, 55, 99, 100, 1000].map(rate), [0, 0.5, 1, 0.5, 1 / 90, 0, 0]);
  });

  it("changes after the last update before an end with a fraction", () => {
    const rate = rateAlong(courseOf([piece("stable", 2.5, "P"), piece("floor", forever, "0")]));
    assert.deepEqual([2, 3].map(rate), [1, 0]);
  });

  it("has the symbols of a piece there alone", () => {
    assert.deepEqual([0, 3, 5, 9].map(rateAlong(halved(3, 5))), [1, 1 / 2, 1 / 4, 1 / 4]);
  });

  it("passes over pieces that never run, and is no number after the last one", () => {
    const rate = rateAlong(courseOf([piece("warmup", 0, "0"), piece("stable", 5, "P"), piece("decay", 3, "0")]));
    assert.equal(rate(4), 1);
    assert.ok(Number.isNaN(rate(5)));
  });
});

describe("the phases of a course", () => {
  it("go from one end to the next", () => {
    assert.deepEqual(phasesOf(linear), [
      { name: "warmup", from: 0, to: 10 },
      { name: "decay", from: 10, to: 100 },
      { name: "floor", from: 100, to: forever },
    ]);
  });

  it("are one where several pieces are alike, but for cycles", () => {
    const pieces = [piece("cycle", 5, "P"), piece("cycle", 10, "P"), piece("decay", 15, "P"), piece("decay", 20, "0")];
    assert.deepEqual(phasesOf(courseOf(pieces)), [
      { name: "cycle", from: 0, to: 5 },
      { name: "cycle", from: 5, to: 10 },
      { name: "decay", from: 10, to: 20 },
    ]);
  });

  it("are those that last any time", () => {
    const pieces = [
      piece("warmup", 0, "0"),
      piece("stable", 20, "P"),
      piece("decay", 20, "P"),
      piece("floor", 10, "0"),
    ];
    assert.deepEqual(phasesOf(courseOf(pieces)), [{ name: "stable", from: 0, to: 20 }]);
  });
});

describe("the stretches of a course", () => {
  it("are one where one formula with the same symbols goes on, and no piece that never runs", () => {
    const pieces = [piece("warmup", 0, "0"), piece("cycle", 5, "P"), piece("cycle", 9, "P"), piece("decay", 9, "0")];
    assert.deepEqual(stretchesOf(pieces), [piece("cycle", 9, "P")]);
  });

  it("are two where the symbols differ", () => {
    assert.equal(stretchesOf(halved(3).pieces).length, 2);
  });
});

describe("the formulas of a course as a line of text", () => {
  it("come one after the other, and say which is the warmup's", () => {
    assert.equal(formulaText(linear, 1000), "P·k/W in warmup, then P·(T − k)/(T − W), then 0");
  });

  it("are those of updates that the run has", () => {
    assert.equal(formulaText(linear, 100), "P·k/W in warmup, then P·(T − k)/(T − W)");
    assert.equal(formulaText(linear, 101), "P·k/W in warmup, then P·(T − k)/(T − W), then 0");
    assert.equal(formulaText(linear, 10), "P·k/W in warmup");
  });

  it("have numbers for the symbols of a single stretch, to six digits", () => {
    const pieces = [piece("stable", forever, "P·start_1/(η2 + k)", { start_1: 0.123456789, η2: 20 })];
    assert.equal(formulaText(courseOf(pieces), 100), "P·0.123457/(20 + k)");
    assert.equal(formulaText(halved(), 100), "P·½^0");
  });

  it("have the symbols where the same formula comes again with others, and say it once", () => {
    assert.equal(formulaText(halved(3, 5), 100), "P·½^n");
    assert.equal(formulaText(halved(3, 5), 3), "P·½^0");
  });

  it("are five at most", () => {
    const different = (count: number) =>
      courseOf(Array.from({ length: count }, (_, index) => piece("decay", index + 1, `P/${index + 1}`)));
    assert.equal(formulaText(different(5), 100), "P/1, then P/2, then P/3, then P/4, then P/5");
    assert.equal(formulaText(different(6), 100), "P/1, then P/2, then P/3, then P/4, then P/5, and so on");
  });

  it("have symbols that stand for something, of which a reader is told those alone", () => {
    const course = courseOf([], { P: 1, W: 10, η2: 3, num_cycles: 2, cycles: 4, T: 100 });
    assert.deepEqual(symbolsIn("P·num_cycles·(η2 − k)", course), { P: 1, η2: 3, num_cycles: 2 });
  });
});

describe("the warmup of a course", () => {
  it("is as long as its framework counts it, not as the updates that it takes", () => {
    const pieces = [piece("warmup", 11, "P·k/W"), piece("stable", forever, "P")];
    assert.equal(warmupOf(courseOf(pieces)), 10);
    assert.equal(warmupOf(courseOf(pieces, { P: 1 })), 11);
  });

  it("is none where it does not begin with one, or with nothing", () => {
    assert.equal(warmupOf(courseOf([piece("stable", forever, "P")])), 0);
    assert.equal(warmupOf(courseOf([piece("warmup", 0, "P·k/W"), piece("stable", forever, "P")])), 0);
    assert.equal(warmupOf(courseOf([])), 0);
  });
});

describe("a course that begins later", () => {
  it("counts from its beginning, and is cut at its end", () => {
    const pieces = delayed(linear, 20, 50);
    assert.deepEqual(
      pieces.map(({ to }) => to),
      [30, 50, 50],
    );
    // 5 updates after the beginning, half of the warmup; then 25 after it, (100 − 25)/90.
    assert.deepEqual([25, 45].map(rateAlong({ pieces, symbols: {} })), [0.5, 75 / 90]);
  });

  it("is as it is where it begins at once", () => {
    assert.deepEqual(delayed(linear, 0), [
      piece("warmup", 10, "P·k/W", { P: 1, W: 10, T: 100 }),
      piece("decay", 100, "P·(T − k)/(T − W)", { P: 1, W: 10, T: 100 }),
      piece("floor", forever, "0", { P: 1, W: 10, T: 100 }),
    ]);
  });
});
