import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import type { LinkedFile } from "../../../src/core/dialects/links.ts";
import { nemoRl } from "../../../src/core/dialects/nemoRl.ts";
import { globalBatchSize, updatesPerStep } from "../../../src/core/plan/plan.ts";
import { said } from "../../../src/core/plan/sourced.ts";
import { runLengthOf } from "../../../src/core/schedule/runLength.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, groupsOf, linkedFile, planOf } from "./reading.ts";

const sft = `
sft:
  max_num_epochs: 2
  max_num_steps: 300
  val_micro_batch_size: 4

policy:
  model_name: "meta-llama/Llama-3.2-1B" # small on purpose
  train_global_batch_size: 64
  train_micro_batch_size: 2
  max_total_sequence_length: 2048
  precision: "bfloat16"
  max_grad_norm: 0.5
  dtensor_cfg:
    enabled: true
    cpu_offload: false
    activation_checkpointing: true
    tensor_parallel_size: 2
    context_parallel_size: 1
    lora_cfg:
      enabled: false
      dim: 16
      alpha: 64
      dropout: 0.1
      match_all_linear: true
  megatron_cfg:
    enabled: false
    activation_checkpointing: false
    tensor_model_parallel_size: 4
    pipeline_model_parallel_size: 2
    optimizer:
      optimizer: "adam"
      lr: 1.0e-5
      min_lr: 1.0e-6
      weight_decay: 0.1
      adam_beta2: 0.98
      clip_grad: \${policy.max_grad_norm}
      use_distributed_optimizer: true
    scheduler:
      lr_decay_style: "cosine"
      lr_decay_iters: 300
      lr_warmup_iters: 20
      lr_warmup_init: 1.0e-7
    peft:
      enabled: false
      target_modules: []
      dim: 32
  sequence_packing:
    enabled: true
  optimizer:
    name: "torch.optim.AdamW"
    kwargs:
      lr: 5.0e-6
      weight_decay: 0.1
      betas: [0.9, 0.98]
  scheduler:
    - name: "torch.optim.lr_scheduler.LinearLR"
      kwargs:
        start_factor: 0.1
        end_factor: 1.0
        total_iters: 20
    - name: "torch.optim.lr_scheduler.CosineAnnealingLR"
      kwargs:
        T_max: 280
        eta_min: 1.0e-7
    - milestones: [20]

data:
  train:
    dataset_name: "squad"
    split_validation_size: 0.05

cluster:
  gpus_per_node: 8
  num_nodes: 2
`;

const grpo = `
grpo:
  num_prompts_per_step: 32
  num_generations_per_prompt: 16
  max_num_epochs: 1
  max_num_steps: 1000
policy:
  model_name: Qwen/Qwen2.5-1.5B
  train_global_batch_size: 512
  train_micro_batch_size: 4
  optimizer:
    kwargs:
      lr: 3.0e-7
cluster:
  gpus_per_node: 8
  num_nodes: 1
`;

const onMegatron = sft.replace("megatron_cfg:\n    enabled: false", "megatron_cfg:\n    enabled: true");

