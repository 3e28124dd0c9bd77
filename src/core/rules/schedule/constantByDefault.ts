import { t } from "../../language.ts";
import type { Phase } from "../../schedule/course.ts";
import { formatRate } from "../../units.ts";
import { settingAll } from "../fixes.ts";
import { goalOf } from "../lr/ranges.ts";
import { firstPlace } from "../places.ts";
import type { Fix, Rule, Subject } from "../rule.ts";
import { usualWarmup } from "./warmup.ts";

/**
 * No scheduler where the framework has none of its own: the peak is applied from the first update to the last. Reinforcement
 * learning is trained so on purpose.
 */
export const scheduleConstantByDefault: Rule = {
  id: "schedule/constant-by-default",
  title: t`Constant learning rate for want of a scheduler`,
  severity: "hint",
  *check(subject) {
    const { plan, dialect } = subject;
    const { peak } = plan.learningRate;
    const place = firstPlace(peak);
    const goal = goalOf(plan);
    if (!place || !goal || goal === "reinforcement" || !isConstantByDefault(subject)) return;
    yield {
      message: t`There is no scheduler: ${dialect.label} applies ${formatRate(peak.value ?? 0)} from the first update to the last.`,
      range: place.range,
      fixes: () => decaying(subject),
    };
  },
};

/** Whether the rate stays where it is because no scheduler is set. */
export function isConstantByDefault({ plan, schedule }: Subject): boolean {
  const phases = schedule.value?.phases ?? [];
  return plan.learningRate.scheduler.origin === "default" && phases.length > 0 && phases.every(isStable);
}

function isStable({ name }: Phase): boolean {
  return name === "stable";
}

/** A cosine in the framework's own words; torchtune's wants a warmup. */
function decaying(subject: Subject): readonly Fix[] {
  const words = { title: t`Add an lr_scheduler with a cosine` };
  switch (subject.dialect.id) {
    case "torchtune": {
      const cosine = [
        ["lr_scheduler._component_", "torchtune.training.lr_schedulers.get_cosine_schedule_with_warmup"],
        ["lr_scheduler.num_warmup_steps", usualWarmup(subject.length.totalSteps ?? 2000)],
      ] as const;
      return settingAll(subject, cosine, words, ["optimizer"]);
    }
    case "nemo-automodel":
      return settingAll(subject, [["lr_scheduler.lr_decay_style", "cosine"]], words, ["optimizer"]);
    default:
      return [];
  }
}
