import type { Interval } from "../plan/interval.ts";
import { globalBatchSize, type TrainingPlan } from "../plan/plan.ts";
import type { RunLength } from "./runLength.ts";

/** What converts an interval into updates. */
type Length = Pick<RunLength, "totalSteps" | "updatesPerEpoch">;

/**
 * Optimizer updates from one time at which something happens to the next, and from the start to the first; null where it never
 * happens, or where that is not known. A part of an update is an average: it happens at the update that passes the limit.
 */
export function everyUpdates(interval: Interval, length: Length, plan: TrainingPlan): number | null {
  const updates = exactly(interval, length, plan);
  return updates === undefined ? null : Math.max(1, updates);
}

function exactly(interval: Interval, { totalSteps, updatesPerEpoch }: Length, plan: TrainingPlan): number | undefined {
  switch (interval.kind) {
    case "updates":
      return interval.every;
    case "epochs":
      return updatesPerEpoch && interval.every * updatesPerEpoch;
    case "passes":
      return over(interval.every, plan.batch.accumulation.value);
    case "samples":
      return over(interval.every, globalBatchSize(plan));
    case "tokens":
      return over(over(interval.every, globalBatchSize(plan)), plan.sequenceLength.value);
    case "share": {
      const whole = interval.of === "run" ? totalSteps : updatesPerEpoch;
      return whole && (interval.rounding === "up" ? Math.ceil : Math.floor)(whole * interval.share);
    }
    case "end":
      return totalSteps;
    case "never":
      return undefined;
  }
}

function over(count: number | undefined, perUpdate: number | undefined): number | undefined {
  return count !== undefined && perUpdate ? count / perUpdate : undefined;
}
