import { t } from "../../language.ts";
import { formatCount } from "../../units.ts";
import type { Rule } from "../rule.ts";
import { beyondEnd, shortened } from "./intervals.ts";

/** Checkpoints that would first be due after the run is over: one that breaks off has to begin anew. */
export const durationNeverSaves: Rule = {
  id: "duration/never-saves",
  title: t`First checkpoint due after the end`,
  severity: "information",
  *check(subject) {
    const beyond = beyondEnd(subject, subject.plan.saveInterval);
    if (!beyond) return;
    const { every, total, place } = beyond;
    yield {
      message: t`The first checkpoint is due after ${formatCount(every)} updates, and the run has ${formatCount(total)}: nothing is saved before it is over.`,
      range: place.range,
      fixes: () => shortened(subject, beyond),
    };
  },
};
