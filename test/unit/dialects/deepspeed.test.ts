import assert from "node:assert/strict";
import { deepspeed } from "../../../src/core/dialects/deepspeed.ts";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import type { TrainingPlan } from "../../../src/core/plan/plan.ts";
import type { Sourced } from "../../../src/core/plan/sourced.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, groupsOf, planOf } from "./reading.ts";

const standalone = `{
  "train_batch_size": 64,
  "train_micro_batch_size_per_gpu": 4,
  "gradient_accumulation_steps": 2,
  "gradient_clipping": 1.0,
  "steps_per_print": 50,
  "optimizer": {
    "type": "AdamW",
    "params": { "lr": 2e-5, "betas": [0.9, 0.95], "eps": 1e-8, "weight_decay": 0.1 }
  },
  "scheduler": {
    "type": "WarmupDecayLR",
    "params": {
      "warmup_min_lr": 1e-7,
      "warmup_max_lr": 2e-5,
      "warmup_num_steps": 100,
      "warmup_type": "linear",
      "total_num_steps": 4000
    }
  },
  "bf16": { "enabled": true },
  "zero_optimization": {
    "stage": 3,
    "overlap_comm": true,
    "offload_optimizer": { "device": "cpu", "pin_memory": true },
    "offload_param": { "device": "cpu", "pin_memory": true }
  }
}
`;

const trainer = `{
  "train_batch_size": "auto",
  "train_micro_batch_size_per_gpu": "auto",
  "gradient_accumulation_steps": "auto",
  "gradient_clipping": "auto",
  "optimizer": {
    "type": "AdamW",
    "params": { "lr": "auto", "betas": "auto", "eps": "auto", "weight_decay": "auto" }
  },
  "scheduler": {
    "type": "WarmupLR",
    "params": { "warmup_min_lr": "auto", "warmup_max_lr": "auto", "warmup_num_steps": "auto" }
  },
  "fp16": { "enabled": "auto", "loss_scale": 0 },
  "bf16": { "enabled": "auto" },
  "zero_optimization": { "stage": 2, "reduce_bucket_size": 5e8 }
}
`;

function read(text: string): TrainingPlan {
  return planOf(deepspeed, text, { format: "json" });
}

function batchOf(text: string): TrainingPlan["batch"] {
  return read(`{ ${text}, "zero_optimization": {} }`).batch;
}

function detect(text: string): number {
  return deepspeed.detect(documentOf(text));
}

function written(text: string, change: PlanChange): string {
  return applyEdits(text, deepspeed.write(documentOf(text, "json"), change));
}

function assertSources(rows: readonly (readonly [Sourced<unknown>, unknown, string])[]): void {
  for (const [row, [source, value, origin]] of rows.entries()) {
    assert.deepEqual([source.value, source.origin], [value, origin], `row ${row}`);
  }
}

