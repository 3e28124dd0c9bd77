import { t } from "../core/language.ts";
import { componentStyles } from "../core/report/components.ts";
import type { MemoryBar, MemoryChart } from "../core/report/panelModel.ts";
import type { ChartOption } from "./chart.ts";
import { textMeasure } from "./plot/textSize.ts";
import type { Theme } from "./theme.ts";

/** Height of a row of labels above the bars. */
const rowHeight = 18;
const barHeight = 16;
/** Pixels between the names of two GPUs in a row. */
const nameGap = 12;
const axisHeight = 42;
/** Pixels below which the names leave no room for verdicts. */
const verdictWidth = 420;

/**
 * A stacked bar for each run with its name above it, so that bars are as wide as the panel; the range of the current one as
 * a whisker; and a line for the usable memory of each GPU, with its name above it, in a row of its own where names would meet.
 */
export function memoryOption(chart: MemoryChart, theme: Theme, width: number): ChartOption {
  const { bars: fromTop, lines } = chart;
  const bars = fromTop.toReversed();
  const text = { color: theme.foreground, fontFamily: theme.font, fontSize: theme.fontSize };
  const end = endOf(chart);
  const rows = nameRows(chart, theme, width);
  const name = { ...text, lineHeight: labelHeight(theme), backgroundColor: theme.background };
  const labels = bars.map(
    ({ label, current, total, verdict }) =>
      `{${current ? "current" : "other"}|${label}}{muted|  ${width < verdictWidth ? total : `${total} · ${verdict}`}}`,
  );
  const legend = legendHeight(theme, width);
  return {
    textStyle: text,
    aria: { enabled: true, label: { enabled: false }, decal: { show: theme.highContrast } },
    grid: { left: 4, right: 12, top: topHeight(rows), bottom: legend + axisHeight },
    legend: {
      bottom: 0,
      left: 0,
      right: 0,
      itemWidth,
      itemHeight: itemWidth,
      itemGap,
      textStyle: text,
      selectedMode: false,
      data: componentStyles.map(({ label }) => label),
    },
    xAxis: {
      type: "value",
      max: end,
      name: t`GiB per GPU`,
      nameLocation: "middle",
      nameGap: 24,
      splitNumber: Math.max(2, Math.min(6, Math.floor(width / 80))),
      axisLabel: { ...text, color: theme.muted, showMaxLabel: false, alignMinLabel: "left" },
      nameTextStyle: { ...text, color: theme.muted },
      splitLine: { lineStyle: { color: theme.grid, opacity: 0.5 } },
    },
    yAxis: {
      type: "category",
      data: labels,
      z: 10,
      axisLabel: {
        ...text,
        inside: true,
        margin: 0,
        interval: 0,
        verticalAlign: "bottom",
        padding: [0, 0, barHeight / 2 + 1, 0],
        rich: {
          current: { ...name, fontWeight: "bold" },
          other: name,
          muted: { ...name, color: theme.muted },
        },
      },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: theme.grid } },
    },
    series: componentStyles.map(({ key, label }, index) => ({
      type: "bar",
      name: label,
      stack: "memory",
      barWidth: barHeight,
      cursor: "default",
      itemStyle: {
        color: theme.components[key],
        borderColor: theme.background,
        borderWidth: theme.highContrast ? 1 : 0,
      },
      emphasis: { disabled: true },
      data: bars.map(({ gibibytes }) => gibibytes[key]),
      ...(index === componentStyles.length - 1
        ? {
            markLine: {
              silent: true,
              symbol: "none",
              data: [...lines.map(gpuLine(text, theme, end, rows)), ...bars.flatMap(whisker(theme))],
            },
          }
        : {}),
    })),
  };
}

/** Pixels from the names of the GPUs to the legend. */
export function memoryHeight(chart: MemoryChart, theme: Theme, width: number): number {
  const top = topHeight(nameRows(chart, theme, width));
  const perBar = barHeight + labelHeight(theme) + 12;
  return Math.round(top + perBar * chart.bars.length + axisHeight + legendHeight(theme, width));
}

