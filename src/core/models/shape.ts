import type { ModelShape } from "../plan/modelShape.ts";
import type { Architecture } from "./architecture.ts";
import { architectureOf } from "./dimensions.ts";

/** The architecture that a config spells out, under the name that the config gives it. */
export function shapeArchitecture(shape: ModelShape, id: string): Architecture {
  const { hidden, layers, heads, vocab, intermediate, biased = false } = shape;
  const { kvHeads, headDim, context, positions, experts, activeExperts } = shape;
  return architectureOf({
    id,
    family: biased ? "GPT" : "Llama",
    type: "llama",
    hidden,
    layers,
    heads,
    vocab,
    intermediate,
    tied: shape.tied ?? false,
    gated: shape.gated ?? true,
    qkvBias: biased,
    outputBias: biased,
    mlpBias: biased,
    ...(biased ? { norm: "layer" } : {}),
    ...(kvHeads === undefined ? {} : { kvHeads }),
    ...(headDim === undefined ? {} : { headDim }),
    ...(context === undefined ? {} : { context }),
    ...(positions === undefined ? {} : { positions }),
    ...(experts === undefined || experts < 2
      ? {}
      : { experts: { count: experts, active: activeExperts ?? experts, width: intermediate } }),
  });
}
