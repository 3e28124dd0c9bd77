import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { oumi } from "../../../src/core/dialects/oumi.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, linkedFile, planOf } from "./reading.ts";

const full = `
model:
  model_name: "Qwen/Qwen2.5-1.5B-Instruct"
  model_max_length: 4096
  torch_dtype_str: "bfloat16"
  attn_implementation: "flash_attention_2"
  enable_liger_kernel: True

data:
  train:
    pack: True
    datasets:
      - dataset_name: "HuggingFaceH4/no_robots"
        sample_count: 5000
      - dataset_name: "text_sft"
        dataset_path: "data/own.jsonl"
        sample_count: 1500

training:
  trainer_type: "TRL_SFT"
  num_train_epochs: 2
  per_device_train_batch_size: 4
  gradient_accumulation_steps: 8
  enable_gradient_checkpointing: True
  optimizer: "adamw_torch_fused"
  learning_rate: 1.0e-05 # from the sweep
  lr_scheduler_type: "cosine_with_min_lr"
  lr_scheduler_kwargs:
    min_lr: 1.0e-6
  warmup_ratio: 0.05
  weight_decay: 0.1
  adam_beta2: 0.95
  max_grad_norm: 0.5
  max_steps: 400

fsdp:
  enable_fsdp: True
  sharding_strategy: "SHARD_GRAD_OP"
  cpu_offload: True
`;

const minimal = `
model:
  model_name: "meta-llama/Llama-3.2-1B"
data:
  train:
    datasets:
      - dataset_name: "yahma/alpaca-cleaned"
training:
  trainer_type: "TRL_SFT"
`;

/** What a part of a plan says: a value from the file alone, any other with its origin. */
function said(part: unknown): unknown {
  if (part === null || typeof part !== "object" || part instanceof Map) return part;
  if (Array.isArray(part)) return part.map(said);
  if ("origin" in part && "value" in part) {
    const { origin, value } = part;
    return origin === "file" ? value : origin === "unknown" ? "unknown" : { [String(origin)]: value };
  }
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, said(value)]));
}

function withTraining(lines: string): string {
  return minimal + lines.replace(/^(?=.)/gm, "  ");
}

function written(text: string, change: PlanChange): string {
  return applyEdits(text, oumi.write(documentOf(text), change));
}

