import { alone } from "../../../src/core/memory/placement.ts";
import type { QuantizedWeights, Run, SavedModules } from "../../../src/core/memory/run.ts";

/** What a run on one GPU has where nothing is said of it: transformers' newest release, no kernels, nothing offloaded. */
export const plainRun = {
  optimizerIsFused: false,
  optimizerInBackward: false,
  projectionRank: Number.POSITIVE_INFINITY,
  masterWeights: false,
  lengthsVary: false,
  generates: 0,
  lossShare: 1,
  hasReference: false,
  teacher: null,
  checkpointed: null,
  reentrant: true,
  narrowHead: false,
  leavesLogits: false,
  fusedNorms: false,
  fusedMlp: false,
  fusedLoss: false,
  ownActivations: false,
  repeatsKeys: false,
  flashKernels: true,
  offloadsActivations: false,
  placement: alone,
  evaluation: null,
} satisfies Partial<Run>;

/** 4-bit weights as bitsandbytes keeps them, their scales quantised too, and nothing cast. */
export const plainQuantization: QuantizedWeights = {
  bits: 4,
  double: true,
  groups: false,
  outputLayer: false,
  keepsInputs: false,
  float32Norms: false,
  float32Embeddings: false,
  experts: false,
  joinsExperts: false,
};

/** No modules are trained in full beside the adapters. */
export const nothingSaved: SavedModules = { embedding: 0, outputLayer: 0, dtype: "float32" };
