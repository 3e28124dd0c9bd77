import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { nemo } from "../../../src/core/dialects/nemo.ts";
import { globalBatchSize } from "../../../src/core/plan/plan.ts";
import { said } from "../../../src/core/plan/sourced.ts";
import { runLengthOf } from "../../../src/core/schedule/runLength.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, planOf } from "./reading.ts";

const pretraining = `
name: megatron_gpt
trainer:
  devices: 8
  num_nodes: 2
  precision: bf16
  max_epochs: null
  max_steps: 100000 # consumed samples follow from it
  gradient_clip_val: 1.0
exp_manager:
  exp_dir: results
model:
  mcore_gpt: true
  micro_batch_size: 4
  global_batch_size: 256
  tensor_model_parallel_size: 2
  pipeline_model_parallel_size: 2
  encoder_seq_length: 4096
  max_position_embeddings: \${.encoder_seq_length}
  num_layers: 32
  hidden_size: 4096
  ffn_hidden_size: 11008
  num_attention_heads: 32
  num_query_groups: 8
  activation: fast-swiglu
  bias: false
  share_embeddings_and_output_weights: false
  position_embedding_type: rope
  megatron_amp_O2: true
  activations_checkpoint_granularity: full
  tokenizer:
    library: sentencepiece
  override_vocab_size: 32000
  data:
    data_prefix: [0.7, /data/web_text_document, 0.3, /data/code_text_document]
    splits_string: 900,50,50
  optim:
    name: distributed_fused_adam
    lr: 3e-4
    weight_decay: 0.1
    betas: [0.9, 0.95]
    sched:
      name: CosineAnnealing
      warmup_steps: 2000
      constant_steps: 100
      min_lr: 3.0e-5
`;

const tuning = `
trainer:
  devices: 4
  precision: bf16-mixed
  max_steps: 1000
model:
  restore_from_path: /models/llama3-8b.nemo
  micro_batch_size: 1
  global_batch_size: 32
  megatron_amp_O2: true
  activations_checkpoint_granularity: null
  peft:
    peft_scheme: lora
    lora_tuning:
      adapter_dim: 16
      adapter_dropout: 0.05
      target_modules: [attention_qkv, mlp_fc1, mlp_fc2]
  data:
    train_ds:
      file_names: [/data/train.jsonl]
      micro_batch_size: \${model.micro_batch_size}
      global_batch_size: \${model.global_batch_size}
      max_seq_length: 2048
    validation_ds:
      micro_batch_size: 2
  optim:
    name: fused_adam
    lr: 1e-4
`;

