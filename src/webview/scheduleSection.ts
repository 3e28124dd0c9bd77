import type { ComparedView } from "../core/report/comparedFiles.ts";
import type { PanelModel } from "../core/report/panelModel.ts";
import { type PlottedCurve, type ReadyPlot, readyPlot } from "../core/report/plottedCurve.ts";
import { scheduleHead, scheduleRows } from "../core/report/scheduleRows.ts";
import type { PlotState, SavedKind } from "../protocol.ts";
import { Chart, pngOf, svgOf } from "./chart.ts";
import { button, element, scrollable, table } from "./elements.ts";
import { type Axes, placeAt, type Range } from "./plot/axes.ts";
import { crosshairAt, lastStep } from "./plot/crosshair.ts";
import { curveStyles } from "./plot/curveStyles.ts";
import { drawPlot } from "./plot/drawing.ts";
import { Explanation } from "./plot/explanation.ts";
import { exportedPlot } from "./plot/exported.ts";
import { actionOf, keysHelp, zoomFactor } from "./plot/keys.ts";
import { Legend } from "./plot/legend.ts";
import { Readout } from "./plot/readout.ts";
import { savedName, savedRates } from "./plot/saving.ts";
import type { View } from "./plot/scene.ts";
import { PlotSurface } from "./plot/surface.ts";
import { clampRange, homeRange, rangeWith, zoomed } from "./plot/zoom.ts";
import { SamplesForm } from "./samplesForm.ts";
import { currentTheme, type Theme } from "./theme.ts";

const title = "Learning rate";

/** What the section tells the page. */
export interface ScheduleListener {
  readonly onPlotState: (state: PlotState) => void;
  /** Save `content`, the bytes of a PNG in base64, as a file of that name without its ending. */
  readonly onSave: (name: string, kind: SavedKind, content: string) => void;
  /** So many training samples has an epoch; null to forget what was said. */
  readonly onSamples: (samples: number | null) => void;
  /** Choose the files to compare with. */
  readonly onCompare: () => void;
  /** Stop comparing with the file at that address. */
  readonly onRemove: (uri: string) => void;
}

/** The learning rate over the run: its curves with crosshair, zoom and legend, and all that is said of them. */
export class ScheduleSection {
  readonly node: HTMLElement;
  readonly #listener: ScheduleListener;
  readonly #description = element("p", { class: "description" });
  readonly #samples = new SamplesForm((samples) => this.#listener.onSamples(samples));
  readonly #compare = button("Compare…", "Draw the schedules of other files too", () => this.#listener.onCompare());
  readonly #legend = new Legend(
    { onToggle: (id) => this.#toggle(id), onRemove: (uri) => this.#listener.onRemove(uri) },
    this.#compare,
  );
  readonly #log = button("Log Axis", "Linear or logarithmic axis (L)", () => this.#setLog(!this.#state.log));
  readonly #reset = button("Whole Run", "See the whole run again (0)", () => this.#setRange(null));
  readonly #zoomIn = button("+", "Zoom in (+)", () => this.#zoom(zoomFactor), "Zoom in");
  readonly #zoomOut = button("−", "Zoom out (−)", () => this.#zoom(1 / zoomFactor), "Zoom out");
  readonly #surface: PlotSurface;
  readonly #readout = new Readout();
  readonly #notes = element("p", { class: "description notes" });
  /** Why what was asked for could not be done. */
  readonly #refusal = element("p", { class: "refusal", role: "alert" });
  readonly #explanation = new Explanation();
  readonly #table = scrollable(`${title} as a table`);
  readonly #body: HTMLElement;
  #chart: Chart | undefined;
  #plot: ReadyPlot | null = null;
  #compared: readonly ComparedView[] = [];
  #theme: Theme = currentTheme();
  #axes: Axes | undefined;
  #state: PlotState = { range: null, log: false, hidden: [] };
  /** The update under the crosshair. */
  #step: number | null = null;
  /** Whether the keyboard put it there; then it stays when the pointer leaves. */
  #isKept = false;
  #isPending = false;
  #file = "";

