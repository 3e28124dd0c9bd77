import { groupsOf, type Sample, totalsOf } from "./groups.mts";
import type { Unknown } from "./outcome.mts";
import { groupTable, markdown, totalsTable, unknownTable } from "./report.mts";

/** The page of the documentation that says how far estimates are from measurements. */
export function page({
  samples,
  unknown,
  peaks,
}: {
  readonly samples: readonly Sample[];
  readonly unknown: readonly Unknown[];
  readonly peaks: number;
}): string {
  return (
    markdown(totalsTable(totalsOf(samples))) +
    markdown(groupTable(groupsOf(samples))) +
    markdown(unknownTable(unknown)) +
    peaks
  );
}
