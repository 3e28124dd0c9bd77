import { t } from "../../language.ts";
import type { TrainingPlan } from "../../plan/plan.ts";
import { replacesEpochs } from "../../schedule/runLength.ts";
import { formatCount } from "../../units.ts";
import { changing, keyOf } from "../fixes.ts";
import { goalOf } from "../lr/ranges.ts";
import { firstPlace } from "../places.ts";
import type { Rule, Severity, Subject } from "../rule.ts";

/** Passes over the data above which a kind of run is likely to learn its samples by heart. */
interface Limits {
  readonly hintAbove: number;
  readonly warnAbove: number;
  /** Of most shipped recipes. */
  readonly usual: string;
  readonly fixed: number;
  /** What it is called. */
  readonly kind: string;
}

/**
 * More passes over the data than shipped recipes make, of which 8 % of full fine-tunes make more than 3 and 5.6 % more than 5, 2 % of
 * preference training more than 3, and 1.7 % of LoRA more than 10. In reinforcement learning a pass generates new answers.
 */
export const durationTooManyEpochs: Rule = {
  id: "duration/too-many-epochs",
  title: t`More epochs than the model bears`,
  severity: "warning",
  *check(subject) {
    const { plan } = subject;
    const { epochs } = plan.duration;
    const place = firstPlace(epochs);
    const limits = limitsOf(plan);
    const passes = passesOf(subject);
    if (!place || !limits || passes === undefined) return;
    const severity = severityOf(passes, limits);
    if (!severity) return;
    const { usual, fixed, kind } = limits;
    const key = keyOf(subject, "epochs");
    yield {
      severity,
      message: t`${formatCount(passes)} epochs of ${kind}, where ${usual} are usual: with every further one the model learns its samples by heart and forgets more of what it knew.`,
      range: place.range,
      fixes: () =>
        changing(subject, { epochs: fixed }, { title: t`Set ${key} to ${formatCount(fixed)}`, preferred: true }),
    };
  },
};

/** Passes that the run makes; undefined where a number of updates ends it before, as far as is known. */
function passesOf({ plan, length }: Subject): number | undefined {
  const { epochs, maxSteps } = plan.duration;
  if (maxSteps.value === null || epochs.value === undefined) return epochs.value;
  if (replacesEpochs(plan.learningRate.family) || !length.updatesPerEpoch || !maxSteps.value) return undefined;
  return Math.min(epochs.value, maxSteps.value / length.updatesPerEpoch);
}

function limitsOf(plan: TrainingPlan): Limits | undefined {
  const goal = goalOf(plan);
  const { value: method } = plan.method;
  if (goal !== "sft" && goal !== "preference") return undefined;
  if (method === "lora" || method === "qlora")
    return { hintAbove: 10, warnAbove: 10, usual: t`1 to 4`, fixed: 3, kind: "LoRA" };
  if (method !== "full") return undefined;
  return goal === "sft"
    ? { hintAbove: 3, warnAbove: 5, usual: t`1 to 3`, fixed: 3, kind: t`full fine-tuning` }
    : { hintAbove: 3, warnAbove: 3, usual: t`1 to 3`, fixed: 1, kind: t`preference training of all weights` };
}

function severityOf(epochs: number, { hintAbove, warnAbove }: Limits): Severity | undefined {
  if (epochs > warnAbove) return "warning";
  return epochs > hintAbove ? "hint" : undefined;
}
