import { type Answer, known, missing } from "../answer.ts";
import type { Argument } from "../plan/plan.ts";
import type { Versions } from "../plan/versions.ts";

/** The learning rate that optimizer update `step`, counted from zero, applies. */
export type Rate = (step: number) => number;

/** What a schedule's course is worked out from: plain data, so that it can go wherever the curve is drawn. */
export interface ScheduleRequest {
  /** As the framework names it. */
  readonly name: string;
  /** The learning rate that the config asks for. */
  readonly peak: number;
  /** Updates of warmup that the config asks for; may have a fraction. */
  readonly warmup: number;
  /** Optimizer updates of the run. */
  readonly total: number;
  /** The scheduler's own settings, by the framework's names. */
  readonly settings: Readonly<Record<string, Argument>>;
  readonly run: RunUnits;
  readonly versions: Versions;
}

/** What converts other units of time into optimizer updates; undefined where it is not known. */
export interface RunUnits {
  readonly updatesPerEpoch: number | undefined;
  /** Forward passes per update. */
  readonly accumulation: number | undefined;
  /** Sequences per update on all GPUs. */
  readonly globalBatch: number | undefined;
  /** Tokens per update on all GPUs, in full sequences. */
  readonly tokensPerUpdate: number | undefined;
}

/** What a learning rate does over a run. */
export interface Course {
  readonly rate: Rate;
  /** In order and without gaps, from the first update on; the last one may end before or after the run does. */
  readonly phases: readonly Phase[];
  /** The equation, with k for the update, P for the peak, W for the warmup, T for all updates. */
  readonly formula: string;
  /** What one would not expect from the schedule's name, each a clause in plain words. */
  readonly surprises?: readonly string[];
  /**
   * What a parameter group with a peak of its own gets: the same share of its peak (as torch's LambdaLR has it) where absent, a
   * course of its own, or the same rate as all others.
   */
  readonly groups?: "own" | "same";
}

export type PhaseName = "warmup" | "stable" | "decay" | "cycle" | "cooldown" | "floor" | "rise";

/** A stretch of updates: `from` is its first, `to` the first after it. */
export interface Phase {
  readonly name: PhaseName;
  readonly from: number;
  readonly to: number;
}

/** Phases one after the other from update 0 on, each with its end; those that last no time are left out. */
export function phases(...ends: readonly (readonly [name: PhaseName, to: number])[]): readonly Phase[] {
  let from = 0;
  return ends.flatMap(([name, to]) => {
    if (!(to > from)) return [];
    const phase = { name, from, to };
    from = to;
    return [phase];
  });
}

/** Updates over which a course warms up. */
export function warmupOf({ phases: [first] }: Pick<Course, "phases">): number {
  return first?.name === "warmup" ? first.to : 0;
}

/** The course of a scheduler that a framework knows by name. */
export type Scheduler = (request: ScheduleRequest, settings: Settings) => Course | Refusal;

/** Why there is no course, in words for the user. */
export interface Refusal {
  readonly refusal: string;
}

/** A scheduler whose rate depends on how training goes. */
export const byMetric: Scheduler = ({ name }) =>
  refuse(`"${name}" follows a metric of the run, so its curve cannot be known in advance`);

export function refuse(refusal: string): Refusal {
  return { refusal };
}

/** Settings as numbers, texts and switches; what cannot be read as such is remembered. */
export interface Settings {
  readonly has: (name: string) => boolean;
  number(name: string): number | undefined;
  number(name: string, otherwise: number): number;
  numbers(name: string): readonly number[] | undefined;
  text(name: string, otherwise: string): string;
  flag(name: string, otherwise: boolean): boolean;
  /** The settings that could not be read. */
  readonly unreadable: readonly string[];
}

/** Null counts as not set, as in every framework. */
export function settingsFrom(values: ScheduleRequest["settings"]): Settings {
  const unreadable: string[] = [];
  const get = (name: string): Argument => (Object.hasOwn(values, name) ? (values[name] ?? null) : null);
  const read = <T>(name: string, isRight: (value: Argument) => value is T & Argument): T | undefined => {
    const value = get(name);
    if (value === null) return undefined;
    if (isRight(value)) return value;
    unreadable.push(name);
    return undefined;
  };
  const isNumber = (value: Argument) => typeof value === "number";
  const isNumbers = (value: Argument): value is readonly number[] => Array.isArray(value) && value.every(isNumber);
  return {
    has: (name) => get(name) !== null,
    number: <T extends number | undefined>(name: string, otherwise?: T) =>
      (read<number>(name, isNumber) ?? otherwise) as number,
    numbers: (name) => read<readonly number[]>(name, isNumbers),
    text: (name, otherwise) => read<string>(name, (value) => typeof value === "string") ?? otherwise,
    flag: (name, otherwise) => read<boolean>(name, (value) => typeof value === "boolean") ?? otherwise,
    unreadable,
  };
}

/** The course of one of `schedulers`, or the reason why there is none. */
export function courseAmong(schedulers: Readonly<Record<string, Scheduler>>, request: ScheduleRequest): Answer<Course> {
  const scheduler = Object.hasOwn(schedulers, request.name) ? schedulers[request.name] : undefined;
  if (!scheduler) return missing(`the curve of the schedule "${request.name}" is not known`);
  const settings = settingsFrom(request.settings);
  const course = scheduler(request, settings);
  if ("refusal" in course) return missing(course.refusal);
  const [name] = settings.unreadable;
  if (name !== undefined) return missing(`the curve of "${request.name}" cannot be told from its ${name}`);
  const ends = [0, Math.max(0, Math.ceil(request.total) - 1)];
  return ends.every((step) => Number.isFinite(course.rate(step)))
    ? known(course)
    : missing(`the curve of "${request.name}" cannot be told from its settings`);
}
