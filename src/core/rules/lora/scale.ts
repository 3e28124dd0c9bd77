import { t } from "../../language.ts";
import { settingAt } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";
import { trainedAdapters } from "./trained.ts";

/** What 742 shipped configs keep to; none is beyond, and only with rank-stabilised LoRA does one reach 16. */
const lowest = 1 / 4;
const highest = 4;
const tooHigh = 16;

/**
 * A scale of LoRA far from what is usual: alpha / rank, or alpha / √rank with rank-stabilised LoRA, multiplies what the adapters do, and
 * works much like the learning rate. mlx-lm's scales go with rates of its own.
 */
export const loraScale: Rule = {
  id: "lora/scale",
  title: t`Scale of LoRA far from what is usual`,
  severity: "hint",
  *check(subject) {
    const lora = trainedAdapters(subject);
    const rank = lora?.rank.value;
    const alpha = lora?.alpha.value;
    const place = firstPlace(lora?.alpha, lora?.rank);
    if (!lora || !rank || alpha === undefined || !place || subject.dialect.id === "mlx-lm") return;
    const stable = lora.rsLora.value === true;
    const scale = alpha / (stable ? Math.sqrt(rank) : rank);
    const isUsual = scale <= (stable ? tooHigh : highest) && (stable || scale >= lowest);
    if (isUsual) return;
    const better = Math.round(2 * (stable ? Math.sqrt(rank) : rank));
    const what = stable ? t`alpha / √rank (rank-stabilised LoRA)` : t`alpha / rank`;
    yield {
      ...(scale > tooHigh ? { severity: "warning" } : {}),
      message:
        scale < lowest
          ? t`${what} is ${formatScale(scale)}: the adapters hardly count. Shipped configs have 0.25 to 4, mostly 2.`
          : t`${what} is ${formatScale(scale)}, which multiplies what the adapters do, much as a rate as many times higher: shipped configs have 0.25 to 4, mostly 2.`,
      range: place.range,
      fixes: () =>
        firstPlace(lora.alpha)
          ? settingAt(subject, place, better, (key) => t`Set ${key} to ${better} (a scale of 2)`, { preferred: true })
          : [],
    };
  },
};

function formatScale(scale: number): string {
  return String(Number(scale.toPrecision(3)));
}
