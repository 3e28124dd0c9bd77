import { type Fit, fitOn } from "../gpus/fit.ts";
import type { Gpu } from "../gpus/gpu.ts";
import { estimateMemory, type MemoryEstimate } from "../memory/estimate.ts";
import type { Run } from "../memory/run.ts";

/** How `run`, which takes `memory`, fits on a GPU. Needs per count of GPUs are worked out once: many GPUs ask for the same. */
export function fitterOf(run: Run, memory: MemoryEstimate): (gpu: Gpu) => Fit {
  const needs = new Map<number, MemoryEstimate>();
  const sharded = (gpus: number): MemoryEstimate => {
    const found = needs.get(gpus) ?? estimateMemory({ ...run, gpus, sharding: gpus === 1 ? "none" : "zero-3" });
    needs.set(gpus, found);
    return found;
  };
  return (gpu) => fitOn(gpu, memory, sharded);
}
