import type { Architecture } from "../models/architecture.ts";
import type { LossImplementation } from "../plan/plan.ts";
import { type BlockSetting, BlockTape } from "./blockTape.ts";
import { normShape } from "./families.ts";
import { constant, type Tape } from "./tape.ts";
import type { DivergenceCost } from "./teacher.ts";

/** How the loss is computed from the last block's output. */
export interface LossSetting {
  /**
   * All logits at once, or a chunk of tokens at a time: going forwards with its gradients (Liger), in both passes (TRL), or so
   * that what it keeps waits for its backward pass (torchtune).
   */
  readonly kind: LossImplementation;
  readonly chunkTokens: number;
  /** Whether a kernel computes the loss from the logits at once (torch.compile). */
  readonly fused: boolean;
  /** Whether the float32 logits are copied to shift them (transformers before 4.50). */
  readonly shiftedCopy: boolean;
  /** Whether the 16-bit logits stay beside their float32 copy (transformers since 4.46). */
  readonly keepsLogits: boolean;
  /** Whether the logits are bent by a tanh at the end (Gemma 2). */
  readonly softCapped: boolean;
  /** What comparing the logits with a teacher's takes; null without one. */
  readonly divergence: DivergenceCost | null;
  /** Whether there are a few outputs instead of a vocabulary. */
  readonly narrow: boolean;
  /** Whether the logits and the cross-entropy are computed beside those few outputs, which alone the backward pass comes to. */
  readonly left: boolean;
}

/**
 * Final norm, output layer and cross-entropy. All at once: logits, their float32 copy, the log-softmax, which is kept, and the
 * two gradients that come back through it; in place, no log-softmax and one gradient less. In chunks: the same for one chunk at a time.
 */
export function headTape(architecture: Architecture, setting: BlockSetting, loss: LossSetting): Tape {
  const { divergence, left } = loss;
  const tape = lossTape(architecture, setting, left ? { ...loss, narrow: true } : loss);
  if (left) {
    const whole = lossTape(architecture, setting, loss).forwardPeakBytes();
    tape.record([tape.output], 4, { forwardScratch: whole - tape.savedBytes() });
    return tape;
  }
  if (!divergence || divergence.isAlone) return tape;
  const logits = setting.tokens * architecture.vocab;
  tape.record([tape.output], 4, {
    saved: [constant(divergence.kept * logits)],
    forwardScratch: (setting.compute + divergence.forwards) * logits,
    backwardScratch: divergence.backwards * logits,
  });
  return tape;
}

