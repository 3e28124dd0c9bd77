import { t } from "../../language.ts";
import { rateOf } from "../../schedule/lrSchedule.ts";
import { formatRate } from "../../units.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";

/** torch's one cycle, which begins at a 25th of the peak and ends at a ten-thousandth of that, and not at zero. */
export const scheduleOneCycleStart: Rule = {
  id: "schedule/one-cycle-start",
  title: t`One cycle begins and ends low`,
  severity: "information",
  *check({ plan, schedule }) {
    const place = firstPlace(plan.learningRate.scheduler);
    if (!schedule.value || !place || !/^one_?cycle(?:LR)?$/i.test(schedule.value.name)) return;
    if (schedule.value.family !== "torch" && schedule.value.family !== "axolotl" && schedule.value.family !== "nemo")
      return;
    const { peak, final } = schedule.value;
    const first = rateOf(schedule.value)(0);
    yield {
      message: t`${schedule.value.name} begins at ${formatRate(first)}, which is ${formatRate(peak)} divided by ${Math.round(peak / first)}, and ends at ${formatRate(final)}.`,
      range: place.range,
    };
  },
};
