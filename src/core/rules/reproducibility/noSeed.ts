import { placeOf } from "../../dialects/place.ts";
import { t } from "../../language.ts";
import { entryAt } from "../../text/document.ts";
import { setting } from "../fixes.ts";
import { wholeOf } from "../places.ts";
import type { Rule } from "../rule.ts";

/**
 * A seed that is drawn anew for each run: two runs of the same config differ in their data's order, dropout and adapters, so that a change
 * cannot be told from luck. Other frameworks have a fixed seed by default. Source: torchtune, training/seed.py.
 */
export const reproducibilityNoSeed: Rule = {
  id: "reproducibility/no-seed",
  title: t`A new random seed for each run`,
  severity: "hint",
  *check(subject) {
    const { document, dialect } = subject;
    const entry = dialect.id === "torchtune" ? entryAt(document.root, "seed") : undefined;
    if (entry?.value.kind !== "scalar" || entry.value.value !== null) return;
    yield {
      message: t`Without a seed torchtune draws one for each run: the order of the data and the start of adapters differ, and no result can be repeated.`,
      range: wholeOf(placeOf(document, entry)),
      fixes: () => setting(subject, "seed", usual, { title: t`Set seed to ${usual}`, preferred: true }),
    };
  },
};

/** As in transformers and most frameworks. */
const usual = 42;
