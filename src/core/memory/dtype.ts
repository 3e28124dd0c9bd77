import type { Dtype } from "../plan/plan.ts";

/** Bytes of a value. */
export function bytesOf(dtype: Dtype): number {
  return dtype === "float32" ? 4 : 2;
}

/** Bytes of a value in matrix products: autocast's type, or the weights'. */
export function computeBytes({
  autocast,
  weights,
}: {
  readonly autocast: Dtype | null;
  readonly weights: Dtype;
}): number {
  return bytesOf(autocast ?? weights);
}
