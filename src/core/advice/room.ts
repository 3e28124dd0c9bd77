import { crossing } from "../crossing.ts";
import { usableBytes } from "../gpus/catalogue.ts";
import type { Gpu } from "../gpus/gpu.ts";
import { hasFlashKernels } from "../memory/run.ts";
import { type Setting, type Variation, variedMemory } from "../memory/variation.ts";
import type { TrainingPlan } from "../plan/plan.ts";

/** How far a run can grow on a GPU when nothing else changes. */
export interface Room {
  readonly gpu: Gpu;
  /** The largest micro batch that fits; 0 when not even one sequence does. */
  readonly microBatch: number;
  /** The longest sequence that fits, a multiple of `sequenceUnit`; 0 when not even the shortest does. */
  readonly sequenceLength: number;
  /** Whether the sequence could be longer, but for what the model was made for. */
  readonly endsAtContext: boolean;
}

export const sequenceUnit = 256;

const mostSequences = 4096;
const mostTokens = 2 ** 20;

/** The largest micro batch and the longest sequence on each of `gpus`. */
export function roomOn(gpus: readonly Gpu[], plan: TrainingPlan, setting: Setting): readonly Room[] {
  const needs = new Map<boolean, Needs>();
  const context = setting.architecture.context ?? mostTokens;
  const units = Math.max(1, Math.floor(Math.min(context, mostTokens) / sequenceUnit));
  return gpus.map((gpu) => {
    const usable = usableBytes(gpu);
    const flashKernels = hasFlashKernels(gpu);
    const { ofBatch, ofLength } = needs.get(flashKernels) ?? needsOf(plan, { ...setting, gpu });
    needs.set(flashKernels, { ofBatch, ofLength });
    const length = largest(ofLength, usable, units);
    return {
      gpu,
      microBatch: largest(ofBatch, usable, mostSequences),
      sequenceLength: length * sequenceUnit,
      endsAtContext: length === units && context <= mostTokens,
    };
  });
}

interface Needs {
  readonly ofBatch: (microBatch: number) => number;
  readonly ofLength: (units: number) => number;
}

function needsOf(plan: TrainingPlan, setting: Setting): Needs {
  return {
    ofBatch: needOf(plan, setting, (microBatch) => ({ microBatch })),
    ofLength: needOf(plan, setting, (units) => ({ sequenceLength: units * sequenceUnit })),
  };
}

/** The bytes that a run with a size varied takes; each size is worked out once, for all GPUs that have the same kernels. */
function needOf(plan: TrainingPlan, setting: Setting, variation: (size: number) => Variation) {
  const known = new Map<number, number>();
  return (size: number): number => {
    const bytes =
      known.get(size) ?? variedMemory(plan, variation(size), setting)?.deviceBytes ?? Number.POSITIVE_INFINITY;
    known.set(size, bytes);
    return bytes;
  };
}

/** The largest size of 1 to `most` that needs no more than `usable` bytes; 0 when none does. A larger one never needs less. */
function largest(need: (size: number) => number, usable: number, most: number): number {
  let high = 1;
  while (high <= most && need(high) <= usable) high *= 2;
  if (high === 1) return 0;
  if (high > most && need(most) <= usable) return most;
  return crossing([high / 2, Math.min(high, most)], need, usable, (size) => size)[0];
}
