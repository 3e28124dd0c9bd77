import type { Architecture } from "../models/architecture.ts";
import type { Run, SavedModules } from "./run.ts";

/** Trained weights that are matrices of one shape. */
export interface TrainedMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly count: number;
  /** Whether they are in the blocks, not embeddings or the output layer. */
  readonly inBlock: boolean;
}

/** The matrices that a run trains: LoRA's A and B, or those of the model. */
export function matricesOf(run: Run): readonly TrainedMatrix[] {
  const { adapters, architecture, parameters } = run;
  if (adapters?.inPlace) {
    const share = adapters.inPlace.size / architecture.layers;
    return matricesOf({ ...run, adapters: null })
      .filter(({ inBlock }) => inBlock)
      .map((matrix) => ({ ...matrix, count: matrix.count * share }));
  }
  if (adapters) {
    const { rank } = adapters;
    return adapters.linears.flatMap(({ input, output, count }) => [
      { rows: rank, columns: input, count, inBlock: true },
      { rows: output, columns: rank, count, inBlock: true },
    ]);
  }
  const { vocab, embeddingWidth, linears, blocks } = architecture;
  const single = linears.map(({ input, output, count }) => ({ rows: output, columns: input, count, inBlock: true }));
  const experts = blocks.flatMap(({ count, feedForward }) => {
    if (feedForward?.kind !== "experts") return [];
    const { experts: each, input, intermediate, gated } = feedForward;
    return [{ rows: intermediate, columns: input, count: count * each * (gated ? 3 : 2), inBlock: true }];
  });
  const count = parameters.outputLayer > 0 ? 2 : 1;
  return [...single, ...experts, { rows: vocab, columns: embeddingWidth, count, inBlock: false }];
}

/** The matrices that a run trains in full beside adapters. */
export function savedMatrices(
  { embedding, outputLayer }: SavedModules,
  { vocab, embeddingWidth }: Architecture,
): readonly TrainedMatrix[] {
  const count = [embedding, outputLayer].filter((parameters) => parameters > 0).length;
  return [{ rows: vocab, columns: embeddingWidth, count, inBlock: false }];
}
