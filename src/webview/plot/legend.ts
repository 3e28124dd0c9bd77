import type { PlotCurve } from "../../core/report/schedulePlot.ts";
import { element, svgElement } from "../elements.ts";
import type { CurveStyle } from "./curveStyles.ts";

/** A button for each curve, which shows and hides it; not there for a single curve. */
export class Legend {
  readonly node = element("div", { class: "legend", role: "group", "aria-label": "Curves" });
  readonly #onToggle: (id: string) => void;
  #buttons = new Map<string, HTMLButtonElement>();
  #layout = "";

  constructor(onToggle: (id: string) => void) {
    this.#onToggle = onToggle;
  }

  show(curves: readonly PlotCurve[], styles: ReadonlyMap<string, CurveStyle>, isHidden: (id: string) => boolean): void {
    this.node.hidden = curves.length < 2;
    const layout = JSON.stringify([curves.map(({ id, label }) => [id, label]), [...styles]]);
    if (layout !== this.#layout) this.#build(curves, styles, layout);
    for (const [id, button] of this.#buttons) button.setAttribute("aria-pressed", String(!isHidden(id)));
  }

  #build(curves: readonly PlotCurve[], styles: ReadonlyMap<string, CurveStyle>, layout: string): void {
    const focused = [...this.#buttons].find(([, button]) => button === document.activeElement)?.[0];
    this.#layout = layout;
    this.#buttons = new Map(
      curves.map(({ id, label }) => {
        const button = element("button", { type: "button" }, swatch(styles.get(id)), label);
        button.addEventListener("click", () => this.#onToggle(id));
        return [id, button];
      }),
    );
    this.node.replaceChildren(...this.#buttons.values());
    if (focused !== undefined) this.#buttons.get(focused)?.focus();
  }
}

/** A piece of the line. */
export function swatch(style: CurveStyle | undefined): SVGElement {
  const { color = "currentColor", dash = [] } = style ?? {};
  const line = { x1: 0, x2: 24, y1: 4, y2: 4, stroke: color, "stroke-width": 2 };
  return svgElement(
    "svg",
    { class: "swatch", width: 24, height: 8, viewBox: "0 0 24 8", "aria-hidden": "true" },
    svgElement("line", { ...line, ...(dash.length > 0 && { "stroke-dasharray": dash.join(" ") }) }),
  );
}
