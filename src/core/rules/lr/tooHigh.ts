import { t } from "../../language.ts";
import { formatCount, formatRate } from "../../units.ts";
import type { Rule } from "../rule.ts";
import { type Excess, excessOf, kindOf, lowerRates, sizeText } from "./excess.ts";

/** A peak rate above what runs of this method and size survive. */
export const lrTooHigh: Rule = {
  id: "lr/too-high",
  title: t`Learning rate too high for the method`,
  severity: "warning",
  *check(subject) {
    const excess = excessOf(subject);
    if (!excess) return;
    const { rate, range, severity, place } = excess;
    const what = `${kindOf(range)}${sizeText(subject.model.value)}`;
    yield {
      severity,
      message:
        severity === "hint"
          ? t`${formatRate(rate)} is high for ${what}: the usual rate is ${formatRate(range.usual)}, and good recipes go up to ${formatRate(range.upper)}.`
          : t`${formatRate(rate)} is ${formatCount(Math.round(rate / range.usual))} times the usual rate (${formatRate(range.usual)}) for ${what}: ${consequence(excess)}.`,
      range: place.range,
      fixes: () => lowerRates(subject, excess),
    };
  },
};

function consequence({ range: { goal, method } }: Excess): string {
  if (goal === "preference")
    return t`preference losses need rates ten to a hundred times below those of fine-tuning, or the answers fall apart`;
  if (goal === "reinforcement") return t`the policy collapses before the rewards can steer it`;
  if (goal === "pretrain" || method !== "full") return t`training is likely to diverge`;
  return t`steps this large overwrite what the model already knows`;
}
