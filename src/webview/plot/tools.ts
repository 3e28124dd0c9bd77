import { t } from "../../core/language.ts";
import { button, element } from "../elements.ts";
import { zoomFactor } from "./keys.ts";

/** What the tools ask for. */
export interface ToolsListener {
  readonly onOtherAxis: () => void;
  readonly onZoom: (factor: number) => void;
  readonly onWholeRun: () => void;
  readonly onSavePicture: (kind: "svg" | "png") => void;
  readonly onSaveRates: () => void;
  readonly onCopyCode: () => void;
}

/** The buttons over the plot: how it is looked at, and what is taken from it. */
export class PlotTools {
  readonly node: HTMLElement;
  readonly #log: HTMLButtonElement;
  readonly #wholeRun: HTMLButtonElement;

  constructor(listener: ToolsListener) {
    this.#log = button(t`Log Axis`, t`Linear or logarithmic axis (L)`, listener.onOtherAxis);
    this.#wholeRun = button(t`Whole Run`, t`See the whole run again (0)`, listener.onWholeRun);
    const { onZoom, onSavePicture } = listener;
    const zoom = group(t`Zoom`, [
      button("−", t`Zoom out (−)`, () => onZoom(1 / zoomFactor), t`Zoom out`),
      button("+", t`Zoom in (+)`, () => onZoom(zoomFactor), t`Zoom in`),
      this.#wholeRun,
    ]);
    const take = group(t`Save and copy`, [
      button("SVG", t`Save what is in sight as an SVG, on white`, () => onSavePicture("svg"), t`Save as SVG`),
      button("PNG", t`Save what is in sight as a PNG, on white`, () => onSavePicture("png"), t`Save as PNG`),
      button("CSV", t`Save the rates of every update as CSV`, listener.onSaveRates, t`Save as CSV`),
      button(t`Code`, t`Copy the schedule as a LambdaLR of PyTorch`, listener.onCopyCode, t`Copy as code`),
    ]);
    this.node = element("div", { class: "tools" }, this.#log, zoom, take);
  }

  show(log: boolean, isWholeRun: boolean): void {
    this.#log.setAttribute("aria-pressed", String(log));
    // Not `disabled`, which would take the focus from who has just pressed it.
    this.#wholeRun.setAttribute("aria-disabled", String(isWholeRun));
  }
}

function group(name: string, buttons: readonly HTMLButtonElement[]): HTMLElement {
  return element("div", { class: "group", role: "group", "aria-label": name }, ...buttons);
}
