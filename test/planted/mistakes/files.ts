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
];
