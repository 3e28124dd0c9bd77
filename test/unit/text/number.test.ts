import assert from "node:assert/strict";
import fc from "fast-check";
import { numberLike, portableNumber } from "../../../src/core/text/number.ts";

describe("a number in the notation of another", () => {
  for (const [sample, value, written] of [
    ["2e-4", 2e-5, "2e-5"],
    [" 2e-4 ", 2e-5, "2e-5"],
    ["2.0e-04", 2e-5, "2.0e-05"],
    ["1.25e-4", 2e-5, "2.0e-5"],
    ["10e-5", 2.5e-5, "2.5e-5"],
    ["10e-5", 2e-5, "2e-5"],
    ["1.25e-04", 2e-5, "2.0e-05"],
    ["-1e-4", -2e-4, "-2e-4"],
    ["1E-4", 3e-6, "3E-6"],
    ["1e+4", 20_000, "2e+4"],
    ["1e4", 20_000, "2e4"],
    ["2e-5", 10, "1e1"],
    ["2e-5", 9.5, "9.5"],
    ["2e-5", 1, "1"],
    ["2e-5", 0, "0"],
    ["0.0002", 2e-5, "0.00002"],
    [" 0.5 ", 2e-5, "0.00002"],
    ["-0.5", -2e-5, "-0.00002"],
    ["12", 2e-5, "0.00002"],
    [".5", 0.25, "0.25"],
    ["500_000", 250_000, "250000"],
    ["2E-4", 2e-5, "2E-5"],
    ["2.0e-4", 2e-5, "2.0e-5"],
    ["2.5e-04", 1.5e-5, "1.5e-05"],
    [".0002", 2e-5, "0.00002"],
    ["1", 5e-5, "0.00005"],
    ["8", 16, "16"],
    ["auto", 0.03, "0.03"],
    ["2.0e-5", 1.5, "1.5"],
  ] as const) {
    it(`${value} like ${JSON.stringify(sample)} is ${written}`, () => assert.equal(numberLike(sample, value), written));
  }

  for (const sample of ["auto", "runs/0.5", "0.5 GB", "x.5", ".5x", "run-2e-4", "2e-4x"]) {
    it(`is what every loader reads where the other, ${sample}, is no number`, () => {
      assert.equal(numberLike(sample, 2e-5), "2.0e-5");
    });
  }

  it("loses no digit, whatever the notation", () => {
    const samples = fc.constantFrom("2e-4", "2.0e-04", "0.0002", "1", "auto");
    const values = fc.double({ min: 1e-12, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(samples, values, (sample, value) => {
        assert.equal(Number(numberLike(sample, value)), value);
      }),
    );
  });
});

describe("a number that YAML 1.1, YAML 1.2 and JSON all read as one", () => {
  for (const [value, written] of [
    [3, "3"],
    [-3, "-3"],
    [0.5, "0.5"],
    [0.001, "0.001"],
    [0.0005, "5.0e-4"],
    [2e-5, "2.0e-5"],
    [2.5e-7, "2.5e-7"],
    [999_999_999_999_999, "999999999999999"],
    [100_000_000_000_000.5, "100000000000000.5"],
    [1e15, "1.0e+15"],
    [1.5e15, "1.5e+15"],
  ] as const) {
    it(`${value} is ${written}`, () => {
      assert.equal(portableNumber(value), written);
      assert.equal(JSON.parse(written), value);
      // PyYAML's resolver for YAML 1.1 wants a dot, and a sign in the exponent.
      assert.match(written, /^-?\d+$|^-?\d+\.\d+(?:e[-+]\d+)?$/);
    });
  }
});
