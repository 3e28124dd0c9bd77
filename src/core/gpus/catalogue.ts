import { gibibyte } from "../units.ts";
import { appleGpus } from "./apple.ts";
import type { Gpu } from "./gpu.ts";
import records from "./gpus.json";
import { withoutForm, withoutSize, withoutVendor } from "./names.ts";

/** What a record states; the rest is as most GPUs have it. */
type GpuRecord = Pick<Gpu, "id" | "name" | "memoryGiB"> & Partial<Gpu>;

/** Every GPU that is known, in the order in which they are offered. */
export const gpus: readonly Gpu[] = [
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

/**
 * The GPU with this id, name or alias, in any case and notation: `RTX 4090`, `4090`, `NVIDIA A100-SXM4-80GB`. A name that
 * leaves the size open means the smallest. `own` are looked at before the catalogue.
 */
export function findGpu(name: string, own: readonly Gpu[] = []): Gpu | undefined {
  const id = name.trim().toLowerCase();
  const all = [...own, ...gpus];
  return all.find((gpu) => gpu.id === id) ?? smallest(namesakes(name, all));
}

/** The GPUs that the first notation which fits any of them may mean: by the whole name first, without the size last. */
export function namesakes(name: string, among: readonly Gpu[] = gpus): readonly Gpu[] {
  for (const key of [withoutVendor, withoutForm, withoutSize]) {
    const wanted = key(name);
    const found = among.filter((gpu) => [gpu.name, ...gpu.aliases].some((alias) => key(alias) === wanted));
    if (wanted !== "" && found.length > 0) return found;
  }
  return [];
}

function smallest(found: readonly Gpu[]): Gpu | undefined {
  return [...found].sort((a, b) => a.memoryGiB - b.memoryGiB)[0];
}

/** One GPU of each size that most runs are on: what a verdict in a few words names when nobody says which GPU is meant. */
export function referenceGpus(): readonly Gpu[] {
  return ["rtx-4090", "rtx-a6000", "a100-80gb", "h200"].flatMap((id) => gpus.find((gpu) => gpu.id === id) ?? []);
}

/** The same of Apple's chips, for what runs on nothing else. */
export function referenceChips(): readonly Gpu[] {
  const ids = ["apple-m4-pro-24gb", "apple-m4-max-64gb", "apple-m4-max-128gb", "apple-m3-ultra-512gb"];
  return ids.flatMap((id) => gpus.find((gpu) => gpu.id === id) ?? []);
}

/**
 * Bytes that a process can use on the GPU. Where no out-of-memory message tells, 2 % less than the total: the driver
 * and ECC keep 1 to 3 % on the GPUs where both figures are known.
 */
export function usableBytes({ usableGiB, memoryGiB }: Gpu): number {
  return (usableGiB ?? memoryGiB * 0.98) * gibibyte;
}
