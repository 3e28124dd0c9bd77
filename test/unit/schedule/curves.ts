import assert from "node:assert/strict";
import type { ScheduleFamily } from "../../../src/core/plan/plan.ts";
import { goldenRate, type PartialRequest } from "./golden.ts";

export const peak = 1e-4;

/** A hundred updates without a warmup, up to 1e-4, where nothing else is said. */
export const run = (name: string, others: Partial<PartialRequest> = {}): PartialRequest => ({
  name,
  peak,
  warmup: 0,
  total: 100,
  ...others,
});

export type Rates = readonly (readonly [step: number, rate: number])[];

/** What a schedule of a framework applies to some of the updates. */
export type Curve = readonly [title: string, family: ScheduleFamily, request: PartialRequest, expected: Rates];

export function requireCurve(family: ScheduleFamily, request: PartialRequest, expected: Rates): void {
  const rate = goldenRate(family, request);
  for (const [step, value] of expected) {
    assert.ok(Math.abs(rate(step) - value) <= 1e-12 * peak, `update ${step}: ${rate(step)} instead of ${value}`);
  }
}
