import { t } from "../language.ts";
import { dataParallelSize, type Parallelism, type TrainingPlan } from "../plan/plan.ts";
import { derived, mapped, type Sourced } from "../plan/sourced.ts";
import type { PlanChange } from "./dialect.ts";

// global batch = micro batch × accumulation × replicas: any three of them give the fourth.

/** GPUs that work on different sequences, as surely as the number of all GPUs is known. */
export function replicasOf(parallelism: Parallelism): Sourced<number> {
  return mapped(parallelism.gpus, () => dataParallelSize(parallelism) ?? 1);
}

/** Forward passes per update: `global` / (`micro` × `replicas`), at least one; `round` is what the framework does to parts. */
export function accumulationFrom(
  global: Sourced<number>,
  micro: Sourced<number>,
  replicas: Sourced<number>,
  note = t`global batch / (micro batch × data-parallel GPUs)`,
  round: (passes: number) => number = Math.floor,
): Sourced<number> {
  const atOnce = derived(micro, replicas, note, (sequences, gpus) => sequences * gpus);
  return derived(global, atOnce, note, (all, pass) => Math.max(1, round(all / pass)));
}

/** Sequences per GPU in one forward pass, where the accumulation is known instead. */
export function microBatchFrom(
  global: Sourced<number>,
  accumulation: Sourced<number>,
  replicas: Sourced<number>,
  note: string,
): Sourced<number> {
  return accumulationFrom(global, accumulation, replicas, note);
}

/**
 * `change` for frameworks without a key for the accumulation: in its place the global batch that brings it about, or nothing
 * where the file has that one already or the micro batch is not known.
 */
export function withGlobalBatch(
  change: PlanChange,
  { batch, parallelism }: Pick<TrainingPlan, "batch" | "parallelism">,
  replicas = dataParallelSize(parallelism),
): PlanChange {
  const { accumulation, ...others } = change;
  const micro = change.microBatch ?? batch.micro.value;
  if (accumulation === undefined || micro === undefined || replicas === undefined) return others;
  const total = accumulation * micro * replicas;
  return total === batch.global?.value ? others : { ...others, accumulation: total };
}
