import type { Gpu } from "./gpu.ts";

/**
 * The GPUs that a user describes, as `{ "name": "RTX 4090 48GB", "memoryGiB": 48, "bf16": true }`. What is no such record is
 * left out: settings can hold anything.
 */
export function customGpus(value: unknown): readonly Gpu[] {
  return Array.isArray(value) ? value.flatMap((record) => customGpu(record) ?? []) : [];
}

function customGpu(record: unknown): Gpu | undefined {
  if (typeof record !== "object" || record === null) return undefined;
  const { name, memoryGiB, bf16 } = record as Readonly<Partial<Record<string, unknown>>>;
  if (typeof name !== "string" || name.trim() === "") return undefined;
  if (typeof memoryGiB !== "number" || !Number.isFinite(memoryGiB) || memoryGiB <= 0) return undefined;
  return {
    id: name.trim().toLowerCase().replace(/\s+/g, "-"),
    name: name.trim(),
    aliases: [],
    group: "Your own",
    memoryGiB,
    usableGiB: null,
    hasBf16: bf16 !== false,
    perNode: 1,
    bandwidthGBs: null,
  };
}
