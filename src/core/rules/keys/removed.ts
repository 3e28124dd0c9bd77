import { t } from "../../language.ts";
import { removing } from "../fixes.ts";
import { wholeOf } from "../places.ts";
import type { Rule } from "../rule.ts";
import { formerKeysIn } from "./former.ts";

/** A key that newer releases of the framework no longer have, and nothing in its place. */
export const keysRemoved: Rule = {
  id: "keys/removed",
  title: t`Key that is gone`,
  severity: "information",
  *check(subject) {
    for (const { former, entry, place, isRefused, where, severity } of formerKeysIn(subject)) {
      if (former.now !== undefined) continue;
      yield {
        severity,
        message: isRefused
          ? t`There is no ${entry.key} ${where}: the run stops at it.`
          : t`${entry.key} is still taken ${where}, but will go.`,
        range: wholeOf(place),
        tag: "deprecated",
        fixes: () => removing(subject, [former.key], { title: t`Remove ${entry.key}`, preferred: true }),
      };
    }
  },
};
