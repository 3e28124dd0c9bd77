import { t } from "../../language.ts";
import { floorSetting, floorShare } from "../../schedule/schedulerSettings.ts";
import { formatRate } from "../../units.ts";
import type { Rule } from "../rule.ts";
import { schedulePlace, settingName, tenthOfPeak, writtenSetting } from "./settings.ts";

/**
 * A lowest rate above the peak: Megatron, NeMo and transformers' polynomial stop at the start, elsewhere the rate rises where it
 * should fall. Mostly the peak was lowered and an absolute floor was left as it was; LitGPT's pretraining has one of 4e-5 by default.
 */
export const scheduleFloorAbovePeak: Rule = {
  id: "schedule/floor-above-peak",
  title: t`Lowest learning rate above the peak`,
  severity: "error",
  *check(subject) {
    const { plan, schedule, dialect } = subject;
    const { peak, scheduler, family, schedulerArguments } = plan.learningRate;
    const settings = schedulerArguments.value;
    if (!peak.value || peak.origin === "assumed" || !settings || dialect.id === "generic") return;
    const floor = floorSetting(family, scheduler.value ?? "", settings);
    if (!floor) return;
    const rate = peak.value;
    const share = floorShare(floor, settings, rate);
    const stopped = "stop" in schedule && schedule.stop.fault === "floor" ? schedule.reason : undefined;
    if (stopped === undefined && (schedule.value === null || share <= 1 + 1e-9)) return;
    const place = schedulePlace(subject, [floor.setting]);
    if (!place) return;
    const name = settingName(subject, floor.setting);
    const lowest = formatRate(share * rate);
    const what = writtenSetting(subject, floor.setting) ? name : t`the default of ${name}`;
    yield {
      message:
        stopped === undefined
          ? t`The lowest rate, ${lowest} (${what}), is above the peak of ${formatRate(rate)}: the rate rises where it should fall.`
          : t`${stopped}.`,
      range: place.range,
      fixes: () => tenthOfPeak(subject, floor, rate),
    };
  },
};
