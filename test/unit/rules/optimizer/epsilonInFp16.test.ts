import assert from "node:assert/strict";
import { severitiesOf, trlWith } from "../severities.ts";

const axolotl = (epsilon: string, ...lines: readonly string[]) => `base_model: huggyllama/llama-7b
sequence_len: 2048
micro_batch_size: 2
learning_rate: 0.00001
float16: true
bf16: false
adam_epsilon: ${epsilon}
${lines.join("\n")}
`;

const said = (...config: Parameters<typeof axolotl>) => severitiesOf("optimizer/epsilon-in-fp16", axolotl(...config));

describe("optimizer/epsilon-in-fp16", () => {
  it("speaks up to half of float16's smallest number, 2^-25 = 2.98e-8", () => {
    assert.deepEqual(said("2.98e-8", "optimizer: adamw_torch"), ["warning"]);
    assert.deepEqual(said("2.99e-8", "optimizer: adamw_torch"), []);
    assert.deepEqual(said(String(2 ** -25), "optimizer: adamw_torch"), ["warning"]);
  });

  it("is silent about an epsilon that is not known", () => {
    assert.deepEqual(said("${EPSILON}", "optimizer: adamw_torch"), []);
  });

  it("is of AdamW whose states have the type of the weights", () => {
    const deepspeed = "deepspeed: { fp16: { enabled: true }, zero_optimization: { stage: 2 } }";
    assert.deepEqual(said("1.0e-8", "optimizer: adamw_bnb_8bit"), []);
    assert.deepEqual(said("1.0e-8", "optimizer: adamw_torch", "adapter: lora", "lora_r: 8"), []);
    assert.deepEqual(said("1.0e-8", "optimizer: adamw_torch", deepspeed), []);
    const bfloat16 = axolotl("1.0e-8", "optimizer: adamw_torch").replace("float16: true", "bfloat16: true");
    assert.deepEqual(severitiesOf("optimizer/epsilon-in-fp16", bfloat16), []);
  });

  it("is silent where accelerate may bring DeepSpeed, and under autocast", () => {
    const trl = trlWith("adam_epsilon: 1.0e-8").replace("dtype: float32", "dtype: float16");
    assert.deepEqual(severitiesOf("optimizer/epsilon-in-fp16", trl), []);
    const fp16 = axolotl("1.0e-8", "optimizer: adamw_torch").replace("float16: true", "fp16: true");
    assert.deepEqual(severitiesOf("optimizer/epsilon-in-fp16", fp16), []);
  });
});
