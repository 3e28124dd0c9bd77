import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { tablesIn } from "../../../scripts/markedTables.mts";
import { pageFile, renewed } from "../../../scripts/memory/page.mts";
import { tables } from "../../../scripts/memory/tables.mts";
import { blocksOf } from "../../../src/core/memory/blocks.ts";
import { decoderTape } from "../../../src/core/memory/decoderTape.ts";
import { blockSetting } from "../../../src/core/memory/settings.ts";
import { analysisOf, answered } from "../analysis.ts";

const page = readFileSync(pageFile, "utf8");

describe("the page on memory", () => {
  it("has the tables that the code makes now: npm run -s docs:memory writes them anew", () => {
    assert.equal(page, renewed(page));
    assert.deepEqual(tablesIn(page), Object.keys(tables));
  });

  it("refuses a table that nothing makes", () => {
    assert.throws(() => renewed("<!-- table: rent -->\n<!-- end -->"), /There is no table rent/);
  });

  for (const [model, hidden, keys, intermediate, heads] of [
    ["meta-llama/Llama-2-7b-hf", 4096, 4096, 11_008, 32],
    ["meta-llama/Llama-3.1-8B", 4096, 1024, 14_336, 32],
    ["TinyLlama/TinyLlama-1.1B-Chat-v1.0", 2048, 256, 5632, 32],
  ] as const) {
    it(`has the bytes that a block of ${model} keeps of a token: 20H + 4K + 8I + 4a + 8`, () => {
      assert.ok(page.includes("20H + 4K + 8I + 4a + 8"));
      const text = `model_name_or_path: ${model}\ndtype: bfloat16\nbf16: false\ngradient_checkpointing: false\nmax_length: 64\nlearning_rate: 1e-5\n`;
      const run = answered(analysisOf(text).run);
      const [block] = blocksOf(run);
      assert.ok(block);
      const setting = blockSetting(run);
      const bytes = decoderTape(run.architecture, block, setting).savedBytes() / setting.tokens;
      assert.equal(bytes, 20 * hidden + 4 * keys + 8 * intermediate + 4 * heads + 8);
    });
  }
});

/** The row of a table that begins with `name`, without it. */
function row(table: string, name: string): readonly string[] {
  const [, ...cells] = tables[table]?.().find(([first]) => first === name) ?? [];
  return cells;
}

describe("the tables of memory", () => {
  it("have the textbook's numbers: 16 × 7 GB and 2048·4096·32·12 bytes, 115 GB on two GPUs of 80", () => {
    assert.deepEqual(row("rule", "LLaMA 7B"), ["112.0 GB", "3.2 GB", "115.2 GB", "2"]);
    assert.deepEqual(row("rule", "LLaMA 13B"), ["208.0 GB", "5.0 GB", "213.0 GB", "3"]);
    assert.deepEqual(row("rule", "LLaMA 70B"), ["1120.0 GB", "16.1 GB", "1136.1 GB", "15"]);
  });

  it("have bytes per parameter: two moments of the parameter's type, or a byte and 1/64 each, or float32 and a copy", () => {
    assert.deepEqual(row("types", "bfloat16 throughout, AdamW"), ["2.00", "2.00", "4.00", "8.00"]);
    assert.deepEqual(row("types", "bfloat16, 8-bit AdamW"), ["2.00", "2.00", "2.03", "6.03"]);
    assert.deepEqual(row("types", "bfloat16, float32 master weights, AdamW"), ["2.00", "2.00", "12.00", "16.00"]);
    // 6,476,005,376 parameters in the blocks' matrices at 1/2 + 1/64 + 4/16384, 262,410,240 others at 2, as 39,976,960
    // of LoRA, which TRL casts to bfloat16 on a quantised model.
    const quantised = 6_476_005_376 * (1 / 2 + 1 / 64 + 4 / 16_384) + 2 * 262_410_240;
    const weights = (quantised + 2 * 39_976_960) / 6_738_415_616;
    assert.equal(row("types", "QLoRA, scales quantised too")[0], weights.toFixed(2));
  });

  it("have what kernels leave out of a block: 2H + 4 and the result of a norm, two halves and the product of an MLP", () => {
    const bytes = 2 * (2 * 4096 + 4 + 2 * 4096) + 8 * 4096 + 4 * 32 + 6 * 11_008;
    assert.equal(row("block", "Llama 2 7B, kernels for norms and MLP (Liger)")[0], bytes.toLocaleString("en-US"));
  });

  it("have eager attention's softmax in two types for 32 heads of 2,048 tokens, without the log-sum-exp", () => {
    const bytes = 186_504 + 6 * 32 * 2048 - 4 * 32;
    assert.equal(row("block", "Llama 2 7B, eager attention")[0], bytes.toLocaleString("en-US"));
  });

  it("have the logits three times in float32: 12 · 2048 · 128,256, and the norm's 4H + 2H + 2H and root before them", () => {
    // What is not trained keeps no input for its weight, so that of the norm only the float32 input and the root are there.
    const bytes = 12 * 2048 * 128_256 + 2048 * (4 * 4096 + 4);
    assert.equal(row("loss", "all logits at once, with a float32 copy")[1], `${(bytes / 2 ** 30).toFixed(2)} GiB`);
  });

  it("have an eighth of 16,060,522,496 bytes of gradients and of twice that of states", () => {
    const gradients = `${(16_060_522_496 / 8 / 2 ** 30).toFixed(2)} GiB`;
    const states = `${(32_121_044_992 / 8 / 2 ** 30).toFixed(2)} GiB`;
    assert.deepEqual(row("sharding", "ZeRO-2").slice(1, 4), [gradients, states, `${(1e9 / 2 ** 30).toFixed(2)} GiB`]);
  });

  it("follow the example: 2N, 2N and 4N, 32 inputs and the positions, the logits and the final norm", () => {
    const parameters = 6_738_415_616;
    const expected = {
      Weights: 2 * parameters,
      Gradients: 2 * parameters,
      Optimizer: 4 * parameters,
      Activations: 32 * 2048 * 4096 * 2 + 2 * 128 * 2048 * 2,
      "Logits and loss": 12 * 2048 * 32_000 + 2048 * (8 * 4096 + 4),
    };
    for (const [part, bytes] of Object.entries(expected)) {
      assert.equal(row("example", part)[0], bytes.toLocaleString("en-US"), part);
    }
  });
});
