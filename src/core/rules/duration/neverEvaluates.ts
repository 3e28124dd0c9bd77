import { t } from "../../language.ts";
import { does, releases } from "../../plan/releases.ts";
import { formatCount } from "../../units.ts";
import type { Rule, Subject } from "../rule.ts";
import { evaluationLeftOut } from "./evaluationLeftOut.ts";
import { type BeyondEnd, beyondEnd, shortened } from "./intervals.ts";

/**
 * Evaluations that would first be due after the run is over: nobody sees when the model stops getting better. Where the updates are
 * limited that may be a trial, and where the last one is followed by an evaluation there is one at least: a remark then.
 */
export const durationNeverEvaluates: Rule = {
  id: "duration/never-evaluates",
  title: t`First evaluation due after the end`,
  severity: "warning",
  *check(subject) {
    yield* evaluationLeftOut(subject);
    const beyond = beyondEnd(subject, subject.plan.evaluationInterval);
    if (!beyond) return;
    const once = does(subject.versions, releases.evaluatesAtEnd) || endsWithEpoch(subject, beyond);
    const trial = subject.plan.duration.maxSteps.value !== null;
    yield {
      ...(once || trial ? { severity: "information" } : {}),
      message: messageOf(beyond, once, subject.dialect.id === "axolotl"),
      range: beyond.place.range,
      fixes: () => shortened(subject, beyond),
    };
  },
};

/** Whether what comes once in an epoch comes at the end of the run too: transformers ends an epoch that is cut short as any other. */
function endsWithEpoch({ plan }: Subject, { interval }: BeyondEnd): boolean {
  return interval.kind === "epochs" && ["huggingface", "axolotl", "llamafactory"].includes(plan.learningRate.family);
}

/** axolotl evaluates at the start of each run that evaluates at all. Source: axolotl, core/builders/base.py (eval_on_start). */
function messageOf({ every, total }: BeyondEnd, once: boolean, atStart: boolean): string {
  const due = t`The first evaluation is due after ${formatCount(every)} updates, and the run has ${formatCount(total)}`;
  if (atStart) {
    return once
      ? t`${due}: it evaluates only before the first update and when it is over.`
      : t`${due}: it evaluates only before the first update.`;
  }
  return once ? t`${due}: it evaluates only once, when it is over.` : t`${due}: it never evaluates.`;
}