describe("reading a DeepSpeed config", () => {
  it("takes everything from a file that stands alone", () => {
    const plan = read(standalone);
    assertSources([
      [plan.optimizer.name, "AdamW", "file"],
      [plan.optimizer.weightDecay, 0.1, "file"],
      [plan.optimizer.beta2, 0.95, "file"],
      [plan.optimizer.maxGradNorm, 1, "file"],
      [plan.learningRate.peak, 2e-5, "file"],
      [plan.learningRate.scheduler, "WarmupDecayLR", "file"],
      [plan.learningRate.warmup, { steps: 100 }, "file"],
      [plan.duration.maxSteps, 4000, "assumed"],
      [plan.batch.micro, 4, "file"],
      [plan.batch.accumulation, 2, "file"],
      [plan.precision.trained, "bfloat16", "file"],
      [plan.precision.frozen, "bfloat16", "file"],
      [plan.precision.adapters, "bfloat16", "file"],
      [plan.precision.quantizedAdapters, "bfloat16", "file"],
      [plan.precision.autocast, null, "file"],
      [plan.parallelism.gpus, 8, "file"],
      [plan.parallelism.tensor, 1, "default"],
      [plan.parallelism.pipeline, 1, "default"],
      [plan.parallelism.context, 1, "default"],
      [plan.parallelism.expert, 1, "default"],
      [plan.parallelism.sharding, "zero-3", "file"],
      [plan.parallelism.offload, "optimizer-and-parameters", "file"],
    ]);
    assert.equal(plan.batch.global?.value, 64);
    assert.equal(plan.learningRate.family, "deepspeed");
    assert.deepEqual(
      [...(plan.learningRate.schedulerArguments.value ?? [])],
      [
        ["warmup_min_lr", 1e-7],
        ["warmup_type", "linear"],
        ["total_num_steps", 4000],
      ],
    );
  });

  it("says of everything else that the training script decides it", () => {
    const plan = read(standalone);
    const rest = [
      plan.stage,
      plan.model.id,
      plan.method,
      plan.duration.epochs,
      plan.duration.maxTokens,
      plan.batch.evaluation,
      plan.sequenceLength,
      plan.packing,
      plan.data.samples,
      plan.data.validation,
      plan.gradientCheckpointing,
      plan.attention,
      plan.loss,
    ];
    for (const [row, { origin, note }] of rest.entries()) {
      assert.equal(origin, "unknown", `row ${row}`);
      assert.match(note ?? "", /training script/);
    }
    assert.equal(plan.lora, null);
    assert.equal(plan.quantization, null);
    assert.equal(plan.model.shape, null);
    assert.deepEqual(plan.data.sources, []);
  });

  it("fills in DeepSpeed's own defaults", () => {
    const plan = read('{ "train_batch_size": 8, "optimizer": { "type": "Adam", "params": { "lr": 1e-4 } } }');
    assertSources([
      [plan.optimizer.weightDecay, 0, "default"],
      [plan.optimizer.beta2, 0.999, "default"],
      [plan.optimizer.maxGradNorm, 0, "default"],
      [plan.learningRate.peak, 1e-4, "file"],
      [plan.learningRate.scheduler, undefined, "unknown"],
      [plan.learningRate.schedulerArguments, new Map(), "default"],
      [plan.learningRate.warmup, undefined, "unknown"],
      [plan.duration.maxSteps, undefined, "unknown"],
      [plan.batch.micro, 8, "assumed"],
      [plan.batch.accumulation, 1, "default"],
      [plan.precision.trained, "float32", "default"],
      [plan.precision.autocast, null, "default"],
      [plan.parallelism.gpus, 1, "assumed"],
      [plan.parallelism.sharding, "none", "default"],
      [plan.parallelism.offload, "none", "default"],
    ]);
  });

  it("leaves auto to the training arguments, and names the argument", () => {
    const plan = read(trainer);
    const left: readonly (readonly [Sourced<unknown>, RegExp])[] = [
      [plan.batch.micro, /per_device_train_batch_size/],
      [plan.batch.accumulation, /gradient_accumulation_steps/],
      [plan.optimizer.maxGradNorm, /max_grad_norm/],
      [plan.optimizer.weightDecay, /weight_decay/],
      [plan.optimizer.beta2, /adam_beta2/],
      [plan.learningRate.peak, /learning_rate/],
      [plan.learningRate.warmup, /warmup_steps/],
      [plan.precision.trained, /bf16/],
      [plan.precision.autocast, /bf16/],
    ];
    for (const [source, argument] of left) {
      assert.equal(source.origin, "unknown");
      assert.match(source.note ?? "", argument);
      assert.match(source.note ?? "", /"auto"/);
    }
    assert.equal(plan.batch.global, null);
    assert.deepEqual(plan.learningRate.schedulerArguments.value, new Map());
    assert.equal(plan.optimizer.name.value, "AdamW");
    assert.equal(plan.parallelism.sharding.value, "zero-2");
  });

  it("takes the accumulation from the training arguments when only it is left out", () => {
    const { accumulation } = batchOf('"train_batch_size": "auto", "train_micro_batch_size_per_gpu": "auto"');
    assert.equal(accumulation.origin, "unknown");
    assert.match(accumulation.note ?? "", /gradient_accumulation_steps/);
  });

  it("works out the third batch key from the two others, rounding down, on the GPU that it assumes", () => {
    const totalAndMicro = batchOf('"train_batch_size": 50, "train_micro_batch_size_per_gpu": 8');
    assertSources([
      [totalAndMicro.micro, 8, "file"],
      [totalAndMicro.accumulation, 6, "assumed"],
    ]);
    const totalAndAccumulation = batchOf('"train_batch_size": 50, "gradient_accumulation_steps": 8');
    assertSources([
      [totalAndAccumulation.micro, 6, "assumed"],
      [totalAndAccumulation.accumulation, 8, "file"],
    ]);
    const microAlone = batchOf('"train_micro_batch_size_per_gpu": 2');
    assertSources([
      [microAlone.micro, 2, "file"],
      [microAlone.accumulation, 1, "default"],
    ]);
    assert.equal(microAlone.global, null);
  });

  it("counts the GPUs that share a model or a sequence beside those that share the batch", () => {
    const { parallelism, batch } = read(`{
      "train_batch_size": 16, "train_micro_batch_size_per_gpu": 2, "gradient_accumulation_steps": 2,
      "tensor_parallel": { "autotp_size": 2 }, "sequence_parallel_size": 2
    }`);
    assert.equal(parallelism.gpus.value, 16);
    assert.equal(parallelism.tensor.value, 2);
    assert.equal(parallelism.context.value, 2);
    assert.equal(batch.global?.value, 16);
  });

  it("takes the peak from where each scheduler takes it", () => {
    const peak = (scheduler: string) =>
      read(`{ "train_batch_size": 8, "optimizer": { "type": "AdamW", "params": { "lr": 3e-5 } },
        "scheduler": ${scheduler} }`).learningRate;
    assert.equal(peak('{ "type": "WarmupLR", "params": { "warmup_max_lr": 1e-5 } }').peak.value, 1e-5);
    assert.equal(peak('{ "type": "WarmupLR", "params": {} }').peak.value, 3e-5);
    assert.equal(peak('{ "type": "WarmupDecayLR", "params": { "total_num_steps": 9 } }').peak.value, 0.001);
    assert.equal(peak('{ "type": "WarmupCosineLR", "params": { "total_num_steps": 9 } }').peak.value, 3e-5);
    const cycle = peak('{ "type": "OneCycle", "params": { "cycle_min_lr": 1e-5, "cycle_max_lr": 1e-3 } }');
    assert.equal(cycle.peak.value, 1e-3);
    assert.deepEqual(cycle.warmup.value, { steps: 0 });
    assert.deepEqual(cycle.schedulerArguments.value, new Map([["cycle_min_lr", 1e-5]]));
    assert.equal(peak('{ "type": "LRRangeTest", "params": { "lr_range_test_min_lr": 1e-6 } }').peak.origin, "unknown");
  });

  it("warms up for a thousand updates by default and for two at least", () => {
    const warmup = (params: string) =>
      read(`{ "train_batch_size": 8, "scheduler": { "type": "WarmupLR", "params": { ${params} } } }`).learningRate
        .warmup;
    assertSources([
      [warmup(""), { steps: 1000 }, "default"],
      [warmup('"warmup_num_steps": 1'), { steps: 2 }, "file"],
    ]);
  });

  it("knows the defaults of torch's AdamW and of Lion", () => {
    const optimizer = (text: string) => read(`{ "train_batch_size": 8, "optimizer": ${text} }`).optimizer;
    assert.equal(
      optimizer('{ "type": "AdamW", "params": { "lr": 1e-4, "torch_adam": true } }').weightDecay.value,
      0.01,
    );
    assert.equal(optimizer('{ "type": "Lion", "params": { "lr": 1e-4 } }').beta2.value, 0.99);
  });

  it("reads float16, torch's autocast, apex and bfloat16 without master weights", () => {
    const precision = (text: string) => {
      const { trained, frozen, autocast, masterWeights } = read(
        `{ "train_batch_size": 8, "gradient_clipping": 1, ${text} }`,
      ).precision;
      return [trained.value, frozen.value, autocast.value, masterWeights?.value ?? false];
    };
    assert.deepEqual(precision('"fp16": { "enabled": true }'), ["float16", "float16", null, true]);
    assert.deepEqual(precision('"bfloat16": { "enabled": true }'), ["bfloat16", "bfloat16", null, true]);
    const wide = ["float32", "float32"] as const;
    const brain = '"torch_autocast": { "enabled": true, "dtype": "bfloat16" }';
    assert.deepEqual(precision(brain), [...wide, "bfloat16", false]);
    assert.deepEqual(precision('"torch_autocast": { "enabled": true }'), [...wide, "float16", false]);
    assert.deepEqual(precision('"amp": { "enabled": true }'), [...wide, "float16", false]);
    const pure = '"bf16": { "enabled": true, "bf16_master_weights_and_grads": true, "bf16_optimizer_states": true }';
    assert.deepEqual(precision(pure), ["bfloat16", "bfloat16", null, false]);
  });

  it("offloads weights in stage 3 only, and knows the older keys", () => {
    const offload = (zero: string) => read(`{ "zero_optimization": { ${zero} } }`).parallelism.offload.value;
    assert.equal(offload('"stage": 2, "offload_param": { "device": "cpu" }'), "none");
    assert.equal(offload('"stage": 2, "offload_optimizer": { "device": "nvme" }'), "optimizer");
    assert.equal(offload('"stage": 2, "cpu_offload": true'), "optimizer");
    assert.equal(offload('"stage": 3, "cpu_offload_params": true'), "optimizer-and-parameters");
    assert.equal(offload('"stage": 3, "offload_optimizer": { "device": "none" }'), "none");
  });

  it("does not guess what a list of stages for the autotuner comes to", () => {
    assert.equal(read('{ "zero_optimization": { "stage": [0, 1, 2, 3] } }').parallelism.sharding.origin, "unknown");
  });

  it("has a rate for Muon's matrices and one for what Adam trains beside them", () => {
    const optimizer = (type: string) =>
      `{ "train_batch_size": 8, "optimizer": { "type": "${type}", "params": { "lr": 0.001, "muon_lr": 0.02, "adam_lr": 3e-4 } } }`;
    assert.deepEqual(groupsOf(planOf(deepspeed, optimizer("Muon"), { format: "json" })), [
      ["matrices (Muon)", 0.02],
      ["embeddings, norms and output layer (Adam)", 3e-4],
    ]);
    assert.deepEqual(groupsOf(planOf(deepspeed, optimizer("AdamW"), { format: "json" })), []);
  });
});

