import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { llamaFactoryV1 } from "../../../src/core/dialects/llamaFactoryV1.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, linkedFile, planOf } from "./reading.ts";

const minimal = "model: Qwen/Qwen3-4B\nmodel_class: llm\nlearning_rate: 1.0e-4\n";
const fsdp = `${minimal}dist_config:\n  name: fsdp2\n`;

const written = (text: string, change: PlanChange) => applyEdits(text, llamaFactoryV1.write(documentOf(text), change));

describe("reading a LLaMA-Factory v1 config", () => {
  it("takes everything from a QLoRA file as users write it", () => {
    const plan = planOf(
      llamaFactoryV1,
      `
model: Qwen/Qwen3-4B
model_class: llm
flash_attn: flash_attention_2
peft_config:
  name: lora
  r: 32
  lora_alpha: 64
  lora_dropout: 0.1
  target_modules: [q_proj, v_proj]
  modules_to_save: [lm_head]
  use_rslora: true
  use_dora: true
quant_config:
  name: bnb
  quantization_bit: 4
  double_quantization: false
dist_config:
  name: fsdp2
  reshard_after_forward: false
  offload_params: true
optim_config:
  name: adamw
  lr: 2.0e-4
  weight_decay: 0.05
  betas: [0.9, 0.95]
lr_scheduler_config:
  name: my_cosine
  min_ratio: 0.1
### data
train_dataset: data/chat.yaml
### training
micro_batch_size: 2
global_batch_size: 64
cutoff_len: 4096
learning_rate: 1.0e-4
num_train_epochs: 2
max_steps: 300
max_grad_norm: 0.5
bf16: true
enable_activation_checkpointing: false
dp_size: 4
cp_size: 2
`,
    );
    assert.equal(plan.stage.value, "sft");
    assert.equal(plan.model.id.value, "Qwen/Qwen3-4B");
    assert.equal(plan.model.shape, null);
    assert.equal(plan.method.value, "qlora");
    assert.equal(plan.lora?.rank.value, 32);
    assert.equal(plan.lora?.alpha.value, 64);
    assert.equal(plan.lora?.dropout.value, 0.1);
    assert.deepEqual(plan.lora?.targets.value, { kind: "names", names: ["q_proj", "v_proj"] });
    assert.deepEqual(plan.lora?.modulesToSave.value, ["lm_head"]);
    assert.equal(plan.lora?.rsLora.value, true);
    assert.equal(plan.lora?.dora.value, true);
    assert.equal(plan.quantization?.bits.value, 4);
    assert.equal(plan.quantization?.doubleQuantization.value, false);
    assert.equal(plan.quantization?.float32Norms.value, false);
    assert.equal(plan.optimizer.name.value, "adamw");
    assert.equal(plan.optimizer.weightDecay.value, 0.05);
    assert.equal(plan.optimizer.beta2.value, 0.95);
    assert.equal(plan.optimizer.beta2.origin, "file");
    assert.equal(plan.optimizer.maxGradNorm.value, 0.5);
    assert.equal(plan.learningRate.peak.value, 2e-4);
    assert.equal(plan.learningRate.scheduler.value, "my_cosine");
    assert.equal(plan.learningRate.family, "unknown");
    assert.deepEqual([...(plan.learningRate.schedulerArguments.value ?? [])], [["min_ratio", 0.1]]);
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 0 });
    assert.equal(plan.duration.epochs.value, 2);
    assert.equal(plan.duration.maxSteps.value, 300);
    assert.equal(plan.duration.maxTokens.value, null);
    assert.equal(plan.batch.micro.value, 2);
    assert.equal(plan.batch.global?.value, 64);
    assert.equal(plan.batch.accumulation.value, 8);
    assert.equal(plan.batch.evaluation.value, 2);
    assert.equal(plan.sequenceLength.value, 4096);
    assert.equal(plan.packing.value, false);
    assert.equal(plan.data.sources[0]?.name.value, "data/chat.yaml");
    assert.equal(plan.data.samples.origin, "unknown");
    assert.equal(plan.data.validation.value, 0);
    assert.equal(plan.data.dropLast?.value, true);
    assert.equal(plan.precision.frozen.value, "bfloat16");
    assert.equal(plan.precision.frozen.origin, "assumed");
    assert.equal(plan.precision.adapters.value, "float32");
    assert.equal(plan.precision.quantizedAdapters.value, "float32");
    assert.equal(plan.precision.autocast.value, "bfloat16");
    assert.equal(plan.gradientCheckpointing.value, false);
    assert.equal(plan.attention.value, "flash");
    assert.equal(plan.loss.value, "materialised");
    assert.equal(plan.parallelism.gpus.value, 8);
    assert.equal(plan.parallelism.context.value, 2);
    assert.equal(plan.parallelism.tensor.value, 1);
    assert.equal(plan.parallelism.pipeline.value, 1);
    assert.equal(plan.parallelism.expert.value, 1);
    assert.equal(plan.parallelism.sharding.value, "zero-2");
    assert.equal(plan.parallelism.offload.value, "optimizer-and-parameters");
  });

  it("reads how many copies there are of what FSDP2 shares", () => {
    const mesh = "mp_shard_size: 4\nmp_replicate_size: 2\n";
    const { parallelism } = planOf(llamaFactoryV1, `${minimal}dist_config: { name: fsdp2 }\n${mesh}`);
    assert.equal(parallelism.gpus.value, 8);
    assert.deepEqual(parallelism.groups?.value, { copies: 2 });
    assert.equal(planOf(llamaFactoryV1, `${minimal}${mesh}`).parallelism.groups, undefined);
  });

  it("fills in the defaults: a constant rate, one forward pass per update, checkpointing on", () => {
    const plan = planOf(
      llamaFactoryV1,
      minimal.replace("learning_rate: 1.0e-4", "global_batch_size:\nnum_train_epochs: 3"),
    );
    const defaults = {
      method: [plan.method, "full"],
      rate: [plan.learningRate.peak, 1e-4],
      scheduler: [plan.learningRate.scheduler, "constant"],
      micro: [plan.batch.micro, 1],
      accumulation: [plan.batch.accumulation, 1],
      maxSteps: [plan.duration.maxSteps, null],
      sequenceLength: [plan.sequenceLength, 2048],
      optimizer: [plan.optimizer.name, "adamw"],
      weightDecay: [plan.optimizer.weightDecay, 0.01],
      beta2: [plan.optimizer.beta2, 0.999],
      maxGradNorm: [plan.optimizer.maxGradNorm, 1],
      checkpointing: [plan.gradientCheckpointing, true],
      attention: [plan.attention, "sdpa"],
      trained: [plan.precision.trained, "float32"],
      sharding: [plan.parallelism.sharding, "none"],
    } as const;
    for (const [name, [source, value]] of Object.entries(defaults)) {
      assert.equal(source.value, value, name);
      assert.equal(source.origin, "default", name);
    }
    assert.equal(plan.learningRate.family, "huggingface");
    assert.equal(plan.lora, null);
    assert.equal(plan.quantization, null);
    assert.equal(plan.batch.global, null);
    assert.equal(plan.parallelism.gpus.origin, "assumed");
  });

  it("adapts all linear layers with rank 8 and alpha 16 where the file only says lora", () => {
    const plan = planOf(llamaFactoryV1, `${minimal}peft_config: { name: lora }\n`);
    assert.equal(plan.method.value, "lora");
    assert.equal(plan.lora?.rank.value, 8);
    assert.equal(plan.lora?.alpha.value, 16);
    assert.equal(plan.lora?.dropout.value, 0.05);
    assert.deepEqual(plan.lora?.targets.value, { kind: "all" });
  });

  it("computes in bfloat16 only where dist_config is set", () => {
    const autocast = (text: string) => planOf(llamaFactoryV1, text).precision.autocast.value;
    assert.equal(autocast(fsdp), "bfloat16");
    assert.equal(autocast(`${fsdp}bf16: false\n`), null);
    assert.equal(autocast(`${minimal}bf16: true\n`), null);
  });

  it("casts the layers that freeze-tuning trains", () => {
    const plan = planOf(llamaFactoryV1, `${minimal}peft_config: { name: freeze }\n`);
    assert.equal(plan.method.value, "freeze");
    assert.equal(plan.precision.trained.value, "float32");
    const uncast = `${minimal}peft_config: { name: freeze, cast_trainable_params_to_fp32: false }\n`;
    assert.equal(planOf(llamaFactoryV1, uncast).precision.trained.value, "bfloat16");
  });

  it("quantises to 4 bits with bnb, and not at all with auto, where no bits are given", () => {
    const quantization = (name: string) =>
      planOf(llamaFactoryV1, `${minimal}quant_config: { name: ${name} }\n`).quantization;
    assert.equal(quantization("bnb")?.bits.value, 4);
    assert.equal(quantization("bnb")?.doubleQuantization.value, true);
    assert.equal(quantization("auto"), null);
    assert.equal(planOf(llamaFactoryV1, `${minimal}quant_config: null\n`).quantization, null);
  });

  it("splits everything with FSDP2, and what a DeepSpeed file says", () => {
    assert.equal(planOf(llamaFactoryV1, fsdp).parallelism.sharding.value, "zero-3");
    assert.equal(planOf(llamaFactoryV1, fsdp).parallelism.offload.value, "none");
    const text = `${minimal}dist_config: { name: deepspeed, config_file: ds/z2.json }\n`;
    assert.equal(llamaFactoryV1.links?.(documentOf(text))[0]?.path, "ds/z2.json");
    assert.equal(planOf(llamaFactoryV1, text).parallelism.sharding.origin, "unknown");
    const linked = new Map([["ds/z2.json", linkedFile("file:///ds/z2.json", '{"zero_optimization": {"stage": 2}}')]]);
    assert.equal(planOf(llamaFactoryV1, text, { linked }).parallelism.sharding.value, "zero-2");
  });

  it("needs as many GPUs as share a sequence", () => {
    const gpus = (text: string) => planOf(llamaFactoryV1, minimal + text).parallelism.gpus;
    assert.equal(gpus("cp_size: 2\n").value, 2);
    assert.equal(gpus("cp_size: 2\n").origin, "assumed");
    assert.equal(gpus("mp_shard_size: 4\nmp_replicate_size: 2\n").value, 8);
    const nested = planOf(llamaFactoryV1, `${minimal}dist_config: { name: fsdp2, cp_size: 4 }\n`);
    assert.equal(nested.parallelism.context.value, 4);
  });

  it("trains a reward model with the head of a classifier", () => {
    assert.equal(planOf(llamaFactoryV1, minimal.replace("llm", "cls")).stage.value, "reward");
  });

  it("says unknown where a value is no value", () => {
    assert.equal(planOf(llamaFactoryV1, `${minimal}micro_batch_size: auto\n`).batch.micro.origin, "unknown");
  });

  it("saves every save_steps updates, and at the end alone without them", () => {
    assert.deepEqual(planOf(llamaFactoryV1, minimal).saveInterval?.value, { kind: "end" });
    const { saveInterval } = planOf(llamaFactoryV1, `${minimal}save_steps: 100\n`);
    assert.deepEqual(saveInterval?.value, { kind: "updates", every: 100 });
  });

  it("knows the methods of peft_config, and quantises by the bits alone", () => {
    const method = (lines: string) => planOf(llamaFactoryV1, `${minimal}${lines}`).method.value;
    assert.equal(method("peft_config: { name: freeze }\n"), "freeze");
    assert.equal(method("peft_config: { name: oft }\n"), "adapter");
    const eight = planOf(
      llamaFactoryV1,
      `${minimal}peft_config: { name: lora }\nquant_config: { name: bnb, quantization_bit: 8 }\n`,
    );
    assert.deepEqual([eight.method.value, eight.quantization?.doubleQuantization.value], ["lora", false]);
  });

  it("does not know what DeepSpeed splits where its file is not named", () => {
    const { parallelism } = planOf(llamaFactoryV1, `${minimal}dist_config: { name: deepspeed }\n`);
    assert.equal(parallelism.sharding.origin, "unknown");
    assert.match(parallelism.sharding.note ?? "", /DeepSpeed's configuration/);
    const kept = planOf(llamaFactoryV1, `${minimal}dist_config: { name: fsdp2, reshard_after_forward: false }\n`);
    assert.equal(kept.parallelism.sharding.value, "zero-2");
  });
});

