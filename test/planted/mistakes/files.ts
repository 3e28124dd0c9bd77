import { findGpu } from "../../../src/core/gpus/catalogue.ts";
import { ownPlace } from "../../../src/core/plan/sourced.ts";
import type { Config, Mistake } from "../mistake.ts";

const onGpu = (config: Config, name: string, count?: number): Config => {
  const gpu = findGpu(name);
  if (!gpu) throw new Error(`${name} is no GPU`);
  return { ...config, options: { ...config.options, target: { gpu, ...(count === undefined ? {} : { count }) } } };
};

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
    rule: "memory/does-not-fit",
    name: "a run that needs five times what the GPU has",
    plant({ memory, plan }, config) {
      const deciding = [plan.batch.micro, plan.sequenceLength, plan.method, plan.parallelism.sharding];
      const isGuessed = deciding.some(({ origin }) => origin === "assumed" || origin === "unknown");
      if (!memory.value || isGuessed || plan.parallelism.sharding.value !== "none") return undefined;
      if (!ownPlace(plan.batch.micro)) return undefined;
      return memory.value.lowBytes > 5 * 11 * 2 ** 30 ? onGpu(config, "rtx-2080-ti") : undefined;
    },
  },
];
