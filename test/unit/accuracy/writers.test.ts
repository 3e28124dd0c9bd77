import assert from "node:assert/strict";
import { analyzed } from "../../../scripts/accuracy/outcome.mts";
import type { Row } from "../../../scripts/accuracy/row.mts";
import { writerOf } from "../../../scripts/accuracy/writers.mts";
import type { Analysis } from "../../../src/core/analyze.ts";
import { adaptedLinears } from "../../../src/core/models/lora.ts";
import { catalogue } from "../builtIn.ts";
import { loraRow } from "./rows.ts";

/** The row as its framework's config, read again. */
function read(row: Row): Analysis {
  const config = writerOf(row)?.(row);
  assert.ok(config, "nobody writes the row");
  const analysis = analyzed(config, row, catalogue);
  assert.ok(analysis, `not recognised:\n${config.text}`);
  return analysis;
}

function targetsOf({ plan, model }: Analysis): readonly string[] {
  const targets = plan.lora?.targets.value;
  assert.ok(targets && model.value?.kind === "architecture");
  return (adaptedLinears(model.value.architecture, targets).value ?? []).map(({ name }) => name);
}

describe("rows of measurements as configs", () => {
  it("reads TRL's LoRA back as it was measured", () => {
    const analysis = read(loraRow);
    const { plan, dialect, versions } = analysis;
    assert.equal(dialect.id, "hf-trl");
    assert.equal(plan.model.id.value, "mistralai/Mistral-7B-v0.1");
    assert.equal(plan.method.value, "lora");
    assert.equal(plan.lora?.rank.value, 16);
    assert.deepEqual(targetsOf(analysis), ["q_proj", "v_proj"]);
    assert.equal(plan.batch.micro.value, 4);
    assert.equal(plan.sequenceLength.value, 4096);
    assert.equal(plan.precision.frozen.value, "bfloat16");
    assert.equal(plan.precision.autocast.value, null);
    assert.equal(plan.gradientCheckpointing.value, true);
    assert.equal(plan.attention.value, "flash");
    assert.equal(plan.optimizer.name.value, "adamw_torch");
    assert.equal(plan.loss.value, "materialised");
    assert.equal(plan.parallelism.gpus.value, 1);
    assert.equal(versions["transformers"], "4.48.1");
    assert.equal(versions["trl"], "0.13.0");
  });

  it("writes QLoRA with quantised scales under autocast", () => {
    const { plan } = read({ ...loraRow, method: "qlora", weight_dtype: "nf4-double-quant", autocast: true });
    assert.equal(plan.method.value, "qlora");
    assert.equal(plan.quantization?.bits.value, 4);
    assert.equal(plan.quantization?.doubleQuantization.value, true);
    assert.equal(plan.precision.autocast.value, "bfloat16");
  });

  it("takes the GPUs and the FSDP strategy from accelerate's file beside it", () => {
    const { plan } = read({ ...loraRow, method: "full", num_gpus: 4, fsdp: "full_shard" });
    assert.equal(plan.parallelism.gpus.value, 4);
    assert.equal(plan.parallelism.gpus.origin, "linked");
    assert.equal(plan.parallelism.sharding.value, "zero-3");
  });

  it("takes the ZeRO stage from DeepSpeed's file beside it", () => {
    const { plan } = read({ ...loraRow, method: "full", num_gpus: 2, zero_stage: 2 });
    assert.equal(plan.parallelism.gpus.value, 2);
    assert.equal(plan.parallelism.sharding.value, "zero-2");
  });

  it("names the copy with quantised weights that a GPTQ run started from", () => {
    const notes = "GPTQ int4 base (model TheBloke/Mistral-7B-v0.1-GPTQ)";
    const { plan, model } = read({ ...loraRow, weight_dtype: "gptq-int4", notes });
    assert.equal(plan.model.id.value, "TheBloke/Mistral-7B-v0.1-GPTQ");
    assert.equal(model.value?.kind === "architecture" && model.value.quantized?.method, "gptq");
  });

  it("writes Liger's fused loss", () => {
    assert.equal(read({ ...loraRow, fused_ce: "liger fused-linear CE" }).plan.loss.value, "fused");
  });

  it("writes the plugins of fms-hf-tuning in a file of their own", () => {
    const row = {
      ...loraRow,
      framework: "fms-hf-tuning sft_trainer",
      method: "qlora",
      weight_dtype: "nf4-double-quant",
    };
    const { plan } = read({ ...row, notes: "trl 0.11.4; framework_config=accelerated-peft-bnb-foak-liger; nf4" });
    assert.equal(plan.method.value, "qlora");
    assert.equal(plan.quantization?.bits.origin, "linked");
    assert.equal(plan.quantization?.float32Norms.value, false);
    assert.equal(plan.loss.value, "fused");
    const baseline = read({ ...row, notes: "trl 0.11.4; framework_config=baseline-peft-bnb" });
    assert.equal(baseline.plan.quantization?.float32Norms.value, true);
    const sharded = {
      ...row,
      num_gpus: 2,
      fsdp: "full_shard",
      notes: "trl 0.11.4; framework_config=baseline-peft-bnb",
    };
    assert.equal(read(sharded).plan.quantization?.float32Norms.value, false);
  });

  it("writes the accumulation and the types of Qwen's finetune.py", () => {
    const qwen = { ...loraRow, framework: "QwenLM finetune.py (HF Trainer)", model: "Qwen/Qwen-7B", autocast: true };
    const { plan } = read({ ...qwen, lora_targets: ["c_attn", "c_proj", "w1", "w2"] });
    assert.equal(plan.batch.accumulation.value, 8);
    assert.equal(plan.precision.autocast.value, "bfloat16");
    assert.equal(plan.precision.frozen.value, "bfloat16");
  });

  it("writes ms-swift's keys", () => {
    const { plan, dialect } = read({ ...loraRow, framework: "ms-swift 2.x sft (HF Trainer)" });
    assert.equal(dialect.id, "ms-swift");
    assert.equal(plan.lora?.rank.value, 16);
    assert.equal(plan.batch.accumulation.value, 16);
    assert.equal(plan.attention.value, "flash");
  });

  it("writes LitGPT's flags for the adapted layers, and its own optimizer for quantised models", () => {
    const row = { ...loraRow, framework: "litgpt", method: "qlora", weight_dtype: "nf4", num_gpus: 1 };
    const analysis = read(row);
    assert.equal(analysis.dialect.id, "litgpt");
    assert.deepEqual(targetsOf(analysis), ["q_proj", "v_proj"]);
    assert.equal(analysis.plan.optimizer.name.value, "bitsandbytes.optim.PagedAdamW");
    assert.equal(analysis.plan.precision.frozen.value, "bfloat16");
  });

  it("writes torchtune's components", () => {
    const row = { ...loraRow, framework: "torchtune single device", model: "meta-llama/Llama-3.2-3B" };
    const analysis = read({ ...row, lora_targets: ["q_proj", "o_proj", "up_proj"] });
    const { plan, dialect, model } = analysis;
    assert.equal(dialect.id, "torchtune");
    assert.equal(plan.model.id.value, "torchtune.models.llama3_2.lora_llama3_2_3b");
    assert.equal(model.value?.parameters.total, 3_212_749_824);
    assert.ok(targetsOf(analysis).includes("gate_proj"));
    assert.ok(!targetsOf(analysis).includes("k_proj"));
  });

  it("writes torchtune's 8-bit optimizer in the backward pass", () => {
    const row = { ...loraRow, framework: "torchtune single device", model: "meta-llama/Llama-3.2-3B", method: "full" };
    const { plan } = read({ ...row, optimizer: "AdamW8bit (bitsandbytes)", notes: "optimizer in backward" });
    assert.equal(plan.optimizer.name.value, "bitsandbytes.optim.AdamW8bit");
    assert.equal(plan.method.value, "full");
  });

  it("writes axolotl's and LLaMA-Factory's files", () => {
    const axolotl = read({ ...loraRow, framework: "axolotl 0.9" });
    assert.equal(axolotl.dialect.id, "axolotl");
    assert.equal(axolotl.plan.lora?.rank.value, 16);
    const factory = read({ ...loraRow, framework: "LLaMA-Factory", method: "qlora", weight_dtype: "nf4" });
    assert.equal(factory.dialect.id, "llamafactory");
    assert.equal(factory.plan.quantization?.bits.value, 4);
  });

  it("writes Unsloth's YAML, with checkpoints that go to the host", () => {
    const row = { ...loraRow, framework: "unsloth", grad_checkpointing: "unsloth (CPU-offloaded activations)" };
    const { plan, dialect } = read({ ...row, method: "qlora", weight_dtype: "nf4" });
    assert.equal(dialect.id, "unsloth-studio");
    assert.equal(plan.method.value, "qlora");
    assert.equal(plan.lora?.rank.value, 16);
    assert.equal(plan.sequenceLength.value, 4096);
    assert.equal(plan.gradientCheckpointing.value, true);
  });

  it("has nobody for a framework whose configs are not read", () => {
    assert.equal(writerOf({ ...loraRow, framework: "torchtitan" }), undefined);
    assert.equal(writerOf({ ...loraRow, framework: null }), undefined);
  });
});
