import { t } from "../../language.ts";
import { settingAt } from "../fixes.ts";
import { switchedOn, wholeOf } from "../places.ts";
import type { Rule } from "../rule.ts";

/**
 * bfloat16 and float16 at once, which frameworks refuse: transformers in TrainingArguments, to which others pass the flags on, and
 * DeepSpeed in its configuration, which GPT-NeoX's becomes. Source: transformers 5.18.0, training_args.py; DeepSpeed, runtime/config.py.
 */
export const precisionBoth: Rule = {
  id: "precision/both",
  title: t`bfloat16 and float16 at once`,
  severity: "error",
  *check(subject) {
    const [bf16 = "", fp16 = ""] = switches.get(subject.dialect.id) ?? [];
    const brain = switchedOn(subject, bf16);
    const half = switchedOn(subject, fp16);
    if (!brain || !half) return;
    yield {
      message: t`${brain.path} and ${half.path} exclude each other: the run stops at the start.`,
      range: wholeOf(half.place),
      related: [{ message: t`${brain.path} is on`, range: brain.place.range }],
      fixes: () =>
        settingAt(subject, half.place, false, () => t`Set ${half.path} to false (computing in bfloat16)`, {
          preferred: true,
        }),
    };
  },
};

/** The switches of the frameworks that are known to refuse both. */
const switches: ReadonlyMap<string, readonly [bf16: string, fp16: string]> = new Map([
  ["hf-trl", ["bf16", "fp16"]],
  ["llamafactory", ["bf16", "fp16"]],
  ["ms-swift", ["bf16", "fp16"]],
  ["deepspeed", ["bf16.enabled", "fp16.enabled"]],
  ["gpt-neox", ["bf16.enabled", "fp16.enabled"]],
]);
