import assert from "node:assert/strict";
import type { ScheduleFamily } from "../../../src/core/plan/plan.ts";
import { type Rate, rateAlong } from "../../../src/core/schedule/course.ts";
import { courseOf } from "../../../src/core/schedule/families.ts";
import type { RunUnits, ScheduleRequest } from "../../../src/core/schedule/scheduler.ts";
import { answered } from "../analysis.ts";

/** Learning rates that a reference implementation applied. */
export interface GoldenCase {
  readonly id: string;
  readonly schedule: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly total: number;
  readonly warmup: number;
  readonly peak: number;
  readonly samples: readonly (readonly number[])[];
}

/** How many updates later than we the reference of a framework counts one. */
export const countsAhead: Readonly<Record<string, number>> = { olmo: 1 };

/** A case as a config of its framework, with options of the command line that it needs; null where no config says it. */
export type ConfigOf = (row: GoldenCase) => GoldenConfig | null;

export interface GoldenConfig {
  /** With the extension that decides how it is read. */
  readonly name: string;
  readonly text: string;
  readonly options?: readonly string[];
}

/** Requires the rates of a case, with all of the samples of updates from `first` up to `end`. */
export function requireRates(
  { samples }: GoldenCase,
  rate: Rate,
  { first = Number.NEGATIVE_INFINITY, end = Number.POSITIVE_INFINITY, tolerance = 1e-9 } = {},
): void {
  for (const [step = 0, expected = 0] of samples) {
    if (step < first || step >= end) continue;
    const difference = Math.abs(rate(step) - expected);
    assert.ok(difference <= tolerance * Math.abs(expected), `update ${step}: ${rate(step)} instead of ${expected}`);
  }
}

/** What of a request matters to most schedules. */
export type PartialRequest = Pick<ScheduleRequest, "name" | "peak" | "warmup" | "total"> &
  Partial<Omit<ScheduleRequest, "run">> & { readonly run?: Partial<RunUnits> };

/** A request with nothing in it but what is given. */
export function requestOf({ run, ...request }: PartialRequest): ScheduleRequest {
  const nothing = {
    updatesPerEpoch: undefined,
    accumulation: undefined,
    processes: undefined,
    passes: undefined,
    globalBatch: undefined,
    tokensPerUpdate: undefined,
  };
  return { settings: {}, versions: {}, ...request, run: { ...nothing, ...run } };
}

/** The curve that a framework's family makes of a case. */
export function goldenRate(family: ScheduleFamily, request: PartialRequest): Rate {
  return rateAlong(answered(courseOf(family, requestOf(request))));
}
