import { t } from "../language.ts";
import type { Method } from "../plan/plan.ts";
import { ownPlace } from "../plan/sourced.ts";
import { formatParameters, formatRate } from "../units.ts";
import { learningRateRange } from "./learningRates.ts";
import type { Fix, Rule } from "./rule.ts";

/** A peak rate above what runs of this method and size survive: steps this large overwrite the pretrained weights. */
export const learningRateTooHigh: Rule = {
  id: "lr/too-high",
  title: t`Learning rate too high for the method`,
  *check({ document, dialect, plan, parameters }) {
    const { peak } = plan.learningRate;
    const place = ownPlace(peak);
    const range = learningRateRange(plan, parameters);
    if (peak.value === undefined || !place || !range || peak.value <= range.warnAbove * (1 + 1e-9)) return;
    const what = methodNames[plan.method.value ?? "full"];
    const key = dialect.keys.peakLearningRate?.split(".").at(-1);
    const setTo = (rate: number, why: string, preferred: boolean): Fix => ({
      title: t`Set ${key} to ${formatRate(rate)} (${why})`,
      preferred,
      edits: dialect.write(document, { peakLearningRate: rate }),
    });
    const times = Math.round(peak.value / range.usual);
    const size = parameters === undefined ? "" : t` of ${formatParameters(parameters)} parameters`;
    yield {
      severity: "warning",
      message: t`${formatRate(peak.value)} is ${times} times the usual rate (${formatRate(range.usual)}) for ${what}${size}: ${consequence(plan.method.value)}.`,
      range: place.range,
      fixes: [
        setTo(range.usual, t`usual for ${what}`, true),
        setTo(range.upper, t`upper edge for ${what}`, false),
      ].filter(({ edits }) => edits.length > 0),
    };
  },
};

const methodNames: Readonly<Record<Method, string>> = {
  full: t`full fine-tuning`,
  freeze: t`partial fine-tuning`,
  lora: "LoRA",
  qlora: "QLoRA",
  adapter: "adapters",
};

function consequence(method: Method | undefined): string {
  return method === "lora" || method === "qlora"
    ? t`training is likely to diverge`
    : t`steps this large overwrite what the model already knows`;
}
