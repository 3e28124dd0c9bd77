import assert from "node:assert/strict";
import { gpusToHold, ruleOfThumb } from "../../../src/core/memory/ruleOfThumb.ts";
import { analysisOf, answered } from "../analysis.ts";

// "What Does Full Fine-tuning Mean?": 16N bytes, activations s·b·d·L·12, and the table of three models on A100s of 80 GB.
const article = [
  { name: "LLaMA-7B", N: 7e9, d: 4096, L: 32, states: 112.0, activations: 3.2, total: 115.2, a100s: 2 },
  { name: "LLaMA-13B", N: 13e9, d: 5120, L: 40, states: 208.0, activations: 5.0, total: 213.0, a100s: 3 },
  { name: "LLaMA-70B", N: 70e9, d: 8192, L: 80, states: 1120.0, activations: 16.1, total: 1136.1, a100s: 15 },
];

const gigabytes = (bytes: number) => Number((bytes / 1e9).toFixed(1));

describe("the rule of thumb", () => {
  for (const { name, N, d, L, states, activations, total, a100s } of article) {
    it(`gives ${name} the article's ${states} + ${activations} = ${total} GB on ${a100s} A100s`, () => {
      const rule = ruleOfThumb({
        parameters: N,
        trainable: N,
        method: "full",
        sequenceLength: 2048,
        batch: 1,
        hidden: d,
        layers: L,
      });
      assert.equal(rule.stateBytes, 16 * N);
      assert.equal(gigabytes(rule.stateBytes), states);
      assert.equal(gigabytes(rule.activationBytes), activations);
      assert.equal(gigabytes(rule.totalBytes), total);
      assert.equal(gpusToHold(rule.totalBytes, 80), a100s);
    });
  }

  it("adds another 22 GB when the batch grows from 1 to 8", () => {
    const rule = (batch: number) =>
      ruleOfThumb({
        parameters: 7e9,
        trainable: 7e9,
        method: "full",
        sequenceLength: 2048,
        batch,
        hidden: 4096,
        layers: 32,
      }).activationBytes;
    assert.equal(Math.floor((rule(8) - rule(1)) / 1e9), 22);
  });

  it("gives 350M parameters 5.6 GB", () => {
    const rule = ruleOfThumb({
      parameters: 350e6,
      trainable: 350e6,
      method: "full",
      sequenceLength: 0,
      batch: 1,
      hidden: 1,
      layers: 1,
    });
    assert.equal(rule.totalBytes, 5.6e9);
  });

  for (const [method, each] of [
    ["lora", 2],
    ["qlora", 0.5],
  ] as const) {
    it(`takes ${each} bytes of each frozen weight and 16 of each trained one: ${method}`, () => {
      const sizes = { sequenceLength: 0, batch: 1, hidden: 1, layers: 1 };
      const { stateBytes } = ruleOfThumb({ parameters: 7e9, trainable: 4e7, method, ...sizes });
      assert.equal(stateBytes, each * 7e9 + 16 * 4e7);
    });
  }

  it("comes out of a config with the article's numbers: 112 GB and 3.2 GB for Llama 2 7B at 2048 tokens", () => {
    const { ruleOfThumb: answer } = analysisOf(
      "base_model: meta-llama/Llama-2-7b-hf\nsequence_len: 2048\nmicro_batch_size: 1\nlearning_rate: 2e-5\n",
    );
    const rule = answered(answer);
    assert.equal(rule.stateBytes, 112e9);
    assert.equal(rule.activationBytes, 3_221_225_472);
  });
});
