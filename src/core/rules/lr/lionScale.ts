import { t } from "../../language.ts";
import { formatRate } from "../../units.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";
import { kindOf, settingRate } from "./excess.ts";
import { isBelow, rangeUnderAdamW } from "./ranges.ts";

/** Lion's rate over AdamW's: its authors take 3 to 10 times less (arXiv 2302.06675). */
const share = 0.2;

/** AdamW's rate under Lion, whose steps all have the size of the rate, where most of AdamW's are smaller. */
export const lrLionScale: Rule = {
  id: "lr/lion-scale",
  title: t`AdamW's learning rate under Lion`,
  severity: "warning",
  *check(subject) {
    const { plan, model } = subject;
    const { peak } = plan.learningRate;
    const place = firstPlace(peak);
    const range = rangeUnderAdamW(plan, model.value);
    const isLion = /(?:^|[._])(?:paged_|decoupled_)?lion/i.test(plan.optimizer.name.value ?? "");
    if (!isLion || !place || !range || !peak.value || isBelow(peak.value, range.usual)) return;
    const rate = Number((range.usual * share).toPrecision(2));
    yield {
      message: t`${formatRate(peak.value)} is a rate for AdamW: Lion takes 3 to 10 times less, which is ${formatRate(range.usual / 10)} to ${formatRate(range.usual / 3)} for ${kindOf(range)}.`,
      range: place.range,
      fixes: () => settingRate(subject, rate, t`a fifth of AdamW's usual rate`),
    };
  },
};
