import assert from "node:assert/strict";
import { catalogued } from "../../../src/core/models/catalogue.ts";
import { countParameters } from "../../../src/core/models/parameters.ts";
import { findModel, records } from "../builtIn.ts";

describe("the catalogue", () => {
  for (const record of records) {
    it(`gives ${record.id} ${record.parameters} parameters, in parts that add up`, () => {
      const count = countParameters(catalogued(record));
      const { total, embedding, outputLayer, linears, experts, rest, nonText } = count;
      assert.equal(total, record.parameters);
      assert.equal(embedding + outputLayer + linears + experts + rest + nonText, total);
      assert.ok(Object.values(count).every((part) => part >= 0));
      assert.ok(count.active <= total);
    });
  }

  // As published beside the weights: model.safetensors.index.json counts them.
  for (const [name, parameters] of [
    ["mistralai/Mistral-Small-3.1-24B-Instruct-2503", 24_011_361_280],
    ["mistral-community/pixtral-12b", 12_682_555_392],
    ["mistralai/Ministral-3-3B-Instruct-2512", 3_849_090_048],
    ["microsoft/Phi-3.5-vision-instruct", 4_146_621_440],
  ] as const) {
    it(`counts what ${name} sees with: ${parameters} parameters in all`, () => {
      const found = findModel(name) ?? assert.fail(name);
      assert.equal(found.textOnly, false);
      assert.equal(countParameters(found.architecture).total, parameters);
    });
  }

  it("says nothing that the types do not know", () => {
    const words = {
      qkNorm: ["head", "full"],
      norm: ["layer", "layer-no-bias", "none"],
      kind: [
        "attention",
        "cross-attention",
        "linear-attention",
        "ssm",
        "ssm-and-attention",
        "convolution",
        "feed-forward",
      ],
    };
    for (const { id, qkNorm = "head", norm = "layer", groups = [], layers, encoderLayers } of records) {
      assert.ok(words.qkNorm.includes(qkNorm) && words.norm.includes(norm), id);
      assert.ok(
        groups.every(([kind]) => words.kind.includes(kind)),
        id,
      );
      const blocks = groups.reduce((sum, [, count]) => sum + count, 0);
      assert.ok(groups.length === 0 || blocks === layers || encoderLayers !== undefined, id);
    }
  });

  it("names a source for every record", () => {
    for (const { id, source } of records) assert.ok(source.length > 10, id);
  });
});
