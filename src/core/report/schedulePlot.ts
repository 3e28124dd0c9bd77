import type { Analysis } from "../analyze.ts";
import { type Answer, known } from "../answer.ts";
import { t } from "../language.ts";
import type { RateGroup } from "../plan/plan.ts";
import type { Rate } from "../schedule/course.ts";
import { type LrSchedule, rateOf, textbookOf } from "../schedule/lrSchedule.ts";
import { everyUpdates } from "../schedule/marks.ts";
import { formatCount, formatFraction, formatRate } from "../units.ts";
import { type ComparedFile, comparedCurves } from "./comparedFiles.ts";
import type { Trial } from "./controls.ts";

/** The learning rate as the page draws it: the curves as data, and what is said of them. */
export interface SchedulePlot {
  /** What the panel is about first, then what is drawn with it; never empty. */
  readonly curves: readonly PlotCurve[];
  /** Updates, or per cent of the run while their number is unknown. */
  readonly unit: "updates" | "percent";
  readonly updatesPerEpoch: number | null;
  /** Tokens of one update on all GPUs, in full sequences. */
  readonly tokensPerUpdate: number | null;
  readonly marks: readonly PlotMark[];
  /** The first curve in words. */
  readonly description: string;
  /** What must be known of the axis to read it right, each a sentence. */
  readonly notes: readonly string[];
}

/** One line of the plot, of which `rateOfCurve` makes the rates. */
export interface PlotCurve {
  /** The same for the same line in every version of the plot. */
  readonly id: string;
  readonly label: string;
  /**
   * What the panel is about, parameters with a rate of their own, what the words of the config would lead one to expect,
   * what the file says while something else is tried, or another file.
   */
  readonly kind: "run" | "group" | "textbook" | "file" | "other";
  readonly schedule: LrSchedule;
  readonly group?: RateGroup;
}

/** Something that happens every so many updates. */
export interface PlotMark {
  readonly kind: "evaluation" | "save";
  readonly every: number;
}

/** The rates of a curve, update by update. */
export function rateOfCurve({ schedule, group }: PlotCurve): Rate {
  return rateOf(schedule, group);
}

/**
 * The plot of `analysis`, which is that of what is tried, with the file's own curve where that is another, and with those of the
 * files that it is compared with.
 */
export function schedulePlot(
  analysis: Analysis,
  { file }: Trial,
  compared: readonly ComparedFile[],
): Answer<SchedulePlot> {
  const { schedule, length } = analysis;
  if (!schedule.value) return schedule;
  const { stepsKnown, groups, request } = schedule.value;
  const own = { id: "run", label: file === analysis ? t`This config` : t`What if`, kind: "run" } as const;
  const curves: readonly PlotCurve[] = [
    { ...own, schedule: schedule.value },
    ...groups.map((group) => ({
      id: `group ${group.name}`,
      label: group.name,
      kind: "group" as const,
      schedule: schedule.value,
      group,
    })),
    ...textbookCurve(schedule.value),
    ...(file !== analysis && file.schedule.value
      ? [{ id: "file", label: t`The file`, kind: "file", schedule: file.schedule.value } as const]
      : []),
    ...comparedCurves(compared),
  ];
  const endless = curves.filter((curve) => !curve.schedule.stepsKnown);
  return known({
    curves,
    unit: endless.length === 0 ? "updates" : "percent",
    updatesPerEpoch: length.updatesPerEpoch ?? null,
    tokensPerUpdate: request.run.tokensPerUpdate ?? null,
    marks: marksOf(analysis),
    description: scheduleDescription(schedule.value),
    notes: stepsKnown
      ? endless.map(
          ({ label }) => t`${label} does not tell how many updates it makes, so every run is drawn from 0 to 100 %.`,
        )
      : [],
  });
}

/** Groups and other settings apart, the words of a config make one curve. */
function textbookCurve(schedule: LrSchedule): readonly PlotCurve[] {
  const textbook = textbookOf(schedule);
  return textbook ? [{ id: "textbook", label: t`Textbook`, kind: "textbook", schedule: textbook }] : [];
}

function marksOf({ plan, length }: Pick<Analysis, "plan" | "length">): readonly PlotMark[] {
  const intervals = [
    ["evaluation", plan.evaluationInterval],
    ["save", plan.saveInterval],
  ] as const;
  return intervals.flatMap(([kind, interval]) => {
    const every = interval?.value ? everyUpdates(interval.value, length, plan) : null;
    return every === null ? [] : [{ kind, every }];
  });
}

/** `linear over 8,000 updates, 200 of them warmup: peak 3e-4, last update at 3.85e-8`. */
export function scheduleDescription({ name, peak, final, totalSteps, warmupSteps, stepsKnown }: LrSchedule): string {
  const length = stepsKnown
    ? t`over ${formatCount(totalSteps)} updates, ${warmupText(warmupSteps, totalSteps)}`
    : t`with ${formatFraction(warmupSteps / totalSteps)} warmup, drawn for 1,000 updates (assumed: the number of samples is unknown)`;
  return t`${name} ${length}: peak ${formatRate(peak)}, last update at ${formatRate(final)}`;
}

function warmupText(warmup: number, total: number): string {
  if (warmup === 0) return t`none of them warmup`;
  return warmup < total ? t`${warmupCount(warmup)} of them warmup` : t`all of them warmup`;
}

/** `7` for a warmup of 6.25 updates: where a framework does not round it, it still ends in an update. */
export function warmupCount(warmupSteps: number): string {
  return formatCount(Math.ceil(Number(warmupSteps.toFixed(6))));
}
