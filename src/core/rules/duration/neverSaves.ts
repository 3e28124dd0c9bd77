import { reader } from "../../dialects/reader.ts";
import { t } from "../../language.ts";
import { formatCount } from "../../units.ts";
import type { Rule, Subject } from "../rule.ts";
import { beyondEnd, shortened } from "./intervals.ts";

/**
 * Checkpoints that would first be due after the run is over: one that breaks off has to begin anew. nanotron does not save the end
 * either, unless it is told to. Source: nanotron, trainer.py (train).
 */
export const durationNeverSaves: Rule = {
  id: "duration/never-saves",
  title: t`First checkpoint due after the end`,
  severity: "information",
  *check(subject) {
    const beyond = beyondEnd(subject, subject.plan.saveInterval);
    if (!beyond) return;
    const { every, total, place } = beyond;
    if (losesAll(subject)) {
      yield {
        severity: "warning",
        message: t`The first checkpoint is due after ${formatCount(every)} updates, and the run has ${formatCount(total)}: without save_final_state nothing is saved at all.`,
        range: place.range,
        fixes: () => shortened(subject, beyond),
      };
      return;
    }
    yield {
      message: t`The first checkpoint is due after ${formatCount(every)} updates, and the run has ${formatCount(total)}: nothing is saved before it is over.`,
      range: place.range,
      fixes: () => shortened(subject, beyond),
    };
  },
};

function losesAll({ document, dialect }: Subject): boolean {
  return dialect.id === "nanotron" && !reader(document, dialect.vocabulary).flag("checkpoints.save_final_state").value;
}
