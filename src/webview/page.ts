import type { Hypothesis } from "../core/advice/hypothesis.ts";
import type { Answer } from "../core/answer.ts";
import { t } from "../core/language.ts";
import type { PanelDetails, PanelModel } from "../core/report/panelModel.ts";
import type { WhatIfView } from "../core/report/whatIfView.ts";
import type { PageSection, PlotState } from "../protocol.ts";
import { Chart, type ChartOption } from "./chart.ts";
import { button, element, scrollable, table } from "./elements.ts";
import { memoryHead, memoryHeight, memoryOption, memoryRows } from "./memoryChart.ts";
import { RoomTable } from "./roomTable.ts";
import { type ScheduleListener, ScheduleSection } from "./scheduleSection.ts";
import { currentTheme } from "./theme.ts";
import { Trial, type TrialListener } from "./trial.ts";
import { WaysSection } from "./waysSection.ts";
import { WhatIfForm } from "./whatIfForm.ts";

/** What the page asks of the extension. */
export interface PageListener extends TrialListener, ScheduleListener {
  /** Stay with the file, or follow the active editor again. */
  readonly onPin: (pinned: boolean) => void;
}

/** The panel's page: the file, its schedule, and the memory of the ways to train its model. */
export class Page {
  readonly #title = element("h1");
  readonly #pin: HTMLButtonElement;
  readonly #subject = element("p", { class: "subject" });
  readonly #verdict = element("p", { class: "verdict" });
  readonly #findings = element("p", { class: "findings" });
  readonly #schedule: ScheduleSection;
  readonly #trial: Trial;
  readonly #scheduleForm: WhatIfForm;
  readonly #memoryForm: WhatIfForm;
  readonly #room = new RoomTable();
  readonly #memory: Section;
  readonly #ways = new WaysSection(t`Ways to train this model`);
  #model: PanelModel | undefined;
  #isPinned = false;

  constructor(root: HTMLElement, listener: PageListener) {
    this.#trial = new Trial(listener);
    this.#scheduleForm = new WhatIfForm(t`What if: learning rate`, this.#trial);
    this.#memoryForm = new WhatIfForm(t`What if: memory`, this.#trial);
    this.#schedule = new ScheduleSection(listener, [this.#scheduleForm.node]);
    this.#memory = new Section(t`Memory per GPU`, [this.#memoryForm.node], [this.#room.node]);
    const tooltip = t`Stay with this file while other editors are active`;
    this.#pin = button(t`Pin`, tooltip, () => listener.onPin(!this.#isPinned));
    const heading = element("div", { class: "heading" }, this.#title, this.#pin);
    const header = element("header", {}, heading, this.#subject, this.#verdict, this.#findings);
    root.replaceChildren(header, this.#schedule.node, this.#memory.node, this.#ways.node);
    this.showNothing(t`Open a training config to see its schedule and memory.`);
  }

  /** `model` with what it tries instead of the file, as the answer to the page's question of that number. */
  show(model: PanelModel, hypothesis: Hypothesis, answers: number): void {
    const drawn = this.#model?.memory;
    this.#model = model;
    this.#title.textContent = model.file;
    this.#subject.textContent = model.subject;
    this.#verdict.textContent = model.verdict;
    this.#findings.textContent = model.findings;
    this.#showTrial(model.whatIf, this.#trial.isAnswered(hypothesis, answers));
    this.#schedule.show(model);
    if (!drawn || JSON.stringify(drawn) !== JSON.stringify(model.memory)) this.#drawMemory(model);
    this.#showPin();
  }

  setPinned(pinned: boolean): void {
    this.#isPinned = pinned;
    this.#showPin();
  }

  #showPin(): void {
    this.#pin.hidden = !this.#model && !this.#isPinned;
    this.#pin.setAttribute("aria-pressed", String(this.#isPinned));
  }

  #showTrial({ controls, schedule, answer, scheduleAnswer, tries, writes }: WhatIfView, isAnswered: boolean): void {
    this.#scheduleForm.show({ controls: schedule, answer: scheduleAnswer, tries, writes }, isAnswered);
    this.#memoryForm.show({ controls, answer, tries, writes }, isAnswered);
  }

  /** What of `model` takes longer to work out. */
  showDetails({ room, ways }: PanelDetails): void {
    this.#room.show(room);
    this.#ways.show(ways);
  }

  showNothing(reason: string): void {
    this.#model = undefined;
    this.#title.textContent = "Fine-Tune Lens";
    this.#subject.textContent = reason;
    this.#verdict.textContent = this.#findings.textContent = "";
    this.#schedule.hide();
    this.#memory.hide();
    this.#ways.hide();
    this.#showPin();
  }

  /** Scrolls to a section. */
  reveal(section: PageSection): void {
    const { node } = { schedule: this.#schedule, memory: this.#memory, ways: this.#ways }[section];
    if (section === "schedule") window.scrollTo({ top: 0 });
    else node.scrollIntoView();
  }

  /** How the plot of the file that comes next was looked at before; null where it is new. */
  restorePlot(state: PlotState | null): void {
    this.#schedule.restore(state);
  }

  redraw(): void {
    if (!this.#model) return;
    this.#schedule.redraw();
    this.#drawMemory(this.#model);
  }

  #drawMemory({ memory }: PanelModel): void {
    const theme = currentTheme();
    this.#memory.show(memory, (chart, width) => ({
      option: memoryOption(chart, theme, width),
      summary: chart.peak,
      height: memoryHeight(chart, theme, width),
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
  /** The gist of it, in words above the picture; its description says all. */
  readonly summary: string;
  /** In pixels; the style sheet's where absent. */
  readonly height?: number;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A heading, a chart with its description and what belongs to it, and the same figures as a table. */
class Section {
  readonly node: HTMLElement;
  readonly #title: string;
  readonly #summary = element("p", { class: "description" });
  readonly #box = element("div", { class: "chart" });
  readonly #table: HTMLElement;
  readonly #details: HTMLElement;
  #chart: Chart | undefined;

  constructor(title: string, above: readonly HTMLElement[] = [], below: readonly HTMLElement[] = []) {
    this.#title = title;
    this.#table = scrollable(t`${title} as a table`);
    this.#details = element("details", {}, element("summary", {}, t`Table`), this.#table);
    const heading = element("h2", {}, title);
    this.node = element("section", {}, heading, this.#summary, ...above, this.#box, this.#details, ...below);
  }

  show<T extends { readonly description: string }>(
    answer: Answer<T>,
    drawing: (value: T, width: number) => Drawing,
  ): void {
    this.node.hidden = false;
    this.#box.hidden = this.#details.hidden = answer.value === null;
    if (answer.value === null) {
      this.#summary.textContent = "reason" in answer ? answer.reason : "";
      return;
    }
    const { option, height, summary, head, rows } = drawing(answer.value, this.#box.clientWidth);
    this.#summary.textContent = summary;
    if (height !== undefined) this.#box.style.height = `${height}px`;
    this.#chart ??= new Chart(this.#box);
    this.#chart.resize();
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
