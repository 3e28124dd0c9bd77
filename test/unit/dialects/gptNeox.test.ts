import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { gptNeox } from "../../../src/core/dialects/gptNeox.ts";
import { globalBatchSize } from "../../../src/core/plan/plan.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, planOf } from "./reading.ts";

const pretraining = `# a small model on the Pile
{
  "pipe_parallel_size": 2,
  "model_parallel_size": 2,

  "num_layers": 24,
  "hidden_size": 1024,
  "num_attention_heads": 16,
  "seq_length": 2048,
  "max_position_embeddings": 2048,
  "pos_emb": "rotary",
  "no_weight_tying": true,
  "attention_config": [[["flash"], 24]],

  "optimizer": {
    "type": "Adam",
    "params": {
      "lr": 0.0003, # as in the paper
      "betas": [0.9, 0.95],
      "eps": 1.0e-8,
    }
  },
  "min_lr": 0.00003,
  "zero_optimization": { "stage": 1, "reduce_scatter": True, "cpu_offload": false },

  "train_micro_batch_size_per_gpu": 8,
  "gradient_accumulation_steps": 4,
  "num_gpus": 8,
  "num_nodes": 2,

  "checkpoint_activations": true,
  "gradient_clipping": 0.5,
  "weight_decay": 0.01,
  "bf16": { "enabled": true },
  "precision": "bfloat16",

  "data_path": "data/pile/pile_text_document",
  "split": "949,50,1",
  "train_iters": 10000,
  "lr_decay_iters": 10000,
  "lr_decay_style": "cosine",
  "warmup": 0.02,
}
`;

const bare = `{
  "num_layers": 12,
  "hidden_size": 768,
  "num_attention_heads": 12,
  "max_position_embeddings": 1024,
  "model_parallel_size": 1,
  "train_micro_batch_size_per_gpu": 4,
  "optimizer": { "type": "Adam", "params": {} },
}
`;

