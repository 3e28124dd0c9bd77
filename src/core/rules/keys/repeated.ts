import { placeOf } from "../../dialects/place.ts";
import { t } from "../../language.ts";
import type { Entry, MapNode } from "../../text/document.ts";
import { removeEntries } from "../../text/edit.ts";
import { mapsIn } from "../../text/nodes.ts";
import { fixOf } from "../fixes.ts";
import { wholeOf } from "../places.ts";
import type { Fix, Report, Rule, Subject } from "../rule.ts";

/** A key that a mapping has twice: PyYAML takes the last without a word, so that what stands above it does nothing. */
export const keysRepeated: Rule = {
  id: "keys/repeated",
  title: t`Key written twice`,
  severity: "warning",
  *check(subject) {
    for (const map of mapsIn(subject.document.root)) {
      for (const entry of map.displaced) yield reportOf(subject, map, entry);
    }
  },
};

function reportOf(subject: Subject, map: MapNode, entry: Entry): Report {
  const { document, dialect } = subject;
  const last = map.entries.get(entry.key) ?? entry;
  const [place, winner] = [placeOf(document, entry), placeOf(document, last)];
  const line = winner.keyRange.start.line + 1;
  const refused = dialect.loader?.refusesRepeatedKeys === true;
  const alike = textOf(subject, entry) === textOf(subject, last);
  return {
    severity: refused ? "error" : alike ? "hint" : "warning",
    message: refused
      ? t`${entry.key} stands here and in line ${line}; ${dialect.label} stops at a key that is there twice.`
      : t`${entry.key} stands here and in line ${line}; only what stands there counts.`,
    range: wholeOf(place),
    tag: "unused",
    related: [{ message: t`The last ${entry.key}`, range: winner.keyRange }],
    fixes: () => removalOf(subject, map, entry, alike || !refused),
  };
}

function textOf({ document }: Subject, { valueSpan }: Entry): string {
  return document.text.slice(valueSpan.start, valueSpan.end).trim();
}

/** None where another key, or the dash of a list, stands on the line. */
function removalOf({ document }: Subject, map: MapNode, entry: Entry, keepsExperiment: boolean): readonly Fix[] {
  const { text } = document;
  const before = text.slice(text.lastIndexOf("\n", entry.keySpan.start - 1) + 1, entry.keySpan.start);
  if (!map.flow && before.trim() !== "") return [];
  const line = document.rangeOf(entry.keySpan).start.line + 1;
  const title = t`Remove ${entry.key} from line ${line}`;
  return fixOf(removeEntries(document, map, new Set([entry])), { title, preferred: true, keepsExperiment });
}
