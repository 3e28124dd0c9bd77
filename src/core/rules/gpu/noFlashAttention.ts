import { t } from "../../language.ts";
import type { Place } from "../../plan/sourced.ts";
import { settingTo } from "../fixes.ts";
import { firstPlace, keyNameAt, textAt } from "../places.ts";
import type { Rule, Subject } from "../rule.ts";

/**
 * FlashAttention 2 or 3 on an NVIDIA GPU from before Ampere: its kernels refuse the first forward pass. Other implementations that keep as
 * little go by other names. Source: Dao-AILab/flash-attention, csrc/flash_attn/flash_api.cpp.
 */
export const gpuNoFlashAttention: Rule = {
  id: "gpu/no-flash-attention",
  title: t`FlashAttention on a GPU without it`,
  severity: "error",
  *check(subject) {
    const { plan, target } = subject;
    if (!target || target.hasBf16 || plan.attention.value !== "flash" || plan.attention.origin !== "file") return;
    const place = firstPlace(plan.attention);
    const other = place && otherThan(subject, place);
    if (!place || other === undefined) return;
    yield {
      message: t`FlashAttention needs compute capability 8.0: on the ${target.name} the run stops at its first step. torch's own attention runs there.`,
      range: place.range,
      fixes: () => settingTo(subject, place, other),
    };
  },
};

/** What stands for torch's own attention in place of a name or a switch for FlashAttention; undefined for other names. */
function otherThan({ document }: Subject, place: Place): string | boolean | undefined {
  const text = textAt(document, place.range).replace(/^["']|["']$/g, "");
  if (/^(?:flash_attention_[23]|flash_attn|fa[23])$/.test(text)) return "sdpa";
  const isSwitch = /^true$/i.test(text) && /flash_att(?:entio)?n/.test(keyNameAt({ document }, place));
  return isSwitch ? false : undefined;
}
