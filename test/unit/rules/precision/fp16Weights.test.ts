import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";
import { severitiesOf, trlWith } from "../severities.ts";

const oumi = (...training: readonly string[]) =>
  `model: { model_name: meta-llama/Llama-2-7b-hf }
training:
  trainer_type: TRL_SFT
  learning_rate: 1.0e-5
${training.map((line) => `  ${line}\n`).join("")}`.replace("hf }", "hf, torch_dtype_str: float16 }");

const found = (text: string) => analysisOf(text).findings.find(({ rule }) => rule === "precision/fp16-weights");

describe("precision/fp16-weights", () => {
  it("is an error, and a warning where accelerate may bring DeepSpeed", () => {
    assert.equal(found(oumi("mixed_precision_dtype: FP16"))?.severity, "error");
    const trl = (type: string, more: string) => trlWith(more).replace("dtype: float32", `dtype: ${type}`);
    for (const [type, more, expected] of [
      ["float16", "fp16: true", ["warning"]],
      ["float16", "fp16: true\naccelerate_config: multi_gpu", ["error"]],
      ["float16", "fp16: true\naccelerate_config: zero3", []],
      ["float32", "fp16: true", []],
      ["bfloat16", "fp16: true", []],
      ["float16", "", []],
    ] as const) {
      assert.deepEqual(severitiesOf("precision/fp16-weights", trl(type, more)), expected, `${type} ${more}`);
    }
  });

  it("is silent about adapters, which PEFT makes float32, and where DeepSpeed scales", () => {
    assert.equal(found(`${oumi("mixed_precision_dtype: FP16", "use_peft: true")}peft: { lora_r: 8 }\n`), undefined);
    assert.equal(
      found(`${oumi("mixed_precision_dtype: FP16")}deepspeed: { enable_deepspeed: true, zero_stage: 2 }\n`),
      undefined,
    );
  });

  it("has the weights held in float32, where they have a key of their own", () => {
    const [fix] = found(oumi("mixed_precision_dtype: FP16"))?.fixes ?? [];
    assert.equal(fix?.title, "Set torch_dtype_str to float32 (computing in float16 through autocast)");
    assert.equal(fix.preferred, true);
    const axolotl = "base_model: huggyllama/llama-7b\nmicro_batch_size: 1\nfp16: true\nbf16: false\n";
    assert.equal(found(axolotl)?.severity, "error");
    assert.deepEqual(found(axolotl)?.fixes, []);
  });
});
