import assert from "node:assert/strict";
import type { PlanChange } from "../../../src/core/dialects/dialect.ts";
import { nanotron } from "../../../src/core/dialects/nanotron.ts";
import { globalBatchSize } from "../../../src/core/plan/plan.ts";
import { applyEdits } from "../edits.ts";
import { documentOf, intervalsOf, planOf } from "./reading.ts";

const llama = `
checkpoints:
  checkpoint_interval: 1000
  checkpoints_path: checkpoints
data_stages:
  - name: Stable phase
    start_training_step: 1
    data:
      dataset:
        dataset_folder:
          - datasets/fineweb-edu
          - datasets/stack
      seed: 42
  - name: Annealing phase
    start_training_step: 9000
    data:
      dataset:
        hf_dataset_or_datasets:
          HuggingFaceTB/cosmopedia: 0.7
          open-web-math/open-web-math: 0.3
      seed: 42
general:
  project: small
  run: llama-1b
model:
  dtype: bfloat16
  init_method:
    std: 0.025
  make_vocab_size_divisible_by: 64
  model_config:
    hidden_size: 2048
    intermediate_size: 8192
    is_llama_config: true
    max_position_embeddings: 4096
    num_attention_heads: 32
    num_hidden_layers: 16
    num_key_value_heads: 8
    tie_word_embeddings: true
    vocab_size: 49152
optimizer:
  accumulate_grad_in_fp32: true
  clip_grad: 1.0
  learning_rate_scheduler:
    learning_rate: 0.0003 # tuned on the small one
    lr_decay_starting_step: 9000
    lr_decay_steps: 1000
    lr_decay_style: 1-sqrt
    lr_warmup_steps: 500
    lr_warmup_style: linear
    min_decay_lr: 1.0e-05
  optimizer_factory:
    adam_beta1: 0.9
    adam_beta2: 0.95
    adam_eps: 1.0e-08
    name: adamW
    torch_adam_is_fused: true
  weight_decay: 0.1
  zero_stage: 1
parallelism:
  dp: 4
  pp: 2
  tp: 2
  context_parallel_size: 1
  expert_parallel_size: 1
  pp_engine: 1f1b
  recompute_layer: true
tokenizer:
  tokenizer_name_or_path: HuggingFaceTB/cosmo2-tokenizer
tokens:
  batch_accumulation_per_replica: 8
  micro_batch_size: 4
  sequence_length: 4096
  train_steps: 10_000
`;

