import type { Answer } from "../core/answer.ts";
import type { WaysTable } from "../core/report/waysTable.ts";
import { element, scrollable, table } from "./elements.ts";

/** The ways to train a model side by side, and which of them is recommended, with the reasons. */
export class WaysSection {
  readonly node: HTMLElement;
  readonly #recommendation = element("p", { class: "verdict" });
  readonly #reasons = element("ul");
  readonly #table: HTMLElement;
  readonly #note = element("p", { class: "description" });

  constructor(title: string) {
    this.#table = scrollable(title);
    const heading = element("h2", {}, title);
    this.node = element("section", {}, heading, this.#recommendation, this.#reasons, this.#table, this.#note);
  }

  show(answer: Answer<WaysTable>): void {
    this.node.hidden = false;
    const ways = answer.value;
    this.#reasons.hidden = this.#table.hidden = ways === null;
    this.#recommendation.textContent = ways ? `Recommended: ${ways.recommendation.title}` : "";
    this.#note.textContent = "reason" in answer ? answer.reason : answer.value.note;
    if (!ways) return;
    this.#reasons.replaceChildren(...ways.recommendation.reasons.map((reason) => element("li", {}, reason)));
    this.#table.replaceChildren(table(ways.head, ways.rows));
  }

  hide(): void {
    this.node.hidden = true;
  }
}
