import assert from "node:assert/strict";
import { ruleSettingsFrom } from "../../../src/core/rules/check.ts";
import { suppressInFile, suppressOnLine } from "../../../src/core/rules/suppress.ts";
import { analysisOf } from "../analysis.ts";
import { applyEdits } from "../edits.ts";

const config = `model_name_or_path: meta-llama/Meta-Llama-3-8B
train:
learning_rate: 2e-4
per_device_train_batch_size: 1
bf16: true
warmup_steps: 10
max_length: 512
`;
const rulesOf = (text: string, format: "yaml" | "json" = "yaml") =>
  analysisOf(text, { format }).findings.map(({ rule }) => rule);
const above = (comment: string) => config.replace("learning_rate", `${comment}\nlearning_rate`);
const behind = (comment: string) => config.replace("2e-4", `2e-4 ${comment}`);

describe("a comment that silences a rule", () => {
  it("stands behind its line or above it, with other comments between them", () => {
    assert.deepEqual(rulesOf(config), ["lr/too-high"]);
    assert.deepEqual(rulesOf(behind("# fine-tune-lens-ignore lr/too-high")), []);
    assert.deepEqual(rulesOf(above("# fine-tune-lens-ignore lr/too-high")), []);
    assert.deepEqual(rulesOf(above("# fine-tune-lens-ignore lr/too-high\n\n# swept in May")), []);
  });

  it("names one rule, several, or none, which means all; the rest is a remark", () => {
    assert.deepEqual(rulesOf(behind("# fine-tune-lens-ignore lr/too-low, lr/too-high: swept in May")), []);
    assert.deepEqual(rulesOf(behind("# fine-tune-lens-ignore")), []);
    assert.deepEqual(rulesOf(behind("# fine-tune-lens-ignore lr/too-low")), ["lr/too-high"]);
  });

  it("covers no other line than that", () => {
    assert.deepEqual(rulesOf(config.replace("train:", "train: # fine-tune-lens-ignore lr/too-high")), ["lr/too-high"]);
    assert.deepEqual(rulesOf(config.replace("bf16", "# fine-tune-lens-ignore lr/too-high\nbf16")), ["lr/too-high"]);
  });

  it("covers the next line that is more than a comment, and none where there is none", () => {
    assert.deepEqual(rulesOf(`${config}# fine-tune-lens-ignore lr/too-high\n# the end\n`), ["lr/too-high"]);
    assert.deepEqual(rulesOf(above("  # fine-tune-lens-ignore lr/too-high\n  # swept in May")), []);
  });

  it("covers the whole file where it says so, wherever it stands", () => {
    assert.deepEqual(rulesOf(`${config}# fine-tune-lens-ignore-file lr/too-high\n`), []);
    assert.deepEqual(rulesOf(`${config}# fine-tune-lens-ignored lr/too-high\n`), ["lr/too-high"]);
  });

  it("is understood in JSON with comments", () => {
    const json = (comment: string) =>
      `{\n  "model_name_or_path": "meta-llama/Meta-Llama-3-8B",\n  "learning_rate": 2e-4, ${comment}\n  "warmup_steps": 10\n}\n`;
    assert.deepEqual(rulesOf(json(""), "json"), ["lr/too-high"]);
    assert.deepEqual(rulesOf(json("// fine-tune-lens-ignore lr/too-high"), "json"), []);
  });
});

describe("silencing a rule", () => {
  it("writes a line above, as far in as the line below, and adds to one that is there", () => {
    const text = "a:\r\n  learning_rate: 1\r\n";
    const once = applyEdits(text, [suppressOnLine({ text }, "lr/too-high", 1, "#")]);
    assert.equal(once, "a:\r\n  # fine-tune-lens-ignore lr/too-high\r\n  learning_rate: 1\r\n");
    const twice = applyEdits(once, [suppressOnLine({ text: once }, "lr/too-low", 2, "#")]);
    assert.equal(twice, "a:\r\n  # fine-tune-lens-ignore lr/too-high lr/too-low\r\n  learning_rate: 1\r\n");
  });

  it("adds to nothing that stands behind a value", () => {
    const text = "model: a # fine-tune-lens-ignore lr/too-low\nlearning_rate: 1\n";
    const silenced = applyEdits(text, [suppressOnLine({ text }, "lr/too-high", 1, "#")]);
    assert.equal(silenced, text.replace("learning_rate", "# fine-tune-lens-ignore lr/too-high\nlearning_rate"));
  });

  it("writes the head of the file, and is understood", () => {
    const text = applyEdits(config, [suppressInFile({ text: config }, "lr/too-high", "#")]);
    assert.equal(text, `# fine-tune-lens-ignore-file lr/too-high\n${config}`);
    assert.deepEqual(rulesOf(text), []);
    const line = applyEdits(config, [suppressOnLine({ text: config }, "lr/too-high", 2, "#")]);
    assert.deepEqual(rulesOf(line), []);
  });
});

describe("what the user wants of the rules", () => {
  const findings = (enabled: boolean, levels = {}) => analysisOf(config, { rules: { enabled, levels } }).findings;

  it("is another severity of one, none of it, or nothing at all", () => {
    assert.deepEqual(
      findings(true, { "lr/too-high": "hint" }).map(({ severity }) => severity),
      ["hint"],
    );
    assert.deepEqual(findings(true, { "lr/too-high": "off" }), []);
    assert.deepEqual(findings(false), []);
  });

  it("is read from settings, of which what means nothing is left out", () => {
    const levels = { "lr/too-high": "hint", "lr/too-low": "off", "lr/default": "loud", "lr/sgd-scale": 1 };
    assert.deepEqual(ruleSettingsFrom(true, levels), {
      enabled: true,
      levels: { "lr/too-high": "hint", "lr/too-low": "off" },
    });
    for (const nothing of [undefined, null, "hint"])
      assert.deepEqual(ruleSettingsFrom(undefined, nothing), { enabled: true, levels: {} });
    assert.equal(ruleSettingsFrom(false, {}).enabled, false);
  });
});
