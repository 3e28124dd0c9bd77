import type { Dtype } from "../plan/plan.ts";

/** Bytes of a value. */
export function bytesOf(dtype: Dtype): number {
  return dtype === "float32" ? 4 : 2;
}
