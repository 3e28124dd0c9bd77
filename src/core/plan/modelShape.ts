/** The shape of a decoder as a config spells it out; what it leaves out is as in Llama. */
export interface ModelShape {
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly vocab: number;
  /** Key and value heads; as many as `heads` where left out. */
  readonly kvHeads?: number;
  /** Width of a head; hidden / heads where left out. */
  readonly headDim?: number;
  readonly intermediate: number;
  readonly context?: number;
  /** Whether the output layer shares its weights with the embeddings. */
  readonly tied?: boolean;
  /** Whether the MLP has a gate (three matrices, as Llama) or not (two, as GPT). */
  readonly gated?: boolean;
  /** Whether linear layers and norms have biases, as GPT's do. */
  readonly biased?: boolean;
  /** Learned position embeddings. */
  readonly positions?: number;
  readonly experts?: number;
  readonly activeExperts?: number;
}
