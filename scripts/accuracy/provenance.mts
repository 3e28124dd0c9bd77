import { groupOf, type Sample } from "./groups.mts";
import { percent } from "./report.mts";
import { sourceOf } from "./row.mts";
import { groupBy } from "./statistics.mts";

/** Sources from whose figures the engine has its shares of cached memory (src/core/memory/overhead.ts). */
const fittedSources = /fms-acceleration|ms-swift/;

/** What the errors say nothing about, because the runs that they are of had a part in the engine. */
export function provenanceOf(samples: readonly Sample[]): readonly string[] {
  const certain = samples.filter(({ row, point }) => row.quality === "A" && point.counter === "allocated");
  const shown = samples.filter(({ point }) => point.counter === "reserved" || point.counter === "nvidia-smi");
  const others = shown.filter(({ row }) => !fittedSources.test(row.source));
  return [
    "**None of these runs was kept aside.** The engine and the reading of configs were corrected against these same runs, in several rounds: where a group was off, what its framework does was looked up and written into the code. The first run of this command had a median error of 18.5 % over the allocated figures of quality A. Runs that had no part in this may be further off: see [runs set aside](#runs-set-aside).",
    `**The range is fitted.** The shares of memory that torch keeps cached are chosen to suit the figures of fms-acceleration and ms-swift, which are ${shown.length - others.length} of the ${shown.length} reserved and nvidia-smi figures. ${outsideFit(others)}`,
    ...leadOf(certain),
    "**The rule of thumb was not corrected.** It stands beside estimates that were, so the two columns are no contest on equal terms.",
  ];
}

function outsideFit(others: readonly Sample[]): string {
  if (others.length === 0) return "There is no other to test them on.";
  const { ours } = groupOf([], others);
  const inRange = others.filter(({ point }) => point.isInRange).length;
  return `Of the ${others.length} others ${inRange} are in range, with a median error of ${percent(ours.median)}.`;
}

/** How much of the certain figures is of one source, and what the rest is like. */
function leadOf(certain: readonly Sample[]): readonly string[] {
  const bySource = [...groupBy(certain, ({ row }) => sourceOf(row))].toSorted(([, a], [, b]) => b.length - a.length);
  const [lead] = bySource;
  if (!lead || bySource.length === 1) return [];
  const [name, members] = lead;
  const rest = groupOf(
    [],
    certain.filter((sample) => !members.includes(sample)),
  ).ours;
  return [
    `**Most certain figures are of one source.** ${members.length} of the ${certain.length} allocated figures of quality A are of ${name}; the other ${rest.count} have a median error of ${percent(rest.median)} and a 90th percentile of ${percent(rest.p90)}.`,
  ];
}