const bare = `
model:
  init_method:
    std: 0.02
  model_config:
    hidden_size: 512
    num_hidden_layers: 6
    num_attention_heads: 8
    intermediate_size: 2048
optimizer:
  learning_rate_scheduler:
    learning_rate: 0.001
  weight_decay: 0.01
  zero_stage: 0
  clip_grad: null
  adam_beta2: 0.95
parallelism:
  dp: 1
  pp: 1
  tp: 1
tokens:
  batch_accumulation_per_replica: 1
  micro_batch_size: 2
  sequence_length: 1024
  train_steps: 20
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

function written(text: string, change: PlanChange): string {
  return applyEdits(text, nanotron.write(documentOf(text), change));
}

describe("reading a nanotron config", () => {
  it("takes everything from a pretraining file", () => {
    const plan = planOf(nanotron, llama);
    assert.deepEqual(said(plan), {
      stage: { default: "pretrain" },
      model: {
        id: "unknown",
        shape: {
          hidden: 2048,
          layers: 16,
          heads: 32,
          vocab: 49_152,
          intermediate: 8192,
          tied: true,
          gated: true,
          biased: false,
          kvHeads: 8,
          context: 4096,
        },
      },
      method: { default: "full" },
      lora: null,
      quantization: null,
      optimizer: { name: "adamW", weightDecay: 0.1, beta2: 0.95, maxGradNorm: 1 },
      learningRate: {
        peak: 0.0003,
        scheduler: "1-sqrt",
        family: "nanotron",
        schedulerArguments: new Map<string, string | number>([
          ["lr_decay_starting_step", 9000],
          ["lr_decay_steps", 1000],
          ["lr_warmup_style", "linear"],
          ["min_decay_lr", 1e-5],
        ]),
        warmup: { steps: 500 },
      },
      duration: { epochs: "unknown", maxSteps: 10_000, maxTokens: { default: null } },
      evaluationInterval: { default: { kind: "never" } },
      saveInterval: { kind: "updates", every: 1000 },
      batch: { micro: 4, accumulation: 8, global: 128, evaluation: 4 },
      sequenceLength: 4096,
      packing: { default: true },
      data: {
        sources: [
          { name: "datasets/fineweb-edu", limit: null },
          { name: "datasets/stack", limit: null },
          { name: "HuggingFaceTB/cosmopedia", limit: null },
          { name: "open-web-math/open-web-math", limit: null },
        ],
        samples: "unknown",
        validation: { default: 0 },
      },
      precision: {
        trained: "float32",
        frozen: "float32",
        adapters: "float32",
        quantizedAdapters: "float32",
        autocast: "bfloat16",
        gradients: "float32",
      },
      gradientCheckpointing: true,
      attention: { default: "flash" },
      loss: { default: "copied" },
      parallelism: {
        gpus: 16,
        tensor: 2,
        sequence: { default: false },
        keepsGathered: { default: false },
        pipeline: 2,
        balancesCompute: { default: true },
        forwardFirst: false,
        context: 1,
        expert: 1,
        sharding: "zero-1",
        offload: { default: "none" },
      },
    });
    // 4 × 8 sequences on each of 4 replicas
    assert.equal(globalBatchSize(plan), 128);
  });

  it("fills in nanotron's own defaults", () => {
    const plan = planOf(nanotron, bare);
    assert.deepEqual(said(plan.model.shape), {
      hidden: 512,
      layers: 6,
      heads: 8,
      vocab: 32_000,
      intermediate: 2048,
      tied: false,
      gated: true,
      biased: false,
      context: 2048,
    });
    assert.deepEqual(said(plan.optimizer), {
      name: { default: "adamW" },
      weightDecay: 0.01,
      beta2: 0.95,
      maxGradNorm: { default: 0 },
    });
    assert.deepEqual(said(plan.learningRate.scheduler), { default: "linear" });
    assert.deepEqual(said(plan.learningRate.warmup), { default: { steps: 0 } });
    assert.deepEqual(said(plan.precision), {
      trained: { default: "bfloat16" },
      frozen: { default: "bfloat16" },
      adapters: { default: "bfloat16" },
      quantizedAdapters: { default: "bfloat16" },
      autocast: { default: null },
    });
    assert.deepEqual(said(plan.gradientCheckpointing), { default: false });
    assert.deepEqual(said(plan.parallelism), {
      gpus: { default: 1 },
      tensor: 1,
      sequence: { default: false },
      keepsGathered: { default: false },
      pipeline: 1,
      balancesCompute: { default: true },
      forwardFirst: { default: true },
      context: { default: 1 },
      expert: { default: 1 },
      sharding: "none",
      offload: { default: "none" },
    });
  });

  it("does not make a floor of the decay out of nothing", () => {
    // Without min_decay_lr nanotron does not decay at all: the schedule has to see that it is absent.
    const { schedulerArguments } = planOf(nanotron, bare).learningRate;
    assert.equal(schedulerArguments.value?.has("min_decay_lr"), false);
  });

  it("pads the vocabulary for the tensor-parallel GPUs", () => {
    const text = bare
      .replace("hidden_size: 512", "hidden_size: 512\n    vocab_size: 50257")
      .replace("tp: 1", "tp: 4")
      .replace("model_config:", "make_vocab_size_divisible_by: 8\n  model_config:");
    // up to the next multiple of 8 × 4
    assert.equal(planOf(nanotron, text).model.shape?.value?.vocab, 50_272);
  });

  it("multiplies the batch by dp alone, and the GPUs by all five", () => {
    const text = llama
      .replace("context_parallel_size: 1", "context_parallel_size: 2")
      .replace("expert_parallel_size: 1", "expert_parallel_size: 2");
    const plan = planOf(nanotron, text);
    assert.equal(plan.parallelism.gpus.value, 64);
    assert.equal(globalBatchSize(plan), 128);
  });

  it("reads experts", () => {
    const moe = "hidden_size: 512\n    moe_config:\n      num_experts: 16\n      top_k: 1";
    const shape = planOf(nanotron, bare.replace("hidden_size: 512", moe)).model.shape?.value;
    assert.equal(shape?.experts, 16);
    assert.equal(shape?.activeExperts, 1);
  });

  it("knows that StarCoder 2 has biases, one key and value head, and no gate", () => {
    const text = bare
      .replace("intermediate_size: 2048", "is_starcoder2_config: true")
      .replace("hidden_size: 512", "hidden_size: 512\n    vocab_size: 49152");
    assert.deepEqual(planOf(nanotron, text).model.shape?.value, {
      hidden: 512,
      layers: 6,
      heads: 8,
      vocab: 49_152,
      intermediate: 2048,
      tied: true,
      gated: false,
      biased: true,
      kvHeads: 1,
      context: 2048,
    });
  });

  it("has no transformer's shape for a Mamba", () => {
    const text = bare.replace("hidden_size: 512", "d_model: 512\n    is_mamba_config: true");
    assert.equal(planOf(nanotron, text).model.shape?.origin, "unknown");
  });

  it("goes on from a checkpoint that init_method names", () => {
    const plan = planOf(nanotron, bare.replace("std: 0.02", "path: checkpoints/base"));
    assert.equal(plan.stage.value, "continued-pretrain");
    assert.equal(plan.model.id.value, "checkpoints/base");
  });

  it("fine-tunes on data sets for that, and reads the single stage of older files", () => {
    const text = `${bare}data:\n  dataset:\n    hf_dataset_or_datasets: HuggingFaceH4/no_robots\n    sft_dataloader: true\n`;
    const plan = planOf(nanotron, text);
    assert.equal(plan.stage.value, "sft");
    assert.deepEqual(said(plan.data.sources), [{ name: "HuggingFaceH4/no_robots", limit: null }]);
  });

  it("says unknown where the file leaves something out that nanotron requires", () => {
    const plan = planOf(nanotron, bare.replace("    learning_rate: 0.001\n", "    lr_warmup_steps: 1\n"));
    assert.equal(plan.learningRate.peak.origin, "unknown");
  });

  it("never evaluates, whatever val_check_interval says, and saves by its interval", () => {
    const text = llama.replace("  train_steps: 10_000", "  train_steps: 10_000\n  val_check_interval: 100");
    assert.deepEqual(intervalsOf(planOf(nanotron, text)), [{ kind: "never" }, { kind: "updates", every: 1000 }]);
  });

  it("reads no shape where a size is missing, and the experts where there are some", () => {
    const shape = (text: string) => planOf(nanotron, text).model.shape;
    assert.equal(shape(llama.replace("    vocab_size: 49152\n", "    vocab_size: ${VOCAB}\n"))?.value, undefined);
    assert.equal(
      shape(llama.replace("    intermediate_size: 8192\n", "    intermediate_size: ${WIDTH}\n"))?.value,
      undefined,
    );
    assert.equal(
      shape(llama.replace("    max_position_embeddings: 4096\n", "    max_position_embeddings: ${LONG}\n"))?.value
        ?.context,
      undefined,
    );
    const experts = shape(
      llama.replace(
        "    vocab_size: 49152\n",
        "    vocab_size: 49152\n    moe_config: { num_experts: 16, top_k: 4 }\n",
      ),
    );
    assert.deepEqual([experts?.value?.experts, experts?.value?.activeExperts], [16, 4]);
  });

  it("takes bfloat16 for a type that it does not know", () => {
    assert.equal(planOf(nanotron, llama.replace("dtype: bfloat16", "dtype: fp9")).precision.autocast.value, "bfloat16");
  });
});

describe("recognising a nanotron config", () => {
  it("leaves alone files without tokens, and those of others that have either section", () => {
    const others = [
      "parallelism: { dp: 1, pp: 1, tp: 1 }\nmodel: { dtype: bfloat16 }\nlighteval: { batch_size: 16 }\n",
      "tokens: { pad: 0 }\ntrain: { micro_batch_size: 4 }\n",
      "parallelism: { tensor_parallel_degree: 2 }\ntokens: [a, b]\n",
    ];
    for (const text of others) assert.equal(nanotron.detect(documentOf(text)), 0, text);
  });
});

describe("writing a nanotron config", () => {
  it("sets each key in its section and keeps comments", () => {
    const changed = written(llama, {
      peakLearningRate: 0.0001,
      microBatch: 2,
      accumulation: 16,
      sequenceLength: 2048,
      gradientCheckpointing: false,
      warmupSteps: 100,
      scheduler: "cosine",
      optimizer: "sgd",
    });
    assert.match(changed, /learning_rate: 0\.0001 # tuned on the small one\n/);
    assert.match(changed, /micro_batch_size: 2\n/);
    assert.match(changed, /batch_accumulation_per_replica: 16\n/);
    assert.match(changed, /sequence_length: 2048\n/);
    assert.match(changed, /recompute_layer: false\n/);
    assert.match(changed, /lr_warmup_steps: 100\n/);
    assert.match(changed, /lr_decay_style: cosine\n/);
    assert.match(changed, /name: sgd\n/);
  });

  it("turns a share of the run into updates", () => {
    // 3 % of 10,000
    assert.match(written(llama, { warmupRatio: 0.03 }), /lr_warmup_steps: 300\n/);
  });

  it("has no key for epochs, the evaluation batch or adapters", () => {
    assert.equal(written(llama, { epochs: 2, evaluationBatch: 1, loraRank: 8 }), llama);
  });
});
