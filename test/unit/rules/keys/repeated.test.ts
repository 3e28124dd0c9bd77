import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";
import { applyEdits } from "../../edits.ts";

const found = (text: string) => analysisOf(text).findings.filter(({ rule }) => rule === "keys/repeated");
const axolotl = (...lines: readonly string[]) =>
  ["base_model: Qwen/Qwen2.5-0.5B", "micro_batch_size: 2", ...lines, ""].join("\n");
const factory = (...lines: readonly string[]) =>
  ["model_name_or_path: Qwen/Qwen2.5-0.5B", "stage: sft", "finetuning_type: full", ...lines, ""].join("\n");

describe("keys/repeated", () => {
  it("is an error where the loader stops, else a warning, or a hint where both say the same", () => {
    const different = ["learning_rate: 1.0e-5", "learning_rate: 2.0e-5"];
    const same = ["learning_rate: 1.0e-5", "learning_rate: 1.0e-5"];
    const severities = (text: string) => found(text).map(({ severity }) => severity);
    assert.deepEqual(severities(axolotl(...different)), ["warning"]);
    assert.deepEqual(severities(axolotl(...same)), ["hint"]);
    assert.deepEqual(severities(factory(...different)), ["error"]);
    assert.deepEqual(severities(factory(...same)), ["error"]);
    assert.deepEqual(severities(axolotl("learning_rate: 1.0e-5", "optimizer: adamw_torch")), []);
  });

  it("fades the one that does not count, shows the one that does, and removes the first", () => {
    const text = axolotl("learning_rate: 1.0e-5", "num_epochs: 1", "learning_rate: 2.0e-5");
    const [finding] = found(text);
    assert.deepEqual(finding?.range, { start: { line: 2, character: 0 }, end: { line: 2, character: 21 } });
    assert.equal(finding.tag, "unused");
    assert.match(finding.message, /stands here and in line 5; only what stands there counts/);
    assert.deepEqual(
      finding.related.map(({ range }) => range.start.line),
      [4],
    );
    const [fix] = finding.fixes;
    assert.equal(fix?.title, "Remove learning_rate from line 3");
    assert.equal(applyEdits(text, fix.edits), axolotl("num_epochs: 1", "learning_rate: 2.0e-5"));
  });

  it("leaves the experiment as it is, but where the loader stopped at two values", () => {
    const keeps = (text: string) =>
      found(text)[0]?.fixes.map(({ preferred, keepsExperiment }) => [preferred, keepsExperiment]);
    assert.deepEqual(keeps(axolotl("learning_rate: 1.0e-5", "learning_rate: 2.0e-5")), [[true, true]]);
    assert.deepEqual(keeps(factory("learning_rate: 1.0e-5", "learning_rate: 1.0e-5")), [[true, true]]);
    assert.deepEqual(keeps(factory("learning_rate: 1.0e-5", "learning_rate: 2.0e-5")), [[true, false]]);
  });

  it("offers nothing beside the dash of a list, and takes an entry out of braces", () => {
    assert.deepEqual(found(axolotl("datasets:", "  - path: a", "    path: b"))[0]?.fixes, []);
    const [fix] = found(axolotl("datasets: [{ path: a, path: b }]"))[0]?.fixes ?? [];
    assert.equal(
      applyEdits(axolotl("datasets: [{ path: a, path: b }]"), fix?.edits ?? []),
      axolotl("datasets: [{ path: b }]"),
    );
  });
});
