import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { pull } from "../../../src/core/dialects/levers.ts";
import { verl } from "../../../src/core/dialects/verl.ts";
import { globalBatchSize } from "../../../src/core/plan/plan.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, intervalsOf, planOf } from "./reading.ts";

const grpo = `
defaults:
  - ppo_trainer
  - _self_
algorithm:
  adv_estimator: grpo
data:
  train_files: [~/data/gsm8k/train.parquet]
  train_max_samples: 5000
  train_batch_size: 512
  max_prompt_length: 1024
  max_response_length: 3072 # long thoughts
actor_rollout_ref:
  model:
    path: Qwen/Qwen2.5-7B-Instruct
    lora_rank: 32
    lora_alpha: 64
    target_modules: [q_proj, v_proj]
    enable_gradient_checkpointing: false
    use_fused_kernels: true
  actor:
    strategy: fsdp2
    ppo_mini_batch_size: 128
    ppo_micro_batch_size_per_gpu: 4
    ulysses_sequence_parallel_size: 2
    grad_clip: 0.5
    fsdp_config:
      model_dtype: bf16
      offload_policy: true
    optim:
      lr: 3e-6
      lr_warmup_steps: 20
      lr_scheduler_type: cosine
      min_lr_ratio: 0.1
      weight_decay: 0.1
      betas: [0.9, 0.95]
  rollout:
    n: 8
trainer:
  total_epochs: 15
  total_training_steps: 400
  n_gpus_per_node: 8
  nnodes: 2
`;

const sft = `
data:
  train_batch_size: 128
  micro_batch_size_per_gpu: 2
  train_files: ~/data/train.parquet
  max_length: 4096
model:
  partial_pretrain: Qwen/Qwen2.5-0.5B
  lora_rank: 0
  strategy: fsdp
optim:
  lr: 2e-5
  lr_warmup_steps_ratio: 0.05
  lr_scheduler: cosine
trainer:
  total_epochs: 2
  n_gpus_per_node: 4
`;

const minimal = "actor_rollout_ref:\n  actor:\n    ppo_micro_batch_size_per_gpu: 2\n";

