import { gibibyte } from "../../src/core/units.ts";
import type { Compared } from "./outcome.mts";
import { percent, type Table } from "./report.mts";
import { sourceOf } from "./row.mts";
import { groupBy, quantile } from "./statistics.mts";

/**
 * The longest sequences that fit on cards, as published: what the estimate takes there of the card's nominal memory, of which
 * drivers leave 94 to 98 % to the run.
 */
export function boundaryTable(compared: readonly Compared[]): Table {
  const limits = compared.filter(({ row }) => row.point_type === "fit_boundary" && row.measured_peak_gib !== null);
  return [
    ["Source", "Model", "n", "Least of the card", "Median", "Most"],
    ...[...groupBy(limits, ({ row }) => JSON.stringify([sourceOf(row), row.model]))].map(([name, members]) => {
      const shares = members.map(({ row, estimate }) => estimate.deviceBytes / gibibyte / (row.measured_peak_gib ?? 1));
      const of = (share: number) => percent(quantile(shares, share), 0);
      return [...(JSON.parse(name) as string[]), String(members.length), of(0), of(0.5), of(1)];
    }),
  ];
}