describe("reading a NeMo RL config", () => {
  it("reads how many copies there are of what FSDP2 shares", () => {
    const config = (copies: number) =>
      `sft: { max_num_steps: 10 }
policy:
  model_name: Qwen/Qwen2.5-1.5B
  train_micro_batch_size: 1
  dtensor_cfg: { enabled: true, dp_replicate_size: ${copies} }
cluster: { gpus_per_node: 8, num_nodes: 2 }
`;
    assert.deepEqual(planOf(nemoRl, config(2)).parallelism.groups?.value, { copies: 2 });
    assert.equal(planOf(nemoRl, config(1)).parallelism.groups, undefined);
  });

  it("takes everything from a supervised fine-tuning on the DTensor backend", () => {
    const plan = planOf(nemoRl, sft);
    assert.equal(nemoRl.detect(documentOf(sft)), 1);
    assert.equal(plan.stage.value, "sft");
    assert.equal(plan.model.id.value, "meta-llama/Llama-3.2-1B");
    assert.equal(plan.model.shape, null);
    assert.equal(plan.method.value, "full");
    assert.equal(plan.lora, null);
    assert.equal(plan.quantization, null);
    assert.equal(plan.optimizer.name.value, "torch.optim.AdamW");
    assert.equal(plan.optimizer.weightDecay.value, 0.1);
    assert.equal(plan.optimizer.beta2.value, 0.98);
    assert.equal(plan.optimizer.maxGradNorm.value, 0.5);
    assert.equal(plan.learningRate.peak.value, 5e-6);
    assert.equal(plan.learningRate.scheduler.value, "SequentialLR");
    assert.equal(plan.learningRate.scheduler.origin, "file");
    assert.equal(plan.learningRate.family, "torch");
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 20 });
    assert.deepEqual(
      plan.learningRate.schedulerArguments.value,
      new Map<string, unknown>([
        [
          "schedulers",
          [
            { name: "LinearLR", kwargs: { start_factor: 0.1, end_factor: 1, total_iters: 20 } },
            { name: "CosineAnnealingLR", kwargs: { T_max: 280, eta_min: 1e-7 } },
          ],
        ],
        ["milestones", [20]],
      ]),
    );
    assert.equal(plan.duration.epochs.value, 2);
    assert.equal(plan.duration.maxSteps.value, 300);
    assert.equal(plan.duration.maxTokens.value, null);
    assert.equal(plan.batch.micro.value, 2);
    // 16 GPUs, two of which share each matrix: 64 / (2 × 8).
    assert.equal(plan.batch.accumulation.value, 4);
    assert.equal(plan.batch.global?.value, 64);
    assert.equal(globalBatchSize(plan), 64);
    assert.equal(plan.batch.evaluation.value, 4);
    assert.equal(plan.sequenceLength.value, 2048);
    assert.equal(plan.packing.value, true);
    assert.equal(plan.data.sources[0]?.name.value, "squad");
    assert.equal(plan.data.samples.origin, "unknown");
    assert.equal(plan.data.validation.value, 0.05);
    assert.equal(plan.precision.trained.value, "float32");
    assert.equal(plan.precision.trained.origin, "default");
    assert.equal(plan.precision.frozen.value, "float32");
    assert.equal(plan.precision.autocast.value, "bfloat16");
    assert.equal(plan.gradientCheckpointing.value, true);
    assert.equal(plan.attention.value, "flash");
    assert.equal(plan.loss.value, "materialised");
    assert.equal(plan.parallelism.gpus.value, 16);
    assert.equal(plan.parallelism.tensor.value, 2);
    assert.equal(plan.parallelism.pipeline.value, 1);
    assert.equal(plan.parallelism.context.value, 1);
    assert.equal(plan.parallelism.expert.value, 1);
    assert.equal(plan.parallelism.sharding.value, "zero-3");
    assert.equal(plan.parallelism.offload.value, "none");
  });

  it("takes the optimizer, the schedule and the parallel sizes from megatron_cfg where that is on", () => {
    const plan = planOf(nemoRl, onMegatron);
    assert.equal(plan.optimizer.name.value, "adam");
    assert.equal(plan.optimizer.weightDecay.value, 0.1);
    assert.equal(plan.optimizer.beta2.value, 0.98);
    assert.equal(plan.optimizer.maxGradNorm.value, 0.5);
    assert.equal(plan.learningRate.peak.value, 1e-5);
    assert.equal(plan.learningRate.scheduler.value, "cosine");
    assert.equal(plan.learningRate.family, "megatron");
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 20 });
    assert.deepEqual(
      plan.learningRate.schedulerArguments.value,
      new Map([
        ["min_lr", 1e-6],
        ["lr_warmup_init", 1e-7],
        ["lr_decay_iters", 300],
      ]),
    );
    assert.equal(plan.gradientCheckpointing.value, false);
    assert.equal(plan.parallelism.tensor.value, 4);
    assert.equal(plan.parallelism.pipeline.value, 2);
    assert.equal(plan.parallelism.sharding.value, "zero-1");
    assert.equal(plan.parallelism.offload.value, "none");
    // 16 GPUs / (4 × 2) are two replicas.
    assert.equal(plan.batch.accumulation.value, 16);
    assert.equal(plan.attention.value, "flash");
  });

  it("reads LoRA of both backends", () => {
    const dtensor = planOf(nemoRl, sft.replace("lora_cfg:\n      enabled: false", "lora_cfg:\n      enabled: true"));
    assert.equal(dtensor.method.value, "lora");
    assert.equal(dtensor.lora?.rank.value, 16);
    assert.equal(dtensor.lora?.alpha.value, 64);
    assert.equal(dtensor.lora?.dropout.value, 0.1);
    assert.deepEqual(dtensor.lora?.targets.value, {
      kind: "roles",
      roles: ["query", "key", "value", "output", "mlp", "head"],
    });
    assert.deepEqual(dtensor.lora?.modulesToSave.value, []);
    assert.equal(dtensor.lora?.rsLora.value, false);
    assert.equal(dtensor.lora?.dora.value, false);
    const text = onMegatron.replace("peft:\n      enabled: false", "peft:\n      enabled: true");
    const megatron = planOf(nemoRl, text);
    assert.equal(megatron.lora?.rank.value, 32);
    assert.equal(megatron.lora?.alpha.value, 32);
    assert.equal(megatron.lora?.alpha.origin, "default");
    assert.deepEqual(megatron.lora?.targets.value, { kind: "all" });
    const attention = planOf(nemoRl, text.replace("target_modules: []", "target_modules: [linear_qkv, linear_proj]"));
    assert.deepEqual(attention.lora?.targets.value, { kind: "roles", roles: ["query", "key", "value", "output"] });
  });

  it("says the few defaults of the code, and unknown for what nobody states", () => {
    const plan = planOf(nemoRl, grpo);
    assert.equal(plan.stage.value, "grpo");
    assert.equal(plan.duration.maxSteps.value, 1000);
    assert.equal(plan.batch.evaluation.value, 4);
    assert.equal(plan.learningRate.scheduler.value, "constant");
    assert.equal(plan.learningRate.scheduler.origin, "default");
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 0 });
    assert.equal(plan.optimizer.weightDecay.value, 0.01);
    assert.equal(plan.optimizer.beta2.value, 0.999);
    assert.equal(plan.packing.value, false);
    assert.equal(plan.attention.value, "sdpa");
    assert.equal(plan.sequenceLength.origin, "unknown");
    assert.equal(plan.optimizer.maxGradNorm.origin, "unknown");
    assert.equal(plan.precision.autocast.origin, "unknown");
  });

  it("does not count GPUs that only generate", () => {
    const apart = (resources: string, nodes: number) =>
      planOf(
        nemoRl,
        grpo
          .replace("num_nodes: 1", `num_nodes: ${nodes}`)
          .replace(
            "cluster:",
            `  generation:\n    colocated:\n      enabled: false\n      resources: { ${resources} }\ncluster:`,
          ),
      ).parallelism.gpus.value;
    assert.equal(apart("gpus_per_node: 2", 1), 6);
    assert.equal(apart("gpus_per_node: 8, num_nodes: 1", 4), 24);
  });

  it("reads -1 steps as no limit", () => {
    const reward = grpo.replace("grpo:", "rm:").replace("max_num_steps: 1000", "max_num_steps: -1");
    assert.equal(planOf(nemoRl, reward).stage.value, "reward");
    assert.equal(planOf(nemoRl, reward).duration.maxSteps.value, null);
  });

  it("evaluates every val_period updates, and not with 0", () => {
    const evaluation = (period: string) =>
      planOf(nemoRl, sft.replace("sft:\n", `sft:\n  val_period: ${period}\n`)).evaluationInterval?.value;
    assert.deepEqual(evaluation("10"), { kind: "updates", every: 10 });
    assert.deepEqual(evaluation("0"), { kind: "never" });
  });

  it("evaluates rounds of reinforcement learning by their answers", () => {
    const plan = planOf(nemoRl, grpo.replace("grpo:\n", "grpo:\n  val_period: 20\n"));
    assert.deepEqual(plan.evaluationInterval?.value, { kind: "updates", every: 20 });
    assert.equal(plan.evaluatesAnswers?.value, true);
    assert.equal(planOf(nemoRl, sft).evaluatesAnswers, undefined);
  });

  it("counts rounds of reinforcement learning by their prompts, of which the last, incomplete batch is left out", () => {
    const lengthOf = (text: string, samples: number) => runLengthOf(planOf(nemoRl, text), said(samples), undefined, {});
    // 1,000 prompts by 32 are 31.25 rounds; 1,000 samples by 64 are 15.6 updates, twice.
    assert.equal(lengthOf(grpo, 1000).totalSteps, 31);
    assert.equal(lengthOf(sft, 1000).totalSteps, 30);
    assert.equal(lengthOf(grpo, 1_000_000).totalSteps, 1000);
    const twice = grpo.replace("train_global_batch_size: 512", "train_global_batch_size: 256");
    assert.equal(updatesPerStep(planOf(nemoRl, twice)), 2);
    assert.equal(planOf(nemoRl, sft).batch.step, undefined);
  });

  it("saves every save_period updates where checkpointing is on", () => {
    const save = (lines: string) => planOf(nemoRl, `${grpo}checkpointing:\n${lines}`).saveInterval?.value;
    assert.deepEqual(save("  enabled: true\n  save_period: 10\n"), { kind: "updates", every: 10 });
    assert.deepEqual(save("  enabled: false\n  save_period: 10\n"), { kind: "never" });
  });

  it("trains embeddings and output layer at a decoupled rate on Megatron alone", () => {
    const decoupled = (text: string) =>
      text.replace("      min_lr: 1.0e-6\n", "      min_lr: 1.0e-6\n      decoupled_lr: 5.0e-6\n");
    assert.deepEqual(groupsOf(planOf(nemoRl, decoupled(onMegatron))), [["embeddings and output layer", 5e-6]]);
    assert.deepEqual(groupsOf(planOf(nemoRl, decoupled(sft))), []);
  });

  it("does not know what is trained for where neither a section nor the file inherited from says it", () => {
    const plan = nemoRl.read(documentOf("policy: { model_name: a/b, train_micro_batch_size: 1 }\n"), {
      versions: {},
      linked: new Map(),
    });
    assert.match(plan.stage.note ?? "", /^no section says what is trained for$/);
    for (const source of [plan.duration.epochs, plan.duration.maxSteps, plan.evaluationInterval]) {
      assert.match(source?.note ?? "", /^the file does not say what is trained for$/);
    }
  });

  it("warms up until the first milestone where the first scheduler is a LinearLR, and else not", () => {
    const warmup = (text: string) => planOf(nemoRl, text).learningRate.warmup.value;
    assert.deepEqual(warmup(sft), { steps: 20 });
    assert.deepEqual(warmup(sft.replace("lr_scheduler.LinearLR", "lr_scheduler.ConstantLR")), { steps: 0 });
    assert.deepEqual(warmup(sft.replace("    - milestones: [20]\n", "")), { steps: 0 });
    assert.deepEqual(warmup(sft.replace("milestones: [20]", "milestones: 20")), { steps: 0 });
  });

  it("fuses the loss on Megatron where the file asks for it", () => {
    const loss = (more: string) =>
      planOf(nemoRl, onMegatron.replace("  megatron_cfg:\n", `  megatron_cfg:\n${more}`)).loss.value;
    assert.equal(loss("    use_fused_linear_logprobs: true\n"), "fused");
    assert.equal(loss(""), "materialised");
  });
});

