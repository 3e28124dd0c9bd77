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
    minGpus: fewest((count) => sharded(count).deviceBytes <= usable),
  };
}

/** Whether `gpu` holds a run, without asking how many would. */
export function verdictOn(gpu: Gpu, { deviceBytes, lowBytes }: DeviceNeed): Verdict {
  const usable = usableBytes(gpu);
  if (deviceBytes <= usable) return "fits";
  return lowBytes <= usable ? "tight" : "no";
}

/** The smallest count that `holds`, by doubling and halving; more GPUs never need more memory each. */
function fewest(holds: (gpus: number) => boolean): number | null {
  let high = 1;
  while (!holds(high)) {
    high *= 2;
    if (high > mostGpus) return null;
  }
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
