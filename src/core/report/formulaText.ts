import { t } from "../language.ts";
import type { Equation } from "../schedule/lrSchedule.ts";
import { formatCount, formatRate } from "../units.ts";

/** `k update, from 0 · P = 2e-5 · W = 30 · T = 1,000`, without places of a run whose length is not known. */
export function symbolsText({ symbols }: Equation, stepsKnown: boolean): string {
  const values = Object.entries(symbols).flatMap(([name, value]) =>
    stepsKnown || !timeSymbols.has(name) ? [`${name} = ${symbolText(value)}`] : [],
  );
  return [t`k update, from 0`, ...values].join(" · ");
}

/** Symbols that stand for places of the run, which mean nothing while its length is unknown. */
const timeSymbols: ReadonlySet<string> = new Set(["W", "T", "N", "S", "D", "C", "M", "V"]);

function symbolText(value: number): string {
  return value !== 0 && Math.abs(value) < 0.01 ? formatRate(value) : formatCount(Number(value.toPrecision(6)));
}

/** A clause as a sentence. */
export function sentence(clause: string): string {
  return `${capitalized(clause)}.`;
}

export function capitalized(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}`;
}
