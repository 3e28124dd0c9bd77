import { t } from "../../language.ts";
import { settingTo } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";

/** The norm that nearly all frameworks and recipes clip to. */
const usual = 1;

/** Gradients that are not clipped, or hardly: one bad batch may move the model as far as a whole epoch. */
export const optimizerNoClipping: Rule = {
  id: "optimizer/no-clipping",
  title: t`Gradients are hardly clipped`,
  severity: "information",
  *check(subject) {
    const { maxGradNorm } = subject.plan.optimizer;
    const place = firstPlace(maxGradNorm);
    const norm = maxGradNorm.value;
    if (!place || norm === undefined || (norm > 0 && norm <= usual)) return;
    yield {
      ...(norm > usual ? { severity: "hint" } : {}),
      message:
        norm > usual
          ? t`Gradients are clipped to a norm of ${norm}, which they rarely exceed: usual is ${usual} or less.`
          : t`Gradients are not clipped: one bad batch can undo many updates. Usual is a norm of ${usual}.`,
      range: place.range,
      fixes: () => settingTo(subject, place, usual),
    };
  },
};
