import assert from "node:assert/strict";
import fc from "fast-check";
import { huggingFace } from "../../../src/core/dialects/huggingFace.ts";
import { estimateMemory, type MemoryEstimate } from "../../../src/core/memory/estimate.ts";
import { alone } from "../../../src/core/memory/placement.ts";
import { type Run, runOf } from "../../../src/core/memory/run.ts";
import type { Offload, Sharding } from "../../../src/core/plan/plan.ts";
import { analysisOf, answered } from "../analysis.ts";
import { findArchitecture } from "../builtIn.ts";
import { planOf } from "../dialects/reading.ts";

const N = 6_738_415_616;

function llama(zero: string, gpus = 8): MemoryEstimate {
  const text = `model_name_or_path: meta-llama/Llama-2-7b-hf
bf16: true
gradient_checkpointing: true
per_device_train_batch_size: 1
max_length: 16384
learning_rate: 1e-5
num_processes: ${gpus}
deepspeed:
  bf16: {enabled: true}
  zero_optimization: ${zero}
`;
  return answered(analysisOf(text).memory);
}

describe("what is offloaded to the host", () => {
  it("is nothing without a word of it", () => {
    const { hostBytes } = llama("{stage: 2}");
    assert.equal(hostBytes, 0);
  });

  it("is, in ZeRO-2, a GPU's share of the states, with master weights, gradients and a 16-bit copy: 18 bytes each", () => {
    const { hostBytes, components } = llama("{stage: 2, offload_optimizer: {device: cpu}}");
    assert.equal(hostBytes, ((12 + 4 + 2) * N) / 8);
    assert.equal(components.weights, 2 * N);
    assert.equal(components.optimizer, 0);
  });

  it("leaves the reduced gradients, but for the buckets, to the host", () => {
    const { components } = llama("{stage: 2, offload_optimizer: {device: cpu}}");
    // One block's own gradients, a bucket of 5e8, and a place for the embedding's gradient.
    assert.ok(components.gradients <= 2 * 202_383_360);
    assert.equal(components.buffers, 2 * 5e8 + 2 * 32_000 * 4096);
  });

  it("is, in ZeRO-3 with the parameters, another 2 bytes each, and only gathered weights are on the GPU", () => {
    const { hostBytes, components } = llama(
      "{stage: 3, offload_optimizer: {device: cpu}, offload_param: {device: cpu}}",
    );
    assert.equal(hostBytes, ((12 + 4 + 2 + 2) * N) / 8);
    assert.equal(components.weights, 0);
    assert.equal(components.buffers, 2 * 1e9 + 2 * 5e8);
  });

  it("is on a disk, but for four float32 buffers of what steps at once, and five of 1e8 values for weights beside 1e9 of them", () => {
    const nvme = (what: string) => `{device: ${what}}`;
    const states = llama(`{stage: 3, offload_optimizer: ${nvme("nvme")}}`);
    assert.equal(states.hostBytes, (4 * 4 * N) / 8);
    assert.equal(states.components.optimizer, 0);
    const stepwise = llama(`{stage: 3, sub_group_size: 1e8, offload_optimizer: ${nvme("nvme")}}`);
    assert.equal(stepwise.hostBytes, 4 * 4 * 1e8);
    const all = llama(`{stage: 3, offload_optimizer: ${nvme("nvme")}, offload_param: ${nvme("nvme")}}`, 4);
    assert.equal(all.hostBytes, 4 * 4 * 1e9 + 2 * 1e9 + 5 * 2 * 1e8);
    assert.equal(all.components.weights, 0);
    const weights = llama(`{stage: 3, offload_optimizer: ${nvme("cpu")}, offload_param: ${nvme("nvme")}}`, 4);
    assert.equal(weights.hostBytes, ((12 + 4 + 2) * N) / 4 + 2 * 1e9 + 5 * 2 * 1e8);
  });

  it("is the second copy of the weights too, under ZeRO++", () => {
    const offload = "offload_optimizer: {device: cpu}, offload_param: {device: cpu}";
    const { hostBytes, components } = llama(`{stage: 3, zero_hpz_partition_size: 8, ${offload}}`, 16);
    assert.equal(hostBytes, ((12 + 4 + 2 + 2) * N) / 16 + (2 * N) / 8);
    assert.equal(components.weights, 0);
  });

  it("is, under FSDP in float32, the shards of weights, gradients and two states: 16 bytes each", () => {
    const text = `model_name_or_path: meta-llama/Llama-2-7b-hf
bf16: true
dtype: float32
optim: adamw_torch_fused
gradient_checkpointing: true
per_device_train_batch_size: 1
max_length: 1024
learning_rate: 1e-5
num_processes: 4
fsdp: full_shard auto_wrap offload
`;
    const { hostBytes, components } = answered(analysisOf(text).memory);
    assert.equal(hostBytes, (16 * N) / 4);
    assert.equal(components.weights + components.optimizer, 0);
  });

  // huggingface.co/docs/peft/accelerate/fsdp: 4-bit Llama 2 70B, rank 8 on all linear layers, batch 2 of 2048, on two GPUs with and
  // without fsdp_offload_params.
  for (const [options, gibibytes, within] of [
    ["full_shard auto_wrap", 35.6, 0.05],
    ["full_shard auto_wrap offload", 19.6, 0.12],
  ] as const) {
    it(`brings PEFT's QLoRA of a 70B model on two GPUs to what was measured, ${options}: ${gibibytes} GB`, () => {
      const { deviceBytes } = answered(
        analysisOf(
          `model_name_or_path: meta-llama/Llama-2-70b-hf
bf16: true
dtype: bfloat16
use_peft: true
lora_r: 8
lora_target_modules: all-linear
load_in_4bit: true
use_bnb_nested_quant: true
gradient_checkpointing: true
gradient_checkpointing_kwargs: {use_reentrant: true}
packing: true
attn_implementation: flash_attention_2
per_device_train_batch_size: 2
max_length: 2048
learning_rate: 1e-4
num_processes: 2
fsdp: ${options}
`,
          { versions: { transformers: "4.39.0" } },
        ).memory,
      );
      assertWithin(within, deviceBytes, gibibytes * 2 ** 30);
    });
  }
});

