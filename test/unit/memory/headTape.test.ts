import assert from "node:assert/strict";
import { everyWeight } from "../../../src/core/memory/block.ts";
import type { BlockSetting } from "../../../src/core/memory/blockTape.ts";
import { headTape, type LossSetting } from "../../../src/core/memory/headTape.ts";
import type { Architecture } from "../../../src/core/models/architecture.ts";
import { shapeArchitecture } from "../../../src/core/models/shape.ts";

/** 8 wide, with 1000 words; 4 tokens. */
const shape = { hidden: 8, layers: 1, heads: 2, vocab: 1000, intermediate: 16 };
const architecture = shapeArchitecture({ ...shape, tied: false }, "a model");
const wide = shapeArchitecture({ ...shape, hidden: 64, tied: false }, "a wider model");
const tied = shapeArchitecture({ ...shape, tied: true }, "a tied model");

const bfloat16: BlockSetting = { ...everyWeight, tokens: 4, weight: 2, norm: 2, residual: 2, compute: 2 };
const frozen: BlockSetting = { ...bfloat16, trained: false };
const float32: BlockSetting = { ...everyWeight, tokens: 4, weight: 4, norm: 4, residual: 4, compute: 4 };
const autocast: BlockSetting = { ...float32, compute: 2, autocast: true };

const loss: LossSetting = {
  kind: "materialised",
  chunkTokens: 2,
  fused: false,
  shiftedCopy: false,
  keepsLogits: false,
  divergence: null,
  left: false,
  softCapped: false,
  narrow: false,
};

/** The norm keeps its input in float32, the root and, where it is trained, what is normalised; its result is 16 bytes per token. */
const normed = 4 * 2 * 8;
const frozenNorm = 4 * (4 * 8 + 4);
const norm = frozenNorm + normed;
/** In float32 the input is kept as it is; as wide is the result. */
const norm32 = 4 * (4 * 8 + 4 + 4 * 8);
const normed32 = 4 * 4 * 8;

/** A kernel keeps the input and the root. */
const kernel = 4 * (2 * 8 + 4);

const weights = 8 * 1000;
/** Of all tokens, and of a chunk of two. */
const logits = 4 * 1000;
const chunk = 2 * 1000;

interface Case {
  readonly title: string;
  readonly model?: Architecture;
  readonly setting?: BlockSetting;
  readonly loss: Partial<LossSetting>;
  readonly kept: number;
  readonly forward: number;
  readonly backward: number;
}

