import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { analyze } from "../../../src/core/analyze.ts";
import { dialects, mayTrain } from "../../../src/core/dialects/index.ts";
import { catalogue } from "../builtIn.ts";

const examples = "examples";
const foreign = "test/fixtures/foreign";

function formatOf(file: string): "yaml" | "json" {
  return file.endsWith(".json") ? "json" : "yaml";
}

describe("telling training configs from other files", () => {
  const folders = {
    axolotl: "axolotl",
    deepspeed: "deepspeed",
    "gpt-neox": "gpt-neox",
    litgpt: "litgpt",
    "llama-factory": "llamafactory",
    "ms-swift": "ms-swift",
    torchtune: "torchtune",
    transformers: "hf-trl",
    trl: "hf-trl",
  };
  it("has an example of each of these frameworks and of no other", () => {
    assert.deepEqual(readdirSync(examples).sort(), Object.keys(folders).sort());
  });

  for (const entry of readdirSync(examples, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !/\.(?:ya?ml|json)$/.test(entry.name) || file.includes("data")) continue;
    it(`recognises ${file} with certainty`, () => {
      const analysis = analyze(readFileSync(file, "utf8"), { format: formatOf(file), catalogue });
      const folder = entry.parentPath.split(/[\\/]/).at(-1) as keyof typeof folders;
      assert.equal(analysis?.dialect.id, folders[folder]);
      assert.equal(analysis.confidence, 1);
      assert.deepEqual(analysis.document.problems, []);
    });
  }

  for (const name of readdirSync(foreign)) {
    it(`says nothing about ${name}`, () => {
      assert.equal(analyze(readFileSync(join(foreign, name), "utf8"), { format: formatOf(name), catalogue }), null);
    });
  }

  for (const [what, text] of [
    ["a tokenizer's settings", "task: llm-sft\nbase_model: a/b\nbackend: local\n"],
    ["data that are loaded to evaluate", "model: { name: mpt_causal_lm }\ntrain_loader: { name: text }\n"],
    ["a server of mlx-lm", "model: mlx-community/Qwen3-4B-4bit\nlora_parameters: { rank: 8 }\ntrain: false\n"],
    ["a grid of processes", "parallelism: { dp: 8 }\ntokens: { sequence_length: 4096 }\n"],
    ["a model that is served", "model: { model_name: a/b }\ntraining: { output_dir: out }\n"],
    ["a job that trains something else", "train: { micro_batch_size: 2 }\n"],
    ["an environment of reinforcement learning", "policy: { model_name: a/b }\nenv: { name: math }\n"],
  ] as const) {
    it(`says nothing about ${what}`, () => assert.equal(analyze(text, { format: "yaml", catalogue }), null));
  }

  it("rules out most other files without parsing them", () => {
    for (const name of ["workflow.yml", "deployment.yaml", "docker-compose.yml", "package.json", "model-config.json"]) {
      assert.equal(mayTrain(readFileSync(join(foreign, name), "utf8")), false, name);
    }
  });

  it("looks for whole keys, quoted or not", () => {
    assert.equal(mayTrain("base_model: x"), true);
    assert.equal(mayTrain('{ "model_name_or_path" : "x" }'), true);
    assert.equal(mayTrain("my_base_model: x"), false);
    assert.equal(mayTrain("base_models: x"), false);
  });

  it("has a name of its own for every dialect", () => {
    assert.equal(new Set(dialects.map(({ id }) => id)).size, dialects.length);
  });
});
