import { t } from "../../language.ts";
import { formatFraction } from "../../units.ts";
import { changing } from "../fixes.ts";
import { firstPlace, keyNameAt } from "../places.ts";
import type { Rule } from "../rule.ts";
import { usualShare } from "./warmup.ts";

/** Of 505 shipped configs with a ratio one has more than the first, and none more than the second. */
const [unusual, tooMuch] = [0.1, 0.2] as const;

/** A share of the run for the warmup that hardly any recipe has: the peak comes late, and the decay is cut short. */
export const scheduleWarmupRatioHigh: Rule = {
  id: "schedule/warmup-ratio-high",
  title: t`Warmup ratio unusually high`,
  severity: "hint",
  *check(subject) {
    const { warmup, scheduler } = subject.plan.learningRate;
    const place = firstPlace(warmup);
    if (!warmup.value || !("ratio" in warmup.value) || !place || /one_?cycle/i.test(scheduler.value ?? "")) return;
    const { ratio } = warmup.value;
    if (ratio <= unusual || ratio >= 1) return;
    yield {
      ...(ratio > tooMuch ? { severity: "warning" } : {}),
      message: t`The warmup takes ${formatFraction(ratio)} of the run; 3 to 10 % are usual, and what follows has to make up for the rest.`,
      range: place.range,
      fixes: () =>
        changing(
          subject,
          { warmupRatio: usualShare },
          { title: t`Set ${keyNameAt(subject, place)} to ${usualShare}`, preferred: true },
        ),
    };
  },
};
