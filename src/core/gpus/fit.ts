import { crossing } from "../crossing.ts";
import { usableBytes } from "./catalogue.ts";
import type { Gpu } from "./gpu.ts";

/** Device memory of a run on one of its GPUs: what it is expected to take, and the least it can do with. */
export interface DeviceNeed {
  readonly deviceBytes: number;
  readonly lowBytes: number;
}

/**
 * `fits` when the expected use is within the usable memory; `tight` when only the least is, so that the allocator has to
 * give cached blocks back; `no` when not even that is.
 */
export type Verdict = "fits" | "tight" | "no";

export interface Fit {
  readonly gpu: Gpu;
  readonly verdict: Verdict;
  /** Expected use as a fraction of the usable memory; above 1 when it does not fit. */
  readonly usedFraction: number;
  /** The fewest of these GPUs that hold the run when all states are sharded over them; null above `mostGpus`. */
  readonly minGpus: number | null;
}

export const mostGpus = 1024;

/** How a run that needs `need` per GPU fits on `gpu`; `sharded(n)` is the need when n GPUs share all states. */
export function fitOn(gpu: Gpu, need: DeviceNeed, sharded: (gpus: number) => DeviceNeed): Fit {
  const usable = usableBytes(gpu);
  return {
    gpu,
    verdict: verdictOn(gpu, need),
    usedFraction: need.deviceBytes / usable,
    minGpus: fewest((count) => sharded(count).deviceBytes, usable),
  };
}

/** Whether `gpu` holds a run, without asking how many would. */
export function verdictOn(gpu: Gpu, { deviceBytes, lowBytes }: DeviceNeed): Verdict {
  const usable = usableBytes(gpu);
  if (deviceBytes <= usable) return "fits";
  return lowBytes <= usable ? "tight" : "no";
}

/** The smallest count that needs no more than `usable` bytes each; more GPUs never need more, and most of it in inverse proportion. */
function fewest(need: (gpus: number) => number, usable: number): number | null {
  let high = 1;
  while (need(high) > usable) {
    high *= 2;
    if (high > mostGpus) return null;
  }
  return high === 1 ? 1 : crossing([high / 2, high], need, usable, (count) => 1 / count)[1];
}
