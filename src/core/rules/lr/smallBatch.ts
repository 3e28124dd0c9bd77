import { t } from "../../language.ts";
import { globalBatchSize } from "../../plan/plan.ts";
import { isGuessed } from "../../plan/sourced.ts";
import { formatCount, formatRate } from "../../units.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";
import { kindOf } from "./excess.ts";
import { isBelow, learningRateRange } from "./ranges.ts";

/** A batch of one or two sequences, whose gradients are mostly noise, with a rate that only good gradients bear. */
export const lrSmallBatch: Rule = {
  id: "lr/small-batch",
  title: t`High learning rate for a tiny batch`,
  severity: "hint",
  *check(subject) {
    const { plan, model } = subject;
    const { peak } = plan.learningRate;
    const place = firstPlace(peak);
    const range = learningRateRange(plan, model.value);
    const batch = globalBatchSize(plan);
    if (!place || !peak.value || !range || batch === undefined || batch > 2) return;
    // More GPUs make a larger batch.
    if (isBelow(peak.value, range.upper) || isGuessed(plan.parallelism.gpus)) return;
    yield {
      message: t`${formatRate(peak.value)} is at the upper edge for ${kindOf(range)}, and an update sees ${formatCount(batch)} ${batch === 1 ? t`sequence` : t`sequences`}: gradients this noisy bear less, or more accumulation.`,
      range: place.range,
    };
  },
};
