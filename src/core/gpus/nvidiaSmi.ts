import { namesakes } from "./catalogue.ts";
import { customGpus } from "./customGpus.ts";
import type { Gpu } from "./gpu.ts";

/** What `nvidia-smi` is asked; `gpusFromNvidiaSmi` reads the answer. */
export const nvidiaSmiArguments = ["--query-gpu=name,memory.total", "--format=csv,noheader,nounits"] as const;

/** GPUs of one kind in a machine. */
export interface FoundGpus {
  /** From the catalogue; where it has none, made from the name and the memory that the driver tells. */
  readonly gpu: Gpu;
  readonly count: number;
}

/** The memory of a GPU differs by this much from that of its record, such as with ECC switched on. */
const tolerance = 0.07;

/** The kinds of GPUs in lines such as `NVIDIA A100-SXM4-80GB, 81920`; nothing for lines that are none. */
export function gpusFromNvidiaSmi(output: string): readonly FoundGpus[] {
  const found = new Map<string, FoundGpus>();
  for (const line of output.split(/\r?\n/)) {
    const [, name, mebibytes] = /^\s*(\S.*?)\s*,\s*(\d+|\[N\/A\])\s*$/.exec(line) ?? [];
    const gpu = name === undefined ? undefined : gpuNamed(name, Number(mebibytes) / 1024);
    if (gpu) found.set(gpu.id, { gpu, count: (found.get(gpu.id)?.count ?? 0) + 1 });
  }
  return [...found.values()];
}

/** Machines with unified memory tell no size, which is then NaN: their name alone has to do. */
function gpuNamed(name: string, memoryGiB: number): Gpu | undefined {
  const candidates = namesakes(name);
  if (Number.isNaN(memoryGiB)) return candidates[0];
  const difference = (gpu: Gpu) => Math.abs(gpu.memoryGiB - memoryGiB) / memoryGiB;
  const [nearest] = [...candidates].sort((a, b) => difference(a) - difference(b));
  if (nearest && difference(nearest) <= tolerance) return nearest;
  return customGpus([{ name, memoryGiB: Math.round(memoryGiB * 100) / 100 }])[0];
}
