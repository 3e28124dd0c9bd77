import { componentStyles } from "../core/report/components.ts";
import type { MemoryChart } from "../core/report/panelModel.ts";
import type { ChartOption } from "./chart.ts";
import type { Theme } from "./theme.ts";

/** Height of a row of labels above the bars. */
const rowHeight = 18;

/** A stacked bar for each method, and a line for the usable memory of each GPU; the labels of the lines are staggered. */
export function memoryOption({ bars: fromTop, lines }: MemoryChart, theme: Theme): ChartOption {
  const bars = fromTop.toReversed();
  const text = { color: theme.foreground, fontFamily: theme.font, fontSize: theme.fontSize };
  const end =
    1.05 *
    Math.max(...bars.map(({ gibibytes }) => sum(Object.values(gibibytes))), ...lines.map((line) => line.gibibytes));
  const labels = bars.map(
    ({ label, current, total }) => `{${current ? "current" : "other"}|${label}}\n{total|${total}}`,
  );
  return {
    textStyle: text,
    aria: { enabled: true, label: { enabled: false }, decal: { show: theme.highContrast } },
    grid: { left: 12, right: 24, top: 12 + rowHeight * lines.length, bottom: 68, containLabel: true },
    legend: {
      bottom: 0,
      itemWidth: 12,
      itemHeight: 12,
      textStyle: text,
      selectedMode: false,
      data: componentStyles.map(({ label }) => label),
    },
    xAxis: {
      type: "value",
      max: end,
      name: "GiB per GPU",
      nameLocation: "middle",
      nameGap: 26,
      axisLabel: { ...text, color: theme.muted, showMaxLabel: false },
      nameTextStyle: { ...text, color: theme.muted },
      splitLine: { lineStyle: { color: theme.grid, opacity: 0.5 } },
    },
    yAxis: {
      type: "category",
      data: labels,
      axisLabel: {
        ...text,
        lineHeight: text.fontSize * 1.35,
        rich: {
          current: { ...text, fontWeight: "bold" },
          other: text,
          total: { ...text, color: theme.muted },
        },
      },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: theme.grid } },
    },
    series: componentStyles.map(({ key, label }, index) => ({
      type: "bar",
      name: label,
      stack: "memory",
      barMaxWidth: 36,
      cursor: "default",
      itemStyle: {
        color: theme.components[key],
        borderColor: theme.background,
        borderWidth: theme.highContrast ? 1 : 0,
      },
      emphasis: { disabled: true },
      data: bars.map(({ gibibytes }) => gibibytes[key]),
      ...(index === componentStyles.length - 1
        ? { markLine: { silent: true, symbol: "none", data: lines.map(gpuLine(text, theme, end)) } }
        : {}),
    })),
  };
}

/** A dashed line with the GPU's name above it, on the side where there is room. */
function gpuLine(text: object, theme: Theme, end: number) {
  return ({ gpu, gibibytes }: MemoryChart["lines"][number], index: number) => ({
    name: gpu,
    xAxis: gibibytes,
    lineStyle: { color: theme.foreground, type: "dashed" as const, width: 1.5, opacity: 0.8 },
    label: {
      ...text,
      formatter: gpu,
      position: "end" as const,
      distance: 4 + index * rowHeight,
      align: gibibytes > 0.7 * end ? ("right" as const) : ("left" as const),
    },
  });
}

/** The same figures as rows of a table: a method each. */
export function memoryRows({ bars }: MemoryChart): readonly (readonly string[])[] {
  return bars.map(({ label, current, gibibytes, total }) => [
    current ? `${label} (this config)` : label,
    ...componentStyles.map(({ key }) => gibibytes[key].toFixed(2)),
    total,
  ]);
}

export const memoryHead: readonly string[] = ["Method", ...componentStyles.map(({ label }) => label), "Total"];

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
