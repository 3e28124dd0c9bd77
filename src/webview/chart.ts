import { BarChart, type BarSeriesOption, LineChart, type LineSeriesOption } from "echarts/charts";
import {
  AriaComponent,
  type AriaComponentOption,
  GridComponent,
  type GridComponentOption,
  LegendComponent,
  type LegendComponentOption,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
  type TooltipComponentOption,
} from "echarts/components";
import { type ComposeOption, type ECharts, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([
  BarChart,
  LineChart,
  AriaComponent,
  GridComponent,
  LegendComponent,
  MarkAreaComponent,
  MarkLineComponent,
  TooltipComponent,
  SVGRenderer,
]);

export type ChartOption = ComposeOption<
  | BarSeriesOption
  | LineSeriesOption
  | AriaComponentOption
  | GridComponentOption
  | LegendComponentOption
  | TooltipComponentOption
>;

/** A chart drawn as SVG in a box of the page; a screen reader hears its description. */
export class Chart {
  readonly #box: HTMLElement;
  readonly #chart: ECharts;

  constructor(box: HTMLElement) {
    this.#box = box;
    this.#chart = init(box, null, { renderer: "svg" });
    box.setAttribute("role", "img");
  }

  draw(option: ChartOption, description: string): void {
    this.#box.setAttribute("aria-label", description);
    this.#chart.setOption({ animation: false, ...option }, { notMerge: true });
  }

  resize(): void {
    this.#chart.resize();
  }
}
