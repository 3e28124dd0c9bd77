/** The shape of a language model: what it is made of, how wide its parts are, and what its modules are called. */
export interface Architecture {
  /** Hugging Face id of the model that first had this shape, or the name that the config gives it. */
  readonly id: string;
  readonly family: string;
  /** transformers' `model_type`, which decides how its modules are called. */
  readonly type: string;
  readonly hidden: number;
  /** Blocks one after the other; of an encoder and a decoder, the decoder's. */
  readonly layers: number;
  readonly vocab: number;
  /** Width of the embeddings: as wide as the blocks but in OPT 350M. */
  readonly embeddingWidth: number;
  /** The longest sequence that the model was made for, in tokens; null where there is no limit or it is not known. */
  readonly context: number | null;
  /** Whether the output layer shares its weights with the embeddings. */
  readonly tied: boolean;
  /** Learned position embeddings; 0 for rotary, relative and other positions without weights. */
  readonly positions: number;
  readonly norm: Norm;
  readonly attention: Attention;
  /** Whether attention and MLP follow each other or read the same input. */
  readonly residual: "sequential" | "parallel";
  /** Every block, alike ones together, in their order where that is known. */
  readonly blocks: readonly BlockGroup[];
  /** Every linear layer of the blocks. Fused experts are no linear layers. */
  readonly linears: readonly Linear[];
  /** Final norm, positions, token types, an encoder's output head, the output layer's bias. */
  readonly otherParameters: number;
  /** Vision and audio towers and projectors. */
  readonly nonTextParameters: number;
}

export interface Norm {
  /** `rms` has weights only, `layer` may have a bias as well, `none` has neither. */
  readonly kind: "rms" | "layer" | "none";
  /** Parameters per channel: 2 with a bias, 1 without, 0 for norms without weights. */
  readonly parametersPerChannel: 0 | 1 | 2;
  /** Norms of the residual stream in one block. */
  readonly perBlock: number;
}

export type Attention = GroupedAttention | LatentAttention | NoAttention;

/** Multi-head attention; heads share keys and values in groups, one group per head in the classic form. */
export interface GroupedAttention {
  readonly kind: "grouped";
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Whether queries, keys and values have biases. */
  readonly bias: boolean;
  readonly outputBias: boolean;
  /** Whether queries and keys are normalised: each head, or the whole width at once. */
  readonly queryKeyNorm: "none" | "head" | "full";
  /** Tokens that the layers with a sliding window look back; null without such layers. */
  readonly window: number | null;
}

/** Multi-head latent attention: keys and values, often queries too, come out of a narrow vector. */
export interface LatentAttention {
  readonly kind: "latent";
  readonly heads: number;
  /** Null where queries are projected directly. */
  readonly queryRank: number | null;
  readonly keyValueRank: number;
  /** Width of a head without rotary positions, with them, and of its value. */
  readonly nopeDim: number;
  readonly ropeDim: number;
  readonly valueDim: number;
  readonly window: number | null;
}

export interface NoAttention {
  readonly kind: "none";
}

export type FeedForward = DenseFeedForward | ExpertFeedForward;

export interface DenseFeedForward {
  readonly kind: "dense";
  readonly intermediate: number;
  /** Three matrices (gate, up, down) or two (up, down). */
  readonly gated: boolean;
  readonly bias: boolean;
}

export interface ExpertFeedForward {
  readonly kind: "experts";
  readonly experts: number;
  /** Experts per token, without the shared ones. */
  readonly active: number;
  /** Width of one expert. */
  readonly intermediate: number;
  /** Width of what an expert reads and writes: the model's, or that of a narrower vector. */
  readonly input: number;
  readonly gated: boolean;
  readonly bias: boolean;
  /** Width of the experts that see every token, together; 0 without them. */
  readonly shared: number;
  /** Whether the shared experts have a gate of their own. */
  readonly sharedGate: boolean;
}

/** Blocks of one kind. */
export interface BlockGroup {
  readonly kind: BlockKind;
  readonly count: number;
  /** Of one block. */
  readonly parameters: number;
  readonly feedForward: FeedForward | null;
  /** The linear layers of one block, where they are told apart from those of other groups already. */
  readonly linears?: readonly Linear[];
}

export type BlockKind =
  | "attention"
  | "cross-attention"
  | "linear-attention"
  | "ssm"
  | "ssm-and-attention"
  | "convolution"
  | "feed-forward";

/** A linear layer that `count` blocks have, from block `first` on. */
export interface Linear {
  /** The last part of its path, such as `q_proj`. */
  readonly name: string;
  /** Where transformers keeps it, a `*` for the number of the block: `model.layers.*.self_attn.q_proj`. */
  readonly path: string;
  readonly input: number;
  readonly output: number;
  readonly first: number;
  readonly count: number;
  /** What the outputs are; a fused layer has several parts. */
  readonly parts: readonly LinearPart[];
}

export interface LinearPart {
  readonly role: LinearRole;
  readonly output: number;
}

export type LinearRole = "query" | "key" | "value" | "output" | "mlp" | "other";

/** Width of all queries of a token. */
export function queryWidth(attention: Attention): number {
  if (attention.kind === "grouped") return attention.heads * attention.headDim;
  return attention.kind === "latent" ? attention.heads * (attention.nopeDim + attention.ropeDim) : 0;
}

/** Width of all keys of a token, and of all values. */
export function keyValueWidth(attention: Attention): number {
  if (attention.kind === "grouped") return attention.kvHeads * attention.headDim;
  return attention.kind === "latent" ? attention.heads * attention.valueDim : 0;
}
