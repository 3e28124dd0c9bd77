import { t } from "../../language.ts";
import type { ConfigNode, Scalar } from "../../text/document.ts";
import { removing } from "../fixes.ts";
import { type WrittenKey, wholeOf, written } from "../places.ts";
import type { Rule, Subject } from "../rule.ts";
import { dependences } from "./dependences.ts";

/** A key that another one would have to switch on: the framework passes over it without a word. */
export const keysIgnored: Rule = {
  id: "keys/ignored",
  title: t`Key without effect`,
  severity: "hint",
  *check(subject) {
    for (const { dialects, keys, needs, isMissing } of dependences) {
      if (!dialects.includes(subject.dialect.id)) continue;
      const found = keys.flatMap((key) => written(subject, key) ?? []).filter((key) => asksForSomething(subject, key));
      if (found.length === 0 || !isMissing(subject)) continue;
      for (const { entry, path, place } of found) {
        yield {
          message: t`${entry.key} has no effect without ${needs}.`,
          range: wholeOf(place),
          tag: "unused",
          fixes: () =>
            removing(subject, [path], {
              title: t`Remove ${entry.key}, which has no effect`,
              preferred: true,
              keepsExperiment: true,
            }),
        };
      }
    }
  },
};

/** Files that spell out defaults, or switch off what is off anyway, be it by a number of none, ask for nothing by them. */
function asksForSomething({ dialect }: Subject, { path, entry: { value, merged } }: WrittenKey): boolean {
  return !merged && isSomething(value, dialect.vocabulary[path]?.default);
}

function isSomething(value: ConfigNode, otherwise: Scalar = null): boolean {
  if (value.kind === "map") return [...value.entries.values()].some((entry) => isSomething(entry.value));
  return value.kind !== "scalar" || ![false, 0, null, otherwise].includes(value.value);
}
