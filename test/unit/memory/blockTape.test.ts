import assert from "node:assert/strict";
import { everyWeight } from "../../../src/core/memory/block.ts";
import { type BlockSetting, BlockTape } from "../../../src/core/memory/blockTape.ts";

/** Two tokens, 8 wide. */
const bfloat16: BlockSetting = { ...everyWeight, tokens: 2, weight: 2, norm: 2, residual: 2, compute: 2 };
const frozen: BlockSetting = { ...bfloat16, trained: false };
const float32: BlockSetting = { ...everyWeight, tokens: 2, weight: 4, norm: 4, residual: 4, compute: 4 };
const autocast: BlockSetting = { ...float32, compute: 2, autocast: true };

/** Bytes of `width` values of `size` bytes for both tokens. */
const bytes = (width: number, size = 2) => 2 * width * size;
const layer = { name: "up_proj", input: 8, output: 3 };
const matrix = 8 * 3;

/** What a block of some operations keeps, and the most that it has forwards and backwards with the gradients of its weights. */
function needs(setting: BlockSetting, record: (block: BlockTape) => void) {
  const block = new BlockTape(setting, 8);
  record(block);
  const { tape } = block;
  return { kept: tape.savedBytes(), forward: tape.forwardPeakBytes(), backward: tape.backwardPeak(true).bytes };
}

describe("a linear layer", () => {
  const linear = (setting: BlockSetting) => needs(setting, (block) => block.linear(block.input, layer));

  it("keeps its input, and makes gradients of it and of the weights", () => {
    assert.deepEqual(linear(bfloat16), {
      kept: bytes(8),
      forward: bytes(8) + bytes(3),
      backward: bytes(8) + bytes(3) + bytes(8) + 2 * matrix,
    });
  });

  it("has autocast's copies of input and float32 weights, and a 16-bit gradient before the float32 one", () => {
    assert.deepEqual(linear(autocast), {
      kept: bytes(8) + 2 * matrix,
      forward: bytes(8) + 2 * matrix + bytes(3),
      backward: bytes(8) + 2 * matrix + bytes(3) + bytes(8) + (2 + 4) * matrix,
    });
  });

  it("copies no weights without autocast", () => {
    assert.equal(linear({ ...bfloat16, weight: 4 }).kept, bytes(8));
  });

  it("has its 4-bit weights in 16 bits while it runs, both ways", () => {
    assert.deepEqual(linear({ ...frozen, quantized: true }), {
      kept: 0,
      forward: bytes(3) + 2 * matrix,
      backward: bytes(3) + bytes(8) + 2 * matrix,
    });
  });

  it("keeps its input in bitsandbytes before 0.43.2", () => {
    assert.equal(linear({ ...frozen, quantized: true, keepsQuantizedInputs: true }).kept, bytes(8));
  });
});

describe("LoRA of rank 2 beside a frozen layer", () => {
  const adapters = { rank: 2, weight: 4, dropout: true };
  const adapted = new Set(["up_proj"]);
  const lora = (setting: Partial<BlockSetting>) =>
    needs({ ...frozen, adapters, adapted, ...setting }, (block) => block.linear(block.input, layer));

  it("keeps, in float32, a mask of a byte per value, the input that is left of it, and what is between its matrices", () => {
    const kept = bytes(8, 1) + bytes(8, 4) + bytes(2, 4);
    assert.equal(lora({}).kept, kept);
    assert.equal(lora({ adapters: { ...adapters, dropout: false } }).kept, kept - bytes(8, 1));
  });

  it("has its result, scaled, and the sum in float32 beside the layer's own", () => {
    const kept = bytes(8, 1) + bytes(8, 4) + bytes(2, 4);
    assert.equal(lora({}).forward, kept + bytes(3) + bytes(3, 4) + bytes(3, 4));
  });

  it("keeps copies of its matrices in 16 bits under autocast, and the input in 16 bits where that of a quantised layer is", () => {
    const setting = { autocast: true, quantized: true };
    assert.equal(lora(setting).kept, bytes(8, 1) + bytes(8) + bytes(2) + 2 * 2 * (8 + 3));
  });

  it("has gradients of both its matrices in their own type", () => {
    const block = new BlockTape({ ...frozen, adapters, adapted }, 8);
    block.linear(block.input, layer);
    assert.equal(block.tape.weightGradientBytes(), 4 * 2 * (8 + 3));
  });

  it("hands the gradient of the sum on to the layer and the adapters where all are of one type", () => {
    const wide = { name: "up_proj", input: 8, output: 30 };
    const narrow: BlockSetting = { ...frozen, adapters: { rank: 1, weight: 2, dropout: false }, adapted };
    const { backward } = needs(narrow, (block) => block.linear(block.input, wide));
    // At the second matrix: the sum's gradient, which the layer waits for, the scaled result's, and those of what is before it.
    assert.equal(backward, bytes(8) + bytes(1) + bytes(30) + bytes(30) + bytes(1) + 2 * 30);
  });
});