describe("activations that wait in the host's memory", () => {
  it("are the inputs of all checkpointed blocks: 32 of 4096 values at 2 bytes for each token", () => {
    const text = (offloads: boolean) => `model_name_or_path: meta-llama/Llama-2-7b-hf
dtype: bfloat16
bf16: false
gradient_checkpointing: true
activation_offloading: ${offloads}
per_device_train_batch_size: 2
max_length: 2048
learning_rate: 1e-5
`;
    const memory = (offloads: boolean) => answered(analysisOf(text(offloads)).memory);
    assert.equal(memory(true).hostBytes, 32 * 2 * 2048 * 4096 * 2);
    assert.equal(memory(false).hostBytes, 0);
    assert.ok(memory(true).allocatedBytes < memory(false).allocatedBytes);
  });
});

describe("DeepSpeed's buffers", () => {
  const buffers = (zero: string) => llama(zero).components.buffers;

  it("are a bucket of 5e8 gradients at 2 bytes, whatever the model's size", () => {
    assert.equal(buffers("{stage: 2}"), 1e9);
  });

  it("are two buckets where gradients are reduced while the backward pass goes on", () => {
    assert.equal(buffers("{stage: 2, reduce_bucket_size: 2e8, overlap_comm: true}"), 2 * 2 * 2e8);
  });

  it("are as large as transformers makes them for auto: the square of the width", () => {
    assert.equal(buffers("{stage: 2, reduce_bucket_size: auto}"), 2 * 4096 ** 2);
  });

  it("are, in stage 3, the weights that may be gathered at once as well, at least those of a block", () => {
    assert.equal(buffers("{stage: 3, reduce_bucket_size: auto}"), 2 * 4096 ** 2 + 2 * 1e9);
    assert.equal(
      buffers("{stage: 3, reduce_bucket_size: auto, stage3_max_live_parameters: 0}"),
      2 * 4096 ** 2 + 2 * 202_383_360,
    );
  });
});

describe("an optimizer's step under DeepSpeed", () => {
  const step = (zero: string) => {
    const text = `model_name_or_path: meta-llama/Llama-2-7b-hf
bf16: true
gradient_checkpointing: true
max_length: 16
learning_rate: 1e-5
num_processes: 2
deepspeed:
  bf16: {enabled: true}
  optimizer: {type: AdamW}
  zero_optimization: ${zero}
`;
    const { peakAt, components } = answered(analysisOf(text).memory);
    assert.equal(peakAt, "optimizer step");
    return components.buffers;
  };

  it("joins a GPU's gradients in 2 bytes and casts them to 4", () => {
    assert.equal(step("{stage: 2}"), (6 * N) / 2);
  });

  it("does so for a billion parameters at a time in stage 3", () => {
    const little = "reduce_bucket_size: auto, stage3_max_live_parameters: 0";
    assert.equal(step(`{stage: 3, ${little}}`), 6e9);
    assert.equal(step(`{stage: 3, ${little}, sub_group_size: 5e8}`), 6 * 5e8);
  });
});

