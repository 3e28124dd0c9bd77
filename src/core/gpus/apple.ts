import apple from "./appleChips.json";
import type { Gpu } from "./gpu.ts";

/**
 * Apple's chips with each size of memory that they are sold with. The GPU may hold three quarters of it, two thirds of
 * less than 36 GB: Metal's recommendedMaxWorkingSetSize, which `sysctl iogpu.wired_limit_mb` moves. bfloat16 is there in
 * Metal 3.1 and in MLX on all of them.
 */
export const appleGpus: readonly Gpu[] = apple.chips.flatMap(({ name, bandwidthGBs, sizesGB }) =>
  sizesGB.map((size) => ({
    id: `${name} ${size}GB`.toLowerCase().replaceAll(" ", "-"),
    name: `${name} ${size}GB`,
    aliases: [],
    group: "Apple",
    memoryGiB: size,
    usableGiB: size * (size < 36 ? 0.67 : 0.75),
    hasBf16: true,
    perNode: 1,
    bandwidthGBs,
  })),
);