/** Where the axis ends, in GiB. */
function endOf({ bars, lines }: MemoryChart): number {
  const ends = bars.map(({ gibibytes, range, current }) =>
    Math.max(sum(Object.values(gibibytes)), current ? range[1] : 0),
  );
  return 1.05 * Math.max(...ends, ...lines.map(({ gibibytes }) => gibibytes));
}

/** The row of each GPU's name, from the lowest up: the first in which it keeps clear of the others. */
function nameRows(chart: MemoryChart, theme: Theme, width: number): readonly number[] {
  const measure = textMeasure(theme);
  const end = endOf(chart);
  const taken: (readonly [from: number, to: number])[][] = [];
  return chart.lines.map(({ gpu, gibibytes }) => {
    const place = (gibibytes / end) * width;
    const size = measure(gpu) + nameGap;
    const [from, to] = goesLeft(gibibytes, end) ? [place - size, place] : [place, place + size];
    const free = taken.findIndex((row) => row.every(([start, stop]) => to <= start || from >= stop));
    const row = free < 0 ? taken.length : free;
    taken[row] = [...(taken[row] ?? []), [from, to]];
    return row;
  });
}

/** Whether a GPU's name stands on the left of its line, as there is no room on the right. */
function goesLeft(gibibytes: number, end: number): boolean {
  return gibibytes > 0.6 * end;
}

/** Pixels of the names of the GPUs above the first bar. */
function topHeight(rows: readonly number[]): number {
  return 22 + rowHeight * (1 + Math.max(-1, ...rows));
}

/** Of a bar's name; ECharts would measure a Chinese character, which not every font has. */
function labelHeight({ fontSize }: Theme): number {
  return Math.round(1.35 * fontSize);
}

const itemWidth = 12;
const itemGap = 10;
const symbolGap = 5;

/** Pixels of the legend in as many rows as it takes. */
function legendHeight({ font, fontSize }: Theme, width: number): number {
  const context = document.createElement("canvas").getContext("2d");
  if (context) context.font = `${fontSize}px ${font}`;
  let rows = 1;
  let x = 0;
  for (const { label } of componentStyles) {
    const size = itemWidth + symbolGap + (context?.measureText(label).width ?? fontSize * label.length);
    if (x > 0 && x + size > width - 2 * symbolGap) {
      rows++;
      x = 0;
    }
    x += size + itemGap;
  }
  return rows * (Math.max(itemWidth, fontSize) + itemGap);
}

/** A dashed line with the GPU's name above it, on the side where there is room. */
function gpuLine(text: object, theme: Theme, end: number, rows: readonly number[]) {
  return ({ gpu, gibibytes }: MemoryChart["lines"][number], index: number) => ({
    name: gpu,
    xAxis: gibibytes,
    lineStyle: { color: theme.foreground, type: "dashed" as const, width: 1.5, opacity: 0.8 },
    label: {
      ...text,
      formatter: gpu,
      position: "end" as const,
      distance: 4 + (rows[index] ?? 0) * rowHeight,
      align: goesLeft(gibibytes, end) ? ("right" as const) : ("left" as const),
    },
  });
}

/** From the least to the most to expect, across the current bar. */
function whisker(theme: Theme) {
  return ({ current, range: [low, high] }: MemoryBar, index: number) => {
    const cap = { symbol: "rect", symbolSize: [2, barHeight - 4] };
    return current
      ? [
          [
            { ...cap, coord: [low, index], lineStyle: { color: theme.foreground, type: "solid" as const, width: 2 } },
            { ...cap, coord: [high, index], label: { show: false } },
          ] as [object, object],
        ]
      : [];
  };
}

/** The same figures as rows of a table: a run each. */
export function memoryRows({ bars }: MemoryChart): readonly (readonly string[])[] {
  return bars.map(({ label, gibibytes, range, verdict, total }) => [
    label,
    ...componentStyles.map(({ key }) => gibibytes[key].toFixed(2)),
    range.map((bound) => bound.toFixed(1)).join("–"),
    verdict,
    total,
  ]);
}

export const memoryHead: readonly string[] = [
  t`Run`,
  ...componentStyles.map(({ label }) => label),
  t`Range`,
  t`Verdict`,
  t`Total`,
];

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
