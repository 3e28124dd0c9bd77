import { t } from "../../language.ts";
import { warmupOf } from "../../schedule/course.ts";
import { courseOf } from "../../schedule/families.ts";
import type { LrSchedule } from "../../schedule/lrSchedule.ts";
import { formatRate } from "../../units.ts";
import { changing, keyOf, removing } from "../fixes.ts";
import { firstPlace, wholeOf } from "../places.ts";
import type { Rule } from "../rule.ts";
import { schedulerWithWarmup, warmupKeys } from "./warmup.ts";

/** A warmup that the scheduler never performs: `constant` starts at the peak in transformers, whatever the warmup says. */
export const scheduleWarmupIgnored: Rule = {
  id: "schedule/warmup-ignored",
  title: t`Warmup that the scheduler ignores`,
  severity: "warning",
  *check(subject) {
    const { plan, schedule, dialect } = subject;
    const { warmup, peak } = plan.learningRate;
    const place = firstPlace(warmup);
    if (!schedule.value || !place || dialect.id === "generic") return;
    const { name, request, warmupSteps } = schedule.value;
    if (warmupSteps > 0 || !(request.warmup > 0)) return;
    const isOver = warmsUpForLonger(schedule.value);
    const scheduler = isOver ? undefined : schedulerWithWarmup(subject, name);
    const keys = Object.values(warmupKeys(subject)).map(({ path }) => path);
    const key = keyOf(subject, "scheduler");
    yield {
      message: isOver
        ? t`The warmup is over before the first update, which applies all of ${formatRate(peak.value ?? 0)}: it is ${formatRate(request.warmup)} updates long.`
        : t`"${name}" ignores the warmup: the first update applies all of ${formatRate(peak.value ?? 0)}.`,
      range: wholeOf(place),
      tag: "unused",
      fixes: () => [
        ...(scheduler
          ? changing(subject, { scheduler }, { title: t`Set ${key} to ${scheduler}`, preferred: true })
          : []),
        ...removing(subject, keys, { title: t`Remove ${keys.join(", ")}`, keepsExperiment: true }),
      ],
    };
  },
};

/** Whether the scheduler performs a warmup that is longer: one that it does not perform is of less than an update then. */
function warmsUpForLonger({ family, request }: LrSchedule): boolean {
  const longer = courseOf(family, { ...request, warmup: Math.max(2, request.total / 2) }).value;
  return longer !== null && warmupOf(longer) > 0;
}
