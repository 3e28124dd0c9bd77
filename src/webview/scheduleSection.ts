import { t } from "../core/language.ts";
import type { ComparedView } from "../core/report/comparedFiles.ts";
import type { PanelModel } from "../core/report/panelModel.ts";
import { type PlottedCurve, type ReadyPlot, readyPlot } from "../core/report/plottedCurve.ts";
import { scheduleCode } from "../core/report/scheduleCode.ts";
import { scheduleHead, scheduleRows } from "../core/report/scheduleRows.ts";
import type { PlotState, SavedKind } from "../protocol.ts";
import { Chart, pngOf, svgOf } from "./chart.ts";
import { button, element, scrollable, table } from "./elements.ts";
import { type Axes, placeAt } from "./plot/axes.ts";
import { crosshairAt, lastStep } from "./plot/crosshair.ts";
import { curveStyles } from "./plot/curveStyles.ts";
import { drawPlot } from "./plot/drawing.ts";
import { Explanation } from "./plot/explanation.ts";
import { exportedPlot } from "./plot/exported.ts";
import { actionOf, keysHelp } from "./plot/keys.ts";
import { Legend } from "./plot/legend.ts";
import { Readout } from "./plot/readout.ts";
import { savedName, savedRates } from "./plot/saving.ts";
import type { View } from "./plot/scene.ts";
import { PlotSurface } from "./plot/surface.ts";
import { PlotTools } from "./plot/tools.ts";
import { Viewport } from "./plot/viewport.ts";
import { rangeWith } from "./plot/zoom.ts";
import { SamplesForm } from "./samplesForm.ts";
import { currentTheme, type Theme } from "./theme.ts";

const title = t`Learning rate`;

