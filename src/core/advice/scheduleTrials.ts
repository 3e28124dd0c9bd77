import type { Dialect } from "../dialects/dialect.ts";
import type { SchedulerArguments, TrainingPlan } from "../plan/plan.ts";
import { ownPlace } from "../plan/sourced.ts";
import { floorSetting, floorShare, settingsFor } from "../schedule/schedulerSettings.ts";
import type { ConfigDocument } from "../text/document.ts";
import type { TextEdit } from "../text/edit.ts";
import { numberLike } from "../text/number.ts";
import { numberFrom } from "../text/scalar.ts";

// Changes of the schedule that take more than the value of one key.

/** The schedulers that a framework names, but for those that follow a metric. */
export function triedSchedulers({ vocabulary, keys }: Dialect): readonly string[] {
  const names = keys.scheduler === undefined ? [] : (vocabulary[keys.scheduler]?.values ?? []);
  return names.filter((name) => !/plateau|greedy/i.test(name));
}

/** Edits that change the scheduler of a run of about `total` updates, with the settings that it needs and without those that it does not take. */
export function schedulerEdits(
  document: ConfigDocument,
  dialect: Dialect,
  scheduler: string,
  total: number,
): readonly TextEdit[] {
  if (!triedSchedulers(dialect).includes(scheduler)) return [];
  const { family, schedulerArguments } = planOf(document, dialect).learningRate;
  const schedulerSettings = settingsFor(family, scheduler, settingsIn(schedulerArguments), total);
  return dialect.write(document, { scheduler, schedulerSettings });
}

/** Edits that make a share of the peak the lowest rate; none for a scheduler without such a setting. */
export function floorEdits(document: ConfigDocument, dialect: Dialect, share: number): readonly TextEdit[] {
  const { learningRate } = planOf(document, dialect);
  const { family, scheduler, schedulerArguments, peak } = learningRate;
  const floor = floorSetting(family, scheduler.value ?? "", settingsIn(schedulerArguments));
  if (!floor || peak.value === undefined) return [];
  const value = floor.is === "share" ? share : Number((share * peak.value).toPrecision(6));
  return dialect.write(document, { schedulerSettings: { [floor.setting]: value } });
}

/** The lowest rate as a share of the peak; undefined for a scheduler without such a setting. */
export function floorOf({ learningRate }: TrainingPlan): number | undefined {
  const { family, scheduler, schedulerArguments, peak } = learningRate;
  const settings = settingsIn(schedulerArguments);
  const floor = floorSetting(family, scheduler.value ?? "", settings);
  return floor && peak.value !== undefined ? floorShare(floor, settings, peak.value) : undefined;
}

/** Edits of the number of updates after which the run stops, where the file has it as a plain number. */
export function limitEdits(document: ConfigDocument, dialect: Dialect, maxSteps: number): readonly TextEdit[] {
  const { maxSteps: limit } = planOf(document, dialect).duration;
  const place = ownPlace(limit);
  if (!place || limit.origin !== "file" || limit.value === null) return [];
  const { start, end } = place.range;
  const written = document.text.split(/\r\n|\r|\n/)[start.line]?.slice(start.character, end.character) ?? "";
  const plain = numberFrom(written) === limit.value;
  return plain ? [{ range: place.range, newText: numberLike(written, maxSteps) }] : [];
}

function planOf(document: ConfigDocument, dialect: Dialect): TrainingPlan {
  return dialect.read(document, { versions: {}, linked: new Map() });
}

function settingsIn({ value }: TrainingPlan["learningRate"]["schedulerArguments"]): SchedulerArguments {
  return value ?? new Map();
}
