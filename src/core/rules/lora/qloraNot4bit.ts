import { t } from "../../language.ts";
import { settingAll } from "../fixes.ts";
import { switchedOn, written } from "../places.ts";
import type { Rule } from "../rule.ts";

/**
 * axolotl's `adapter: qlora` without `load_in_4bit`, or with weights in 8 bits or by GPTQ, which its schema refuses; `peft.weight_dtype`
 * sets what it needs. Source: axolotl, utils/schemas/peft.py (validate_qlora, auto_detect_qlora).
 */
export const loraQloraNot4bit: Rule = {
  id: "lora/qlora-not-4bit",
  title: t`QLoRA without 4-bit weights`,
  severity: "error",
  *check(subject) {
    const adapter = written(subject, "adapter");
    if (subject.dialect.id !== "axolotl" || adapter?.entry.value.kind !== "scalar") return;
    if (adapter.entry.value.value !== "qlora" || written(subject, "peft.weight_dtype")) return;
    const other = switchedOn(subject, "load_in_8bit") ?? switchedOn(subject, "gptq");
    if (!other && switchedOn(subject, "load_in_4bit")) return;
    const values = [["load_in_4bit", true], ...(other ? [[other.path, false] as const] : [])] as const;
    yield {
      message: other
        ? t`adapter: qlora and ${other.path} exclude each other: axolotl stops at the start.`
        : t`adapter: qlora needs load_in_4bit: true: axolotl stops at the start without it.`,
      range: adapter.place.range,
      ...(other ? { related: [{ message: t`${other.path} is on`, range: other.place.range }] } : {}),
      fixes: () =>
        settingAll(
          subject,
          values,
          {
            title: other ? t`Set load_in_4bit to true and ${other.path} to false` : t`Set load_in_4bit to true`,
            preferred: true,
          },
          ["adapter"],
        ),
    };
  },
};
