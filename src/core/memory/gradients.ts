import { countSaved } from "../models/lora.ts";
import { bytesOf } from "./dtype.ts";
import type { Run } from "./run.ts";

export function gradientBytesPerParameter({ gradients }: Run): number {
  return bytesOf(gradients);
}

/** Of all that is trained. */
export function gradientBytes(run: Run): number {
  const { adapters, trainable } = run;
  return (adapters?.parameters ?? trainable) * gradientBytesPerParameter(run) + savedBytes(run);
}

/** Bytes of the modules that are trained in full beside adapters, and of their gradients. */
export function savedBytes({ adapters }: Run): number {
  if (!adapters) return 0;
  return countSaved(adapters.saved) * bytesOf(adapters.saved.dtype);
}
