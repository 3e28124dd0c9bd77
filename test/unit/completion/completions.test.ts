import assert from "node:assert/strict";
import { type Completion, completionsAt } from "../../../src/core/completion/completions.ts";
import { lineStarts, positionAt } from "../../../src/core/text/position.ts";
import { analysisOf } from "../analysis.ts";
import { records } from "../builtIn.ts";

/** What is offered at the `|` in a config. */
function offered(text: string, format: "yaml" | "json" = "yaml"): readonly Completion[] {
  const offset = text.indexOf("|");
  assert.ok(offset >= 0, "there is no cursor");
  const clean = text.slice(0, offset) + text.slice(offset + 1);
  const analysis = analysisOf(clean, { format });
  const models = records.map(({ id }) => id);
  return completionsAt(analysis, positionAt(lineStarts(clean), offset), models);
}

function labels(text: string, format: "yaml" | "json" = "yaml"): readonly string[] {
  return offered(text, format).map(({ label }) => label);
}

const axolotl =
  "base_model: meta-llama/Llama-3.1-8B\nmicro_batch_size: 2\ndatasets:\n  - path: a.jsonl\nlearning_rate: 2e-5\n";
const litgpt = `checkpoint_dir: checkpoints/meta-llama/Llama-3.2-1B
train:
  global_batch_size: 8
  micro_batch_size: 1
  |
optimizer: AdamW
`;

describe("keys that are offered", () => {
  it("are those of the framework that the file lacks, with their default and what they decide", () => {
    const all = offered(`${axolotl}|`);
    const names = all.map(({ label }) => label);
    assert.ok(names.includes("gradient_accumulation_steps"));
    assert.ok(names.includes("lr_scheduler"));
    for (const present of ["base_model", "micro_batch_size", "datasets", "learning_rate"]) {
      assert.ok(!names.includes(present), present);
    }
    const accumulation = all.find(({ label }) => label === "gradient_accumulation_steps");
    assert.equal(accumulation?.insertText, "gradient_accumulation_steps: ");
    assert.equal(accumulation.detail, "default: 1");
    assert.match(accumulation.documentation, /Forward passes per optimizer update/);
  });

  it("take the place of what has been typed of them", () => {
    const [first] = offered(`${axolotl}grad|`);
    assert.deepEqual(first?.range, { start: { line: 5, character: 0 }, end: { line: 5, character: 4 } });
  });

  it("are not offered under another of their names", () => {
    assert.ok(labels(`model_name_or_path: gpt2\nlearning_rate: 1e-5\n|`).includes("max_length"));
    assert.ok(!labels(`model_name_or_path: gpt2\nlearning_rate: 1e-5\nmax_seq_length: 512\n|`).includes("max_length"));
  });

  it("belong to the mapping that the cursor is in", () => {
    const names = labels(litgpt);
    assert.ok(names.includes("lr_warmup_steps"));
    assert.ok(!names.includes("micro_batch_size"));
    assert.ok(!names.includes("precision"));
  });

  it("open a mapping where other keys are below them", () => {
    const group = offered("checkpoint_dir: x\nlora_r: 8\nprecision: bf16-true\ntrain:\n  micro_batch_size: 1\n|").find(
      ({ label }) => label === "eval",
    );
    assert.equal(group?.insertText, "eval:\n  ");
  });

  it("are quoted in JSON, as the framework's own files are", () => {
    const json = '{\n  "model_name_or_path": "gpt2",\n  "learning_rate": 5e-5,\n  "|"\n}\n';
    const warmup = offered(json, "json").find(({ label }) => label === "warmup_steps");
    assert.equal(warmup?.insertText, '"warmup_steps": ');
    assert.deepEqual(warmup.range, { start: { line: 3, character: 2 }, end: { line: 3, character: 4 } });
  });

  it("are offered in YAML in braces, dashes and underscores being one", () => {
    const neox =
      '{\n  "pipe-parallel-size": 1,\n  "num-layers": 12,\n  "train_micro_batch_size_per_gpu": 4,\n  "|"\n}\n';
    const names = labels(neox);
    assert.ok(names.includes("hidden_size"));
    assert.ok(!names.includes("num_layers"));
  });

  it("are not offered in comments, nor in the middle of texts", () => {
    assert.deepEqual(labels(`${axolotl}# gra|\n`), []);
    assert.deepEqual(labels(`${axolotl}output_dir: ./my run |\n`), []);
  });
});

describe("values that are offered", () => {
  it("are those that the key can have, the default among them", () => {
    const values = offered(`${axolotl}lr_scheduler: |\n`);
    assert.ok(values.every(({ kind }) => kind === "value"));
    assert.ok(values.some(({ label }) => label === "rex"));
    assert.equal(values.find(({ label }) => label === "cosine")?.detail, "default");
  });

  it("are true and false for switches", () => {
    assert.deepEqual(labels(`${axolotl}sample_packing: |\n`), ["true", "false"]);
  });

  it("are the model's own linear layers for LoRA, in a list, in brackets and behind the key", () => {
    const llama = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
    const lora = `${axolotl}adapter: lora\nlora_target_modules:`;
    for (const place of ["\n  - |\n", "\n- |\n", " [q_proj, |]\n", " |\n"])
      assert.deepEqual(labels(lora + place), llama, place);
    const gpt2 = "model_name_or_path: gpt2\nuse_peft: true\nlearning_rate: 1e-4\nlora_target_modules: [|]\n";
    assert.deepEqual(labels(gpt2), ["c_attn", "c_proj", "c_fc"]);
  });

  it("are the catalogue's models for a model", () => {
    const models = labels("model_name_or_path: Qwen/|\nlearning_rate: 1e-5\n");
    assert.ok(models.includes("Qwen/Qwen2.5-7B"));
    assert.ok(models.length > 200);
  });

  it("are quoted in JSON unless they are no texts", () => {
    const json = (key: string) => `{ "model_name_or_path": "gpt2", "learning_rate": 5e-5, "${key}": | }`;
    assert.equal(
      offered(json("lr_scheduler_type"), "json").find(({ label }) => label === "cosine")?.insertText,
      '"cosine"',
    );
    assert.deepEqual(
      offered(json("gradient_checkpointing"), "json").map(({ insertText }) => insertText),
      ["true", "false"],
    );
  });

  it("are none for keys that hold anything", () => {
    assert.deepEqual(labels(`${axolotl}output_dir: |\n`), []);
    assert.deepEqual(labels(`${axolotl}unknown_key: |\n`), []);
  });
});
