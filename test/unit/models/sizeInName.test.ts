import assert from "node:assert/strict";
import { nominalSize, sizeInName } from "../../../src/core/models/sizeInName.ts";

describe("the size in a model's name", () => {
  for (const [name, size] of [
    ["my-org/Foo-7B-v2", 7e9],
    ["HuggingFaceTB/SmolLM2-360M", 360e6],
    ["some-350m", 350e6],
    ["./outputs/llama3_8b_sft", 8e9],
    ["/data/13b-runs/mine-7b/final", 7e9],
    ["Qwen/Qwen9.5-0.5B", 0.5e9],
    ["org/Model-30B-A3B", 30e9],
    ["org/tiny-1.1b-step-50k-105b", 1.1e9],
    ["org/Mix-8x7B", undefined],
    ["org/Model-A2.7B", undefined],
    ["microsoft/phi-2", undefined],
    ["gpt-4b-x", 4e9],
    ["org/mamba", undefined],
    ["", undefined],
  ] as const) {
    it(`${name || "nothing"} tells ${size ?? "none"}`, () => assert.equal(sizeInName(name), size));
  }
});

describe("the size that a model goes by", () => {
  for (const [name, count, size] of [
    ["meta-llama/Llama-2-7b-hf", 6_738_415_616, 7e9],
    ["HuggingFaceTB/SmolLM2-360M", 361_821_120, 360e6],
    ["Qwen/Qwen2.5-0.5B", 494_032_768, 0.5e9],
    ["openlm-research/open_llama_3b", 3_426_473_600, 3e9],
    ["mistralai/Mixtral-8x7B-v0.1", 46_702_792_704, 46_702_792_704],
    ["microsoft/phi-2", 2_779_683_840, 2_779_683_840],
    ["tiiuae/Falcon3-1B-Base", 1_669_408_768, 1_669_408_768],
  ] as const) {
    it(`${name} is ${size}`, () => assert.equal(nominalSize(name, count), size));
  }
});