describe("a norm", () => {
  const norm = (setting: Partial<BlockSetting>, kind: "rms" | "gemma" | "layer" = "rms") =>
    needs({ ...bfloat16, ...setting }, (block) => block.norm(block.input, { kind, parameters: 8 }, 8));

  it("by a kernel keeps its input and the root", () => {
    assert.deepEqual(norm({ fusedNorms: true }), {
      kept: bytes(8) + bytes(1, 4),
      forward: bytes(8) + bytes(1, 4) + bytes(8),
      backward: bytes(8) + bytes(1, 4) + bytes(8) + bytes(8) + 2 * 8,
    });
  });

  it("by a kernel has no gradient of weights that are frozen", () => {
    assert.equal(norm({ fusedNorms: true, trained: false }).backward, 2 * bytes(8) + bytes(8) + bytes(1, 4));
  });

  it("in Python is largest backwards at the square: the input, three gradients and two of scratch in float32", () => {
    assert.equal(norm({}).backward, 6 * bytes(8, 4));
  });

  it("with float32 weights in a 16-bit stream has a float32 result", () => {
    const block = new BlockTape({ ...frozen, norm: 4 }, 8);
    assert.equal(block.norm(block.input, { kind: "rms", parameters: 8 }, 8).bytes, bytes(8, 4));
  });

  it("of torch's own keeps input, mean and deviation, and the input in float32 under autocast", () => {
    assert.equal(norm({}, "layer").kept, bytes(8) + bytes(2, 4));
    assert.equal(norm({ autocast: true }, "layer").kept, bytes(8, 4) + bytes(2, 4));
  });
});

describe("what is between the matrices", () => {
  it("turns queries with two products beside them, both ways", () => {
    const { kept, forward, backward } = needs(frozen, (block) => block.rotate(block.input));
    assert.deepEqual([kept, forward, backward], [0, 3 * bytes(8), 4 * bytes(8)]);
  });

  it("adds with one gradient for the sum and for what is added", () => {
    const { backward } = needs(frozen, (block) => block.add(block.input, block.join([block.input], bytes(8))));
    // That of the sum and the two, and another of the input, by way of the copy.
    assert.equal(backward, 2 * bytes(8));
  });

  it("computes GPT-2's GELU from its input, the cube, the tanh and half the input", () => {
    const gelu = (setting: BlockSetting) => needs(setting, (block) => block.pythonGelu(block.input, 8));
    // The input, the tanh, one plus it, and half the input.
    assert.equal(gelu(frozen).kept, 4 * bytes(8));
    // In float32 under autocast, but for the half.
    assert.equal(gelu({ ...frozen, autocast: true }).kept, 3 * bytes(8, 4) + bytes(8));
    assert.equal(gelu({ ...frozen, ownActivations: true }).kept, bytes(8));
  });

  it("keeps gate and up where a kernel activates and multiplies", () => {
    const { kept, backward } = needs({ ...frozen, fusedMlp: true }, (block) => {
      const up = block.linear(block.input, { name: "up_proj", input: 8, output: 8 });
      block.gated(block.input, up, (gate) => block.activation(gate));
    });
    assert.equal(kept, 2 * bytes(8));
    assert.equal(backward, 2 * bytes(8) + 3 * bytes(8));
  });

  it("multiplies in the wider type of both", () => {
    const block = new BlockTape(frozen, 8);
    assert.equal(block.multiply(block.input, block.cast(block.input, 8, 4)).bytes, bytes(8, 4));
  });

  it("drops values with a mask of a byte each", () => {
    assert.equal(needs(frozen, (block) => block.dropout(block.input, 8)).kept, bytes(8, 1));
  });
});

