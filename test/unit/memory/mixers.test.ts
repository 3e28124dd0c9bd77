import assert from "node:assert/strict";
import { everyWeight } from "../../../src/core/memory/block.ts";
import { type BlockSetting, BlockTape } from "../../../src/core/memory/blockTape.ts";
import { latentAttention } from "../../../src/core/memory/latentAttention.ts";
import { gatedDeltaNet, type Mixer, mamba, mamba2, shortConvolution } from "../../../src/core/memory/mixerTapes.ts";
import type { LatentAttention, Linear } from "../../../src/core/models/architecture.ts";

const linear = (name: string, input: number, output: number): Linear => {
  return { name, path: name, input, output, first: 0, count: 1, parts: [{ role: "other", output }] };
};

/** A mixer of a model that is 8 wide. */
function tapeOf(mixer: Mixer, linears: readonly Linear[], setting: BlockSetting) {
  const block = new BlockTape(setting, 8);
  mixer(block, linears, block.input, setting);
  return block.tape;
}

const bfloat16: BlockSetting = { ...everyWeight, tokens: 2, weight: 2, norm: 2, residual: 2, compute: 2 };

describe("Mamba 2, two tokens through a state space of 6 channels, with 16 of step, B, C and what is convolved", () => {
  const layers = [linear("in_proj", 8, 22), linear("out_proj", 6, 8)];
  const of = (change: Partial<BlockSetting>) => tapeOf(mamba2, layers, { ...bfloat16, ...change });
  const [input, projected, scanned, output] = [2 * 2 * 8, 2 * 2 * 22, 2 * 2 * 6, 2 * 2 * 8];

  it("keeps what it reads, its projection and the scan's result", () => {
    assert.equal(of({}).savedBytes(), input + projected + scanned);
    assert.equal(of({ trained: false }).savedBytes(), projected + scanned);
  });

  it("keeps autocast's copies of its two matrices where they are in float32", () => {
    const cast = { norm: 4, residual: 4, autocast: true };
    assert.equal(of({ ...cast, weight: 4 }).savedBytes(), input + projected + scanned + 2 * (8 * 22 + 6 * 8));
    assert.equal(of({ ...cast, weight: 2 }).savedBytes(), input + projected + scanned);
  });

  it("convolves again in the forward pass beside the scan, and computes both and their gradients in the backward pass", () => {
    const tape = of({});
    const convolved = 2 * 2 * 16;
    assert.equal(tape.forwardPeakBytes(), input + projected + output + 2 * scanned + convolved);
    // Matrix, convolution of four taps and its bias, gated norm.
    const weights = 2 * (6 * 8 + 5 * 16 + 6);
    assert.deepEqual(tape.backwardPeak(true), {
      bytes: input + 2 * projected + scanned + output + 3 * scanned + 2 * convolved + weights,
      weightGradientBytes: weights,
    });
  });
});

describe("Mamba, two tokens through a state space of 6 channels, with a step of rank 3, and B and C of 2", () => {
  const layers = [linear("in_proj", 8, 12), linear("x_proj", 6, 7), linear("dt_proj", 3, 6), linear("out_proj", 6, 8)];
  const of = (change: Partial<BlockSetting>) => tapeOf(mamba, layers, { ...bfloat16, ...change });
  const matrices = 6 * 7 + 3 * 6 + 6 * 8;
  const [input, projected, steps, inner, output] = [2 * 2 * 8, 2 * 2 * 12, 2 * 2 * 2 * 7, 2 * 2 * 6, 2 * 2 * 8];

  it("keeps what it reads, its projection, that to step, B and C, and the scan's result", () => {
    assert.equal(of({}).savedBytes(), input + projected + steps + inner);
    assert.equal(of({ trained: false }).savedBytes(), projected + steps + inner);
  });

  it("keeps autocast's copies of its four matrices in float32", () => {
    const cast = of({ norm: 4, residual: 4, autocast: true, weight: 4 }).savedBytes();
    assert.equal(cast, input + projected + steps + inner + 2 * (8 * 12 + matrices));
  });

  it("has three more results in the forward pass, and five and the gradients in the backward pass", () => {
    const tape = of({});
    assert.equal(tape.forwardPeakBytes(), input + projected + steps + inner + output + 3 * inner);
    // Matrices, convolution of four taps and its bias, the step's bias, A and D.
    const weights = 2 * (matrices + (5 + 1 + 2 + 1) * 6);
    assert.deepEqual(tape.backwardPeak(true), {
      bytes: input + projected + steps + inner + output + projected + 5 * inner + weights,
      weightGradientBytes: weights,
    });
  });
});

