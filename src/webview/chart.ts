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
import { svgElement } from "./elements.ts";

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

  /** Takes the size of its box, if that has changed. */
  resize(): void {
    const { clientWidth, clientHeight } = this.#box;
    if (this.#chart.getWidth() !== clientWidth || this.#chart.getHeight() !== clientHeight) this.#chart.resize();
  }
}

/** How large a picture is, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What a picture shows, for who cannot see it. */
export interface Words {
  readonly title: string;
  readonly description: string;
}

/** The chart as the text of an SVG file. It is not ECharts' own text, which quotes in the font's name break. */
export function svgOf(option: ChartOption, { width, height }: Size, words: Words): string {
  const box = document.createElement("div");
  const chart = init(box, null, { renderer: "svg", width, height });
  chart.setOption({ animation: false, ...option });
  const drawn = box.querySelector("svg")?.children ?? [];
  const svg = svgElement(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, role: "img" },
    svgElement("title", {}, words.title),
    svgElement("desc", {}, words.description),
    ...drawn,
  );
  chart.dispose();
  return new XMLSerializer().serializeToString(svg).replace(notInXml, " ");
}

/** Characters that no XML may hold, and line breaks, which names of files may hold. */
const notInXml = /[\p{Cc}\ufffe\uffff]/gu;

/** The chart as a PNG of twice its size, in base64. */
export function pngOf(option: ChartOption, size: Size): string {
  const chart = init(document.createElement("div"), null, { renderer: "canvas", devicePixelRatio: 2, ...size });
  chart.setOption({ animation: false, ...option });
  const url = chart.getDataURL({ type: "png", pixelRatio: 2 });
  chart.dispose();
  return url.slice(url.indexOf(",") + 1);
}
