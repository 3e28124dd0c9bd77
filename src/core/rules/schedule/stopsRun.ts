import { t } from "../../language.ts";
import { settingsOfHuggingFace } from "../../schedule/huggingFace.ts";
import type { Stop } from "../../schedule/scheduler.ts";
import { settingsFor } from "../../schedule/schedulerSettings.ts";
import { closestTo } from "../../text/closest.ts";
import { changing, keyOf, renaming } from "../fixes.ts";
import type { Fix, Rule, Severity, Subject } from "../rule.ts";
import { removingSettings, schedulePlace, settingPath, writtenSetting } from "./settings.ts";
import { addingWarmup, isLongerThanRun } from "./warmup.ts";

/**
 * A schedule that its framework refuses: a setting is lacking, or the scheduler has no such setting. The run ends with an error,
 * at the start mostly, before the model has cost anything, but after it has been loaded.
 */
export const scheduleStopsRun: Rule = {
  id: "schedule/stops-run",
  title: t`Schedule that the framework refuses`,
  severity: "error",
  *check(subject) {
    const { schedule, dialect } = subject;
    if (!("stop" in schedule) || dialect.id === "generic") return;
    const { stop, reason } = schedule;
    if (stop.fault === "floor" || isLongerThanRun(subject)) return;
    const place = schedulePlace(subject, stop.settings);
    if (!place) return;
    yield {
      severity: severityOf(subject, stop),
      message: t`${reason}.`,
      range: place.range,
      fixes: () => remedies(subject, stop),
    };
  },
};

/** A name that is no slip of the hand may be one that a newer release knows. */
function severityOf(subject: Subject, { fault }: Stop): Severity {
  return fault === "name" && otherScheduler(subject) === undefined ? "warning" : "error";
}

function remedies(subject: Subject, { fault, settings }: Stop): readonly Fix[] {
  const [first = ""] = settings;
  const present = settings.filter((name) => writtenSetting(subject, name));
  switch (fault) {
    case "lacking":
      return lackingSettings(subject, settings);
    case "unknown":
      return unknownSettings(subject, first);
    case "several":
      return present.flatMap((name) => removingSettings(subject, [name], { title: t`Remove ${name}` }));
    case "value":
    case "start":
      return removingSettings(subject, present, { title: t`Remove ${present.join(", ")}`, preferred: true });
    case "short":
      return removingSettings(subject, present, {
        title: t`Remove ${present.join(", ")} (the schedule lasts as long as the run)`,
        preferred: true,
      });
    case "name":
      return knownScheduler(subject);
    case "no-warmup":
      return addingWarmup(subject, subject.length.totalSteps ?? 2000);
    default:
      return [];
  }
}

/** Settings whose usual value hangs on the length of the run. */
const countsUpdates: readonly string[] = ["num_decay_steps", "lr_wsd_decay_iters", "T_max"];

/** The setting by the name that the framework has for it. */
function lackingSettings(subject: Subject, names: readonly string[]): readonly Fix[] {
  const [first = ""] = names;
  if (countsUpdates.includes(first) && subject.length.totalSteps === undefined) return [];
  const { [first]: value, ...others } = settingsNeeded(subject);
  const own = names.find((name) => Object.hasOwn(subject.dialect.vocabulary, settingPath(subject, name))) ?? first;
  const settings = value === undefined ? others : { [own]: value, ...others };
  return changing(subject, { schedulerSettings: settings }, { title: settingsTitle(settings), preferred: true });
}

/** A scheduler of the same kind that has the settings; the name that the setting has here; or the schedule without them. */
function unknownSettings(subject: Subject, setting: string): readonly Fix[] {
  const settings = settingsNeeded(subject);
  const key = keyOf(subject, "scheduler");
  const taker = takerOf(subject);
  const better = taker
    ? changing(
        subject,
        { scheduler: taker },
        { title: t`Set ${key} to ${taker}, which has ${setting}`, preferred: true },
      )
    : setting === "min_lr_ratio" && "min_lr_rate" in settings
      ? renaming(subject, writtenSetting(subject, setting)?.path ?? setting, "min_lr_rate", {
          title: t`Rename ${setting} to min_lr_rate`,
          preferred: true,
        })
      : [];
  const removed = Object.keys(settings).filter((name) => settings[name] === null);
  const words = { title: settingsTitle(settings), preferred: better.length === 0 };
  const rest =
    removed.length === Object.keys(settings).length
      ? removingSettings(subject, removed, words)
      : changing(subject, { schedulerSettings: settings }, words);
  return [...better, ...rest];
}

/** A scheduler whose name goes on where this one's ends, such as cosine_with_min_lr, that has all settings that are set. */
function takerOf({ plan }: Subject): string | undefined {
  const { scheduler, schedulerArguments } = plan.learningRate;
  const set = [...(schedulerArguments.value?.keys() ?? [])];
  return Object.keys(settingsOfHuggingFace).find(
    (name) =>
      name.startsWith(`${scheduler.value}_`) && set.every((setting) => settingsOfHuggingFace[name]?.includes(setting)),
  );
}

function knownScheduler(subject: Subject): readonly Fix[] {
  const scheduler = otherScheduler(subject);
  if (scheduler === undefined) return [];
  const schedulerSettings = settingsNeeded(subject, scheduler);
  const rest = Object.keys(schedulerSettings).length > 0 ? `; ${settingsTitle(schedulerSettings)}` : "";
  return changing(
    subject,
    { scheduler, schedulerSettings },
    { title: `${t`Set ${keyOf(subject, "scheduler")} to ${scheduler}`}${rest}`, preferred: true },
  );
}

/** The scheduler that was meant, or an older one of the same kind. */
function otherScheduler({ plan, dialect }: Subject): string | undefined {
  const { value: name = "" } = plan.learningRate.scheduler;
  const known = dialect.vocabulary[dialect.keys.scheduler ?? ""]?.values ?? [];
  return known.includes(name) ? "cosine_with_min_lr" : closestTo(name, known);
}

/** What the scheduler needs and lacks, and null for what it does not take. */
function settingsNeeded(
  { plan, length }: Subject,
  scheduler = plan.learningRate.scheduler.value ?? "",
): Readonly<Record<string, number | null>> {
  const { family, schedulerArguments } = plan.learningRate;
  return settingsFor(family, scheduler, schedulerArguments.value ?? new Map(), length.totalSteps ?? 1000);
}

function settingsTitle(settings: Readonly<Record<string, number | null>>): string {
  const set = Object.entries(settings).flatMap(([name, value]) => (value === null ? [] : [t`set ${name} to ${value}`]));
  const removed = Object.keys(settings).filter((name) => settings[name] === null);
  const all = [...set, ...(removed.length > 0 ? [t`remove ${removed.join(", ")}`] : [])].join(", ");
  return `${all.slice(0, 1).toUpperCase()}${all.slice(1)}`;
}