describe("a gated delta net with frozen weights, 64 tokens through two heads of 4 values", () => {
  const layers = [linear("in_proj_qkvz", 8, 32), linear("in_proj_ba", 8, 4), linear("out_proj", 8, 8)];
  const tape = () => tapeOf(gatedDeltaNet, layers, { ...bfloat16, tokens: 64, trained: false });
  const wide = (width: number) => 64 * 2 * width;
  const single = (width: number) => 64 * 4 * width;
  const joined = wide(24);
  const open = wide(2);
  // The decay in float32 and its softplus.
  const decays = 2 * single(2);
  // Queries, keys and values of as many heads, 64 values per token and head, and float32 per head.
  const rule = 3 * wide(8) + wide(2 * 64) + single(3 * 2);
  // A state of 4 × 4 values per head for the chunk of 64 tokens.
  const states = 2 * 2 * 4 * 4;

  it("keeps what is convolved, the rates, what the rule reads, and what the gated norm does", () => {
    assert.equal(tape().savedBytes(), joined + open + decays + rule + 2 * wide(8) + single(2));
  });

  it("is largest in the rule, which has its states and three results beside them", () => {
    const gate = wide(8);
    const convolved = joined;
    const result = wide(8);
    assert.equal(
      tape().forwardPeakBytes(),
      gate + open + decays + joined + convolved + rule + result + states + 3 * wide(8),
    );
  });

  it("is so backwards, with twice as much and the gradients of all that it reads and of the gate", () => {
    const gradients = wide(8) + wide(8) + joined + open + single(2);
    assert.equal(tape().backwardPeak(true).bytes, joined + open + decays + rule + gradients + 2 * states + 6 * wide(8));
  });
});

describe("latent attention with frozen weights, two heads of 2 + 2, from a vector of 4 + 2", () => {
  const of = (valueDim: number) => {
    const block = new BlockTape({ ...bfloat16, tokens: 1, trained: false }, 8);
    const attention: LatentAttention = {
      kind: "latent",
      heads: 2,
      queryRank: null,
      keyValueRank: 4,
      nopeDim: 2,
      ropeDim: 2,
      valueDim,
      window: null,
    };
    const layers = [
      linear("q_proj", 8, 8),
      linear("kv_a_proj_with_mqa", 8, 6),
      linear("kv_b_proj", 4, 2 * (2 + valueDim)),
      linear("o_proj", 2 * valueDim, 8),
    ];
    latentAttention(block, attention, layers, block.input, true);
    return block.tape;
  };
  const norm = 4 * 4 + 4;
  const logSumExp = 4 * 2;

  it("pads values of 3 to 4 for flash attention, and cuts its output", () => {
    const padded = norm + 4 * (2 * 2 * 4) + logSumExp;
    assert.equal(of(3).savedBytes(), padded);
    // At the end, with what is cut and the result.
    assert.equal(of(3).forwardPeakBytes(), padded + 2 * 2 * 3 + 2 * 8);
  });

  it("takes values of 4 as the part that they are of the projection of keys and values", () => {
    assert.equal(of(4).savedBytes(), norm + 3 * (2 * 2 * 4) + 2 * 2 * (2 + 4) + logSumExp);
  });
});

describe("a short convolution with frozen weights", () => {
  it("keeps the three parts of its projection, their first product and what is convolved", () => {
    const layers = [linear("in_proj", 8, 24), linear("out_proj", 8, 8)];
    const tape = tapeOf(shortConvolution, layers, { ...bfloat16, trained: false });
    assert.equal(tape.savedBytes(), 2 * 2 * (3 * 8 + 8 + 8));
  });
});
