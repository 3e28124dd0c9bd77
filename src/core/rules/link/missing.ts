import { t } from "../../language.ts";
import type { Rule } from "../rule.ts";

/** A file that the config points to and that is not there: what it sets is missing from every figure. */
export const linkMissing: Rule = {
  id: "link/missing",
  title: t`Linked file not found`,
  severity: "information",
  *check({ links }) {
    for (const { path, place, file } of links) {
      if (file !== null) continue;
      yield {
        message: t`${path} is neither beside this file nor in the workspace; the figures here do without what it sets.`,
        range: place.range,
      };
    }
  },
};
