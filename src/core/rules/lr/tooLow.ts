import { t } from "../../language.ts";
import { formatRate } from "../../units.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";
import { kindOf, sizeText, usualRate } from "./excess.ts";
import { isBelow, learningRateRange } from "./ranges.ts";

/** A peak rate below what trains: for adapters mostly that of a recipe for all weights. */
export const lrTooLow: Rule = {
  id: "lr/too-low",
  title: t`Learning rate too low for the method`,
  severity: "hint",
  *check(subject) {
    const { plan, model } = subject;
    const { peak } = plan.learningRate;
    const place = firstPlace(peak);
    const range = learningRateRange(plan, model.value);
    if (!peak.value || !place || !range || !isBelow(peak.value, range.low)) return;
    const kind = kindOf(range);
    const adapters =
      range.method === "full" ? "" : ` ${t`Adapters bear about ten times the rate of all weights, and need it.`}`;
    yield {
      message: `${t`${formatRate(peak.value)} hardly trains: ${kind}${sizeText(model.value)} usually takes ${formatRate(range.usual)}.`}${adapters}`,
      range: place.range,
      fixes: () => usualRate(subject, range),
    };
  },
};
