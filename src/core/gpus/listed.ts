import { appleGpus } from "./apple.ts";
import type { Gpu } from "./gpu.ts";
import records from "./gpus.json";

/** What a record states; the rest is as most GPUs have it. */
type GpuRecord = Pick<Gpu, "id" | "name" | "memoryGiB"> & Partial<Gpu>;

/** The GPUs of the records, in the order in which they are offered; empty in bundles that load them later. */
export const listedGpus: readonly Gpu[] = [
  ...Object.entries(records as Readonly<Record<string, readonly GpuRecord[]>>).flatMap(([group, members]) =>
    members.map((record) => ({
      group,
      aliases: [],
      usableGiB: null,
      hasBf16: true,
      perNode: 1,
      bandwidthGBs: null,
      ...record,
    })),
  ),
  ...appleGpus,
];
