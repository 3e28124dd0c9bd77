import { samplesHint, typedSamples } from "../core/data/typedSamples.ts";
import { t } from "../core/language.ts";
import type { SamplesView } from "../core/report/samplesView.ts";
import { button, element } from "./elements.ts";

/** Asks for the number of training samples, or says the one that the user has told, with the way to take it back. */
export class SamplesForm {
  readonly node = element("form", { class: "samples" });
  readonly #onSet: (samples: number | null) => void;
  readonly #label = element("label", { for: "samples" });
  readonly #field = element("input", { id: "samples", inputmode: "numeric", autocomplete: "off" });
  readonly #wrong = element("p", { id: "samples-wrong", class: "refusal", role: "alert" });
  readonly #why = element("p", { id: "samples-why", class: "description" });
  readonly #said = element("span");
  readonly #forget = button(t`Forget`, t`Go by the data files again, as far as they can be counted`, () =>
    this.#onSet(null),
  );
  #kind: SamplesView["kind"] | undefined;

  /** `onSet` is told a number of samples, or null to forget it. */
  constructor(onSet: (samples: number | null) => void) {
    this.#onSet = onSet;
    this.#field.setAttribute("aria-describedby", "samples-why samples-wrong");
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  show(view: SamplesView | null): void {
    this.node.hidden = view === null;
    if (!view) return;
    if (view.kind !== this.#kind) this.#turnTo(view.kind);
    if (view.kind === "said") {
      this.#said.textContent = view.text;
      return;
    }
    this.#label.textContent = view.label;
    this.#why.textContent = t`${view.why} With it the axis counts updates. It is kept for this file, which stays as it is.`;
  }

  /** Forgets what is typed. */
  clear(): void {
    this.#field.value = "";
    this.#say("");
  }

  /** The keyboard stays in the form. */
  #turnTo(kind: SamplesView["kind"]): void {
    const isIn = this.node.contains(document.activeElement);
    this.#kind = kind;
    this.clear();
    if (kind === "said") this.node.replaceChildren(element("p", {}, this.#said, " ", this.#forget));
    else {
      const set = element("button", { type: "submit" }, t`Set`);
      this.node.replaceChildren(this.#label, this.#field, set, this.#wrong, this.#why);
    }
    if (isIn) (kind === "said" ? this.#forget : this.#field).focus();
  }

  #submit(): void {
    const samples = typedSamples(this.#field.value);
    this.#say(samples ? "" : `${samplesHint}.`);
    if (samples) this.#onSet(samples);
    else this.#field.focus();
  }

  #say(wrong: string): void {
    this.#wrong.textContent = wrong;
    this.#field.setAttribute("aria-invalid", String(wrong !== ""));
  }
}
