import { t } from "../../language.ts";
import { equationOf } from "../../schedule/lrSchedule.ts";
import { formatRate } from "../../units.ts";
import type { Rule, Subject } from "../rule.ts";
import { schedulePlace } from "./settings.ts";
import { addingWarmup } from "./warmup.ts";

/**
 * nanotron without warmup and decay: its schedule is a factor on the rate, and without either the factor is the rate itself, so
 * that its square is applied. Source: nanotron 2411b022, helpers.py, lr_scheduler_builder.
 */
export const scheduleRateSquared: Rule = {
  id: "schedule/rate-squared",
  title: t`Square of the learning rate (nanotron)`,
  severity: "error",
  *check(subject) {
    const { value: schedule } = subject.schedule;
    if (!schedule || !isSquared(subject)) return;
    const place = schedulePlace(subject, ["lr_decay_steps"]);
    if (!place) return;
    yield {
      message: t`Without warmup and decay nanotron multiplies the learning rate by itself: ${formatRate(schedule.final)} is applied instead of ${formatRate(schedule.peak)}.`,
      range: place.range,
      fixes: () => addingWarmup(subject, schedule.totalSteps),
    };
  },
};

/** Whether what is applied is the square of the rate. */
export function isSquared({ schedule: { value } }: Subject): boolean {
  return value?.family === "nanotron" && equationOf(value).formula === "P·P";
}
