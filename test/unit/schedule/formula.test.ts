import assert from "node:assert/strict";
import fc from "fast-check";
import { compile, formulaOf, parseFormula } from "../../../src/core/schedule/formula.ts";

/** The value of a formula at update 3. */
function at3(text: string, symbols: Readonly<Record<string, number>> = {}): number {
  return compile(parseFormula(text), symbols)(3);
}

describe("a formula", () => {
  for (const [text, value] of [
    ["1 + 2·k", 7],
    ["(1 + 2)·k", 9],
    ["10 − 4 − k", 3],
    ["12/2/k", 2],
    ["2^k", 8],
    ["2^k^2", 512],
    ["−2^2", -4],
    ["2·−k", -6],
    ["½·k", 1.5],
    ["√(k + 1)", 2],
    ["max(1, k, 2)", 3],
    ["min(k, 2.5)", 2.5],
    ["mod(k, 2)", 1],
    ["floor(k/2) + ceil(k/2)", 3],
    ["cos(π)", -1],
    ["log(exp(k))", 3],
    ["x + x, x = k·y, y = 10", 60],
    ["0.125·12.75", 1.59375],
    ["√4·k", 6],
    ["1 − cos(k − 3)", 0],
    ["max(1, min(k, 8), 4, k·k)", 9],
    ["min(k, 9, 2 + 2, 7)", 3],
    ["max(mod(17, 7), floor(2.5), −k)", 3],
    ["step_1·η2b, step_1 = 12.5, η2b = 2·k", 75],
    ["float32(0.1) − float32(k)", 0.10000000149011612 - 3],
  ] as const) {
    it(`reads ${text} as ${value} at update 3`, () => assert.equal(at3(text), value));
  }

  it("has the numbers that its symbols stand for", () => {
    assert.equal(at3("P·k/warmup_steps + η", { P: 2, warmup_steps: 6, η: 1 }), 2);
  });

  it("is not a number where a symbol stands for nothing", () => {
    assert.ok(Number.isNaN(at3("P·k")));
  });

  it("is as exact as the same arithmetic in code", () => {
    const number = fc.double({ min: 0.01, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(number, number, fc.nat(5000), (P, W, k) => {
        const rate = compile(formulaOf("P·(½·(1 + cos(π·x)) + m), x = (k − W)/max(1, T − W)"), {
          P,
          W,
          T: 4000,
          m: 0.1,
        });
        const x = (k - W) / Math.max(1, 4000 - W);
        assert.equal(rate(k), P * (0.5 * (1 + Math.cos(Math.PI * x)) + 0.1));
      }),
    );
  });

  it("is read once, however often it is asked for", () => {
    fc.assert(
      fc.property(fc.nat(), (number) => {
        const formula = formulaOf(`k + ${number}`);
        assert.equal(compile(formula, {})(3), 3 + number);
        assert.equal(formulaOf(`k + ${number}`), formula);
      }),
    );
  });

  for (const [text, message] of [
    ["", '"" cannot begin a value in '],
    ["1 +", '"" cannot begin a value in 1 +'],
    ["·2", '"·" cannot begin a value in ·2'],
    ["(1", '")" is missing before "" in (1'],
    ["max(1", '")" is missing before "" in max(1'],
    ["max 1", '"(" is missing before "1" in max 1'],
    ["1, x", '"=" is missing before "" in 1, x'],
    ["1 2", '"2" follows the end of 1 2'],
    ["x = 1", '"=" follows the end of x = 1'],
  ] as const) {
    it(`is none in "${text}"`, () => assert.throws(() => parseFormula(text), { message }));
  }
});
