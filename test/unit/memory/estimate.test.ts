import assert from "node:assert/strict";
import fc from "fast-check";
import { huggingFace } from "../../../src/core/dialects/huggingFace.ts";
import { followed } from "../../../src/core/memory/block.ts";
import type { Components } from "../../../src/core/memory/components.ts";
import { estimateMemory } from "../../../src/core/memory/estimate.ts";
import { isKnownOptimizer } from "../../../src/core/memory/optimizer.ts";
import { type Run, runOf } from "../../../src/core/memory/run.ts";
import { catalogued } from "../../../src/core/models/catalogue.ts";
import { countLoraParameters } from "../../../src/core/models/lora.ts";
import { countParameters } from "../../../src/core/models/parameters.ts";
import { shapeArchitecture } from "../../../src/core/models/shape.ts";
import { analysisOf, answered } from "../analysis.ts";
import { records } from "../builtIn.ts";
import { planOf } from "../dialects/reading.ts";

/**
 * torch.cuda.max_memory_allocated of fms-hf-tuning (TRL's SFTTrainer) on one A100, sequences of 4096, checkpointing, flash
 * attention. Source: foundation-model-stack/fms-acceleration at 876e2ed6fc4e, scripts/benchmarks/refs/a100_80gb.csv.
 */
const measured = {
  versions: { torch: "2.4.1", transformers: "4.48.1", trl: "0.13.0", peft: "0.13.2" },
  config: `
model_name_or_path: mistralai/Mistral-7B-v0.1
torch_dtype: bfloat16
attn_implementation: flash_attention_2
gradient_checkpointing: true
max_seq_length: 4096
packing: true
learning_rate: 2e-5
optim: adamw_torch
`,
};

const attentionLora =
  "use_peft: true\nlora_r: 16\nlora_dropout: 0.1\nlora_target_modules: [q_proj, k_proj, v_proj, o_proj]\n";
const nf4 = `${attentionLora}load_in_4bit: true\nuse_bnb_nested_quant: true\nbf16: true\n`;

describe("allocated memory against measurements", () => {
  for (const [title, text, bytes] of [
    ["full, pure bfloat16, batch 4", "bf16: false\nper_device_train_batch_size: 4\n", 72_434_837_504],
    ["full, pure bfloat16, batch 8", "bf16: false\nper_device_train_batch_size: 8\n", 72_435_230_720],
    ["LoRA, batch 4", `bf16: false\n${attentionLora}per_device_train_batch_size: 4\n`, 26_704_571_904],
    ["LoRA, batch 8", `bf16: false\n${attentionLora}per_device_train_batch_size: 8\n`, 38_742_912_512],
    ["QLoRA, batch 4", `${nf4}per_device_train_batch_size: 4\n`, 20_669_338_112],
    ["QLoRA, batch 8", `${nf4}per_device_train_batch_size: 8\n`, 37_002_646_016],
  ] as const) {
    it(`Mistral 7B, ${title}: ${bytes} bytes within 2 %`, () => {
      const { memory } = analysisOf(measured.config + text, { versions: measured.versions });
      assertWithin(0.02, answered(memory).allocatedBytes, bytes);
    });
  }
});

/**
 * Peak of forward, backward and optimizer states of the real model code on fake CUDA tensors: transformers 5.18.0, peft
 * 0.21.0, torch 2.13.0.
 */