describe("reading an oumi config", () => {
  it("takes everything from a full fine-tuning file", () => {
    assert.deepEqual(said(planOf(oumi, full)), {
      stage: "sft",
      model: { id: "Qwen/Qwen2.5-1.5B-Instruct", shape: null },
      method: { default: "full" },
      lora: null,
      quantization: null,
      optimizer: {
        name: "adamw_torch_fused",
        weightDecay: 0.1,
        beta2: 0.95,
        epsilon: { default: 1e-8 },
        maxGradNorm: 0.5,
      },
      learningRate: {
        peak: 1e-5,
        scheduler: "cosine_with_min_lr",
        family: "huggingface",
        schedulerArguments: new Map([["min_lr", 1e-6]]),
        warmup: { ratio: 0.05, rounding: "up" },
      },
      duration: { epochs: 2, maxSteps: 400, maxTokens: { default: null } },
      evaluationInterval: { default: { kind: "never" } },
      saveInterval: { default: { kind: "updates", every: 500 } },
      batch: { micro: 4, accumulation: 8, global: null, evaluation: { default: 8 } },
      sequenceLength: 4096,
      packing: true,
      data: {
        sources: [
          { name: "HuggingFaceH4/no_robots", limit: 5000 },
          { name: "data/own.jsonl", limit: 1500 },
        ],
        samples: 6500,
        validation: { default: 0 },
      },
      precision: {
        trained: "bfloat16",
        frozen: "bfloat16",
        adapters: { default: "float32" },
        quantizedAdapters: { default: "bfloat16" },
        autocast: { default: null },
      },
      gradientCheckpointing: true,
      attention: "flash",
      loss: "fused",
      kernels: { norms: true, mlp: true },
      parallelism: {
        gpus: { assumed: 1 },
        tensor: { default: 1 },
        pipeline: { default: 1 },
        context: { default: 1 },
        expert: { default: 1 },
        sharding: "zero-2",
        reducesLast: { default: true },
        offload: "optimizer-and-parameters",
      },
    });
  });

  it("fills in oumi's own defaults", () => {
    assert.deepEqual(said(planOf(oumi, minimal, { versions: { trl: "0.24.0" } })), {
      stage: "sft",
      model: { id: "meta-llama/Llama-3.2-1B", shape: null },
      method: { default: "full" },
      lora: null,
      quantization: null,
      optimizer: {
        name: { default: "adamw_torch" },
        weightDecay: { default: 0 },
        beta2: { default: 0.999 },
        epsilon: { default: 1e-8 },
        maxGradNorm: { default: 1 },
      },
      learningRate: {
        peak: { default: 5e-5 },
        scheduler: { default: "linear" },
        family: "huggingface",
        schedulerArguments: { default: new Map() },
        warmup: { default: { steps: 0 } },
      },
      duration: { epochs: { default: 3 }, maxSteps: { default: null }, maxTokens: { default: null } },
      evaluationInterval: { default: { kind: "never" } },
      saveInterval: { default: { kind: "updates", every: 500 } },
      batch: {
        micro: { default: 8 },
        accumulation: { default: 1 },
        global: null,
        evaluation: { default: 8 },
      },
      sequenceLength: { default: 1024 },
      packing: { default: false },
      data: {
        sources: [{ name: "yahma/alpaca-cleaned", limit: null }],
        samples: "unknown",
        validation: { default: 0 },
      },
      precision: {
        trained: { assumed: "bfloat16" },
        frozen: { assumed: "bfloat16" },
        adapters: { default: "float32" },
        quantizedAdapters: { default: "float32" },
        autocast: { default: null },
      },
      gradientCheckpointing: { default: false },
      attention: { default: "sdpa" },
      loss: { default: "materialised" },
      parallelism: {
        gpus: { assumed: 1 },
        tensor: { default: 1 },
        pipeline: { default: 1 },
        context: { default: 1 },
        expert: { default: 1 },
        sharding: { default: "none" },
        offload: { default: "none" },
      },
    });
  });

  it("trains LoRA adapters when use_peft says so, with oumi's rank and alpha of 8", () => {
    const { method, lora, quantization } = planOf(oumi, withTraining("use_peft: True\n"));
    assert.equal(method.value, "lora");
    assert.equal(quantization, null);
    assert.deepEqual(said(lora), {
      rank: { default: 8 },
      alpha: { default: 8 },
      dropout: { default: 0 },
      targets: { default: { kind: "default" } },
      modulesToSave: { default: [] },
      rsLora: { default: false },
      dora: { default: false },
    });
  });

  it("reads a peft section only with use_peft", () => {
    const { method, lora, quantization } = planOf(oumi, `${minimal}peft:\n  q_lora: True\n  lora_r: 64\n`);
    assert.equal(method.value, "full");
    assert.equal(lora, null);
    assert.equal(quantization, null);
  });

  it("quantises under QLoRA, in 4 bits without nested scales unless told otherwise", () => {
    const peft = `peft:
  q_lora: True
  lora_r: 16
  lora_alpha: 32
  lora_dropout: 0.1
  lora_target_modules:
    - "q_proj"
    - "v_proj"
  lora_modules_to_save: ["lm_head"]
`;
    const { method, lora, quantization, precision } = planOf(oumi, `${withTraining("use_peft: True\n")}${peft}`);
    assert.equal(method.value, "qlora");
    assert.deepEqual(said(lora), {
      rank: 16,
      alpha: 32,
      dropout: 0.1,
      targets: { kind: "names", names: ["q_proj", "v_proj"] },
      modulesToSave: ["lm_head"],
      rsLora: { default: false },
      dora: { default: false },
    });
    assert.deepEqual(said(quantization), {
      bits: { default: 4 },
      doubleQuantization: { default: false },
      float32Norms: { default: true },
      float32Embeddings: { default: true },
    });
    assert.deepEqual(said(precision.quantizedAdapters), { default: "bfloat16" });
  });

  it("casts a quantised model back to its own type for FSDP", () => {
    const text = `${withTraining("use_peft: True\n")}peft: { q_lora: True }\nfsdp: { enable_fsdp: True }\n`;
    const { quantization, precision } = planOf(
      oumi,
      text.replace("model_name", "torch_dtype_str: float16\n  model_name"),
    );
    assert.equal(quantization?.float32Norms.value, false);
    assert.equal(quantization?.float32Embeddings?.value, false);
    assert.equal(precision.quantizedAdapters.value, "float16");
  });

  it("knows all-linear, expressions and an empty list among the LoRA targets", () => {
    const targets = (peft: string) =>
      planOf(oumi, `${withTraining("use_peft: True\n")}peft:\n${peft}`).lora?.targets.value;
    assert.deepEqual(targets('  lora_target_modules: ["all-linear"]\n'), { kind: "all" });
    assert.deepEqual(targets("  lora_target_modules: []\n"), { kind: "names", names: [] });
    const expressions =
      '  lora_target_modules: [".*text.*q_proj", ".*text.*v_proj"]\n  lora_target_modules_regex: True\n';
    assert.deepEqual(targets(expressions), { kind: "pattern", pattern: "(.*text.*q_proj)|(.*text.*v_proj)" });
  });

  it("reads GKD's teacher with the type that it is loaded in, and how it is compared with", () => {
    const teacher = (lines: string) =>
      planOf(
        oumi,
        withTraining(`gkd:\n    teacher_model_name_or_path: Qwen/Qwen3-8B\n${lines}`).replace("TRL_SFT", "TRL_GKD"),
      ).teacher;
    assert.equal(teacher("")?.id.value, "Qwen/Qwen3-8B");
    assert.deepEqual([teacher("")?.weights.value, teacher("")?.weights.origin], ["bfloat16", "assumed"]);
    assert.equal(teacher("    teacher_model_init_kwargs: { torch_dtype: float32 }\n")?.weights.value, "float32");
    assert.equal(teacher("")?.divergence, "jsd");
    assert.equal(teacher("    beta: 0.0\n")?.divergence, "forward-kl");
    assert.equal(teacher("    beta: 1.0\n")?.divergence, "reverse-kl");
  });

  it("tells the stage from the trainer, and pretraining from weights that are not loaded", () => {
    const stage = (trainer: string) => planOf(oumi, minimal.replace("TRL_SFT", trainer)).stage.value;
    assert.equal(stage("TRL_DPO"), "dpo");
    assert.equal(stage("TRL_KTO"), "kto");
    assert.equal(stage("TRL_GRPO"), "grpo");
    assert.equal(stage("TRL_GKD"), "distill");
    assert.equal(stage("TRL_GOLD"), "distill");
    assert.equal(stage("HF"), "sft");
    const fresh = minimal.replace("  model_name", "  load_pretrained_weights: False\n  model_name");
    assert.equal(planOf(oumi, fresh).stage.value, "pretrain");
  });

  it("lets warmup_steps win over warmup_ratio, and reads steps below one as a ratio", () => {
    const warmup = (lines: string) => planOf(oumi, withTraining(lines)).learningRate.warmup.value;
    assert.deepEqual(warmup("warmup_steps: 100\nwarmup_ratio: 0.1\n"), { steps: 100 });
    assert.deepEqual(warmup("warmup_steps: 0.03\n"), { ratio: 0.03, rounding: "up" });
  });

  it("rounds the warmup down under oumi's own trainer, which warms up before a constant rate", () => {
    const text = withTraining("warmup_ratio: 0.03\nlr_scheduler_type: constant\n").replace("TRL_SFT", "OUMI");
    const { warmup, scheduler } = planOf(oumi, text).learningRate;
    assert.deepEqual(warmup.value, { ratio: 0.03, rounding: "down" });
    assert.equal(scheduler.value, "constant_with_warmup");
  });

  it("computes in float32 weights under autocast only with mixed_precision_dtype", () => {
    const text = withTraining("mixed_precision_dtype: BF16\n").replace(
      "  model_name",
      "  torch_dtype_str: float32\n  model_name",
    );
    assert.equal(planOf(oumi, text).precision.trained.value, "float32");
    assert.equal(planOf(oumi, text).precision.autocast.value, "bfloat16");
  });

  it("does not clip gradients where max_grad_norm is null, and clips to a norm of 1 where it is absent", () => {
    const [off, absent] = [withTraining("max_grad_norm: null\n"), minimal].map((text) => planOf(oumi, text).optimizer);
    assert.deepEqual([off?.maxGradNorm.value, off?.maxGradNorm.origin], [0, "file"]);
    assert.deepEqual([absent?.maxGradNorm.value, absent?.maxGradNorm.origin], [1, "default"]);
  });

  it("does not checkpoint activations in deterministic runs", () => {
    const text = withTraining("enable_gradient_checkpointing: True\nuse_deterministic: True\n");
    assert.equal(planOf(oumi, text).gradientCheckpointing.value, false);
  });

  it("trains some layers only where others are frozen", () => {
    const text = minimal.replace("  model_name", '  freeze_layers: ["visual"]\n  model_name');
    assert.equal(planOf(oumi, text).method.value, "freeze");
  });

  it("lets the model's own limit cut the sequences of trainers other than TRL's", () => {
    const { sequenceLength } = planOf(oumi, minimal.replace("TRL_SFT", "HF"));
    assert.equal(sequenceLength.origin, "unknown");
    const kwargs = withTraining("trainer_kwargs:\n  max_length: 2048\n  packing: True\n");
    assert.equal(planOf(oumi, kwargs).sequenceLength.value, 2048);
    assert.equal(planOf(oumi, kwargs).packing.value, true);
  });

  it("takes a data set of the Hub from the arguments of its class", () => {
    const text = minimal.replace(
      '"yahma/alpaca-cleaned"',
      'HuggingFaceDataset\n        dataset_kwargs:\n          hf_dataset_path: "oumi-ai/oumi-anli-subset"',
    );
    assert.deepEqual(said(planOf(oumi, text).data.sources), [{ name: "oumi-ai/oumi-anli-subset", limit: null }]);
  });

  it("passes neither schedule nor batch on to verl, which has settings of its own", () => {
    const overrides = `verl_config_overrides:
  actor_rollout_ref:
    actor:
      ppo_mini_batch_size: 128
      ppo_micro_batch_size_per_gpu: 8
  trainer:
    n_gpus_per_node: 4
    nnodes: 2
`;
    const plan = planOf(oumi, withTraining(`learning_rate: 1e-6\n${overrides}`).replace("TRL_SFT", "VERL_GRPO"));
    assert.equal(plan.learningRate.family, "verl");
    assert.equal(plan.learningRate.peak.value, 1e-6);
    assert.deepEqual(said(plan.learningRate.scheduler), { default: "constant" });
    assert.equal(plan.parallelism.gpus.value, 8);
    assert.equal(plan.batch.micro.value, 8);
    assert.equal(plan.batch.global?.value, 128);
    assert.equal(plan.batch.accumulation.value, 2);
  });

  it("reads DeepSpeed's stage and offload once it is enabled", () => {
    const split = (lines: string) => planOf(oumi, `${minimal}deepspeed:\n${lines}`).parallelism;
    assert.equal(split('  zero_stage: "ZERO_3"\n').sharding.value, "none");
    const enabled = split('  enable_deepspeed: True\n  zero_stage: "ZERO_3"\n  offload_param:\n    device: CPU\n');
    assert.equal(enabled.sharding.value, "zero-3");
    assert.equal(enabled.offload.value, "optimizer-and-parameters");
    assert.deepEqual(said(split("  enable_deepspeed: True\n").sharding), { default: "none" });
  });

  it("asks for DeepSpeed's own file, and says unknown without it", () => {
    const text = `${minimal}deepspeed:\n  enable_deepspeed: True\n  deepspeed_config_path: ds/zero2.json\n`;
    assert.deepEqual(
      oumi.links?.(documentOf(text)).map(({ path }) => path),
      ["ds/zero2.json"],
    );
    assert.equal(planOf(oumi, text).parallelism.sharding.origin, "unknown");
    const file = linkedFile("file:///ds/zero2.json", '{ "zero_optimization": { "stage": 2 } }');
    const { sharding } = planOf(oumi, text, { linked: new Map([["ds/zero2.json", file]]) }).parallelism;
    assert.equal(sharding.value, "zero-2");
    assert.equal(sharding.origin, "linked");
  });

  it("says unknown where a value is given elsewhere", () => {
    const text = minimal.replace('"meta-llama/Llama-3.2-1B"', "${oc.env:MODEL}");
    assert.equal(planOf(oumi, text).model.id.origin, "unknown");
  });

  it("saves every 500 updates; with 0 once per epoch where save_epoch says so, or at the end", () => {
    const save = (lines: string) => planOf(oumi, withTraining(lines)).saveInterval?.value;
    assert.deepEqual(save(""), { kind: "updates", every: 500 });
    assert.deepEqual(save("save_epoch: true\n"), { kind: "updates", every: 500 });
    assert.deepEqual(save("save_steps: 0\nsave_epoch: true\n"), { kind: "epochs", every: 1 });
    assert.deepEqual(save("save_steps: 0\n"), { kind: "end" });
    assert.deepEqual(save("save_steps: 0\nsave_final_model: false\n"), { kind: "never" });
  });

  it("evaluates by its strategy, every 500 updates for steps", () => {
    const evaluation = (lines: string) => planOf(oumi, withTraining(lines)).evaluationInterval?.value;
    assert.deepEqual(evaluation(""), { kind: "never" });
    assert.deepEqual(evaluation('eval_strategy: "steps"\n'), { kind: "updates", every: 500 });
    assert.deepEqual(evaluation('eval_strategy: "steps"\neval_steps: 50\n'), { kind: "updates", every: 50 });
    assert.deepEqual(evaluation('eval_strategy: "epoch"\n'), { kind: "epochs", every: 1 });
  });
});

