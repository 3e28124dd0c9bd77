import assert from "node:assert/strict";
import { globalBatchSize } from "../../../src/core/plan/plan.ts";
import { analysisOf } from "../analysis.ts";

const minimal = "base_model: NousResearch/Llama-2-7b-hf\nmicro_batch_size: 2\nlearning_rate: 2e-5\n";

describe("reading an axolotl config", () => {
  it("takes everything from a QLoRA file as users write it", () => {
    const { plan, dialect, confidence } = analysisOf(`
base_model: NousResearch/Meta-Llama-3-8B
load_in_8bit: false
load_in_4bit: true
adapter: qlora
lora_r: 32
lora_alpha: 16
lora_dropout: 0.05
lora_target_linear: true
sequence_len: 4096
sample_packing: true
gradient_accumulation_steps: 4
micro_batch_size: 2
num_epochs: 3
optimizer: paged_adamw_32bit
lr_scheduler: cosine
learning_rate: 0.0002
warmup_steps: 10
bf16: auto
gradient_checkpointing: true
attn_implementation: flash_attention_2
weight_decay: 0.1
eval_batch_size: 1
max_steps: 500
`);
    assert.equal(dialect.id, "axolotl");
    assert.equal(confidence, 1);
    assert.equal(plan.model.id.value, "NousResearch/Meta-Llama-3-8B");
    assert.equal(plan.stage.value, "sft");
    assert.equal(plan.method.value, "qlora");
    assert.equal(plan.lora?.rank.value, 32);
    assert.equal(plan.lora?.alpha.value, 16);
    assert.equal(plan.lora?.dropout.value, 0.05);
    assert.equal(plan.lora?.targets.value?.kind, "all");
    assert.equal(plan.quantization?.bits.value, 4);
    assert.equal(plan.quantization?.doubleQuantization.value, true);
    assert.equal(plan.quantization?.float32Norms.value, false);
    assert.equal(plan.sequenceLength.value, 4096);
    assert.equal(plan.packing.value, true);
    assert.equal(plan.batch.micro.value, 2);
    assert.equal(plan.batch.accumulation.value, 4);
    assert.equal(plan.batch.evaluation.value, 1);
    assert.equal(globalBatchSize(plan), 8);
    assert.equal(plan.duration.epochs.value, 3);
    assert.equal(plan.duration.maxSteps.value, 500);
    assert.equal(plan.optimizer.name.value, "paged_adamw_32bit");
    assert.equal(plan.optimizer.weightDecay.value, 0.1);
    assert.equal(plan.learningRate.peak.value, 0.0002);
    assert.equal(plan.learningRate.scheduler.value, "cosine");
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 10 });
    assert.equal(plan.precision.frozen.value, "bfloat16");
    assert.equal(plan.precision.autocast.value, "bfloat16");
    assert.equal(plan.precision.quantizedAdapters.value, "float32");
    assert.equal(plan.gradientCheckpointing.value, true);
    assert.equal(plan.attention.value, "flash");
    assert.equal(plan.loss.value, "materialised");
  });

  it("fills in axolotl's own defaults, and says that they are defaults", () => {
    const { plan } = analysisOf(minimal);
    const defaults = {
      sequenceLength: [plan.sequenceLength, 512],
      accumulation: [plan.batch.accumulation, 1],
      epochs: [plan.duration.epochs, 1],
      maxSteps: [plan.duration.maxSteps, null],
      optimizer: [plan.optimizer.name, "adamw_torch_fused"],
      scheduler: [plan.learningRate.scheduler, "cosine"],
      checkpointing: [plan.gradientCheckpointing, false],
      weights: [plan.precision.trained, "bfloat16"],
      sharding: [plan.parallelism.sharding, "none"],
    } as const;
    for (const [name, [source, value]] of Object.entries(defaults)) {
      assert.equal(source.value, value, name);
      assert.equal(source.origin, "default", name);
    }
    assert.deepEqual(plan.learningRate.warmup.value, { ratio: 0.03, rounding: "down", atMost: 100, oneIsTwo: true });
  });

  it("never knows the number of GPUs: one is assumed, and said to be", () => {
    const { gpus } = analysisOf(minimal).plan.parallelism;
    assert.equal(gpus.value, 1);
    assert.equal(gpus.origin, "assumed");
  });

  it("trains every weight without an adapter, whatever lora_r says", () => {
    const { plan } = analysisOf(`${minimal}lora_r: 16\nadapter:\n`);
    assert.equal(plan.method.value, "full");
    assert.equal(plan.lora, null);
  });

  it("is QLoRA with adapter: lora on 4-bit weights, and LoRA on 8-bit ones", () => {
    const four = analysisOf(`${minimal}adapter: lora\nlora_r: 8\nload_in_4bit: true\n`).plan;
    assert.equal(four.method.value, "qlora");
    const eight = analysisOf(`${minimal}adapter: lora\nlora_r: 8\nload_in_8bit: true\n`).plan;
    assert.equal(eight.method.value, "lora");
    assert.equal(eight.quantization?.bits.value, 8);
  });

  it("takes names, lists and PEFT's own choice as LoRA targets", () => {
    const targets = (text: string) =>
      analysisOf(`${minimal}adapter: lora\nlora_r: 8\n${text}`).plan.lora?.targets.value;
    assert.deepEqual(targets("lora_target_modules: [q_proj, v_proj]\n"), {
      kind: "names",
      names: ["q_proj", "v_proj"],
    });
    assert.deepEqual(targets("lora_target_modules:\n  - o_proj\n"), { kind: "names", names: ["o_proj"] });
    assert.deepEqual(targets(""), { kind: "default" });
  });

  it("derives the accumulation from batch_size, the total of one GPU", () => {
    assert.equal(analysisOf(`${minimal}batch_size: 16\n`).plan.batch.accumulation.value, 8);
  });

  it("tells the stage from rl, reward_model and pretraining_dataset", () => {
    const stage = (text: string) => analysisOf(minimal + text).plan.stage.value;
    assert.equal(stage("rl: ipo\n"), "dpo");
    assert.equal(stage("rl: orpo\n"), "orpo");
    assert.equal(stage("reward_model: true\n"), "reward");
    assert.equal(stage("pretraining_dataset: c4\n"), "continued-pretrain");
  });

  it("knows that fused losses never hold all logits", () => {
    const loss = (text: string) => analysisOf(minimal + text).plan.loss.value;
    const plugin = "plugins:\n  - axolotl.integrations.cut_cross_entropy.CutCrossEntropyPlugin\n";
    assert.equal(loss("liger_fused_linear_cross_entropy: true\n"), "chunked");
    assert.equal(loss(plugin), "chunked");
    assert.equal(loss(`${plugin}cut_cross_entropy: false\n`), "materialised");
  });

  it("reads what is sharded from FSDP, inline DeepSpeed, or the name of a DeepSpeed file, which is an assumption", () => {
    const sharding = (text: string) => analysisOf(minimal + text).plan.parallelism.sharding;
    assert.equal(sharding("fsdp:\n  - full_shard\n  - auto_wrap\n").value, "zero-3");
    assert.equal(sharding("fsdp: [shard_grad_op]\n").value, "zero-2");
    assert.equal(sharding("deepspeed: { zero_optimization: { stage: 2 } }\n").value, "zero-2");
    const named = sharding("deepspeed: deepspeed_configs/zero3_bf16.json\n");
    assert.equal(named.value, "zero-3");
    assert.equal(named.origin, "assumed");
    assert.equal(sharding("deepspeed: ds.json\n").origin, "unknown");
  });

  it("says unknown, not wrong, where a value is resolved elsewhere or is no value", () => {
    const { plan } = analysisOf("base_model: ${MODEL}\nmicro_batch_size: auto\nlearning_rate: 2e-5\n");
    assert.equal(plan.model.id.origin, "unknown");
    assert.match(plan.model.id.note ?? "", /resolved outside this file/);
    assert.equal(plan.batch.micro.origin, "unknown");
    assert.match(plan.batch.micro.note ?? "", /"auto" is not a value that micro_batch_size can have/);
    assert.equal(globalBatchSize(plan), undefined);
  });

  it("says where a value from the file stands", () => {
    const { peak } = analysisOf(minimal).plan.learningRate;
    assert.equal(peak.origin, "file");
    assert.deepEqual(peak.place?.range, { start: { line: 2, character: 15 }, end: { line: 2, character: 19 } });
    assert.deepEqual(peak.place?.keyRange, { start: { line: 2, character: 0 }, end: { line: 2, character: 13 } });
  });
});
