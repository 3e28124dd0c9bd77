import assert from "node:assert/strict";
import fc from "fast-check";
import { countParameters } from "../../../src/core/models/architecture.ts";
import { architectures, findArchitecture } from "../../../src/core/models/catalogue.ts";
import { countLoraParameters } from "../../../src/core/models/lora.ts";
import records from "../../../src/core/models/models.json" with { type: "json" };
import { nominalSize } from "../../../src/core/models/nominalSize.ts";
import type { LoraTargets } from "../../../src/core/plan/lora.ts";

function named(...names: readonly string[]): LoraTargets {
  return { kind: "names", names };
}

function architecture(name: string) {
  const found = findArchitecture(name);
  assert.ok(found, `${name} is not in the catalogue`);
  return found;
}

describe("counting parameters", () => {
  for (const record of records) {
    it(`gives ${record.id} its published ${record.parameters}`, () => {
      assert.equal(countParameters(record).total, record.parameters);
    });
  }

  // Published: the model cards and safetensors indices of these models.
  for (const [name, total] of [
    ["meta-llama/Llama-2-7b-hf", 6_738_415_616],
    ["meta-llama/Llama-2-13b-hf", 13_015_864_320],
    ["meta-llama/Llama-2-70b-hf", 68_976_648_192],
    ["meta-llama/Meta-Llama-3-8B", 8_030_261_248],
    ["mistralai/Mistral-7B-v0.1", 7_241_732_096],
    ["Qwen/Qwen2.5-0.5B", 494_032_768],
    ["TinyLlama/TinyLlama-1.1B-Chat-v1.0", 1_100_048_384],
  ] as const) {
    it(`gives ${name} ${total}, in parts that add up`, () => {
      const count = countParameters(architecture(name));
      assert.equal(count.total, total);
      assert.equal(count.embedding + count.outputLayer + count.linears + count.rest, total);
    });
  }

  it("counts LoRA as PEFT prints it: Llama 2 7B, q and v, rank 8: 4,194,304", () => {
    const llama = architecture("meta-llama/Llama-2-7b-hf");
    assert.equal(countLoraParameters(llama, named("q_proj", "v_proj"), 8), 4_194_304);
    assert.equal(countLoraParameters(llama, { kind: "default" }, 8), 4_194_304);
  });

  it("counts LoRA with grouped queries: Llama 3.2 3B, q and v, rank 32: 9,175,040", () => {
    assert.equal(
      countLoraParameters(architecture("meta-llama/Llama-3.2-3B"), named("q_proj", "v_proj"), 32),
      9_175_040,
    );
  });

  it("counts LoRA on all linear layers by hand: Llama 2 7B, rank 16: 32·16·(4·8192 + 3·15104) = 39,976,960", () => {
    assert.equal(countLoraParameters(architecture("meta-llama/Llama-2-7b-hf"), { kind: "all" }, 16), 39_976_960);
  });

  it("grows with the rank, and never reaches the output layer", () => {
    fc.assert(
      fc.property(fc.constantFrom(...architectures), fc.integer({ min: 1, max: 512 }), (model, rank) => {
        const more = countLoraParameters(model, { kind: "all" }, rank + 1);
        assert.ok(more > countLoraParameters(model, { kind: "all" }, rank));
        assert.equal(countLoraParameters(model, named("lm_head"), rank), 0);
      }),
    );
  });
});

describe("finding a model by name", () => {
  it("takes ids in any case, mirrors, quantised copies and paths", () => {
    for (const name of [
      "META-LLAMA/meta-llama-3-8b",
      "NousResearch/Meta-Llama-3-8B-Instruct",
      "unsloth/llama-3-8b-bnb-4bit",
      "/models/Meta-Llama-3-8B/",
      "C:\\models\\Meta-Llama-3-8B",
      "Meta-Llama-3-8B",
    ]) {
      assert.equal(architecture(name).id, "meta-llama/Meta-Llama-3-8B", name);
    }
  });

  it("does not guess", () => {
    assert.equal(findArchitecture("my-org/llama-of-our-own"), undefined);
    assert.equal(findArchitecture(""), undefined);
  });

  it("names a source for every record", () => {
    for (const { id, source } of records) assert.ok(source.length > 10, id);
  });
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
