import assert from "node:assert/strict";
import { refusal } from "../../../src/core/text/budget.ts";

describe("the limits of a text", () => {
  const tooMany = "it has more than 250,000 brackets, separators and line breaks";
  const tooDeep = "it is nested more than 1,000 deep";

  for (const [title, format, most, more, reason] of [
    ["characters", "yaml", "x".repeat(2_000_000), "x", "it is longer than 2,000,000 characters"],
    ["marks", "yaml", "- \n".repeat(125_000), "\n", tooMany],
    ["brackets that are open at once", "yaml", "[".repeat(1000), "[", tooDeep],
    ["braces that are open at once", "json", "{".repeat(1000), "{", tooDeep],
    ["marks of JSON", "json", ",".repeat(1_000_000), ",", tooMany.replace("250,000", "1,000,000")],
  ] as const) {
    it(`are so many ${title}, and no more`, () => {
      assert.equal(refusal(most, format), undefined);
      assert.equal(refusal(most + more, format), reason);
    });
  }

  for (const marks of ["[]", "{}", "\r\n", "''", '""', ",,", "--", "::"]) {
    it(`count ${JSON.stringify(marks)} as two marks`, () => {
      assert.equal(refusal(marks.repeat(125_000), "yaml"), undefined);
      assert.equal(refusal(`${marks.repeat(125_000)},`, "yaml"), tooMany);
    });
  }

  it("are far beyond what configs have", () => {
    assert.equal(refusal("learning_rate: 2e-5\n".repeat(50_000), "yaml"), undefined);
  });

  it("tell brackets that are open from those that are closed", () => {
    assert.equal(refusal("a: [1]\n".repeat(5000), "yaml"), undefined);
    assert.equal(refusal(`]${"[".repeat(1001)}`, "yaml"), tooDeep);
  });
});