describe("allocated memory against the real model code", () => {
  const config = "optim: adamw_torch_fused\nlearning_rate: 2e-5\nloss_type: nll\npacking: true\n";
  const allLora = "use_peft: true\nlora_r: 16\nlora_target_modules: all-linear\n";
  for (const [model, title, text, sequences, length, bytes] of [
    [
      "Qwen/Qwen2.5-0.5B",
      "full, bfloat16, checkpointed",
      "dtype: bfloat16\nbf16: false\ngradient_checkpointing: true\n",
      4,
      2048,
      18_311_892_480,
    ],
    [
      "meta-llama/Llama-2-7b-hf",
      "full, bfloat16",
      "dtype: bfloat16\nbf16: false\ngradient_checkpointing: false\n",
      2,
      8192,
      145_045_186_560,
    ],
    [
      "meta-llama/Llama-2-7b-hf",
      "full, float32 with autocast",
      "dtype: float32\nbf16: true\ngradient_checkpointing: false\n",
      1,
      2048,
      109_854_713_856,
    ],
    [
      "meta-llama/Llama-3.1-8B",
      "full, bfloat16, eager attention",
      "dtype: bfloat16\nbf16: false\ngradient_checkpointing: false\nattn_implementation: eager\n",
      2,
      512,
      64_250_497_024,
    ],
    [
      "meta-llama/Llama-2-7b-hf",
      "LoRA with dropout",
      `${allLora}lora_dropout: 0.05\ndtype: bfloat16\nbf16: true\ngradient_checkpointing: false\n`,
      1,
      2048,
      30_441_678_848,
    ],
    [
      "meta-llama/Llama-3.1-8B",
      "LoRA, checkpointed",
      `${allLora}lora_dropout: 0\ndtype: bfloat16\nbf16: true\ngradient_checkpointing: true\n`,
      4,
      2048,
      31_454_849_024,
    ],
    [
      "meta-llama/Llama-3.1-8B",
      "LoRA",
      `${allLora}lora_dropout: 0\ndtype: bfloat16\nbf16: true\ngradient_checkpointing: false\n`,
      4,
      512,
      34_050_353_152,
    ],
  ] as const) {
    it(`${model}, ${title}, ${sequences}×${length}: ${bytes} bytes within 2 %`, () => {
      const batch = `per_device_train_batch_size: ${sequences}\nmax_length: ${length}\n`;
      const { memory } = analysisOf(`model_name_or_path: ${model}\n${config}${batch}${text}`);
      assertWithin(0.02, answered(memory).allocatedBytes, bytes);
    });
  }
});

function assertWithin(fraction: number, actual: number, expected: number): void {
  const off = Math.abs(actual - expected) / expected;
  assert.ok(off <= fraction, `${actual} is ${(100 * off).toFixed(2)} % off ${expected}`);
}

describe("the reference model of DPO", () => {
  const base =
    "model_name_or_path: meta-llama/Llama-3.2-1B\nbeta: 0.1\nmax_length: 512\nper_device_train_batch_size: 1\n";
  const rest = "dtype: bfloat16\nlearning_rate: 1e-6\noptim: adamw_torch_fused\n";
  const weightsOf = (lines: string) => answered(analysisOf(base + rest + lines).memory).components.weights;

  it("is another copy of the weights where everything is trained", () =>
    assert.equal(weightsOf(""), 2 * 2 * 1_235_814_400));

  it("is not there where its answers are computed before", () =>
    assert.equal(weightsOf("precompute_ref_log_probs: true\n"), 2 * 1_235_814_400));

  it("is the model without its adapters where there are some", () => {
    // Rank 8 on q_proj of 16 blocks, 2048 to 2048, in float32.
    const adapters = 4 * 16 * 8 * 4096;
    assert.equal(weightsOf("use_peft: true\nlora_r: 8\nlora_target_modules: [q_proj]\n"), 2 * 1_235_814_400 + adapters);
  });
});

describe("modules that are trained in full beside adapters", () => {
  const base =
    "model_name_or_path: meta-llama/Llama-2-7b-hf\nuse_peft: true\nlora_r: 8\nlora_target_modules: [q_proj]\n";
  const rest =
    "per_device_train_batch_size: 1\nloss_type: nll\ndtype: bfloat16\nbf16: false\noptim: adamw_torch_fused\nmax_length: 64\nlearning_rate: 1e-4\npacking: true\n";
  const memoryOf = (modules: string) => answered(analysisOf(`${base}lora_modules_to_save: ${modules}\n${rest}`).memory);

  it("take a copy, its gradient and its states: 2 + 2 + 4 bytes per parameter", () => {
    // Twice 32000 × 4096.
    const parameters = 262_144_000;
    const [without, within] = [memoryOf("[]"), memoryOf("[embed_tokens, lm_head]")];
    assert.equal(within.components.weights - without.components.weights, 2 * parameters);
    assert.equal(within.components.optimizer - without.components.optimizer, 4 * parameters);
    // Beside the float32 gradients of q_proj's adapters in 32 blocks.
    assert.equal(within.components.gradients, 2 * parameters + 4 * 32 * 8 * 8192);
  });

  it("are counted in what is trained", () => {
    const { run } = analysisOf(`${base}lora_modules_to_save: [lm_head]\n${rest}`);
    // q_proj of 32 blocks at rank 8, and 32000 × 4096.
    assert.equal(answered(run).trainable, 32 * 8 * 8192 + 131_072_000);
  });
});

