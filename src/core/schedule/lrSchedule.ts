import { type Answer, known, missing } from "../answer.ts";
import { t } from "../language.ts";
import { type RateGroup, type ScheduleFamily, type TrainingPlan, updatesPerStep, type Warmup } from "../plan/plan.ts";
import { byDefault } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import {
  type Course,
  forever,
  formulaText,
  type Phase,
  phasesOf,
  type Rate,
  rateAlong,
  symbolsIn,
  warmupOf,
} from "./course.ts";
import { courseOf } from "./families.ts";
import type { Symbols } from "./formula.ts";
import type { RunLength } from "./runLength.ts";
import { unitsOf } from "./runUnits.ts";
import { highestPoint, mostWhileTyping } from "./sampling.ts";
import type { ScheduleRequest, Stopped } from "./scheduler.ts";
import { textbookRequest } from "./textbook.ts";
import { warmupSteps } from "./warmup.ts";

/** The learning rate over a run, as the framework will apply it: plain data, of which `rateOf` makes the curve. */
export interface LrSchedule {
  /** Whose formulas they are. */
  readonly family: ScheduleFamily;
  readonly request: ScheduleRequest;
  /** As the framework names it. */
  readonly name: string;
  /** The learning rate that the config asks for, which a short run may never reach; the highest where none is asked for. */
  readonly peak: number;
  /** Optimizer updates of the run. */
  readonly totalSteps: number;
  /** False while the number of updates is unknown: then `totalSteps` is only a scale to draw the curve on. */
  readonly stepsKnown: boolean;
  /** Updates that the schedule warms up for, whatever the config asks for. */
  readonly warmupSteps: number;
  /** The rate of the last update. */
  readonly final: number;
  /** What it does when: up to the end of the run, or of the schedule where that comes later. */
  readonly phases: readonly Phase[];
  /** What one would not expect from the schedule's name, in plain words. */
  readonly surprises: readonly string[];
  /** The scheduler's settings that have no effect. */
  readonly ignored: readonly string[];
  /** Parameters that are trained with a rate of their own, beside all others. */
  readonly groups: readonly RateGroup[];
}

/** The schedule of a run; else the reason why it cannot be told, which may be that the run stops. */
export type ScheduleAnswer = Answer<LrSchedule> | Stopped;

/** The schedule of `plan`, as far as it can be told. */
export function scheduleOf(plan: TrainingPlan, length: RunLength, versions: Versions): ScheduleAnswer {
  const { peak, scheduler, family, schedulerArguments, warmup, groups = [] } = plan.learningRate;
  if (scheduler.value === undefined) return missing(t`the scheduler is not known: ${scheduler.note}`);
  if (warmup.value === undefined) {
    return refusalOfUnits(plan, length, versions) ?? missing(t`the warmup is not known: ${warmup.note}`);
  }
  if (schedulerArguments.value === undefined) {
    return missing(t`the curve of "${scheduler.value}" with ${schedulerArguments.note} is not known`);
  }
  const totalSteps = length.totalSteps ?? assumedSteps(warmup.value);
  const request: ScheduleRequest = {
    name: scheduler.value,
    peak: peak.value ?? Number.NaN,
    warmup: warmupSteps(warmup.value, totalSteps),
    total: totalSteps,
    settings: Object.fromEntries(schedulerArguments.value),
    run: unitsOf(plan, length),
    versions,
  };
  const course = courseOf(family, request);
  if (course.value === null) {
    if (!("stop" in course)) {
      return peak.value === undefined ? missing(t`the peak learning rate is not known: ${peak.note}`) : course;
    }
    const byLength = course.stop.fault === "long-warmup" || course.stop.fault === "short";
    return byLength && length.totalSteps === undefined ? missing(t`the number of updates is not known`) : course;
  }
  const same = course.value.groups === "same" && groups.length > 0;
  const schedule = scheduleAlong(course.value, family, request, length.totalSteps !== undefined, same ? [] : groups);
  return known({
    ...schedule,
    peak: peak.value ?? highestPoint(rateAlong(course.value), totalSteps, [], mostWhileTyping)[1],
    surprises: [
      ...schedule.surprises,
      ...severalUpdates(plan),
      ...(same ? [t`${request.name} gives all parameters the same rate, those with one of their own too`] : []),
    ],
  });
}

/** Composer refuses some of the units in which a warmup cannot be told in updates. */
function refusalOfUnits(plan: TrainingPlan, length: RunLength, versions: Versions): Stopped | undefined {
  if (plan.learningRate.family !== "composer") return undefined;
  const told = { ...plan, learningRate: { ...plan.learningRate, warmup: byDefault<Warmup>({ steps: 0 }) } };
  const answer = scheduleOf(told, length, versions);
  return "stop" in answer && answer.stop.fault === "mismatch" ? answer : undefined;
}

