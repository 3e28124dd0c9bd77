import { t } from "../../language.ts";
import { floorSetting, floorShare } from "../../schedule/schedulerSettings.ts";
import { formatRate } from "../../units.ts";
import type { Rule } from "../rule.ts";
import { schedulePlace, tenthOfPeak, writtenSetting } from "./settings.ts";

/**
 * A decay from the peak to the peak: nanotron's floor is the learning rate itself where `min_decay_lr` is not set. A hint where the
 * floor is set, and may be meant.
 */
export const scheduleNothingDecays: Rule = {
  id: "schedule/nothing-decays",
  title: t`Decay that ends at the peak`,
  severity: "warning",
  *check(subject) {
    const { plan, schedule } = subject;
    const { peak, scheduler, family, schedulerArguments } = plan.learningRate;
    const settings = schedulerArguments.value;
    const decays = schedule.value?.phases.some(({ name }) => name === "decay");
    if (!peak.value || !settings || !decays) return;
    const floor = floorSetting(family, scheduler.value ?? "", settings);
    const place = schedulePlace(subject, floor ? [floor.setting] : []);
    if (!floor || !place || Math.abs(floorShare(floor, settings, peak.value) - 1) > 1e-9) return;
    const { setting } = floor;
    const rate = peak.value;
    const isSet = writtenSetting(subject, setting) !== undefined;
    yield {
      ...(isSet ? { severity: "hint" } : {}),
      message: isSet
        ? t`Nothing decays: ${setting} is the peak, ${formatRate(peak.value)}.`
        : t`Nothing decays: without ${setting} the "${scheduler.value ?? ""}" decay goes from ${formatRate(peak.value)} to ${formatRate(peak.value)}.`,
      range: place.range,
      fixes: () => tenthOfPeak(subject, floor, rate),
    };
  },
};
