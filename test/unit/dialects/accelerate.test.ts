import assert from "node:assert/strict";
import { accelerate } from "../../../src/core/dialects/accelerate.ts";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import type { LinkedFiles } from "../../../src/core/dialects/links.ts";
import type { TrainingPlan } from "../../../src/core/plan/plan.ts";
import type { Sourced } from "../../../src/core/plan/sourced.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, linkedFile, planOf } from "./reading.ts";

const fsdp = `compute_environment: LOCAL_MACHINE
distributed_type: FSDP
fsdp_config:
  fsdp_version: 2
  fsdp_auto_wrap_policy: TRANSFORMER_BASED_WRAP
  fsdp_reshard_after_forward: true # ZeRO-3
  fsdp_offload_params: true
  fsdp_activation_checkpointing: true
mixed_precision: bf16
num_machines: 2
num_processes: 16 # over both machines
`;

const zero = `compute_environment: LOCAL_MACHINE
deepspeed_config:
  gradient_accumulation_steps: 4
  gradient_clipping: 1.0
  offload_optimizer_device: cpu
  offload_param_device: none
  zero_stage: 3
distributed_type: DEEPSPEED
mixed_precision: fp16
num_processes: 8
`;

const pointing = `distributed_type: DEEPSPEED
deepspeed_config:
  deepspeed_config_file: configs/zero2.json
  zero3_init_flag: false
mixed_precision: fp16
num_processes: 4
`;

const plain = "distributed_type: MULTI_GPU\nnum_processes: 2\nmixed_precision: 'no'\n";

function read(text: string, linked: LinkedFiles = new Map()): TrainingPlan {
  return planOf(accelerate, text, { linked });
}

function written(text: string, change: PlanChange): string {
  return applyEdits(text, accelerate.write(documentOf(text), change));
}

function assertSources(rows: readonly (readonly [Sourced<unknown>, unknown, string])[]): void {
  for (const [row, [source, value, origin]] of rows.entries()) {
    assert.deepEqual([source.value, source.origin], [value, origin], `row ${row}`);
  }
}

