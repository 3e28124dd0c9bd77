import { type Fit, fitOn } from "../gpus/fit.ts";
import type { Gpu } from "../gpus/gpu.ts";
import { estimateMemory, type MemoryEstimate } from "../memory/estimate.ts";
import { type Run, runOn } from "../memory/run.ts";

/** How `run`, which takes `memory`, fits on a GPU, also on one without the kernels that it was meant for. */
export function fitterOf(run: Run, memory: MemoryEstimate): (gpu: Gpu) => Fit {
  const own = fitterWith(run, memory);
  let other: typeof own | undefined;
  return (gpu) => {
    const there = runOn(run, gpu);
    if (there === run) return own(gpu);
    other ??= fitterWith(there, estimateMemory(there));
    return other(gpu);
  };
}

/** Needs per count of GPUs are worked out once: many GPUs ask for the same. What is offloaded is so on one GPU as well. */
function fitterWith(run: Run, memory: MemoryEstimate): (gpu: Gpu) => Fit {
  const alone = run.placement.offload === "none" ? "none" : "zero-3";
  const needs = new Map<number, MemoryEstimate>();
  const sharded = (gpus: number): MemoryEstimate => {
    const found =
      needs.get(gpus) ??
      estimateMemory({
        ...run,
        gpus,
        sharding: gpus === 1 ? alone : "zero-3",
        placement: { ...run.placement, groups: null },
      });
    needs.set(gpus, found);
    return found;
  };
  return (gpu) => fitOn(gpu, memory, sharded);
}
