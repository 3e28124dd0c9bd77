import type { Hypothesis } from "../advice/hypothesis.ts";
import { floorOf, triedSchedulers } from "../advice/scheduleTrials.ts";
import { canWrite } from "../advice/whatIf.ts";
import type { Analysis } from "../analyze.ts";
import { t } from "../language.ts";
import { type Control, choice, type NumberControl, stopsOf, type Trial } from "./controls.ts";
import { scheduleDescription } from "./schedulePlot.ts";

/** The row of controls beside the plot: what the framework has keys for, and the number of samples, which can always be tried. */
export function scheduleControls(analysis: Analysis, { file, hypothesis }: Trial): readonly Control[] {
  const { plan } = analysis;
  const own = file.plan;
  const writable = (tried: Hypothesis) => canWrite(file.document, file.dialect, tried);
  const { peak, scheduler } = own.learningRate;
  const others = triedSchedulers(file.dialect).filter((name) => name !== scheduler.value);
  const [other] = others;
  return [
    ...(peak.value !== undefined && writable({ peakLearningRate: 2 * peak.value })
      ? [field("peakLearningRate", t`Peak learning rate`, "rate", plan.learningRate.peak.value, peak.value, rates)]
      : []),
    ...(other !== undefined && writable({ scheduler: other })
      ? choice(
          "scheduler",
          t`Scheduler`,
          hypothesis.scheduler,
          scheduler.value ?? t`unknown`,
          others,
          Object.fromEntries(others.map((name) => [name, name])),
        )
      : []),
    ...warmupField(analysis, file, writable),
    ...floorField(analysis, file, hypothesis, writable),
    ...lengthFields(analysis, file, writable),
  ];
}

type Writable = (tried: Hypothesis) => boolean;

const rates = decades([-8, -2], [1, 2, 5]);
const sampleCounts = decades([2, 6], [1, 2, 5]);
const stepCounts = decades([1, 5], [1, 2, 5]);
const shares = [0, 1, 2, 3, 5, 10, 15, 20, 30, 50];
const epochCounts = [0.5, 1, 2, 3, 4, 5, 6, 8, 10];

/** In the unit that the file has; in updates where it says nothing, as long as there is a key for them. */
function warmupField(analysis: Analysis, file: Analysis, writable: Writable): readonly NumberControl[] {
  const { value: own, origin } = file.plan.learningRate.warmup;
  const { value: tried } = analysis.plan.learningRate.warmup;
  if (!own || !tried) return [];
  const counts = "steps" in own || (origin === "default" && writable({ warmupSteps: 1 }));
  const steps = ({ plan, length }: Analysis) => {
    const { value } = plan.learningRate.warmup;
    return value && "steps" in value ? value.steps : length.warmupSteps;
  };
  if (counts && writable({ warmupSteps: (steps(file) ?? 0) + 1 })) {
    const stops = [0, ...stepCounts];
    return [field("warmupSteps", t`Warmup (updates)`, "count", steps(analysis), steps(file), stops, 0)];
  }
  const share = (warmup: typeof own) => ("ratio" in warmup ? inPercent(warmup.ratio) : 0);
  if (!writable({ warmupRatio: share(own) / 100 + 0.01 })) return [];
  return [field("warmupRatio", t`Warmup (% of the run)`, "percent", share(tried), share(own), shares, 0)];
}

function floorField(
  { plan }: Analysis,
  file: Analysis,
  { scheduler }: Hypothesis,
  writable: Writable,
): readonly NumberControl[] {
  const tried = floorOf(plan);
  const change = { ...(scheduler === undefined ? {} : { scheduler }), floor: 0.123 };
  if (tried === undefined || !(scheduler === undefined ? writable({ floor: 0.123 }) : writable(change))) return [];
  return [
    field(
      "floor",
      t`Floor (% of the peak)`,
      "percent",
      inPercent(tried),
      inPercent(floorOf(file.plan) ?? tried),
      shares,
      0,
    ),
  ];
}

/** Updates where they end the run, else epochs, and the samples that they are of. */
function lengthFields({ plan, length }: Analysis, file: Analysis, writable: Writable): readonly NumberControl[] {
  const { maxSteps, epochs } = file.plan.duration;
  if (maxSteps.value) {
    return writable({ maxSteps: maxSteps.value + 1 })
      ? [field("maxSteps", t`Updates`, "count", plan.duration.maxSteps.value ?? undefined, maxSteps.value, stepCounts)]
      : [];
  }
  return [
    ...(epochs.value !== undefined && writable({ epochs: epochs.value + 1 })
      ? [field("epochs", t`Epochs`, "number", plan.duration.epochs.value, epochs.value, epochCounts, 0)]
      : []),
    ...(epochs.value === undefined
      ? []
      : [
          field(
            "samples",
            t`Samples (only tried)`,
            "count",
            length.samples.value,
            file.length.samples.value,
            sampleCounts,
          ),
        ]),
  ];
}

function field(
  name: NumberControl["name"],
  label: string,
  unit: NumberControl["unit"],
  value: number | undefined,
  own: number | undefined,
  stops: readonly number[],
  least = unit === "count" ? 1 : 0,
): NumberControl {
  return { kind: "number", name, label, unit, value: value ?? null, least, stops: stopsOf(stops, value, own) };
}

/** Powers of ten with factors between them. */
function decades([first, last]: readonly [number, number], factors: readonly number[]): readonly number[] {
  const powers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  return powers.flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)));
}

function inPercent(share: number): number {
  return Number((100 * share).toPrecision(6));
}

/** `linear over 8,000 updates, 200 of them warmup: …`, or why it is unknown. */
export function scheduleSummary({ schedule }: Analysis): string {
  return schedule.value ? scheduleDescription(schedule.value) : schedule.reason;
}
