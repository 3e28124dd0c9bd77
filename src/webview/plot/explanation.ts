import type { LrSchedule } from "../../core/schedule/lrSchedule.ts";
import { formatCount, formatRate } from "../../core/units.ts";
import { element } from "../elements.ts";

/** What a schedule does, as a formula with its symbols, and what one would not expect of it. */
export class Explanation {
  readonly node: HTMLElement;
  readonly #formula = element("p", { class: "formula" });
  readonly #surprises = element("div", { class: "surprises" });

  constructor() {
    this.node = element("div", {}, this.#formula, this.#surprises);
  }

  show({ formula, surprises, peak, warmupSteps, totalSteps, stepsKnown }: LrSchedule): void {
    const symbols = [
      "k update, counted from 0",
      `P = ${formatRate(peak)}`,
      stepsKnown ? `W = ${formatCount(warmupSteps)}` : "W updates of warmup",
      stepsKnown ? `T = ${formatCount(totalSteps)}` : "T all updates",
    ].filter(([symbol = ""]) => symbol === "k" || new RegExp(`\\b${symbol}\\b`).test(formula));
    const equation = element("code", {}, `lr(k) = ${formula}`);
    this.#formula.replaceChildren(equation, element("span", {}, symbols.join(" · ")));
    this.#surprises.hidden = surprises.length === 0;
    this.#surprises.replaceChildren(
      element("h3", {}, "What really happens"),
      element("ul", {}, ...surprises.map((surprise) => element("li", {}, sentence(surprise)))),
    );
  }
}

/** A clause as a sentence. */
function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}