describe("the weights of a quantised copy", () => {
  const lora =
    "use_peft: true\nlora_r: 8\nlora_target_modules: [q_proj]\ndtype: bfloat16\nmax_length: 512\nlearning_rate: 1e-4\n";
  const planOf = (model: string) => analysisOf(`model_name_or_path: ${model}\n${lora}`);

  // 32 × 218,103,808 in the linear layers of the blocks, twice 32000 × 4096 in embeddings and output layer, 65 norms of 4096.
  for (const [model, each] of [
    ["TheBloke/Mistral-7B-v0.1-GPTQ", 1 / 2 + (2 + 1 / 2) / 128],
    ["TheBloke/Mistral-7B-v0.1-AWQ", 1 / 2 + (2 + 1 / 2) / 128],
  ] as const) {
    it(`are packed in groups of 128 for ${model}`, () => {
      const { memory, plan } = planOf(model);
      const adapters = 4 * 32 * 8 * (4096 + 4096);
      const expected = 6_979_321_856 * each + 2 * (262_144_000 + 266_240) + adapters;
      assertWithin(1e-9, answered(memory).components.weights, expected);
      assert.equal(plan.method.value, "qlora");
    });
  }

  for (const [key, each] of [
    ["load_in_8bit", 1],
    ["load_in_4bit", 1 / 2 + 4 / 64],
  ] as const) {
    it(`are ${each} bytes each with ${key}, those of what sees too, and 2 in embeddings and norms`, () => {
      const { memory } = analysisOf(`model_name_or_path: Qwen/Qwen2.5-VL-7B-Instruct\n${key}: true\n${lora}`);
      // 28 blocks of 3584: q and o, k and v of 512, and three matrices of 18944.
      const linears = 28 * (2 * 3584 * 3584 + 2 * 3584 * 512 + 3 * 3584 * 18_944);
      const vision = 676_550_144;
      const others = 8_292_166_656 - linears - vision;
      // TRL casts the adapters of quantised models.
      const adapters = 28 * 8 * (3584 + 3584) * 2;
      assertWithin(1e-9, answered(memory).components.weights, (linears + vision) * each + 2 * others + adapters);
    });
  }

  it("are bitsandbytes' where the name says so", () => {
    const { memory, plan } = planOf("unsloth/mistral-7b-v0.3-bnb-4bit");
    const stored = planOf("unsloth/mistral-7b-v0.3");
    assert.equal(plan.quantization?.bits.value, 4);
    assert.ok(answered(memory).components.weights < answered(stored.memory).components.weights / 3);
  });
});

