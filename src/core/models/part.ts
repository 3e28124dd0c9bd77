import type { Architecture, Attention, BlockGroup, FeedForward, Linear } from "./architecture.ts";
import { linearsIn } from "./blockLinears.ts";
import { routedParameters } from "./blocks.ts";

/** The part of a model that one GPU holds: blocks `from` to `to`, and a share of their matrices and of their experts. */
export interface Part {
  readonly from: number;
  /** The first block that is not part of it. */
  readonly to: number;
  /** GPUs that share each matrix. */
  readonly tensor: number;
  /** GPUs that hold different experts. */
  readonly expert: number;
  /** GPUs that share each matrix of an expert. */
  readonly expertTensor: number;
  /** GPUs that share each matrix of linear attention. */
  readonly linearAttention: number;
}

/**
 * A part of a model as a model of its own. Every GPU that shares the matrices has some of the heads, of the widths between the
 * MLP's matrices, and of the vocabulary; norms, routers and the narrow projections of latent attention are on all of them.
 * Source: Megatron-LM (arXiv 1909.08053), section 3.
 */
export function partOf(architecture: Architecture, part: Part): Architecture {
  const { tensor } = part;
  const linears = architecture.linears.map((linear) => sharedLinear(linear, architecture, part));
  return {
    ...architecture,
    layers: part.to - part.from,
    vocab: Math.ceil(architecture.vocab / tensor),
    attention: sharedAttention(architecture.attention, tensor),
    linears: linears.flatMap((linear) => {
      const count = overlap(linear, part);
      return count > 0 ? [{ ...linear, first: Math.max(0, linear.first - part.from), count }] : [];
    }),
    blocks: placed(architecture.blocks).flatMap(({ group, ...span }) => {
      const count = overlap(span, part);
      if (count === 0) return [];
      const whole = linearsIn(architecture, group);
      const own = whole.map((linear) => sharedLinear(linear, architecture, part));
      const feedForward = group.feedForward && sharedFeedForward(group.feedForward, part);
      const less = valuesOf(whole) - valuesOf(own) + routed(group.feedForward) - routed(feedForward);
      return [{ ...group, count, feedForward, parameters: group.parameters - less, linears: own }];
    }),
  };
}

interface Span {
  readonly first: number;
  readonly count: number;
}

function placed(blocks: readonly BlockGroup[]): readonly (Span & { readonly group: BlockGroup })[] {
  let first = 0;
  return blocks.map((group) => {
    const from = first;
    first += group.count;
    return { group, first: from, count: group.count };
  });
}

function valuesOf(linears: readonly Linear[]): number {
  return linears.reduce((sum, { input, output }) => sum + input * output, 0);
}

function overlap({ first, count }: Span, { from, to }: Pick<Part, "from" | "to">): number {
  return Math.max(0, Math.min(first + count, to) - Math.max(first, from));
}

function routed(feedForward: FeedForward | null): number {
  return feedForward?.kind === "experts" ? routedParameters(feedForward) : 0;
}

/** The layers of a gated delta net, of which each GPU has some heads. Source: Megatron-LM, core/ssm/gated_delta_net.py. */
const deltaNet: ReadonlySet<string> = new Set([
  "in_proj_qkvz",
  "in_proj_ba",
  "in_proj_qkv",
  "in_proj_z",
  "in_proj_b",
  "in_proj_a",
  "out_proj",
]);

/** Column-parallel layers have some of the outputs; those that follow them, row-parallel, the inputs that go with these. */
function sharedLinear(linear: Linear, { attention, hidden, blocks }: Architecture, part: Part): Linear {
  const { name, input, output, parts } = linear;
  const { tensor, linearAttention } = part;
  const [first] = parts;
  if (deltaNet.has(name) && blocks.some(({ kind }) => kind === "linear-attention")) {
    const share = (width: number) => Math.ceil(width / linearAttention);
    return name === "out_proj"
      ? { ...linear, input: share(input) }
      : { ...linear, output: share(output), parts: parts.map((each) => ({ ...each, output: share(each.output) })) };
  }
  const isNarrow = attention.kind === "latent" && /_a(_|$)/.test(name);
  if (tensor === 1 || !first || isNarrow || parts.some(({ role }) => role === "other")) return linear;
  if (first.role === "output" || (first.role === "mlp" && output === hidden && parts.length === 1)) {
    return { ...linear, input: Math.ceil(input / tensor) };
  }
  const shared = parts.map((each) => {
    const isKeyValue = attention.kind === "grouped" && (each.role === "key" || each.role === "value");
    const divisor = isKeyValue ? Math.min(tensor, attention.kvHeads) : tensor;
    return { ...each, output: Math.ceil(each.output / divisor) };
  });
  return { ...linear, output: shared.reduce((sum, each) => sum + each.output, 0), parts: shared };
}

/** Every GPU has at least one head of keys and values. */
function sharedAttention(attention: Attention, tensor: number): Attention {
  if (attention.kind === "none") return attention;
  const heads = Math.ceil(attention.heads / tensor);
  if (attention.kind === "latent") return { ...attention, heads };
  return { ...attention, heads, kvHeads: Math.ceil(attention.kvHeads / Math.min(tensor, attention.kvHeads)) };
}

function sharedFeedForward(feedForward: FeedForward, { tensor, expert, expertTensor }: Part): FeedForward {
  const each = (sharers: number) => Math.ceil(feedForward.intermediate / sharers);
  if (feedForward.kind === "dense") return { ...feedForward, intermediate: each(tensor) };
  const { experts, shared } = feedForward;
  const intermediate = each(expertTensor);
  return { ...feedForward, intermediate, experts: Math.ceil(experts / expert), shared: Math.ceil(shared / tensor) };
}