describe("recognising a DeepSpeed config", () => {
  it("is sure of a batch size or an optimizer beside ZeRO, and less so of ZeRO alone", () => {
    assert.equal(detect(standalone), 1);
    assert.equal(detect(trainer), 1);
    assert.equal(detect('{ "zero_optimization": { "stage": 3 } }'), 0.8);
    assert.equal(detect('{ "train_batch_size": 32, "fp16": { "enabled": true } }'), 1);
  });

  it("leaves gpt-neox its own, with underscores or dashes", () => {
    assert.equal(detect('{ "num_layers": 12, "train_micro_batch_size_per_gpu": 4, "zero_optimization": {} }'), 0);
    assert.equal(detect('{ "pipe-parallel-size": 1, "zero_optimization": { "stage": 1 } }'), 0);
  });

  it("does not take a training script's own train_batch_size, nor an inference config, for DeepSpeed", () => {
    assert.equal(detect("train_batch_size: 8\nlearning_rate: 2e-5\nfp16: true\n"), 0);
    assert.equal(
      detect('{ "dtype": "fp16", "tensor_parallel": { "tp_size": 2 }, "replace_with_kernel_inject": true }'),
      0,
    );
    assert.equal(detect("base_model: gpt2\nlearning_rate: 1e-4\ndeepspeed: { zero_optimization: { stage: 2 } }\n"), 0);
  });
});

