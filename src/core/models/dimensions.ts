import type { Architecture, Attention, DenseFeedForward, ExpertFeedForward, Norm } from "./architecture.ts";
import { blockGroups, type ExactGroup, encoderDecoderGroups } from "./blocks.ts";
import { type ExactLinear, exactLinears, linearsOf } from "./linears.ts";
import { moduleNames } from "./moduleNames.ts";

/**
 * What tells one architecture from another, as the catalogue and config.json spell it; what is left out is as in Llama:
 * as many key and value heads as heads, heads of hidden / heads, a gated MLP, two RMSNorms per block, no biases.
 */
export interface Dimensions {
  readonly id: string;
  readonly family: string;
  readonly type: string;
  readonly hidden: number;
  readonly layers: number;
  readonly vocab: number;
  readonly embeddingWidth?: number;
  readonly context?: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly headDim?: number;
  readonly intermediate?: number;
  readonly tied?: boolean;
  readonly qkvBias?: boolean;
  readonly outputBias?: boolean;
  readonly mlpBias?: boolean;
  readonly headBias?: boolean;
  readonly qkNorm?: "head" | "full";
  readonly window?: number;
  /** False for an MLP of two matrices. */
  readonly gated?: boolean;
  /** `layer` has weights and biases, `layer-no-bias` weights only, `none` neither. */
  readonly norm?: "layer" | "layer-no-bias" | "none";
  readonly norms?: number;
  readonly positions?: number;
  readonly parallel?: boolean;
  readonly latent?: LatentDimensions;
  readonly experts?: ExpertDimensions;
  /** Blocks of the encoder, in models that have a decoder too. */
  readonly encoderLayers?: number;
  /** Parameters of the blocks where the formula does not reach, counted in transformers' own classes. */
  readonly groups?: readonly ExactGroup[];
  readonly linears?: readonly ExactLinear[];
  /** Parameters outside blocks, embeddings and output layer, where they are more than norm, positions and bias. */
  readonly other?: number;
  readonly nonText?: number;
}

export interface LatentDimensions {
  readonly queryRank?: number;
  readonly keyValueRank: number;
  readonly nopeDim: number;
  readonly ropeDim: number;
  readonly valueDim: number;
}

export interface ExpertDimensions {
  readonly count: number;
  readonly active: number;
  readonly width: number;
  /** Width of what an expert reads and writes, where it is not the model's. */
  readonly input?: number;
  /** Width of the shared experts together. */
  readonly shared?: number;
  readonly sharedGate?: boolean;
  /** Blocks at the start that have a dense MLP. */
  readonly dense?: number;
}

export function architectureOf(dimensions: Dimensions): Architecture {
  const { id, family, type, hidden, layers, vocab, tied = false, positions = 0, parallel = false } = dimensions;
  const attention = attentionOf(dimensions);
  const norm = normOf(dimensions);
  const dense = denseOf(dimensions);
  const experts = expertsOf(dimensions);
  const denseBlocks = Math.min(layers, dimensions.experts?.dense ?? 0);
  const block = { hidden, attention, norm, dense, experts, denseBlocks, layers };
  const names = moduleNames(type);
  const { encoderLayers, groups, linears } = dimensions;
  return {
    id,
    family,
    type,
    hidden,
    layers,
    vocab,
    embeddingWidth: dimensions.embeddingWidth ?? hidden,
    context: dimensions.context ?? null,
    tied,
    positions,
    norm,
    attention,
    residual: parallel ? "parallel" : "sequential",
    blocks: encoderLayers === undefined ? blockGroups(block, groups) : encoderDecoderGroups(block, encoderLayers),
    linears: linears ? exactLinears(linears, names) : linearsOf(block, names, encoderLayers),
    otherParameters: dimensions.other ?? otherParameters(dimensions, norm),
    nonTextParameters: dimensions.nonText ?? 0,
  };
}

function otherParameters({ hidden, vocab, positions = 0, headBias }: Dimensions, norm: Norm): number {
  return norm.parametersPerChannel * hidden + positions * hidden + (headBias ? vocab : 0);
}

function normOf({ norm, norms = 2 }: Dimensions): Norm {
  switch (norm) {
    case "layer":
      return { kind: "layer", parametersPerChannel: 2, perBlock: norms };
    case "layer-no-bias":
      return { kind: "layer", parametersPerChannel: 1, perBlock: norms };
    case "none":
      return { kind: "none", parametersPerChannel: 0, perBlock: norms };
    default:
      return { kind: "rms", parametersPerChannel: 1, perBlock: norms };
  }
}

function attentionOf(dimensions: Dimensions): Attention {
  const { heads, latent, hidden, window = null } = dimensions;
  if (heads === undefined) return { kind: "none" };
  if (latent) return { kind: "latent", heads, ...latent, queryRank: latent.queryRank ?? null, window };
  return {
    kind: "grouped",
    heads,
    kvHeads: dimensions.kvHeads ?? heads,
    headDim: dimensions.headDim ?? Math.floor(hidden / heads),
    bias: dimensions.qkvBias ?? false,
    outputBias: dimensions.outputBias ?? false,
    queryKeyNorm: dimensions.qkNorm ?? "none",
    window,
  };
}

function denseOf({ intermediate, gated = true, mlpBias = false }: Dimensions): DenseFeedForward | null {
  return intermediate === undefined ? null : { kind: "dense", intermediate, gated, bias: mlpBias };
}

function expertsOf({ hidden, experts, gated = true, mlpBias = false }: Dimensions): ExpertFeedForward | null {
  if (!experts) return null;
  return {
    kind: "experts",
    experts: experts.count,
    active: experts.active,
    intermediate: experts.width,
    input: experts.input ?? hidden,
    gated,
    bias: mlpBias,
    shared: experts.shared ?? 0,
    sharedGate: experts.sharedGate ?? false,
  };
}
