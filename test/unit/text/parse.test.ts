import assert from "node:assert/strict";
import { parse } from "../../../src/core/text/parse.ts";

describe("reading a text", () => {
  it("follows the rules of its format", () => {
    const formats = (["yaml", "json"] as const).map((format) => parse('{ "lr": 1 }', format)[0]?.format);
    assert.deepEqual(formats, ["yaml", "json"]);
  });

  it("goes as deep as any config, and gives up on what is nested deeper", () => {
    const nested = (depth: number) => `{ "a": ${"[".repeat(depth)}${"]".repeat(depth)} }`;
    for (const format of ["yaml", "json"] as const) {
      assert.equal(parse(nested(500), format).length, 1);
      assert.deepEqual(parse(nested(20_000), format), []);
      assert.deepEqual(parse(`a: ${"[".repeat(20_000)}`, format), []);
    }
  });

  it("gives up on what is beyond the limits of a text", () => {
    assert.deepEqual(parse(`a: ${"x".repeat(2_000_000)}\n`, "yaml"), []);
  });
});
