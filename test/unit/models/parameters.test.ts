import assert from "node:assert/strict";
import { countParameters, quantizationSplit } from "../../../src/core/models/parameters.ts";
import { shapeArchitecture } from "../../../src/core/models/shape.ts";
import { findArchitecture } from "../builtIn.ts";

function architecture(name: string) {
  const found = findArchitecture(name);
  assert.ok(found, `${name} is not in the catalogue`);
  return found;
}

describe("counting parameters", () => {
  // Published: model cards, safetensors indices, and what PEFT prints for them.
  for (const [name, total] of [
    ["meta-llama/Llama-2-7b-hf", 6_738_415_616],
    ["meta-llama/Llama-2-70b-hf", 68_976_648_192],
    ["meta-llama/Meta-Llama-3-8B", 8_030_261_248],
    ["mistralai/Mistral-7B-v0.1", 7_241_732_096],
    ["mistralai/Mixtral-8x7B-v0.1", 46_702_792_704],
    ["Qwen/Qwen2.5-0.5B", 494_032_768],
    ["TinyLlama/TinyLlama-1.1B-Chat-v1.0", 1_100_048_384],
    ["microsoft/phi-2", 2_779_683_840],
    ["openai-community/gpt2", 124_439_808],
    ["bigscience/bloomz-7b1", 7_069_016_064],
    ["facebook/opt-6.7b", 6_658_473_984],
    ["THUDM/chatglm3-6b", 6_243_584_000],
    ["google/gemma-2-2b", 2_614_341_888],
    ["google/flan-t5-xl", 2_783_959_040],
  ] as const) {
    it(`gives ${name} ${total}`, () => assert.equal(countParameters(architecture(name)).total, total));
  }

  // Published active parameters, in billions, as the model cards round them.
  for (const [name, active] of [
    ["mistralai/Mixtral-8x7B-v0.1", 12.9],
    ["mistralai/Mixtral-8x22B-v0.1", 39.2],
    ["inclusionAI/Ling-mini-2.0", 1.4],
    ["deepseek-ai/DeepSeek-V2-Lite", 2.7],
    ["deepseek-ai/DeepSeek-V3", 37.6],
    ["databricks/dbrx-base", 36.5],
    ["allenai/OLMoE-1B-7B-0924", 1.3],
  ] as const) {
    it(`sends a token of ${name} through ${active} billion`, () => {
      assert.equal(Number((countParameters(architecture(name)).active / 1e9).toFixed(1)), active);
    });
  }

  it("counts every parameter as active in a dense model", () => {
    const { total, active } = countParameters(architecture("meta-llama/Meta-Llama-3-8B"));
    assert.equal(active, total);
  });

  it("splits DeepSeek V3 into three dense blocks and 58 with experts", () => {
    const groups = architecture("deepseek-ai/DeepSeek-V3").blocks.map(({ count, feedForward }) => [
      count,
      feedForward?.kind,
    ]);
    assert.deepEqual(groups, [
      [3, "dense"],
      [58, "experts"],
    ]);
  });

  it("keeps the blocks of a hybrid apart: Qwen3-Next has 36 of linear attention and 12 of attention", () => {
    const { blocks } = architecture("Qwen/Qwen3-Next-80B-A3B-Instruct");
    const count = (kind: string) =>
      blocks.filter((group) => group.kind === kind).reduce((sum, group) => sum + group.count, 0);
    assert.deepEqual([count("linear-attention"), count("attention")], [36, 12]);
  });
});

describe("what bitsandbytes quantises", () => {
  it("is every matrix of Llama 3's blocks, and neither embeddings nor norms nor output layer", () => {
    const { quantized, kept } = quantizationSplit(architecture("meta-llama/Meta-Llama-3-8B"));
    assert.equal(quantized, 32 * 218_103_808);
    assert.equal(kept, 2 * 128_256 * 4096 + 65 * 4096);
  });

  it("is not Mixtral's experts, which are fused: only 32·41,943,040 of attention", () => {
    assert.equal(quantizationSplit(architecture("mistralai/Mixtral-8x7B-v0.1")).quantized, 32 * 41_943_040);
    const experts = 32 * 8 * 3 * 4096 * 14_336;
    assert.equal(
      quantizationSplit(architecture("mistralai/Mixtral-8x7B-v0.1"), true).quantized,
      32 * 41_943_040 + experts,
    );
  });

  it("is not T5's wo, which transformers keeps in float32", () => {
    const { quantized } = quantizationSplit(architecture("google/flan-t5-small"));
    assert.equal(quantized, 24 * 4 * 512 * 384 + 16 * 2 * 512 * 1024);
  });
});

describe("a shape that a config spells out", () => {
  it("is Llama where it says no more: Llama 2 7B", () => {
    const llama = shapeArchitecture(
      { hidden: 4096, layers: 32, heads: 32, vocab: 32_000, intermediate: 11_008 },
      "run",
    );
    assert.equal(countParameters(llama).total, 6_738_415_616);
    assert.equal(llama.id, "run");
  });

  it("can be GPT-2: biases, positions, an MLP without a gate, a tied output layer", () => {
    const shape = { hidden: 768, layers: 12, heads: 12, vocab: 50_257, intermediate: 3072, positions: 1024 };
    const gpt = shapeArchitecture({ ...shape, tied: true, gated: false, biased: true }, "run");
    assert.equal(countParameters(gpt).total, 124_439_808);
  });

  it("can have experts: Mixtral 8x7B", () => {
    const shape = { hidden: 4096, layers: 32, heads: 32, kvHeads: 8, vocab: 32_000, intermediate: 14_336 };
    const count = countParameters(shapeArchitecture({ ...shape, experts: 8, activeExperts: 2 }, "run"));
    assert.equal(count.total, 46_702_792_704);
    assert.equal((count.active / 1e9).toFixed(1), "12.9");
  });
});
