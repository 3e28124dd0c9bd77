import { t } from "../../language.ts";
import { formatCount } from "../../units.ts";
import { changing, keyOf, renaming, together } from "../fixes.ts";
import type { Fix, Report, Rule, Subject } from "../rule.ts";
import { hasShareInSteps, usualShare, type WarmupKey, warmupKeys } from "./warmup.ts";

/**
 * A warmup in the unit of the other key: a share of the run where updates are counted, or a number of updates where a share is
 * meant. transformers refuses a ratio above 1 up to 4.x, and takes it for a number of updates from 5.0 to 5.14; it refuses parts
 * of an update up to 4.x, and takes them for a share since 5.0 (TrainingArguments.get_warmup_steps).
 */
export const scheduleWarmupUnit: Rule = {
  id: "schedule/warmup-unit",
  title: t`Warmup in the wrong unit`,
  severity: "error",
  *check(subject) {
    const { steps, ratio } = warmupKeys(subject);
    if (steps && steps.value < 1 && !readsShare(subject)) yield partOfAnUpdate(subject, steps);
    if (ratio && ratio.value >= 1) yield moreThanAll(subject, ratio);
  },
};

/** Whether the framework takes updates below one for a share of the run, as it does in this plan. */
function readsShare(subject: Subject): boolean {
  const { value } = subject.plan.learningRate.warmup;
  return (value !== undefined && "ratio" in value) || hasShareInSteps(subject);
}

function partOfAnUpdate(subject: Subject, { path, value, place }: WarmupKey): Report {
  const ratio = keyOf(subject, "warmupRatio");
  const { totalSteps } = subject.length;
  const steps = Math.max(1, Math.ceil(value * (totalSteps ?? 0)));
  const inUpdates =
    totalSteps === undefined
      ? []
      : changing(subject, { warmupSteps: steps }, { title: t`Set ${path} to ${formatCount(steps)}`, preferred: true });
  const renamed =
    ratio === "" ? [] : renaming(subject, path, ratio, { title: t`Rename ${path} to ${ratio}`, preferred: true });
  return {
    message: t`${path} counts updates here, and ${formatCount(value)} is less than one: a share of the run is meant.`,
    range: place.range,
    fixes: () => (renamed.length > 0 ? renamed : inUpdates),
  };
}

function moreThanAll(subject: Subject, { path, value, place }: WarmupKey): Report {
  if (value === 1) {
    return {
      severity: "warning",
      message: `${t`A ${path} of 1 is the whole run: the rate reaches its peak when the run is over.`}${countsAsUpdate(subject)}`,
      range: place.range,
      fixes: () => lowered(subject, path),
    };
  }
  const steps = keyOf(subject, "warmupSteps");
  return {
    message: t`${path} is a share of the run, and ${formatCount(value)} is more than all of it: a number of updates is meant.`,
    range: place.range,
    fixes: () =>
      steps === "" ? [] : renaming(subject, path, steps, { title: t`Rename ${path} to ${steps}`, preferred: true }),
  };
}

function countsAsUpdate({ plan }: Subject): string {
  const { family } = plan.learningRate;
  const inTransformers = family === "huggingface" || family === "llamafactory";
  return inTransformers ? ` ${t`transformers 5.0 to 5.14 takes it for a single update.`}` : "";
}

/** transformers' newest releases know no ratio: the key of the updates takes its place. */
function lowered(subject: Subject, path: string): readonly Fix[] {
  if (!hasShareInSteps(subject)) {
    return changing(subject, { warmupRatio: usualShare }, { title: t`Set ${path} to ${usualShare}`, preferred: true });
  }
  const words = { title: t`Replace ${path} by warmup_steps: ${usualShare}`, preferred: true };
  const renamed = renaming(subject, path, "warmup_steps", words);
  const set = changing(subject, { warmupRatio: usualShare }, words);
  return set.length === 0 ? [] : together([...renamed, ...set], words);
}
