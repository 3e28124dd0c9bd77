import { t } from "../../language.ts";
import { pulling } from "../fixes.ts";
import { wholeOf, written } from "../places.ts";
import type { Rule } from "../rule.ts";

/**
 * A rank of LoRA in a config that nothing tells to train adapters: `lora_r` without axolotl's `adapter` or TRL's `use_peft` trains all
 * weights, with the memory that this takes and mostly at a rate for adapters. Silent where the config says that it trains all.
 */
export const loraNoAdapter: Rule = {
  id: "lora/no-adapter",
  title: t`LoRA's settings, but nothing switches it on`,
  severity: "warning",
  *check(subject) {
    const { plan, dialect } = subject;
    const rank = dialect.keys.loraRank === undefined ? undefined : written(subject, dialect.keys.loraRank);
    if (!rank || plan.method.value !== "full" || plan.method.origin !== "default" || plan.quantization) return;
    yield {
      message: t`${rank.entry.key} is set, but nothing here switches LoRA on: ${dialect.label} trains all weights.`,
      range: wholeOf(rank.place),
      fixes: () => pulling(subject, "lora", (keys) => t`Train LoRA adapters (${keys})`, { preferred: true }),
    };
  },
};
