import type {
  Attention,
  BlockGroup,
  BlockKind,
  DenseFeedForward,
  ExpertFeedForward,
  FeedForward,
  Norm,
} from "./architecture.ts";

/** What a stack of blocks is made of. */
export interface BlockShape {
  readonly hidden: number;
  readonly layers: number;
  readonly attention: Attention;
  readonly norm: Norm;
  readonly dense: DenseFeedForward | null;
  readonly experts: ExpertFeedForward | null;
  /** Blocks at the start that have the dense MLP where the others have experts. */
  readonly denseBlocks: number;
}

/** Blocks of one kind with their exact size: kind, number of blocks, parameters of one. */
export type ExactGroup = readonly [kind: BlockKind, count: number, parameters: number];

/** The blocks of a decoder or encoder: as counted where `exact` says so, else by formula. */
export function blockGroups(shape: BlockShape, exact?: readonly ExactGroup[]): readonly BlockGroup[] {
  if (exact) return exact.map((group) => exactGroup(shape, group));
  const { layers, denseBlocks, dense, experts } = shape;
  const group = (count: number, feedForward: FeedForward | null): BlockGroup => ({
    kind: "attention",
    count,
    parameters: blockParameters(shape, feedForward),
    feedForward,
  });
  if (!experts) return [group(layers, dense)];
  return [group(denseBlocks, dense), group(layers - denseBlocks, experts)].filter(({ count }) => count > 0);
}

/** An encoder, and a decoder whose blocks attend to it too and have a third norm. */
export function encoderDecoderGroups(shape: BlockShape, encoderLayers: number): readonly BlockGroup[] {
  const { layers, hidden, attention, norm, dense } = shape;
  const encoder = blockParameters(shape, dense);
  const crossAttention = attentionParameters(hidden, attention) + norm.parametersPerChannel * hidden;
  return [
    { kind: "attention", count: encoderLayers, parameters: encoder, feedForward: dense },
    { kind: "cross-attention", count: layers, parameters: encoder + crossAttention, feedForward: dense },
  ];
}

/** A group is as large as it is because of what it has: experts, else the dense MLP, else neither. */
function exactGroup({ hidden, dense, experts }: BlockShape, [kind, count, parameters]: ExactGroup): BlockGroup {
  const feedForward =
    [experts, dense].find((candidate) => candidate && routedOrDense(hidden, candidate) < parameters) ?? null;
  return { kind, count, parameters, feedForward };
}

function routedOrDense(hidden: number, feedForward: FeedForward): number {
  return feedForward.kind === "dense" ? denseParameters(hidden, feedForward) : routedParameters(feedForward);
}

/** Attention, MLP and norms. */
function blockParameters({ hidden, attention, norm }: BlockShape, feedForward: FeedForward | null): number {
  const norms = norm.perBlock * norm.parametersPerChannel * hidden;
  return attentionParameters(hidden, attention) + feedForwardParameters(hidden, feedForward) + norms;
}

/**
 * h hidden, q query width, k key and value width. Grouped: 2hq + 2hk, biases on q, k, v and on the output, a norm for
 * queries and one for keys. Latent: queries through a rank or directly, a normed vector that keys and values come from.
 */
function attentionParameters(h: number, attention: Attention): number {
  switch (attention.kind) {
    case "none":
      return 0;
    case "grouped": {
      const q = attention.heads * attention.headDim;
      const k = attention.kvHeads * attention.headDim;
      const biases = (attention.bias ? q + 2 * k : 0) + (attention.outputBias ? h : 0);
      const norms = { none: 0, head: 2 * attention.headDim, full: q + k }[attention.queryKeyNorm];
      return 2 * h * q + 2 * h * k + biases + norms;
    }
    case "latent": {
      const { heads, queryRank, keyValueRank, nopeDim, ropeDim, valueDim } = attention;
      const q = heads * (nopeDim + ropeDim);
      const queries = queryRank === null ? h * q : h * queryRank + queryRank + queryRank * q;
      const keyValues = h * (keyValueRank + ropeDim) + keyValueRank + keyValueRank * heads * (nopeDim + valueDim);
      return queries + keyValues + heads * valueDim * h;
    }
  }
}

/** Experts: each an MLP, a router of h per expert (and a bias where the experts have one), and the shared ones. */
function feedForwardParameters(h: number, feedForward: FeedForward | null): number {
  if (!feedForward) return 0;
  if (feedForward.kind === "dense") return denseParameters(h, feedForward);
  const { experts, bias, shared, sharedGate, gated } = feedForward;
  const router = experts * h + (bias ? experts : 0);
  const always = shared ? mlpParameters(h, shared, gated, bias) : 0;
  return routedParameters(feedForward) + router + always + (sharedGate ? h : 0);
}

/** The matrices and biases of all experts of a block that tokens are routed to. */
export function routedParameters({ experts, input, intermediate, gated, bias }: ExpertFeedForward): number {
  return experts * mlpParameters(input, intermediate, gated, bias);
}

function denseParameters(hidden: number, { intermediate, gated, bias }: DenseFeedForward): number {
  return mlpParameters(hidden, intermediate, gated, bias);
}

function mlpParameters(h: number, f: number, gated: boolean, bias: boolean): number {
  const inner = gated ? 2 : 1;
  return (inner + 1) * h * f + (bias ? inner * f + h : 0);
}
