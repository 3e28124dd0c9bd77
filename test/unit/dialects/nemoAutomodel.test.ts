import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { nemoAutomodel } from "../../../src/core/dialects/nemoAutomodel.ts";
import { globalBatchSize } from "../../../src/core/plan/plan.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, groupsOf, planOf } from "./reading.ts";

const full = `
recipe: TrainFinetuneRecipeForNextTokenPrediction

step_scheduler:
  global_batch_size: 128
  local_batch_size: 4 # fits on 80 GB
  num_epochs: 2
  max_steps: 900

model:
  _target_: nemo_automodel.NeMoAutoModelForCausalLM.from_pretrained
  pretrained_model_name_or_path: meta-llama/Llama-3.1-8B
  torch_dtype: float32
  attn_implementation: sdpa

distributed:
  strategy: fsdp2
  dp_size: 8
  tp_size: 2
  cp_size: 1
  activation_checkpointing: true

loss_fn:
  _target_: nemo_automodel.components.loss.linear_ce.FusedLinearCrossEntropy

dataset:
  _target_: nemo_automodel.components.datasets.llm.chat_dataset.ChatDataset
  path_or_dataset_id: allenai/tulu-3-sft-mixture
  split: train[:50000]
  seq_length: 2048

validation_dataloader:
  batch_size: 2

optimizer:
  _target_: torch.optim.AdamW
  lr: 1e-5
  betas: [0.9, 0.95]
  weight_decay: 0.1

lr_scheduler:
  lr_decay_style: cosine
  lr_warmup_steps: 50
  min_lr: 1.0e-6

clip_grad_norm:
  max_norm: 0.5
`;

const minimal = `
step_scheduler:
  local_batch_size: 2
model:
  pretrained_model_name_or_path: Qwen/Qwen3-4B
optimizer:
  lr: 2.0e-5
`;

const lora = `${minimal}peft:
  _target_: nemo_automodel.components._peft.lora.PeftConfig
`;

const draft = `
recipe: TrainEagle3Recipe
recipe_args:
  target_model_name_or_path: Qwen/Qwen3-8B
  train_data_path: ./regenerated.jsonl
  seq_length: 4096
  micro_batch_size: 1
  grad_accumulation_steps: 8
  num_epochs: 10
  max_grad_norm: 0.5
optimizer:
  lr: 1.0e-4
  warmup_ratio: 0.04
  min_lr_ratio: 0.2
`;

