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
  return {
    message: t`${path} counts updates here, and ${formatCount(value)} is less than one: a share of the run is meant.`,
    range: place.range,
    fixes: () => {
      const renamed = renamedTo(subject, path, "warmupRatio");
      return renamed.length > 0 ? renamed : inUpdates(subject, path, value);
    },
  };
}

/** The key for the other unit, with the same value. */
function renamedTo(subject: Subject, path: string, change: "warmupSteps" | "warmupRatio"): readonly Fix[] {
  const key = keyOf(subject, change);
  return key === "" ? [] : renaming(subject, path, key, { title: t`Rename ${path} to ${key}`, preferred: true });
}

/** The share as a number of updates, where it is known how many the run has. */
function inUpdates(subject: Subject, path: string, share: number): readonly Fix[] {
  const { totalSteps } = subject.length;
  if (totalSteps === undefined) return [];
  const warmupSteps = Math.max(1, Math.ceil(share * totalSteps));
  return changing(subject, { warmupSteps }, { title: t`Set ${path} to ${formatCount(warmupSteps)}`, preferred: true });
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
  return {
    message: t`${path} is a share of the run, and ${formatCount(value)} is more than all of it: a number of updates is meant.`,
    range: place.range,
    fixes: () => renamedTo(subject, path, "warmupSteps"),
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
