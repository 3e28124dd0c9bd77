import { findGpu } from "../../src/core/gpus/catalogue.ts";
import { type Verdict, verdictOn } from "../../src/core/gpus/fit.ts";
import type { Compared } from "./outcome.mts";
import type { Table } from "./report.mts";

/** How many runs that went well, and that ended without memory, got each verdict on the GPU that they were on. */
export interface Verdicts {
  readonly ran: Readonly<Record<Verdict, number>>;
  readonly failed: Readonly<Record<Verdict, number>>;
}

/** Runs whose GPU is not named or not known are left out, and those that used more than the GPU of that name has. */
export function verdictsOf(compared: readonly Compared[]): Verdicts {
  const verdicts = { ran: { fits: 0, tight: 0, no: 0 }, failed: { fits: 0, tight: 0, no: 0 } };
  for (const { row, estimate } of compared) {
    const gpu = row.gpu === null || row.point_type === "fit_boundary" ? undefined : findGpu(row.gpu);
    if (!gpu || (row.measured_peak_gib ?? 0) > gpu.memoryGiB) continue;
    verdicts[row.point_type === "oom" ? "failed" : "ran"][verdictOn(gpu, estimate)]++;
  }
  return verdicts;
}

export function verdictTable({ ran, failed }: Verdicts): Table {
  const line = (name: string, counts: Readonly<Record<Verdict, number>>) => [
    name,
    ...[counts.fits, counts.tight, counts.no].map(String),
  ];
  return [["On the GPU of the run", "fits", "tight", "no"], line("ran", ran), line("ended without memory", failed)];
}
