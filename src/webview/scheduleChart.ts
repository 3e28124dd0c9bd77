import type { SchedulePlot } from "../core/report/schedulePlot.ts";
import { sampleSchedule } from "../core/schedule/lrSchedule.ts";
import { formatCount, formatRate } from "../core/units.ts";
import type { ChartOption } from "./chart.ts";
import type { Theme } from "./theme.ts";

/** The curve, its warmup shaded, and the rate under the pointer. */
export function scheduleOption(plot: SchedulePlot, theme: Theme): ChartOption {
  const { unit } = plot;
  const { points, end, warmupEnd } = drawn(plot);
  const text = { color: theme.foreground, fontFamily: theme.font, fontSize: theme.fontSize };
  const axis = {
    axisLabel: { ...text, color: theme.muted },
    axisLine: { lineStyle: { color: theme.grid } },
    splitLine: { lineStyle: { color: theme.grid, opacity: 0.5 } },
    nameTextStyle: { ...text, color: theme.muted },
  };
  const position = (x: number) => (unit === "updates" ? `update ${formatCount(x)}` : `${formatCount(x)} %`);
  const warmup = {
    silent: true,
    itemStyle: { color: theme.components.gradients, opacity: 0.14 },
    label: { ...text, position: "top" as const, align: "left" as const },
    data: [[{ name: "warmup", xAxis: 0 }, { xAxis: warmupEnd }]] as [
      { name: string; xAxis: number },
      { xAxis: number },
    ][],
  };
  return {
    textStyle: text,
    grid: { left: 12, right: 24, top: 28, bottom: 32, containLabel: true },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      backgroundColor: theme.background,
      borderColor: theme.grid,
      textStyle: text,
      axisPointer: { lineStyle: { color: theme.muted } },
      formatter: (items) => {
        const item = Array.isArray(items) ? items[0] : items;
        const [x = 0, rate = 0] = (item?.value ?? []) as readonly number[];
        return `${position(x)}\n${formatRate(rate)}`;
      },
    },
    xAxis: {
      type: "value",
      min: 0,
      max: end,
      name: unit === "updates" ? "optimizer update" : "% of the run",
      nameLocation: "middle",
      nameGap: 28,
      ...axis,
      splitLine: { show: false },
    },
    yAxis: { type: "value", min: 0, ...axis, axisLabel: { ...axis.axisLabel, formatter: formatRate } },
    series: [
      {
        type: "line",
        name: "learning rate",
        data: points.map(([x, rate]) => [x, rate]),
        showSymbol: false,
        lineStyle: { color: theme.line, width: 2 },
        itemStyle: { color: theme.line },
        ...(warmupEnd > 0 ? { markArea: warmup } : {}),
      },
    ],
  };
}

/** Every tenth of the curve as rows of a table. */
export function scheduleRows(plot: SchedulePlot): readonly (readonly string[])[] {
  const { unit } = plot;
  const { points } = drawn(plot);
  const last = points.length - 1;
  const indices = [...new Set(Array.from({ length: 11 }, (_, tenth) => Math.round((tenth * last) / 10)))];
  return indices.flatMap((index) => {
    const point = points[index];
    return point
      ? [[unit === "updates" ? formatCount(point[0]) : `${formatCount(point[0])} %`, formatRate(point[1])]]
      : [];
  });
}

/** More points than a panel has pixels. */
const plotPoints = 1000;

/** The first curve on the x axis. */
function drawn({ curves: [curve], unit }: SchedulePlot) {
  if (!curve) return { points: [], end: 0, warmupEnd: 0 };
  const { schedule } = curve;
  const scale = unit === "updates" ? 1 : 100 / schedule.totalSteps;
  return {
    points: sampleSchedule(schedule, plotPoints).map(([step, rate]) => [step * scale, rate] as const),
    end: schedule.totalSteps * scale,
    warmupEnd: schedule.warmupSteps * scale,
  };
}