describe("reading a verl config of reinforcement learning", () => {
  it("takes everything from a GRPO with LoRA", () => {
    const plan = planOf(verl, grpo);
    assert.equal(verl.detect(documentOf(grpo)), 1);
    assert.equal(plan.stage.value, "grpo");
    assert.equal(plan.model.id.value, "Qwen/Qwen2.5-7B-Instruct");
    assert.equal(plan.model.shape, null);
    assert.equal(plan.method.value, "lora");
    assert.equal(plan.lora?.rank.value, 32);
    assert.equal(plan.lora?.alpha.value, 64);
    assert.equal(plan.lora?.dropout.value, 0);
    assert.deepEqual(plan.lora?.targets.value, { kind: "names", names: ["q_proj", "v_proj"] });
    assert.deepEqual(plan.lora?.modulesToSave.value, []);
    assert.equal(plan.lora?.rsLora.value, false);
    assert.equal(plan.lora?.dora.value, false);
    assert.equal(plan.quantization, null);
    assert.equal(plan.optimizer.name.value, "AdamW");
    assert.equal(plan.optimizer.name.origin, "default");
    assert.equal(plan.optimizer.weightDecay.value, 0.1);
    assert.equal(plan.optimizer.beta2.value, 0.95);
    assert.equal(plan.optimizer.maxGradNorm.value, 0.5);
    assert.equal(plan.learningRate.peak.value, 3e-6);
    assert.equal(plan.learningRate.scheduler.value, "cosine");
    assert.equal(plan.learningRate.family, "verl");
    assert.deepEqual(plan.learningRate.schedulerArguments.value, new Map([["min_lr_ratio", 0.1]]));
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 20 });
    assert.equal(plan.duration.epochs.value, 15);
    assert.equal(plan.duration.maxSteps.value, 400);
    assert.equal(plan.duration.maxTokens.value, null);
    assert.equal(plan.batch.micro.value, 4);
    // 128 prompts × 8 answers.
    assert.equal(globalBatchSize(plan), 1024);
    // 16 GPUs, two of which share each sequence: 1024 / (4 × 8).
    assert.equal(plan.batch.accumulation.value, 32);
    assert.equal(plan.batch.evaluation.value, 4);
    assert.equal(plan.sequenceLength.value, 4096);
    assert.equal(plan.packing.value, false);
    assert.equal(plan.data.sources[0]?.name.value, "~/data/gsm8k/train.parquet");
    assert.equal(plan.data.sources[0]?.limit, 5000);
    assert.equal(plan.data.samples.origin, "unknown");
    assert.equal(plan.data.validation.value, 0);
    assert.equal(plan.precision.trained.value, "bfloat16");
    assert.equal(plan.precision.autocast.value, null);
    assert.equal(plan.gradientCheckpointing.value, false);
    assert.equal(plan.attention.value, "flash");
    assert.equal(plan.loss.value, "fused");
    assert.equal(plan.parallelism.gpus.value, 16);
    assert.equal(plan.parallelism.context.value, 2);
    assert.equal(plan.parallelism.tensor.value, 1);
    assert.equal(plan.parallelism.pipeline.value, 1);
    assert.equal(plan.parallelism.expert.value, 1);
    assert.equal(plan.parallelism.sharding.value, "zero-3");
    assert.equal(plan.parallelism.offload.value, "optimizer-and-parameters");
  });

  it("fills in the defaults of verl's own configuration, and says that they are defaults", () => {
    const plan = planOf(verl, minimal);
    const defaults = {
      stage: [plan.stage, "ppo"],
      method: [plan.method, "full"],
      weightDecay: [plan.optimizer.weightDecay, 0.01],
      beta2: [plan.optimizer.beta2, 0.999],
      maxGradNorm: [plan.optimizer.maxGradNorm, 1],
      peak: [plan.learningRate.peak, 1e-6],
      scheduler: [plan.learningRate.scheduler, "constant"],
      epochs: [plan.duration.epochs, 30],
      maxSteps: [plan.duration.maxSteps, null],
      global: [plan.batch.global, 256],
      sequence: [plan.sequenceLength, 1024],
      weights: [plan.precision.trained, "float32"],
      autocast: [plan.precision.autocast, "bfloat16"],
      checkpointing: [plan.gradientCheckpointing, true],
      loss: [plan.loss, "materialised"],
      gpus: [plan.parallelism.gpus, 8],
      sharding: [plan.parallelism.sharding, "zero-3"],
      offload: [plan.parallelism.offload, "none"],
    } as const;
    for (const [name, [source, value]] of Object.entries(defaults)) {
      assert.equal(source?.value, value, name);
      assert.equal(source?.origin, "default", name);
    }
    assert.deepEqual(plan.learningRate.warmup.value, { ratio: 0, rounding: "down" });
    assert.equal(plan.model.id.origin, "unknown");
  });

  it("fills a dynamic micro batch with as many of the longest sequences as its tokens hold", () => {
    const plan = planOf(verl, `${minimal}    use_dynamic_bsz: true\n    ppo_max_token_len_per_gpu: 5000\n`);
    assert.equal(plan.batch.micro.value, 4);
  });

  it("says unknown for a micro batch that only the command line has", () => {
    const plan = planOf(verl, "defaults: [ppo_trainer]\nactor_rollout_ref:\n  actor:\n    use_kl_loss: true\n");
    assert.equal(plan.batch.micro.origin, "unknown");
    assert.equal(plan.batch.accumulation.origin, "unknown");
  });

  it("reads Megatron's parallel sizes, recomputation and schedule", () => {
    const plan = planOf(
      verl,
      `
defaults: [ppo_megatron_trainer]
actor_rollout_ref:
  model:
    lora:
      rank: 16
  actor:
    ppo_micro_batch_size_per_gpu: 1
    optim:
      lr_decay_style: cosine
      min_lr: 1e-7
      clip_grad: 2.0
    megatron:
      tensor_model_parallel_size: 2
      pipeline_model_parallel_size: 2
      override_transformer_config:
        recompute_granularity: full
`,
    );
    assert.equal(plan.learningRate.family, "megatron");
    assert.equal(plan.learningRate.scheduler.value, "cosine");
    assert.equal(plan.learningRate.schedulerArguments.value?.get("min_lr"), 1e-7);
    assert.equal(plan.optimizer.name.value, "adam");
    assert.equal(plan.optimizer.maxGradNorm.value, 2);
    assert.equal(plan.lora?.rank.value, 16);
    assert.equal(plan.lora?.alpha.value, 32);
    assert.deepEqual(plan.lora?.targets.value, { kind: "all" });
    assert.equal(plan.gradientCheckpointing.value, true);
    assert.equal(plan.parallelism.tensor.value, 2);
    assert.equal(plan.parallelism.pipeline.value, 2);
    assert.equal(plan.parallelism.sharding.value, "zero-1");
    assert.equal(plan.precision.trained.value, "float32");
    assert.equal(plan.precision.autocast.value, "bfloat16");
    // 8 GPUs / (2 × 2) are two replicas.
    assert.equal(plan.batch.accumulation.value, 128);
  });

  it("warms up by the ratio where the steps are negative, and knows the scheduler's older name", () => {
    const text = `${minimal}    optim:\n      lr_warmup_steps: -1\n      lr_warmup_steps_ratio: 0.1\n      warmup_style: cosine\n`;
    const { learningRate } = planOf(verl, text);
    assert.deepEqual(learningRate.warmup.value, { ratio: 0.1, rounding: "down" });
    assert.equal(learningRate.scheduler.value, "cosine");
  });

  it("takes 0 steps for none, as engines do, but not the workers before them", () => {
    const warmup = (more: string) =>
      planOf(
        verl,
        `${minimal}    optim:\n      lr_warmup_steps: 0\n      lr_warmup_steps_ratio: 0.1\ntrainer:\n  total_epochs: 1\n${more}`,
      ).learningRate.warmup.value;
    assert.deepEqual(warmup(""), { ratio: 0.1, rounding: "down" });
    assert.deepEqual(warmup("  use_legacy_worker_impl: disable\n"), { ratio: 0.1, rounding: "down" });
    assert.deepEqual(warmup("  use_legacy_worker_impl: auto\n"), { steps: 0 });
  });

  it("knows the GPUs that share one copy of the model", () => {
    const groups = (size: number) =>
      planOf(verl, `${minimal}    fsdp_config:\n      fsdp_size: ${size}\n`).parallelism.groups?.value;
    assert.deepEqual(groups(8), { sharers: 8 });
    assert.equal(groups(-1), undefined);
  });

  it("does not take what is moved out between updates for offloading while training", () => {
    const text = `${minimal}    fsdp_config:\n      param_offload: true\n      optimizer_offload: true\n      reshard_after_forward: false\n`;
    const { offload, sharding } = planOf(verl, text).parallelism;
    assert.equal(offload.value, "none");
    assert.equal(sharding.value, "zero-2");
  });

  it("does not know the length of fully asynchronous training, which counts rollouts", () => {
    const { epochs, maxSteps } = planOf(
      verl,
      `${minimal}async_training:\n  staleness_threshold: 0.1\nrollout:\n  total_rollout_steps: 51200\n`,
    ).duration;
    assert.deepEqual([epochs.origin, maxSteps.origin], ["unknown", "unknown"]);
  });

  it("scores answers and saves every so many rounds, and not where the frequency is -1", () => {
    assert.deepEqual(intervalsOf(planOf(verl, minimal)), [{ kind: "never" }, { kind: "never" }]);
    const plan = planOf(verl, `${minimal}trainer:\n  test_freq: 5\n  save_freq: 20\n`);
    assert.deepEqual(intervalsOf(plan), [
      { kind: "updates", every: 5 },
      { kind: "updates", every: 20 },
    ]);
    assert.equal(plan.evaluatesAnswers?.value, true);
  });
});

