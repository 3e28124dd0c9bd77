import assert from "node:assert/strict";
import { closestTo } from "../../../src/core/text/closest.ts";

const schedulers = ["linear", "cosine", "cosine_with_restarts", "constant", "constant_with_warmup", "inverse_sqrt"];

describe("the word that was meant", () => {
  for (const [written, meant] of [
    ["cosin", "cosine"],
    ["cossine", "cosine"],
    ["Cosine", "cosine"],
    ["constant-with-warmup", "constant_with_warmup"],
    ["lineal", "linear"],
    ["inverse_sqr", "inverse_sqrt"],
  ] as const) {
    it(`${written} is ${meant}`, () => assert.equal(closestTo(written, schedulers), meant));
  }

  it("is the closer of two", () => {
    assert.equal(closestTo("cosines", ["cosinuse", "cosine"]), "cosine");
    assert.equal(closestTo("cosines", ["cosine", "cosinuse"]), "cosine");
  });

  it("is not looked for far from a short word", () => {
    assert.equal(closestTo("exp", ["ex"]), "ex");
    assert.equal(closestTo("exp", ["e"]), undefined);
    assert.equal(closestTo("ex", ["e"]), undefined);
    assert.equal(closestTo("inverse_sqrt", ["inverse_s"]), undefined);
  });

  for (const other of ["wsd", "trapezoid", "one_cycle", "exp", ""]) {
    it(`"${other}" is none of them`, () => assert.equal(closestTo(other, schedulers), undefined));
  }
});
