import { t } from "../../core/language.ts";
import { sentence, symbolsText } from "../../core/report/formulaText.ts";
import { equationOf, type LrSchedule } from "../../core/schedule/lrSchedule.ts";
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
    const { surprises, stepsKnown } = schedule;
    const equation = equationOf(schedule);
    const formula = element("code", {}, `lr(k) = ${equation.formula}`);
    this.#formula.replaceChildren(formula, element("span", {}, symbolsText(equation, stepsKnown)));
    this.#surprises.hidden = surprises.length === 0;
    this.#surprises.replaceChildren(
      element("h3", {}, t`What really happens`),
      element("ul", {}, ...surprises.map((surprise) => element("li", {}, sentence(surprise)))),
    );
  }
}