describe("reading a verl config of supervised fine-tuning", () => {
  it("takes everything from a file as users write it", () => {
    const plan = planOf(verl, sft);
    assert.equal(plan.stage.value, "sft");
    assert.equal(plan.model.id.value, "Qwen/Qwen2.5-0.5B");
    assert.equal(plan.method.value, "full");
    assert.equal(plan.lora, null);
    assert.equal(plan.quantization, null);
    assert.equal(plan.optimizer.name.value, "AdamW");
    assert.equal(plan.optimizer.weightDecay.value, 0.01);
    assert.equal(plan.optimizer.beta2.value, 0.95);
    assert.equal(plan.optimizer.maxGradNorm.value, 1);
    assert.equal(plan.learningRate.peak.value, 2e-5);
    assert.equal(plan.learningRate.scheduler.value, "cosine");
    assert.equal(plan.learningRate.scheduler.origin, "file");
    assert.equal(plan.learningRate.family, "verl");
    assert.deepEqual(plan.learningRate.warmup.value, { ratio: 0.05, rounding: "down" });
    assert.equal(plan.duration.epochs.value, 2);
    assert.equal(plan.duration.maxSteps.value, null);
    assert.equal(plan.batch.micro.value, 2);
    assert.equal(plan.batch.global?.value, 128);
    assert.equal(plan.batch.accumulation.value, 16);
    assert.equal(plan.batch.evaluation.value, 2);
    assert.equal(plan.sequenceLength.value, 4096);
    assert.equal(plan.packing.value, false);
    assert.equal(plan.data.sources[0]?.name.value, "~/data/train.parquet");
    assert.equal(plan.data.sources[0]?.limit, null);
    assert.equal(plan.precision.trained.value, "float32");
    assert.equal(plan.precision.autocast.value, "bfloat16");
    assert.equal(plan.gradientCheckpointing.value, true);
    assert.equal(plan.loss.value, "materialised");
    assert.equal(plan.parallelism.gpus.value, 4);
    assert.equal(plan.parallelism.sharding.value, "zero-3");
    assert.equal(plan.parallelism.offload.value, "none");
  });

  it("has other defaults with an engine than without one", () => {
    const plain = planOf(verl, "data:\n  micro_batch_size_per_gpu: 4\ntrainer:\n  nnodes: 1\n");
    assert.equal(plain.learningRate.peak.value, 1e-5);
    assert.equal(plain.learningRate.scheduler.value, "cosine");
    assert.deepEqual(plain.learningRate.warmup.value, { ratio: 0.1, rounding: "down" });
    assert.equal(plain.duration.epochs.value, 4);
    assert.equal(plain.batch.global?.value, 256);
    assert.equal(plain.sequenceLength.value, 1024);
    assert.equal(plain.parallelism.gpus.origin, "assumed");
    const engine = planOf(
      verl,
      "data:\n  micro_batch_size_per_gpu: 4\nengine:\n  strategy: fsdp\nmodel:\n  path: x\ntrainer:\n  nnodes: 1\n",
    );
    assert.equal(engine.model.id.value, "x");
    assert.equal(engine.learningRate.peak.value, 1e-3);
    assert.equal(engine.learningRate.scheduler.value, "constant");
    assert.deepEqual(engine.learningRate.warmup.value, { ratio: 0, rounding: "down" });
    assert.equal(engine.optimizer.beta2.value, 0.999);
    // Dynamic by default: 8192 tokens hold eight sequences of 1024.
    assert.equal(engine.batch.micro.value, 8);
  });

  it("reads LoRA and the offloading of FSDP", () => {
    const half = sft.replace("lora_rank: 0", "lora_rank: 16\n  fsdp_config:\n    cpu_offload: true");
    assert.equal(planOf(verl, half).parallelism.offload.value, "none");
    const second = half.replace("strategy: fsdp", "strategy: fsdp2");
    assert.equal(planOf(verl, second).parallelism.offload.value, "optimizer-and-parameters");
    const plan = planOf(verl, half.replace("cpu_offload: true", "cpu_offload: true\n    offload_params: true"));
    assert.equal(plan.method.value, "lora");
    assert.equal(plan.lora?.alpha.value, 16);
    assert.deepEqual(plan.lora?.targets.value, { kind: "all" });
    assert.equal(plan.parallelism.offload.value, "optimizer-and-parameters");
  });

  it("computes the loss without all logits only where there is an engine, and offers it nowhere else", () => {
    const fused = sft.replace("lora_rank: 0", "lora_rank: 0\n  use_fused_kernels: true");
    assert.equal(planOf(verl, fused).loss.value, "materialised");
    assert.equal(planOf(verl, `${fused}engine:\n  strategy: fsdp\n`).loss.value, "fused");
    assert.deepEqual(pull(documentOf(sft), verl, "chunkedLoss"), []);
    assert.equal(pull(documentOf(`${sft}engine:\n  strategy: fsdp\n`), verl, "chunkedLoss").length, 1);
  });

  it("leaves alone generation, evaluation, fragments, and configs of other frameworks", () => {
    const detect = (text: string) => verl.detect(documentOf(text));
    assert.equal(
      detect("trainer:\n  nnodes: 1\ndata:\n  path: x\n  batch_size: 128\nmodel:\n  path: y\nrollout:\n  n: 1\n"),
      0,
    );
    assert.equal(detect("trainer:\n  nnodes: 1\nactor_rollout_ref:\n  rollout:\n    n: 1\n"), 0);
    assert.equal(detect("data:\n  path: x\n  prompt_key: prompt\ncustom_reward_function:\n  path: y\n"), 0);
    assert.equal(detect("lr: 1e-6\nlr_warmup_steps_ratio: 0.0\nlr_warmup_steps: -1\n"), 0);
    assert.equal(detect("trainer:\n  devices: 1\nmodel:\n  micro_batch_size: 1\n  optim:\n    lr: 1e-4\n"), 0);
  });

  it("evaluates and saves after the last update in any case, or after each epoch; with an engine only on val_files", () => {
    assert.deepEqual(intervalsOf(planOf(verl, sft)), [{ kind: "end" }, { kind: "end" }]);
    assert.deepEqual(intervalsOf(planOf(verl, `${sft}engine: { strategy: fsdp }\n`)), [
      { kind: "never" },
      { kind: "end" },
    ]);
    assert.deepEqual(intervalsOf(planOf(verl, `${sft}  test_freq: 30\n  save_freq: after_each_epoch\n`)), [
      { kind: "updates", every: 30 },
      { kind: "epochs", every: 1 },
    ]);
  });
});