const dashed = `{
  "pipe-parallel-size": 1,
  "model-parallel-size": 1,
  "num-layers": 12,
  "hidden-size": 768,
  "num-attention-heads": 12,
  "max-position-embeddings": 2048,
  "seq-length": 2048,
  "zero-optimization": { "stage": 2 },
  "optimizer": { "type": "Adam", "params": { "lr": 0.0006 } },
  "train_micro_batch_size_per_gpu": 4,
  "checkpoint-activations": true,
  "attention-config": [[["flash"], 12]],
  "train-iters": 1000,
  "lr-decay-style": "linear",
  "warmup": 0.01, # a hundredth
}
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

/** A file with other lines beside those that it has. */
function withLines(text: string, lines: string): string {
  return text.replace(/\}\s*$/, `${lines}\n}\n`);
}

function written(text: string, change: PlanChange): string {
  return applyEdits(text, gptNeox.write(documentOf(text), change));
}

describe("reading a GPT-NeoX config", () => {
  it("takes everything from a pretraining file", () => {
    const plan = planOf(gptNeox, pretraining);
    assert.deepEqual(said(plan), {
      stage: { default: "pretrain" },
      model: {
        id: "unknown",
        shape: {
          assumed: {
            hidden: 1024,
            layers: 24,
            heads: 16,
            vocab: 50_432,
            intermediate: 4096,
            tied: false,
            gated: false,
            biased: true,
            context: 2048,
          },
        },
      },
      method: { default: "full" },
      lora: null,
      quantization: null,
      optimizer: { name: "Adam", weightDecay: 0.01, beta2: 0.95, maxGradNorm: 0.5 },
      learningRate: {
        peak: 0.0003,
        scheduler: "cosine",
        family: "gpt-neox",
        schedulerArguments: {
          default: new Map<string, number>([
            ["min_lr", 0.00003],
            ["lr_decay_iters", 10_000],
          ]),
        },
        warmup: { ratio: 0.02, rounding: "exact" },
      },
      duration: { epochs: "unknown", maxSteps: 10_000, maxTokens: { default: null } },
      evaluationInterval: { default: { kind: "updates", every: 1000 } },
      saveInterval: "unknown",
      batch: { micro: 8, accumulation: 4, global: null, evaluation: 8 },
      sequenceLength: 2048,
      packing: { default: true },
      data: {
        sources: [{ name: "data/pile/pile_text_document", limit: null }],
        samples: "unknown",
        validation: 0.051,
      },
      precision: {
        trained: { default: "float32" },
        frozen: { default: "float32" },
        adapters: { default: "float32" },
        quantizedAdapters: { default: "float32" },
        autocast: "bfloat16",
        gradients: "bfloat16",
      },
      gradientCheckpointing: true,
      attention: "flash",
      loss: { default: "materialised" },
      parallelism: {
        gpus: 16,
        tensor: 2,
        sequence: { default: false },
        zero: { reduceBucket: 5e8, overlaps: false, maxLive: 1e9, subGroup: 1e9 },
        pipeline: 2,
        context: { default: 1 },
        expert: { default: 1 },
        sharding: "zero-1",
        offload: "none",
      },
    });
    // 16 GPUs / (2 × 2) = 4 replicas of 8 × 4 sequences
    assert.equal(globalBatchSize(plan), 128);
  });

  it("fills in GPT-NeoX's own defaults", () => {
    const plan = planOf(gptNeox, withLines(bare, '  "train_iters": 500,'));
    assert.deepEqual(said(plan.model.shape), {
      assumed: {
        hidden: 768,
        layers: 12,
        heads: 12,
        vocab: 50_304,
        intermediate: 3072,
        tied: true,
        gated: false,
        biased: true,
        context: 1024,
        positions: 1024,
      },
    });
    assert.deepEqual(said(plan.optimizer), {
      name: "Adam",
      weightDecay: { default: 0.1 },
      beta2: { default: 0.999 },
      maxGradNorm: { default: 1 },
    });
    assert.deepEqual(said(plan.learningRate), {
      peak: { default: 0.001 },
      scheduler: { default: "linear" },
      family: "gpt-neox",
      schedulerArguments: { default: new Map() },
      warmup: { default: { ratio: 0.01, rounding: "exact" } },
    });
    assert.deepEqual(said(plan.batch.accumulation), { default: 1 });
    assert.deepEqual(said(plan.precision.autocast), { default: null });
    assert.deepEqual(said(plan.gradientCheckpointing), { default: false });
    assert.deepEqual(said(plan.attention), { default: "eager" });
    assert.deepEqual(said(plan.parallelism), {
      gpus: { assumed: 1 },
      tensor: 1,
      sequence: { default: false },
      pipeline: { default: 1 },
      context: { default: 1 },
      expert: { default: 1 },
      sharding: { default: "none" },
      offload: { default: "none" },
    });
  });

  it("takes dashes for underscores in every key", () => {
    const plan = planOf(gptNeox, dashed);
    assert.equal(plan.model.shape?.value?.layers, 12);
    assert.equal(plan.sequenceLength.value, 2048);
    assert.equal(plan.duration.maxSteps.value, 1000);
    assert.equal(plan.learningRate.peak.value, 0.0006);
    assert.equal(plan.gradientCheckpointing.value, true);
    assert.equal(plan.attention.value, "flash");
    assert.equal(plan.parallelism.sharding.value, "zero-2");
  });

  it("knows that a run is made up of several files", () => {
    const shape = '{ "pipe_parallel_size": 1, "num_layers": 32, "hidden_size": 4096, "num_attention_heads": 32 }';
    const training = `{
  "optimizer": { "type": "Adam", "params": { "lr": 0.0002 } },
  "train_micro_batch_size_per_gpu": 4,
  "lr_decay_style": "cosine",
}`;
    const model = planOf(gptNeox, shape);
    assert.equal(model.learningRate.peak.origin, "unknown");
    assert.equal(model.batch.micro.origin, "unknown");
    assert.equal(model.duration.maxSteps.origin, "unknown");
    const run = planOf(gptNeox, training);
    assert.equal(run.model.shape?.origin, "unknown");
    assert.equal(run.sequenceLength.origin, "unknown");
    assert.equal(run.learningRate.peak.value, 0.0002);
  });

  it("narrows a gated MLP to two thirds, rounded up to its multiple", () => {
    const width = (lines: string) => planOf(gptNeox, withLines(bare, lines)).model.shape?.value?.intermediate;
    // 4 × 768 × 2 / 3 = 2048
    assert.equal(width('  "activation": "swiglu",'), 2048);
    // 14336 × 2 / 3 = 9557.3, up to 14336
    assert.equal(width('  "activation": "swiglu", "intermediate_size": 14336, "mlp_multiple_of": 14336,'), 14_336);
    assert.equal(width('  "intermediate_size": 2000,'), 2000);
  });

  it("reads grouped heads, experts, missing biases and the tokenizer's vocabulary", () => {
    const lines = `  "num_kv_heads": 4,
  "moe_num_experts": 8,
  "moe_top_k": 2,
  "use_bias_in_mlp": false,
  "use_bias_in_attn_linear": false,
  "tokenizer_type": "HFTokenizer",
  "vocab-file": "tokenizers/llama3/tokenizer.json",
  "make_vocab_size_divisible_by": 1,`;
    const shape = planOf(gptNeox, withLines(bare, lines)).model.shape;
    assert.equal(shape?.value?.kvHeads, 4);
    assert.equal(shape?.value?.experts, 8);
    assert.equal(shape?.value?.activeExperts, 2);
    assert.equal(shape?.value?.biased, false);
    assert.equal(shape?.value?.vocab, 128_256);
    assert.match(shape?.note ?? "", /Llama 3's/);
  });

  it("has no transformer's shape for a Mamba", () => {
    const { shape } = planOf(gptNeox, withLines(bare, '  "attention_config": [[["mamba"], 12]],')).model;
    assert.equal(shape?.origin, "unknown");
  });

  it("warms up over a fraction of the decay, not of the run", () => {
    const warmup = (lines: string) => planOf(gptNeox, withLines(bare, lines)).learningRate.warmup.value;
    assert.deepEqual(warmup('  "train_iters": 200, "lr_decay_iters": 320000, "warmup": 0.01,'), { steps: 3200 });
    // 0.1 of floor(1001 × 0.5) = 500 updates
    assert.deepEqual(warmup('  "train_iters": 1001, "lr_decay_fraction": 0.5, "warmup": 0.1,'), { steps: 50 });
    assert.deepEqual(warmup('  "train_iters": 200, "warmup": 0.05,'), { ratio: 0.05, rounding: "exact" });
  });

  it("computes in float16 or bfloat16 wherever one of three keys says so", () => {
    const compute = (lines: string) => planOf(gptNeox, withLines(bare, lines)).precision.autocast.value;
    assert.equal(compute('  "fp16": { "enabled": true, "loss_scale": 0 },'), "float16");
    assert.equal(compute('  "fp16": { "enabled": true, "type": "bfloat16" },'), "bfloat16");
    assert.equal(compute('  "bf16": { "enabled": true },'), "bfloat16");
    assert.equal(compute('  "precision": "fp16",'), "float16");
    assert.equal(compute('  "precision": "fp32",'), null);
  });

  it("derives the micro batch from the global batch", () => {
    const text = bare.replace(
      '"train_micro_batch_size_per_gpu": 4',
      '"train_batch_size": 256, "gradient_accumulation_steps": 4, "num_gpus": 8, "num_nodes": 2',
    );
    const { batch } = planOf(gptNeox, text);
    assert.equal(batch.global?.value, 256);
    assert.equal(batch.micro.value, 4);
  });

  it("takes at least the GPUs of one replica", () => {
    const text = bare.replace('"model_parallel_size": 1', '"model_parallel_size": 4, "pipe_parallel_size": 2');
    assert.deepEqual(said(planOf(gptNeox, text).parallelism.gpus), { assumed: 8 });
  });

  it("tells the stage from train_impl, labels and finetune", () => {
    const stage = (lines: string) => planOf(gptNeox, withLines(bare, lines)).stage.value;
    assert.equal(stage('  "train_impl": "dpo",'), "dpo");
    assert.equal(stage('  "train_impl": "rm",'), "reward");
    assert.equal(stage('  "train_impl": "kto",'), "kto");
    assert.equal(stage('  "train_label_data_paths": ["data/labels"],'), "sft");
    assert.equal(stage('  "finetune": true,'), "continued-pretrain");
  });

  it("counts epochs where there are no iterations", () => {
    const { duration } = planOf(gptNeox, withLines(bare, '  "train_epochs": 2,'));
    assert.equal(duration.epochs.value, 2);
    assert.equal(duration.maxSteps.value, null);
  });

  it("knows unpacked samples, soft prompts and bitsandbytes' optimizer", () => {
    const lines = '  "pack_impl": "unpacked", "use_bnb_optimizer": true, "soft_prompt_tuning": { "enabled": true },';
    const plan = planOf(gptNeox, withLines(bare, lines));
    assert.equal(plan.packing.value, false);
    assert.equal(plan.optimizer.name.value, "adamw_bnb_8bit");
    assert.equal(plan.method.value, "adapter");
  });

  it("says unknown where a value is tuned later", () => {
    const { micro } = planOf(gptNeox, bare.replace('per_gpu": 4', 'per_gpu": "auto"')).batch;
    assert.equal(micro.origin, "unknown");
  });

  it("evaluates every 1,000 updates, and not at all where no batch is evaluated", () => {
    const evaluation = (lines: string) => planOf(gptNeox, withLines(bare, lines)).evaluationInterval?.value;
    assert.deepEqual(evaluation(""), { kind: "updates", every: 1000 });
    assert.deepEqual(evaluation('"eval_interval": 200, "eval_iters": 10,'), { kind: "updates", every: 200 });
    assert.deepEqual(evaluation('"eval_interval": 200, "eval_iters": 0,'), { kind: "never" });
  });

  it("saves every checkpoint_factor updates, at the end alone without it, and at powers of it who knows when", () => {
    const save = (lines: string) => planOf(gptNeox, withLines(bare, lines)).saveInterval;
    assert.deepEqual(save('"save": "out", "checkpoint_factor": 500,')?.value, { kind: "updates", every: 500 });
    assert.deepEqual(save('"save": "out",')?.value, { kind: "end" });
    assert.equal(save('"checkpoint_scale": "log", "checkpoint_factor": 2,')?.origin, "unknown");
    assert.equal(save("")?.origin, "unknown");
  });

  it("pads the vocabulary that the tokenizer stands for, unless the file says its padded size", () => {
    const vocab = (lines: string) =>
      planOf(gptNeox, pretraining.replace('  "num_layers"', `${lines}  "num_layers"`)).model.shape?.value?.vocab;
    // The next multiple of 128 × 2 GPUs that share it.
    assert.equal(vocab('  "tokenizer_type": "GPT2BPETokenizer",\n'), 50_432);
    assert.equal(vocab('  "tokenizer_type": "HFTokenizer",\n  "vocab_file": "llama-3/tokenizer.json",\n'), 128_256);
    assert.equal(vocab('  "tokenizer_type": "SPMTokenizer",\n  "vocab_file": "llama/tokenizer.model",\n'), 32_000);
    assert.equal(vocab(""), 50_432);
    assert.equal(vocab('  "padded_vocab_size": 50304,\n'), 50_304);
  });

  it("takes two thirds of the width of an MLP with a gate, to a multiple, and the experts that a token uses", () => {
    const shape = (lines: string) =>
      planOf(gptNeox, pretraining.replace('  "num_layers"', `${lines}  "num_layers"`)).model.shape?.value;
    // Two thirds of 4 × 1,024 are 2,730.
    assert.equal(shape('  "activation": "swiglu",\n')?.intermediate, 2730);
    assert.equal(shape('  "activation": "swiglu",\n  "mlp_multiple_of": 256,\n')?.intermediate, 2816);
    const mixture = shape('  "moe_num_experts": 8,\n  "moe_top_k": 2,\n');
    assert.deepEqual([mixture?.experts, mixture?.activeExperts], [8, 2]);
  });

  it("holds out what the split says, and nothing where training data are apart", () => {
    const held = (lines: string) =>
      planOf(gptNeox, pretraining.replace('  "split": "949,50,1",\n', lines)).data.validation.value;
    assert.equal(held('  "split": "949,50,1",\n'), 51 / 1000);
    assert.equal(held('  "split": "90,x,10",\n'), 0.1);
    assert.equal(held('  "train_data_paths": ["a"],\n'), 0);
  });
});

describe("recognising a GPT-NeoX config", () => {
  it("leaves alone generation and cluster files, and DeepSpeed's own", () => {
    const others = [
      '{ "text-gen-type": "unconditional", "maximum_tokens": 102, "temperature": 1.0, "num-samples": 10 }',
      '{ "data-path": "data/enwik8/enwik8_text_document", "vocab-file": "data/gpt2-vocab.json", "save": "checkpoints" }',
      '{ "train_micro_batch_size_per_gpu": 4, "optimizer": { "type": "AdamW" }, "zero_optimization": { "stage": 3 } }',
    ];
    for (const text of others) assert.equal(gptNeox.detect(documentOf(text)), 0, text);
  });

  it("is surest of a file that sets the optimizer or the batch", () => {
    assert.equal(gptNeox.detect(documentOf(bare)), 1);
    const shape = '{ "pipe_parallel_size": 1, "num_layers": 32, "hidden_size": 4096 }';
    assert.equal(gptNeox.detect(documentOf(shape)), 0.9);
  });
});

describe("writing a GPT-NeoX config", () => {
  it("sets values within the braces and keeps comments", () => {
    const changed = written(pretraining, {
      peakLearningRate: 0.0001,
      microBatch: 4,
      accumulation: 8,
      sequenceLength: 1024,
      gradientCheckpointing: false,
      warmupRatio: 0.05,
      scheduler: "linear",
      optimizer: "Lion",
    });
    assert.match(changed, /"lr": 0\.0001, # as in the paper\n/);
    assert.match(changed, /"train_micro_batch_size_per_gpu": 4,\n/);
    assert.match(changed, /"gradient_accumulation_steps": 8,\n/);
    assert.match(changed, /"seq_length": 1024,\n/);
    assert.match(changed, /"checkpoint_activations": false,\n/);
    assert.match(changed, /"warmup": 0\.05,\n/);
    assert.match(changed, /"lr_decay_style": "linear",\n/);
    assert.match(changed, /"type": "Lion",\n/);
  });

  it("spells keys as the file does", () => {
    const changed = written(dashed, { scheduler: "cosine", sequenceLength: 1024, gradientCheckpointing: false });
    assert.match(changed, /"lr-decay-style": "cosine",\n/);
    assert.match(changed, /"seq-length": 1024,\n/);
    assert.match(changed, /"checkpoint-activations": false,\n/);
  });

  it("turns updates of warmup into a fraction of the decay", () => {
    assert.match(written(dashed, { warmupSteps: 50 }), /"warmup": 0\.05, # a hundredth\n/);
    const longer = withLines(bare, '  "train_iters": 200, "lr_decay_iters": 400, "warmup": 0.01,');
    // a tenth of 200 updates is a twentieth of 400
    assert.match(written(longer, { warmupRatio: 0.1 }), /"warmup": 0\.05,/);
  });

  it("has no key for the evaluation batch, for adapters, or for epochs of a run by iterations", () => {
    assert.equal(written(pretraining, { evaluationBatch: 1, loraRank: 8, epochs: 2 }), pretraining);
  });
});
