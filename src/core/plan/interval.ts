import { mapped, type Sourced } from "./sourced.ts";

/** How often something happens in a run, such as an evaluation, in the units that the framework counts it in. */
export type Interval =
  | { readonly kind: IntervalUnit; readonly every: number }
  | ShareOfRun
  /** Once, when the run is over. */
  | { readonly kind: "end" }
  | { readonly kind: "never" };

/** Optimizer updates; passes over the data; forward passes of one GPU; samples and tokens of all GPUs. */
export type IntervalUnit = "updates" | "epochs" | "passes" | "samples" | "tokens";

/** A part of the run or of an epoch; the framework rounds it to whole updates. */
export interface ShareOfRun {
  readonly kind: "share";
  readonly of: "run" | "epoch";
  readonly share: number;
  readonly rounding: "up" | "down";
}

export const never: Interval = { kind: "never" };

export const atEnd: Interval = { kind: "end" };

/** Zero and less stand for never. */
export function every(count: number, kind: IntervalUnit): Interval {
  return count > 0 ? { kind, every: count } : never;
}

/** The optimizer updates that a key counts. */
export function inUpdates(updates: Sourced<number>): Sourced<Interval> {
  return mapped(updates, (count) => every(count, "updates"));
}

/** The optimizer updates that a key counts, or the end alone where they are 0 or less. */
export function inUpdatesOrAtEnd(updates: Sourced<number>): Sourced<Interval> {
  return mapped(updates, (count) => (count > 0 ? every(count, "updates") : atEnd));
}