describe("writing a DeepSpeed config", () => {
  it("keeps the total in step with the micro batch and the accumulation", () => {
    assert.equal(
      written(standalone, { microBatch: 2, accumulation: 4 }),
      standalone
        .replace('"train_micro_batch_size_per_gpu": 4', '"train_micro_batch_size_per_gpu": 2')
        .replace('"gradient_accumulation_steps": 2', '"gradient_accumulation_steps": 4'),
    );
    assert.equal(
      written(standalone, { microBatch: 2 }),
      standalone
        .replace('"train_micro_batch_size_per_gpu": 4', '"train_micro_batch_size_per_gpu": 2')
        .replace('"train_batch_size": 64', '"train_batch_size": 32'),
    );
  });

  it("adds no key that follows from two others, and the one that is missing", () => {
    const two = '{\n  "train_batch_size": 24,\n  "train_micro_batch_size_per_gpu": 3\n}\n';
    assert.equal(written(two, { accumulation: 4 }), two.replace("24", "12"));
    const one = '{\n  "train_micro_batch_size_per_gpu": 3,\n  "zero_optimization": { "stage": 1 }\n}\n';
    assert.equal(
      written(one, { accumulation: 4 }),
      one.replace('_gpu": 3,', '_gpu": 3,\n  "gradient_accumulation_steps": 4,'),
    );
  });

  it("sets the rate of the optimizer and of its scheduler together", () => {
    assert.equal(written(standalone, { peakLearningRate: 1e-5 }), standalone.replaceAll("2e-5", "1e-5"));
  });

  it("sets the warmup, the scheduler and the optimizer", () => {
    assert.equal(written(standalone, { warmupSteps: 50 }), standalone.replace(": 100", ": 50"));
    assert.equal(
      written(standalone, { scheduler: "WarmupCosineLR" }),
      standalone.replace("WarmupDecayLR", "WarmupCosineLR"),
    );
    assert.equal(written(standalone, { optimizer: "Lion" }), standalone.replace('"AdamW"', '"Lion"'));
  });

  it("touches nothing that the training arguments decide, nor what DeepSpeed has no key for", () => {
    assert.equal(written(trainer, { peakLearningRate: 1e-5, microBatch: 2, accumulation: 8, warmupSteps: 9 }), trainer);
    const others = { epochs: 2, sequenceLength: 512, gradientCheckpointing: true, loraRank: 8, evaluationBatch: 1 };
    assert.equal(written(standalone, { ...others, warmupRatio: 0.1 }), standalone);
    const zero = '{ "zero_optimization": { "stage": 3 } }';
    assert.equal(written(zero, { peakLearningRate: 1e-5, scheduler: "WarmupLR", optimizer: "Lion" }), zero);
  });
});