describe("gradients that accumulate under FSDP", () => {
  const gradients = (more: string) => {
    const text = `model_name_or_path: meta-llama/Llama-2-7b-hf
bf16: true
dtype: float32
gradient_checkpointing: true
per_device_train_batch_size: 8
gradient_accumulation_steps: 4
max_length: 4096
learning_rate: 1e-5
num_processes: 4
fsdp: full_shard auto_wrap
${more}`;
    return answered(analysisOf(text).memory).components.gradients;
  };

  it("are whole in bfloat16 on every GPU until the last pass, and shared in float32 where each pass reduces them", () => {
    const each = "accelerator_config: {gradient_accumulation_kwargs: {sync_each_batch: true}}";
    // The difference is the same at every moment of the backward pass.
    assert.equal(gradients("") - gradients(each), 2 * N - (4 * N) / 4);
  });
});

/** Models whose blocks are by far the largest part: of others FSDP gathers more than it splits. */
const models = ["meta-llama/Llama-2-7b-hf", "Qwen/Qwen2.5-14B", "mistralai/Mixtral-8x7B-v0.1", "google/gemma-2-27b"];

const runs = fc
  .record({
    model: fc.constantFrom(...models),
    sequences: fc.integer({ min: 1, max: 8 }),
    length: fc.integer({ min: 64, max: 8192 }),
    accumulation: fc.constantFrom(1, 4),
    checkpointing: fc.boolean(),
    optim: fc.constantFrom("adamw_torch", "adamw_torch_fused", "adamw_bnb_8bit", "adafactor"),
    gpus: fc.integer({ min: 2, max: 64 }),
    lora: fc.boolean(),
  })
  .map(({ model, sequences, length, accumulation, checkpointing, optim, gpus, lora }): Run => {
    const text = `model_name_or_path: ${model}
bf16: false
dtype: bfloat16
optim: ${optim}
use_peft: ${lora}
lora_target_modules: all-linear
gradient_checkpointing: ${checkpointing}
gradient_accumulation_steps: ${accumulation}
per_device_train_batch_size: ${sequences}
max_length: ${length}
loss_type: nll
learning_rate: 1e-5
`;
    const architecture = findArchitecture(model) ?? assert.fail(model);
    return { ...answered(runOf(planOf(huggingFace, text), architecture, {})), gpus };
  });

describe("memory of a run on several GPUs", () => {
  const allocated = (run: Run, sharding: Sharding) => estimateMemory({ ...run, sharding }).allocatedBytes;

  it("never grows from plain data parallelism over ZeRO-1 and ZeRO-2 to ZeRO-3", () => {
    fc.assert(
      fc.property(runs, (run) => {
        // Under FSDP the inputs of checkpointed blocks with adapters are measured to stay, which costs more than weights here.
        const shardings = run.adapters && run.checkpointing ? [] : ["zero-3" as const];
        const all = [...shardings, "zero-2" as const, "zero-1" as const, "none" as const].map((sharding) =>
          allocated(run, sharding),
        );
        for (const [index, bytes] of all.entries()) assert.ok(bytes <= (all[index + 1] ?? Number.POSITIVE_INFINITY));
      }),
      { numRuns: 30 },
    );
  });

  it("never grows on the GPU by offloading, and takes host memory for it", () => {
    const offloads: readonly Offload[] = ["none", "optimizer", "optimizer-and-parameters"];
    fc.assert(
      fc.property(runs, fc.constantFrom<Sharding>("none", "zero-1", "zero-2", "zero-3"), (run, sharding) => {
        const estimates = offloads.map((offload) =>
          estimateMemory({ ...run, sharding, placement: { ...alone, offload } }),
        );
        const [kept, states, everything] = estimates;
        assert.ok(kept && states && everything);
        assert.equal(kept.hostBytes, 0);
        assert.ok(states.hostBytes > 0 && everything.hostBytes > 0);
        assert.ok(everything.allocatedBytes <= states.allocatedBytes);
        const copied = run.adapters ? 0 : 2 * run.parameters.embedding;
        assert.ok(states.allocatedBytes <= kept.allocatedBytes + copied);
        for (const { components, hostBytes } of estimates) {
          for (const bytes of [...Object.values(components), hostBytes])
            assert.ok(Number.isFinite(bytes) && bytes >= 0);
        }
      }),
      { numRuns: 30 },
    );
  });
});

function assertWithin(fraction: number, actual: number, expected: number): void {
  const off = Math.abs(actual - expected) / expected;
  assert.ok(off <= fraction, `${actual} is ${(100 * off).toFixed(2)} % off ${expected}`);
}