function lossTape(architecture: Architecture, setting: BlockSetting, loss: LossSetting): Tape {
  const { hidden, vocab } = architecture;
  const block = new BlockTape(setting, hidden);
  const { tape } = block;
  const normed = block.gathered(block.norm(block.input, normShape(architecture, hidden), hidden));
  const { trained, weight, compute, tokens, autocast } = setting;
  if (loss.narrow) {
    tape.record([normed], 4 * tokens, { saved: trained ? [normed] : [] });
    return tape;
  }
  const own = trained ? hidden * vocab : 0;
  const chunk = Math.min(tokens, loss.chunkTokens) * vocab;
  const compared = loss.divergence?.isAlone ? loss.divergence : null;
  const cast = autocast && weight !== compute ? hidden * vocab * compute : 0;
  const capped = loss.softCapped ? compute * chunk : 0;
  if (loss.kind === "fused") {
    tape.record([normed], 4, {
      saved: [constant(normed.bytes), constant(own * weight)],
      forwardScratch: cast + Math.max((compared ? 24 : 10) * chunk, 2 * chunk + own * (compute + 4)),
      weightGradient: own * weight,
    });
    return tape;
  }
  if (loss.kind === "chunked") {
    // The chunks' gradients of the weight are added up: in place, or, of tied embeddings, in a third tensor.
    const sums = architecture.tied ? 2 * own * weight : own * weight + 2 * chunk;
    tape.record([normed], 4, {
      saved: [normed],
      forwardScratch: cast + capped + 16 * chunk,
      backwardScratch: Math.max(cast + capped + 16 * chunk, sums),
      weightGradient: own * weight,
    });
    return tape;
  }
  if (loss.kind === "split" || loss.kind === "sliced") {
    const { kept, forwards, backwards } = inPieces(
      tokens * vocab,
      chunk,
      own * weight,
      compute,
      loss,
      architecture.tied,
    );
    tape.record([normed], 4, {
      saved: [...(trained ? [normed] : []), constant(kept)],
      forwardScratch: cast + forwards,
      backwardScratch: cast + Math.max(0, backwards - kept - own * weight),
      weightGradient: own * weight,
    });
    return tape;
  }
  const logits = block.linear(normed, { name: "lm_head", input: hidden, output: vocab });
  const bent = loss.softCapped
    ? tape.record([tape.record([logits], logits.bytes)], logits.bytes, { savesOutput: true })
    : logits;
  if (compared) {
    const returned = autocast ? block.cast(bent, vocab, 4) : bent;
    tape.record([returned], 4, {
      saved: [constant(compared.kept * tokens * vocab)],
      forwardScratch: compared.forwards * tokens * vocab,
      backwardScratch: compared.backwards * tokens * vocab,
    });
    return tape;
  }
  if (loss.kind === "parts") {
    // The gradients of the parts, which are views, are put together before they reach the output layer.
    tape.record([bent], 4, { saved: [bent, constant(4 * tokens)] });
    return tape;
  }
  const float32 = loss.kind === "narrow" ? bent : block.cast(bent, vocab, 4);
  if (loss.kind === "copied") {
    // Of both only the copy is left for the backward pass, and becomes the gradient.
    tape.record([float32], 4, { saved: [constant(4 * tokens)], forwardScratch: float32.bytes });
    return tape;
  }
  const shifted = loss.shiftedCopy ? tape.record([float32], float32.bytes) : float32;
  const held = (compute < 4 && loss.keepsLogits ? logits.bytes : 0) + (loss.shiftedCopy ? float32.bytes : 0);
  if (loss.kind === "in-place") {
    // The gradient takes the place of the logits that it is computed from.
    tape.record([shifted], 4, { saved: [constant(4 * tokens)], forwardScratch: held });
    return tape;
  }
  const logSoftmax = tape.record([shifted], shifted.bytes, { savesOutput: true, forwardScratch: held });
  tape.record([logSoftmax], 4, { saved: [constant(8 * tokens)] });
  return tape;
}

/**
 * A loss whose pieces wait for their backward passes, with `all` logits, of which a piece has `piece`: what it keeps, what its forward
 * pass holds besides, and the most that there is in its backward pass, the weight's gradients among it. A piece keeps its float32
 * log-softmax, or, compiled, its 16-bit logits, in whose place their gradient comes. Where the output layer goes first (`split`) all
 * pieces' logits are there until the forward pass ends, and then all their gradients, before the first reaches the layer's weight.
 * Gradients of the weight are added up: in place, or, of tied embeddings, in a third tensor. Source: torchtune, modules/loss and
 * recipes; the peaks in its README, of Llama 3.2 3B and Llama 3.1 8B.
 */
function inPieces(
  all: number,
  piece: number,
  weight: number,
  compute: number,
  loss: LossSetting,
  tied: boolean,
): Pieces {
  const each = loss.fused ? compute : 4;
  const kept = each * all;
  const gradients = loss.fused ? 0 : 8 * piece;
  const first = loss.kind === "split";
  const held = first ? compute * all : compute * piece;
  const waiting = (first ? compute : each) * (all - 2 * piece);
  const moments = [
    kept + gradients,
    first ? 0 : kept - each * piece + gradients + weight,
    waiting + compute * piece + 2 * weight,
    tied ? waiting + 3 * weight : 0,
  ];
  return { kept, forwards: loss.fused ? 0 : held + 4 * piece, backwards: Math.max(...moments) };
}

interface Pieces {
  readonly kept: number;
  readonly forwards: number;
  readonly backwards: number;
}
