import { gibibyte } from "../units.ts";
import records from "./gpus.json";

/** A GPU model; every record of the catalogue names the source of its memory size. */
export interface Gpu {
  /** Stable name, as `--gpu` takes it. */
  readonly id: string;
  readonly name: string;
  readonly aliases: readonly string[];
  readonly vendor: string;
  /** What nvidia-smi or rocm-smi shows as the total. */
  readonly memoryGiB: number;
  /** What torch has to give, read from its out-of-memory messages; null where none was found. */
  readonly usableGiB: number | null;
  readonly bfloat16: boolean;
  /** How many one machine usually has. */
  readonly perNode: number;
}

export const gpus: readonly Gpu[] = records as readonly Gpu[];

/** The GPU with this id, name or alias, in any letter case. */
export function findGpu(name: string): Gpu | undefined {
  const wanted = name.trim().toLowerCase();
  return (
    gpus.find(({ id }) => id === wanted) ??
    gpus.find((gpu) => [gpu.name, ...gpu.aliases].some((alias) => alias.toLowerCase() === wanted))
  );
}

/** One GPU of each size that most runs are on: what a verdict in a few words names. */
export const referenceGpus: readonly Gpu[] = ["rtx-4090", "rtx-a6000", "a100-80gb", "h200"].flatMap(
  (id) => findGpu(id) ?? [],
);

/**
 * Bytes that a process can use on the GPU. Where no out-of-memory message tells, 2 % less than the total: the driver
 * and ECC keep 1 to 3 % on the GPUs where both figures are known.
 */
export function usableBytes({ usableGiB, memoryGiB }: Gpu): number {
  return (usableGiB ?? memoryGiB * 0.98) * gibibyte;
}
