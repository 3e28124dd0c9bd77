import assert from "node:assert/strict";
import { analysisOf } from "../analysis.ts";

const minimal = "model_name_or_path: Qwen/Qwen3-4B\nstage: sft\ndo_train: true\n";

describe("reading a LLaMA-Factory config", () => {
  it("takes everything from a LoRA file as users write it", () => {
    const { plan, dialect } = analysisOf(`
### model
model_name_or_path: meta-llama/Meta-Llama-3-8B-Instruct
### method
stage: sft
do_train: true
finetuning_type: lora
lora_rank: 16
lora_alpha: 64
lora_dropout: 0.1
lora_target: q_proj,v_proj
### dataset
cutoff_len: 4096
### train
per_device_train_batch_size: 2
per_device_eval_batch_size: 4
gradient_accumulation_steps: 8
learning_rate: 1.0e-4
num_train_epochs: 2.0
lr_scheduler_type: cosine
warmup_ratio: 0.1
bf16: true
optim: paged_adamw_8bit
flash_attn: fa2
enable_liger_kernel: true
`);
    assert.equal(dialect.id, "llamafactory");
    assert.equal(plan.method.value, "lora");
    assert.equal(plan.lora?.rank.value, 16);
    assert.equal(plan.lora?.alpha.value, 64);
    assert.equal(plan.lora?.dropout.value, 0.1);
    assert.deepEqual(plan.lora?.targets.value, { kind: "names", names: ["q_proj", "v_proj"] });
    assert.equal(plan.quantization, null);
    assert.equal(plan.sequenceLength.value, 4096);
    assert.equal(plan.batch.micro.value, 2);
    assert.equal(plan.batch.accumulation.value, 8);
    assert.equal(plan.batch.evaluation.value, 4);
    assert.equal(plan.learningRate.peak.value, 1e-4);
    assert.equal(plan.learningRate.scheduler.value, "cosine");
    assert.deepEqual(plan.learningRate.warmup.value, { ratio: 0.1, rounding: "up" });
    assert.equal(plan.duration.epochs.value, 2);
    assert.equal(plan.optimizer.name.value, "paged_adamw_8bit");
    assert.equal(plan.precision.frozen.value, "bfloat16");
    assert.equal(plan.precision.adapters.value, "float32");
    assert.equal(plan.precision.autocast.value, "bfloat16");
    assert.equal(plan.attention.value, "flash");
    assert.equal(plan.loss.value, "chunked");
  });

  it("fills in LLaMA-Factory's defaults: LoRA of rank 8 on all layers, alpha twice the rank, checkpointing on", () => {
    const { plan } = analysisOf(minimal);
    assert.equal(plan.method.value, "lora");
    assert.equal(plan.lora?.rank.value, 8);
    assert.equal(plan.lora?.alpha.value, 16);
    assert.equal(plan.lora?.targets.value?.kind, "all");
    assert.equal(plan.gradientCheckpointing.value, true);
    assert.equal(plan.sequenceLength.value, 2048);
    assert.equal(plan.batch.micro.value, 8);
    assert.equal(plan.batch.accumulation.value, 1);
    assert.equal(plan.learningRate.peak.value, 5e-5);
    assert.equal(plan.learningRate.peak.origin, "default");
    assert.equal(plan.learningRate.scheduler.value, "linear");
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 0 });
    assert.equal(plan.duration.epochs.value, 3);
    assert.equal(plan.attention.value, "sdpa");
  });

  it("doubles the rank of the file for alpha", () => {
    assert.equal(analysisOf(`${minimal}lora_rank: 64\n`).plan.lora?.alpha.value, 128);
  });

  it("trains in float32 unless pure_bf16 is set", () => {
    const precision = (text: string) => analysisOf(`${minimal}finetuning_type: full\n${text}`).plan.precision;
    assert.equal(precision("bf16: true\n").trained.value, "float32");
    assert.equal(precision("bf16: true\n").autocast.value, "bfloat16");
    assert.equal(precision("pure_bf16: true\n").trained.value, "bfloat16");
    assert.equal(precision("pure_bf16: true\n").autocast.value, null);
  });

  it("is QLoRA when the model is quantised, with double quantisation by default", () => {
    const { plan } = analysisOf(`${minimal}quantization_bit: 4\n`);
    assert.equal(plan.method.value, "qlora");
    assert.equal(plan.quantization?.bits.value, 4);
    assert.equal(plan.quantization?.doubleQuantization.value, true);
    assert.equal(plan.quantization?.float32Norms.value, false);
  });

  it("packs by default in pretraining only", () => {
    assert.equal(analysisOf(minimal.replace("sft", "pt")).plan.packing.value, true);
    assert.equal(analysisOf(minimal).plan.packing.value, false);
  });

  it("names the stages as the field does", () => {
    const stage = (name: string) => analysisOf(minimal.replace("sft", name)).plan.stage.value;
    assert.equal(stage("pt"), "continued-pretrain");
    assert.equal(stage("rm"), "reward");
    assert.equal(stage("dpo"), "dpo");
    assert.equal(stage("kto"), "kto");
    assert.equal(stage("ppo"), "ppo");
  });
});