/** Updates over which a curve is drawn while their number is unknown: a thousand, or ten times the warmup where that is more. */
function assumedSteps(warmup: Warmup): number {
  return "steps" in warmup ? Math.max(1000, 10 * warmup.steps) : 1000;
}

/** What there is to say of a course. */
function scheduleAlong(
  course: Course,
  family: ScheduleFamily,
  request: ScheduleRequest,
  stepsKnown: boolean,
  groups: readonly RateGroup[],
): LrSchedule {
  const { name, peak, total } = request;
  return {
    family,
    request,
    name,
    peak,
    totalSteps: total,
    stepsKnown,
    warmupSteps: warmupOf(course),
    final: rateAlong(course)(total - 1),
    phases: phasesOver(course, total),
    surprises: course.surprises ?? [],
    ignored: course.ignored ?? [],
    groups,
  };
}

/** A schedule on one line. */
export interface Equation {
  /** In k for the update and symbols. */
  readonly formula: string;
  /** What the symbols stand for. */
  readonly symbols: Symbols;
}

/** The equation of a schedule, for those who want to read it. */
export function equationOf({ family, request }: Pick<LrSchedule, "family" | "request">): Equation {
  const { value: course } = courseOf(family, request);
  if (!course) return { formula: "", symbols: {} };
  const formula = formulaText(course, request.total);
  return { formula, symbols: symbolsIn(formula, course) };
}

/** How far a rate must be from the textbook's to be seen beside it, as a share of the peak. */
const visibleShare = 0.015;

/** What the words of the config would lead one to expect, where that is another curve than the real one; else undefined. */
export function textbookOf(schedule: LrSchedule): LrSchedule | undefined {
  const request = textbookRequest(schedule);
  const { value: course } = courseOf("textbook", request);
  if (!course) return undefined;
  const [real, expected] = [rateOf(schedule), rateAlong(course)];
  const steps = new Set(sampleSchedule(schedule, 200).map(([step]) => step));
  for (let step = 0; step < Math.min(50, request.total); step++) steps.add(step);
  const differs = [...steps].some((step) => Math.abs(real(step) - expected(step)) > visibleShare * request.peak);
  return differs ? scheduleAlong(course, "textbook", request, schedule.stepsKnown, []) : undefined;
}

/** A scheduler that counts steps of several updates each. */
function severalUpdates(plan: TrainingPlan): readonly string[] {
  const updates = updatesPerStep(plan);
  return updates > 1 ? [t`each step makes ${updates} optimizer updates at the same rate`] : [];
}

/** Phases that never end by themselves, or with what one update more would apply, end with the run; no cycle begins after it. */
function phasesOver(course: Course, total: number): readonly Phase[] {
  return phasesOf(course).flatMap(({ name, from, to }) => {
    const end = to === forever || to <= total + 1 ? Math.min(to, total) : to;
    return end > from && !(name === "cycle" && from >= total) ? [{ name, from, to: end }] : [];
  });
}

/** The rate as a function of the update; for a parameter group, with that peak of its own. */
export function rateOf({ family, request }: Pick<LrSchedule, "family" | "request">, group?: RateGroup): Rate {
  const { value: course } = courseOf(family, request);
  if (!course) return () => Number.NaN;
  const rate = rateAlong(course);
  if (!group || course.groups === "same") return rate;
  if (course.groups === "own") return rateOf({ family, request: { ...request, peak: group.peak.value } });
  const share = group.peak.value / request.peak;
  return (step) => share * rate(step);
}

/**
 * At most about `count` updates of the run with their rates, evenly spread; the first, the last and both sides of where a phase
 * begins are always among them.
 */
export function sampleSchedule(
  schedule: LrSchedule,
  count: number,
  group?: RateGroup,
): readonly (readonly [step: number, rate: number])[] {
  const rate = rateOf(schedule, group);
  const last = Math.max(0, schedule.totalSteps - 1);
  const steps = new Set([0, last]);
  for (const { from } of schedule.phases.slice(0, count)) {
    for (const step of [Math.ceil(from) - 1, Math.ceil(from)]) if (step > 0 && step < last) steps.add(step);
  }
  const spacing = Math.max(1, last / Math.max(1, count - 1));
  for (let step = 0; step < last; step += spacing) steps.add(Math.round(step));
  return [...steps].sort((a, b) => a - b).map((step) => [step, rate(step)]);
}