const cases: readonly Case[] = [
  {
    title: "all logits in 2 bytes and in 4, their log-softmax in 4, and two gradients as large as that",
    loss: {},
    kept: norm + normed + 4 * logits + 8 * 4,
    forward: norm + normed + 8 * logits,
    backward: norm + normed + 12 * logits,
  },
  {
    title: "another 2 bytes where the logits in 16 bits stay beside",
    loss: { keepsLogits: true },
    kept: norm + normed + 4 * logits + 8 * 4,
    forward: norm + normed + 10 * logits,
    backward: norm + normed + 12 * logits,
  },
  {
    title: "another 4 where they are copied to be shifted",
    loss: { keepsLogits: true, shiftedCopy: true },
    kept: norm + normed + 4 * logits + 8 * 4,
    forward: norm + normed + 14 * logits,
    backward: norm + normed + 12 * logits,
  },
  {
    title: "one copy of float32 logits",
    setting: float32,
    loss: { keepsLogits: true },
    kept: norm32 + normed32 + 4 * logits + 8 * 4,
    forward: norm32 + normed32 + 8 * logits,
    // At the output layer: the gradients of the logits, of the norm's result and of the weights.
    backward: norm32 + 2 * normed32 + 4 * logits + 4 * weights,
  },
  {
    title: "the tanh that bends them too, in the type of the logits",
    loss: { softCapped: true },
    kept: norm + normed + (2 + 4) * logits + 8 * 4,
    forward: norm + normed + (2 + 8) * logits,
    backward: norm + normed + (2 + 12) * logits,
  },
  {
    title: "no log-softmax where the gradient is written over the logits, as Unsloth's kernel does",
    setting: frozen,
    loss: { kind: "in-place", keepsLogits: true },
    kept: frozenNorm + 4 * 4,
    // In 16 bits and in float32; a float32 gradient and one in 16 bits.
    forward: frozenNorm + 4 * 4 + 4 + 6 * logits,
    backward: frozenNorm + 6 * logits,
  },
  {
    title: "nothing but the labels where the gradient takes the place of a copy of the float32 logits",
    setting: frozen,
    loss: { kind: "copied", keepsLogits: true },
    kept: frozenNorm + 4 * 4,
    // In float32 twice; a float32 gradient and one in 16 bits.
    forward: frozenNorm + 4 * 4 + 4 + 8 * logits,
    backward: frozenNorm + 6 * logits,
  },
  {
    title: "one float32 output for each token of a head of its own, of which the input is kept",
    setting: { ...bfloat16, fusedNorms: true },
    loss: { narrow: true },
    kept: kernel + normed,
    forward: kernel + normed + 4 * 4,
    backward: kernel + normed + 4 * 4 + normed,
  },
  {
    title: "nothing more to keep for such a head that is frozen",
    setting: { ...frozen, fusedNorms: true },
    loss: { narrow: true },
    kept: kernel,
    forward: kernel + normed + 4 * 4,
    // The gradients of the norm's result and of its input.
    backward: kernel + 2 * normed,
  },
  {
    title: "16 bytes per logit of a chunk of TRL's in both passes, and no logits kept",
    loss: { kind: "chunked" },
    kept: norm + normed,
    forward: norm + normed + 4 + 16 * chunk,
    // The gradients of the norm's result and of the weights.
    backward: norm + normed + 4 + normed + 2 * weights + 16 * chunk,
  },
  {
    title: "twice the weight's gradient beside it where TRL adds up its chunks' and embeddings are tied",
    model: tied,
    loss: { kind: "chunked", chunkTokens: 1 },
    kept: norm + normed,
    forward: norm + normed + 4 + 16 * 1000,
    backward: norm + normed + 4 + normed + 2 * weights + 2 * 2 * weights,
  },
  {
    title: "one and a chunk where they are not",
    loss: { kind: "chunked", chunkTokens: 1 },
    model: wide,
    kept: 4 * (4 * 64 + 4 + 2 * 64) + 4 * 2 * 64,
    forward: 4 * (4 * 64 + 4 + 2 * 64) + 4 * 2 * 64 + 4 + 16 * 1000,
    backward: 4 * (4 * 64 + 4 + 2 * 64) + 2 * 4 * 2 * 64 + 4 + 2 * 2 * 64_000 + 2 * 1000,
  },
  {
    title: "a chunk of bent logits and autocast's copy of the weights in TRL's chunks too",
    setting: { ...autocast, trained: false },
    loss: { kind: "chunked", softCapped: true },
    kept: frozenNorm + normed32,
    forward: frozenNorm + normed32 + 4 + 2 * weights + (2 + 16) * chunk,
    backward: frozenNorm + normed32 + 4 + normed32 + 2 * weights + (2 + 16) * chunk,
  },
  {
    title: "the float32 log-softmax of torchtune's chunks, beside all logits in 16 bits until the forward pass ends",
    setting: frozen,
    loss: { kind: "split" },
    kept: frozenNorm + 4 * logits,
    // A chunk in float32; later two float32 gradients of one.
    forward: frozenNorm + normed + 4 * logits + 4 + 2 * logits + 4 * chunk,
    backward: frozenNorm + normed + 4 * logits + 4 + 8 * chunk,
  },
  {
    title:
      "the last chunk's gradient and two of the weight where torchtune trains the output layer, and autocast's copy of it",
    setting: autocast,
    loss: { kind: "split" },
    kept: norm32 + normed32 + 4 * logits,
    forward: norm32 + normed32 + 4 * logits + 4 + 2 * weights + 2 * logits + 4 * chunk,
    backward: norm32 + 2 * normed32 + 4 + 2 * weights + 2 * chunk + 2 * 4 * weights,
  },
  {
    title: "the logits alone where torch.compile fuses their loss, whose gradient takes their place",
    setting: frozen,
    loss: { kind: "split", fused: true },
    kept: frozenNorm + 2 * logits,
    forward: frozenNorm + normed + 2 * logits + 4,
    backward: frozenNorm + normed + 2 * logits + 4,
  },
  {
    title: "the gradients of all such chunks but the first, and two of the weight, where the output layer is trained",
    loss: { kind: "split", fused: true, chunkTokens: 1 },
    kept: norm + normed + 2 * logits,
    forward: norm + normed + 2 * logits + 4,
    backward: norm + 2 * normed + 4 + 2 * 3 * 1000 + 2 * 2 * weights,
  },
  {
    title: "three of the weight, and two chunks less, where embeddings are tied",
    model: tied,
    loss: { kind: "split", fused: true, chunkTokens: 1 },
    kept: norm + normed + 2 * logits,
    forward: norm + normed + 2 * logits + 4,
    backward: norm + 2 * normed + 4 + 2 * 2 * 1000 + 3 * 2 * weights,
  },
  {
    title: "the logits alone where a compiled loss takes parts of them, whose gradients come together in one as large",
    setting: frozen,
    loss: { kind: "parts" },
    // And the label's place and the log of the sum of each token.
    kept: frozenNorm + 2 * logits + 4 * 4,
    forward: frozenNorm + normed + 2 * logits,
    backward: frozenNorm + 2 * logits + 4 * 4 + 4 + 2 * logits,
  },
  {
    title: "the log-softmax of all chunks where torchtune has the output layer in its loss, but the logits of one",
    setting: frozen,
    loss: { kind: "sliced" },
    kept: frozenNorm + 4 * logits,
    forward: frozenNorm + normed + 4 * logits + 4 + (2 + 4) * chunk,
    backward: frozenNorm + normed + 4 * logits + 4 + 8 * chunk,
  },
  {
    title: "the first chunk's gradient of that layer while the second's loss is gone back through",
    loss: { kind: "sliced" },
    kept: norm + normed + 4 * logits,
    forward: norm + normed + 4 * logits + 4 + (2 + 4) * chunk,
    backward: norm + 2 * normed + 4 + 4 * chunk + 8 * chunk + 2 * weights,
  },
  {
    title: "both chunks' gradients of it where a chunk is small",
    loss: { kind: "sliced", chunkTokens: 1 },
    kept: norm + normed + 4 * logits,
    forward: norm + normed + 4 * logits + 4 + (2 + 4) * 1000,
    backward: norm + 2 * normed + 4 + 4 * 2 * 1000 + 2 * 1000 + 2 * 2 * weights,
  },
  {
    title: "logits instead of their log-softmax where that loss is compiled",
    loss: { kind: "sliced", fused: true, chunkTokens: 1 },
    kept: norm + normed + 2 * logits,
    forward: norm + normed + 2 * logits + 4,
    backward: norm + 2 * normed + 4 + 2 * 3 * 1000 + 2 * 2 * weights,
  },
  {
    title: "the gradients of input and weights from the forward pass on with Liger, which adds chunks' up in float32",
    loss: { kind: "fused" },
    kept: norm + normed + 2 * weights,
    // The norm's result beside its gradient; a chunk of logits, and a product of theirs in 16 bits and in 32.
    forward: norm + 2 * normed + 2 * weights + 4 + 2 * chunk + (2 + 4) * weights,
    backward: norm + 2 * normed + 2 * weights + 4 + 2 * weights,
  },
  {
    title: "10 bytes per logit of Liger's chunk where the output layer is frozen",
    setting: { ...frozen, fusedNorms: true },
    loss: { kind: "fused" },
    kept: kernel + normed,
    forward: kernel + 2 * normed + 4 + 10 * chunk,
    backward: kernel + 2 * normed + 4,
  },
];

describe("the loss's memory, by hand", () => {
  for (const { title, model = architecture, setting = bfloat16, loss: change, kept, forward, backward } of cases) {
    it(`has ${title}`, () => {
      const tape = headTape(model, setting, { ...loss, ...change });
      assert.deepEqual(
        [tape.savedBytes(), tape.forwardPeakBytes(), tape.backwardPeak(true).bytes],
        [kept, forward, backward],
      );
    });
  }
});
