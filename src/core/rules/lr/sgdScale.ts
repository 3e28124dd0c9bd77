import { t } from "../../language.ts";
import { formatRate } from "../../units.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";
import { settingRate } from "./excess.ts";

/** torch's default for SGD. Source: torch 2.13, optim/sgd.py. */
const usual = 1e-3;

/** AdamW's rate under SGD, which multiplies the gradients as they are, and those of a language model are small. */
export const lrSgdScale: Rule = {
  id: "lr/sgd-scale",
  title: t`AdamW's learning rate under SGD`,
  severity: "warning",
  *check(subject) {
    const { peak } = subject.plan.learningRate;
    const place = firstPlace(peak);
    const isSgd = /(?:^|\.)sgd(?:8bit)?$/i.test(subject.plan.optimizer.name.value ?? "");
    if (!isSgd || !place || !peak.value || peak.value >= 1e-4) return;
    yield {
      message: t`${formatRate(peak.value)} is a rate for AdamW, which divides each gradient by its size. SGD does not, and hardly moves the weights with less than 1e-4.`,
      range: place.range,
      fixes: () => settingRate(subject, usual, t`torch's default`),
    };
  },
};
