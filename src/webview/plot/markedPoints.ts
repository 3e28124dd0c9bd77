import { t } from "../../core/language.ts";
import { placeText } from "../../core/report/plottedCurve.ts";
import { formatCount, formatRate } from "../../core/units.ts";
import { type Box, pixelX, pixelY } from "./axes.ts";
import { isFar, type Label, placeLabels } from "./labels.ts";
import type { Scene } from "./scene.ts";
import { disc, type Shape, type Text } from "./shapes.ts";

/** A point of the first curve that is worth a word. */
export interface MarkedPoint {
  readonly x: number;
  readonly rate: number;
  readonly text: string;
}

/** The end of the warmup, the peak and the last update of the first curve; what falls together is one. */
export function markedPoints({ plot, view, axes }: Scene): readonly MarkedPoint[] {
  const [{ rate, total, scale, schedule }] = plot.curves;
  const [peak] = plot.highest;
  const last = total - 1;
  const warmupEnd = Math.ceil(schedule.warmupSteps);
  const names = new Map<number, string[]>();
  const add = (step: number, name: string) => names.set(step, [...(names.get(step) ?? []), name]);
  if (plot.highest[1] > 0) add(peak, t`peak ${formatRate(plot.highest[1])}`);
  if (warmupEnd > 0 && warmupEnd < last) add(warmupEnd, t`end of warmup`);
  add(last, `${last === peak ? t`last update` : t`last update ${formatRate(rate(last))}`}`);
  const at = (step: number) => {
    if (step === last) return "";
    return plot.unit === "updates" ? t`update ${formatCount(step)}` : placeText(plot, step * scale);
  };
  const narrow = axes.box.width < 360;
  return [...names]
    .map(([step, words]) => ({
      x: step * scale,
      rate: rate(step),
      text: narrow ? (words[0] ?? "") : [words.join(", "), at(step)].filter((part) => part !== "").join(" · "),
    }))
    .filter(({ x, rate: value }) => x >= view.range.from && x <= view.range.to && (!view.log || value > 0));
}

/** Dots with what is said of them, clear of the curves, which are given in pixels. */
export function labelled(
  points: readonly MarkedPoint[],
  curves: readonly (readonly (readonly [x: number, y: number])[])[],
  { axes, view, measure, line }: Scene,
): readonly Shape[] {
  const { theme } = view;
  const labels = points.map(
    ({ x, rate, text }): Label => ({ text, width: measure(text), x: pixelX(axes, x), y: pixelY(axes, rate) }),
  );
  const box: Box = { ...axes.box, width: view.width - axes.box.left - 2 };
  const placed = placeLabels(labels, line, box, curves);
  const leaders = placed
    .filter((label) => isFar(label, line))
    .map(({ x, y, top }) => `M${x} ${top + line / 2}V${y - 6}`);
  const dots = labels.map(({ x, y }) => disc(x, y, 4)).join("");
  return [
    ...(leaders.length > 0 ? [{ kind: "path", d: leaders.join(""), stroke: theme.muted, opacity: 0.7 } as const] : []),
    ...(dots ? [{ kind: "path", d: dots, fill: theme.background, stroke: theme.line, width: 2 } as const] : []),
    ...placed.map(
      ({ text, left, top }): Text => ({
        kind: "text",
        text,
        x: left,
        y: top + line / 2,
        align: "left",
        color: theme.foreground,
        halo: true,
      }),
    ),
  ];
}