describe("telling LLaMA-Factory v1 configs from others", () => {
  it("needs a plugin, and a key that trains", () => {
    const confidence = (text: string) => llamaFactoryV1.detect(documentOf(text));
    assert.equal(confidence(minimal), 1);
    assert.equal(confidence("model: Qwen/Qwen3-4B\nmodel_class: llm\nsample_backend: hf\nmax_new_tokens: 128\n"), 0);
    assert.equal(confidence("model_name_or_path: a\nfinetuning_type: lora\nlearning_rate: 1e-4\n"), 0);
    assert.equal(confidence("model: a\ntuner_type: lora\nlearning_rate: 1e-4\n"), 0);
    assert.equal(confidence("model:\n  name: a\npeft_config: { name: lora }\nlearning_rate: 1e-4\n"), 0);
  });
});

describe("writing a LLaMA-Factory v1 config", () => {
  it("changes values in place and leaves comments alone", () => {
    const text = `${minimal}micro_batch_size: 1 # per GPU\ncutoff_len: 2048\nenable_activation_checkpointing: false
num_train_epochs: 3\npeft_config:\n  name: lora\n  r: 16 # rank\n`;
    const change = {
      peakLearningRate: 5e-5,
      microBatch: 2,
      sequenceLength: 1024,
      gradientCheckpointing: true,
      epochs: 1,
      loraRank: 8,
    };
    assert.equal(
      written(text, change),
      `${minimal.replace("1.0e-4", "5.0e-5")}micro_batch_size: 2 # per GPU\ncutoff_len: 1024
enable_activation_checkpointing: true\nnum_train_epochs: 1\npeft_config:\n  name: lora\n  r: 8 # rank\n`,
    );
  });

  it("writes the sequences per update instead of the accumulation", () => {
    const text = `${minimal}micro_batch_size: 2\nglobal_batch_size: 8\ndp_size: 4\n`;
    assert.equal(written(text, { accumulation: 4 }), text.replace("global_batch_size: 8", "global_batch_size: 32"));
    assert.equal(
      written(`${minimal}micro_batch_size: 2\n`, { accumulation: 4 }),
      `${minimal}micro_batch_size: 2\nglobal_batch_size: 8\n`,
    );
  });

  it("writes the rate where the optimizer has its own, and has no keys for schedules and warmup", () => {
    const text = `${minimal}optim_config:\n  name: adamw\n  lr: 2.0e-4\n`;
    assert.equal(written(text, { peakLearningRate: 1e-4 }), text.replace("2.0e-4", "1.0e-4"));
    assert.equal(written(text, { scheduler: "cosine", warmupSteps: 5, warmupRatio: 0.1, optimizer: "muon" }), text);
  });
});
