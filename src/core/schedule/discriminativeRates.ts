import { t } from "../language.ts";
import type { RateGroup } from "../plan/plan.ts";
import type { Known } from "../plan/sourced.ts";

// Discriminative rates (Howard and Ruder, ULMFiT, arXiv 1801.06146, section 3.1): the last layer has the peak, and each layer
// below it the rate of the layer above divided by a ratio. The last layer is the head, all that follows the blocks: the final
// norm and the output layer, or a classifier, which the article trains at the peak. The first one is the embeddings. Where the
// output layer shares their weights, one matrix cannot have two rates: it has the peak, as in fastai's groups of a language model
// (fastai, text/models/awdlstm.py, awd_lstm_lm_split).

/** The rate of a layer over that of the layer below, as the article found it to work well. */
export const ulmfitRatio = 2.6;

/** A model as a stack of layers. */
export interface Stack {
  /** Blocks one after the other. */
  readonly layers: number;
  /** Whether the output layer shares its weights with the embeddings. */
  readonly tied: boolean;
  /** Learned position embeddings. */
  readonly positions: number;
  /** Vision and audio towers and projectors that are trained. */
  readonly nonTextParameters: number;
}

/** What is trained with one rate: what follows the blocks, a block by its number, or what comes before them. */
export type Layer = "head" | "input" | number;

export interface LayerRate {
  readonly layer: Layer;
  readonly name: string;
  /** Its rate as a share of the peak. */
  readonly share: number;
}

/** The rates of all layers from the output down. */
export function layerRates(stack: Stack, ratio: number): readonly LayerRate[] {
  const blocks = Array.from({ length: stack.layers }, (_, depth) => stack.layers - 1 - depth);
  const input = inputName(stack);
  const layers: readonly (readonly [layer: Layer, name: string])[] = [
    ["head", stack.tied ? t`head and embeddings (shared)` : t`head`],
    ...blocks.map((block) => [block, t`block ${block}`] as const),
    ...(input ? [["input", input] as const] : []),
  ];
  return layers.map(([layer, name], depth) => ({ layer, name, share: ratio ** -depth }));
}

function inputName({ tied, positions, nonTextParameters }: Stack): string {
  const embeddings = tied ? (positions > 0 ? t`position embeddings` : "") : t`embeddings`;
  if (nonTextParameters === 0) return embeddings;
  return embeddings === "" ? t`towers` : t`${embeddings} and towers`;
}

/** The layers as parameters with a rate of their own. */
export function discriminativeGroups(peak: Known<number>, stack: Stack, ratio: number): readonly RateGroup[] {
  const note = t`the rate of the layer above divided by ${ratio}`;
  return layerRates(stack, ratio).map(({ layer, name, share }) => ({
    name,
    peak: layer === "head" ? peak : { ...peak, value: peak.value * share, note },
  }));
}