describe("the optimizer's share", () => {
  /** Llama 2 7B: 32 blocks of four 4096 × 4096 and three 4096 × 11008 matrices, twice 32000 × 4096, 65 norms. */
  const parameters = 6_738_415_616;
  const memoryWith = (optim: string) => {
    const text = `model_name_or_path: meta-llama/Llama-2-7b-hf\ndtype: bfloat16\nbf16: false\nmax_length: 512\nlearning_rate: 1e-5\noptim: ${optim}\n`;
    return answered(analysisOf(text).memory);
  };
  for (const [optim, bytes] of [
    ["adamw_torch_fused", 4],
    ["adamw_bnb_8bit", 2 + 8 / 256],
    ["adamw_torch_4bit", 1 + 8 / 128],
    ["lion_8bit", 1 + 4 / 256],
    ["ademamix", 12],
    ["schedule_free_adamw", 4],
    ["grokadamw", 6],
    ["stable_adamw", 6],
    ["schedule_free_radam", 4],
    ["sgd", 0],
    ["torch.optim.AdamW", 4],
    ["bitsandbytes.optim.AdamW8bit", 2 + 8 / 256],
  ] as const) {
    it(`${optim} keeps ${bytes} bytes per bfloat16 parameter`, () =>
      assert.equal(memoryWith(optim).components.optimizer / parameters, bytes));
  }

  for (const [optim, bytes] of [
    // Float32 sums of rows and columns: 32 × (4 × 8192 + 3 × 15104) and 2 × 36096 of them, and 266,240 values of norms.
    ["adafactor", 4 * (32 * 78_080 + 72_192 + 266_240)],
    // A float32 momentum, and the sums of the matrices twice.
    ["came_pytorch", 4 * (6_738_415_616 + 2 * (32 * 78_080 + 72_192) + 266_240)],
    // Of rank 128, per block: 4 × (2 × 128 × 4096 + 128 × 4096) + 3 × (2 × 128 × 11008 + 128 × 4096); AdamW for the rest.
    ["galore_adamw", 2 * (32 * 16_318_464 + 2 * 262_410_240)],
    ["galore_adamw\noptim_args: rank=64, scale=0.25", 2 * (32 * 8_159_232 + 2 * 262_410_240)],
    ["galore_adamw_layerwise", 2 * (32 * 16_318_464 + 2 * 262_410_240)],
    // The same states, and AdamW's of the rest, in a byte and a float32 per 256; the projectors stay in bfloat16.
    ["galore_adamw_8bit", (2 + 8 / 256) * (32 * 6_324_224 + 262_410_240) + 2 * 32 * 3_670_016],
    ["galore_adamw_8bit_layerwise", (2 + 8 / 256) * (32 * 6_324_224 + 262_410_240) + 2 * 32 * 3_670_016],
    // In float32: per block the sums of 4 × (4096 + 128) and 3 × (11008 + 128), and the projectors; Adafactor for the rest.
    ["galore_adafactor", 4 * (32 * (16_896 + 33_408 + 3_670_016) + 72_192 + 266_240)],
    ["galore_adafactor_layerwise", 4 * (32 * (16_896 + 33_408 + 3_670_016) + 72_192 + 266_240)],
    // APOLLO keeps its projector too, of rank 128.
    ["apollo_adamw", 2 * (32 * 16_318_464 + 2 * 262_410_240)],
    // One momentum for the blocks' 32 × 202,375,168, two for the rest.
    ["muon", 2 * (32 * 202_375_168 + 2 * 262_410_240)],
  ] as const) {
    it(`${optim} keeps ${bytes} bytes`, () => assert.equal(memoryWith(optim).components.optimizer, bytes));
  }

  it("is, with Adafactor, of an expert's matrices as of others", () => {
    const text =
      "model_name_or_path: mistralai/Mixtral-8x7B-v0.1\ndtype: bfloat16\nbf16: false\nmax_length: 512\nlearning_rate: 1e-5\noptim: adafactor\n";
    const attention = 2 * (4096 + 4096) + 2 * (4096 + 1024);
    const experts = 8 * 3 * (4096 + 14_336);
    // The norms, and the routers, which are no layers here.
    const others = 65 * 4096 + 32 * 8 * 4096;
    const edges = 32 * (attention + experts) + 2 * (32_000 + 4096);
    assert.equal(answered(analysisOf(text).memory).components.optimizer, 4 * (edges + others));
  });

  it("is one momentum, with Muon, of experts that read a narrower vector", () => {
    const text =
      "model_name_or_path: nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16\ndtype: bfloat16\nbf16: false\nmax_length: 512\nlearning_rate: 1e-5\noptim: muon\n";
    const scans = 40 * (4096 * 18_560 + 8192 * 4096);
    const attention = 8 * (2 * 4096 * 4096 + 2 * 4096 * 256);
    const experts = 40 * (2 * 4096 * 5376 + 2 * 4096 * 1024 + 512 * 2 * 1024 * 2688);
    assert.equal(
      answered(analysisOf(text).memory).components.optimizer,
      2 * (2 * 120_668_687_360 - (scans + attention + experts)),
    );
  });

  it("is NeMo's distributed_fused_adam without master weights, but for what bfloat16 ones under megatron_amp_O2 lack", () => {
    // 2 blocks of 4·64² + 3·64·160 + 2·64, embedding and output layer of 1000·64 each, and a norm.
    const trained = 2 * (4 * 64 ** 2 + 3 * 64 * 160 + 2 * 64) + 2 * 64_000 + 64;
    const optimizer = (precision: string, o2: boolean) => {
      const text = `trainer:\n  devices: 1\n  precision: ${precision}\n  max_steps: 10\nmodel:\n  micro_batch_size: 1\n  global_batch_size: 1\n  encoder_seq_length: 128\n  max_position_embeddings: 128\n  mcore_gpt: true\n  num_layers: 2\n  hidden_size: 64\n  ffn_hidden_size: 160\n  num_attention_heads: 4\n  activation: fast-swiglu\n  normalization: rmsnorm\n  bias: false\n  share_embeddings_and_output_weights: false\n  position_embedding_type: rope\n  override_vocab_size: 1000\n  make_vocab_size_divisible_by: 8\n  megatron_amp_O2: ${o2}\n  optim:\n    name: distributed_fused_adam\n    lr: 1e-4\n`;
      return answered(analysisOf(text).memory).components.optimizer / trained;
    };
    assert.equal(optimizer("bf16", false), 8);
    assert.equal(optimizer("bf16", true), 10);
    assert.equal(optimizer("16", true), 12);
  });

  it("is that of LoRA's two narrow matrices, and of what is trained in full beside them in its own type", () => {
    const optimizer = (optim: string) => {
      const text = `model_name_or_path: meta-llama/Llama-2-7b-hf\nuse_peft: true\nlora_r: 8\nlora_target_modules: [q_proj]\nlora_modules_to_save: [lm_head]\ndtype: bfloat16\nbf16: false\nmax_length: 512\nlearning_rate: 1e-5\noptim: ${optim}\n`;
      return answered(analysisOf(text).memory).components.optimizer;
    };
    assert.equal(optimizer("adafactor"), 4 * (32 * 2 * (8 + 4096) + 32_000 + 4096));
    // One momentum in float32 for the adapters, two states in bfloat16 for the output layer.
    assert.equal(optimizer("muon"), 4 * 32 * 8 * 8192 + 2 * 2 * 32_000 * 4096);
  });

  for (const [optim, bytes] of [
    ["paged_adamw_32bit", 8],
    ["paged_adamw_8bit", 2 + 8 / 256],
    ["bitsandbytes.optim.PagedAdamW", 8],
  ] as const) {
    it(`${optim} keeps ${bytes} bytes that torch does not count and that may go to the host`, () => {
      const { components, deviceBytes, reservedBytes, lowBytes, allocatedBytes, highBytes } = memoryWith(optim);
      assert.equal(components.optimizer, 0);
      assert.ok(highBytes >= deviceBytes);
      assertWithin(1e-9, components.overhead, deviceBytes - allocatedBytes);
      assertWithin(1e-9, deviceBytes - reservedBytes - (lowBytes - allocatedBytes), bytes * parameters);
    });
  }

  it("paged states are shared by the GPUs like others", () => {
    const text = `model_name_or_path: meta-llama/Llama-2-7b-hf\ndtype: bfloat16\nbf16: false\nmax_length: 512\nlearning_rate: 1e-5\noptim: paged_adamw_32bit\nnum_processes: 8\nfsdp: full_shard auto_wrap\n`;
    const { deviceBytes, reservedBytes, lowBytes, allocatedBytes } = answered(analysisOf(text).memory);
    assertWithin(1e-9, deviceBytes - reservedBytes - (lowBytes - allocatedBytes), parameters);
  });

  it("lomo keeps neither states nor gradients of more than one weight", () => {
    const { components } = memoryWith("lomo");
    assert.equal(components.optimizer, 0);
    // The largest weight: 32000 × 4096 values, beside the embedding that it is.
    assert.ok(components.gradients <= 2 * 2 * 32_000 * 4096, String(components.gradients));
  });

  for (const optim of ["galore_adamw_8bit_layerwise", "galore_adafactor_layerwise"]) {
    it(`${optim} keeps no gradients of more than one weight`, () =>
      assert.ok(memoryWith(optim).components.gradients <= 2 * 2 * 32_000 * 4096));
  }

  it("knows all names of transformers' OptimizerNames", () => {
    // transformers 5.18, training_args.py, and what it had before.
    const names = `adamw_hf adamw_torch adamw_torch_fused adamw_torch_xla adamw_torch_npu_fused adamw_apex_fused adafactor
      adamw_anyprecision adamw_torch_4bit adamw_torch_8bit ademamix sgd adagrad adamw_bnb_8bit adamw_8bit ademamix_8bit lion_8bit
      lion_32bit paged_adamw_32bit paged_adamw_8bit paged_ademamix_32bit paged_ademamix_8bit paged_lion_32bit paged_lion_8bit
      rmsprop rmsprop_bnb rmsprop_bnb_8bit rmsprop_bnb_32bit galore_adamw galore_adamw_8bit galore_adafactor
      galore_adamw_layerwise galore_adamw_8bit_layerwise galore_adafactor_layerwise lomo adalomo grokadamw schedule_free_radam
      schedule_free_adamw schedule_free_sgd apollo_adamw apollo_adamw_layerwise stable_adamw`;
    assert.deepEqual(
      names.split(/\s+/).filter((name) => !isKnownOptimizer(name)),
      [],
    );
  });

  it("says that it does not know an optimizer", () => {
    const text = "model_name_or_path: meta-llama/Llama-2-7b-hf\nmax_length: 512\nlearning_rate: 1e-5\noptim: sophia\n";
    const { memory } = analysisOf(text);
    assert.match("reason" in memory ? memory.reason : "", /the states of the optimizer sophia are not known/);
  });
});