describe("inheriting a NeMo RL config", () => {
  const recipe = `
defaults: ../../sft.yaml
sft:
  max_num_steps: 50
policy:
  max_grad_norm: 2.0
  train_micro_batch_size: 1
`;
  const parent = linkedFile("file:///repo/configs/sft.yaml", onMegatron);

  it("points to the files that it inherits from, one or several", () => {
    assert.deepEqual(
      nemoRl.links?.(documentOf(recipe)).map(({ path }) => path),
      ["../../sft.yaml"],
    );
    const several = documentOf("defaults:\n  - a.yaml\n  - b.yaml\npolicy: { model_name: x }\n");
    assert.deepEqual(
      nemoRl.links?.(several).map(({ path, place }) => [path, place.range.start.line]),
      [
        ["a.yaml", 1],
        ["b.yaml", 2],
      ],
    );
  });

  it("reads what it does not say from the file that it inherits from, with its place there", () => {
    const plan = planOf(nemoRl, recipe, { linked: new Map([["../../sft.yaml", parent]]) });
    assert.equal(plan.batch.micro.value, 1);
    assert.equal(plan.batch.micro.origin, "file");
    assert.equal(plan.duration.maxSteps.value, 50);
    assert.equal(plan.duration.epochs.value, 2);
    assert.equal(plan.duration.epochs.origin, "linked");
    assert.equal(plan.duration.epochs.place?.uri, "file:///repo/configs/sft.yaml");
    assert.equal(plan.duration.epochs.place?.range.start.line, 2);
    assert.equal(plan.model.id.value, "meta-llama/Llama-3.2-1B");
    assert.equal(plan.learningRate.peak.value, 1e-5);
  });

  it("resolves references of the parent with what the file itself sets", () => {
    const plan = planOf(nemoRl, recipe, { linked: new Map([["../../sft.yaml", parent]]) });
    assert.equal(plan.optimizer.maxGradNorm.value, 2);
    assert.equal(plan.optimizer.maxGradNorm.origin, "linked");
  });

  it("follows parents of parents", () => {
    const middle: LinkedFile = {
      ...linkedFile("file:///repo/configs/lora.yaml", "defaults: sft.yaml\npolicy:\n  train_micro_batch_size: 8\n"),
      linked: new Map([["sft.yaml", parent]]),
    };
    const plan = planOf(nemoRl, "defaults: lora.yaml\nsft:\n  max_num_epochs: 5\npolicy:\n  precision: float32\n", {
      linked: new Map([["lora.yaml", middle]]),
    });
    assert.equal(plan.duration.epochs.value, 5);
    assert.equal(plan.batch.micro.value, 8);
    assert.equal(plan.batch.micro.place?.uri, "file:///repo/configs/lora.yaml");
    assert.equal(plan.sequenceLength.value, 2048);
    assert.equal(plan.sequenceLength.place?.uri, "file:///repo/configs/sft.yaml");
    assert.equal(plan.precision.autocast.value, null);
  });

  it("lets the later of several parents win, and a null take away what was inherited", () => {
    const first = linkedFile("file:///a.yaml", "policy:\n  train_micro_batch_size: 2\n  max_grad_norm: 1.0\n");
    const second = linkedFile("file:///b.yaml", "policy:\n  train_micro_batch_size: 4\n");
    const text =
      "defaults: [a.yaml, b.yaml]\nsft:\n  max_num_epochs: 1\npolicy:\n  max_grad_norm: null\n  optimizer: { name: x }\n";
    const plan = planOf(nemoRl, text, {
      linked: new Map([
        ["a.yaml", first],
        ["b.yaml", second],
      ]),
    });
    assert.equal(plan.batch.micro.value, 4);
    assert.equal(plan.batch.micro.place?.uri, "file:///b.yaml");
    assert.equal(plan.optimizer.maxGradNorm.origin, "unknown");
  });

  it("replaces a section that is marked _override_", () => {
    const text =
      "defaults: ../../sft.yaml\nsft:\n  _override_: true\n  max_num_steps: 50\npolicy:\n  optimizer: null\n";
    const plan = planOf(nemoRl, text, { linked: new Map([["../../sft.yaml", parent]]) });
    assert.equal(plan.duration.maxSteps.value, 50);
    assert.equal(plan.duration.epochs.origin, "unknown");
  });

  it("says unknown, not a default, for what is inherited from a file that is not there", () => {
    const plan = planOf(nemoRl, recipe, { linked: new Map([["../../sft.yaml", null]]) });
    assert.equal(plan.batch.micro.value, 1);
    for (const source of [
      plan.model.id,
      plan.packing,
      plan.method,
      plan.duration.epochs,
      plan.learningRate.scheduler,
    ]) {
      assert.equal(source.origin, "unknown");
      assert.match(source.note ?? "", /inherited from \.\.\/\.\.\/sft\.yaml, which is not there/);
    }
    assert.equal(plan.stage.value, "sft");
  });

  it("ends at a file that inherits from itself", () => {
    const linked = new Map<string, LinkedFile>();
    linked.set("loop.yaml", { ...linkedFile("file:///loop.yaml", "defaults: loop.yaml\n"), linked });
    const plan = planOf(nemoRl, "defaults: loop.yaml\nsft: {}\npolicy:\n  train_micro_batch_size: 1\n", { linked });
    assert.equal(plan.batch.micro.value, 1);
  });
});

