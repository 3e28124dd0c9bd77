import { t } from "../../core/language.ts";
import { type ComparedView, curveIdOf } from "../../core/report/comparedFiles.ts";
import type { PlotCurve } from "../../core/report/schedulePlot.ts";
import { button, element, svgElement } from "../elements.ts";
import type { CurveStyle } from "./curveStyles.ts";

/** What is asked of the legend. */
export interface LegendListener {
  /** Show or hide the curve of that id. */
  readonly onToggle: (id: string) => void;
  /** Stop comparing with the file at that address. */
  readonly onRemove: (uri: string) => void;
}

/**
 * A button for each curve, which shows and hides it, and for each file that is compared one that takes it away, or why it is not
 * drawn; not there for a single curve.
 */
export class Legend {
  readonly node = element("div", { class: "legend", role: "group", "aria-label": t`Curves` });
  readonly #listener: LegendListener;
  /** Where the keyboard goes when what it was at is gone and nothing like it is left. */
  readonly #next: HTMLElement;
  #toggles = new Map<string, HTMLButtonElement>();
  #removers = new Map<string, HTMLButtonElement>();
  #layout = "";

  constructor(listener: LegendListener, next: HTMLElement) {
    this.#listener = listener;
    this.#next = next;
  }

  show(
    curves: readonly PlotCurve[],
    compared: readonly ComparedView[],
    styles: ReadonlyMap<string, CurveStyle>,
    isHidden: (id: string) => boolean,
  ): void {
    const layout = JSON.stringify([curves.map(({ id, label }) => [id, label]), compared, [...styles]]);
    if (layout !== this.#layout) {
      this.#layout = layout;
      this.#build(curves, compared, styles);
    }
    for (const [id, toggle] of this.#toggles) toggle.setAttribute("aria-pressed", String(!isHidden(id)));
  }

  #build(
    curves: readonly PlotCurve[],
    compared: readonly ComparedView[],
    styles: ReadonlyMap<string, CurveStyle>,
  ): void {
    // While the editor has the focus, the page keeps its hands off it.
    const active = document.hasFocus() ? document.activeElement : null;
    const focused = [...this.#toggles, ...this.#removers].find(([, one]) => one === active)?.[0];
    this.#toggles = new Map(
      curves.map(({ id, label }) => {
        const toggle = button("", t`Show or hide this curve`, () => this.#listener.onToggle(id));
        toggle.append(swatch(styles.get(id)), label);
        return [id, toggle];
      }),
    );
    this.#removers = new Map(
      compared.map(({ uri, label }) => [
        uri,
        button("×", t`Stop comparing with ${label}`, () => this.#listener.onRemove(uri), t`Remove ${label}`),
      ]),
    );
    const files = new Map(compared.map((file) => [curveIdOf(file.uri), file]));
    const entries = [...this.#toggles].map(([id, toggle]) =>
      entry(toggle, this.#removers.get(files.get(id)?.uri ?? "")),
    );
    const undrawn = compared
      .filter(({ reason }) => reason !== null)
      .map(({ uri, label, reason }) => entry(element("span", {}, `${label}: ${reason}`), this.#removers.get(uri)));
    this.node.replaceChildren(...entries, ...undrawn);
    this.node.hidden = entries.length + undrawn.length < 2;
    if (focused === undefined) return;
    const again = this.#toggles.get(focused) ?? this.#removers.get(focused) ?? [...this.#removers.values()].at(-1);
    (again ?? this.#next).focus();
  }
}

function entry(curve: HTMLElement, remover: HTMLElement | undefined): HTMLElement {
  return element("span", { class: "entry" }, curve, ...(remover ? [remover] : []));
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
