import { t } from "../../language.ts";
import { does, releases } from "../../plan/releases.ts";
import { isPinned } from "../../plan/versions.ts";
import { formatCount } from "../../units.ts";
import { removing, renaming } from "../fixes.ts";
import { wholeOf } from "../places.ts";
import type { Rule } from "../rule.ts";
import { hasShareInSteps, warmupKeys } from "./warmup.ts";

/**
 * `warmup_ratio`, which transformers has taken away in 5.15: `warmup_steps` below 1 say the same since 5.0. A file that sets it is
 * refused then. Only where the config's keys go to the installed transformers as they are.
 */
export const scheduleWarmupRatioRemoved: Rule = {
  id: "schedule/warmup-ratio-removed",
  title: t`warmup_ratio, gone from transformers`,
  severity: "hint",
  *check(subject) {
    const { steps, ratio } = warmupKeys(subject);
    if (!ratio || ratio.value >= 1 || !hasShareInSteps(subject)) return;
    const { transformers } = subject.versions;
    const refused = isPinned(subject.versions, "transformers") && does(subject.versions, releases.withoutWarmupRatio);
    if (steps && !refused) return;
    const { since } = releases.withoutWarmupRatio;
    const same = t`warmup_steps: ${formatCount(ratio.value)} says the same`;
    yield {
      ...(refused ? { severity: "error" } : {}),
      message: refused
        ? t`transformers ${transformers} refuses ${ratio.path}, which is gone since ${since}: ${same}.`
        : t`transformers knows no ${ratio.path} from ${since} on: ${same}, since 5.0.`,
      range: wholeOf(ratio.place),
      tag: "deprecated",
      fixes: () =>
        steps
          ? removing(subject, [ratio.path], { title: t`Remove ${ratio.path}`, preferred: true })
          : renaming(subject, ratio.path, "warmup_steps", {
              title: t`Rename ${ratio.path} to warmup_steps`,
              preferred: true,
              keepsExperiment: transformers !== undefined,
            }),
    };
  },
};
