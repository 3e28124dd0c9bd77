import type { Hypothesis } from "../advice/hypothesis.ts";
import type { Analysis } from "../analyze.ts";
import { t } from "../language.ts";

/** A config as its file has it, and what is tried of it. */
export interface Trial {
  readonly file: Analysis;
  readonly hypothesis: Hypothesis;
}

export type Control = NumberControl | SwitchControl | ChoiceControl;

export type NumberName =
  | "microBatch"
  | "sequenceLength"
  | "gpus"
  | "peakLearningRate"
  | "warmupSteps"
  | "warmupRatio"
  | "floor"
  | "epochs"
  | "maxSteps"
  | "samples";

export interface NumberControl {
  readonly kind: "number";
  readonly name: NumberName;
  readonly label: string;
  /** How it is written: a whole number, one with a fraction, a learning rate, or a share in per cent, as whose share it is sent. */
  readonly unit: "count" | "number" | "rate" | "percent";
  /** Null where it is not known. */
  readonly value: number | null;
  /** The least that it may be. */
  readonly least: number;
  /** Where a slider stops, in growing order; `value` is one of them. */
  readonly stops: readonly number[];
}

export interface SwitchControl {
  readonly kind: "switch";
  readonly name: "gradientCheckpointing";
  readonly label: string;
  readonly value: boolean;
}

export interface ChoiceControl {
  readonly kind: "choice";
  readonly name: "optimizer" | "method" | "scheduler";
  readonly label: string;
  /** The id of one of the choices; empty for what the file has. */
  readonly value: string;
  readonly choices: readonly Choice[];
}

export interface Choice {
  readonly id: string;
  readonly label: string;
}

/** Nothing where there is no other choice than what the file has. */
export function choice<T extends string>(
  name: ChoiceControl["name"],
  label: string,
  value: T | undefined,
  own: string,
  ids: readonly T[],
  names: Readonly<Record<T, string>>,
): readonly ChoiceControl[] {
  if (ids.length === 0) return [];
  const choices = [{ id: "", label: t`${own} (as it is)` }, ...ids.map((id) => ({ id, label: names[id] }))];
  return [{ kind: "choice", name, label, value: value ?? "", choices }];
}

/** `stops` with the file's value and that which is tried, in growing order. */
export function stopsOf(stops: readonly number[], ...values: readonly (number | undefined)[]): readonly number[] {
  return [...new Set([...stops, ...values.filter((value) => value !== undefined)])].sort((a, b) => a - b);
}
