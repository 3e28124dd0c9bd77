import type { ReadyPlot } from "../../core/report/plottedCurve.ts";
import type { Range } from "./axes.ts";

/** Updates that stay in sight however far one zooms in. */
const fewestUpdates = 4;

/** What is in sight before anybody zooms: all of it, but no more than a second run's length of what the run never uses. */
export function homeRange({ curves: [main], curves, end }: ReadyPlot): Range {
  const runs = Math.max(...curves.map(({ total, scale }) => total * scale));
  return { from: 0, to: Math.max(runs, Math.min(end, 2 * main.total * main.scale)) };
}

/** `range`, moved and shrunk so far that it lies in the plot. */
export function clampRange({ from, to }: Range, plot: ReadyPlot): Range {
  const [{ scale }] = plot.curves;
  const all = Math.max(plot.end, homeRange(plot).to);
  const length = Math.min(all, Math.max(to - from, fewestUpdates * scale));
  const start = Math.max(0, Math.min(from, all - length));
  return { from: start, to: start + length };
}

/** The range with the place `around` where it was, and `factor` times as long. */
export function zoomed({ from, to }: Range, factor: number, around: number): Range {
  return { from: around - (around - from) * factor, to: around + (to - around) * factor };
}

/** The range moved so that `place` is in it. */
export function rangeWith({ from, to }: Range, place: number): Range {
  const length = to - from;
  if (place < from) return { from: place - 0.1 * length, to: place + 0.9 * length };
  if (place > to) return { from: place - 0.9 * length, to: place + 0.1 * length };
  return { from, to };
}
