import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { openInstruct } from "../../../src/core/dialects/openInstruct.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, intervalsOf, planOf } from "./reading.ts";

const minimal = "model_name_or_path: meta-llama/Llama-3.1-8B\nlearning_rate: 5.0e-06\nwith_tracking: true\n";

const written = (text: string, change: PlanChange) => applyEdits(text, openInstruct.write(documentOf(text), change));

describe("reading an open-instruct config", () => {
  it("takes everything from a supervised file as users write it", () => {
    const plan = planOf(
      openInstruct,
      `
model_name_or_path: meta-llama/Llama-3.1-8B
model_revision: main
use_flash_attn: false
tokenizer_name: meta-llama/Llama-3.1-8B
use_slow_tokenizer: false
dataset_mixer:
  allenai/tulu-3-sft-mixture: 1.0
  HuggingFaceH4/no_robots: 5000
  ai2-adapt-dev/numina: 0.5
max_seq_length: 4096
packing: true
per_device_train_batch_size: 1 # set up for 8 GPUs
gradient_accumulation_steps: 16
gradient_checkpointing: true
learning_rate: 5.0e-06
lr_scheduler_type: linear
final_lr_ratio: 0.1
warmup_ratio: 0.05
weight_decay: 0.1
clip_grad_norm: 1.0
num_train_epochs: 3
max_train_steps: 800
fused_optimizer: false
use_liger_kernel: true
sequence_parallel_size: 2
output_dir: output/
with_tracking: true
checkpointing_steps: epoch
`,
    );
    assert.equal(plan.stage.value, "sft");
    assert.equal(plan.stage.origin, "default");
    assert.equal(plan.model.id.value, "meta-llama/Llama-3.1-8B");
    assert.equal(plan.model.shape, null);
    assert.equal(plan.method.value, "full");
    assert.equal(plan.lora, null);
    assert.equal(plan.quantization, null);
    assert.equal(plan.optimizer.name.value, "adamw_torch");
    assert.equal(plan.optimizer.weightDecay.value, 0.1);
    assert.equal(plan.optimizer.beta2.value, 0.999);
    assert.equal(plan.optimizer.beta2.origin, "default");
    assert.equal(plan.optimizer.maxGradNorm.value, 1);
    assert.equal(plan.learningRate.peak.value, 5e-6);
    assert.equal(plan.learningRate.scheduler.value, "linear");
    assert.equal(plan.learningRate.family, "open-instruct");
    assert.deepEqual(
      [...(plan.learningRate.schedulerArguments.value ?? [])],
      [
        ["warmup_ratio", 0.05],
        ["final_lr_ratio", 0.1],
      ],
    );
    assert.deepEqual(plan.learningRate.warmup.value, { ratio: 0.05, rounding: "down" });
    assert.equal(plan.duration.epochs.value, 3);
    assert.equal(plan.duration.maxSteps.value, 800);
    assert.equal(plan.duration.maxTokens.value, null);
    assert.equal(plan.batch.micro.value, 1);
    assert.equal(plan.batch.accumulation.value, 16);
    assert.equal(plan.batch.global, null);
    assert.equal(plan.batch.evaluation.origin, "unknown");
    assert.equal(plan.sequenceLength.value, 4096);
    assert.equal(plan.packing.value, true);
    assert.deepEqual(
      plan.data.sources.map(({ name, limit }) => [name.value, limit]),
      [
        ["allenai/tulu-3-sft-mixture", null],
        ["HuggingFaceH4/no_robots", 5000],
        [undefined, null],
      ],
    );
    assert.match(plan.data.sources[2]?.name.note ?? "", /0\.5 of ai2-adapt-dev\/numina/);
    assert.equal(plan.data.samples.origin, "unknown");
    assert.equal(plan.data.validation.value, 0);
    assert.equal(plan.precision.trained.value, "bfloat16");
    assert.equal(plan.precision.trained.origin, "default");
    assert.equal(plan.precision.frozen.value, "bfloat16");
    assert.equal(plan.precision.adapters.value, "float32");
    assert.equal(plan.precision.quantizedAdapters.value, "float32");
    assert.equal(plan.precision.autocast.value, "bfloat16");
    assert.equal(plan.precision.autocast.origin, "assumed");
    assert.equal(plan.gradientCheckpointing.value, true);
    assert.equal(plan.attention.value, "eager");
    assert.equal(plan.loss.value, "fused");
    assert.equal(plan.parallelism.gpus.value, 1);
    assert.equal(plan.parallelism.gpus.origin, "assumed");
    assert.equal(plan.parallelism.tensor.value, 1);
    assert.equal(plan.parallelism.pipeline.value, 1);
    assert.equal(plan.parallelism.context.value, 2);
    assert.equal(plan.parallelism.expert.value, 1);
    assert.equal(plan.parallelism.sharding.value, "none");
    assert.equal(plan.parallelism.sharding.origin, "assumed");
    assert.equal(plan.parallelism.offload.value, "none");
  });

  it("fills in open-instruct's own defaults, and says that they are defaults", () => {
    const plan = planOf(openInstruct, minimal.replace("learning_rate: 5.0e-06", "per_device_train_batch_size: 2"));
    const defaults = {
      rate: [plan.learningRate.peak, 2e-5],
      scheduler: [plan.learningRate.scheduler, "linear"],
      accumulation: [plan.batch.accumulation, 1],
      epochs: [plan.duration.epochs, 2],
      maxSteps: [plan.duration.maxSteps, null],
      optimizer: [plan.optimizer.name, "adamw_torch_fused"],
      weightDecay: [plan.optimizer.weightDecay, 0],
      maxGradNorm: [plan.optimizer.maxGradNorm, 0],
      packing: [plan.packing, false],
      checkpointing: [plan.gradientCheckpointing, false],
      attention: [plan.attention, "flash"],
      loss: [plan.loss, "materialised"],
    } as const;
    for (const [name, [source, value]] of Object.entries(defaults)) {
      assert.equal(source.value, value, name);
      assert.equal(source.origin, "default", name);
    }
    assert.deepEqual(plan.learningRate.warmup.value, { ratio: 0.03, rounding: "down" });
    assert.equal(plan.sequenceLength.origin, "unknown");
    assert.equal(planOf(openInstruct, minimal).batch.micro.value, 8);
  });

  it("adapts seven linear layers with rank 64 in LoRA, where checkpointing has no effect", () => {
    const plan = planOf(openInstruct, `${minimal}use_lora: true\ngradient_checkpointing: true\n`);
    assert.equal(plan.method.value, "lora");
    assert.equal(plan.lora?.rank.value, 64);
    assert.equal(plan.lora?.alpha.value, 16);
    assert.equal(plan.lora?.dropout.value, 0.1);
    assert.deepEqual(plan.lora?.targets.value, {
      kind: "names",
      names: ["q_proj", "o_proj", "v_proj", "k_proj", "gate_proj", "up_proj", "down_proj"],
    });
    assert.deepEqual(plan.lora?.modulesToSave.value, []);
    assert.equal(plan.gradientCheckpointing.value, false);
  });

  it("is QLoRA with use_lora and use_qlora, with a paged optimizer and double quantisation", () => {
    const text = `${minimal}use_lora: true\nuse_qlora: true\nlora_rank: 16\ngradient_checkpointing: true\n`;
    const plan = planOf(openInstruct, text);
    assert.equal(plan.method.value, "qlora");
    assert.equal(plan.lora?.rank.value, 16);
    assert.equal(plan.quantization?.bits.value, 4);
    assert.equal(plan.quantization?.doubleQuantization.value, true);
    assert.equal(plan.quantization?.float32Norms.value, true);
    assert.equal(plan.optimizer.name.value, "paged_adamw_32bit");
    assert.equal(plan.gradientCheckpointing.value, true);
    assert.equal(planOf(openInstruct, `${text}use_8bit_optimizer: true\n`).optimizer.name.value, "paged_adamw_8bit");
  });

  it("makes nothing of use_8bit_optimizer alone, nor adapters of use_qlora alone", () => {
    assert.equal(
      planOf(openInstruct, `${minimal}use_8bit_optimizer: true\n`).optimizer.name.value,
      "adamw_torch_fused",
    );
    assert.equal(planOf(openInstruct, `${minimal}use_qlora: true\n`).method.value, "full");
  });

  it("tells DPO by the keys that only its script has", () => {
    const stage = (text: string) => planOf(openInstruct, minimal + text).stage.value;
    assert.equal(stage("num_epochs: 1\n"), "dpo");
    assert.equal(stage("loss_type: dpo_norm\nbeta: 5\n"), "dpo");
    assert.equal(stage("loss_type: simpo\ngamma_beta_ratio: 0.3\n"), "simpo");
    const plan = planOf(
      openInstruct,
      `${minimal}num_epochs: 1\ndpo_use_paged_optimizer: true\nuse_liger_kernel: true\n`,
    );
    assert.equal(plan.duration.epochs.value, 1);
    assert.equal(plan.optimizer.name.value, "paged_adamw_32bit");
    assert.equal(plan.loss.value, "materialised");
  });

  it("reads DeepSpeed's stage where the file states it", () => {
    const split = (text: string) => planOf(openInstruct, `${minimal}zero_stage: 3\n${text}`).parallelism;
    assert.equal(split("").sharding.value, "zero-3");
    assert.equal(split("").sharding.origin, "file");
    assert.equal(split("").offload.value, "none");
    assert.equal(split("offload_optimizer: true\n").offload.value, "optimizer");
    assert.equal(split("offload_param: true\n").offload.value, "optimizer-and-parameters");
  });

  it("reads the mixture as a list of names and amounts, too", () => {
    const text = `${minimal}dataset_mixer_list: [allenai/tulu-3-sft-personas-algebra, "1.0", a/b, "200"]\n`;
    assert.deepEqual(
      planOf(openInstruct, text).data.sources.map(({ name, limit }) => [name.value, limit]),
      [
        ["allenai/tulu-3-sft-personas-algebra", null],
        ["a/b", 200],
      ],
    );
    assert.equal(planOf(openInstruct, `${minimal}dataset_name: a/b\n`).data.sources[0]?.name.value, "a/b");
  });

  it("holds float32 weights where Liger loads the model with transformers 4", () => {
    const type = (transformers: string) =>
      planOf(openInstruct, `${minimal}use_liger_kernel: true\n`, { versions: { transformers } }).precision.trained
        .value;
    assert.equal(type("4.57.6"), "float32");
    assert.equal(type("5.0.0"), "bfloat16");
  });

  it("says unknown where a value is no value", () => {
    assert.equal(planOf(openInstruct, `${minimal}max_seq_length: \${LENGTH}\n`).sequenceLength.origin, "unknown");
  });

  it("never evaluates while it trains; checkpoints come by updates, by epochs, or not before the end", () => {
    const intervals = (lines: string) => intervalsOf(planOf(openInstruct, minimal + lines));
    assert.deepEqual(intervals(""), [{ kind: "never" }, { kind: "end" }]);
    assert.deepEqual(intervals("checkpointing_steps: epoch\n")[1], { kind: "epochs", every: 1 });
    assert.deepEqual(intervals("checkpointing_steps: 200\n")[1], { kind: "updates", every: 200 });
  });
});

