/** The shape of a decoder of the Llama family: RMSNorm, rotary positions, grouped-query attention and a gated MLP. */
export interface Architecture {
  /** Hugging Face id of the model that first had this shape. */
  readonly id: string;
  readonly family: string;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly intermediate: number;
  readonly vocab: number;
  /** The longest sequence that the model was made for, in tokens. */
  readonly context: number;
  /** Whether the output layer shares its weights with the embeddings. */
  readonly tied: boolean;
  readonly qkvBias: boolean;
  /** Whether queries and keys are normalised per head. */
  readonly qkNorm: boolean;
}

/** A linear layer that every block has: its name in transformers, and its width on both sides. */
export interface Linear {
  readonly name: string;
  readonly input: number;
  readonly output: number;
}

export function queryWidth({ heads, headDim }: Architecture): number {
  return heads * headDim;
}

export function keyValueWidth({ kvHeads, headDim }: Architecture): number {
  return kvHeads * headDim;
}

/** The linear layers of one block. */
export function linearsOf(architecture: Architecture): readonly Linear[] {
  const { hidden, intermediate } = architecture;
  const query = queryWidth(architecture);
  const keyValue = keyValueWidth(architecture);
  return [
    { name: "q_proj", input: hidden, output: query },
    { name: "k_proj", input: hidden, output: keyValue },
    { name: "v_proj", input: hidden, output: keyValue },
    { name: "o_proj", input: query, output: hidden },
    { name: "gate_proj", input: hidden, output: intermediate },
    { name: "up_proj", input: hidden, output: intermediate },
    { name: "down_proj", input: intermediate, output: hidden },
  ];
}

/** How many parameters a model has, and in which of its parts. */
export interface ParameterCount {
  readonly total: number;
  readonly embedding: number;
  /** Zero when the output layer is tied to the embedding. */
  readonly outputLayer: number;
  /** The matrices of all blocks: what quantisation and LoRA on all linear layers reach. */
  readonly linears: number;
  /** Normalisation weights and biases of all blocks and the final norm. */
  readonly rest: number;
  /** Everything in one block. */
  readonly perLayer: number;
}

/**
 * V·H embedding, another V·H unless tied, per block the seven matrices, two norms of H, optional biases on q, k and v
 * and two norms of one head's width, and a final norm of H. Meets the published counts to the last parameter.
 */
export function countParameters(architecture: Architecture): ParameterCount {
  const { hidden, layers, vocab, tied, qkvBias, qkNorm, headDim } = architecture;
  const linears = linearsOf(architecture).reduce((sum, { input, output }) => sum + input * output, 0);
  const biases = qkvBias ? queryWidth(architecture) + 2 * keyValueWidth(architecture) : 0;
  const norms = 2 * hidden + (qkNorm ? 2 * headDim : 0);
  const embedding = vocab * hidden;
  const outputLayer = tied ? 0 : vocab * hidden;
  const rest = layers * (biases + norms) + hidden;
  return {
    total: embedding + outputLayer + layers * linears + rest,
    embedding,
    outputLayer,
    linears: layers * linears,
    rest,
    perLayer: linears + biases + norms,
  };
}
