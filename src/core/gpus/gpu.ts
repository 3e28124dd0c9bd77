/** A GPU model; every record of the catalogue names the source of its memory size. */
export interface Gpu {
  /** Stable name, as `--gpu` and the setting take it. */
  readonly id: string;
  readonly name: string;
  readonly aliases: readonly string[];
  /** What it is listed under, such as `NVIDIA data centre`. */
  readonly group: string;
  /** What nvidia-smi or rocm-smi shows as the total. */
  readonly memoryGiB: number;
  /** What torch has to give, read from its out-of-memory messages; null where none was found. */
  readonly usableGiB: number | null;
  /** Whether its matrix units compute in bfloat16; NVIDIA's do from compute capability 8.0 on, as they have flash attention's kernels. */
  readonly hasBf16: boolean;
  /** How many one machine usually has. */
  readonly perNode: number;
  /** 1e9 bytes per second; null where not known. */
  readonly bandwidthGBs: number | null;
}

/** The GPUs that a run is meant for. */
export interface Target {
  readonly gpu: Gpu;
  /** How many of them, where the user says so instead of the config. */
  readonly count?: number;
}
