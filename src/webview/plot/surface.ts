import { element } from "../elements.ts";
import type { Axes } from "./axes.ts";
import type { Crosshair } from "./crosshair.ts";

/** What is asked of the plot with the pointer or the keyboard; pixels count from its left edge. */
export interface SurfaceListener {
  readonly onPoint: (pixel: number) => void;
  readonly onLeave: () => void;
  /** Zoom to what is between two pixels. */
  readonly onSelect: (from: number, to: number) => void;
  /** Zoom by a factor, smaller than 1 to see less, around a pixel. */
  readonly onZoom: (factor: number, pixel: number) => void;
  readonly onPan: (pixels: number) => void;
  readonly onReset: () => void;
  /** False for a key that means nothing here. */
  readonly onKey: (key: string, shift: boolean) => boolean;
  readonly onFocus: () => void;
}

/** Pixels that a pointer must move before it selects. */
const leastSelection = 5;

/** The plot under pointer and keyboard: a chart's box with a crosshair and a selection over it. */
export class PlotSurface {
  readonly node: HTMLElement;
  readonly box = element("div", { class: "chart" });
  readonly #line = element("div", { class: "crosshair" });
  readonly #tag = element("div", { class: "tag" });
  readonly #selection = element("div", { class: "selection" });
  #dots: readonly HTMLElement[] = [];
  #axes: Axes | undefined;
  /** Where the pointer was pressed. */
  #pressed: number | undefined;

  constructor(label: string, describedBy: string, listener: SurfaceListener) {
    this.node = element(
      "div",
      { class: "plot", tabindex: "0", role: "application", "aria-label": label, "aria-describedby": describedBy },
      this.box,
    );
    const overlay = element("div", { class: "overlay", "aria-hidden": "true" }, this.#line, this.#selection, this.#tag);
    this.node.append(overlay);
    this.#line.hidden = this.#tag.hidden = this.#selection.hidden = true;
    this.#listenToPointer(listener);
    this.node.addEventListener("focus", () => {
      if (this.node.matches(":focus-visible")) listener.onFocus();
    });
    this.node.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape") this.#release();
      if (listener.onKey(event.key, event.shiftKey)) event.preventDefault();
    });
  }

  /** Takes over where the curves are now. */
  setAxes(axes: Axes): void {
    this.#axes = axes;
  }

  showCrosshair(crosshair: Crosshair | null): void {
    this.#line.hidden = this.#tag.hidden = crosshair === null;
    for (const dot of this.#dots) dot.remove();
    this.#dots = [];
    if (!crosshair || !this.#axes) return;
    const { x, dots, text } = crosshair;
    const { top } = this.#axes.box;
    this.#tag.textContent = text;
    const { width, height } = this.#tag.getBoundingClientRect();
    const bottom = this.node.clientHeight - height;
    place(this.#line, { left: x, top, height: bottom - top });
    place(this.#tag, { left: Math.max(0, Math.min(this.node.clientWidth - width, x - width / 2)), top: bottom });
    this.#dots = dots.map(({ y, color }) => {
      const dot = element("div", { class: "dot" });
      dot.style.borderColor = color;
      place(dot, { left: x, top: y });
      return dot;
    });
    this.#line.after(...this.#dots);
  }

  #listenToPointer(listener: SurfaceListener): void {
    const { node } = this;
    const pixel = (event: MouseEvent) => event.clientX - node.getBoundingClientRect().left;
    node.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.#pressed = this.#inside(pixel(event));
      node.setPointerCapture(event.pointerId);
    });
    node.addEventListener("pointermove", (event) => {
      const x = pixel(event);
      listener.onPoint(this.#inside(x));
      if (this.#pressed !== undefined) this.#showSelection(this.#pressed, this.#inside(x));
    });
    node.addEventListener("pointerup", (event) => {
      const from = this.#pressed;
      const to = this.#inside(pixel(event));
      this.#release();
      if (from !== undefined && Math.abs(to - from) >= leastSelection) {
        listener.onSelect(Math.min(from, to), Math.max(from, to));
      }
    });
    node.addEventListener("pointercancel", () => this.#release());
    node.addEventListener("pointerleave", () => listener.onLeave());
    node.addEventListener("dblclick", () => listener.onReset());
    node.addEventListener(
      "wheel",
      (event) => {
        const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
        if (event.ctrlKey || event.metaKey) {
          event.preventDefault();
          const turned = Math.max(-200, Math.min(200, event.deltaY));
          listener.onZoom(Math.exp(turned / 400), this.#inside(pixel(event)));
        } else if (Math.abs(sideways) > 0 && (event.shiftKey || Math.abs(sideways) > Math.abs(event.deltaY))) {
          event.preventDefault();
          listener.onPan(sideways);
        }
      },
      { passive: false },
    );
  }

  /** The nearest pixel that belongs to the run. */
  #inside(pixel: number): number {
    const { left = 0, width = 0 } = this.#axes?.box ?? {};
    return Math.max(left, Math.min(left + width, pixel));
  }

  #showSelection(from: number, to: number): void {
    this.#selection.hidden = Math.abs(to - from) < leastSelection;
    const { top = 0, height = 0 } = this.#axes?.box ?? {};
    place(this.#selection, { left: Math.min(from, to), top, width: Math.abs(to - from), height });
  }

  #release(): void {
    this.#pressed = undefined;
    this.#selection.hidden = true;
  }
}

interface Placement {
  readonly left: number;
  readonly top: number;
  readonly width?: number;
  readonly height?: number;
}

function place({ style }: HTMLElement, { left, top, width, height }: Placement): void {
  style.left = `${left}px`;
  style.top = `${top}px`;
  if (width !== undefined) style.width = `${width}px`;
  if (height !== undefined) style.height = `${height}px`;
}
