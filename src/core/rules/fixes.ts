import type { PlanChange } from "../dialects/dialect.ts";
import { type LeverName, pull } from "../dialects/levers.ts";
import type { LinkedFile } from "../dialects/links.ts";
import { t } from "../language.ts";
import type { Place } from "../plan/sourced.ts";
import { type ConfigDocument, entryAt, type MapNode } from "../text/document.ts";
import { type EditValue, joined, setValue, setValues } from "../text/edit.ts";
import { mapsIn } from "../text/nodes.ts";
import type { Range } from "../text/position.ts";
import type { Fix, Subject } from "./rule.ts";

/** What there is to say of a fix besides what it edits. */
type Words = Pick<Fix, "title"> & Partial<Pick<Fix, "preferred" | "keepsExperiment">>;

/** A fix that changes the plan through the framework's keys; none where it has no key for it, or nothing would change. */
export function changing(
  { document, dialect }: Subject,
  change: PlanChange,
  { title, ...words }: Omit<Words, "title"> & { readonly title: string | ((keys: string) => string) },
): readonly Fix[] {
  const edits = dialect.write(document, change);
  return fixOf(edits, { ...words, title: typeof title === "string" ? title : title(keysIn(document, edits)) });
}

/** The key that a change of the plan edits, as titles name it. */
export function keyOf({ dialect }: Subject, change: keyof PlanChange): string {
  return dialect.keys[change]?.split(".").at(-1) ?? "";
}

/** A fix that sets the value of a key at a dotted path; a new one stands behind the first of `neighbours` that is there. */
export function setting(
  { document }: Pick<Subject, "document">,
  path: string,
  value: EditValue,
  words: Words,
  neighbours: readonly string[] = [],
): readonly Fix[] {
  return fixOf(setValue(document, path, value, neighbours), words);
}

/** A fix that sets the value which stands at a place, titled by the name of its key; none where that is in a list. */
export function settingAt(
  subject: Pick<Subject, "document">,
  place: Place,
  value: EditValue,
  title: (key: string) => string,
  words: Omit<Words, "title"> = {},
): readonly Fix[] {
  const path = pathTo(subject.document, subject.document.root, place);
  return path === undefined ? [] : setting(subject, path, value, { ...words, title: title(lastName(path)) });
}

/** A fix that sets the value which stands at a place, and says no more; what most would do. */
export function settingTo(subject: Pick<Subject, "document">, place: Place, value: EditValue): readonly Fix[] {
  return settingAt(subject, place, value, (key) => t`Set ${key} to ${String(value)}`, { preferred: true });
}

/** A fix that sets several keys; new ones stand behind the first of `neighbours` that is there. */
export function settingAll(
  { document }: Pick<Subject, "document">,
  values: readonly (readonly [path: string, value: EditValue])[],
  words: Words,
  neighbours: readonly string[] = [],
): readonly Fix[] {
  return fixOf(setValues(document, values, neighbours), words);
}

/** One fix that does what several do. */
export function together(fixes: readonly Fix[], words: Words): readonly Fix[] {
  return fixOf(
    fixes.flatMap(({ edits }) => edits),
    words,
  );
}

/** A fix that pulls a lever, titled by the names of the keys that are new or change. */
export function pulling(
  { document, dialect }: Pick<Subject, "document" | "dialect">,
  lever: LeverName,
  title: (keys: string) => string,
  words: Omit<Words, "title"> = {},
): readonly Fix[] {
  const edits = pull(document, dialect, lever);
  return fixOf(edits, { ...words, title: title(keysIn(document, edits)) });
}

/** A fix that takes keys away, with their lines. */
export function removing(
  { document }: Pick<Subject, "document">,
  paths: readonly string[],
  words: Words,
): readonly Fix[] {
  return fixOf(
    setValues(
      document,
      paths.map((path) => [path, null]),
    ),
    words,
  );
}

/** A fix that calls a key by another name and leaves its value alone; none where that name is taken. */
export function renaming(
  { document }: Pick<Subject, "document">,
  path: string,
  name: string,
  words: Words,
): readonly Fix[] {
  const entry = entryAt(document.root, path);
  const parent = path.includes(".") ? `${path.slice(0, path.lastIndexOf("."))}.` : "";
  if (!entry || entry.merged || entryAt(document.root, `${parent}${name}`)) return [];
  // Another one of that name would take its place.
  if (mapsIn(document.root).some(({ displaced }) => displaced.some(({ key }) => key === entry.key))) return [];
  const { start, end } = entry.keySpan;
  const inset = /^["']/.test(document.text[start] ?? "") ? 1 : 0;
  const range = document.rangeOf({ start: start + inset, end: end - inset });
  return fixOf([{ range, newText: name }], words);
}

/** The same in a file that the config points to. */
export function inFile(file: Pick<LinkedFile, "uri">, fixes: readonly Fix[]): readonly Fix[] {
  return fixes.map((fix) => ({ ...fix, uri: file.uri }));
}

/** The names of the keys that edits add or change, as titles name them. */
function keysIn(document: ConfigDocument, edits: Fix["edits"]): string {
  const names = edits.flatMap(({ range, newText }) => {
    const added = [...newText.matchAll(/([\w.-]+)"?:/g)].map(([, name = ""]) => name);
    // Lines may be put in where an empty value would stand.
    if (added.length > 0 && isEmpty(range)) return added;
    const path = pathTo(document, document.root, { range });
    return path === undefined ? added : lastName(path);
  });
  return names.join(", ");
}

function isEmpty({ start, end }: Range): boolean {
  return start.line === end.line && start.character === end.character;
}

/** The dotted path of the value that stands at a place. */
function pathTo(document: ConfigDocument, map: MapNode, { range }: Pick<Place, "range">): string | undefined {
  for (const [key, { value, valueSpan }] of map.entries) {
    const { start } = document.rangeOf(valueSpan);
    // Edits stay within the quotes.
    const before = range.start.character - start.character;
    const inset = value.kind === "scalar" && value.quoted ? 1 : 0;
    if (start.line === range.start.line && (before === 0 || before === inset)) return key;
    const inner = value.kind === "map" ? pathTo(document, value, { range }) : undefined;
    if (inner !== undefined) return `${key}.${inner}`;
  }
  return undefined;
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

/** A fix of these edits; none where there are none. */
export function fixOf(
  edits: Fix["edits"],
  { title, preferred = false, keepsExperiment = false }: Words,
): readonly Fix[] {
  return edits.length === 0 ? [] : [{ title, preferred, keepsExperiment, edits: joined(edits) }];
}
