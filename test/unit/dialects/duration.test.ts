import assert from "node:assert/strict";
import { stepLimit } from "../../../src/core/dialects/duration.ts";
import { reader } from "../../../src/core/dialects/reader.ts";
import { documentOf } from "./reading.ts";

function limit(text: string) {
  const keys = reader(documentOf(text), { max_steps: { about: "Optimizer updates", default: -1 } });
  const { value, origin } = stepLimit(keys, "max_steps");
  return [value, origin];
}

describe("the limit of updates", () => {
  it("is a positive number", () => {
    assert.deepEqual(limit("max_steps: 500\n"), [500, "file"]);
  });

  it("is none for 0, -1 and nothing", () => {
    assert.deepEqual(
      [limit("max_steps: 0\n"), limit("max_steps: -1\n")],
      [
        [null, "file"],
        [null, "file"],
      ],
    );
    assert.deepEqual(limit("epochs: 3\n"), [null, "default"]);
  });

  it("is unknown where it cannot be read", () => {
    assert.deepEqual(limit("max_steps: auto\n"), [undefined, "unknown"]);
  });
});
