import type { LineSeriesOption } from "echarts/charts";
import { t } from "../../core/language.ts";
import type { PlottedCurve, ReadyPlot } from "../../core/report/plottedCurve.ts";
import { type RatePoint, type Stretch, samplePoints } from "../../core/schedule/sampling.ts";
import { formatCount, formatRate } from "../../core/units.ts";
import type { ChartOption } from "../chart.ts";
import { type Axes, logTicks, pixelX, pixelY, rateRange, ticks } from "./axes.ts";
import { curveStyles } from "./curveStyles.ts";
import { labelled, markedPoints } from "./markedPoints.ts";
import { phaseBands } from "./phaseBands.ts";
import { epochLines, grid, laneNames, lanesHeight, markLanes, runAxis } from "./runAxes.ts";
import type { Scene, View } from "./scene.ts";
import { shapeSeries, stripHeight } from "./shapes.ts";
import { lineHeight, textMeasure } from "./textSize.ts";

/** A picture of the plot. */
export interface Drawing {
  readonly option: ChartOption;
  readonly axes: Axes;
  /** What the picture leaves out, each a sentence. */
  readonly notes: readonly string[];
}

/** The curves in sight with their phases, marks and axes. Takes a time that grows with the updates in sight. */
export function drawPlot(plot: ReadyPlot, view: View): Drawing {
  const measure = textMeasure(view.theme);
  const line = lineHeight(view.theme);
  const shown = plot.curves.filter(({ id }) => !view.isHidden(id));
  const lines = shown.flatMap((curve) => drawnLines(curve, view));
  const rates = lines.flatMap(({ points }) => points.map(([, rate]) => rate));
  const bottom = lanesHeight(plot, line) + 2 * line + (plot.updatesPerEpoch === null ? 0 : line) + 10;
  const { above = 0, beside = 0 } = view;
  const top = above + line + stripHeight + 4;
  const height = Math.max(40, view.height - top - bottom);
  const y = rateRange(least(rates), most(rates), view.log, (line + 14) / height);
  const rateTicks = (view.log ? logTicks : ticks)(y, Math.max(2, Math.floor(height / 38)));
  const left =
    Math.ceil(Math.max(...[...rateTicks.map(formatRate), ...laneNames(plot)].map(measure), 24)) + beside + 12;
  const box = { left, top, width: Math.max(40, view.width - left - beside - 14), height };
  const axes: Axes = { box, x: view.range, y, log: view.log };
  const scene = { plot, view, axes, measure, line };
  const bands = phaseBands(scene);
  const epochs = epochLines(scene);
  const lanes = markLanes(scene);
  const [main] = plot.curves;
  const points = view.isHidden(main.id) ? [] : markedPoints(scene);
  const pixels = lines.map((drawn) => drawn.points.map(([x, rate]) => [pixelX(axes, x), pixelY(axes, rate)] as const));
  const zeros = view.log && rates.some((rate) => rate <= 0);
  return {
    axes,
    notes: [
      ...epochs.notes,
      ...lanes.notes,
      ...(zeros ? [t`A logarithmic axis has no place for a rate of 0.`] : []),
      ...(main.end * main.scale > view.range.to && view.range.from === 0 && main.end > 2 * main.total
        ? [t`The schedule is made for ${formatCount(main.end)} updates; zoom out to see them.`]
        : []),
    ],
    option: {
      textStyle: { fontFamily: view.theme.font, fontSize: view.theme.fontSize },
      grid: { ...box, containLabel: false, outerBoundsMode: "none" },
      xAxis: { type: "value", min: axes.x.from, max: axes.x.to, show: false },
      yAxis: { type: "value", min: y.from, max: y.to, show: false },
      series: [
        shapeSeries(
          [...bands, ...grid(scene, rateTicks), ...epochs.shapes, ...lanes.shapes, ...runAxis(scene)],
          view.theme,
          0,
        ),
        ...lines.map((drawn) => lineSeries(drawn, scene)),
        shapeSeries(labelled(points, pixels, scene), view.theme, 10),
      ],
    },
  };
}

interface DrawnLine {
  readonly curve: PlottedCurve;
  /** Places of the x axis with their rates. */
  readonly points: readonly (readonly [x: number, rate: number])[];
  /** Whether the run ends before it. */
  readonly unused: boolean;
}

/** What is in sight of a curve, and what of it would come after the run. */
function drawnLines(curve: PlottedCurve, { range, width, log }: View): readonly DrawnLine[] {
  const { scale, total, end } = curve;
  const [from, to] = [Math.floor(range.from / scale), Math.ceil(range.to / scale)];
  const stretches = [
    { from, to: Math.min(to, total - 1), unused: false },
    { from: Math.max(from, total - 1), to: Math.min(to, Math.ceil(end) - 1), unused: true },
  ];
  return stretches.flatMap(({ unused, ...stretch }) => {
    const points = pointsOf(curve, stretch, width, log).map(([step, value]) => [step * scale, value] as const);
    return points.length > (unused ? 1 : 0) ? [{ curve, points, unused }] : [];
  });
}

/** A logarithmic axis shows the lowest rate above zero where a linear one shows zero. */
function pointsOf(
  { rate, schedule }: PlottedCurve,
  stretch: Stretch,
  width: number,
  log: boolean,
): readonly RatePoint[] {
  const starts = schedule.phases.map(({ from }) => from);
  const points = samplePoints(rate, stretch, width, starts);
  if (!log || points.every(([, value]) => value > 0)) return points;
  const aboveZero = (step: number) => {
    const value = rate(step);
    return value > 0 ? value : Number.NaN;
  };
  const others = samplePoints(aboveZero, stretch, width).filter(([, value]) => value > 0);
  return [...new Map([...points, ...others])].sort(([a], [b]) => a - b);
}

function lineSeries({ curve, points, unused }: DrawnLine, { plot, axes, view }: Scene): LineSeriesOption {
  const style = curveStyles(plot.curves, view.theme).get(curve.id);
  const sparse = (axes.box.width * curve.scale) / (axes.x.to - axes.x.from) >= 8;
  return {
    type: "line",
    name: curve.label,
    silent: true,
    z: curve.kind === "run" ? 2 : 3,
    data: points.map(([x, rate]) => [x, axes.log ? (rate > 0 ? Math.log10(rate) : null) : rate]),
    symbol: "circle",
    symbolSize: 4,
    showSymbol: sparse && !unused,
    emphasis: { disabled: true },
    itemStyle: { color: style?.color ?? view.theme.line },
    lineStyle: {
      color: style?.color ?? view.theme.line,
      width: unused ? 1.5 : (style?.width ?? 1),
      type: unused ? [4, 4] : style?.dash.length ? [...style.dash] : "solid",
      opacity: unused ? 0.7 : 1,
    },
  };
}

function most(rates: readonly number[]): number {
  return rates.reduce((one, other) => Math.max(one, other), 0);
}

/** Of those above zero. */
function least(rates: readonly number[]): number {
  return rates.reduce((one, other) => (other > 0 ? Math.min(one, other) : one), Number.POSITIVE_INFINITY);
}
