import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";
import { judges, trlWith } from "../severities.ts";

describe("optimizer/no-clipping", () => {
  it("speaks of no clipping, and of norms that gradients rarely exceed", () => {
    judges("optimizer/no-clipping", [
      ["max_grad_norm: 0", ["information"]],
      ["max_grad_norm: 0.0", ["information"]],
      ["max_grad_norm: 0.3", []],
      ["max_grad_norm: 1.0", []],
      ["max_grad_norm: 1.5", ["hint"]],
      ["max_grad_norm: ${NORM}", []],
    ]);
  });

  it("tells no clipping from hardly any, and sets the norm to 1", () => {
    const found = (norm: string) =>
      analysisOf(trlWith(`max_grad_norm: ${norm}`)).findings.find(({ rule }) => rule === "optimizer/no-clipping");
    assert.match(found("0")?.message ?? "", /^Gradients are not clipped/);
    assert.match(found("1.5")?.message ?? "", /^Gradients are clipped to a norm of 1\.5/);
    assert.deepEqual(
      found("0")?.fixes.map(({ title, preferred }) => [title, preferred]),
      [["Set max_grad_norm to 1", true]],
    );
  });
});
