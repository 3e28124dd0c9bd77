import { t } from "../../language.ts";
import { entryAt } from "../../text/document.ts";
import { overwrite, setValues } from "../../text/edit.ts";
import { fixOf, removing, renaming } from "../fixes.ts";
import type { Fix, Rule, Subject } from "../rule.ts";
import { type FormerKeyFound, formerKeysIn } from "./former.ts";

/** A key that has another name in newer releases of the framework, which refuse the old one sooner or later. */
export const keysRenamed: Rule = {
  id: "keys/renamed",
  title: t`Key that has another name now`,
  severity: "information",
  *check(subject) {
    for (const found of formerKeysIn(subject)) {
      const { now, key, values } = found.former;
      if (now === undefined) continue;
      const { isRefused, where, severity, place } = found;
      const [old, name] = [lastOf(key), lastOf(now)];
      const change = values ? t`${name} says ${where} what ${old} said` : t`${old} is called ${name} ${where}`;
      yield {
        severity,
        message: isRefused ? t`${change}: the run stops at the old key.` : t`${change}; the old key still works.`,
        range: place.keyRange,
        tag: "deprecated",
        fixes: () => remedyOf(subject, found, now),
      };
    }
  },
};

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}

/** None where both keys are there, or what the value has become is not known. A release that is not known may lack the new name. */
function remedyOf(subject: Subject, { former, entry, isCertain }: FormerKeyFound, now: string): readonly Fix[] {
  const { document } = subject;
  const { key, values } = former;
  if (entryAt(document.root, now)) return [];
  const words = { preferred: true, keepsExperiment: isCertain };
  const [old, name] = [lastOf(key), lastOf(now)];
  if (!values) return renaming(subject, key, name, { title: t`Rename ${old} to ${name}`, ...words });
  const value = entry.value.kind === "scalar" ? values[String(entry.value.value)] : undefined;
  if (value === undefined) return [];
  if (value === null) return removing(subject, [key], { title: t`Remove ${old}, which says nothing`, ...words });
  const title = t`Set ${now} to ${String(value)} in place of ${old}`;
  const isBeside = key.slice(0, -old.length) === now.slice(0, -name.length);
  if (!isBeside)
    return fixOf(
      setValues(document, [
        [key, null],
        [now, value],
      ]),
      { title, ...words },
    );
  const renamed = renaming(subject, key, name, { title, ...words });
  return renamed.map((fix) => ({ ...fix, edits: [...fix.edits, ...overwrite(document, key, value)] }));
}
