import { t } from "../../language.ts";
import { does, releases } from "../../plan/releases.ts";
import { numberFrom } from "../../text/scalar.ts";
import { changing, keyOf } from "../fixes.ts";
import { type WrittenKey, written } from "../places.ts";
import type { Fix, Subject } from "../rule.ts";

/** Runs of fewer updates only try whether a config works: what they do is no schedule. */
export const fewestUpdates = 50;

/** The usual warmup as a share of the run. Source: survey of shipped configs, whose ratios are 0.03 to 0.05 mostly. */
export const usualShare = 0.05;

/** Whether the warmup takes all of the run, where it is known how long that is. */
export function isLongerThanRun({ length: { totalSteps, warmupSteps } }: Pick<Subject, "length">): boolean {
  return totalSteps !== undefined && totalSteps >= fewestUpdates && (warmupSteps ?? 0) >= totalSteps;
}

/** The usual warmup of a run, at least one update. */
export function usualWarmup(totalSteps: number): number {
  return Math.max(1, Math.round(totalSteps * usualShare));
}

/** A fix that warms up for as many updates as usual in a run of `totalSteps`. */
export function addingWarmup(subject: Subject, totalSteps: number): readonly Fix[] {
  const warmupSteps = usualWarmup(totalSteps);
  const title = t`Set ${keyOf(subject, "warmupSteps")} to ${warmupSteps}`;
  return changing(subject, { warmupSteps }, { title, preferred: true });
}

/** The scheduler that takes the course of another behind a warmup, where the framework has one. */
export function schedulerWithWarmup({ dialect }: Subject, scheduler: string): string | undefined {
  const name = `${scheduler}_with_warmup`;
  return dialect.vocabulary[dialect.keys.scheduler ?? ""]?.values?.includes(name) ? name : undefined;
}

/** A key that sets the warmup to more than nothing. */
export interface WarmupKey extends WrittenKey {
  readonly value: number;
}

/** The keys that set the warmup: that of a number of updates, and that of a share of the run, where the framework has two. */
export function warmupKeys(subject: Subject): { readonly steps?: WarmupKey; readonly ratio?: WarmupKey } {
  const { warmupSteps, warmupRatio } = subject.dialect.keys;
  if (warmupSteps === warmupRatio) return {};
  const steps = keyWithNumber(subject, warmupSteps);
  const ratio = keyWithNumber(subject, warmupRatio);
  return { ...(steps && { steps }), ...(ratio && { ratio }) };
}

function keyWithNumber(subject: Subject, key: string | undefined): WarmupKey | undefined {
  const found = key === undefined ? undefined : written(subject, key);
  const value = found?.entry.value.kind === "scalar" ? numberFrom(found.entry.value.source) : undefined;
  return found && value !== undefined && value > 0 ? { ...found, value } : undefined;
}

/** Whether the config's keys go to transformers as they are, which took away the ratio and reads a share in the updates instead. */
export function hasShareInSteps({ dialect, versions }: Pick<Subject, "dialect" | "versions">): boolean {
  return dialect.id === "hf-trl" && does(versions, releases.fractionalWarmupSteps);
}
