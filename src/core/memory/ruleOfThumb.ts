import { nominalSize } from "../models/sizeInName.ts";
import type { Run } from "./run.ts";

/** The textbook estimate of one GPU that holds everything. */
export interface RuleOfThumb {
  /** The size that the model goes by, in parameters. */
  readonly parameters: number;
  /** Bytes per parameter of the model: 16 for full fine-tuning. */
  readonly bytesPerParameter: number;
  readonly stateBytes: number;
  readonly activationBytes: number;
  readonly totalBytes: number;
}

/** Bytes per activation value: 10 to 14, depending on the architecture. */
const k = 12;

/**
 * Mixed-precision AdamW keeps 16-bit weights and gradients and three float32 copies (master weights, two moments):
 * 2N + 2N + 12N = 16N bytes; activations take s·b·d·L·k. With adapters the N frozen weights take 2 bytes each (half a byte
 * in 4 bits), and the 16 bytes go to the trainable ones only.
 */
export function ruleOfThumb({
  parameters,
  trainable,
  method,
  sequenceLength,
  batch,
  hidden,
  layers,
}: Textbook): RuleOfThumb {
  const bytesPerParameter = method === "full" ? 16 : method === "lora" ? 2 : 0.5;
  const stateBytes = bytesPerParameter * parameters + (method === "full" ? 0 : 16 * trainable);
  const activationBytes = sequenceLength * batch * hidden * layers * k;
  return { parameters, bytesPerParameter, stateBytes, activationBytes, totalBytes: stateBytes + activationBytes };
}

/** What the textbook asks: N, the trained part of it, s, b, d and L. */
export interface Textbook {
  readonly parameters: number;
  readonly trainable: number;
  readonly method: "full" | "lora" | "qlora";
  readonly sequenceLength: number;
  readonly batch: number;
  readonly hidden: number;
  readonly layers: number;
}

/** The rule for a run, with the model's size as its name tells it: 7B for Llama-2-7b, not 6.74B. */
export function ruleOfThumbOf(run: Run, modelName: string): RuleOfThumb {
  const { architecture, adapters, quantization, sequences, sequenceLength, trainable } = run;
  return ruleOfThumb({
    parameters: nominalSize(modelName, run.parameters.total),
    trainable,
    method: adapters ? (quantization ? "qlora" : "lora") : "full",
    sequenceLength,
    batch: sequences,
    hidden: architecture.hidden,
    layers: architecture.layers,
  });
}

/** How many GPUs of `gigabytes` (1e9 bytes) the total fills, the fraction of a gigabyte dropped as in the textbook. */
export function gpusToHold(totalBytes: number, gigabytes: number): number {
  return Math.max(1, Math.ceil(Math.floor(totalBytes / 1e9) / gigabytes));
}
