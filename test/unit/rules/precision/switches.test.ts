import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";
import { judges, severitiesOf, trlWith } from "../severities.ts";

describe("precision/both", () => {
  it("speaks where both are on, of frameworks that refuse it", () => {
    judges("precision/both", [
      ["bf16: true\nfp16: true", ["error"]],
      ["bf16: true\nfp16: false", []],
      ["bf16: false\nfp16: true", []],
      ["fp16: true", []],
    ]);
    const swift =
      "model: Qwen/Qwen2.5-0.5B\ntuner_type: lora\ndataset: [swift/self-cognition]\nlearning_rate: 1.0e-5\n";
    assert.deepEqual(severitiesOf("precision/both", `${swift}bf16: true\nfp16: true\n`), ["error"]);
    const neox = `{ "train_micro_batch_size_per_gpu": 4, "num_layers": 12, "bf16": { "enabled": true }, "fp16": { "enabled": FP16 } }`;
    assert.deepEqual(severitiesOf("precision/both", neox.replace("FP16", "true")), ["error"]);
    assert.deepEqual(severitiesOf("precision/both", neox.replace("FP16", "false")), []);
    const axolotl = "base_model: Qwen/Qwen2.5-0.5B\nmicro_batch_size: 1\nlearning_rate: 1.0e-5\n";
    assert.deepEqual(severitiesOf("precision/both", `${axolotl}bf16: true\nfp16: true\n`), []);
  });

  it("stands at float16, shows bfloat16, and keeps that", () => {
    const { findings } = analysisOf(trlWith("bf16: true\nfp16: true"));
    const found = findings.find(({ rule }) => rule === "precision/both");
    assert.deepEqual(found?.range, { start: { line: 6, character: 0 }, end: { line: 6, character: 10 } });
    assert.deepEqual(
      found.related.map(({ range }) => range.start.line),
      [5],
    );
    assert.deepEqual(
      found.fixes.map(({ title, preferred }) => [title, preferred]),
      [["Set fp16 to false (computing in bfloat16)", true]],
    );
  });
});

describe("precision/float32-qlora", () => {
  it("speaks of 4-bit weights where nothing computes in 16 bits", () => {
    const said = (...lines: readonly string[]) =>
      severitiesOf(
        "precision/float32-qlora",
        ["base_model: NousResearch/Llama-2-7b-hf", "micro_batch_size: 2", "lora_r: 16", ...lines].join("\n"),
      );
    const qlora = ["adapter: qlora", "load_in_4bit: true"];
    assert.deepEqual(said(...qlora, "bf16: false"), ["hint"]);
    assert.deepEqual(said(...qlora, "bf16: true"), []);
    assert.deepEqual(said(...qlora, "fp16: true", "bf16: false"), []);
    assert.deepEqual(said(...qlora, "bf16: false", "bfloat16: true"), []);
    assert.deepEqual(said("adapter: lora", "load_in_8bit: true", "bf16: false"), []);
    assert.deepEqual(said("adapter: lora", "bf16: false"), []);
    const full = ["base_model: NousResearch/Llama-2-7b-hf", "micro_batch_size: 2", "load_in_4bit: true", "bf16: false"];
    assert.deepEqual(severitiesOf("precision/float32-qlora", full.join("\n")), []);
  });
});
