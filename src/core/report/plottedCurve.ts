import type { Rate } from "../schedule/course.ts";
import { highestPoint, type RatePoint } from "../schedule/sampling.ts";
import { formatCount } from "../units.ts";
import { type PlotCurve, rateOfCurve, type SchedulePlot } from "./schedulePlot.ts";

/** A curve of the plot that can be asked for any of its rates. */
export interface PlottedCurve extends PlotCurve {
  readonly rate: Rate;
  /** Updates of its run. */
  readonly total: number;
  /** The first update after which there is nothing left to draw: of the run, or of the schedule where that goes on longer. */
  readonly end: number;
  /** The peak that the config asks for, of which its rates are shares. */
  readonly peak: number;
  /** What one update is on the x axis: 1, or its share of the run in per cent. */
  readonly scale: number;
}

/** The plot with all that does not depend on how it is drawn. */
export interface ReadyPlot extends Omit<SchedulePlot, "curves"> {
  readonly curves: readonly [PlottedCurve, ...PlottedCurve[]];
  /** The highest rate that the first curve applies. */
  readonly highest: RatePoint;
  /** Where the longest of the curves ends on the x axis. */
  readonly end: number;
}

/** Null for a plot without a curve. */
export function readyPlot(plot: SchedulePlot): ReadyPlot | null {
  const [first, ...others] = plot.curves.map((curve) => plottedCurve(curve, plot.unit));
  if (!first) return null;
  const starts = first.schedule.phases.map(({ from }) => from);
  return {
    ...plot,
    ...(plot.unit === "percent" ? { updatesPerEpoch: null, tokensPerUpdate: null, marks: [] } : {}),
    curves: [first, ...others],
    highest: highestPoint(first.rate, first.total, starts),
    end: Math.max(...[first, ...others].map(({ end, scale }) => end * scale)),
  };
}

/** What never runs is drawn of the first curve alone. */
function plottedCurve(curve: PlotCurve, unit: SchedulePlot["unit"]): PlottedCurve {
  const { totalSteps: total, phases, peak } = curve.schedule;
  const end = curve.kind === "run" ? Math.max(total, phases.at(-1)?.to ?? 0) : total;
  return {
    ...curve,
    rate: remembered(rateOfCurve(curve), end),
    total,
    end,
    peak: curve.group?.peak.value ?? peak,
    scale: unit === "updates" ? 1 : 100 / total,
  };
}

/** Updates whose rates are kept: eight bytes each. */
const mostRemembered = 2_000_000;

/** The same rates, each worked out once: a plot asks for all of them whenever it is drawn. */
function remembered(rate: Rate, end: number): Rate {
  const known = new Float64Array(Math.min(Math.ceil(end), mostRemembered)).fill(Number.NaN);
  return (step) => {
    const before = known[step];
    if (before !== undefined && !Number.isNaN(before)) return before;
    const value = rate(step);
    known[step] = value;
    return value;
  };
}

/** The rate at a place of the x axis, of the update nearest to it; undefined where the curve has ended. */
export function rateAt({ rate, end, scale }: PlottedCurve, x: number): number | undefined {
  const step = Math.round(x / scale);
  return step < end ? rate(step) : undefined;
}

/** What the run has behind it with update `step` made; null where it is not known. */
export interface Progress {
  readonly epochs: number | null;
  readonly tokens: number | null;
}

export function progressWith(step: number, plot: Pick<SchedulePlot, "updatesPerEpoch" | "tokensPerUpdate">): Progress {
  const { updatesPerEpoch, tokensPerUpdate } = plot;
  return {
    epochs: updatesPerEpoch === null ? null : (step + 1) / updatesPerEpoch,
    tokens: tokensPerUpdate === null ? null : (step + 1) * tokensPerUpdate,
  };
}

/** A place of the x axis: `1,234` or `12.34 %`. */
export function placeText({ unit }: Pick<ReadyPlot, "unit">, x: number): string {
  return unit === "updates" ? formatCount(x) : `${formatCount(x)} %`;
}