describe("writing a verl config", () => {
  const written = (text: string, change: PlanChange) => applyEdits(text, verl.write(documentOf(text), change));

  it("edits the actor's keys and leaves comments alone", () => {
    const changes: readonly (readonly [PlanChange, string, string])[] = [
      [{ peakLearningRate: 1e-6 }, "lr: 3e-6", "lr: 1e-6"],
      [{ microBatch: 2 }, "ppo_micro_batch_size_per_gpu: 4", "ppo_micro_batch_size_per_gpu: 2"],
      // 64 passes × 4 sequences × 8 replicas / 8 answers.
      [{ accumulation: 64 }, "ppo_mini_batch_size: 128", "ppo_mini_batch_size: 256"],
      [{ sequenceLength: 2048 }, "max_response_length: 3072 # long", "max_response_length: 1024 # long"],
      [{ gradientCheckpointing: true }, "checkpointing: false", "checkpointing: true"],
      [{ epochs: 3 }, "total_epochs: 15", "total_epochs: 3"],
      [{ warmupSteps: 10 }, "lr_warmup_steps: 20", "lr_warmup_steps: 10"],
      [{ scheduler: "constant" }, "lr_scheduler_type: cosine", "lr_scheduler_type: constant"],
      [{ loraRank: 16 }, "lora_rank: 32", "lora_rank: 16"],
      [{ evaluationBatch: 1 }, "", ""],
    ];
    for (const [change, before, after] of changes) {
      assert.ok(grpo.includes(before), before);
      assert.equal(written(grpo, change), grpo.replace(before, after), JSON.stringify(change));
    }
    assert.equal(written(grpo, { microBatch: 2, accumulation: 64 }), grpo.replace("per_gpu: 4", "per_gpu: 2"));
  });

  it("edits a fine-tuning's keys, the scheduler by the name that the file has", () => {
    const changes: readonly (readonly [PlanChange, string, string])[] = [
      [{ peakLearningRate: 1e-5 }, "lr: 2e-5", "lr: 1e-5"],
      [{ microBatch: 1 }, "micro_batch_size_per_gpu: 2", "micro_batch_size_per_gpu: 1"],
      // 8 passes × 2 sequences × 4 GPUs.
      [{ accumulation: 8 }, "train_batch_size: 128", "train_batch_size: 64"],
      [{ sequenceLength: 2048 }, "max_length: 4096", "max_length: 2048"],
      [{ warmupRatio: 0.1 }, "lr_warmup_steps_ratio: 0.05", "lr_warmup_steps_ratio: 0.1"],
      [{ scheduler: "constant" }, "lr_scheduler: cosine", "lr_scheduler: constant"],
      [{ loraRank: 8 }, "lora_rank: 0", "lora_rank: 8"],
    ];
    for (const [change, before, after] of changes) {
      assert.ok(sft.includes(before), before);
      assert.equal(written(sft, change), sft.replace(before, after), JSON.stringify(change));
    }
  });

  it("writes a dynamic micro batch in tokens", () => {
    const dynamic = `${minimal}    use_dynamic_bsz: true\n    ppo_max_token_len_per_gpu: 16384\n`;
    // Four sequences of 512 + 512 tokens.
    assert.equal(written(dynamic, { microBatch: 4 }), dynamic.replace("16384", "4096"));
  });
});
