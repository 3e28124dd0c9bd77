import type { Hypothesis } from "../core/advice/hypothesis.ts";
import type { ChoiceControl, Control, NumberControl, SwitchControl } from "../core/report/controls.ts";
import type { WhatIfView } from "../core/report/whatIfView.ts";
import { element } from "./elements.ts";

/** What the form asks of the extension. */
export interface WhatIfListener {
  readonly onTry: (question: number, hypothesis: Hypothesis) => void;
  readonly onApply: () => void;
}

/**
 * The row of controls that try other values. One question is under way at a time; of those that come up meanwhile the last is
 * asked when it is answered, so that dragging never runs ahead of the figures.
 */
export class WhatIfForm {
  readonly node: HTMLElement;
  readonly #listener: WhatIfListener;
  readonly #controls = element("div", { class: "controls" });
  readonly #answer = element("p", { class: "answer", role: "status" });
  readonly #apply = element("button", { type: "button", class: "primary" }, "Apply to File");
  readonly #reset = element("button", { type: "button" }, "Reset");
  #fields: readonly Field[] = [];
  #layout = "";
  #hypothesis: Hypothesis = {};
  #asked = 0;
  #answered = 0;
  #waits = false;

  constructor(listener: WhatIfListener) {
    this.#listener = listener;
    this.#apply.addEventListener("click", () => listener.onApply());
    this.#reset.addEventListener("click", () => this.#try({}));
    const buttons = element("div", { class: "buttons" }, this.#apply, this.#reset);
    this.node = element("form", { class: "what-if", "aria-label": "What if" }, this.#controls, buttons, this.#answer);
    this.node.addEventListener("submit", (event) => event.preventDefault());
  }

  show(view: WhatIfView, hypothesis: Hypothesis, answers: number): void {
    this.#answer.textContent = view.answer;
    this.#apply.disabled = !view.writes;
    this.#reset.disabled = !view.tries;
    this.#answered = answers;
    if (this.#asked !== answers) return;
    if (this.#waits) {
      this.#ask();
      return;
    }
    this.#hypothesis = hypothesis;
    const layout = JSON.stringify(view.controls.map(({ name, kind }) => [name, kind]));
    if (layout !== this.#layout) {
      this.#layout = layout;
      this.#fields = view.controls.map((control) => this.#field(control));
      this.#controls.replaceChildren(...this.#fields.map(({ node }) => node));
    }
    for (const [index, control] of view.controls.entries()) this.#fields[index]?.show(control);
  }

  #field(control: Control): Field {
    const change = (value: Hypothesis) => this.#try({ ...this.#hypothesis, ...value });
    switch (control.kind) {
      case "number":
        return new NumberField(control, (value) => change({ [control.name]: value }));
      case "choice":
        return new ChoiceField(control, (value) => {
          const { [control.name]: _, ...others } = this.#hypothesis;
          this.#try(value === "" ? others : { ...others, [control.name]: value });
        });
      case "switch":
        return new SwitchField(control, (value) => change({ [control.name]: value }));
    }
  }

  #try(hypothesis: Hypothesis): void {
    this.#hypothesis = hypothesis;
    if (this.#asked === this.#answered) this.#ask();
    else this.#waits = true;
  }

  #ask(): void {
    this.#waits = false;
    this.#listener.onTry(++this.#asked, this.#hypothesis);
  }
}

interface Field {
  readonly node: HTMLElement;
  /** Takes over the value of a control of the same name. */
  show(control: Control): void;
}

/** A slider over the stops, and a field for any other number, whose arrow keys go from stop to stop too. */
class NumberField implements Field {
  readonly node: HTMLElement;
  readonly #slider: HTMLInputElement;
  readonly #exact: HTMLInputElement;
  #stops: readonly number[] = [];
  /** Whether a number is being typed, which no answer to an earlier question may replace. */
  #types = false;

  constructor({ name, label }: NumberControl, onChange: (value: number) => void) {
    this.#slider = element("input", { type: "range", min: "0", step: "1", id: name });
    this.#exact = element("input", { type: "number", min: "1", step: "1", "aria-label": `${label}, exact` });
    const labelled = element("label", { for: name }, label);
    this.node = element("div", { class: "control number" }, labelled, this.#slider, this.#exact);
    const change = (value: number | undefined) => {
      this.#types = false;
      if (value === undefined || !Number.isSafeInteger(value) || value < 1) return;
      this.#write(value);
      onChange(value);
    };
    this.#slider.addEventListener("input", () => change(this.#stops[this.#slider.valueAsNumber]));
    this.#exact.addEventListener("input", () => {
      this.#types = true;
    });
    this.#exact.addEventListener("change", () => change(this.#exact.valueAsNumber));
    this.#exact.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      const value = this.#exact.valueAsNumber;
      change(
        event.key === "ArrowUp"
          ? this.#stops.find((stop) => stop > value)
          : this.#stops.findLast((stop) => stop < value),
      );
    });
  }

  show(control: Control): void {
    if (control.kind !== "number") return;
    this.#stops = control.stops;
    this.#slider.max = String(control.stops.length - 1);
    this.#write(control.value);
  }

  #write(value: number): void {
    const index = this.#stops.findLastIndex((stop) => stop <= value);
    this.#slider.value = String(Math.max(0, index));
    this.#slider.setAttribute("aria-valuetext", String(value));
    if (!this.#types) this.#exact.value = String(value);
  }
}

class ChoiceField implements Field {
  readonly node: HTMLElement;
  readonly #select: HTMLSelectElement;
  #choices = "";

  constructor({ name, label }: ChoiceControl, onChange: (value: string) => void) {
    this.#select = element("select", { id: name });
    this.node = element("div", { class: "control" }, element("label", { for: name }, label), this.#select);
    this.#select.addEventListener("change", () => onChange(this.#select.value));
  }

  show(control: Control): void {
    if (control.kind !== "choice") return;
    const choices = JSON.stringify(control.choices);
    if (choices !== this.#choices) {
      this.#choices = choices;
      const options = control.choices.map(({ id, label }) => element("option", { value: id }, label));
      this.#select.replaceChildren(...options);
    }
    this.#select.value = control.value;
  }
}

class SwitchField implements Field {
  readonly node: HTMLElement;
  readonly #box: HTMLInputElement;

  constructor({ name, label }: SwitchControl, onChange: (value: boolean) => void) {
    this.#box = element("input", { type: "checkbox", id: name });
    this.node = element("div", { class: "control switch" }, this.#box, element("label", { for: name }, label));
    this.#box.addEventListener("change", () => onChange(this.#box.checked));
  }

  show(control: Control): void {
    if (control.kind === "switch") this.#box.checked = control.value;
  }
}
