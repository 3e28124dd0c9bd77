import type { ReadyPlot } from "../../core/report/plottedCurve.ts";
import type { ChartOption, Size, Words } from "../chart.ts";
import { printTheme } from "../theme.ts";
import { curveStyles } from "./curveStyles.ts";
import { drawPlot } from "./drawing.ts";
import type { View } from "./scene.ts";
import { type Shape, shapeSeries, type Text } from "./shapes.ts";
import { lineHeight, textMeasure } from "./textSize.ts";

/** A picture that stands by itself. */
export interface Exported {
  readonly option: ChartOption;
  readonly size: Size;
  readonly words: Words;
}

const width = 960;
const plotHeight = 460;
const margin = 16;

/** What is in sight, on white and in the size of a figure, with its title and the names of its curves. */
export function exportedPlot(
  plot: ReadyPlot,
  title: string,
  view: Pick<View, "range" | "log" | "isHidden" | "theme">,
): Exported {
  const theme = printTheme(view.theme);
  const line = lineHeight(theme) + 2;
  const description = wrapped(plot.description, width - 2 * margin, textMeasure(theme));
  const heading = [
    text(title, margin, margin + line / 2, theme.foreground, true),
    ...description.map((words, index) => text(words, margin, margin + (index + 1.5) * line, theme.muted)),
  ];
  const top = margin + (1 + description.length) * line + 4;
  const legend = legendShapes(plot, { ...view, theme }, top, line);
  const above = top + legend.rows * line + 6;
  const size = { width, height: above + plotHeight };
  const { option } = drawPlot(plot, { ...view, ...size, theme, above, beside: margin - 4 });
  const series = Array.isArray(option.series) ? option.series : [];
  return {
    size,
    words: { title, description: plot.description },
    option: {
      ...option,
      backgroundColor: theme.background,
      series: [...series, shapeSeries([...heading, ...legend.shapes], theme, 20)],
    },
  };
}

/** The lines of a text that is broken between its words. */
function wrapped(words: string, widest: number, measure: (text: string) => number): readonly string[] {
  const lines: string[] = [];
  for (const word of words.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && measure(longer) <= widest) lines.splice(-1, 1, longer);
    else lines.push(word);
  }
  return lines;
}

/** A line and a name for each curve that is drawn, in as many rows as it takes; none for a single curve. */
function legendShapes(
  plot: ReadyPlot,
  { theme, isHidden }: Pick<View, "theme" | "isHidden">,
  top: number,
  line: number,
): { readonly shapes: readonly Shape[]; readonly rows: number } {
  const curves = plot.curves.filter(({ id }) => !isHidden(id));
  if (curves.length < 2) return { shapes: [], rows: 0 };
  const styles = curveStyles(plot.curves, theme);
  const measure = textMeasure(theme);
  let [x, row] = [margin, 0];
  const shapes = curves.flatMap(({ id, label }): readonly Shape[] => {
    const length = 32 + measure(label);
    if (x > margin && x + length > width - margin) [x, row] = [margin, row + 1];
    const left = x;
    const y = top + (row + 0.5) * line;
    x += length + 20;
    const style = styles.get(id);
    return [
      {
        kind: "path",
        d: `M${left} ${y}h26`,
        stroke: style?.color ?? theme.line,
        width: style?.width ?? 1,
        dash: style?.dash ?? [],
      },
      text(label, left + 32, y, theme.foreground),
    ];
  });
  return { shapes, rows: row + 1 };
}

function text(words: string, x: number, y: number, color: string, bold = false): Text {
  return { kind: "text", text: words, x, y, align: "left", color, bold };
}
