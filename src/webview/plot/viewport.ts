import type { ReadyPlot } from "../../core/report/plottedCurve.ts";
import type { PlotState } from "../../protocol.ts";
import type { Axes, Range } from "./axes.ts";
import { clampRange, homeRange, zoomed } from "./zoom.ts";

/** What of a plot is in sight: a stretch of the run, on which axis, and which curves. */
export class Viewport {
  readonly #onChange: (state: PlotState) => void;
  #state: PlotState = { range: null, log: false, hidden: [] };

  constructor(onChange: (state: PlotState) => void) {
    this.#onChange = onChange;
  }

  get isLog(): boolean {
    return this.#state.log;
  }

  get isWholeRun(): boolean {
    return this.#state.range === null;
  }

  rangeOf(plot: ReadyPlot): Range {
    return this.#state.range ?? homeRange(plot);
  }

  isHidden(id: string): boolean {
    return this.#state.hidden.includes(id);
  }

  /** Takes over what was in sight of a file before; null for a file that is new here, which keeps the axis. */
  restore(state: PlotState | null): void {
    this.#state = state ?? { range: null, log: this.#state.log, hidden: [] };
  }

  /** Stays within another plot, and starts anew where that counts in other units. */
  settle(plot: ReadyPlot, unit: ReadyPlot["unit"] | undefined): void {
    const { range } = this.#state;
    if (unit !== undefined && unit !== plot.unit) this.#state = { ...this.#state, range: null };
    else if (range) this.#state = { ...this.#state, range: clampRange(range, plot) };
  }

  toggle(id: string): void {
    const { hidden } = this.#state;
    this.#change({ hidden: this.isHidden(id) ? hidden.filter((other) => other !== id) : [...hidden, id] });
  }

  changeAxis(): void {
    this.#change({ log: !this.#state.log });
  }

  showWholeRun(): void {
    this.#change({ range: null });
  }

  show(range: Range, plot: ReadyPlot): void {
    const home = homeRange(plot);
    const next = clampRange(range, plot);
    this.#change({ range: next.from !== home.from || next.to !== home.to ? next : null });
  }

  zoom(factor: number, around: number, plot: ReadyPlot): void {
    this.show(zoomed(this.rangeOf(plot), factor, around), plot);
  }

  /** Moves what is in sight by so many pixels; the whole run stays where it is. */
  pan(pixels: number, plot: ReadyPlot, { box }: Axes): void {
    if (!this.#state.range) return;
    const { from, to } = this.#state.range;
    const way = (pixels * (to - from)) / box.width;
    this.show({ from: from + way, to: to + way }, plot);
  }

  #change(state: Partial<PlotState>): void {
    this.#state = { ...this.#state, ...state };
    this.#onChange(this.#state);
  }
}
