import { bytesOf, type Run, tokensOf } from "./run.ts";

/** Bytes of logits and loss at the two moments when they peak. */
export interface LogitsMemory {
  readonly endOfForward: number;
  readonly startOfBackward: number;
}

/**
 * T tokens by V words. Materialised, transformers' loss holds the logits (2, or 4 in float32), their float32 copy and the
 * log-softmax (4 each) at the end of the forward pass, then the log-softmax and two gradients (4 each). Releases 4.46 to
 * 4.49 also copied the shifted logits of batches above one. Chunked, only one chunk of tokens is there at a time.
 */
export function logitsMemory(run: Run): LogitsMemory {
  const tokens = tokensOf(run);
  const { vocab } = run.architecture;
  if (run.loss === "chunked") {
    const bytes = 12 * Math.min(tokens, chunkTokens(run)) * vocab;
    return { endOfForward: bytes, startOfBackward: bytes };
  }
  const float32 = bytesOf(run.autocast ?? run.weights) === 4;
  const copy = run.copiesLogits && run.sequences > 1 ? 4 : 0;
  return { endOfForward: ((float32 ? 8 : 10) + copy) * tokens * vocab, startOfBackward: 12 * tokens * vocab };
}

/** Tokens per chunk of Liger's fused linear cross-entropy: as many chunks as the vocabulary is wider than the model. */
function chunkTokens(run: Run): number {
  const { vocab, hidden } = run.architecture;
  const chunks = Math.ceil(vocab / hidden);
  return 2 ** Math.ceil(Math.log2(Math.max(1, tokensOf(run) / chunks)));
}
