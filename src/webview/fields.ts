import { t } from "../core/language.ts";
import type { ChoiceControl, Control, NumberControl, SwitchControl } from "../core/report/controls.ts";
import { formatRate } from "../core/units.ts";
import { element } from "./elements.ts";

export interface Field {
  readonly node: HTMLElement;
  /** Takes over the value of a control of the same name. */
  show(control: Control): void;
}

type Unit = NumberControl["unit"];

/** A slider over the stops, and a field for any other number, whose arrow keys go from stop to stop too. */
export class NumberField implements Field {
  readonly node: HTMLElement;
  readonly #slider: HTMLInputElement;
  readonly #exact: HTMLInputElement;
  readonly #unit: Unit;
  readonly #least: number;
  #stops: readonly number[] = [];
  /** Whether a number is being typed, which no answer to an earlier question may replace. */
  #types = false;

  /** `onChange` gets a share where the control is in per cent. */
  constructor({ name, label, unit, least }: NumberControl, onChange: (value: number) => void) {
    this.#unit = unit;
    this.#least = least;
    this.#slider = element("input", { type: "range", min: "0", step: "1", id: name });
    const step = unit === "count" ? "1" : "any";
    const exact = { type: "number", min: String(least), step, "aria-label": t`${label}, exact`, class: unit };
    this.#exact = element("input", exact);
    const labelled = element("label", { for: name }, label);
    this.node = element("div", { class: "control number" }, labelled, this.#slider, this.#exact);
    const change = (value: number | undefined) => {
      if (value === undefined || !this.#isRight(value)) return;
      this.#write(value);
      onChange(unit === "percent" ? value / 100 : value);
    };
    this.#slider.addEventListener("input", () => {
      this.#types = false;
      change(this.#stops[this.#slider.valueAsNumber]);
    });
    this.#exact.addEventListener("input", () => {
      this.#types = true;
      change(this.#exact.valueAsNumber);
    });
    this.#exact.addEventListener("change", () => {
      this.#types = false;
      if (!this.#isRight(this.#exact.valueAsNumber)) this.#writeExact(this.#stops[this.#slider.valueAsNumber]);
    });
    this.#exact.addEventListener("keydown", (event) => {
      if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
      event.preventDefault();
      this.#types = false;
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
    if (control.value !== null) this.#write(control.value);
    else if (!this.#types) {
      this.#exact.value = "";
      this.#slider.setAttribute("aria-valuetext", "unknown");
    }
  }

  #isRight(value: number): boolean {
    const whole = this.#unit !== "count" || Number.isSafeInteger(value);
    const most = this.#unit === "percent" ? 100 : Number.MAX_SAFE_INTEGER;
    return (
      Number.isFinite(value) && whole && value >= this.#least && value <= most && !(value === 0 && this.#least > 0)
    );
  }

  #write(value: number): void {
    const index = this.#stops.findLastIndex((stop) => stop <= value);
    this.#slider.value = String(Math.max(0, index));
    this.#slider.setAttribute("aria-valuetext", this.#written(value));
    if (!this.#types) this.#writeExact(value);
  }

  #writeExact(value: number | undefined): void {
    this.#exact.value = value === undefined ? "" : this.#written(value);
  }

  #written(value: number): string {
    return this.#unit === "rate" ? formatRate(value) : String(value);
  }
}

export class ChoiceField implements Field {
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

export class SwitchField implements Field {
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
