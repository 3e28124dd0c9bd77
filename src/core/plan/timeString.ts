import { numberFrom } from "../text/scalar.ts";

/** A time as MosaicML's Composer writes it, such as `100ba` or `0.03dur`. */
export interface TimeString {
  readonly amount: number;
  /** Batches, epochs, samples, tokens, seconds, iterations, or a share of the run (`dur`). */
  readonly unit: string;
}

/** Undefined for a text that is no such time. */
export function timeStringFrom(text: string): TimeString | undefined {
  const [, digits = "", unit = ""] = /^([\d._e+-]+?)\s*(iter|ep|ba|sp|tok|dur|sec)$/i.exec(text.trim()) ?? [];
  const amount = numberFrom(digits);
  return amount === undefined ? undefined : { amount, unit: unit.toLowerCase() };
}
