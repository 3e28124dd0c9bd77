import assert from "node:assert/strict";
import { refusal } from "../../../src/core/text/budget.ts";
import { parse } from "../../../src/core/text/parse.ts";

describe("reading a text", () => {
  it("goes as deep as any config, and gives up on what is nested deeper", () => {
    const nested = (depth: number) => `{ "a": ${"[".repeat(depth)}${"]".repeat(depth)} }`;
    for (const format of ["yaml", "json"] as const) {
      assert.equal(parse(nested(500), format).length, 1);
      assert.deepEqual(parse(nested(20_000), format), []);
      assert.deepEqual(parse(`a: ${"[".repeat(20_000)}`, format), []);
    }
  });

  it("gives up on what is far longer or denser than any config, and says why", () => {
    const reasons = ["x".repeat(2_000_001), "- \n".repeat(125_001), "[".repeat(1001)].map((text) =>
      refusal(text, "yaml"),
    );
    assert.deepEqual(reasons, [
      "it is longer than 2,000,000 characters",
      "it has more than 250,000 brackets, separators and line breaks",
      "it is nested more than 1,000 deep",
    ]);
    assert.equal(refusal("learning_rate: 2e-5\n".repeat(50_000), "yaml"), undefined);
    assert.deepEqual(parse(`a: ${"x".repeat(2_000_000)}\n`, "yaml"), []);
  });

  it("counts brackets that are open at once, not all of them", () => {
    assert.equal(refusal("a: [1]\n".repeat(5000), "yaml"), undefined);
  });
});