const architectures = records.map(catalogued).filter((architecture) => followed(architecture).value);

const runs = fc
  .record({
    architecture: fc.constantFrom(...architectures),
    sequences: fc.integer({ min: 1, max: 64 }),
    sequenceLength: fc.integer({ min: 16, max: 32_768 }),
    rank: fc.integer({ min: 1, max: 256 }),
    method: fc.constantFrom("full", "lora", "qlora"),
    accumulation: fc.integer({ min: 1, max: 8 }),
    checkpointing: fc.boolean(),
    attention: fc.constantFrom("flash_attention_2", "eager"),
    dtype: fc.constantFrom("float32", "bfloat16"),
    liger: fc.boolean(),
    dropout: fc.constantFrom(0, 0.1),
  })
  .map((choice) => {
    const peft = choice.method === "full" ? "" : "use_peft: true\n";
    const text = `model_name_or_path: ${choice.architecture.id}
${peft}load_in_4bit: ${choice.method === "qlora"}
lora_r: ${choice.rank}
lora_dropout: ${choice.dropout}
lora_target_modules: all-linear
per_device_train_batch_size: ${choice.sequences}
gradient_accumulation_steps: ${choice.accumulation}
max_length: ${choice.sequenceLength}
gradient_checkpointing: ${choice.checkpointing}
attn_implementation: ${choice.attention}
dtype: ${choice.dtype}
bf16: true
loss_type: nll
use_liger_kernel: ${choice.liger}
`;
    return answered(runOf(planOf(huggingFace, text), choice.architecture, {}));
  });

