import { t } from "../../language.ts";
import { does, releases } from "../../plan/releases.ts";
import { ownPlace } from "../../plan/sourced.ts";
import { isPinned } from "../../plan/versions.ts";
import { formatCount } from "../../units.ts";
import { removing } from "../fixes.ts";
import { wholeOf, written } from "../places.ts";
import type { Rule, Subject } from "../rule.ts";
import { type WarmupKey, warmupKeys } from "./warmup.ts";

/**
 * A warmup as a number of updates and as a share of the run: axolotl and oumi's own trainer refuse both; elsewhere one of them holds,
 * and in transformers the release decides which.
 */
export const scheduleTwoWarmups: Rule = {
  id: "schedule/two-warmups",
  title: t`Warmup set twice`,
  severity: "warning",
  *check(subject) {
    const { steps, ratio } = warmupKeys(subject);
    if (!steps || !ratio || refusesRatio(subject)) return;
    const [holds, ignored] = isRead(subject, ratio) ? [ratio, steps] : [steps, ratio];
    const refuses = takesOneOnly(subject);
    const kept = `${holds.path}: ${formatCount(holds.value)}`;
    const removed = isByRelease(subject) ? ratio : ignored;
    yield {
      ...(refuses ? { severity: "error" } : {}),
      message: refuses
        ? t`${subject.dialect.label} stops at the start: it takes ${steps.path} or ${ratio.path}, not both.`
        : isByRelease(subject)
          ? t`The release of transformers decides which warmup holds: up to 4.x ${steps.path}, from 5.0 to 5.14 ${ratio.path}; newer ones know no ratio.`
          : t`${ignored.path} has no effect: ${kept} holds.`,
      range: wholeOf(removed.place),
      ...(refuses || isByRelease(subject) ? {} : { tag: "unused" }),
      related: [{ message: t`The other warmup`, range: (removed === ratio ? steps : ratio).place.range }],
      fixes: () =>
        removing(subject, [removed.path], {
          title: t`Remove ${removed.path}`,
          preferred: true,
          keepsExperiment: !refuses && !isByRelease(subject),
        }),
    };
  },
};

/** Whether the plan's warmup is that of a key. */
function isRead({ plan }: Subject, { place }: WarmupKey): boolean {
  return ownPlace(plan.learningRate.warmup)?.range.start.line === place.range.start.line;
}

function takesOneOnly(subject: Subject): boolean {
  const trainer = written(subject, "training.trainer_type")?.entry.value;
  return subject.dialect.id === "axolotl" || (trainer?.kind === "scalar" && trainer.value === "OUMI");
}

/** Frameworks that hand both keys to transformers as they are. */
const handsOn: readonly string[] = ["hf-trl", "llamafactory", "ms-swift", "glm-demo"];

/** Whether both keys go to a release of transformers of which nothing is known. */
function isByRelease({ dialect, plan, versions }: Subject): boolean {
  const isMegatron = plan.learningRate.family === "megatron";
  return handsOn.includes(dialect.id) && !isMegatron && !isPinned(versions, "transformers");
}

/** Releases that are known to have no ratio: `schedule/warmup-ratio-removed` says so. */
function refusesRatio({ dialect, versions }: Subject): boolean {
  return dialect.id === "hf-trl" && isPinned(versions, "transformers") && does(versions, releases.withoutWarmupRatio);
}
