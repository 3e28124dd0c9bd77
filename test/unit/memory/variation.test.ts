import assert from "node:assert/strict";
import { type Variation, varied, variedMemory, variedRun } from "../../../src/core/memory/variation.ts";
import { analysisOf } from "../analysis.ts";
import { findArchitecture } from "../builtIn.ts";

const architecture = findArchitecture("meta-llama/Llama-2-7b-hf") ?? assert.fail();
const N = 6_738_415_616;

/** A config of axolotl, whose evaluation has the micro batch, and what it becomes. */
const config = (more: string) =>
  `base_model: meta-llama/Llama-2-7b-hf\nmicro_batch_size: 2\nsequence_len: 2048\nlearning_rate: 1e-5\nval_set_size: 0.1\neval_strategy: epoch\n${more}`;
const lora = "adapter: lora\nlora_r: 8\nlora_target_modules: [q_proj]\nbf16: true\n";
const full = "bf16: full\n";

const run = (more: string, variation: Variation) => {
  const { plan, versions } = analysisOf(config(more));
  return variedRun(plan, variation, { architecture, versions }) ?? assert.fail();
};

/** Rank r on all linear layers of 32 blocks. */
const all = (rank: number) => 32 * rank * (4 * (4096 + 4096) + 3 * (4096 + 11_008));

describe("a run that differs from the config's", () => {
  it("has rank 16 on all linear layers where the config has no adapters", () => {
    assert.equal(run(full, { method: "lora" }).trainable, all(16));
    assert.equal(run(full, { method: "qlora" }).trainable, all(16));
    assert.equal(run(full, { method: "lora", loraRank: 4 }).trainable, all(4));
  });

  it("has the config's own adapters where there are some", () => {
    assert.equal(run(lora, { method: "qlora" }).trainable, 32 * 8 * (4096 + 4096));
    assert.equal(run(lora, { loraRank: 16 }).trainable, 32 * 16 * (4096 + 4096));
    assert.equal(run(lora, { loraTargets: { kind: "all" } }).trainable, all(8));
  });

  it("has none where everything is trained", () => {
    const { adapters, trainable } = run(lora, { method: "full" });
    assert.deepEqual([adapters, trainable], [null, N]);
  });

  it("has 4-bit weights with QLoRA, and none with other methods", () => {
    const qlora = "adapter: qlora\nload_in_4bit: true\nlora_r: 8\nlora_target_modules: [q_proj]\nbf16: true\n";
    assert.equal(run(full, { method: "qlora" }).quantization?.bits, 4);
    assert.equal(run(qlora, { method: "lora" }).quantization, null);
    assert.equal(run(qlora, { quantizedBits: 8 }).quantization?.bits, 8);
    assert.equal(run(qlora, {}).quantization?.bits, 4);
    assert.equal(run(full, { method: "full" }).quantization, null);
  });

  it("evaluates the other micro batch too where evaluation takes that, or another one of its own", () => {
    assert.equal(run(full, { microBatch: 4 }).evaluation?.sequences, 4);
    assert.equal(run(full, { microBatch: 4, evaluationBatch: 1 }).evaluation?.sequences, 1);
    assert.equal(run(`${full}eval_batch_size: 3\n`, { microBatch: 4 }).evaluation?.sequences, 3);
  });

  it("autocasts float32 weights to what smaller ones had, and has no autocast with smaller ones", () => {
    const types = (more: string, weights: Variation["weights"] & string) => {
      const { weights: stored, autocast } = run(more, { weights });
      return [stored, autocast];
    };
    assert.deepEqual(types(full, "float32"), ["float32", "bfloat16"]);
    assert.deepEqual(types("bf16: true\n", "float32"), ["float32", "bfloat16"]);
    assert.deepEqual(types("bf16: false\n", "float32"), ["float32", null]);
    assert.deepEqual(types("bf16: true\n", "bfloat16"), ["bfloat16", null]);
  });

  it("computes with 16-bit copies of float32 weights in Megatron, and with weights in 16 bits themselves", () => {
    const { plan, versions } = analysisOf(
      "model: meta-llama/Llama-2-7b-hf\ntensor_model_parallel_size: 1\nmicro_batch_size: 1\nglobal_batch_size: 1\nmax_length: 16\ntrain_iters: 100\ntrain_type: full\nlr: 1e-5\n",
    );
    const types = (variation: Variation) => {
      const megatron = variedRun(plan, variation, { architecture, versions }) ?? assert.fail();
      return [megatron.weights, megatron.gradients, megatron.autocast, megatron.masterWeights];
    };
    assert.deepEqual(types({ weights: "float32" }), ["bfloat16", "float32", null, true]);
    assert.deepEqual(types({ weights: "bfloat16" }), ["bfloat16", "bfloat16", null, false]);
  });

  it("is spread over GPUs without offloading or cutting the model", () => {
    const cut = `${full}tensor_parallel_size: 4\n`;
    const { gpus, sharding, placement } = run(cut, { spread: { gpus: 2, sharding: "zero-3" } });
    assert.deepEqual([gpus, sharding, placement.tensor, placement.offload], [2, "zero-3", 1, "none"]);
  });

  it("has the memory of that run, or none where it cannot be told", () => {
    const { plan, versions } = analysisOf(config(full));
    const memory = (variation: Variation) => variedMemory(plan, variation, { architecture, versions });
    assert.equal(memory({ spread: { gpus: 2, sharding: "zero-3" } })?.components.weights, (2 * N) / 2);
    assert.equal(memory({ microBatch: 0 }), undefined);
  });

  it("leaves the plan as it is where nothing differs", () => {
    const { plan } = analysisOf(config(lora));
    assert.deepEqual(varied(plan, {}), plan);
  });
});