const allocated = (run: Run) => estimateMemory(run).allocatedBytes;

describe("memory of any run of a known model", () => {
  it("is finite and positive, in components that add up", () => {
    fc.assert(
      fc.property(runs, (run) => {
        const estimate = estimateMemory(run);
        const sum = Object.values(estimate.components).reduce((total: number, bytes: number) => total + bytes, 0);
        assert.ok(Number.isFinite(estimate.deviceBytes) && estimate.deviceBytes > 0);
        assertWithin(1e-9, sum, estimate.deviceBytes);
        assertWithin(1e-9, sum - estimate.components.overhead, estimate.allocatedBytes);
        for (const [name, bytes] of Object.entries(estimate.components)) assert.ok(bytes >= 0, name);
        assert.ok(estimate.lowBytes <= estimate.deviceBytes && estimate.deviceBytes <= estimate.highBytes);
      }),
      { numRuns: 30 },
    );
  });

  it("never shrinks with more tokens", () => {
    fc.assert(
      fc.property(runs, (run) => {
        assert.ok(allocated({ ...run, sequences: run.sequences + 1 }) >= allocated(run));
        assert.ok(allocated({ ...run, sequenceLength: run.sequenceLength + 1 }) >= allocated(run));
      }),
      { numRuns: 30 },
    );
  });

  it("never shrinks with the rank of the adapters", () => {
    fc.assert(
      fc.property(runs, (run) => {
        const { adapters } = run;
        if (!adapters) return;
        const rank = adapters.rank + 1;
        const parameters = countLoraParameters(adapters.linears, rank);
        const wider = { ...run, trainable: parameters, adapters: { ...adapters, rank, parameters } };
        assert.ok(allocated(wider) >= allocated(run));
      }),
      { numRuns: 30 },
    );
  });

  it("never shrinks with more or wider layers", () => {
    const sizes = { hidden: 1024, layers: 8, heads: 8, intermediate: 2816, vocab: 32_000, tied: false };
    const sized = fc.record({
      size: fc.record({
        hidden: fc.constantFrom(512, 1024, 2048),
        layers: fc.integer({ min: 1, max: 48 }),
        heads: fc.constantFrom(4, 8),
        intermediate: fc.integer({ min: 256, max: 16_384 }),
        vocab: fc.integer({ min: 1000, max: 200_000 }),
        tied: fc.boolean(),
      }),
      more: fc.constantFrom<Partial<typeof sizes>>(
        { hidden: 512 },
        { layers: 1 },
        { intermediate: 64 },
        { vocab: 1000 },
      ),
    });
    fc.assert(
      fc.property(runs, sized, (run, { size, more }) => {
        if (run.adapters) return;
        const of = (shape: typeof sizes) => {
          const architecture = shapeArchitecture(shape, "a model");
          const parameters = countParameters(architecture);
          // Liger takes smaller chunks of a larger vocabulary.
          const loss = run.loss === "fused" ? "chunked" : run.loss;
          return allocated({ ...run, loss, architecture, parameters, trainable: parameters.total });
        };
        const larger = Object.fromEntries(
          Object.entries(more).map(([name, by]) => [name, Number(size[name as keyof typeof more]) + Number(by)]),
        );
        assert.ok(of({ ...size, ...larger }) >= of(size));
      }),
      { numRuns: 30 },
    );
  });

  it("never grows with checkpointing, by more than the input of the block that is computed again", () => {
    fc.assert(
      fc.property(runs, (run) => {
        const input = 4 * run.sequences * run.sequenceLength * run.architecture.hidden;
        assert.ok(allocated({ ...run, checkpointing: true }) <= allocated({ ...run, checkpointing: false }) + input);
      }),
      { numRuns: 30 },
    );
  });

  it("never grows with the stage of ZeRO, and shrinks with the GPUs that share all states", () => {
    fc.assert(
      fc.property(runs, fc.integer({ min: 2, max: 64 }), (run, gpus) => {
        const zero3 = (count: number) => allocated({ ...run, gpus: count, sharding: "zero-3" });
        assert.ok(zero3(gpus + 1) <= zero3(gpus));
        const zero1 = allocated({ ...run, gpus, sharding: "zero-1" });
        assert.ok(allocated({ ...run, gpus, sharding: "zero-2" }) <= zero1);
      }),
      { numRuns: 30 },
    );
  });

  it("counts a quantised model's weights below a 16-bit one's", () => {
    const weights = ({ components }: { readonly components: Components }) => components.weights;
    fc.assert(
      fc.property(runs, (run) => {
        if (!run.quantization) return;
        assert.ok(weights(estimateMemory(run)) < weights(estimateMemory({ ...run, quantization: null })));
      }),
      { numRuns: 30 },
    );
  });
});