/** What the section tells the page. */
export interface ScheduleListener {
  readonly onPlotState: (state: PlotState) => void;
  /** Save `content`, the bytes of a PNG in base64, as a file of that name without its ending. */
  readonly onSave: (name: string, kind: SavedKind, content: string) => void;
  /** So many training samples has an epoch; null to forget what was said. */
  readonly onSamples: (samples: number | null) => void;
  readonly onCopy: (text: string) => void;
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
  readonly #viewport = new Viewport((state) => {
    this.#listener.onPlotState(state);
    this.#drawSoon();
  });
  readonly #samples = new SamplesForm((samples) => this.#listener.onSamples(samples));
  readonly #compare = button(t`Compare…`, t`Draw the schedules of other files too`, () => this.#listener.onCompare());
  readonly #legend = new Legend(
    { onToggle: (id) => this.#toggle(id), onRemove: (uri) => this.#listener.onRemove(uri) },
    this.#compare,
  );
  readonly #tools = new PlotTools({
    onOtherAxis: () => this.#viewport.changeAxis(),
    onZoom: (factor) => this.#zoom(factor),
    onWholeRun: () => this.#viewport.showWholeRun(),
    onSavePicture: (kind) => this.#savePicture(kind),
    onSaveRates: () => this.#saveRates(),
    onCopyCode: () => this.#copyCode(),
  });
  readonly #surface: PlotSurface;
  readonly #readout = new Readout();
  readonly #notes = element("p", { class: "description notes" });
  /** What has come of what was asked for. */
  readonly #outcome = element("p", { class: "outcome", role: "status" });
  readonly #explanation = new Explanation();
  readonly #table = scrollable(t`${title} as a table`);
  readonly #body: HTMLElement;
  #chart: Chart | undefined;
  #plot: ReadyPlot | null = null;
  #compared: readonly ComparedView[] = [];
  #theme: Theme = currentTheme();
  #axes: Axes | undefined;
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
      t`The arrow keys move a crosshair, M goes to the next mark.`,
    );
    this.#surface = new PlotSurface(t`${title} plot`, hint.id, {
      onPoint: (pixel) => this.#point(pixel),
      onLeave: () => this.#leave(),
      onSelect: (from, to) => {
        if (this.#plot) this.#viewport.show({ from: this.#placeAt(from), to: this.#placeAt(to) }, this.#plot);
      },
      onZoom: (factor, pixel) => this.#zoom(factor, this.#placeAt(pixel)),
      onPan: (pixels) => {
        if (this.#plot && this.#axes) this.#viewport.pan(pixels, this.#plot, this.#axes);
      },
      onReset: () => this.#viewport.showWholeRun(),
      onKey: (key, shift) => this.#onKey(key, shift),
      onFocus: () => this.#moveTo(this.#step ?? 0),
    });
    this.#body = element(
      "div",
      {},
      element(
        "div",
        { class: "toolbar" },
        element("div", { class: "curves" }, this.#legend.node, this.#compare),
        this.#tools.node,
      ),
      hint,
      this.#surface.node,
      this.#readout.node,
      this.#notes,
      this.#outcome,
      this.#explanation.node,
      element("details", {}, element("summary", {}, t`Table`), this.#table),
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
    this.#outcome.textContent = "";
    this.#samples.clear();
    this.#viewport.restore(state);
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
    this.#viewport.settle(this.#plot, unit);
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
    const { option, axes, notes } = drawPlot(plot, { ...this.#sight(plot), width, height });
    this.#chart ??= new Chart(this.#surface.box);
    this.#chart.resize();
    this.#chart.draw(option, `${title}: ${plot.description}`);
    this.#axes = axes;
    this.#surface.setAxes(axes);
    this.#notes.textContent = [...plot.notes, ...notes].join(" ");
    this.#tools.show(this.#viewport.isLog, this.#viewport.isWholeRun);
    const styles = curveStyles(plot.curves, this.#theme);
    this.#legend.show(plot.curves, this.#compared, styles, (id) => this.#viewport.isHidden(id));
    this.#drawCrosshair();
  }

  #sight(plot: ReadyPlot): Omit<View, "width" | "height"> {
    const isHidden = (id: string) => this.#viewport.isHidden(id);
    return { range: this.#viewport.rangeOf(plot), log: this.#viewport.isLog, isHidden, theme: this.#theme };
  }

  #fillTable(plot: ReadyPlot): void {
    const curves = this.#shown(plot);
    this.#table.replaceChildren(table(scheduleHead(plot, curves), scheduleRows(plot, curves)));
  }

  #shown(plot: ReadyPlot): readonly PlottedCurve[] {
    return plot.curves.filter(({ id }) => !this.#viewport.isHidden(id));
  }

  #toggle(id: string): void {
    this.#viewport.toggle(id);
    if (this.#plot) this.#fillTable(this.#plot);
  }

  /** Around the crosshair where it is in sight, else around the middle. */
  #zoom(factor: number, around?: number): void {
    if (!this.#plot) return;
    const { from, to } = this.#viewport.rangeOf(this.#plot);
    const crosshair = this.#step === null ? undefined : this.#step * this.#plot.curves[0].scale;
    const inSight = crosshair !== undefined && crosshair >= from && crosshair <= to;
    this.#viewport.zoom(factor, around ?? (inSight ? crosshair : (from + to) / 2), this.#plot);
  }

  /** With the next frame, however often what is in sight changes before. */
  #drawSoon(): void {
    if (this.#isPending) return;
    this.#isPending = true;
    requestAnimationFrame(() => {
      this.#isPending = false;
      if (this.#plot) this.#draw(this.#plot);
    });
  }

  #savePicture(kind: "svg" | "png"): void {
    if (!this.#plot) return;
    const { option, size, words } = exportedPlot(this.#plot, `${title} · ${this.#file}`, this.#sight(this.#plot));
    const content = kind === "svg" ? svgOf(option, size, words) : pngOf(option, size);
    this.#listener.onSave(savedName(this.#file), kind, content);
  }

  #saveRates(): void {
    if (!this.#plot) return;
    const rates = savedRates(this.#plot, this.#shown(this.#plot));
    this.#outcome.textContent = "refusal" in rates ? rates.refusal : "";
    if ("csv" in rates) this.#listener.onSave(savedName(this.#file), "csv", rates.csv);
  }

  #copyCode(): void {
    if (!this.#plot) return;
    const [{ schedule, label }] = this.#plot.curves;
    this.#listener.onCopy(scheduleCode(schedule, `${this.#file}: ${this.#plot.description}`));
    this.#outcome.textContent = t`${label} is in the clipboard as code for PyTorch.`;
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
        this.#viewport.showWholeRun();
        break;
      case "other axis":
        this.#viewport.changeAxis();
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
    if (place < x.from || place > x.to) this.#viewport.show(rangeWith(x, place), plot);
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