describe("telling open-instruct configs from others", () => {
  it("needs a key of its own and one that trains", () => {
    const confidence = (text: string) => openInstruct.detect(documentOf(text));
    assert.equal(confidence(minimal), 1);
    assert.equal(confidence("model_name_or_path: a\nuse_slow_tokenizer: true\nmax_new_tokens: 10\n"), 0);
    assert.equal(
      confidence("model_name_or_path: a\nlearning_rate: 1e-5\nuse_peft: true\ndataset_mixer: { a: 1 }\n"),
      0,
    );
    assert.equal(confidence("base_model: a\nlearning_rate: 1e-5\nwith_tracking: true\n"), 0);
  });
});

describe("writing an open-instruct config", () => {
  it("changes values in place and leaves comments alone", () => {
    const text = `${minimal}per_device_train_batch_size: 1 # for 8 GPUs
gradient_accumulation_steps: 16\nmax_seq_length: 4096\ngradient_checkpointing: false\nnum_train_epochs: 2
warmup_ratio: 0.03\nlr_scheduler_type: linear\nlora_rank: 64\n`;
    const change = {
      peakLearningRate: 1e-5,
      microBatch: 2,
      accumulation: 8,
      sequenceLength: 2048,
      gradientCheckpointing: true,
      epochs: 3,
      warmupRatio: 0.1,
      scheduler: "cosine",
      loraRank: 32,
    };
    assert.equal(
      written(text, change),
      `${minimal.replace("5.0e-06", "1.0e-05")}per_device_train_batch_size: 2 # for 8 GPUs
gradient_accumulation_steps: 8\nmax_seq_length: 2048\ngradient_checkpointing: true\nnum_train_epochs: 3
warmup_ratio: 0.1\nlr_scheduler_type: cosine\nlora_rank: 32\n`,
    );
  });

  it("knows the preference script's name for epochs, and no key for warmup steps or optimizers", () => {
    const text = `${minimal}num_epochs: 1\n`;
    assert.equal(written(text, { epochs: 2 }), `${minimal}num_epochs: 2\n`);
    assert.equal(written(text, { warmupSteps: 10, optimizer: "adafactor", evaluationBatch: 2 }), text);
  });
});
