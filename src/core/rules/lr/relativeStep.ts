import { placeOf } from "../../dialects/place.ts";
import { t } from "../../language.ts";
import { entryAt } from "../../text/document.ts";
import { setting } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Rule, Subject } from "../rule.ts";

/**
 * A learning rate for an Adafactor that works out its own from the number of the update: with `relative_step`, which transformers' and
 * NeMo's class have on by default, a rate stops the run. Trainer and the frameworks on it switch it off themselves. Source:
 * transformers 5.18.0, optimization.py; NeMo 1.23, core/optim/adafactor.py.
 */
export const lrRelativeStep: Rule = {
  id: "lr/relative-step",
  title: t`Learning rate beside Adafactor's own`,
  severity: "error",
  *check(subject) {
    const { document, plan } = subject;
    const { peak } = plan.learningRate;
    const place = firstPlace(peak);
    const path = argumentPath(subject);
    if (!place || !path || !/adafactor$/i.test(plan.optimizer.name.value ?? "")) return;
    const entry = entryAt(document.root, path);
    const on = entry ? entry.value.kind === "scalar" && entry.value.value === true : isOnByDefault(subject);
    if (!on) return;
    yield {
      message: t`Adafactor stops at the start: with relative_step, which is on${entry ? "" : t` by default`}, it works out its learning rate itself and takes none.`,
      range: entry ? placeOf(document, entry).range : place.range,
      related: entry ? [{ message: t`The learning rate`, range: place.range }] : [],
      fixes: () => setting(subject, path, false, { title: t`Set relative_step to false`, preferred: true }, ["lr"]),
    };
  },
};

/** The key beside that of the rate, where the optimizer gets its arguments as they are; undefined elsewhere. */
function argumentPath({ dialect, document }: Subject): string | undefined {
  const path = dialect.keys.peakLearningRate ?? "";
  const section = path.slice(0, Math.max(0, path.lastIndexOf(".")));
  return entryAt(document.root, section) && `${section}.relative_step`;
}

function isOnByDefault({ plan, dialect }: Subject): boolean {
  return dialect.id === "nemo" || /^transformers\./.test(plan.optimizer.name.value ?? "");
}
