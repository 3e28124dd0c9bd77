import { ownPlace } from "../../../src/core/plan/sourced.ts";
import type { Mistake } from "../mistake.ts";
import { onGpu } from "./onGpu.ts";

export const fileMistakes: readonly Mistake[] = [
  {
    rule: "link/missing",
    name: "a linked file that is not there",
    plant: ({ links }, config) =>
      links.length > 0 ? { ...config, options: { ...config.options, linked: { get: () => null } } } : undefined,
  },
  {
    rule: "gpu/no-bf16",
    name: "bfloat16 on a V100",
    plant({ plan: { precision }, document }, config) {
      const place = ownPlace(precision.autocast);
      const isSaid = precision.autocast.value === "bfloat16" && precision.autocast.origin === "file" && place;
      const isAuto = place && /auto/.test(document.text.split("\n")[place.range.start.line] ?? "");
      return isSaid && !isAuto ? onGpu(config, "v100-16gb") : undefined;
    },
  },
  {
    rule: "gpu/no-flash-attention",
    name: "FlashAttention 2 on a T4",
    plant({ document, run }, config) {
      const heads = run.value?.architecture.attention;
      // torch's own attention has no kernel there for fewer keys than queries, which is another finding.
      if (heads?.kind === "grouped" && heads.kvHeads < heads.heads) return undefined;
      const asks = /^(?:attn_impl(?:ementation)?: flash_attention_2|flash_attention: true|flash_attn: fa2)\b/m;
      return asks.test(document.text) ? onGpu(config, "t4") : undefined;
    },
  },
];
