import { t } from "../../language.ts";
import { formatCount, formatRate } from "../../units.ts";
import { changing } from "../fixes.ts";
import type { Rule } from "../rule.ts";
import { schedulePlace } from "./settings.ts";

/**
 * Whole waves of a cosine, which end where they begin: `num_cycles` counts waves and not descents, of which one is half a wave.
 * Schedulers that restart begin anew instead, and end at the floor.
 */
export const scheduleEndsAtPeak: Rule = {
  id: "schedule/ends-at-peak",
  title: t`Cosine that ends at the peak`,
  severity: "warning",
  *check(subject) {
    const { plan, schedule, dialect } = subject;
    const { name = "", settings } = schedule.value?.request ?? {};
    const { num_cycles: cycles } = settings ?? {};
    if (typeof cycles !== "number" || cycles < 1 || !Number.isInteger(cycles)) return;
    if (!/cosine/.test(name) || /restart/.test(name) || dialect.id === "generic") return;
    const place = schedulePlace(subject, ["num_cycles"]);
    if (!place) return;
    const half = cycles - 0.5;
    yield {
      message: t`With num_cycles ${formatCount(cycles)} the cosine ends where it begins, at ${formatRate(plan.learningRate.peak.value ?? 0)}: one descent is half a wave.`,
      range: place.range,
      fixes: () =>
        changing(
          subject,
          { schedulerSettings: { num_cycles: half } },
          { title: t`Set num_cycles to ${half}, which ends at the floor`, preferred: true },
        ),
    };
  },
};
