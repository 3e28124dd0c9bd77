import { t } from "../../language.ts";
import { formatCount } from "../../units.ts";
import { settingTo } from "../fixes.ts";
import { goalOf, isAdamW } from "../lr/ranges.ts";
import { firstPlace } from "../places.ts";
import { isTorchAdam, mayHoldCopies, pureType } from "../precision/pureTraining.ts";
import { isSecondMomentStuck } from "../precision/rounding.ts";
import type { Fix, Rule, Subject } from "../rule.ts";

/**
 * A second moment that remembers a thousand updates or more. In bfloat16 it never forgets at all, as each decay by 0.001 rounds back; and
 * in pretraining, where gradients shrink over the run, 0.95 is customary.
 */
export const optimizerSlowSecondMoment: Rule = {
  id: "optimizer/slow-second-moment",
  title: t`Second moment of Adam too slow`,
  severity: "hint",
  *check(subject) {
    const { plan } = subject;
    const { beta2, name } = plan.optimizer;
    const place = firstPlace(beta2, name, plan.learningRate.peak);
    if (beta2.value === undefined || !place) return;
    if (isStuck(subject, beta2.value)) {
      yield {
        severity: goalOf(plan) === "pretrain" ? "warning" : "hint",
        message: t`With beta2 ${beta2.value} the second moment never shrinks in bfloat16: ${beta2.value} · v rounds back to v, and steps stay as small as the largest gradients made them. With 0.99 and less it does.`,
        range: place.range,
        fixes: () => faster(subject, goalOf(plan) === "pretrain" ? 0.95 : 0.99),
      };
    } else if (goalOf(plan) === "pretrain" && isAdamW(name.value ?? "") && beta2.value >= 0.999) {
      yield {
        message: t`beta2 ${beta2.value} averages squared gradients over ${formatCount(span(beta2.value))} updates; pretraining of language models usually takes 0.95, which follows them when they shrink and forgives spikes sooner.`,
        range: place.range,
        fixes: () => faster(subject, 0.95),
      };
    }
  },
};

/** None where it stands in a list, or nowhere. */
function faster(subject: Subject, beta2: number): readonly Fix[] {
  const place = firstPlace(subject.plan.optimizer.beta2);
  return place ? settingTo(subject, place, beta2) : [];
}

/** Whether the states are in bfloat16, and the run is long enough for them to decay. */
function isStuck(subject: Subject, beta2: number): boolean {
  const { plan, length } = subject;
  if (!isSecondMomentStuck(beta2) || pureType(plan) !== "bfloat16" || mayHoldCopies(subject)) return false;
  if (!isTorchAdam(plan.optimizer.name.value ?? "")) return false;
  return goalOf(plan) === "pretrain" || (length.totalSteps ?? 0) > span(beta2);
}

/** The updates over which the mean of the squared gradients goes: 1,000 with 0.999. */
function span(beta2: number): number {
  return Math.round(1 / (1 - beta2));
}
