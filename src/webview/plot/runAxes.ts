import { t } from "../../core/language.ts";
import { placeText, type ReadyPlot } from "../../core/report/plottedCurve.ts";
import { formatCount, formatRate } from "../../core/units.ts";
import { pixelX, pixelY, roundStep, ticks } from "./axes.ts";
import type { Scene } from "./scene.ts";
import { type Shape, type Text, verticalLine } from "./shapes.ts";

/** Lines of epochs and ticks of evaluations and saves beyond these numbers are drawn only every so often. */
const mostEpochLines = 20;
const leastTickGap = 5;

/**
 * The lanes of evaluations and saves below the plot, and what separates them from the numbers of the y axis, in lines: their names
 * keep clear of each other and of the lowest rate.
 */
const laneLines = 0.72;
const gapLines = 0.45;

/** The lines of the grid with their rates, and the axis of the run with its numbers. */
export function grid({ axes, view, line, measure, plot }: Scene, rates: readonly number[]): readonly Shape[] {
  const { theme } = view;
  const { box } = axes;
  const places = placeTicks({ axes, measure, plot });
  const lanes = lanesHeight(plot, line);
  const under = box.top + box.height;
  const horizontal = rates.map((rate) => `M${box.left} ${pixelY(axes, rate)}h${box.width}`).join("");
  const small = places.map((place) => verticalLine(pixelX(axes, place), under, 4)).join("");
  return [
    { kind: "path", d: horizontal, stroke: theme.muted, opacity: 0.22 },
    {
      kind: "path",
      d: `M${box.left} ${under}h${box.width}${small}`,
      stroke: theme.muted,
    },
    ...rates.map(
      (rate): Text => ({
        kind: "text",
        text: formatRate(rate),
        x: box.left - 8,
        y: pixelY(axes, rate),
        align: "right",
        color: theme.muted,
      }),
    ),
    ...places.map((place): Text => {
      const text = placeText(plot, place);
      const half = measure(text) / 2;
      // The first number keeps clear of the lowest one of the other axis.
      const x = Math.min(view.width - half, Math.max(box.left - 4 + half, pixelX(axes, place)));
      return { kind: "text", text, x, y: under + lanes + 5 + line / 2, align: "center", color: theme.muted };
    }),
  ];
}

function placeTicks({ axes, measure, plot }: Pick<Scene, "axes" | "measure" | "plot">): readonly number[] {
  const widest = measure(placeText(plot, roundStep(axes.x.to))) + 22;
  return ticks(axes.x, Math.min(8, Math.floor(axes.box.width / widest)), plot.unit === "updates" ? 1 : 0);
}

/** What the axis of the run counts. */
export function runAxis({ axes, view, plot, line }: Scene): readonly Shape[] {
  const { left, width } = axes.box;
  return [
    {
      kind: "text",
      text: plot.unit === "updates" ? t`optimizer update` : t`share of the run`,
      x: left + width / 2,
      y: view.height - line / 2 - 2,
      align: "center",
      color: view.theme.muted,
    },
  ];
}

/** Shapes, and what they leave out. */
export interface Marks {
  readonly shapes: readonly Shape[];
  readonly notes: readonly string[];
}

/** A line where each epoch ends, with its number in a row below the updates. */
export function epochLines({ plot, axes, view, line, measure }: Scene): Marks {
  const { updatesPerEpoch } = plot;
  if (updatesPerEpoch === null) return { shapes: [], notes: [] };
  const { theme } = view;
  const { box, x } = axes;
  const first = Math.max(1, Math.ceil(x.from / updatesPerEpoch));
  const last = Math.floor(Math.min(x.to, plot.curves[0].total) / updatesPerEpoch + 1e-9);
  const count = Math.max(0, last - first + 1);
  const every = count > mostEpochLines ? roundStep(count / mostEpochLines) : 1;
  const epochs: number[] = [];
  for (let epoch = Math.ceil(first / every) * every; epoch <= last; epoch += every) epochs.push(epoch);
  const y = box.top + box.height + lanesHeight(plot, line) + 5 + 1.5 * line;
  let free = Number.NEGATIVE_INFINITY;
  const texts = epochs.flatMap((epoch): readonly Text[] => {
    const text = t`epoch ${formatCount(epoch)}`;
    const half = measure(text) / 2;
    const middle = Math.min(view.width - half, Math.max(half, pixelX(axes, epoch * updatesPerEpoch)));
    if (middle - half < free) return [];
    free = middle + half + 10;
    return [{ kind: "text", text, x: middle, y, align: "center", color: theme.muted }];
  });
  const d = epochs.map((epoch) => verticalLine(pixelX(axes, epoch * updatesPerEpoch), box.top, box.height)).join("");
  return {
    shapes: [...(d ? [{ kind: "path", d, stroke: theme.muted, dash: [1, 3], opacity: 0.9 } as const] : []), ...texts],
    notes: every > 1 ? [t`A line every ${formatCount(every)} epochs.`] : [],
  };
}

const laneTexts = { evaluation: t`eval`, save: t`save` } as const;

export function laneNames({ marks }: Pick<ReadyPlot, "marks">): readonly string[] {
  return marks.map(({ kind }) => laneTexts[kind]);
}

/** Pixels of the lanes below the plot, with lines of `line` pixels. */
export function lanesHeight({ marks }: Pick<ReadyPlot, "marks">, line: number): number {
  return marks.length === 0 ? 0 : line * (gapLines + laneLines * marks.length);
}

/** Ticks below the plot where the run evaluates and saves, in a lane for each. */
export function markLanes({ plot, axes, view, line }: Scene): Marks {
  const { box, x } = axes;
  const { theme } = view;
  const height = line * laneLines;
  const notes: string[] = [];
  const shapes = plot.marks.flatMap(({ kind, every }, lane): readonly Shape[] => {
    const pixels = (every * box.width) / (x.to - x.from);
    const drawn = every * (pixels < leastTickGap ? roundStep(leastTickGap / pixels) : 1);
    if (drawn > every) {
      const what = kind === "evaluation" ? t`Evaluation` : t`A save`;
      notes.push(t`${what} every ${formatCount(every)} updates, a tick every ${formatCount(drawn)}.`);
    }
    const top = box.top + box.height + line * gapLines + lane * height;
    const last = Math.min(x.to, plot.curves[0].total);
    let d = "";
    for (let step = Math.max(1, Math.ceil(x.from / drawn)) * drawn; step <= last; step += drawn) {
      d += verticalLine(pixelX(axes, step), top + 2, height - 4);
    }
    const color = kind === "evaluation" ? theme.charts.purple : theme.charts.green;
    return [
      ...(d ? [{ kind: "path", d, stroke: theme.highContrast ? theme.foreground : color, width: 1.5 } as const] : []),
      {
        kind: "text",
        text: laneTexts[kind],
        x: box.left - 8,
        y: top + height / 2,
        align: "right",
        color: theme.muted,
      },
    ];
  });
  return { shapes, notes };
}
