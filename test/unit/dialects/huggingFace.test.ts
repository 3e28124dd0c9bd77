import assert from "node:assert/strict";
import { analysisOf } from "../analysis.ts";

const trl = "model_name_or_path: Qwen/Qwen2.5-0.5B\ndataset_text_field: text\nlearning_rate: 2e-5\nmax_length: 2048\n";

describe("reading a Trainer or TRL config", () => {
  it("takes everything from a TRL QLoRA recipe as users write it", () => {
    const { plan, dialect } = analysisOf(`
model_name_or_path: mistralai/Mistral-7B-v0.1
torch_dtype: bfloat16
attn_implementation: flash_attention_2
use_peft: true
load_in_4bit: true
use_bnb_nested_quant: true
lora_r: 64
lora_alpha: 16
lora_dropout: 0.1
lora_target_modules: [q_proj, k_proj, v_proj, o_proj]
max_seq_length: 2048
packing: true
gradient_checkpointing: true
learning_rate: 2.0e-04
lr_scheduler_type: constant_with_warmup
warmup_steps: 100
max_steps: 1000
per_device_train_batch_size: 4
gradient_accumulation_steps: 2
optim: paged_adamw_32bit
`);
    assert.equal(dialect.id, "hf-trl");
    assert.equal(plan.stage.value, "sft");
    assert.equal(plan.method.value, "qlora");
    assert.equal(plan.lora?.rank.value, 64);
    assert.deepEqual(plan.lora?.targets.value, { kind: "names", names: ["q_proj", "k_proj", "v_proj", "o_proj"] });
    assert.equal(plan.quantization?.doubleQuantization.value, true);
    assert.equal(plan.sequenceLength.value, 2048);
    assert.equal(plan.packing.value, true);
    assert.equal(plan.learningRate.peak.value, 2e-4);
    assert.equal(plan.learningRate.scheduler.value, "constant_with_warmup");
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 100 });
    assert.equal(plan.duration.maxSteps.value, 1000);
    assert.equal(plan.batch.micro.value, 4);
    assert.equal(plan.optimizer.name.value, "paged_adamw_32bit");
    assert.equal(plan.precision.frozen.value, "bfloat16");
    assert.equal(plan.attention.value, "flash");
  });

  it("fills in TRL's defaults where TRL's keys are, Trainer's where they are not", () => {
    const sft = analysisOf(trl.replace("learning_rate: 2e-5\n", "num_train_epochs: 1\n")).plan;
    assert.equal(sft.learningRate.peak.value, 2e-5);
    assert.equal(sft.gradientCheckpointing.value, true);
    assert.equal(sft.precision.autocast.value, "bfloat16");
    assert.equal(sft.precision.trained.value, "float32");
    assert.equal(sft.loss.value, "chunked");
    const trainer = analysisOf("model_name_or_path: m\nper_device_train_batch_size: 4\n").plan;
    assert.equal(trainer.learningRate.peak.value, 5e-5);
    assert.equal(trainer.gradientCheckpointing.value, false);
    assert.equal(trainer.precision.autocast.value, null);
    assert.equal(trainer.loss.value, "materialised");
    assert.equal(trainer.sequenceLength.origin, "unknown");
  });

  it("ignores lora keys without use_peft, as TRL does", () => {
    const { plan } = analysisOf(`${trl}lora_r: 16\n`);
    assert.equal(plan.method.value, "full");
    assert.equal(plan.lora, null);
  });

  it("tells DPO, GRPO and KTO by keys that only they have", () => {
    const stage = (text: string) => analysisOf(trl + text).plan.stage.value;
    assert.equal(stage("beta: 0.1\n"), "dpo");
    assert.equal(stage("num_generations: 8\nbeta: 0.04\n"), "grpo");
    assert.equal(stage("desirable_weight: 1.0\n"), "kto");
  });

  it("follows the releases: checkpointing and chunked loss by default are new", () => {
    const { plan } = analysisOf(trl, { versions: { trl: "0.13.0", transformers: "4.48.1", torch: "2.4.1" } });
    assert.equal(plan.gradientCheckpointing.value, false);
    assert.equal(plan.loss.value, "materialised");
    assert.equal(plan.optimizer.name.value, "adamw_torch");
    assert.equal(analysisOf(trl).plan.optimizer.name.value, "adamw_torch_fused");
  });

  it("lets steps win over a ratio in transformers 4, and the ratio in 5", () => {
    const text = `${trl}warmup_steps: 50\nwarmup_ratio: 0.1\n`;
    const warmup = (version: string) =>
      analysisOf(text, { versions: { transformers: version } }).plan.learningRate.warmup.value;
    assert.deepEqual(warmup("4.57.6"), { steps: 50 });
    assert.deepEqual(warmup("5.3.0"), { ratio: 0.1, rounding: "up" });
  });

  it("reads warmup_steps below one as a ratio since transformers 5", () => {
    const warmup = (version: string) =>
      analysisOf(`${trl}warmup_steps: 0.03\n`, { versions: { transformers: version } }).plan.learningRate.warmup.value;
    assert.deepEqual(warmup("5.15.0"), { ratio: 0.03, rounding: "up" });
    assert.deepEqual(warmup("4.57.6"), { steps: 0 });
  });

  it("reads JSON as it reads YAML", () => {
    const { plan, dialect } = analysisOf(
      '{ "model_name_or_path": "Qwen/Qwen2.5-0.5B", "block_size": 1024, "learning_rate": 5e-5, "bf16": true }',
      { format: "json" },
    );
    assert.equal(dialect.id, "hf-trl");
    assert.equal(plan.sequenceLength.value, 1024);
    assert.equal(plan.precision.autocast.value, "bfloat16");
    assert.deepEqual(plan.sequenceLength.place?.range.start, { line: 0, character: 59 });
  });
});