describe("reading a NeMo 1.x config", () => {
  it("takes everything from a pretraining that spells out its model", () => {
    const plan = planOf(nemo, pretraining);
    assert.equal(nemo.detect(documentOf(pretraining)), 1);
    assert.equal(plan.stage.value, "pretrain");
    assert.equal(plan.model.id.origin, "unknown");
    assert.deepEqual(plan.model.shape?.value, {
      hidden: 4096,
      layers: 32,
      heads: 32,
      kvHeads: 8,
      // 125 × 256: nothing is padded.
      vocab: 32000,
      intermediate: 11008,
      context: 4096,
      tied: false,
      gated: true,
      biased: false,
    });
    assert.equal(plan.model.shape?.origin, "file");
    assert.equal(plan.method.value, "full");
    assert.equal(plan.method.origin, "default");
    assert.equal(plan.lora, null);
    assert.equal(plan.quantization, null);
    assert.equal(plan.optimizer.name.value, "distributed_fused_adam");
    assert.equal(plan.optimizer.weightDecay.value, 0.1);
    assert.equal(plan.optimizer.beta2.value, 0.95);
    assert.equal(plan.optimizer.maxGradNorm.value, 1);
    assert.equal(plan.learningRate.peak.value, 3e-4);
    assert.equal(plan.learningRate.scheduler.value, "CosineAnnealing");
    assert.equal(plan.learningRate.family, "nemo");
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 2000 });
    assert.deepEqual(
      plan.learningRate.schedulerArguments.value,
      new Map([
        ["min_lr", 3e-5],
        ["constant_steps", 100],
      ]),
    );
    assert.equal(plan.duration.epochs.value, undefined);
    assert.equal(plan.duration.maxSteps.value, 100_000);
    assert.equal(plan.duration.maxTokens.value, null);
    assert.equal(plan.batch.micro.value, 4);
    // 16 GPUs / (2 × 2) are four replicas: 256 / (4 × 4).
    assert.equal(plan.batch.accumulation.value, 16);
    assert.equal(globalBatchSize(plan), 256);
    assert.equal(plan.batch.evaluation.value, 4);
    assert.equal(plan.sequenceLength.value, 4096);
    assert.equal(plan.packing.value, true);
    assert.deepEqual(
      plan.data.sources.map(({ name }) => name.value),
      ["/data/web_text_document", "/data/code_text_document"],
    );
    assert.equal(plan.data.samples.origin, "unknown");
    assert.equal(plan.data.validation.value, 0.05);
    assert.equal(plan.precision.trained.value, "float32");
    assert.equal(plan.precision.frozen.value, "bfloat16");
    assert.equal(plan.precision.adapters.value, "float32");
    assert.equal(plan.precision.autocast.value, "bfloat16");
    assert.equal(plan.gradientCheckpointing.value, true);
    assert.equal(plan.attention.value, "flash");
    assert.equal(plan.loss.value, "in-place");
    assert.equal(plan.parallelism.gpus.value, 16);
    assert.equal(plan.parallelism.tensor.value, 2);
    assert.equal(plan.parallelism.pipeline.value, 2);
    assert.equal(plan.parallelism.context.value, 1);
    assert.equal(plan.parallelism.expert.value, 1);
    assert.equal(plan.parallelism.sharding.value, "zero-1");
    assert.equal(plan.parallelism.offload.value, "none");
  });

  it("takes -1 epochs for no limit, as Lightning does", () => {
    const endless = planOf(nemo, pretraining.replace("max_epochs: null", "max_epochs: -1"));
    assert.equal(endless.duration.epochs.value, undefined);
    // 1,000 samples are less than an epoch of the updates that are asked for
    assert.equal(runLengthOf(endless, said(1000), undefined, {}).totalSteps, 100_000);
    const two = planOf(nemo, pretraining.replace("max_epochs: null", "max_epochs: 2"));
    assert.equal(two.duration.epochs.value, 2);
  });

  it("takes everything from a LoRA fine-tuning of a .nemo file", () => {
    const plan = planOf(nemo, tuning);
    assert.equal(plan.stage.value, "sft");
    assert.equal(plan.model.id.value, "/models/llama3-8b.nemo");
    assert.equal(plan.model.shape, null);
    assert.equal(plan.method.value, "lora");
    assert.equal(plan.lora?.rank.value, 16);
    assert.equal(plan.lora?.alpha.value, 16);
    assert.equal(plan.lora?.alpha.origin, "default");
    assert.equal(plan.lora?.dropout.value, 0.05);
    assert.deepEqual(plan.lora?.targets.value, { kind: "roles", roles: ["query", "key", "value", "mlp"] });
    assert.deepEqual(plan.lora?.modulesToSave.value, []);
    assert.equal(plan.lora?.layers, undefined);
    const selected = tuning.replace("    lora_tuning:\n", "    lora_tuning:\n      layer_selection: [1, 12]\n");
    assert.deepEqual(planOf(nemo, selected).lora?.layers?.value, { kind: "numbers", numbers: [0, 11] });
    assert.equal(plan.lora?.rsLora.value, false);
    assert.equal(plan.lora?.dora.value, false);
    assert.equal(plan.batch.micro.value, 1);
    assert.equal(plan.batch.accumulation.value, 8);
    assert.equal(plan.batch.evaluation.value, 2);
    assert.equal(plan.sequenceLength.value, 2048);
    assert.equal(plan.packing.value, false);
    assert.equal(plan.data.sources[0]?.name.value, "/data/train.jsonl");
    assert.equal(plan.gradientCheckpointing.value, false);
    assert.equal(plan.attention.value, "flash");
    assert.equal(plan.attention.origin, "assumed");
    assert.equal(plan.parallelism.gpus.value, 4);
    assert.equal(plan.parallelism.sharding.value, "none");
  });

  it("fills in NeMo's own defaults, and says that they are defaults", () => {
    const plan = planOf(nemo, "trainer: { devices: 1 }\nmodel:\n  micro_batch_size: 2\n  optim: { lr: 1e-4 }\n");
    const defaults = {
      weightDecay: [plan.optimizer.weightDecay, 0],
      beta2: [plan.optimizer.beta2, 0.999],
      maxGradNorm: [plan.optimizer.maxGradNorm, 0],
      scheduler: [plan.learningRate.scheduler, "constant"],
      maxSteps: [plan.duration.maxSteps, null],
      accumulation: [plan.batch.accumulation, 1],
      checkpointing: [plan.gradientCheckpointing, false],
      autocast: [plan.precision.autocast, null],
      frozen: [plan.precision.frozen, "float32"],
      tensor: [plan.parallelism.tensor, 1],
    } as const;
    for (const [name, [source, value]] of Object.entries(defaults)) {
      assert.equal(source.value, value, name);
      assert.equal(source.origin, "default", name);
    }
    assert.deepEqual(plan.learningRate.warmup.value, { steps: 0 });
    assert.equal(plan.batch.global, null);
    assert.equal(plan.sequenceLength.origin, "unknown");
    assert.equal(plan.optimizer.name.origin, "unknown");
    assert.equal(plan.data.validation.value, 0);
  });

  it("says that a vocabulary which the file does not tell is assumed", () => {
    const shape = (text: string) =>
      planOf(nemo, pretraining.replace("override_vocab_size: 32000", "seed: 1").replace("library: sentencepiece", text))
        .model.shape;
    // 50,257 padded to a multiple of 128 × 2.
    assert.equal(shape("type: GPT2BPETokenizer")?.value?.vocab, 50432);
    assert.equal(shape("type: GPT2BPETokenizer")?.origin, "default");
    assert.equal(shape("type: bigcode/starcoder2-tokenizer")?.origin, "assumed");
  });

  it("takes learned positions, biases and a plain MLP of four times the width from GPT's defaults", () => {
    const { model } = planOf(
      nemo,
      "trainer: { devices: 1 }\nmodel:\n  micro_batch_size: 2\n  encoder_seq_length: 1024\n  num_layers: 12\n  hidden_size: 768\n  num_attention_heads: 12\n  tokenizer: { type: GPT2BPETokenizer }\n  optim: { lr: 1e-4 }\n",
    );
    assert.deepEqual(model.shape?.value, {
      hidden: 768,
      layers: 12,
      heads: 12,
      vocab: 50304,
      intermediate: 3072,
      context: 1024,
      positions: 1024,
      tied: true,
      gated: false,
      biased: true,
    });
  });

  it("gives no shape to models of which the numbers do not tell all", () => {
    const shape = (text: string) => planOf(nemo, pretraining.replace("  mcore_gpt: true\n", text)).model.shape;
    assert.equal(shape("  hybrid_override_pattern: null\n"), null);
    assert.equal(shape("  encoder: { num_layers: 12 }\n"), null);
  });

  it("knows all spellings of the precision, and that frozen weights stay in float32 without O2", () => {
    const precision = (text: string) => planOf(nemo, tuning.replace("bf16-mixed", text)).precision;
    assert.equal(precision("16").autocast.value, "float16");
    assert.equal(precision("16-mixed").autocast.value, "float16");
    assert.equal(precision("32").autocast.value, null);
    assert.equal(precision("32").frozen.value, "float32");
    const plain = planOf(nemo, tuning.replace("O2: true", "O2: false"));
    assert.equal(plain.precision.frozen.value, "float32");
  });

  it("reads other adapters as adapters, and none as full fine-tuning", () => {
    const method = (name: string) =>
      planOf(nemo, tuning.replace("peft_scheme: lora", `peft_scheme: ${name}`)).method.value;
    assert.equal(method("ia3"), "adapter");
    assert.equal(method('"none"'), "full");
    assert.equal(method("null"), "full");
    assert.equal(method("lora,ptuning"), "lora");
  });

  it("does not count selective recomputation as checkpointing of whole layers", () => {
    const text = pretraining.replace("granularity: full", "granularity: selective");
    assert.equal(planOf(nemo, text).gradientCheckpointing.value, false);
  });

  it("rounds a warmup ratio down", () => {
    const text = pretraining.replace("warmup_steps: 2000", "warmup_ratio: 0.01");
    assert.deepEqual(planOf(nemo, text).learningRate.warmup.value, { ratio: 0.01, rounding: "down" });
  });

  it("takes all settings of a scheduler, NeMo's own and torch's", () => {
    const settings = (sched: string) =>
      planOf(nemo, pretraining.replace(/sched:\n.*/s, `sched: { ${sched} }\n`)).learningRate.schedulerArguments.value;
    assert.deepEqual(settings("name: NoamAnnealing, d_model: 512, warmup_steps: 100"), new Map([["d_model", 512]]));
    assert.deepEqual(
      settings("name: StepLR, step_size: 30, gamma: 0.1, monitor: val_loss, reduce_on_plateau: false"),
      new Map([
        ["step_size", 30],
        ["gamma", 0.1],
      ]),
    );
  });

  it("knows what FSDP splits", () => {
    const sharding = (text: string) =>
      planOf(nemo, pretraining.replace("  mcore_gpt: true\n", text)).parallelism.sharding.value;
    assert.equal(sharding("  fsdp: true\n"), "zero-3");
    assert.equal(sharding("  fsdp: true\n  fsdp_sharding_strategy: grad\n"), "zero-2");
  });

  it("says unknown where a value must be given elsewhere", () => {
    const plan = planOf(nemo, tuning.replace("/models/llama3-8b.nemo", "???").replace("devices: 4", "devices: auto"));
    assert.equal(plan.model.id.origin, "unknown");
    assert.match(plan.model.id.note ?? "", /resolved outside this file/);
    assert.equal(plan.parallelism.gpus.origin, "unknown");
  });

  it("leaves alone speech models, inference, and configs of other frameworks", () => {
    const detect = (text: string) => nemo.detect(documentOf(text));
    const speech =
      "trainer: { devices: 1 }\nmodel:\n  train_ds: { batch_size: 32 }\n  encoder: { d_model: 512 }\n  optim: { name: adamw, lr: 2.0 }\nexp_manager: {}\n";
    assert.equal(detect(speech), 0);
    assert.equal(detect("trainer: { devices: 1 }\nmodel:\n  micro_batch_size: 1\n  restore_from_path: x\n"), 0);
    assert.equal(detect("policy:\n  train_micro_batch_size: 1\ntrainer: {}\n"), 0);
  });

  it("evaluates by updates, or by a share of the epoch, which is all of the run in pretraining", () => {
    const evaluation = (text: string, lines: string) =>
      planOf(nemo, text.replace("trainer:\n", `trainer:\n${lines}`)).evaluationInterval?.value;
    assert.deepEqual(evaluation(pretraining, "  val_check_interval: 2000\n"), { kind: "updates", every: 2000 });
    assert.deepEqual(evaluation(pretraining, "  val_check_interval: 0.1\n"), {
      kind: "share",
      of: "run",
      share: 0.1,
      rounding: "down",
    });
    assert.deepEqual(evaluation(tuning, "  val_check_interval: 1.0\n"), {
      kind: "share",
      of: "epoch",
      share: 1,
      rounding: "down",
    });
    assert.deepEqual(evaluation(tuning, "  limit_val_batches: 0\n"), { kind: "never" });
  });

  it("saves after each evaluation unless it is told how often, or not to", () => {
    const save = (lines: string) => {
      const text = pretraining.replace("trainer:\n", "trainer:\n  val_check_interval: 500\n");
      return planOf(nemo, text.replace("  exp_dir: results\n", `  exp_dir: results\n${lines}`)).saveInterval?.value;
    };
    assert.deepEqual(save(""), { kind: "updates", every: 500 });
    assert.deepEqual(save("  checkpoint_callback_params: { every_n_train_steps: 100 }\n"), {
      kind: "updates",
      every: 100,
    });
    assert.deepEqual(save("  create_checkpoint_callback: false\n"), { kind: "never" });
  });

  it("goes on with weights that are there, and begins anew without", () => {
    assert.equal(planOf(nemo, pretraining).stage.value, "pretrain");
    const restored = pretraining.replace("model:\n", "model:\n  restore_from_path: /models/llama.nemo\n");
    assert.equal(planOf(nemo, restored).stage.value, "continued-pretrain");
  });

  it("reads the width of heads, learned positions and experts where the file has them", () => {
    const more = pretraining
      .replace("position_embedding_type: rope", "position_embedding_type: learned_absolute")
      .replace("model:\n", "model:\n  kv_channels: 64\n  num_moe_experts: 8\n");
    const shape = planOf(nemo, more).model.shape?.value;
    assert.deepEqual([shape?.headDim, shape?.positions, shape?.experts, shape?.activeExperts], [64, 4096, 8, 2]);
  });

  it("pads GPT-2's vocabulary where the tokenizer is GPT-2's, and takes it for granted where none is named", () => {
    const vocab = (tokenizer: string) =>
      planOf(
        nemo,
        pretraining.replace("  override_vocab_size: 32000\n", "").replace("library: sentencepiece", tokenizer),
      ).model.shape;
    // 50,257 to the next multiple of 128 × 2 GPUs.
    assert.deepEqual(
      [vocab("type: GPT2BPETokenizer")?.value?.vocab, vocab("library: x")?.value?.vocab],
      [50_432, 50_432],
    );
    assert.deepEqual([vocab("type: GPT2BPETokenizer")?.origin, vocab("library: x")?.origin], ["default", "assumed"]);
  });
});

