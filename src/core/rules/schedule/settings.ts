import { placeOf } from "../../dialects/place.ts";
import { t } from "../../language.ts";
import { ownPlace, type Place, type Sourced } from "../../plan/sourced.ts";
import type { FloorSetting } from "../../schedule/schedulerSettings.ts";
import { type Entry, entryAt } from "../../text/document.ts";
import { formatRate } from "../../units.ts";
import { changing, removing } from "../fixes.ts";
import { firstPlace, type WrittenKey } from "../places.ts";
import type { Fix, Subject } from "../rule.ts";

/** A setting of the scheduler, as the config writes it: among the others, or as a key of its own, with dashes in GPT-NeoX. */
export function writtenSetting({ document, dialect }: Subject, name: string): WrittenKey | undefined {
  for (const path of [settingPath({ dialect }, name), name, name.replaceAll("_", "-")]) {
    const entry = entryAt(document.root, path);
    if (entry) return { path, entry, place: placeOf(document, entry) };
  }
  return undefined;
}

/** The name of a setting as the config spells it, its own where the config has none. */
export function settingName(subject: Subject, name: string): string {
  return writtenSetting(subject, name)?.path.split(".").at(-1) ?? name;
}

/** The key of a setting of the scheduler. */
export function settingPath({ dialect }: Pick<Subject, "dialect">, name: string): string {
  return dialect.keys.schedulerSettings?.replace("*", name) ?? name;
}

/** Where the first of the settings stands that does, else what the schedule is known by. */
export function schedulePlace(subject: Subject, settings: readonly string[] = []): Place | undefined {
  const { scheduler, warmup, peak } = subject.plan.learningRate;
  const own = settings.map((name) => writtenSetting(subject, name)?.place).find((place) => place !== undefined);
  return own ?? firstPlace(scheduler) ?? linkedPlace(subject, scheduler) ?? firstPlace(warmup, peak);
}

/** Where the config points to the file in which a value stands. */
function linkedPlace({ links }: Subject, source: Sourced<unknown>): Place | undefined {
  const uri = ownPlace(source) ? undefined : source.place?.uri;
  return uri === undefined ? undefined : links.find(({ file }) => file?.uri === uri)?.place;
}

/** A fix that sets the lowest rate to a tenth of the peak. */
export function tenthOfPeak(subject: Subject, { setting, is }: FloorSetting, peak: number): readonly Fix[] {
  const tenth = is === "share" ? 0.1 : Number((peak / 10).toPrecision(6));
  const lowest = is === "share" ? tenth : formatRate(tenth);
  const title = t`Set ${settingName(subject, setting)} to ${lowest} (a tenth of the peak)`;
  return changing(subject, { schedulerSettings: { [setting]: tenth } }, { title, preferred: true });
}

/** A fix that takes settings away, with the mapping that holds them where nothing is left in it. */
export function removingSettings(
  subject: Subject,
  names: readonly string[],
  words: Parameters<typeof removing>[2],
): readonly Fix[] {
  const found = names.flatMap((name) => writtenSetting(subject, name) ?? []);
  if (found.length < names.length) return [];
  return removing(subject, pathsWithout(subject, found), words);
}

function pathsWithout({ document, dialect }: Subject, settings: readonly WrittenKey[]): readonly string[] {
  const paths = settings.map(({ path }) => path);
  const parent = dialect.keys.schedulerSettings?.replace(/\.?\*$/, "") ?? "";
  const map = parent === "" ? undefined : entryAt(document.root, parent);
  const removed = new Set<Entry>(settings.map(({ entry }) => entry));
  const all = map?.value.kind === "map" ? [...map.value.entries.values()] : [];
  const isEmptied = settings.length === all.length && all.every((entry) => removed.has(entry));
  return isEmptied ? [parent] : paths;
}
