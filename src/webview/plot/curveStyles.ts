import type { PlotCurve } from "../../core/report/schedulePlot.ts";
import type { ChartColor, Theme } from "../theme.ts";

/** How a line is drawn: no two that are drawn together have both colour and pattern in common, up to twenty. */
export interface CurveStyle {
  readonly color: string;
  readonly width: number;
  /** Lengths of dashes and gaps; empty for a solid line. */
  readonly dash: readonly number[];
}

const colors: readonly ChartColor[] = ["orange", "green", "purple", "red", "yellow"];

const patterns: readonly (readonly number[])[] = [
  [9, 4],
  [3, 3],
  [9, 3, 3, 3],
  [16, 5],
];

/** The styles of curves by their ids; they depend on the curves alone, so that a line keeps its own when others are hidden. */
export function curveStyles(curves: readonly PlotCurve[], theme: Theme): ReadonlyMap<string, CurveStyle> {
  let others = 0;
  return new Map(
    curves.map(({ id, kind }) => {
      if (kind === "run") return [id, { color: theme.line, width: 2, dash: [] }];
      if (kind === "textbook") return [id, { color: theme.muted, width: 1.5, dash: [2, 3] }];
      if (kind === "file") return [id, { color: theme.foreground, width: 1.5, dash: [6, 3] }];
      const color = colors[others % colors.length];
      const dash = patterns[others % patterns.length] ?? [];
      others++;
      return [id, { color: color ? theme.charts[color] : theme.foreground, width: 1.75, dash }];
    }),
  );
}
