import assert from "node:assert/strict";
import type { Architecture } from "../../../src/core/models/architecture.ts";
import { layerParameters } from "../../../src/core/models/layerParameters.ts";
import { catalogue } from "../builtIn.ts";

function named(id: string): Architecture {
  return catalogue.find(id)?.architecture ?? assert.fail(`${id} is not in the catalogue`);
}

describe("the parameters of each layer", () => {
  it("of Llama 2 7B add up to 6,738,415,616", () => {
    const { head, blocks, input } = layerParameters(named("meta-llama/Llama-2-7b-hf"));
    assert.equal(head, 32_000 * 4096 + 4096);
    // Four matrices of attention, three of the MLP, two norms.
    const block = 4 * 4096 * 4096 + 3 * 4096 * 11_008 + 2 * 4096;
    assert.deepEqual(blocks, Array(32).fill(block));
    assert.equal(input, 32_000 * 4096);
    assert.equal(32_000 * 4096 * 2 + 4096 + 32 * block, 6_738_415_616);
  });

  it("of GPT-2 have the shared matrix in the head, and 1,024 positions before the blocks", () => {
    const { head, blocks, input } = layerParameters(named("openai-community/gpt2"));
    assert.equal(head, 50_257 * 768 + 2 * 768);
    assert.equal(blocks[0], 7_087_872);
    assert.equal(input, 1024 * 768);
    assert.equal(50_257 * 768 + 2 * 768 + 12 * 7_087_872 + 1024 * 768, 124_439_808);
  });

  it("of DeepSeek-V2-Lite are fewer in the first block, which has no experts", () => {
    const { blocks } = layerParameters(named("deepseek-ai/DeepSeek-V2-Lite"));
    assert.equal(blocks.length, 27);
    assert.ok((blocks[0] ?? 0) < (blocks[1] ?? 0));
    assert.equal(new Set(blocks.slice(1)).size, 1);
  });

  it("are not told where blocks of several kinds stand in an order that is not known", () => {
    const { blocks } = layerParameters(named("ai21labs/Jamba-v0.1"));
    assert.deepEqual(blocks, Array(32).fill(null));
  });

  it("are not told apart where more than norm, positions and bias stands outside of the blocks", () => {
    const { head, blocks, input } = layerParameters(named("google-bert/bert-base-uncased"));
    assert.deepEqual([head, blocks[0], input], [null, 7_087_872, null]);
  });
});