describe("reading a NeMo Automodel config", () => {
  it("takes everything from a full fine-tuning as users write it", () => {
    const plan = planOf(nemoAutomodel, full);
    assert.equal(nemoAutomodel.detect(documentOf(full)), 1);
    assert.equal(plan.stage.value, "sft");
    assert.equal(plan.model.id.value, "meta-llama/Llama-3.1-8B");
    assert.equal(plan.model.shape, null);
    assert.equal(plan.method.value, "full");
    assert.equal(plan.method.origin, "default");
    assert.equal(plan.lora, null);
    assert.equal(plan.quantization, null);
    assert.equal(plan.optimizer.name.value, "torch.optim.AdamW");
    assert.equal(plan.optimizer.weightDecay.value, 0.1);
    assert.equal(plan.optimizer.beta2.value, 0.95);
    assert.equal(plan.optimizer.maxGradNorm.value, 0.5);
    assert.equal(plan.learningRate.peak.value, 1e-5);
    assert.equal(plan.learningRate.scheduler.value, "cosine");
    assert.equal(plan.learningRate.family, "megatron");
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 50 });
    assert.equal(plan.learningRate.schedulerArguments.value?.get("min_lr"), 1e-6);
    assert.equal(plan.duration.epochs.value, 2);
    assert.equal(plan.duration.maxSteps.value, 900);
    assert.equal(plan.duration.maxTokens.value, null);
    assert.equal(plan.batch.micro.value, 4);
    assert.equal(plan.batch.global?.value, 128);
    // 128 sequences / (4 × 8 replicas).
    assert.equal(plan.batch.accumulation.value, 4);
    assert.equal(plan.batch.evaluation.value, 2);
    assert.equal(globalBatchSize(plan), 128);
    assert.equal(plan.sequenceLength.value, 2048);
    assert.equal(plan.packing.value, false);
    assert.equal(plan.data.sources[0]?.name.value, "allenai/tulu-3-sft-mixture");
    assert.equal(plan.data.sources[0]?.limit, 50_000);
    assert.equal(plan.data.samples.origin, "unknown");
    assert.equal(plan.data.validation.value, 0);
    assert.equal(plan.precision.trained.value, "float32");
    assert.equal(plan.precision.frozen.value, "float32");
    assert.equal(plan.precision.autocast.value, "bfloat16");
    assert.equal(plan.gradientCheckpointing.value, true);
    assert.equal(plan.attention.value, "sdpa");
    assert.equal(plan.loss.value, "fused");
    assert.equal(plan.parallelism.gpus.value, 16);
    assert.equal(plan.parallelism.gpus.origin, "file");
    assert.equal(plan.parallelism.tensor.value, 2);
    assert.equal(plan.parallelism.pipeline.value, 1);
    assert.equal(plan.parallelism.context.value, 1);
    assert.equal(plan.parallelism.expert.value, 1);
    assert.equal(plan.parallelism.sharding.value, "zero-3");
    assert.equal(plan.parallelism.offload.value, "none");
  });

  it("fills in Automodel's own defaults, and says that they are defaults", () => {
    const plan = planOf(nemoAutomodel, minimal);
    const defaults = {
      stage: [plan.stage, "sft"],
      optimizer: [plan.optimizer.name, "torch.optim.AdamW"],
      weightDecay: [plan.optimizer.weightDecay, 0.01],
      beta2: [plan.optimizer.beta2, 0.999],
      maxGradNorm: [plan.optimizer.maxGradNorm, 1],
      scheduler: [plan.learningRate.scheduler, "constant"],
      epochs: [plan.duration.epochs, 10],
      maxSteps: [plan.duration.maxSteps, null],
      packing: [plan.packing, false],
      checkpointing: [plan.gradientCheckpointing, false],
      attention: [plan.attention, "flash"],
      loss: [plan.loss, "materialised"],
      tensor: [plan.parallelism.tensor, 1],
      sharding: [plan.parallelism.sharding, "zero-3"],
    } as const;
    for (const [name, [source, value]] of Object.entries(defaults)) {
      assert.equal(source.value, value, name);
      assert.equal(source.origin, "default", name);
    }
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 0 });
    assert.equal(plan.batch.global?.value, 32);
    assert.equal(plan.batch.global?.origin, "default");
    assert.equal(plan.batch.accumulation.value, 16);
    assert.equal(plan.batch.evaluation.value, 2);
    assert.equal(plan.sequenceLength.origin, "unknown");
    assert.equal(plan.parallelism.gpus.value, 1);
    assert.equal(plan.parallelism.gpus.origin, "assumed");
    assert.equal(plan.precision.trained.value, "bfloat16");
    assert.equal(plan.precision.trained.origin, "assumed");
    assert.equal(plan.precision.autocast.value, null);
  });

  it("reads the teacher, how it is compared with, and that it may have GPUs of its own", () => {
    const teacher = (lines: string) =>
      planOf(nemoAutomodel, `${minimal}teacher_model:\n  pretrained_model_name_or_path: Qwen/Qwen3-8B\n${lines}`)
        .teacher;
    assert.equal(teacher("")?.id.value, "Qwen/Qwen3-8B");
    assert.equal(teacher("")?.weights.value, "bfloat16");
    assert.equal(teacher("")?.divergence, "automodel");
    assert.equal(teacher("  torch_dtype: float32\nkd_loss_fn: { chunk_size: 512 }\n")?.weights.value, "float32");
    assert.equal(teacher("kd_loss_fn: { chunk_size: 512 }\n")?.divergence, "automodel-chunks");
    assert.equal(teacher("separate_meshes: true\n"), undefined);
  });

  it("reads how many copies there are of what FSDP2 shares", () => {
    const groups = (strategy: string, copies: string) =>
      planOf(nemoAutomodel, `${lora}distributed:\n  strategy: ${strategy}\n  dp_replicate_size: ${copies}\n`)
        .parallelism.groups?.value;
    assert.deepEqual(groups("fsdp2", "2"), { copies: 2 });
    assert.equal(groups("fsdp2", "none"), undefined);
    assert.equal(groups("ddp", "2"), undefined);
  });

  it("reads LoRA with the defaults of PeftConfig: rank 8, alpha 32, every module named *_proj, in the weights' own type", () => {
    const plan = planOf(nemoAutomodel, lora);
    assert.equal(plan.method.value, "lora");
    assert.equal(plan.lora?.rank.value, 8);
    assert.equal(plan.lora?.alpha.value, 32);
    assert.equal(plan.lora?.dropout.value, 0);
    assert.deepEqual(plan.lora?.targets.value, { kind: "names", names: ["*_proj"] });
    assert.deepEqual(plan.lora?.modulesToSave.value, []);
    assert.equal(plan.lora?.rsLora.value, false);
    assert.equal(plan.lora?.dora.value, false);
    assert.equal(plan.precision.adapters.value, "bfloat16");
  });

  it("reads QLoRA from the quantization section, whose compute type the adapters take", () => {
    const plan = planOf(
      nemoAutomodel,
      `${lora}  dim: 16\nquantization:\n  load_in_4bit: true\n  bnb_4bit_compute_dtype: float16\n`,
    );
    assert.equal(plan.method.value, "qlora");
    assert.equal(plan.lora?.rank.value, 16);
    assert.equal(plan.quantization?.bits.value, 4);
    assert.equal(plan.quantization?.doubleQuantization.value, true);
    assert.equal(plan.quantization?.doubleQuantization.origin, "default");
    assert.equal(plan.quantization?.float32Norms.value, false);
    assert.equal(plan.precision.quantizedAdapters.value, "float16");
    const eight = planOf(nemoAutomodel, `${lora}quantization:\n  load_in_8bit: true\n`);
    assert.equal(eight.method.value, "lora");
    assert.equal(eight.quantization?.bits.value, 8);
    assert.equal(eight.quantization?.doubleQuantization.value, false);
  });

  it("adapts the output layer too with match_all_linear, and with exclusions that do not name it", () => {
    const targets = (text: string) => planOf(nemoAutomodel, lora + text).lora?.targets.value;
    const everything = { kind: "roles", roles: ["query", "key", "value", "output", "mlp", "head"] };
    assert.deepEqual(targets("  match_all_linear: true\n"), everything);
    assert.deepEqual(targets('  target_modules: ["*"]\n'), everything);
    assert.deepEqual(targets('  exclude_modules: ["*.out_proj"]\n'), everything);
    assert.deepEqual(targets('  exclude_modules: ["*lm_head"]\n'), { kind: "all" });
    assert.deepEqual(targets('  target_modules: ["*q_proj", "*v_proj"]\n'), {
      kind: "names",
      names: ["*q_proj", "*v_proj"],
    });
  });

  it("warms up from 10 % of the peak and decays to 1 % once there is an lr_scheduler", () => {
    const { learningRate } = planOf(nemoAutomodel, `${minimal}lr_scheduler:\n  lr_decay_steps: 1000\n`);
    assert.equal(learningRate.scheduler.value, "cosine");
    assert.equal(learningRate.scheduler.origin, "default");
    assert.deepEqual(learningRate.warmup.value, { ratio: 0.1, rounding: "down", atMost: 1000 });
    const settings = learningRate.schedulerArguments.value;
    assert.ok(Math.abs(Number(settings?.get("init_lr")) - 2e-6) < 1e-12);
    assert.ok(Math.abs(Number(settings?.get("min_lr")) - 2e-7) < 1e-12);
    assert.equal(settings?.get("lr_decay_steps"), 1000);
  });

  it("takes none for an absent size, and as many GPUs as the parallel sizes need", () => {
    const sizes = (text: string) => planOf(nemoAutomodel, `${minimal}distributed:\n${text}`).parallelism;
    const parallel = sizes("  dp_size: none\n  tp_size: 2\n  cp_size: 2\n  pp_size: 4\n  ep_size: None\n");
    assert.equal(parallel.gpus.value, 16);
    assert.equal(parallel.gpus.origin, "assumed");
    assert.equal(parallel.expert.value, 1);
    assert.equal(sizes("  ep_size: 8\n  pp_size: 2\n").gpus.value, 16);
    const rented = planOf(nemoAutomodel, `${minimal}skypilot:\n  accelerators: H100:8\n  num_nodes: 2\n`);
    assert.equal(rented.parallelism.gpus.value, 16);
  });

  it("knows what each strategy splits", () => {
    const sharding = (text: string) =>
      planOf(nemoAutomodel, `${minimal}distributed:\n${text}`).parallelism.sharding.value;
    assert.equal(sharding("  strategy: ddp\n"), "none");
    assert.equal(sharding("  strategy: megatron_fsdp\n"), "zero-3");
    assert.equal(sharding("  strategy: megatron_fsdp\n  zero_dp_strategy: 1\n"), "zero-1");
    assert.equal(sharding("  strategy: fsdp2\n  reshard_after_forward: false\n"), "zero-2");
    const offload = planOf(
      nemoAutomodel,
      `${minimal}distributed:\n  offload_policy:\n    _target_: torch.distributed.fsdp.CPUOffloadPolicy\n`,
    );
    assert.equal(offload.parallelism.offload.value, "optimizer-and-parameters");
  });

  it("reads the manager of older files as a strategy", () => {
    const sharding = (name: string) =>
      planOf(nemoAutomodel, `${minimal}distributed:\n  _target_: nemo_automodel.components.distributed.${name}\n`)
        .parallelism.sharding.value;
    assert.equal(sharding("fsdp2.FSDP2Manager"), "zero-3");
    assert.equal(sharding("ddp.DDPManager"), "none");
  });

  it("counts the float32 copies that the optimizer keeps of bfloat16 weights", () => {
    const { precision } = planOf(nemoAutomodel, `${minimal}  master_weights: true\n`);
    assert.equal(precision.trained.value, "float32");
    assert.equal(precision.autocast.value, "bfloat16");
  });

  it("takes the sequence from packing first, then from whichever key the data set has", () => {
    const plan = planOf(nemoAutomodel, `${full}packed_sequence:\n  packed_sequence_size: 8192\n`);
    assert.equal(plan.sequenceLength.value, 8192);
    assert.equal(plan.packing.value, true);
    assert.equal(planOf(nemoAutomodel, `${minimal}dataset:\n  seq_len: 1024\n`).sequenceLength.value, 1024);
  });

  it("knows the packing of vision models by its own key", () => {
    const plan = planOf(nemoAutomodel, `${minimal}packed_sequence:\n  pretokenize: true\n  pack_size: 65536\n`);
    assert.equal(plan.sequenceLength.value, 65_536);
    assert.equal(plan.packing.value, true);
  });

  it("tells the stage from the recipe and the model", () => {
    const stage = (text: string) => planOf(nemoAutomodel, text).stage.value;
    assert.equal(stage(`recipe: KnowledgeDistillationRecipeForNextTokenPrediction\n${minimal}`), "distill");
    assert.equal(stage(`recipe: TrainFinetuneRecipeForSequenceClassification\n${minimal}`), "classify");
    assert.equal(
      stage(`recipe:\n  _target_: nemo_automodel.recipes.llm.pretrain.PretrainRecipe\n${minimal}`),
      "pretrain",
    );
    assert.equal(
      stage(minimal.replace("model:", "model:\n  _target_: x.NeMoAutoModelForCausalLM.from_config")),
      "pretrain",
    );
  });

  it("tells the stage from the model and the data where the recipe says nothing", () => {
    const stage = (text: string) => planOf(nemoAutomodel, minimal + text).stage.value;
    const classifier = minimal.replace(
      "model:",
      "model:\n  _target_: NeMoAutoModelForSequenceClassification.from_pretrained",
    );
    assert.equal(planOf(nemoAutomodel, classifier).stage.value, "classify");
    assert.equal(
      stage("dataset:\n  _target_: nemo_automodel.datasets.llm.nanogpt_dataset.NanogptDataset\n"),
      "continued-pretrain",
    );
    assert.equal(stage("dflash:\n  target_model_id: Qwen/Qwen3-4B\n"), "distill");
    assert.equal(stage(""), "sft");
  });

  it("reads the shape of a Hugging Face configuration that is spelled out, but of no mixture of experts", () => {
    const config = (more: string) =>
      planOf(
        nemoAutomodel,
        `step_scheduler:\n  local_batch_size: 2\nmodel:\n  config:\n    _target_: transformers.LlamaConfig\n    hidden_size: 1024\n    num_hidden_layers: 8\n    num_attention_heads: 16\n    vocab_size: 32000\n    intermediate_size: 2816\n${more}optimizer:\n  lr: 1e-4\n`,
      ).model.shape;
    const shape = { hidden: 1024, layers: 8, heads: 16, vocab: 32000, intermediate: 2816 };
    assert.deepEqual(config("")?.value, shape);
    assert.deepEqual(config("    num_key_value_heads: 4\n")?.value, { ...shape, kvHeads: 4 });
    assert.equal(config("    num_experts: 8\n"), null);
  });

  it("trains some of the layers where the language model is frozen", () => {
    const { method } = planOf(nemoAutomodel, `${minimal}freeze_config:\n  freeze_language_model: true\n`);
    assert.equal(method.value, "freeze");
  });

  it("takes torch's weight decay where none is set: none for Adam, 0.01 for AdamW", () => {
    const decay = (name: string) =>
      planOf(nemoAutomodel, `${minimal}  _target_: torch.optim.${name}\n`).optimizer.weightDecay.value;
    assert.equal(decay("Adam"), 0);
    assert.equal(decay("AdamW"), 0.01);
  });

  it("adapts every *_proj where the list of target_modules is empty", () => {
    const { lora: adapters } = planOf(nemoAutomodel, `${lora}  target_modules: []\n`);
    assert.deepEqual(adapters?.targets.value, { kind: "names", names: ["*_proj"] });
  });

  it("takes types from keys of their own where they are there, and that of the checkpoint for auto", () => {
    const { precision } = planOf(
      nemoAutomodel,
      `${lora}  lora_dtype: float32\ndistributed:\n  autocast_dtype: float16\n`,
    );
    assert.equal(precision.adapters.value, "float32");
    assert.equal(precision.quantizedAdapters.value, "float32");
    assert.equal(precision.autocast.value, "float16");
    const auto = planOf(nemoAutomodel, minimal.replace("model:", "model:\n  torch_dtype: auto")).precision;
    assert.equal(auto.trained.origin, "assumed");
    const odd = planOf(nemoAutomodel, minimal.replace("model:", "model:\n  torch_dtype: fp3")).precision;
    assert.equal(odd.trained.origin, "unknown");
    assert.match(odd.trained.note ?? "", /^fp3 is no type that we know$/);
  });

  it("knows the ways to checkpoint and the kernels of attention by their names", () => {
    const checkpointing = (value: string) =>
      planOf(nemoAutomodel, `${minimal}distributed:\n  activation_checkpointing: ${value}\n`).gradientCheckpointing
        .value;
    assert.deepEqual(["full", "selective", "true", "false"].map(checkpointing), [true, true, true, false]);
    const attention = (name: string) =>
      planOf(nemoAutomodel, minimal.replace("model:", `model:\n  attn_implementation: ${name}`)).attention.value;
    // Flex attention never holds the scores: torch/nn/attention/flex_attention.py
    const names = ["te", "flash_attention_2", "flex", "sdpa", "eager"];
    assert.deepEqual(names.map(attention), ["flash", "flash", "flash", "sdpa", "eager"]);
  });

  it("knows what Megatron's FSDP splits at each of its stages, by the manager of older files too", () => {
    const sharding = (text: string) =>
      planOf(nemoAutomodel, `${minimal}distributed:\n${text}`).parallelism.sharding.value;
    assert.equal(sharding("  strategy: megatron_fsdp\n  zero_dp_strategy: 2\n"), "zero-2");
    assert.equal(sharding("  _target_: nemo_automodel.distributed.megatron_fsdp.MegatronFSDPManager\n"), "zero-3");
  });

  it("hands Megatron's schedule what bends it, numbers and names alike", () => {
    const wsd = `${minimal}lr_scheduler:\n  lr_decay_style: WSD\n  wsd_decay_steps: 100\n  lr_wsd_decay_style: exponential\n`;
    const settings = planOf(nemoAutomodel, wsd).learningRate.schedulerArguments.value;
    assert.equal(settings?.get("wsd_decay_steps"), 100);
    assert.equal(settings?.get("lr_wsd_decay_style"), "exponential");
    const noPeak = planOf(nemoAutomodel, wsd.replace("lr: 2.0e-5", "lr: ${LR}")).learningRate;
    assert.deepEqual([...(noPeak.schedulerArguments.value?.keys() ?? [])], ["wsd_decay_steps", "lr_wsd_decay_style"]);
  });

  it("takes as many samples as the split or the limit leaves", () => {
    const limit = (text: string) =>
      planOf(nemoAutomodel, `${minimal}dataset:\n  path_or_dataset: a/b\n${text}`).data.sources[0]?.limit;
    assert.equal(limit("  split: train[:5000]\n"), 5000);
    assert.equal(limit("  num_samples_limit: 100\n"), 100);
    assert.equal(limit("  split: train\n"), null);
  });

  it("reads the shape of a GPT-2 that is spelled out, with the builder's defaults", () => {
    const { model } = planOf(
      nemoAutomodel,
      "step_scheduler:\n  local_batch_size: 2\nmodel:\n  _target_: x.gpt2.build_gpt2_model\n  n_layer: 24\n  n_embd: 1024\noptimizer:\n  lr: 1e-4\n",
    );
    assert.deepEqual(model.shape?.value, {
      hidden: 1024,
      layers: 24,
      heads: 12,
      vocab: 50257,
      intermediate: 4096,
      context: 2048,
      positions: 2048,
      tied: true,
      gated: false,
      biased: true,
    });
    assert.equal(model.id.origin, "unknown");
  });

  it("does not take a model with another number of layers for the one that it is named after", () => {
    const { model } = planOf(
      nemoAutomodel,
      "step_scheduler:\n  local_batch_size: 1\nmodel:\n  config:\n    pretrained_model_name_or_path: zai-org/GLM-4.7\n    num_hidden_layers: 2\noptimizer:\n  lr: 1e-4\n",
    );
    assert.equal(model.id.origin, "unknown");
    assert.match(model.id.note ?? "", /GLM-4.7 with another number of layers/);
  });

  it("reads a draft model's own keys, and does not take its target's size for its own", () => {
    const plan = planOf(nemoAutomodel, draft);
    assert.equal(plan.stage.value, "distill");
    assert.equal(plan.model.id.origin, "unknown");
    assert.match(plan.model.id.note ?? "", /Qwen3-8B/);
    assert.equal(plan.batch.micro.value, 1);
    assert.equal(plan.batch.accumulation.value, 8);
    assert.equal(plan.batch.global, null);
    assert.equal(plan.batch.evaluation.value, 1);
    assert.equal(plan.duration.epochs.value, 10);
    assert.equal(plan.duration.maxSteps.value, null);
    assert.equal(plan.sequenceLength.value, 4096);
    assert.equal(plan.packing.value, false);
    assert.equal(plan.optimizer.maxGradNorm.value, 0.5);
    assert.equal(plan.optimizer.weightDecay.value, 0);
    assert.equal(plan.optimizer.beta2.value, 0.95);
    assert.deepEqual(plan.learningRate.warmup.value, { ratio: 0.04, rounding: "down" });
    assert.equal(plan.learningRate.schedulerArguments.value?.get("min_lr_rate"), 0.2);
    assert.equal(plan.data.sources[0]?.name.value, "./regenerated.jsonl");
  });

  it("leaves alone diffusion models, generation, and configs of other frameworks", () => {
    const detect = (text: string) => nemoAutomodel.detect(documentOf(text));
    assert.equal(detect(`${minimal}flow_matching:\n  adapter_type: flux\n`), 0);
    assert.equal(
      detect("model:\n  pretrained_model_name_or_path: Qwen/Qwen3-4B\ngeneration:\n  max_new_tokens: 64\n"),
      0,
    );
    assert.equal(detect("step_scheduler:\n  local_batch_size: 2\n"), 0);
    assert.equal(detect("policy:\n  model_name: Qwen/Qwen3-4B\nsft:\n  max_num_epochs: 1\n"), 0);
  });

  it("evaluates every so many updates, or before each checkpoint", () => {
    const evaluation = (lines: string, data = "validation_dataset: { path_or_dataset: a/b }\n") =>
      planOf(nemoAutomodel, minimal.replace("step_scheduler:\n", `step_scheduler:\n${lines}`) + data)
        .evaluationInterval;
    assert.deepEqual(evaluation("  val_every_steps: 50\n")?.value, { kind: "updates", every: 50 });
    assert.deepEqual(evaluation("  ckpt_every_steps: 200\n")?.value, { kind: "updates", every: 200 });
    assert.deepEqual(evaluation("  validate_on_checkpoint: false\n")?.value, { kind: "never" });
    assert.deepEqual(evaluation("  val_every_steps: 50\n", "")?.value, { kind: "never" });
  });

  it("saves every so many updates, or once per epoch for null", () => {
    const save = (lines: string, more = "") =>
      planOf(nemoAutomodel, minimal.replace("step_scheduler:\n", `step_scheduler:\n${lines}`) + more).saveInterval
        ?.value;
    assert.deepEqual(save("  ckpt_every_steps: 200\n"), { kind: "updates", every: 200 });
    assert.deepEqual(save("  ckpt_every_steps: null\n"), { kind: "epochs", every: 1 });
    assert.deepEqual(save("  ckpt_every_steps: 200\n", "checkpoint: { enabled: false }\n"), { kind: "never" });
  });

  it("multiplies the rate of parameters by their names where there is an lr_scheduler", () => {
    const overrides =
      "  param_group_overrides:\n    - { pattern: embed_tokens, lr_mult: 0.1 }\n    - { pattern: norm, weight_decay: 0 }\n";
    const scheduler = "lr_scheduler: { lr_decay_style: cosine, max_lr: 4.0e-5 }\n";
    assert.deepEqual(groupsOf(planOf(nemoAutomodel, minimal + overrides + scheduler)), [
      ["parameters with embed_tokens", 0.1 * 4e-5],
    ]);
    assert.deepEqual(groupsOf(planOf(nemoAutomodel, minimal + overrides)), []);
  });

  it("trains what Muon leaves out at rates of its own, unless an lr_scheduler makes them all the same", () => {
    const text = `${minimal}  _target_: dion.Muon\n  scalar_lr: 1.0e-5\n  lm_head_lr: 3.0e-6\n`;
    assert.deepEqual(groupsOf(planOf(nemoAutomodel, text)), [
      ["norms and biases", 1e-5],
      ["embeddings", 1e-5],
      ["output layer", 3e-6],
    ]);
    assert.deepEqual(groupsOf(planOf(nemoAutomodel, `${text}lr_scheduler: { lr_decay_style: cosine }\n`)), []);
  });
});

