import assert from "node:assert/strict";
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

  it("counts brackets that are open at once, not all of them", () => {
    assert.equal(parse("a: [1]\n".repeat(5000), "yaml").length, 1);
  });
});
