import type { Warmup } from "../plan/plan.ts";

/** Warmup updates of a run of `totalSteps`, rounded as the framework does it. */
export function warmupSteps(warmup: Warmup, totalSteps: number): number {
  if ("steps" in warmup) return warmup.steps;
  const { ratio, rounding, atMost = Number.POSITIVE_INFINITY, oneIsTwo = false } = warmup;
  const exact = totalSteps * ratio;
  const rounded = rounding === "exact" ? exact : rounding === "up" ? Math.ceil(exact) : Math.floor(exact);
  const steps = Math.min(rounded, atMost);
  return oneIsTwo && steps === 1 ? 2 : steps;
}