describe("reading an accelerate config", () => {
  it("waits with gradients under FSDP 2 since 1.11", () => {
    const waits = (text: string, version: string) =>
      planOf(accelerate, text, { versions: { accelerate: version } }).parallelism.reducesLast?.value;
    assert.deepEqual([waits(fsdp, "1.10.1"), waits(fsdp, "1.11.0")], [false, true]);
    assert.equal(waits(fsdp.replace("fsdp_version: 2", "fsdp_version: 1"), "1.10.1"), true);
  });

  it("knows the groups that share: a node's GPUs under version 1's hybrid strategies, copies of the mesh under version 2", () => {
    const groups = (text: string) => read(text).parallelism.groups?.value;
    const copies = "parallelism_config:\n  parallelism_config_dp_replicate_size: 2\n";
    const strategy = (name: string) => fsdp.replace("fsdp_version: 2", `fsdp_sharding_strategy: ${name}`);
    assert.deepEqual(groups(strategy("HYBRID_SHARD")), { sharers: 8 });
    assert.deepEqual(groups(strategy("5")), { sharers: 8 });
    assert.equal(groups(strategy("FULL_SHARD")), undefined);
    assert.deepEqual(groups(fsdp + copies), { copies: 2 });
    assert.equal(groups(fsdp), undefined);
  });

  it("takes GPUs, precision, sharding, offloading and checkpointing from an FSDP file", () => {
    const plan = read(fsdp);
    assertSources([
      [plan.parallelism.gpus, 16, "file"],
      [plan.parallelism.tensor, 1, "default"],
      [plan.parallelism.pipeline, 1, "default"],
      [plan.parallelism.context, 1, "default"],
      [plan.parallelism.expert, 1, "default"],
      [plan.parallelism.sharding, "zero-3", "file"],
      [plan.parallelism.offload, "optimizer-and-parameters", "file"],
      [plan.precision.trained, "float32", "file"],
      [plan.precision.frozen, undefined, "unknown"],
      [plan.precision.adapters, "float32", "file"],
      [plan.precision.quantizedAdapters, undefined, "unknown"],
      [plan.precision.autocast, "bfloat16", "file"],
      [plan.gradientCheckpointing, true, "file"],
    ]);
  });

  it("takes the accumulation and the clipping from a DeepSpeed block", () => {
    const plan = read(zero);
    assertSources([
      [plan.batch.accumulation, 4, "file"],
      [plan.optimizer.maxGradNorm, 1, "file"],
      [plan.parallelism.gpus, 8, "file"],
      [plan.parallelism.sharding, "zero-3", "file"],
      [plan.parallelism.offload, "optimizer", "file"],
      [plan.precision.trained, "float32", "file"],
      [plan.precision.frozen, "float16", "file"],
      [plan.precision.adapters, "float32", "file"],
      [plan.precision.autocast, "float16", "file"],
    ]);
    assert.equal(
      read(zero.replace("gradient_clipping: 1.0", "gradient_clipping: auto")).optimizer.maxGradNorm.origin,
      "unknown",
    );
  });

  it("says of everything else that the training script sets it", () => {
    const plan = read(plain);
    const rest = [
      plan.stage,
      plan.model.id,
      plan.method,
      plan.optimizer.name,
      plan.optimizer.weightDecay,
      plan.optimizer.beta2,
      plan.optimizer.maxGradNorm,
      plan.learningRate.peak,
      plan.learningRate.scheduler,
      plan.learningRate.schedulerArguments,
      plan.learningRate.warmup,
      plan.duration.epochs,
      plan.duration.maxSteps,
      plan.duration.maxTokens,
      plan.batch.micro,
      plan.batch.accumulation,
      plan.batch.evaluation,
      plan.sequenceLength,
      plan.packing,
      plan.data.samples,
      plan.data.validation,
      plan.precision.trained,
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
    assert.equal(plan.batch.global, null);
    assert.equal(plan.learningRate.family, "unknown");
    assertSources([
      [plan.parallelism.sharding, "none", "default"],
      [plan.parallelism.offload, "none", "default"],
      [plan.precision.autocast, null, "file"],
    ]);
  });

  it("keeps FSDP 2's checkpoints in the host's memory where it makes any, since accelerate can", () => {
    const offloads = (text: string, release = "1.15.0") =>
      planOf(accelerate, text, { versions: { accelerate: release } }).activationOffload?.value ?? false;
    const kept = fsdp.replace(
      "checkpointing: true",
      "checkpointing: true\n  fsdp_activation_checkpointing_offload: true",
    );
    assert.equal(offloads(kept), true);
    assert.equal(offloads(kept, "1.14.0"), false);
    assert.equal(offloads(kept.replace("fsdp_version: 2", "fsdp_version: 1")), false);
    assert.equal(offloads(kept.replace("checkpointing: true", "checkpointing: false")), false);
    assert.equal(offloads(fsdp), false);
  });

  it("leaves checkpointing to the script where the file only says that FSDP does none", () => {
    const text = fsdp.replace("checkpointing: true", "checkpointing: false");
    assert.equal(read(text).gradientCheckpointing.origin, "unknown");
  });

  it("counts one process by default, assumes one GPU, or leaves the number to the command line", () => {
    assertSources([
      [read("distributed_type: 'NO'\nmixed_precision: bf16\n").parallelism.gpus, 1, "default"],
      [read("distributed_type: NO\nmixed_precision: no\n").parallelism.gpus, 1, "default"],
      [read("distributed_type: FSDP\nfsdp_config: {}\n").parallelism.gpus, 1, "assumed"],
      [read("distributed_type: FSDP\nnum_processes: -1\n").parallelism.gpus, undefined, "unknown"],
    ]);
  });

  it("knows both spellings of no, and that fp8 leaves the rest to bfloat16", () => {
    const autocast = (name: string) =>
      read(`distributed_type: 'NO'\nmixed_precision: ${name}\n`).precision.autocast.value;
    assert.equal(autocast("'no'"), null);
    assert.equal(autocast("no"), null);
    assert.equal(autocast("fp8"), "bfloat16");
    assertSources([[read("distributed_type: MULTI_GPU\nnum_processes: 2\n").precision.autocast, null, "default"]]);
  });

  it("knows FSDP's strategies by name and by number, and what splits without one", () => {
    const sharding = (lines: string) =>
      read(`distributed_type: FSDP\nnum_processes: 8\nfsdp_config:\n  fsdp_use_orig_params: true\n${lines}`).parallelism
        .sharding;
    const named = (name: string) => sharding(`  fsdp_sharding_strategy: ${name}\n`).value;
    assert.deepEqual(["FULL_SHARD", "SHARD_GRAD_OP", "NO_SHARD", "HYBRID_SHARD", "HYBRID_SHARD_ZERO2"].map(named), [
      "zero-3",
      "zero-2",
      "none",
      "zero-3",
      "zero-2",
    ]);
    assert.deepEqual(["1", "2", "3", "4", "5"].map(named), ["zero-3", "zero-2", "none", "zero-3", "zero-2"]);
    assertSources([
      [sharding(""), "zero-3", "default"],
      [sharding("  fsdp_version: 2\n"), "zero-3", "default"],
      [sharding("  fsdp_version: 2\n  fsdp_reshard_after_forward: false\n"), "zero-2", "file"],
    ]);
  });

  it("splits gradients and states by default under DeepSpeed, and weights leave the GPU in stage 3 only", () => {
    const { parallelism } = read(
      "distributed_type: DEEPSPEED\nnum_processes: 2\ndeepspeed_config:\n  offload_param_device: cpu\n",
    );
    assertSources([
      [parallelism.sharding, "zero-2", "default"],
      [parallelism.offload, "none", "default"],
    ]);
  });

  it("takes no notice of blocks for another way of distributing", () => {
    const { parallelism, batch } = read(`distributed_type: MULTI_GPU
num_processes: 2
fsdp_config:
  fsdp_sharding_strategy: FULL_SHARD
deepspeed_config:
  zero_stage: 3
  gradient_accumulation_steps: 4
`);
    assert.equal(parallelism.sharding.value, "none");
    assert.equal(batch.accumulation.origin, "unknown");
  });

  it("reads how many GPUs share a matrix, a sequence and the layers", () => {
    const native = read(`${fsdp}parallelism_config:
  parallelism_config_dp_replicate_size: 2
  parallelism_config_dp_shard_size: 2
  parallelism_config_tp_size: 2
  parallelism_config_cp_size: 2
`).parallelism;
    assertSources([
      [native.tensor, 2, "file"],
      [native.context, 2, "file"],
    ]);
    const ulysses = read(`${zero}parallelism_config:\n  parallelism_config_sp_size: 4\n`).parallelism;
    assertSources([[ulysses.context, 4, "file"]]);
    const megatron = read(`distributed_type: MEGATRON_LM
num_processes: 8
megatron_lm_config:
  megatron_lm_tp_degree: 2
  megatron_lm_pp_degree: 2
  megatron_lm_use_distributed_optimizer: true
`).parallelism;
    assertSources([
      [megatron.tensor, 2, "file"],
      [megatron.pipeline, 2, "file"],
      [megatron.sharding, "zero-1", "file"],
    ]);
  });

  it("follows the link to DeepSpeed's own file, which decides precision, batches and sharding", () => {
    const [link] = accelerate.links?.(documentOf(pointing)) ?? [];
    assert.equal(link?.path, "configs/zero2.json");
    assert.equal(link?.place.range.start.line, 2);
    const file = linkedFile(
      "file:///repo/configs/zero2.json",
      `{ "train_batch_size": 32, "train_micro_batch_size_per_gpu": 2, "gradient_clipping": 0.5,
         "bf16": { "enabled": true }, "zero_optimization": { "stage": 2 },
         "optimizer": { "type": "AdamW", "params": { "lr": 1e-5 } } }`,
    );
    const plan = read(pointing, new Map([["configs/zero2.json", file]]));
    assertSources([
      [plan.parallelism.gpus, 4, "file"],
      [plan.parallelism.sharding, "zero-2", "linked"],
      [plan.parallelism.offload, "none", "default"],
      [plan.batch.micro, 2, "linked"],
      [plan.batch.accumulation, 4, "linked"],
      [plan.optimizer.name, "AdamW", "linked"],
      [plan.optimizer.maxGradNorm, 0.5, "linked"],
      [plan.learningRate.peak, 1e-5, "linked"],
      [plan.precision.trained, "bfloat16", "linked"],
      [plan.precision.autocast, null, "linked"],
    ]);
    assert.equal(plan.precision.masterWeights?.value, true);
    assert.equal(plan.learningRate.peak.place?.uri, "file:///repo/configs/zero2.json");
    assert.equal(plan.parallelism.gpus.place?.uri, undefined);
  });

  it("says where the answer would be while the linked file is not there", () => {
    const { parallelism, precision } = read(pointing, new Map());
    assertSources([
      [parallelism.gpus, 4, "file"],
      [parallelism.sharding, undefined, "unknown"],
      [precision.autocast, undefined, "unknown"],
    ]);
    assert.match(parallelism.sharding.note ?? "", /configs\/zero2\.json/);
  });
});

describe("recognising an accelerate config", () => {
  it("knows long and short files, and SageMaker's", () => {
    for (const text of [fsdp, zero, pointing, plain, "compute_environment: AMAZON_SAGEMAKER\ndistributed_type: NO\n"])
      assert.equal(accelerate.detect(documentOf(text)), 1);
  });

  it("does not take a Trainer's config with its FSDP settings, or DeepSpeed's file, for the launcher's", () => {
    const trainer = "model_name_or_path: gpt2\nlearning_rate: 1e-5\nfsdp_config:\n  fsdp_version: 2\n";
    assert.equal(accelerate.detect(documentOf(trainer)), 0);
    assert.equal(accelerate.detect(documentOf('{ "zero_optimization": { "stage": 2 } }')), 0);
    assert.equal(accelerate.detect(documentOf("distributed_type: torch\nbackend: nccl\n")), 0);
  });
});

describe("writing an accelerate config", () => {
  it("sets the accumulation where DeepSpeed's block counts, and leaves comments alone", () => {
    assert.equal(written(zero, { accumulation: 8 }), zero.replace("steps: 4", "steps: 8"));
    assert.equal(written(fsdp, { accumulation: 8 }), fsdp);
    const auto = zero.replace("steps: 4", "steps: auto");
    assert.equal(written(auto, { accumulation: 8 }), auto);
  });

  it("sets FSDP's checkpointing, also where it is not there yet", () => {
    assert.equal(
      written(fsdp, { gradientCheckpointing: false }),
      fsdp.replace("checkpointing: true", "checkpointing: false"),
    );
    const without = fsdp.replace("  fsdp_activation_checkpointing: true\n", "");
    assert.equal(written(without, { gradientCheckpointing: true }), fsdp);
    assert.equal(written(zero, { gradientCheckpointing: true }), zero);
  });

  it("has no key for what the training script decides", () => {
    const change = {
      peakLearningRate: 1e-5,
      microBatch: 2,
      epochs: 1,
      warmupSteps: 10,
      scheduler: "cosine",
      loraRank: 8,
    };
    assert.equal(written(zero, { ...change, optimizer: "adamw_torch", evaluationBatch: 1, sequenceLength: 512 }), zero);
  });
});
