/** Bytes on one GPU by what they hold. */
export interface Components {
  readonly weights: number;
  readonly gradients: number;
  readonly optimizer: number;
  readonly activations: number;
  readonly logits: number;
  readonly buffers: number;
  /** What torch does not count as allocated: cached blocks, the CUDA context, communicators, paged optimizer states. */
  readonly overhead: number;
}

/** What torch counts. */
export type Allocated = Omit<Components, "overhead">;

export function bytesIn({ weights, gradients, optimizer, activations, logits, buffers }: Allocated): number {
  return weights + gradients + optimizer + activations + logits + buffers;
}
