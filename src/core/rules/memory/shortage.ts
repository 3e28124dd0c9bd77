import { usableBytes } from "../../gpus/catalogue.ts";
import { type DeviceNeed, type Verdict, verdictOn } from "../../gpus/fit.ts";
import type { Gpu } from "../../gpus/gpu.ts";
import { t } from "../../language.ts";
import type { MemoryEstimate } from "../../memory/estimate.ts";
import { type Variation, variedMemory } from "../../memory/variation.ts";
import type { TrainingPlan } from "../../plan/plan.ts";
import { isGuessed, type Sourced } from "../../plan/sourced.ts";
import { formatCount } from "../../units.ts";
import type { Subject } from "../rule.ts";

/** A pass that the GPU which the run is meant for does not hold. */
export interface Shortage extends DeviceNeed {
  readonly gpu: Gpu;
  readonly usableBytes: number;
  readonly verdict: Exclude<Verdict, "fits">;
  /** Its sequences and their length: `8 × 2,048 tokens`. */
  readonly size: string;
}

/** Undefined where the pass fits, where no GPU is chosen, and while something that decides its memory is assumed. */
export function shortageOf({ plan, target }: Subject, batch: Sourced<number>, need: DeviceNeed): Shortage | undefined {
  if (!target || [batch, ...deciding(plan)].some(isGuessed)) return undefined;
  const verdict = verdictOn(target, need);
  if (verdict === "fits") return undefined;
  const size = t`${formatCount(batch.value ?? 1)} × ${formatCount(plan.sequenceLength.value ?? 1)} tokens`;
  return { ...need, gpu: target, usableBytes: usableBytes(target), verdict, size };
}

/** What a training step takes, whatever an evaluation does. */
export function trainingNeed({ trainDeviceBytes, trainLowBytes }: MemoryEstimate): DeviceNeed {
  return { deviceBytes: trainDeviceBytes, lowBytes: trainLowBytes };
}

/** The memory of the run with `variation`; undefined where it cannot be told. */
export function memoryWith(subject: Subject, variation: Variation): MemoryEstimate | undefined {
  const { plan, run, versions, target } = subject;
  if (!run.value) return undefined;
  const { architecture, teacher } = run.value;
  return variedMemory(plan, variation, { architecture, versions, gpu: target, teacher: teacher?.architecture });
}

/** Whether something that decides the memory of a training step is assumed. */
export function isStepGuessed({ plan }: Pick<Subject, "plan">): boolean {
  return [plan.batch.micro, ...deciding(plan)].some(isGuessed);
}

/** What the memory of one GPU hangs on besides the batch. */
function deciding({ sequenceLength, method, parallelism }: TrainingPlan): readonly Sourced<unknown>[] {
  const { sharding, gpus } = parallelism;
  return [sequenceLength, method, sharding, ...(sharding.value === "none" ? [] : [gpus])];
}
