import { t } from "../../language.ts";
import { formatRate } from "../../units.ts";
import { changing } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";

/**
 * A small rate under Prodigy or D-Adaptation, which find the size of the steps themselves: the rate is a factor on what they find, and
 * meant to be 1 (arXiv 2306.06101, 2301.07733).
 */
export const lrProdigyScale: Rule = {
  id: "lr/prodigy-scale",
  title: t`Small learning rate under Prodigy or D-Adaptation`,
  severity: "warning",
  *check(subject) {
    const { peak } = subject.plan.learningRate;
    const place = firstPlace(peak);
    const name = subject.plan.optimizer.name.value ?? "";
    if (!/prodigy|d_?adapt/i.test(name) || !place || !peak.value || peak.value >= 0.1) return;
    yield {
      message: t`${formatRate(peak.value)} slows ${name.split(".").at(-1)} down: it finds the size of its steps itself, and the rate is a factor on that, 1 usually.`,
      range: place.range,
      fixes: () => changing(subject, { peakLearningRate: 1 }, { title: (key) => t`Set ${key} to 1`, preferred: true }),
    };
  },
};
