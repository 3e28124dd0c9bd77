import type { Analysis } from "../analyze.ts";
import { type Sourced, said } from "../plan/sourced.ts";
import { sampleSchedule } from "../schedule/lrSchedule.ts";
import { runLengthOf } from "../schedule/runLength.ts";
import { formatCount, formatRate, formatTokens } from "../units.ts";
import { type Line, styled } from "./lines.ts";
import { warmupCount } from "./schedulePlot.ts";
import { originNote } from "./verdict.ts";

/** Characters of the bar of the highest rate. */
const barWidth = 40;

/**
 * The schedule as its numbers and where they come from, the parameters with a peak of their own and a table of at most `points`
 * updates.
 */
export function scheduleLines(analysis: Analysis, points: number): readonly Line[] {
  const { schedule, plan } = analysis;
  if (!schedule.value) return [[schedule.reason]];
  const { name, peak, final, totalSteps, warmupSteps, stepsKnown, groups } = schedule.value;
  const { scheduler, peak: asked, warmup } = plan.learningRate;
  const { note, sources } = stepsKnown ? originOfUpdates(analysis, totalSteps) : { note: "", sources: [] };
  const length = stepsKnown
    ? `${formatCount(totalSteps)} updates${note}, ${warmupCount(warmupSteps)} of them warmup${originNote(warmup)}`
    : `unknown number of updates${whatToSay(analysis)}`;
  const rows = stepsKnown ? sampleSchedule(schedule.value, points) : [];
  const highest = Math.max(...rows.map(([, rate]) => rate));
  return [
    [
      styled("bold", name),
      `${originNote(scheduler)}, peak ${formatRate(peak)}${noteOf(asked)}, last update at ${formatRate(final)}, ${length}`,
    ],
    ...(sources.length > 0 ? [[`  from ${sources.join(", ")}`]] : []),
    ...groups.map((group): Line => [`${group.name}: peak ${formatRate(group.peak.value)}${originNote(group.peak)}`]),
    ...rows.map(([step, rate]): Line => {
      const bar = rate > 0 ? "█".repeat(Math.round((barWidth * rate) / highest)) : "";
      const place = `${String(step).padStart(10)}  `;
      return bar === "" ? [place, formatRate(rate)] : [place, formatRate(rate).padEnd(10), styled("blue", bar)];
    }),
  ];
}

/** What would tell the number of updates, and what does not where the samples alone would not. */
function whatToSay({ plan, length, versions }: Analysis): string {
  const samples = length.samples.value === undefined ? said(1) : length.samples;
  if (length.samples.value === undefined && runLengthOf(plan, samples, undefined, versions).totalSteps !== undefined) {
    return ": say --samples N or --steps T";
  }
  const { duration, batch, parallelism } = plan;
  const inBatch = batch.global ? [batch.global] : [batch.micro, batch.accumulation];
  const missing = [duration.epochs, ...inBatch, parallelism.gpus].find(({ origin }) => origin === "unknown");
  return `${missing ? ` (${missing.note})` : ""}: say --steps T`;
}

interface UpdatesOrigin {
  /** Who says the number; nothing where it follows from others. */
  readonly note: string;
  readonly sources: readonly string[];
}

function originOfUpdates(analysis: Analysis, totalSteps: number): UpdatesOrigin {
  const { plan, length, versions } = analysis;
  const { maxSteps } = plan.duration;
  const isOfConfig = runLengthOf(plan, length.samples, undefined, versions).totalSteps === totalSteps;
  if (!isOfConfig) return { note: originNote(said(totalSteps)), sources: [] };
  if (maxSteps.value === totalSteps) return { note: originNote(maxSteps), sources: [] };
  return { note: "", sources: sourcesOfUpdates(analysis) };
}

/** What the number of updates follows from. */
function sourcesOfUpdates({ plan, length }: Analysis): readonly string[] {
  const { duration, batch, parallelism } = plan;
  const { maxTokens, epochs } = duration;
  const passes = batch.global
    ? [named("global batch", batch.global)]
    : [named("micro batch", batch.micro), named("accumulation", batch.accumulation), named("GPUs", parallelism.gpus)];
  const byTokens = !length.samples.value && maxTokens.value;
  return [
    ...(byTokens
      ? [`${formatTokens(byTokens)} tokens${noteOf(maxTokens)}`, named("sequence length", plan.sequenceLength)]
      : [named("samples", length.samples), named("epochs", epochs)]),
    ...passes,
  ];
}

function named(name: string, source: Sourced<number>): string {
  return `${name} ${source.value === undefined ? "?" : formatCount(source.value)}${originNote(source)}`;
}

/** Where a value comes from that there is. */
function noteOf(source: Sourced<unknown>): string {
  return source.value === undefined || source.value === null ? "" : originNote(source);
}

/** Every sampled update as `step,learning_rate` with all digits. */
export function scheduleCsv({ schedule }: Analysis, points: number): string {
  if (!schedule.value?.stepsKnown) return "step,learning_rate";
  return ["step,learning_rate", ...sampleSchedule(schedule.value, points).map((row) => row.join(","))].join("\n");
}
