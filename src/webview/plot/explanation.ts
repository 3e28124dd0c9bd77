import { t } from "../../core/language.ts";
import { sentence, symbolsText } from "../../core/report/formulaText.ts";
import type { LrSchedule } from "../../core/schedule/lrSchedule.ts";
import { element } from "../elements.ts";

/** What a schedule does, as a formula with its symbols, and what one would not expect of it. */
export class Explanation {
  readonly node: HTMLElement;
  readonly #formula = element("p", { class: "formula" });
  readonly #surprises = element("div", { class: "surprises" });

  constructor() {
    this.node = element("div", {}, this.#formula, this.#surprises);
  }

  show(schedule: LrSchedule): void {
    const { formula, surprises } = schedule;
    const equation = element("code", {}, `lr(k) = ${formula}`);
    this.#formula.replaceChildren(equation, element("span", {}, symbolsText(schedule)));
    this.#surprises.hidden = surprises.length === 0;
    this.#surprises.replaceChildren(
      element("h3", {}, t`What really happens`),
      element("ul", {}, ...surprises.map((surprise) => element("li", {}, sentence(surprise)))),
    );
  }
}
