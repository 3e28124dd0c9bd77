import { t } from "../../language.ts";
import { does } from "../../plan/releases.ts";
import { written } from "../places.ts";
import type { Rule } from "../rule.ts";
import { clashes } from "./clashes.ts";

/** Settings that do not go together: the framework checks them before it loads the model, or once it has, and stops. */
export const keysIncompatible: Rule = {
  id: "keys/incompatible",
  title: t`Settings that the framework refuses together`,
  severity: "error",
  *check(subject) {
    const { dialect, document, versions } = subject;
    for (const { dialects, keys, release, severity = "error", isRefused, message, fixes } of clashes) {
      if (!dialects.includes(dialect.id) || (release && !does(versions, release))) continue;
      const [first, ...others] = keys.flatMap((key) => written(subject, key) ?? []);
      if (!first || !isRefused(subject)) continue;
      yield {
        // Scripts that nobody knows may make something else of the settings before the Trainer sees them.
        severity: dialect.isForScripts?.(document) ? "warning" : severity,
        message: message(subject),
        range: first.place.range,
        related: others.map(({ place }) => ({ message: t`What it does not go with`, range: place.range })),
        fixes: () => fixes(subject),
      };
    }
  },
};