describe("memory that cannot be told", () => {
  for (const [title, text, reason] of [
    [
      "an unknown model",
      "model_name_or_path: my-org/my-model\nlearning_rate: 1e-5\nmax_length: 512\n",
      /architecture of my-org\/my-model is not known/,
    ],
    [
      "a sequence length that is set elsewhere",
      "model_name_or_path: Qwen/Qwen2.5-0.5B\nlearning_rate: 1e-5\nmax_length: ${LENGTH}\n",
      /sequence length is not known/,
    ],
    [
      "a batch of zero",
      "model_name_or_path: Qwen/Qwen2.5-0.5B\nmax_length: 512\nper_device_train_batch_size: 0\n",
      /micro batch size is not a positive number/,
    ],
    [
      "PPO",
      "model_name_or_path: Qwen/Qwen2.5-0.5B\nstage: ppo\nfinetuning_type: lora\nreward_model: saves/reward\ncutoff_len: 512\nlearning_rate: 1e-6\n",
      /value model and a reward model/,
    ],
    [
      "GRPO with vLLM on the GPUs that train",
      "model_name_or_path: Qwen/Qwen2.5-0.5B\nnum_generations: 8\nuse_vllm: true\nlearning_rate: 1e-6\n",
      /vLLM takes a share of the GPU beside the training/,
    ],
    [
      "a method that is set elsewhere",
      "base_model: Qwen/Qwen2.5-0.5B\nadapter: ${ADAPTER}\nmicro_batch_size: 1\nsequence_len: 512\n",
      /^the method is not known$/,
    ],
    [
      "an optimizer that is set elsewhere",
      "base_model: Qwen/Qwen2.5-0.5B\noptimizer: ${OPTIMIZER}\nmicro_batch_size: 1\nsequence_len: 512\n",
      /^the optimizer is not known: \$\{OPTIMIZER\} is resolved outside this file$/,
    ],
    [
      "an optimizer that nobody knows",
      "base_model: Qwen/Qwen2.5-0.5B\noptimizer: my_own_descent\nmicro_batch_size: 1\nsequence_len: 512\n",
      /^the states of the optimizer my_own_descent are not known$/,
    ],
    [
      "adapters on a pattern that is none",
      "base_model: Qwen/Qwen2.5-0.5B\nadapter: lora\nlora_r: 8\nlora_target_modules: '(q_proj'\nmicro_batch_size: 1\nsequence_len: 512\n",
      /pattern/,
    ],
    [
      "LoRA of unknown rank",
      "base_model: Qwen/Qwen2.5-0.5B\nadapter: lora\nmicro_batch_size: 1\n",
      /LoRA rank is not known/,
    ],
  ] as const) {
    it(`says why for ${title}`, () => {
      const { memory, problems } = analysisOf(text);
      assert.ok("reason" in memory);
      assert.match(memory.reason, reason);
      assert.ok(problems.includes(memory.reason));
    });
  }

  for (const [key, otherwise] of [
    ["gradient_checkpointing", "false"],
    ["attn_implementation", "sdpa"],
    ["gradient_accumulation_steps", "1"],
    ["lora_dropout", "0"],
    ["lora_modules_to_save", "[]"],
    ["packing", "false"],
    ["use_liger_kernel", "false"],
  ] as const) {
    it(`takes a ${key} that is set elsewhere for ${otherwise}, as where nobody sets it`, () => {
      const needs = (value: string) =>
        answered(
          analysisOf(
            `model_name_or_path: Qwen/Qwen2.5-0.5B\nuse_peft: true\nlora_r: 8\nlora_target_modules: all-linear\nmax_length: 512\nper_device_train_batch_size: 1\ndtype: bfloat16\n${key}: ${value}\n`,
          ).memory,
        ).deviceBytes;
      assert.equal(needs("${VALUE}"), needs(otherwise));
    });
  }

  it("still tells everything else", () => {
    const analysis = analysisOf("model_name_or_path: my-org/my-model\nlearning_rate: 1e-5\nmax_length: 512\n");
    assert.equal(analysis.plan.learningRate.peak.value, 1e-5);
    assert.ok(analysis.schedule.value);
  });
});
