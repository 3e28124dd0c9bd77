import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";

const found = (text: string) =>
  analysisOf(text)
    .findings.filter(({ rule }) => rule === "precision/updates-vanish")
    .map(({ severity }) => severity);

const axolotl = (rate: string, more = "") => `base_model: NousResearch/Llama-2-7b-hf
sequence_len: 2048
micro_batch_size: 1
num_epochs: 1
optimizer: adamw_torch_fused
learning_rate: ${rate}
bf16: true
${more}`;

describe("precision/updates-vanish", () => {
  it("warns where fewer than a twentieth of the weights move, and hints up to a quarter", () => {
    assert.deepEqual(found(axolotl("1.0e-6")), ["warning"]);
    assert.deepEqual(found(axolotl("5.0e-6")), ["hint"]);
    assert.deepEqual(found(axolotl("1.0e-5")), ["hint"]);
    assert.deepEqual(found(axolotl("2.0e-5")), []);
  });

  it("tells how many of them move: 15 % at 1e-5", () => {
    const { findings } = analysisOf(axolotl("1.0e-5"));
    const message = findings.find(({ rule }) => rule === "precision/updates-vanish")?.message;
    assert.match(message ?? "", /^At 1e-5, an update changes only about 15 % of weights/);
  });

  it("is silent where nothing is lost: adapters, float32 weights, DeepSpeed's copies", () => {
    assert.deepEqual(
      found(axolotl("1.0e-6", "adapter: lora\nlora_r: 8\nlora_alpha: 16\nlora_target_linear: true\n")),
      [],
    );
    assert.deepEqual(found(axolotl("1.0e-6").replace("bf16: true", "bf16: false")), []);
    assert.deepEqual(
      found(axolotl("1.0e-6", "deepspeed:\n  bf16: {enabled: true}\n  zero_optimization: {stage: 2}\n")),
      [],
    );
  });

  it("is silent about optimizers that keep what rounding takes away", () => {
    for (const name of ["optimi_adamw", "flash_adamw", "adamw_anyprecision"]) {
      assert.deepEqual(found(axolotl("1.0e-6").replace("adamw_torch_fused", name)), [], name);
    }
    assert.deepEqual(found(axolotl("1.0e-6", "optim_args: bf16_stochastic_round=True\n")), []);
    for (const name of ["adamw_bnb_8bit", "paged_adamw_8bit", "adamw_torch_8bit", "ao_adamw_4bit"]) {
      assert.deepEqual(found(axolotl("1.0e-6").replace("adamw_torch_fused", name)), ["warning"], name);
    }
  });

  it("hints only where accelerate may bring DeepSpeed, and is silent where it does, or where its file decides", () => {
    const trl = `model_name_or_path: Qwen/Qwen2.5-1.5B
dtype: bfloat16
max_length: 1024
per_device_train_batch_size: 1
learning_rate: 1.0e-6
`;
    assert.deepEqual(found(trl), ["hint"]);
    assert.deepEqual(found(`${trl}accelerate_config: zero3\n`), []);
    assert.deepEqual(found(`${trl}accelerate_config: multi_gpu\n`), ["warning"]);
    const openInstruct = `model_name_or_path: allenai/Llama-3.1-Tulu-3-8B
dataset_mixer_list: [allenai/tulu-3-sft-mixture, 1.0]
per_device_train_batch_size: 1
learning_rate: 1.0e-6
`;
    assert.deepEqual(found(openInstruct), []);
  });

  it("has the weights held in float32 under the autocast that is on, where they have a key of their own", () => {
    const oumi = (...lines: readonly string[]) => `model: { model_name: Qwen/Qwen2.5-1.5B, torch_dtype_str: bfloat16 }
training:
  trainer_type: TRL_SFT
  learning_rate: 1.0e-6
  optimizer: adamw_torch
${lines.map((line) => `  ${line}\n`).join("")}`;
    const fixes = (text: string) =>
      analysisOf(text)
        .findings.filter(({ rule }) => rule === "precision/updates-vanish")
        .flatMap((finding) => finding.fixes.map(({ title, preferred }) => [title, preferred]));
    assert.deepEqual(fixes(oumi("mixed_precision_dtype: BF16")), [
      ["Set torch_dtype_str to float32 (computing in bfloat16 through autocast)", true],
    ]);
    assert.deepEqual(found(oumi()), ["warning"]);
    assert.deepEqual(fixes(oumi()), []);
    assert.deepEqual(fixes(axolotl("1.0e-6")), []);
  });
});
