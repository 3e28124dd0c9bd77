import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";

const said = (text: string) =>
  analysisOf(text).findings.flatMap(({ rule, severity }) => (rule === "lr/default" ? [severity] : []));

const reward = `model_name_or_path: meta-llama/Llama-3.1-8B-Instruct
dataset_name: trl-lib/ultrafeedback_binarized
center_rewards_coefficient: 0.01
per_device_train_batch_size: 2
lr_scheduler_type: cosine
`;
const swift = (method: string, rest = "") =>
  `model: Qwen/Qwen2.5-7B-Instruct\ntrain_type: ${method}\ndataset:\n  - swift/self-cognition#500\nlr_scheduler_type: cosine\n${rest}`;

describe("lr/default", () => {
  it("warns of TRL's 1e-4 for reward models, which is twenty times the usual rate of all weights", () => {
    assert.deepEqual(said(reward), ["warning"]);
  });

  it("is a hint where the default is the usual rate, as TRL's 1e-4 is for adapters", () => {
    assert.deepEqual(said(`${reward}use_peft: true\nlora_r: 16\n`), ["hint"]);
  });

  it("is information where another rate is usual: ms-swift's 1e-5 for all weights, and 1e-4 for LoRA", () => {
    assert.deepEqual(said(swift("full")), ["information"]);
    assert.deepEqual(said(swift("lora")), ["information"]);
  });

  it("says nothing where a rate is set", () => {
    assert.deepEqual(said(swift("full", "learning_rate: 1e-5\n")), []);
  });
});
