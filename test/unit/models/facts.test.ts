import assert from "node:assert/strict";
import { architectureIn, type FoundArchitecture, modelFacts } from "../../../src/core/models/facts.ts";
import { assumed, unknown } from "../../../src/core/plan/sourced.ts";
import { catalogue, findArchitecture } from "../builtIn.ts";

const gpt2 = findArchitecture("gpt2");
assert.ok(gpt2);
const shape = assumed({ hidden: 4096, layers: 32, heads: 32, vocab: 32_000, intermediate: 11_008 }, "");
const named = (id: string) => ({ model: { id: assumed(id, ""), shape: null } });
const found = (source: FoundArchitecture["source"]) => () => ({ architecture: gpt2, source });

describe("what is known of a model", () => {
  it("comes from the catalogue, where the name is there", () => {
    const facts = modelFacts(named("unsloth/llama-3-8b-bnb-4bit"), catalogue).value;
    assert.equal(facts?.source, "catalogue");
    assert.equal(facts?.parameters.total, 8_030_261_248);
    assert.deepEqual(facts?.kind === "architecture" && facts.quantized, { method: "bitsandbytes", bits: 4 });
  });

  for (const source of ["config.json", "cache", "hub"] as const) {
    it(`comes from outside before anything else: ${source}`, () => {
      const facts = modelFacts(
        { model: { id: assumed("meta-llama/Meta-Llama-3-8B", ""), shape } },
        catalogue,
        found(source),
      ).value;
      assert.equal(facts?.source, source);
      assert.equal(facts?.parameters.total, 124_439_808);
    });
  }

  it("comes from the catalogue where a config.json leaves out what sees or hears", () => {
    const text = () => ({ architecture: gpt2, source: "cache", textOnly: true }) as const;
    const known = modelFacts(named("Qwen/Qwen2.5-VL-7B-Instruct"), catalogue, text).value;
    assert.deepEqual([known?.source, known?.parameters.total], ["catalogue", 8_292_166_656]);
    const own = modelFacts(named("my-org/my-vision-model"), catalogue, text).value;
    assert.deepEqual([own?.source, own?.kind === "architecture" && own.textOnly], ["cache", true]);
  });

  it("has the towers of the model whose shape its config.json has", () => {
    const tuned = () => {
      const { nonTextParameters: _, ...text } = findArchitecture("Qwen/Qwen2.5-VL-7B-Instruct") ?? gpt2;
      const architecture = { ...text, vocab: 152_128, nonTextParameters: 0 };
      return { architecture, source: "config.json", textOnly: true } as const;
    };
    const facts = modelFacts(named("./my-tuned-vl"), catalogue, tuned).value;
    assert.equal(facts?.source, "config.json");
    // 64 more rows in the embeddings and in the output layer.
    assert.equal(facts?.parameters.total, 8_292_166_656 + 2 * 64 * 3584);
  });

  it("comes from the shape that the config spells out before the catalogue", () => {
    const facts = modelFacts({ model: { id: assumed("gpt2", ""), shape } }, catalogue, () => undefined).value;
    assert.equal(facts?.source, "shape");
    assert.equal(facts?.id, "gpt2");
    assert.equal(facts?.parameters.total, 6_738_415_616);
  });

  it("is nothing where a size that the config spells out is none", () => {
    for (const wrong of [
      { layers: 0.1 },
      { layers: -1 },
      { hidden: 0 },
      { heads: Number.NaN },
      { vocab: Number.POSITIVE_INFINITY },
    ]) {
      const spelled = assumed({ ...shape.value, ...wrong }, "");
      const answer = modelFacts({ model: { id: assumed("gpt2", ""), shape: spelled } }, catalogue);
      assert.match("reason" in answer ? answer.reason : "", /no whole number above 0$/);
    }
  });

  it("is nothing where the layers are more than any model has, wherever they come from", () => {
    const deep = assumed({ ...shape.value, layers: 10_001 }, "");
    const spelled = modelFacts({ model: { id: assumed("gpt2", ""), shape: deep } }, catalogue);
    const looked = modelFacts(named("my/model"), catalogue, () => ({
      architecture: { ...gpt2, layers: 1e9 },
      source: "config.json",
    }));
    for (const answer of [spelled, looked])
      assert.equal("reason" in answer ? answer.reason : "", "no model has more than 10,000 layers");
  });

  it("comes from the shape alone where the model has no name", () => {
    const facts = modelFacts({ model: { id: unknown("the config has no name"), shape } }, catalogue).value;
    assert.equal(facts?.id, "32 layers of 4096");
    assert.equal(facts?.source, "shape");
  });

  it("is only the size where only the name tells it", () => {
    const answer = modelFacts(named("my-org/Foo-7B-v2"), catalogue);
    assert.deepEqual(answer.value, {
      kind: "size",
      id: "my-org/Foo-7B-v2",
      parameters: { total: 7e9 },
      source: "name",
    });
    assert.deepEqual(architectureIn(answer), {
      value: null,
      reason: "the architecture of my-org/Foo-7B-v2 is not known, only the size in its name",
    });
  });

  it("is not the whole architecture where there are towers that are not counted", () => {
    const answer = modelFacts(named("microsoft/Phi-4-multimodal-instruct"), catalogue);
    assert.equal(answer.value?.parameters.total, 3_836_021_760);
    assert.deepEqual(architectureIn(answer), {
      value: null,
      reason: "only the text part of microsoft/Phi-4-multimodal-instruct is known, not what sees or hears",
    });
  });

  it("is nothing, with a reason, where nothing tells it", () => {
    assert.deepEqual(modelFacts(named("my-org/foo"), catalogue), {
      value: null,
      reason: "the architecture of my-org/foo is not known",
    });
    assert.deepEqual(modelFacts({ model: { id: unknown("MODEL is not set"), shape: null } }, catalogue), {
      value: null,
      reason: "the model is not known: MODEL is not set",
    });
  });
});
