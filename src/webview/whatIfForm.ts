import { t } from "../core/language.ts";
import type { Control } from "../core/report/controls.ts";
import { element } from "./elements.ts";
import { ChoiceField, type Field, NumberField, SwitchField } from "./fields.ts";
import type { Trial } from "./trial.ts";

/** What a row of controls shows. */
export interface WhatIfRow {
  readonly controls: readonly Control[];
  readonly answer: string;
  readonly tries: boolean;
  readonly writes: boolean;
}

/** A row of controls that try other values, with what comes of them. */
export class WhatIfForm {
  readonly node: HTMLElement;
  readonly #trial: Trial;
  readonly #controls = element("div", { class: "controls" });
  readonly #answer = element("p", { class: "answer", role: "status" });
  readonly #apply = element("button", { type: "button", class: "primary" }, t`Apply to File`);
  readonly #reset = element("button", { type: "button" }, t`Reset`);
  #fields: readonly Field[] = [];
  #layout = "";

  constructor(title: string, trial: Trial) {
    this.#trial = trial;
    this.#apply.addEventListener("click", () => trial.apply());
    this.#reset.addEventListener("click", () => trial.reset());
    const buttons = element("div", { class: "buttons" }, this.#apply, this.#reset);
    this.node = element("form", { class: "what-if", "aria-label": title }, this.#controls, buttons, this.#answer);
    this.node.addEventListener("submit", (event) => event.preventDefault());
  }

  /** The fields take over their values only when `isAnswered`: what somebody is changing stays as it is. */
  show({ controls, answer, tries, writes }: WhatIfRow, isAnswered: boolean): void {
    this.node.hidden = controls.length === 0;
    this.#answer.textContent = answer;
    this.#apply.disabled = !writes;
    this.#reset.disabled = !tries;
    if (!isAnswered) return;
    const layout = JSON.stringify(controls.map(({ name, kind, label }) => [name, kind, label]));
    if (layout !== this.#layout) {
      this.#layout = layout;
      this.#fields = controls.map((control) => this.#field(control));
      this.#controls.replaceChildren(...this.#fields.map(({ node }) => node));
    }
    for (const [index, control] of controls.entries()) this.#fields[index]?.show(control);
  }

  #field(control: Control): Field {
    const change = (value: unknown) => this.#trial.change({ [control.name]: value });
    switch (control.kind) {
      case "number":
        return new NumberField(control, change);
      case "choice":
        return new ChoiceField(control, (value) => change(value === "" ? undefined : value));
      case "switch":
        return new SwitchField(control, change);
    }
  }
}
