import type { ReadyPlot } from "../../core/report/plottedCurve.ts";
import type { Theme } from "../theme.ts";
import type { Axes, Range } from "./axes.ts";

/** What of a plot is to be drawn, and where. */
export interface View {
  /** The stretch of the x axis in sight. */
  readonly range: Range;
  /** Whether the y axis is logarithmic. */
  readonly log: boolean;
  readonly isHidden: (id: string) => boolean;
  readonly theme: Theme;
  /** Of the picture, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Pixels that are left free above it and on both sides. */
  readonly above?: number;
  readonly beside?: number;
}

/** All that the parts of a picture are drawn from. */
export interface Scene {
  readonly plot: ReadyPlot;
  readonly view: View;
  readonly axes: Axes;
  readonly measure: (text: string) => number;
  /** Pixels of a line of text. */
  readonly line: number;
}
