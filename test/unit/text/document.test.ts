import assert from "node:assert/strict";
import { formatOfFile } from "../../../src/core/text/document.ts";

describe("how a file is read", () => {
  for (const [path, format] of [
    ["ds/zero3.json", "json"],
    ["ZERO3.JSON", "json"],
    ["run.jsonc", "json"],
    ["run.yaml", "yaml"],
    ["run.yml", "yaml"],
    ["run.json.yaml", "yaml"],
    ["run.jsonl", "yaml"],
    ["json", "yaml"],
  ] as const) {
    it(`${path} as ${format}`, () => assert.equal(formatOfFile(path), format));
  }
});
