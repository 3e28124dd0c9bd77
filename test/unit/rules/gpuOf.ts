import type { Gpu } from "../../../src/core/gpus/gpu.ts";
import { gibibyte } from "../../../src/core/units.ts";

/** A GPU that has so many bytes to give. */
export const gpuOf = (bytes: number): Gpu => ({
  id: "own",
  name: "Own GPU",
  aliases: [],
  group: "",
  memoryGiB: bytes / gibibyte,
  usableGiB: bytes / gibibyte,
  hasBf16: true,
  perNode: 1,
  bandwidthGBs: null,
});
