import assert from "node:assert/strict";
import { typedSamples } from "../../../src/core/data/typedSamples.ts";

describe("a number of samples as it is typed", () => {
  it("may be grouped by commas, blanks or underscores", () => {
    for (const text of ["52002", "52,002", "52 002", " 52_002 "]) assert.equal(typedSamples(text), 52_002);
  });

  it("is none where the text is empty", () => {
    assert.equal(typedSamples(""), undefined);
    assert.equal(typedSamples("  "), undefined);
  });

  it("is not understood otherwise", () => {
    for (const text of ["0", "-5", "1.5", "1e4", "many", "9007199254740993"]) assert.equal(typedSamples(text), null);
  });
});
