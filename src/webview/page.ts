import type { Answer } from "../core/answer.ts";
import type { PanelModel } from "../core/report/panelModel.ts";
import { Chart, type ChartOption } from "./chart.ts";
import { element, table } from "./elements.ts";
import { memoryHead, memoryOption, memoryRows } from "./memoryChart.ts";
import { scheduleOption, scheduleRows } from "./scheduleChart.ts";
import { currentTheme } from "./theme.ts";

/** The panel's page: the file, its schedule, and the memory of the ways to train its model. */
export class Page {
  readonly #title = element("h1");
  readonly #subject = element("p", { class: "subject" });
  readonly #verdict = element("p", { class: "verdict" });
  readonly #findings = element("p", { class: "findings" });
  readonly #schedule = new Section("Learning rate");
  readonly #memory = new Section("Memory per GPU");
  #model: PanelModel | undefined;

  constructor(root: HTMLElement) {
    const header = element("header", {}, this.#title, this.#subject, this.#verdict, this.#findings);
    root.replaceChildren(header, this.#schedule.node, this.#memory.node);
    this.showNothing("Open a training config to see its schedule and memory.");
  }

  show(model: PanelModel): void {
    this.#model = model;
    this.#title.textContent = model.file;
    this.#subject.textContent = model.subject;
    this.#verdict.textContent = model.verdict;
    this.#findings.textContent = model.findings;
    this.redraw();
  }

  showNothing(reason: string): void {
    this.#model = undefined;
    this.#title.textContent = "Fine-Tune Lens";
    this.#subject.textContent = reason;
    this.#verdict.textContent = this.#findings.textContent = "";
    this.#schedule.hide();
    this.#memory.hide();
  }

  redraw(): void {
    if (!this.#model) return;
    const theme = currentTheme();
    const { schedule, memory } = this.#model;
    this.#schedule.show(schedule, (plot) => ({
      option: scheduleOption(plot, theme),
      head: [plot.unit === "updates" ? "Update" : "Run", "Learning rate"],
      rows: scheduleRows(plot),
    }));
    this.#memory.show(memory, (chart) => ({
      option: memoryOption(chart, theme),
      head: memoryHead,
      rows: memoryRows(chart),
    }));
  }

  resize(): void {
    this.#schedule.resize();
    this.#memory.resize();
  }
}

interface Drawing {
  readonly option: ChartOption;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A heading, a chart with its description, and the same figures as a table. */
class Section {
  readonly node: HTMLElement;
  readonly #title: string;
  readonly #description = element("p", { class: "description" });
  readonly #box = element("div", { class: "chart" });
  readonly #table = element("div", { class: "table" });
  readonly #details = element("details", {}, element("summary", {}, "Table"), this.#table);
  #chart: Chart | undefined;

  constructor(title: string) {
    this.#title = title;
    this.node = element("section", {}, element("h2", {}, title), this.#description, this.#box, this.#details);
  }

  show<T extends { readonly description: string }>(answer: Answer<T>, drawing: (value: T) => Drawing): void {
    this.node.hidden = false;
    this.#box.hidden = this.#details.hidden = answer.value === null;
    if (answer.value === null) {
      this.#description.textContent = "reason" in answer ? answer.reason : "";
      return;
    }
    const { option, head, rows } = drawing(answer.value);
    this.#description.textContent = answer.value.description;
    this.#chart ??= new Chart(this.#box);
    this.#chart.draw(option, `${this.#title}: ${answer.value.description}`);
    this.#table.replaceChildren(table(head, rows));
  }

  hide(): void {
    this.node.hidden = true;
  }

  resize(): void {
    this.#chart?.resize();
  }
}
