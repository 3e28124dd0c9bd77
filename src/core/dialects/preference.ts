import { t } from "../language.ts";
import type { Stage, TrainingPlan } from "../plan/plan.ts";
import { byDefault, type Sourced } from "../plan/sourced.ts";

/**
 * What a preference stage weighs; nothing in others. SimPO and ORPO take means of log-probabilities in every framework; for DPO and
 * KTO `averagesTokens` says so. Source: arXiv 2405.14734 (SimPO), section 2.2; arXiv 2403.07691 (ORPO), section 4.2.
 */
export function preferenceOf(
  stage: Stage | undefined,
  beta: Sourced<number>,
  averagesTokens: Sourced<boolean> = byDefault(false),
): Pick<TrainingPlan, "preference"> {
  if (stage === "simpo" || stage === "orpo") {
    return { preference: { beta, averagesTokens: byDefault(true, t`its loss is of means`) } };
  }
  return stage === "dpo" || stage === "kto" ? { preference: { beta, averagesTokens } } : {};
}
