import { t } from "../../language.ts";
import { settingTo } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";

/** Of losses on sums of log-probabilities. Source: Rafailov et al. 2023 (arXiv 2305.18290); shipped configs have 0.01 to 0.5. */
const usual = 0.1;
const lowest = 0.01;
const highest = 1;

/**
 * A beta of preference training out of what is usual: a small one lets the policy run away from the reference model, a large one holds it
 * where it is. Losses on means of log-probabilities, such as SimPO's, take 2 to 10 and are not judged.
 */
export const preferenceBeta: Rule = {
  id: "preference/beta",
  title: t`Beta of preference training out of range`,
  severity: "hint",
  *check(subject) {
    const { preference, stage } = subject.plan;
    const place = firstPlace(preference?.beta);
    const beta = preference?.beta.value;
    if (beta === undefined || !place || preference?.averagesTokens.value !== false) return;
    if (beta >= lowest && beta <= highest) return;
    const name = (stage.value ?? "").toUpperCase();
    yield {
      ...(beta > highest ? { severity: "warning" } : {}),
      message:
        beta > highest
          ? t`A beta of ${beta} holds the model to its reference so strongly that ${name} hardly learns: usual is ${usual}, and only losses on means of log-probabilities (SimPO, length-normalised DPO) take 2 to 10.`
          : t`A beta of ${beta} hardly holds the model to its reference: ${name} is likely to drift into long or broken answers. Usual is ${usual}, rarely less than ${lowest}.`,
      range: place.range,
      fixes: () => settingTo(subject, place, usual),
    };
  },
};
