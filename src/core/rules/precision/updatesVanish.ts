import { t } from "../../language.ts";
import { formatFraction, formatRate } from "../../units.ts";
import { settingAt } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Fix, Rule, Subject } from "../rule.ts";
import { mayHoldCopies, pureType, roundsToNearest } from "./pureTraining.ts";
import { movingShare } from "./rounding.ts";

/** Below these shares of the weights that an update changes it is worth a remark, or the run likely fails to learn. */
const few = 1 / 4;
const hardlyAny = 1 / 20;

/**
 * Weights in bfloat16 with a learning rate so small that most updates round to nothing: 8 bits of a weight of 0.02 tell 1.2e-4 apart.
 * Nothing is lost where the optimizer steps float32 copies, and autocast over float32 weights has the weights themselves.
 */
export const precisionUpdatesVanish: Rule = {
  id: "precision/updates-vanish",
  title: t`Updates too small for bfloat16 weights`,
  severity: "hint",
  *check(subject) {
    const { plan } = subject;
    const { peak } = plan.learningRate;
    const place = firstPlace(peak);
    if (!place || !peak.value || pureType(plan) !== "bfloat16" || !roundsToNearest(subject)) return;
    const share = movingShare(peak.value);
    if (share >= few) return;
    const launched = mayHoldCopies(subject);
    const text = t`At ${formatRate(peak.value)}, an update changes only about ${formatFraction(roundedShare(share))} of weights that are held in bfloat16; for the others it rounds to nothing.`;
    yield {
      ...(share < hardlyAny && !launched ? { severity: "warning" } : {}),
      message: launched
        ? `${text} ${t`It does not matter where accelerate brings DeepSpeed, or FSDP with mixed precision, which hold float32 copies.`}`
        : `${text} ${t`It takes float32 weights or copies of them, stochastic rounding, or a higher rate.`}`,
      range: place.range,
      fixes: () => wideWeights(subject),
    };
  },
};

function roundedShare(share: number): number {
  return Number(share.toPrecision(2));
}

/** float32 weights under the autocast that is on already, where a key of their own says their type. */
function wideWeights(subject: Subject): readonly Fix[] {
  const { trained, autocast } = subject.plan.precision;
  const place = firstPlace(trained);
  if (!place || autocast.value !== "bfloat16") return [];
  if (autocast.place?.range.start.line === place.range.start.line) return [];
  return settingAt(
    subject,
    place,
    "float32",
    (key) => t`Set ${key} to float32 (computing in bfloat16 through autocast)`,
    { preferred: true },
  );
}
