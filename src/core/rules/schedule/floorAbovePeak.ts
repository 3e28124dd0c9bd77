import { t } from "../../language.ts";
import { floorSetting, floorShare } from "../../schedule/schedulerSettings.ts";
import { formatRate } from "../../units.ts";
import { changing } from "../fixes.ts";
import type { Rule } from "../rule.ts";
import { schedulePlace, settingAt, settingName } from "./settings.ts";

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
    const share = floorShare(floor, settings, peak.value);
    const stopped = "stop" in schedule && schedule.stop.fault === "floor" ? schedule.reason : undefined;
    if (stopped === undefined && (schedule.value === null || share <= 1 + 1e-9)) return;
    const place = schedulePlace(subject, [floor.setting]);
    if (!place) return;
    const tenth = floor.is === "share" ? 0.1 : Number((peak.value / 10).toPrecision(6));
    const name = settingName(subject, floor.setting);
    const lowest = formatRate(share * peak.value);
    const what = settingAt(subject, floor.setting) ? name : t`the default of ${name}`;
    yield {
      message:
        stopped === undefined
          ? t`The lowest rate, ${lowest} (${what}), is above the peak of ${formatRate(peak.value)}: the rate rises where it should fall.`
          : t`${stopped}.`,
      range: place.range,
      fixes: () =>
        changing(
          subject,
          { schedulerSettings: { [floor.setting]: tenth } },
          {
            title: t`Set ${name} to ${floor.is === "share" ? tenth : formatRate(tenth)} (a tenth of the peak)`,
            preferred: true,
          },
        ),
    };
  },
};
