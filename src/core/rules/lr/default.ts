import { t } from "../../language.ts";
import { formatRate } from "../../units.ts";
import { firstPlace } from "../places.ts";
import type { Rule, Severity } from "../rule.ts";
import { kindOf, sizeText, usualRate } from "./excess.ts";
import { type LearningRateRange, learningRateRange } from "./ranges.ts";

/**
 * No learning rate: the framework has one of its own, which was chosen for another kind of run more often than not, such as the 5e-5 of
 * transformers or the 1e-4 of TRL's RewardConfig.
 */
export const lrDefault: Rule = {
  id: "lr/default",
  title: t`Learning rate left to the framework`,
  severity: "information",
  *check(subject) {
    const { plan, model, dialect } = subject;
    const { peak, scheduler } = plan.learningRate;
    const range = learningRateRange(plan, model.value);
    const place = firstPlace(scheduler, plan.optimizer.name, plan.method, plan.model.id);
    if (peak.origin !== "default" || !range || !place) return;
    const kind = kindOf(range);
    yield {
      severity: severityOf(peak.value, range),
      message: t`No learning rate is set, so that ${dialect.label} takes ${formatRate(peak.value)}; the usual rate for ${kind}${sizeText(model.value)} is ${formatRate(range.usual)}.`,
      range: place.range,
      fixes: () => usualRate(subject, range),
    };
  },
};

function severityOf(rate: number, { usual, warnAbove }: LearningRateRange): Severity {
  if (rate > warnAbove) return "warning";
  return rate === usual ? "hint" : "information";
}
