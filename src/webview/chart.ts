import {
  BarChart,
  type BarSeriesOption,
  CustomChart,
  type CustomSeriesOption,
  LineChart,
  type LineSeriesOption,
} from "echarts/charts";
import {
  AriaComponent,
  type AriaComponentOption,
  GridComponent,
  type GridComponentOption,
  LegendComponent,
  type LegendComponentOption,
  MarkLineComponent,
} from "echarts/components";
import { type ComposeOption, type ECharts, init, use } from "echarts/core";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";

use([
  BarChart,
  CustomChart,
  LineChart,
  AriaComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  CanvasRenderer,
  SVGRenderer,
]);

export type ChartOption = ComposeOption<
  | BarSeriesOption
  | CustomSeriesOption
  | LineSeriesOption
  | AriaComponentOption
  | GridComponentOption
  | LegendComponentOption
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

/** How large a picture is, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The chart as the text of an SVG file. */
export function svgOf(option: ChartOption, size: Size): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, ...size });
  chart.setOption({ animation: false, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** The chart as a PNG of twice its size, in base64. */
export function pngOf(option: ChartOption, size: Size): string {
  const chart = init(document.createElement("div"), null, { renderer: "canvas", devicePixelRatio: 2, ...size });
  chart.setOption({ animation: false, ...option });
  const url = chart.getDataURL({ type: "png", pixelRatio: 2 });
  chart.dispose();
  return url.slice(url.indexOf(",") + 1);
}