describe("attention of two heads that share keys and values", () => {
  const scores = { softCapped: false, narrow: false, dropout: false, sinks: false };
  const sequenceLength = 100;
  /** Scores of both heads with every token. */
  const row = 2 * sequenceLength;
  const torch: BlockSetting = { ...bfloat16, attention: "sdpa", sequenceLength };
  const wide: BlockSetting = { ...float32, attention: "sdpa", sequenceLength };
  const attend = (setting: BlockSetting, keyValueWidth = 4, width = 8) =>
    needs(setting, (block) => {
      const query = block.join([block.input], width * 2 * setting.residual);
      const [key, value] = [query, query].map((of) => block.join([of], keyValueWidth * 2 * setting.residual));
      assert.ok(key && value);
      block.attention({ query, key, value, heads: 2, width, keyValueWidth, windowed: false, scores });
    });

  it("keeps queries, keys, values, the result and a sum per head in a kernel of 16 bits", () => {
    assert.equal(attend(torch).kept, 2 * bytes(8) + 2 * bytes(4) + bytes(2, 4));
  });

  it("keeps those of all heads where the model's code repeats them, and where heads are wider than flash attention takes", () => {
    assert.equal(attend({ ...torch, repeatsKeys: true }).kept, 4 * bytes(8) + bytes(2, 4));
    assert.equal(attend(torch, 260, 520).kept, 4 * bytes(520) + bytes(2, 4));
  });

  it("has a kernel in float32 for keys and values of all heads", () => {
    assert.equal(attend({ ...wide, repeatsKeys: true }).kept, 4 * bytes(8, 4) + bytes(2, 4));
    assert.equal(attend(wide, 8).kept, 4 * bytes(8, 4) + bytes(2, 4));
  });

  it("has none in float32 for fewer, and keeps the softmax", () => {
    const { kept, forward, backward } = attend(wide);
    assert.equal(kept, 3 * bytes(8, 4) + bytes(row, 4));
    // The scores, their softmax, another without rows that have none, which rows those are, and the mask.
    assert.equal(forward, 3 * bytes(8, 4) + 3 * bytes(row, 4) + bytes(row, 1) + 4 * sequenceLength ** 2);
    // The softmax, its gradient, their product, and the gradient of the scores; that of the values waits.
    assert.equal(backward, 2 * bytes(8, 4) + 4 * bytes(row, 4) + bytes(8, 4));
  });

  it("keeps queries, keys and values for MLX's kernel, and has three tensors of scores when they are computed again", () => {
    const { kept, backward } = attend({ ...torch, attention: "recomputed" });
    assert.equal(kept, bytes(8) + 2 * bytes(4));
    // With the gradient of the result, those of queries, keys and values.
    assert.equal(backward, kept + bytes(8) + bytes(8) + 2 * bytes(4) + 3 * bytes(row));
  });

  it("keeps the softmax in 16 bits without MLX's kernel, and no copies of keys and values", () => {
    const { kept, backward } = attend({ ...torch, attention: "narrow" });
    assert.equal(kept, bytes(8) + 2 * bytes(4) + bytes(row));
    // The softmax, its gradient and that of the scores; the gradient of the values in their place.
    assert.equal(backward, bytes(8) + 2 * bytes(4) + 3 * bytes(row));
  });

  it("has none on GPUs without flash attention's either, and keeps all in float32", () => {
    const { kept, forward } = attend({ ...torch, flashKernels: false });
    assert.equal(kept, 3 * bytes(8, 4) + bytes(row, 4));
    assert.equal(forward, 3 * bytes(8, 4) + 3 * bytes(row, 4) + bytes(row, 1) + 4 * sequenceLength ** 2);
    assert.equal(attend({ ...torch, flashKernels: false, repeatsKeys: true }).kept, 4 * bytes(8) + bytes(2, 4));
    assert.equal(attend({ ...torch, flashKernels: false }, 8).kept, 4 * bytes(8) + bytes(2, 4));
  });

  it("is cast for flash attention, which has no float32", () => {
    assert.equal(attend({ ...wide, attention: "flash" }).kept, 2 * bytes(8) + 2 * bytes(4) + bytes(2, 4));
  });

  it("without a kernel takes a product as large as the scores backwards at the softmax", () => {
    const { backward } = attend({ ...torch, attention: "eager" });
    assert.equal(backward, 2 * bytes(8) + 4 * bytes(row, 4) + bytes(8));
  });

  it("without a kernel keeps one softmax where queries are float32 though matrix products are not", () => {
    const prepared: BlockSetting = {
      ...frozen,
      residual: 4,
      norm: 4,
      attention: "eager",
      sequenceLength,
      quantized: true,
    };
    assert.equal(attend(prepared).kept, 3 * bytes(8, 4) + bytes(row, 4));
  });
});
