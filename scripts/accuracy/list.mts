import type { Compared, Outcome } from "./outcome.mts";
import { plain, signed, type Table } from "./report.mts";

/** Every row: what is estimated, what was measured, how far off it is, and the moment of the peak; or why it is unknown. */
export function listOf(outcomes: readonly Outcome[]): string {
  const head = ["Row", "Run", "Counter", "Estimate", "Measured", "Error", "Peak at"];
  const lines = outcomes.flatMap((outcome): Table => {
    if (outcome.kind === "compared") return comparedLines(outcome);
    return [[outcome.row.id, "", "", "", String(outcome.row.measured_peak_gib ?? ""), "", outcome.reason]];
  });
  return plain([head, ...lines]);
}

function comparedLines({ row, points, estimate }: Compared): Table {
  const run = `${row.model?.split("/").at(-1)} ${row.method} ${row.micro_batch}×${row.seq_len} on ${row.num_gpus}`;
  return points.map(({ counter, gib, estimateGib, error, isInRange }) => [
    row.id,
    run,
    counter,
    estimateGib.toFixed(2),
    gib.toFixed(2),
    signed(error),
    `${estimate.peakAt}${counter === "allocated" || isInRange ? "" : ", out of range"}`,
  ]);
}
