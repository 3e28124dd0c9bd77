import assert from "node:assert/strict";
import { findGpu } from "../../../../src/core/gpus/catalogue.ts";
import { analysisOf } from "../../analysis.ts";

const llamaFactory = `model_name_or_path: Qwen/Qwen2.5-0.5B
stage: sft
finetuning_type: lora
learning_rate: 1e-4
bf16: true
`;
const axolotl = `base_model: Qwen/Qwen2.5-0.5B
adapter: lora
micro_batch_size: 1
learning_rate: 1e-4
bf16: true
`;
const torchtune = `model:
  _component_: torchtune.models.llama2.llama2_7b
optimizer:
  _component_: torch.optim.AdamW
  lr: 2e-5
batch_size: 2
epochs: 1
dtype: bf16
`;

const findings = (text: string, gpu: string | undefined) => {
  const target = gpu === undefined ? undefined : findGpu(gpu);
  const found = analysisOf(text, target ? { target: { gpu: target } } : {}).findings;
  return found.filter(({ rule }) => rule === "gpu/no-bf16");
};

describe("gpu/no-bf16", () => {
  for (const [framework, text, place] of [
    ["LLaMA-Factory", llamaFactory, [4, 6, 10]],
    ["axolotl", axolotl, [4, 6, 10]],
    ["torchtune", torchtune, [7, 7, 11]],
  ] as const) {
    it(`warns at the value that asks for bfloat16 on a T4: ${framework}`, () => {
      const [finding, ...others] = findings(text, "t4");
      assert.deepEqual(others, []);
      assert.equal(finding?.severity, "warning");
      assert.match(finding.message, /^The Tesla T4 has no units for bfloat16/);
      const [line, start, end] = place;
      assert.deepEqual(finding.range, { start: { line, character: start }, end: { line, character: end } });
    });
  }

  for (const gpu of ["v100-16gb", "rtx-2080-ti", "p100-16gb"]) {
    it(`warns on ${gpu}`, () => assert.equal(findings(axolotl, gpu).length, 1));
  }

  for (const gpu of ["rtx-3060-12gb", "a100-80gb", "mi300x", "l4"]) {
    it(`is silent on ${gpu}, which has bfloat16`, () => assert.deepEqual(findings(axolotl, gpu), []));
  }

  it("is silent where no GPU is chosen", () => assert.deepEqual(findings(axolotl, undefined), []));

  for (const [title, line] of [
    ["the framework chooses by the GPU", "bf16: auto"],
    ["the framework chooses by the GPU, in quotes", 'bf16: "auto"'],
    ["the run computes in float16", "fp16: true"],
    ["the config says nothing", "flash_attention: true"],
  ] as const) {
    it(`is silent where ${title}`, () => assert.deepEqual(findings(axolotl.replace("bf16: true", line), "t4"), []));
  }
});
