import { t } from "../../language.ts";
import { formatCount } from "../../units.ts";
import { changing } from "../fixes.ts";
import type { Rule, Subject } from "../rule.ts";
import { schedulePlace, settingName, writtenSetting } from "./settings.ts";

/** Settings that end a decay, with what has it last as long as the run. */
const ends = { T_max: "updates", lr_decay_iters: "updates", lr_decay_fraction: "share" } as const;

type End = keyof typeof ends;

/**
 * A cosine that is over before the run is: GPT-NeoX and torch's CosineAnnealingLR go on along the wave, back up to the peak, so that
 * the run ends with steps as large as in its middle.
 */
export const scheduleRisesAgain: Rule = {
  id: "schedule/rises-again",
  title: t`Learning rate that rises again`,
  severity: "warning",
  *check(subject) {
    const { value: schedule } = subject.schedule;
    if (!schedule?.stepsKnown) return;
    const rise = schedule.phases.find(({ name }, index) => name === "rise" && index > 0);
    const setting = endOf(subject);
    const place = schedulePlace(subject, setting ? [setting] : []);
    if (!rise || !place || rise.from >= schedule.totalSteps) return;
    const value = setting && (ends[setting] === "share" ? 1 : schedule.totalSteps);
    yield {
      message: t`The decay ends after ${formatCount(rise.from)} of ${formatCount(schedule.totalSteps)} updates; from there the rate rises again.`,
      range: place.range,
      fixes: () =>
        setting && value
          ? changing(
              subject,
              { schedulerSettings: { [setting]: value } },
              {
                title: t`Set ${settingName(subject, setting)} to ${formatCount(value)}, as long as the run`,
                preferred: true,
              },
            )
          : [],
    };
  },
};

function endOf(subject: Subject): End | undefined {
  return (Object.keys(ends) as End[]).find((name) => writtenSetting(subject, name));
}
