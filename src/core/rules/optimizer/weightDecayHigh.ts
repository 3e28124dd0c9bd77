import { t } from "../../language.ts";
import { settingTo } from "../fixes.ts";
import { isAdamW } from "../lr/ranges.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";

/** The most that shipped configs have, and from where on it likely spoils a run. Lion takes up to ten times more. */
const usual = { adam: 0.1, lion: 1 };
const likelyFails = 0.3;

/**
 * More weight decay than any of 1,360 shipped configs has: over a run it takes learning rate × decay of the weights with each update,
 * against what the data ask for.
 */
export const optimizerWeightDecayHigh: Rule = {
  id: "optimizer/weight-decay-high",
  title: t`More weight decay than usual`,
  severity: "hint",
  *check(subject) {
    const { name, weightDecay } = subject.plan.optimizer;
    const place = firstPlace(weightDecay);
    const optimizer = name.value ?? "";
    const isLion = /lion/i.test(optimizer);
    if (!place || weightDecay.value === undefined || /decoupled_/.test(optimizer)) return;
    if (!isLion && !isAdamW(optimizer)) return;
    const most = isLion ? usual.lion : usual.adam;
    if (weightDecay.value <= most) return;
    yield {
      ...(weightDecay.value > likelyFails * (most / usual.adam) ? { severity: "warning" } : {}),
      message: isLion
        ? t`A weight decay of ${weightDecay.value} is high even for Lion, whose small rates take 0.1 to ${most}: the weights shrink faster than they learn.`
        : t`A weight decay of ${weightDecay.value} is high: shipped configs have 0 to ${most}, and more of it shrinks the weights faster than they learn.`,
      range: place.range,
      fixes: () => settingTo(subject, place, most),
    };
  },
};
