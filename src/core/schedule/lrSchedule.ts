import { type Answer, known, missing } from "../answer.ts";
import type { TrainingPlan } from "../plan/plan.ts";
import { constant, constantWithWarmup, cosine, linear, type Schedule, type Shape } from "./huggingFace.ts";
import type { RunLength } from "./runLength.ts";
import { warmupSteps } from "./warmup.ts";

/** The learning rate over a run, as the framework will apply it. */
export interface LrSchedule extends Shape {
  /** As the framework names it. */
  readonly name: ScheduleName;
  /** False while the number of updates is unknown: then `totalSteps` is only a scale to draw the curve on. */
  readonly stepsKnown: boolean;
  /** The rate of the last update. */
  readonly final: number;
}

const schedules = {
  linear,
  cosine,
  constant,
  constant_with_warmup: constantWithWarmup,
} as const satisfies Readonly<Record<string, (shape: Shape) => Schedule>>;

export type ScheduleName = keyof typeof schedules;

/** Updates over which a curve is drawn while their number is unknown. */
export const assumedSteps = 1000;

/** The schedule of `plan`, or the reason why it cannot be told. */
export function scheduleOf(plan: TrainingPlan, length: RunLength): Answer<LrSchedule> {
  const { peak, scheduler, family, schedulerArguments, warmup } = plan.learningRate;
  if (peak.value === undefined) return missing(`the peak learning rate is not known: ${peak.note}`);
  if (scheduler.value === undefined) return missing(`the scheduler is not known: ${scheduler.note}`);
  if (warmup.value === undefined) return missing(`the warmup is not known: ${warmup.note}`);
  const plain = family === "huggingface" || family === "axolotl";
  if (!plain || !isScheduleName(scheduler.value))
    return missing(`the curve of the schedule "${scheduler.value}" is not known`);
  if (schedulerArguments.value?.size !== 0) {
    const settings = schedulerArguments.value
      ? [...schedulerArguments.value.keys()].join(", ")
      : schedulerArguments.note;
    return missing(`the curve of "${scheduler.value}" with ${settings} is not known`);
  }
  const totalSteps = length.totalSteps ?? assumedSteps;
  const shape = {
    name: scheduler.value,
    peak: peak.value,
    totalSteps,
    warmupSteps: scheduler.value === "constant" ? 0 : warmupSteps(warmup.value, totalSteps),
    stepsKnown: length.totalSteps !== undefined,
  };
  return known({ ...shape, final: rateOf(shape)(totalSteps - 1) });
}

/** The rate as a function of the update. */
export function rateOf({ name, ...shape }: Shape & { readonly name: ScheduleName }): Schedule {
  return schedules[name](shape);
}

/**
 * At most `count` updates of the schedule with their rates, evenly spread; the first, the last and the end of the warmup
 * are always among them.
 */
export function sampleSchedule(
  schedule: LrSchedule,
  count: number,
): readonly (readonly [step: number, rate: number])[] {
  const rate = rateOf(schedule);
  const last = Math.max(0, schedule.totalSteps - 1);
  const steps = new Set([0, Math.min(schedule.warmupSteps, last), last]);
  const spacing = Math.max(1, last / Math.max(1, count - 1));
  for (let step = 0; step < last; step += spacing) steps.add(Math.round(step));
  return [...steps].sort((a, b) => a - b).map((step) => [step, rate(step)]);
}

function isScheduleName(name: string): name is ScheduleName {
  return Object.hasOwn(schedules, name);
}
