import assert from "node:assert/strict";
import { placeOf } from "../../../src/core/dialects/place.ts";
import { renaming, settingAt } from "../../../src/core/rules/fixes.ts";
import { entryAt } from "../../../src/core/text/document.ts";
import { parse } from "../../../src/core/text/parse.ts";
import { analysisOf } from "../analysis.ts";
import { applyEdits } from "../edits.ts";

const documentOf = (text: string) => {
  const [document] = parse(text, "yaml");
  assert.ok(document);
  return document;
};
const words = { title: "Rename" };

describe("a fix that renames a key", () => {
  const renamed = (text: string, path = "old") => {
    const [fix] = renaming({ document: documentOf(text) }, path, "new", words);
    return fix && applyEdits(text, fix.edits);
  };

  it("leaves quotes and the value alone, at the top and further in", () => {
    assert.equal(renamed("old: 1\n"), "new: 1\n");
    assert.equal(renamed("'old': 1\n"), "'new': 1\n");
    assert.equal(renamed('a:\n  "old": 1\nnew: 2\n', "a.old"), 'a:\n  "new": 1\nnew: 2\n');
    assert.equal(renamed("it's old: 1\n", "it's old"), "new: 1\n");
  });

  it("is none where the name is taken beside it, or the key is not there, comes from elsewhere or is there twice", () => {
    assert.equal(renamed("old: 1\nnew: 2\n"), undefined);
    assert.equal(renamed("a:\n  old: 1\n  new: 2\n", "a.old"), undefined);
    assert.equal(renamed("other: 1\n"), undefined);
    assert.equal(renamed("base: &base { old: 1 }\n<<: *base\n"), undefined);
    assert.equal(renamed("old: 1\nold: 2\n"), undefined);
    assert.equal(renamed("old: 1\nother: 1\nother: 2\n"), "new: 1\nother: 1\nother: 2\n");
  });
});

describe("a fix that sets the value at a place", () => {
  const titleAt = (text: string, path: string) => {
    const document = documentOf(text);
    const entry = entryAt(document.root, path);
    assert.ok(entry);
    return settingAt({ document }, placeOf(document, entry), 2, (key) => `Set ${key}`).map(({ title }) => title);
  };

  it("is titled by its key, whatever is around it", () => {
    assert.deepEqual(titleAt("a: 1\nb: 1\n", "b"), ["Set b"]);
    assert.deepEqual(titleAt("a: { b: 1, c: 1 }\n", "a.c"), ["Set c"]);
    assert.deepEqual(titleAt("a: '1'\n", "a"), ["Set a"]);
  });

  it("is none where that is in a list", () => {
    const document = documentOf("a: [1, 3]\n");
    const range = { start: { line: 0, character: 7 }, end: { line: 0, character: 8 } };
    assert.deepEqual(
      settingAt({ document }, { range, keyRange: range }, 2, (key) => key),
      [],
    );
  });
});

describe("the title of a fix that changes the plan", () => {
  const titlesOf = (rule: string, text: string) =>
    analysisOf(text).findings.flatMap((finding) =>
      finding.rule === rule ? finding.fixes.map(({ title }) => title) : [],
    );
  const trl = "model_name_or_path: meta-llama/Llama-2-7b-hf\nmax_length: 512\nper_device_train_batch_size: 1\n";

  it("names a key whose value is in quotes", () => {
    assert.equal(
      titlesOf("lr/too-high", `${trl}learning_rate: '2e-4'\n`)[0],
      "Set learning_rate to 2e-5 (usual for full fine-tuning)",
    );
  });

  it("names the key that is new, be it written where an empty value would stand", () => {
    const title = "Set learning_rate to 5e-6 (usual for reward models)";
    const reward = `${trl}center_rewards_coefficient: 0.01\nlr_scheduler_type: cosine\n`;
    assert.deepEqual(titlesOf("lr/default", reward), [title]);
    assert.deepEqual(titlesOf("lr/default", `${reward}run_name:`), [title]);
    const adapters = ["Train LoRA adapters (use_peft, lora_target_modules)"];
    assert.deepEqual(titlesOf("lora/no-adapter", `${trl}learning_rate: 1.0e-4\nlora_r: 16\nrun_name:\n`), adapters);
  });
});
