import assert from "node:assert/strict";
import { numberFrom, plainScalar } from "../../../src/core/text/scalar.ts";

describe("what an unquoted scalar means", () => {
  for (const [sources, meaning] of [
    [["", "~", "null", "Null", "NULL"], null],
    [["true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"], true],
    [["false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"], false],
    [["1e-5", "1E-5", "1.0e-5", "0.00001", "+.00001", "10e-6"], 1e-5],
    [["500_000", "500000", "+500000", "5e5", "500_000.0", "500000."], 500_000],
    [["-2", "-2.0", "-2e0"], -2],
    [[".inf", "+.Inf", ".INF"], Number.POSITIVE_INFINITY],
    [["-.inf"], Number.NEGATIVE_INFINITY],
  ] as const) {
    for (const source of sources) {
      it(`"${source}" is ${meaning}`, () => assert.equal(plainScalar(source), meaning));
    }
  }

  for (const text of [
    "yess",
    "untrue",
    "nonsense",
    "nulls",
    "_1",
    "1.2.3",
    "1e",
    "e5",
    "0x10",
    "12:30",
    "inf",
    "1 2",
    "a1",
  ]) {
    it(`"${text}" is a text`, () => assert.equal(plainScalar(text), text));
  }

  it("is a number with blanks around it, too, where a number is looked for", () => {
    assert.equal(numberFrom(" 2e-4 "), 2e-4);
    assert.equal(numberFrom(" -.inf "), Number.NEGATIVE_INFINITY);
    assert.equal(numberFrom("yes"), undefined);
  });
});
