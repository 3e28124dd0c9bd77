import { usableBytes } from "../../gpus/catalogue.ts";
import { verdictOn } from "../../gpus/fit.ts";
import { t } from "../../language.ts";
import { formatGibibytesOf, formatParameters } from "../../units.ts";
import { goalOf } from "../lr/ranges.ts";
import { isStepGuessed, memoryWith } from "../memory/shortage.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";

/** Below so many parameters adapters are not worth their overhead. Source: "What Does Full Fine-tuning Mean?". */
const small = 1e9;

/**
 * Adapters on a small model that the chosen GPU could train whole: their ranks, their files and their merging buy nothing there, and full
 * fine-tuning is at least as good. Source: "What Does Full Fine-tuning Mean?", on when full fine-tuning wins.
 */
export const loraSmallModel: Rule = {
  id: "lora/small-model",
  title: t`Adapters on a model that can be trained whole`,
  severity: "hint",
  *check(subject) {
    const { plan, target, run } = subject;
    const goal = goalOf(plan);
    if (!target || !run.value || !plan.lora || isStepGuessed(subject)) return;
    if (run.value.parameters.total >= small || goal === undefined || goal === "reinforcement") return;
    const whole = memoryWith(subject, { method: "full" });
    const place = firstPlace(plan.method, plan.lora.rank);
    if (!whole || !place || verdictOn(target, whole) !== "fits") return;
    yield {
      message: t`${formatParameters(run.value.parameters.total)} parameters are few: training all of them takes ${formatGibibytesOf(whole.deviceBytes, usableBytes(target))} on the ${target.name}, without ranks, adapter files and merging, and is at least as good. Adapters remain the choice for many variants of one model.`,
      range: place.range,
    };
  },
};
