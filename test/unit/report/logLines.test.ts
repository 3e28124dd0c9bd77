import assert from "node:assert/strict";
import { logLines } from "../../../src/core/report/logLines.ts";
import { analysisOf } from "../analysis.ts";

describe("the log of an analysis", () => {
  const config = `model_name_or_path: Qwen/Qwen2.5-0.5B
stage: sft
finetuning_type: full
deepspeed: ds.json
learning_rate: 1e-5
`;

  it("has what was understood, the releases, linked files, and why something is unknown", () => {
    const linked = new Map();
    const lines = logLines(analysisOf(config, { versions: { transformers: "4.48.1" }, linked }));
    assert.match(lines[0] ?? "", /^LLaMA-Factory · Qwen\/Qwen2\.5-0\.5B \(494M\) · /);
    assert.deepEqual(lines.slice(1, 3), ["transformers 4.48.1", "ds.json: not read yet"]);
    assert.equal(lines[3], "unknown: what the GPUs share is not known: set in ds.json");
  });

  it("says of a file that is not there that it was not found", () => {
    const lines = logLines(analysisOf(config, { linked: { get: () => null } }));
    assert.ok(lines.includes("ds.json: not found"));
  });
});