  constructor(listener: ScheduleListener, above: readonly HTMLElement[] = []) {
    this.#listener = listener;
    const hint = element(
      "p",
      { id: "plot-hint", class: "unseen" },
      "The arrow keys move a crosshair, M goes to the next mark.",
    );
    this.#surface = new PlotSurface(`${title} plot`, hint.id, {
      onPoint: (pixel) => this.#point(pixel),
      onLeave: () => this.#leave(),
      onSelect: (from, to) => this.#setRange(this.#axes && { from: this.#placeAt(from), to: this.#placeAt(to) }),
      onZoom: (factor, pixel) => this.#zoom(factor, this.#placeAt(pixel)),
      onPan: (pixels) => this.#pan(pixels),
      onReset: () => this.#setRange(null),
      onKey: (key, shift) => this.#onKey(key, shift),
      onFocus: () => this.#moveTo(this.#step ?? 0),
    });
    const zoom = element("div", { class: "group", role: "group", "aria-label": "Zoom" });
    zoom.append(this.#zoomOut, this.#zoomIn, this.#reset);
    const save = element("div", { class: "group", role: "group", "aria-label": "Save" });
    save.append(
      button("SVG", "Save what is in sight as an SVG, on white", () => this.#savePicture("svg"), "Save as SVG"),
      button("PNG", "Save what is in sight as a PNG, on white", () => this.#savePicture("png"), "Save as PNG"),
      button("CSV", "Save the rates of every update as CSV", () => this.#saveRates(), "Save as CSV"),
    );
    const tools = element("div", { class: "tools" }, this.#log, zoom, save);
    this.#body = element(
      "div",
      {},
      element(
        "div",
        { class: "toolbar" },
        element("div", { class: "curves" }, this.#legend.node, this.#compare),
        tools,
      ),
      hint,
      this.#surface.node,
      this.#readout.node,
      this.#notes,
      this.#refusal,
      this.#explanation.node,
      element("details", {}, element("summary", {}, "Table"), this.#table),
      keysHelp(),
    );
    const heading = element("h2", {}, title);
    this.node = element(
      "section",
      { class: "schedule" },
      heading,
      this.#description,
      this.#samples.node,
      ...above,
      this.#body,
    );
  }

  /** Takes over what was in sight of this file before; null for a file that is new here. */
  restore(state: PlotState | null): void {
    this.#refusal.textContent = "";
    this.#samples.clear();
    this.#state = state ?? { range: null, log: this.#state.log, hidden: [] };
    this.#step = null;
  }

  show({ schedule, file, samples, compared }: PanelModel): void {
    this.node.hidden = false;
    this.#samples.show(samples);
    this.#file = file;
    this.#compared = compared;
    const unit = this.#plot?.unit;
    this.#plot = schedule.value && readyPlot(schedule.value);
    this.#body.hidden = this.#plot === null;
    if (!this.#plot) {
      this.#description.textContent = "reason" in schedule ? schedule.reason : "";
      return;
    }
    const { range } = this.#state;
    if (unit !== undefined && unit !== this.#plot.unit) this.#state = { ...this.#state, range: null };
    else if (range) this.#state = { ...this.#state, range: clampRange(range, this.#plot) };
    if (this.#step !== null) this.#step = Math.min(this.#step, lastStep(this.#plot));
    this.#description.textContent = this.#plot.description;
    this.#explanation.show(this.#plot.curves[0].schedule);
    this.redraw();
  }

  hide(): void {
    this.node.hidden = true;
    this.#plot = null;
  }

  /** Draws all again: in the theme that is now, and as wide as the page is now. */
  redraw(): void {
    if (!this.#plot) return;
    this.#theme = currentTheme();
    this.#draw(this.#plot);
    this.#fillTable(this.#plot);
  }

  resize(): void {
    if (this.#plot && !this.node.hidden) this.#draw(this.#plot);
  }

  #draw(plot: ReadyPlot): void {
    const width = this.#surface.box.clientWidth;
    if (width === 0) return;
    const height = Math.round(Math.max(260, Math.min(400, 0.42 * width)));
    this.#surface.box.style.height = `${height}px`;
    const { option, axes, notes } = drawPlot(plot, this.#view(plot, width, height));
    this.#chart ??= new Chart(this.#surface.box);
    this.#chart.resize();
    this.#chart.draw(option, `${title}: ${plot.description}`);
    this.#axes = axes;
    this.#surface.setAxes(axes);
    this.#notes.textContent = [...plot.notes, ...notes].join(" ");
    this.#log.setAttribute("aria-pressed", String(this.#state.log));
    // Not `disabled`, which would take the focus from who has just pressed it.
    this.#reset.setAttribute("aria-disabled", String(this.#state.range === null));
    const styles = curveStyles(plot.curves, this.#theme);
    this.#legend.show(plot.curves, this.#compared, styles, (id) => this.#isHidden(id));
    this.#drawCrosshair();
  }

  #view(plot: ReadyPlot, width: number, height: number): View {
    const range = this.#state.range ?? homeRange(plot);
    return { range, log: this.#state.log, isHidden: (id) => this.#isHidden(id), theme: this.#theme, width, height };
  }

  #fillTable(plot: ReadyPlot): void {
    const curves = this.#shown(plot);
    this.#table.replaceChildren(table(scheduleHead(plot, curves), scheduleRows(plot, curves)));
  }

  #shown(plot: ReadyPlot): readonly PlottedCurve[] {
    return plot.curves.filter(({ id }) => !this.#isHidden(id));
  }

  #isHidden(id: string): boolean {
    return this.#state.hidden.includes(id);
  }

  #toggle(id: string): void {
    const { hidden } = this.#state;
    this.#change({ hidden: this.#isHidden(id) ? hidden.filter((other) => other !== id) : [...hidden, id] });
    if (this.#plot) this.#fillTable(this.#plot);
  }

  #setLog(log: boolean): void {
    this.#change({ log });
  }

  /** Undefined changes nothing; null shows all. */
  #setRange(range: Range | null | undefined): void {
    if (range === undefined || !this.#plot) return;
    const home = homeRange(this.#plot);
    const next = range && clampRange(range, this.#plot);
    this.#change({ range: next && (next.from !== home.from || next.to !== home.to) ? next : null });
  }

  #zoom(factor: number, around?: number): void {
    if (!this.#plot) return;
    const range = this.#state.range ?? homeRange(this.#plot);
    const { scale } = this.#plot.curves[0];
    const crosshair = this.#step === null ? undefined : this.#step * scale;
    const inSight = crosshair !== undefined && crosshair >= range.from && crosshair <= range.to;
    const middle = inSight ? crosshair : (range.from + range.to) / 2;
    this.#setRange(zoomed(range, factor, around ?? middle));
  }

  #pan(pixels: number): void {
    if (!this.#plot || !this.#axes || !this.#state.range) return;
    const { from, to } = this.#state.range;
    const way = (pixels * (to - from)) / this.#axes.box.width;
    this.#setRange({ from: from + way, to: to + way });
  }

  /** What changes is kept, and drawn with the next frame, however often it changes before. */
  #change(state: Partial<PlotState>): void {
    this.#state = { ...this.#state, ...state };
    this.#listener.onPlotState(this.#state);
    if (this.#isPending) return;
    this.#isPending = true;
    requestAnimationFrame(() => {
      this.#isPending = false;
      if (this.#plot) this.#draw(this.#plot);
    });
  }

  #savePicture(kind: "svg" | "png"): void {
    if (!this.#plot) return;
    const range = this.#state.range ?? homeRange(this.#plot);
    const view = { range, log: this.#state.log, isHidden: (id: string) => this.#isHidden(id), theme: this.#theme };
    const { option, size, words } = exportedPlot(this.#plot, `${title} · ${this.#file}`, view);
    const content = kind === "svg" ? svgOf(option, size, words) : pngOf(option, size);
    this.#listener.onSave(savedName(this.#file), kind, content);
  }

  #saveRates(): void {
    if (!this.#plot) return;
    const rates = savedRates(this.#plot, this.#shown(this.#plot));
    this.#refusal.textContent = "refusal" in rates ? rates.refusal : "";
    if ("csv" in rates) this.#listener.onSave(savedName(this.#file), "csv", rates.csv);
  }

  #placeAt(pixel: number): number {
    return this.#axes ? placeAt(this.#axes, pixel) : 0;
  }

  #point(pixel: number): void {
    if (!this.#plot) return;
    const [{ scale }] = this.#plot.curves;
    this.#isKept = false;
    this.#step = Math.max(0, Math.min(lastStep(this.#plot), Math.round(this.#placeAt(pixel) / scale)));
    this.#drawCrosshair();
  }

  #leave(): void {
    if (this.#isKept) return;
    this.#step = null;
    this.#drawCrosshair();
  }

  #onKey(key: string, shift: boolean): boolean {
    const plot = this.#plot;
    if (!plot || !this.#axes) return false;
    const action = actionOf(key, shift, plot, this.#axes, this.#step);
    switch (action?.kind) {
      case "move":
        this.#moveTo(action.step);
        break;
      case "zoom":
        this.#zoom(action.factor);
        break;
      case "whole run":
        this.#setRange(null);
        break;
      case "other axis":
        this.#setLog(!this.#state.log);
        break;
      case "no crosshair":
        this.#step = null;
        this.#isKept = false;
        this.#drawCrosshair();
        break;
    }
    return action !== null;
  }

  /** The crosshair on an update, in sight and read out. */
  #moveTo(wanted: number): void {
    const plot = this.#plot;
    if (!plot || !this.#axes) return;
    const step = Math.max(0, Math.min(lastStep(plot), wanted));
    this.#step = step;
    this.#isKept = true;
    const place = step * plot.curves[0].scale;
    const { x } = this.#axes;
    if (place < x.from || place > x.to) this.#setRange(rangeWith(x, place));
    this.#drawCrosshair();
    this.#readout.announce(plot, this.#shown(plot), step);
  }

  #drawCrosshair(): void {
    const plot = this.#plot;
    const axes = this.#axes;
    if (!plot || !axes) return;
    const curves = this.#shown(plot);
    const styles = curveStyles(plot.curves, this.#theme);
    this.#readout.show(plot, curves, styles, this.#step);
    this.#surface.showCrosshair(this.#step === null ? null : crosshairAt(this.#step, plot, curves, styles, axes));
  }
}