describe("writing a NeMo Automodel config", () => {
  const written = (text: string, change: PlanChange) => applyEdits(text, nemoAutomodel.write(documentOf(text), change));

  it("edits the key of each change and leaves comments alone", () => {
    const changes: readonly (readonly [PlanChange, string, string])[] = [
      [{ peakLearningRate: 2e-5 }, "lr: 1e-5", "lr: 2e-5"],
      [{ microBatch: 2 }, "local_batch_size: 4 # fits", "local_batch_size: 2 # fits"],
      [{ evaluationBatch: 1 }, "batch_size: 2\n\noptimizer", "batch_size: 1\n\noptimizer"],
      [{ sequenceLength: 1024 }, "seq_length: 2048", "seq_length: 1024"],
      [{ gradientCheckpointing: false }, "activation_checkpointing: true", "activation_checkpointing: false"],
      [{ epochs: 3 }, "num_epochs: 2", "num_epochs: 3"],
      [{ warmupSteps: 100 }, "lr_warmup_steps: 50", "lr_warmup_steps: 100"],
      [{ scheduler: "linear" }, "lr_decay_style: cosine", "lr_decay_style: linear"],
      [{ optimizer: "torch.optim.Adam" }, "_target_: torch.optim.AdamW", "_target_: torch.optim.Adam"],
    ];
    for (const [change, before, after] of changes) {
      assert.ok(full.includes(before), before);
      assert.equal(written(full, change), full.replace(before, after), JSON.stringify(change));
    }
    assert.equal(written(`${lora}  dim: 8\n`, { loraRank: 16 }), `${lora}  dim: 16\n`);
  });

  it("writes the accumulation as the global batch, and leaves it where that stays the same", () => {
    // 8 passes × 4 sequences × 8 replicas.
    assert.equal(written(full, { accumulation: 8 }), full.replace("global_batch_size: 128", "global_batch_size: 256"));
    assert.equal(
      written(full, { microBatch: 2, accumulation: 8 }),
      full.replace("local_batch_size: 4", "local_batch_size: 2"),
    );
  });

  it("has no key for a warmup ratio, and starts no decay for the sake of a warmup", () => {
    assert.equal(written(full, { warmupRatio: 0.1 }), full);
    assert.equal(written(minimal, { warmupSteps: 100 }), minimal);
  });

  it("edits whichever key limits the sequences", () => {
    const short = `${minimal}dataset:\n  seq_len: 1024\n`;
    assert.equal(written(short, { sequenceLength: 512 }), short.replace("1024", "512"));
    const packed = `${short}packed_sequence:\n  packed_sequence_size: 4096\n`;
    assert.equal(written(packed, { sequenceLength: 2048 }), packed.replace("4096", "2048"));
    const vision = `${short}packed_sequence:\n  pack_size: 4096\n`;
    assert.equal(written(vision, { sequenceLength: 2048 }), vision.replace("4096", "2048"));
  });

  it("edits a draft model's own keys", () => {
    const changed = written(draft, {
      microBatch: 2,
      accumulation: 4,
      epochs: 5,
      sequenceLength: 2048,
      warmupRatio: 0.05,
    });
    const expected = draft
      .replace("micro_batch_size: 1", "micro_batch_size: 2")
      .replace("grad_accumulation_steps: 8", "grad_accumulation_steps: 4")
      .replace("num_epochs: 10", "num_epochs: 5")
      .replace("seq_length: 4096", "seq_length: 2048")
      .replace("warmup_ratio: 0.04", "warmup_ratio: 0.05");
    assert.equal(changed, expected);
  });
});
