import assert from "node:assert/strict";
import { waysToTrain } from "../../../src/core/advice/compareMethods.ts";
import { type Recommendation, recommendMethod } from "../../../src/core/advice/recommendMethod.ts";
import { findGpu } from "../../../src/core/gpus/catalogue.ts";
import { architectureIn } from "../../../src/core/models/facts.ts";
import { analysisOf, answered } from "../analysis.ts";

/** For a model on GPUs; LLaMA-Factory trains in float32 unless it is told otherwise. */
function recommended(model: string, gpu: string, count = 1): Recommendation {
  const {
    plan,
    model: facts,
    versions,
  } = analysisOf(
    `model_name_or_path: ${model}\nstage: sft\nfinetuning_type: full\ncutoff_len: 1024\nper_device_train_batch_size: 1\nlearning_rate: 2e-5\nbf16: true\n`,
  );
  const { id, parameters } = answered(facts);
  const ways = waysToTrain(plan, id, { architecture: answered(architectureIn(facts)), versions }, 8);
  return recommendMethod(ways, parameters.total, { gpu: findGpu(gpu) ?? assert.fail(gpu), count });
}

describe("the recommended method", () => {
  it("is full fine-tuning below 1B parameters, where adapters are not worth it", () => {
    const { id, title, reasons } = recommended("HuggingFaceTB/SmolLM2-360M", "rtx-4090");
    assert.equal(id, "full");
    assert.equal(title, "Full fine-tuning on 1× RTX 4090");
    assert.match(reasons[0] ?? "", /^362M parameters are few \(below 1B\)/);
  });

  it("is full fine-tuning of a 7B model with a cluster of eight A100s at hand", () => {
    const { id, reasons } = recommended("meta-llama/Llama-2-7b-hf", "a100-80gb", 8);
    assert.equal(id, "full");
    assert.match(reasons.join(" "), /fits on 8× A100 80GB with all states sharded \(ZeRO-3\)/);
    assert.match(reasons.join(" "), /best quality.*single task/);
    assert.doesNotMatch(reasons.join(" "), /below 1B/);
  });

  // 16 bytes for each of 6.74B parameters are 100 GiB; in bfloat16 they are 12.6 GiB, which 48 GB hold; 12 GB only in 4 bits.
  it("is LoRA where full fine-tuning does not fit, with what that would take", () => {
    const { id, reasons } = recommended("meta-llama/Llama-2-7b-hf", "rtx-a6000");
    assert.equal(id, "lora");
    assert.match(
      reasons.at(-1) ?? "",
      /one model serves one task, full fine-tuning still wins: it takes \d+× RTX A6000/,
    );
  });

  // Float32 weights and gradients and two bytes of states: 10 bytes for each parameter are 63 GiB, and 16 are 100 GiB, of 96 GB.
  it("names 8-bit AdamW where full fine-tuning fits with it", () => {
    const { reasons } = recommended("meta-llama/Llama-2-7b-hf", "h100-96gb");
    assert.match(reasons.at(-1) ?? "", /, or 8-bit AdamW, with which it fits 1× H100 96GB \(HBM2e\)\.$/);
  });

  it("is QLoRA where one small GPU is all there is", () => {
    const { id, reasons } = recommended("meta-llama/Llama-2-7b-hf", "rtx-3060-12gb");
    assert.equal(id, "qlora");
    assert.match(reasons.join(" "), /Nor does LoRA/);
  });

  it("is QLoRA for a 70B model on one A100, as in the article", () => {
    assert.equal(recommended("meta-llama/Llama-2-70b-hf", "a100-80gb").id, "qlora");
  });

  it("is none where nothing fits, with what it would take", () => {
    const { id, title, reasons } = recommended("meta-llama/Llama-2-70b-hf", "rtx-4090");
    assert.equal(id, null);
    assert.equal(title, "Nothing fits on 1× RTX 4090");
    assert.match(reasons[0] ?? "", /^QLoRA, which needs the least, takes \d+× RTX 4090/);
  });
});
