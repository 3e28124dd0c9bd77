import type { Analysis } from "../analyze.ts";
import { sampleSchedule } from "../schedule/lrSchedule.ts";
import { formatCount, formatRate } from "../units.ts";
import { type Line, styled } from "./lines.ts";
import { warmupCount } from "./schedulePlot.ts";

/** Characters of the bar of the highest rate. */
const barWidth = 40;

/** The schedule as its numbers, the parameters with a peak of their own and a table of at most `points` updates. */
export function scheduleLines({ schedule }: Analysis, points: number): readonly Line[] {
  if (!schedule.value) return [[schedule.reason]];
  const { name, peak, final, totalSteps, warmupSteps, stepsKnown, groups } = schedule.value;
  const length = stepsKnown
    ? `${formatCount(totalSteps)} updates, ${warmupCount(warmupSteps)} of them warmup`
    : "unknown number of updates: say --samples N or --steps T";
  const rows = stepsKnown ? sampleSchedule(schedule.value, points) : [];
  const highest = Math.max(...rows.map(([, rate]) => rate));
  return [
    [styled("bold", name), `, peak ${formatRate(peak)}, last update at ${formatRate(final)}, ${length}`],
    ...groups.map((group): Line => [`${group.name}: peak ${formatRate(group.peak.value)}`]),
    ...rows.map(([step, rate]): Line => {
      const bar = rate > 0 ? "█".repeat(Math.round((barWidth * rate) / highest)) : "";
      const place = `${String(step).padStart(10)}  `;
      return bar === "" ? [place, formatRate(rate)] : [place, formatRate(rate).padEnd(10), styled("blue", bar)];
    }),
  ];
}

/** Every sampled update as `step,learning_rate` with all digits. */
export function scheduleCsv({ schedule }: Analysis, points: number): string {
  if (!schedule.value?.stepsKnown) return "step,learning_rate";
  return ["step,learning_rate", ...sampleSchedule(schedule.value, points).map((row) => row.join(","))].join("\n");
}
