import { t } from "../../language.ts";
import { formatRate } from "../../units.ts";
import { changing } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";
import { kindOf, sizeText } from "./excess.ts";
import { learningRateRange } from "./ranges.ts";

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
    if (!peak.value || !place || !range || peak.value >= range.low * (1 - 1e-9)) return;
    const kind = kindOf(range);
    const adapters =
      range.method === "full" ? "" : ` ${t`Adapters bear about ten times the rate of all weights, and need it.`}`;
    yield {
      message: `${t`${formatRate(peak.value)} hardly trains: ${kind}${sizeText(model.value)} usually takes ${formatRate(range.usual)}.`}${adapters}`,
      range: place.range,
      fixes: () =>
        changing(
          subject,
          { peakLearningRate: range.usual },
          {
            title: (key) => t`Set ${key} to ${formatRate(range.usual)} (usual for ${kind})`,
            preferred: true,
          },
        ),
    };
  },
};