describe("writing a NeMo 1.x config", () => {
  const written = (text: string, change: PlanChange) => applyEdits(text, nemo.write(documentOf(text), change));

  it("edits the key of each change and leaves comments alone", () => {
    const changes: readonly (readonly [PlanChange, string, string])[] = [
      [{ peakLearningRate: 1e-4 }, "lr: 3e-4", "lr: 1e-4"],
      [{ microBatch: 2 }, "micro_batch_size: 4", "micro_batch_size: 2"],
      // 8 passes × 4 sequences × 4 replicas.
      [{ accumulation: 8 }, "global_batch_size: 256", "global_batch_size: 128"],
      [{ sequenceLength: 2048 }, "encoder_seq_length: 4096", "encoder_seq_length: 2048"],
      [{ epochs: 2 }, "max_epochs: null", "max_epochs: 2"],
      [{ warmupSteps: 500 }, "warmup_steps: 2000", "warmup_steps: 500"],
      [{ scheduler: "WarmupAnnealing" }, "name: CosineAnnealing", "name: WarmupAnnealing"],
      [{ optimizer: "fused_adam" }, "name: distributed_fused_adam", "name: fused_adam"],
      [{ gradientCheckpointing: false }, "granularity: full", "granularity: null"],
    ];
    for (const [change, before, after] of changes) {
      assert.ok(pretraining.includes(before), before);
      assert.equal(written(pretraining, change), pretraining.replace(before, after), JSON.stringify(change));
    }
    assert.equal(written(pretraining, { warmupRatio: 0.1 }), pretraining);
    assert.equal(written(pretraining, { microBatch: 8, accumulation: 8 }), pretraining.replace("size: 4", "size: 8"));
  });

  it("edits the data's keys of a fine-tuning", () => {
    assert.equal(
      written(tuning, { sequenceLength: 1024 }),
      tuning.replace("max_seq_length: 2048", "max_seq_length: 1024"),
    );
    assert.equal(
      written(tuning, { evaluationBatch: 1 }),
      tuning.replace("micro_batch_size: 2\n", "micro_batch_size: 1\n"),
    );
    assert.equal(written(tuning, { loraRank: 8 }), tuning.replace("adapter_dim: 16", "adapter_dim: 8"));
  });

  it("says for which layers, when it turns full recomputation on", () => {
    const plan = planOf(nemo, written(tuning, { gradientCheckpointing: true }));
    assert.equal(plan.gradientCheckpointing.value, true);
    const text = written(tuning, { gradientCheckpointing: true });
    assert.match(text, /activations_checkpoint_method: uniform/);
    assert.match(text, /activations_checkpoint_num_layers: 1/);
  });
});
