import { t } from "../../language.ts";
import { formatCount, formatFraction, formatRate } from "../../units.ts";
import { changing } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Rule, Subject } from "../rule.ts";
import { fewestUpdates, isLongerThanRun, usualShare, usualWarmup } from "./warmup.ts";

/** Above this share of the run a warmup is longer than in 95 of 100 shipped configs. */
const mostShare = 0.2;

/**
 * A number of updates of warmup that is most of the run, or more than it has: copied from a longer run mostly, or a default that
 * is meant for one. The rate hardly reaches its peak, or never does: an error, but for runs whose updates are limited, as that is
 * done to try a config out.
 */
export const scheduleWarmupTooLong: Rule = {
  id: "schedule/warmup-too-long",
  title: t`Warmup too long for the run`,
  severity: "warning",
  *check(subject) {
    const { plan, length } = subject;
    const { warmup, peak } = plan.learningRate;
    const { totalSteps, warmupSteps } = length;
    const place = firstPlace(warmup, plan.duration.maxSteps, plan.duration.epochs);
    if (!totalSteps || !warmupSteps || !warmup.value || !place || totalSteps < fewestUpdates) return;
    if (!("steps" in warmup.value) || warmup.origin === "assumed" || !warmsUp(subject)) return;
    if (warmupSteps <= mostShare * totalSteps) return;
    const never = isLongerThanRun(subject);
    const refused = "stop" in subject.schedule;
    const trial = plan.duration.maxSteps.value !== null && !refused;
    const all = t`The warmup takes ${formatCount(warmupSteps)} updates, and the run has ${formatCount(totalSteps)}`;
    const steps = usualWarmup(totalSteps);
    yield {
      ...(never && !trial ? { severity: "error" } : {}),
      message: never
        ? t`${all}: the rate ends before it reaches ${formatRate(peak.value ?? 0)}.`
        : t`${all}: ${formatFraction(warmupSteps / totalSteps)} of them, where 3 to 10 % are usual.`,
      range: place.range,
      fixes: () =>
        changing(
          subject,
          { warmupSteps: steps },
          {
            title: (key) =>
              t`Shorten ${key} to ${formatCount(steps)} updates (${formatFraction(usualShare)} of the run)`,
            preferred: true,
          },
        ),
    };
  },
};

/** Whether the scheduler heeds the warmup, or refuses it for its length. */
function warmsUp({ schedule }: Subject): boolean {
  return schedule.value ? schedule.value.warmupSteps > 0 : "stop" in schedule && schedule.stop.fault === "long-warmup";
}
