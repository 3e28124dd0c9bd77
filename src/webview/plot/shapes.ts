import type { CustomSeriesOption } from "echarts/charts";
import type { Theme } from "../theme.ts";

/** What a picture has beside its curves, in pixels. */
export type Shape = Path | Text;

export interface Path {
  readonly kind: "path";
  /** As the `d` of an SVG path. */
  readonly d: string;
  readonly fill?: string;
  readonly stroke?: string;
  readonly width?: number;
  readonly dash?: readonly number[];
  readonly opacity?: number;
}

export interface Text {
  readonly kind: "text";
  readonly text: string;
  readonly x: number;
  /** The middle of the line. */
  readonly y: number;
  readonly align: "left" | "center" | "right";
  readonly color: string;
  readonly bold?: boolean;
  /** Whether the background's colour keeps it clear of what it is written over. */
  readonly halo?: boolean;
}

/** Pixels of the strip in the phases' colours above the plot. */
export const stripHeight = 3;

export function rectangle(left: number, top: number, width: number, height: number): string {
  return `M${left} ${top}h${width}v${height}h${-width}z`;
}

export function verticalLine(x: number, top: number, height: number): string {
  return `M${x} ${top}v${height}`;
}

export function disc(x: number, y: number, radius: number): string {
  return `M${x - radius} ${y}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0z`;
}

/** Diagonal lines that fill a rectangle, as engineers mark what is cut away. */
export function hatching(left: number, top: number, width: number, height: number, gap = 8): string {
  let d = "";
  for (let start = gap; start < width + height; start += gap) {
    const [x1, y1] = start <= height ? [left, top + start] : [left + start - height, top + height];
    const [x2, y2] = start <= width ? [left + start, top] : [left + width, top + start - width];
    d += `M${x1} ${y1}L${x2} ${y2}`;
  }
  return d;
}

/** Shapes as a series of ECharts that is drawn below or above the curves. */
export function shapeSeries(shapes: readonly Shape[], theme: Theme, z: number): CustomSeriesOption {
  return {
    type: "custom",
    silent: true,
    clip: false,
    z,
    data: [0],
    renderItem: () => ({
      type: "group",
      $mergeChildren: false,
      children: shapes.map((shape) => elementOf(shape, theme)),
    }),
  };
}

function elementOf(shape: Shape, theme: Theme) {
  if (shape.kind === "path") {
    const { d, fill, stroke, width = 1, dash, opacity = 1 } = shape;
    return {
      type: "path" as const,
      silent: true,
      shape: { pathData: d },
      style: {
        fill: fill ?? "none",
        ...(stroke ? { stroke, lineWidth: width } : {}),
        ...(dash?.length ? { lineDash: [...dash] } : {}),
        opacity,
      },
    };
  }
  const { text, x, y, align, color, bold, halo } = shape;
  return {
    type: "text" as const,
    silent: true,
    x,
    y,
    style: {
      // A name may hold line breaks; what is placed as one line stays one.
      text: text.replace(/\s+/g, " "),
      fill: color,
      align,
      verticalAlign: "middle" as const,
      fontFamily: theme.font,
      fontSize: theme.fontSize,
      ...(bold ? { fontWeight: "bold" as const } : {}),
      ...(halo ? { stroke: theme.background, lineWidth: 3 } : {}),
    },
  };
}
