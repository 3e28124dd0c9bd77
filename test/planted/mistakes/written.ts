import type { Analysis } from "../../../src/core/analyze.ts";
import { namesOf } from "../../../src/core/dialects/vocabulary.ts";
import { ownPlace, type Sourced } from "../../../src/core/plan/sourced.ts";
import { entryAt } from "../../../src/core/text/document.ts";
import type { TextEdit } from "../../../src/core/text/edit.ts";

/** Edits that write another value where the config says `source`; undefined where it does not, or says it in other words. */
export function replaced<T>(
  { document }: Analysis,
  source: Sourced<T> | undefined,
  text: string,
): TextEdit[] | undefined {
  const place = source?.origin === "file" ? ownPlace(source) : undefined;
  const { start, end } = place?.range ?? {};
  if (!start || !end || start.line !== end.line) return undefined;
  const present = (document.text.split(/\r\n|\r|\n/)[start.line] ?? "").slice(start.character, end.character);
  const isSame =
    typeof source?.value === "number" ? Number(present) === source.value : present === String(source?.value);
  return isSame ? [{ range: { start, end }, newText: text }] : undefined;
}

/** The name of a key of the framework under which the config sets it to `value`; undefined where it does not. */
export function setTo({ document, dialect }: Analysis, key: string, value: unknown): string | undefined {
  if (!Object.hasOwn(dialect.vocabulary, key)) return undefined;
  return namesOf(dialect.vocabulary, key).find((name) => {
    const node = entryAt(document.root, name)?.value;
    return node?.kind === "scalar" && node.value === value;
  });
}