describe("telling a NeMo RL config", () => {
  it("leaves alone evaluation, and configs of other frameworks", () => {
    const detect = (text: string) => nemoRl.detect(documentOf(text));
    assert.equal(detect("defaults: eval.yaml\neval:\n  metric: pass@k\ngeneration:\n  model_name: Qwen/Qwen3-8B\n"), 0);
    assert.equal(detect("defaults:\n  - ppo_trainer\nactor_rollout_ref:\n  model:\n    path: x\n"), 0);
    assert.equal(detect("policy:\n  effect: allow\n"), 0);
    assert.equal(detect("step_scheduler:\n  local_batch_size: 2\noptimizer:\n  lr: 1e-5\n"), 0);
  });
});

describe("writing a NeMo RL config", () => {
  const written = (text: string, change: PlanChange) => applyEdits(text, nemoRl.write(documentOf(text), change));

  it("edits the keys of the DTensor backend and leaves comments alone", () => {
    const changes: readonly (readonly [PlanChange, string, string])[] = [
      [{ peakLearningRate: 1e-6 }, "lr: 5.0e-6", "lr: 1.0e-6"],
      [{ microBatch: 1 }, "train_micro_batch_size: 2", "train_micro_batch_size: 1"],
      [{ evaluationBatch: 2 }, "val_micro_batch_size: 4", "val_micro_batch_size: 2"],
      [{ sequenceLength: 1024 }, "max_total_sequence_length: 2048", "max_total_sequence_length: 1024"],
      [{ gradientCheckpointing: false }, "activation_checkpointing: true", "activation_checkpointing: false"],
      [{ epochs: 1 }, "max_num_epochs: 2", "max_num_epochs: 1"],
      [{ optimizer: "torch.optim.SGD" }, "torch.optim.AdamW", "torch.optim.SGD"],
      [{ loraRank: 8 }, "dim: 16", "dim: 8"],
      // 2 passes × 2 samples × 8 replicas.
      [{ accumulation: 2 }, "train_global_batch_size: 64", "train_global_batch_size: 32"],
    ];
    for (const [change, before, after] of changes) {
      assert.ok(sft.includes(before), before);
      assert.equal(written(sft, change), sft.replace(before, after), JSON.stringify(change));
    }
  });

  it("edits the keys of Megatron where that is on", () => {
    const changes: readonly (readonly [PlanChange, string, string])[] = [
      [{ peakLearningRate: 2e-5 }, "lr: 1.0e-5\n", "lr: 2.0e-5\n"],
      [{ warmupSteps: 40 }, "lr_warmup_iters: 20", "lr_warmup_iters: 40"],
      [{ scheduler: "linear" }, 'lr_decay_style: "cosine"', 'lr_decay_style: "linear"'],
      [{ gradientCheckpointing: true }, "activation_checkpointing: false", "activation_checkpointing: true"],
      [{ loraRank: 16 }, "dim: 32", "dim: 16"],
      [{ optimizer: "sgd" }, 'optimizer: "adam"', 'optimizer: "sgd"'],
    ];
    for (const [change, before, after] of changes) {
      assert.equal(written(onMegatron, change), onMegatron.replace(before, after), JSON.stringify(change));
    }
  });

  it("has no single key for the schedule of the DTensor backend, nor for a warmup ratio", () => {
    assert.equal(written(sft, { warmupSteps: 5, scheduler: "linear", warmupRatio: 0.1 }), sft);
  });

  it("overrides what is inherited, in the file itself", () => {
    const recipe = "defaults: sft.yaml\npolicy:\n  model_name: Qwen/Qwen3-4B\n";
    assert.equal(written(recipe, { microBatch: 1 }), `${recipe}  train_micro_batch_size: 1\n`);
  });
});
