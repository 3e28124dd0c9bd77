import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";
import { judges, trlWith } from "../severities.ts";

describe("preference/beta", () => {
  it("keeps to 0.01 to 1 where the loss is of sums of log-probabilities", () => {
    judges("preference/beta", [
      ["beta: 0.009", ["hint"]],
      ["beta: 0.01", []],
      ["beta: 1.0", []],
      ["beta: 1.1", ["warning"]],
      ["beta: 10\nloss_type: simpo", []],
      ["beta: 5\nloss_type: [sigmoid_norm]", []],
      ["beta: ${BETA}", []],
      ["num_generations: 8\nbeta: 0.001", []],
    ]);
  });

  it("says what comes of it, and sets the usual 0.1", () => {
    const found = (beta: string) =>
      analysisOf(trlWith(`beta: ${beta}`)).findings.find(({ rule }) => rule === "preference/beta");
    assert.match(found("5.0")?.message ?? "", /holds the model to its reference so strongly that DPO hardly learns/);
    assert.match(found("0.001")?.message ?? "", /hardly holds the model to its reference: DPO is likely to drift/);
    assert.deepEqual(
      found("5.0")?.fixes.map(({ title, preferred }) => [title, preferred]),
      [["Set beta to 0.1", true]],
    );
  });
});
