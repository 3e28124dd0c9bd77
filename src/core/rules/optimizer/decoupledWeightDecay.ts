import { t } from "../../language.ts";
import { formatFraction, formatRate } from "../../units.ts";
import { settingAt } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";

/** From here on Composer itself warns. Source: composer/optim/decoupled_weight_decay.py. */
const highest = 1e-3;

/**
 * AdamW's weight decay given to an optimizer that does not multiply it by the learning rate, as Composer's decoupled ones do not:
 * each update takes so much of every weight, and after some hundred updates there is nothing left of the model.
 */
export const optimizerDecoupledWeightDecay: Rule = {
  id: "optimizer/decoupled-weight-decay",
  title: t`Weight decay meant for AdamW in a decoupled optimizer`,
  severity: "error",
  *check(subject) {
    const { optimizer, learningRate } = subject.plan;
    const { name, weightDecay } = optimizer;
    const place = firstPlace(weightDecay);
    if (!/^decoupled_/.test(name.value ?? "") || weightDecay.value === undefined || !place) return;
    if (weightDecay.value < highest) return;
    const rate = learningRate.peak.value;
    const same = rate === undefined ? undefined : Number((weightDecay.value * rate).toPrecision(6));
    yield {
      message: t`${name.value} does not multiply the weight decay by the learning rate: at the peak, ${weightDecay.value} takes ${formatFraction(weightDecay.value)} of every weight with each update. Usual are 0 to 1e-5.`,
      range: place.range,
      fixes: () =>
        same === undefined || same >= highest
          ? []
          : settingAt(
              subject,
              place,
              same,
              (key) => t`Set ${key} to ${formatRate(same)} (what AdamW makes of ${weightDecay.value})`,
              { preferred: true },
            ),
    };
  },
};
