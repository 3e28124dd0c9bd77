import type { Hypothesis } from "../core/advice/hypothesis.ts";

/** What is asked of the extension. */
export interface TrialListener {
  readonly onTry: (question: number, hypothesis: Hypothesis) => void;
  readonly onApply: () => void;
}

/**
 * What is tried instead of the file's values, by all rows of controls together. One question is under way at a time; of those
 * that come up meanwhile the last is asked when it is answered, so that dragging never runs ahead of the figures.
 */
export class Trial {
  readonly #listener: TrialListener;
  #hypothesis: Hypothesis = {};
  #asked = 0;
  #answered = 0;
  #waits = false;

  constructor(listener: TrialListener) {
    this.#listener = listener;
  }

  /** Tries `change` beside what is tried already; what is undefined in it is no longer tried. */
  change(change: { readonly [K in keyof Hypothesis]?: Hypothesis[K] | undefined }): void {
    const merged = Object.entries({ ...this.#hypothesis, ...change }).filter(([, value]) => value !== undefined);
    this.#try(Object.fromEntries(merged));
  }

  reset(): void {
    this.#try({});
  }

  apply(): void {
    this.#listener.onApply();
  }

  /** Takes over what was tried with question `answers`; false while a later question is not answered. */
  isAnswered(hypothesis: Hypothesis, answers: number): boolean {
    this.#answered = answers;
    if (this.#asked !== answers) return false;
    if (this.#waits) {
      this.#ask();
      return false;
    }
    this.#hypothesis = hypothesis;
    return true;
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
