import assert from "node:assert/strict";
import { beta2Of } from "../../../src/core/dialects/betas.ts";
import { byDefault, unknown } from "../../../src/core/plan/sourced.ts";

describe("the decay of Adam's second moment", () => {
  it("is the second of the betas", () => {
    assert.deepEqual(beta2Of(byDefault(["0.9", "0.95"])), byDefault(0.95));
  });

  it("is the framework's where there is no second, else unknown", () => {
    assert.deepEqual(beta2Of(byDefault([]), 0.999), byDefault(0.999));
    assert.equal(beta2Of(byDefault(["0.9"])).note, "betas is not a pair of numbers");
    assert.equal(beta2Of(byDefault(["0.9", "auto"]), 0.999).value, undefined);
  });

  it("is unknown for the reason for which the betas are", () => {
    const lost = unknown("${betas} is resolved outside this file");
    assert.equal(beta2Of(lost, 0.999), lost);
  });
});