describe("recognising an oumi config", () => {
  it("leaves alone evaluation, inference, judging and Unsloth files", () => {
    const others = [
      "model:\n  model_name: gpt2\ntasks:\n  - evaluation_backend: lm_harness\n    task_name: mmlu\n",
      "model:\n  model_name: gpt2\ngeneration:\n  max_new_tokens: 128\nengine: VLLM\n",
      "model:\n  model_name: gpt2\nmethod: awq_q4_0\noutput_path: out\n",
      "model: unsloth/llama-3-8b-bnb-4bit\ntraining:\n  max_seq_length: 2048\n  learning_rate: 2e-4\nlora:\n  lora_r: 16\n",
    ];
    for (const text of others) assert.equal(oumi.detect(documentOf(text)), 0, text);
  });
});

describe("writing an oumi config", () => {
  it("sets each key in its section and keeps comments", () => {
    const changed = written(full, {
      peakLearningRate: 2e-5,
      microBatch: 2,
      accumulation: 16,
      evaluationBatch: 1,
      sequenceLength: 2048,
      gradientCheckpointing: false,
      epochs: 3,
      warmupRatio: 0.1,
      scheduler: "cosine",
      optimizer: "adamw_8bit",
    });
    assert.match(changed, /learning_rate: 2\.0e-05 # from the sweep\n/);
    assert.match(changed, /per_device_train_batch_size: 2\n {2}per_device_eval_batch_size: 1\n/);
    assert.match(changed, /gradient_accumulation_steps: 16\n/);
    assert.match(changed, /model_max_length: 2048\n/);
    assert.match(changed, /enable_gradient_checkpointing: False\n/);
    assert.match(changed, /num_train_epochs: 3\n/);
    assert.match(changed, /warmup_ratio: 0\.1\n?/);
    assert.match(changed, /lr_scheduler_type: "cosine"\n/);
    assert.match(changed, /optimizer: "adamw_8bit"\n/);
  });

  it("adds a section for a rank that the file does not name", () => {
    assert.match(written(minimal, { loraRank: 16 }), /peft:\n {2}lora_r: 16/);
  });

  it("sets verl's own micro batch", () => {
    const text = withTraining(
      "verl_config_overrides:\n  actor_rollout_ref:\n    actor:\n      ppo_micro_batch_size_per_gpu: 8\n",
    ).replace("TRL_SFT", "VERL_GRPO");
    assert.match(written(text, { microBatch: 4 }), /ppo_micro_batch_size_per_gpu: 4\n/);
  });
});
