import type { PlanChange } from "../dialects/dialect.ts";
import type { LinkedFile } from "../dialects/links.ts";
import { entryAt } from "../text/document.ts";
import { type EditValue, setValue, setValues } from "../text/edit.ts";
import type { Fix, Subject } from "./rule.ts";

/** What there is to say of a fix besides what it edits. */
type Words = Pick<Fix, "title"> & Partial<Pick<Fix, "preferred" | "keepsExperiment">>;

/** A fix that changes the plan through the framework's keys; none where it has no key for it, or nothing would change. */
export function changing({ document, dialect }: Subject, change: PlanChange, words: Words): readonly Fix[] {
  return fixOf(dialect.write(document, change), words);
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
  const { start, end } = entry.keySpan;
  const inset = /^["']/.test(document.text[start] ?? "") ? 1 : 0;
  const range = document.rangeOf({ start: start + inset, end: end - inset });
  return fixOf([{ range, newText: name }], words);
}

/** The same in a file that the config points to. */
export function inFile(file: Pick<LinkedFile, "uri">, fixes: readonly Fix[]): readonly Fix[] {
  return fixes.map((fix) => ({ ...fix, uri: file.uri }));
}

/** A fix of these edits; none where there are none. */
export function fixOf(
  edits: Fix["edits"],
  { title, preferred = false, keepsExperiment = false }: Words,
): readonly Fix[] {
  return edits.length === 0 ? [] : [{ title, preferred, keepsExperiment, edits }];
}
