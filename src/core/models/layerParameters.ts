import type { Architecture } from "./architecture.ts";

/** How many parameters each layer of a stack has; null where they cannot be told apart from others. */
export interface LayerParameters {
  /** The final norm and the output layer, which has the embeddings' weights where it shares them. */
  readonly head: number | null;
  /** By the number of the block. */
  readonly blocks: readonly (number | null)[];
  /** Embeddings that are not shared, learned positions, towers and projectors. */
  readonly input: number | null;
}

export function layerParameters(architecture: Architecture): LayerParameters {
  const { vocab, embeddingWidth, hidden, norm, positions, tied, otherParameters, nonTextParameters } = architecture;
  const matrix = vocab * embeddingWidth;
  const ofPositions = positions * hidden;
  const finalNorm = norm.parametersPerChannel * hidden;
  const beyondPositions = otherParameters - ofPositions;
  const told = beyondPositions === finalNorm || beyondPositions === finalNorm + vocab;
  return {
    head: told ? matrix + beyondPositions : null,
    blocks: blockParameters(architecture),
    input: told ? (tied ? 0 : matrix) + ofPositions + nonTextParameters : null,
  };
}

/** Blocks of several sizes are in order where the linear layers of the second group begin where the first one ends. */
function blockParameters({ blocks, layers, linears }: Architecture): readonly (number | null)[] {
  const sizes = blocks.flatMap(({ count, parameters }) => Array<number>(count).fill(parameters));
  const alike = new Set(sizes).size === 1;
  const ordered = blocks.length === 2 && linears.some(({ first }) => first > 0 && first === blocks[0]?.count);
  return alike || ordered ? sizes : Array<null>(layers).fill(null);
}
