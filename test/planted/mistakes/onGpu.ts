import { findGpu } from "../../../src/core/gpus/catalogue.ts";
import type { Config } from "../mistake.ts";

/** A config whose run is meant for a GPU. */
export const onGpu = (config: Config, name: string, count?: number): Config => {
  const gpu = findGpu(name);
  if (!gpu) throw new Error(`${name} is no GPU`);
  return { ...config, options: { ...config.options, target: { gpu, ...(count === undefined ? {} : { count }) } } };
};
