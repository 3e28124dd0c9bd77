import type { Architecture } from "./architecture.ts";
import { routedParameters } from "./blocks.ts";

/** How many parameters a model has, and in which of its parts; the parts add up to the total. */
export interface ParameterCount {
  readonly total: number;
  /** What one token passes through: all but the experts that it is not routed to. */
  readonly active: number;
  readonly embedding: number;
  /** Zero when the output layer is tied to the embedding. */
  readonly outputLayer: number;
  /** The matrices of all linear layers of the blocks: what LoRA on all linear layers reaches. */
  readonly linears: number;
  /** Experts that tokens are routed to. */
  readonly experts: number;
  /** Norms, biases, routers, convolutions, positions, per-layer embeddings, the final norm. */
  readonly rest: number;
  /** Vision and audio towers and projectors. */
  readonly nonText: number;
  /** Everything in the largest block. */
  readonly perLayer: number;
}

/** Meets the published counts to the last parameter. */
export function countParameters(architecture: Architecture): ParameterCount {
  const { embeddingWidth, vocab, tied, blocks, otherParameters, nonTextParameters: nonText } = architecture;
  const embedding = vocab * embeddingWidth;
  const outputLayer = tied ? 0 : vocab * embeddingWidth;
  const inBlocks = blocks.reduce((sum, { count, parameters }) => sum + count * parameters, 0);
  const linears = architecture.linears.reduce((sum, { input, output, count }) => sum + input * output * count, 0);
  const experts = expertParameters(architecture);
  const total = embedding + outputLayer + inBlocks + otherParameters + nonText;
  return {
    total,
    active: total - experts.idle,
    embedding,
    outputLayer,
    linears,
    experts: experts.all,
    rest: total - embedding - outputLayer - linears - experts.all - nonText,
    nonText,
    perLayer: blocks.reduce((largest, { parameters }) => Math.max(largest, parameters), 0),
  };
}

/** All experts that tokens are routed to, and those of them that a token leaves idle. */
function expertParameters({ blocks }: Architecture): { readonly all: number; readonly idle: number } {
  return blocks.reduce(
    (sum, { count, feedForward }) => {
      if (feedForward?.kind !== "experts") return sum;
      const all = count * routedParameters(feedForward);
      return { all: sum.all + all, idle: sum.idle + all * (1 - feedForward.active / feedForward.experts) };
    },
    { all: 0, idle: 0 },
  );
}

/** Which parameters bitsandbytes quantises when a model is loaded, and which keep their type. */
export interface QuantizationSplit {
  readonly quantized: number;
  readonly kept: number;
}

/**
 * Bitsandbytes replaces linear layers, never the output layer, and so those of what is not text. Embeddings, norms, biases and fused
 * experts with their routers, which are no linear layers, keep their type, and so does T5's `wo`, which transformers holds in float32;
 * experts are replaced too where they are linear layers. Source: transformers 5.18, integrations/bitsandbytes.py and
 * quantizers/quantizers_utils.py.
 */
export function quantizationSplit(architecture: Architecture, experts = false): QuantizationSplit {
  const count = countParameters(architecture);
  const keepsWo = architecture.blocks.some(({ kind }) => kind === "cross-attention");
  const linears = architecture.linears
    .filter(({ name }) => !(keepsWo && name === "wo"))
    .reduce((sum, { input, output, count: blocks }) => sum + input * output * blocks, 0);
  const quantized = linears + count.nonText + (experts ? count.experts : 0);
  return { quantized, kept: count.total - quantized };
}
