import { t } from "../../core/language.ts";
import type { ReadyPlot } from "../../core/report/plottedCurve.ts";
import { element } from "../elements.ts";
import type { Axes } from "./axes.ts";

/** What a key asks of the plot. */
export type PlotAction =
  /** Put the crosshair on an update, which need not be there. */
  | { readonly kind: "move"; readonly step: number }
  | { readonly kind: "zoom"; readonly factor: number }
  | { readonly kind: "whole run" | "other axis" | "no crosshair" };

/** Of one step in, with a button or a key. */
export const zoomFactor = 0.6;

/** Null for a key that means nothing. `at` is the update under the crosshair, null where there is none. */
export function actionOf(
  key: string,
  shift: boolean,
  plot: ReadyPlot,
  { x, box }: Axes,
  at: number | null,
): PlotAction | null {
  const [{ scale, total }] = plot.curves;
  const updates = (x.to - x.from) / scale;
  const one = Math.max(1, Math.round(updates / box.width)) * (shift ? 10 : 1);
  const page = Math.max(1, Math.round(updates / 10));
  const step = at ?? Math.ceil(x.from / scale);
  switch (key) {
    case "ArrowLeft":
      return { kind: "move", step: step - one };
    case "ArrowRight":
      return { kind: "move", step: step + one };
    case "PageUp":
      return { kind: "move", step: step + page };
    case "PageDown":
      return { kind: "move", step: step - page };
    case "Home":
      return { kind: "move", step: 0 };
    case "End":
      return { kind: "move", step: total - 1 };
    case "m":
      return { kind: "move", step: marksOf(plot).find((mark) => mark > step) ?? step };
    case "M":
      return { kind: "move", step: marksOf(plot).findLast((mark) => mark < step) ?? step };
    case "+":
    case "=":
      return { kind: "zoom", factor: zoomFactor };
    case "-":
      return { kind: "zoom", factor: 1 / zoomFactor };
    case "0":
      return { kind: "whole run" };
    case "l":
    case "L":
      return { kind: "other axis" };
    case "Escape":
      return { kind: "no crosshair" };
    default:
      return null;
  }
}

/** Updates worth going to: where phases of the first curve begin, its peak, and the last one of its run. */
function marksOf({ curves: [{ schedule, total }], highest: [peak] }: ReadyPlot): readonly number[] {
  const steps = new Set([...schedule.phases.map(({ from }) => Math.ceil(from)), peak, total - 1]);
  return [...steps].sort((a, b) => a - b);
}

type Meaning = readonly [key: string, meaning: string];

const keys: readonly Meaning[] = [
  ["← →", t`one update back and on, or as many as share a pixel`],
  [t`Shift ← →`, t`ten times as far`],
  [t`Page Up, Page Down`, t`a tenth of what is in sight on and back`],
  [t`Home, End`, t`the first and the last update of the run`],
  [t`M, Shift M`, t`the next and the previous mark: where a phase begins, the peak, the last update`],
  ["+ −", t`zoom in and out`],
  ["0", t`see the whole run`],
  ["L", t`linear or logarithmic axis`],
  [t`Escape`, t`no crosshair`],
];

const pointer: readonly Meaning[] = [
  [t`Drag`, t`zoom to what is selected`],
  [t`Ctrl + wheel`, t`zoom in and out`],
  [t`Shift + wheel`, t`move along the run`],
  [t`Double click`, t`see the whole run`],
];

/** What keys and pointer do in the plot, folded up. */
export function keysHelp(): HTMLElement {
  const rows = [...keys, ...pointer].flatMap(([key, meaning]) => [
    element("dt", {}, element("kbd", {}, key)),
    element("dd", {}, meaning),
  ]);
  return element("details", {}, element("summary", {}, t`Keys of the plot`), element("dl", { class: "keys" }, ...rows));
}
