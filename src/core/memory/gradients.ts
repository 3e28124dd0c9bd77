import { bytesOf } from "./dtype.ts";
import type { Run } from "./run.ts";

/** Bytes per trained parameter: a gradient has its parameter's type. */
export function gradientBytesPerParameter({ adapters, weights }: Run): number {
  return bytesOf(adapters ? adapters.dtype : weights);
}

export function gradientBytes(run: Run): number {
  return run.trainable * gradientBytesPerParameter(run);
}
