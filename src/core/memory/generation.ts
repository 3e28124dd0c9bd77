import { keyValueWidth, queryWidth } from "../models/architecture.ts";
import { computeBytes } from "./dtype.ts";
import type { Run } from "./run.ts";
import { splitOf } from "./sharding.ts";
import { baseWeightBytes } from "./weights.ts";

/** What generating the answers takes beside what is there all the time. */
interface GenerationMoment {
  readonly activations: number;
  readonly logits: number;
  readonly buffers: number;
}

/**
 * Keys and values of all tokens of all sequences in every block with attention, and the last token's logits, in float32 too. Weights
 * that the GPUs share are gathered whole for it. Source: transformers, generation/utils.py; trl, unwrap_model_for_generation.
 */
export function generationMoment(run: Run): GenerationMoment {
  const { architecture, generates, sequenceLength } = run;
  const { attention, blocks, vocab } = architecture;
  const each = computeBytes(run);
  const layers = blocks.reduce((sum, { kind, count }) => sum + (kind === "attention" ? count : 0), 0);
  // Latent attention keeps the keys of all heads.
  const keys = attention.kind === "latent" ? queryWidth(attention) : keyValueWidth(attention);
  const cached = layers * (keys + keyValueWidth(attention)) * each;
  return {
    activations: generates * sequenceLength * cached,
    logits: generates * vocab * (each + 4),
    buffers: splitOf(run).weights > 1 ? baseWeightBytes(run) : 0,
  };
}
