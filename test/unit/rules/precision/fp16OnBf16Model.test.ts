import assert from "node:assert/strict";
import { findGpu } from "../../../../src/core/gpus/catalogue.ts";
import { analysisOf } from "../../analysis.ts";

const found = (text: string, gpu?: string) => {
  const target = gpu === undefined ? undefined : findGpu(gpu);
  const { findings } = analysisOf(text, target ? { target: { gpu: target } } : {});
  return findings.find(({ rule }) => rule === "precision/fp16-on-bf16-model");
};

const factory = (model: string, type = "fp16: true", method = "lora") =>
  `model_name_or_path: ${model}\nstage: sft\nfinetuning_type: ${method}\nlearning_rate: 1.0e-5\n${type}\n`;
const oumi = (...types: readonly string[]) => `model:
  model_name: Qwen/Qwen2.5-7B
${types.map((line) => `  ${line}\n`).join("")}training:
  trainer_type: TRL_SFT
  learning_rate: 1.0e-5
`;
const titles = (text: string, gpu?: string) => found(text, gpu)?.fixes.map(({ title }) => title);

describe("precision/fp16-on-bf16-model", () => {
  // narrowModels.json: Gemma 3 is known to overflow, Qwen 2.5 may, and Llama 2 was trained in float16's range.
  for (const [model, severity] of [
    ["google/gemma-3-4b-it", "warning"],
    ["Qwen/Qwen2.5-7B", "information"],
    ["meta-llama/Llama-2-7b-hf", undefined],
  ] as const) {
    it(`says ${severity ?? "nothing"} of ${model}`, () => {
      for (const method of ["lora", "full"])
        assert.equal(found(factory(model, "fp16: true", method))?.severity, severity, method);
      assert.equal(found(factory(model, "bf16: true")), undefined);
    });
  }

  it("is silent on a GPU that has nothing else, but for models that overflow, and offers no bfloat16 there", () => {
    assert.equal(found(factory("Qwen/Qwen2.5-7B"), "t4"), undefined);
    assert.equal(found(factory("google/gemma-3-4b-it"), "t4")?.severity, "warning");
    assert.deepEqual(titles(factory("google/gemma-3-4b-it"), "t4"), []);
    assert.deepEqual(titles(factory("Qwen/Qwen2.5-7B"), "a100-80gb"), ["Set bf16 to true and fp16 to false"]);
  });

  it("offers the other word of one setting", () => {
    assert.deepEqual(titles(oumi("torch_dtype_str: float16")), ["Set torch_dtype_str to bfloat16"]);
    const mixed = oumi("torch_dtype_str: float32").replace("training:", "training:\n  mixed_precision_dtype: FP16");
    assert.deepEqual(titles(mixed), ["Set mixed_precision_dtype to BF16"]);
  });
});
