import { reader } from "../../dialects/reader.ts";
import { t } from "../../language.ts";
import { replacesEpochs } from "../../schedule/runLength.ts";
import { formatCount } from "../../units.ts";
import { keyOf, removing } from "../fixes.ts";
import { firstPlace, keyNameAt, wholeOf, written } from "../places.ts";
import type { Rule, Subject } from "../rule.ts";

/**
 * Epochs beside a number of updates: in frameworks on transformers the updates hold, however many epochs they are, and the epochs are
 * not read. One in eight shipped configs has both, templates mostly.
 */
export const durationMaxStepsWins: Rule = {
  id: "duration/max-steps-wins",
  title: t`Epochs that a number of updates overrides`,
  severity: "information",
  *check(subject) {
    const { plan, length, dialect } = subject;
    const { epochs, maxSteps } = plan.duration;
    const [place, limit] = [firstPlace(epochs), firstPlace(maxSteps)];
    if (!place || !limit || !maxSteps.value || !replacesEpochs(plan.learningRate.family)) return;
    if (dialect.id === "generic" || !epochs.value || dividesByEpochs(subject)) return;
    const [key, steps] = [keyNameAt(subject, place), keyNameAt(subject, limit)];
    const path = written(subject, dialect.keys.epochs ?? "")?.path;
    const passes = length.updatesPerEpoch && maxSteps.value / length.updatesPerEpoch;
    const amount = passes ? t` or ${formatCount(passes)} epochs` : "";
    yield {
      message: t`${steps} ends the run after ${formatCount(maxSteps.value)} updates${amount}; ${key} has no effect.`,
      range: wholeOf(place),
      tag: "unused",
      related: [{ message: t`What holds instead`, range: limit.range }],
      fixes: () =>
        path ? removing(subject, [path], { title: t`Remove ${keyOf(subject, "epochs")}`, keepsExperiment: true }) : [],
    };
  },
};

/**
 * Whether the epochs say how often axolotl evaluates or saves: it divides the run, however long it is, by epochs × times in an epoch.
 * One epoch is what it takes without the key. Source: axolotl, utils/config/__init__.py (normalize_config).
 */
function dividesByEpochs(subject: Subject): boolean {
  const { dialect, document, plan } = subject;
  if (dialect.id !== "axolotl" || plan.duration.epochs.value === 1) return false;
  const keys = reader(document, dialect.vocabulary);
  return ["evals_per_epoch", "saves_per_epoch"].some((key) => !!keys.number(key).value);
}
