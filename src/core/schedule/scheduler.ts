import { type Answer, known, missing } from "../answer.ts";
import { t } from "../language.ts";
import type { Argument } from "../plan/plan.ts";
import type { Versions } from "../plan/versions.ts";
import { type Course, rateAlong } from "./course.ts";
import type { Symbols } from "./formula.ts";

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
  /** GPUs of the run. */
  readonly processes: number | undefined;
  /** Forward passes of the whole run. */
  readonly passes: number | undefined;
  /** Sequences per update on all GPUs. */
  readonly globalBatch: number | undefined;
  /** Tokens per update on all GPUs, in full sequences. */
  readonly tokensPerUpdate: number | undefined;
}

/** The course of a scheduler that a framework knows by name. */
export type Scheduler = (request: ScheduleRequest, settings: Settings) => Course | Refusal;

/** Why there is no course, in words for the user. */
export interface Refusal {
  readonly refusal: string;
}

/** P, W and T of a request. */
export function symbolsOf({ peak, warmup, total }: ScheduleRequest): Symbols {
  return { P: peak, W: warmup, T: total };
}

/** A scheduler whose rate depends on how training goes. */
export const byMetric: Scheduler = ({ name }) =>
  refuse(t`"${name}" follows a metric of the run, so its curve cannot be known in advance`);

export function refuse(refusal: string): Refusal {
  return { refusal };
}

/** Settings as numbers, texts and switches; what cannot be read as such is remembered. */
export interface Settings {
  readonly has: (name: string) => boolean;
  number(name: string): number | undefined;
  number(name: string, otherwise: number): number;
  numbers(name: string): readonly number[] | undefined;
  text(name: string): string | undefined;
  text(name: string, otherwise: string): string;
  flag(name: string, otherwise: boolean): boolean;
  /** Empty where it is not set. */
  list(name: string): readonly Argument[];
  /** Empty where it is not set. */
  mapping(name: string): Argument;
  /** The settings that could not be read. */
  readonly unreadable: readonly string[];
}

/** The settings in a mapping; null counts as not set, as in every framework. */
export function settingsFrom(values: Argument): Settings {
  const unreadable: string[] = [];
  const get = (name: string): Argument =>
    isMapping(values) && Object.hasOwn(values, name) ? (values[name] ?? null) : null;
  const read = <T extends Argument>(name: string, isRight: (value: Argument) => value is T): T | undefined => {
    const value = get(name);
    if (value === null) return undefined;
    if (isRight(value)) return value;
    unreadable.push(name);
    return undefined;
  };
  return {
    has: (name) => get(name) !== null,
    number: <T extends number | undefined>(name: string, otherwise?: T) =>
      (read(name, isNumber) ?? otherwise) as number,
    numbers: (name) => read(name, isNumbers),
    text: <T extends string | undefined>(name: string, otherwise?: T) => (read(name, isText) ?? otherwise) as string,
    flag: (name, otherwise) => read(name, (value) => typeof value === "boolean") ?? otherwise,
    list: (name) => read(name, isList) ?? [],
    mapping: (name) => read(name, isMapping) ?? {},
    unreadable,
  };
}

function isNumber(value: Argument): value is number {
  return typeof value === "number";
}

function isText(value: Argument): value is string {
  return typeof value === "string";
}

function isList(value: Argument): value is readonly Argument[] {
  return Array.isArray(value);
}

function isNumbers(value: Argument): value is readonly number[] {
  return isList(value) && value.every(isNumber);
}

function isMapping(value: Argument): value is ScheduleRequest["settings"] {
  return typeof value === "object" && value !== null && !isList(value);
}

/** The course of one of `schedulers`, or the reason why there is none. */
export function courseAmong(
  schedulers: Readonly<Partial<Record<string, Scheduler>>>,
  request: ScheduleRequest,
): Answer<Course> {
  const scheduler = Object.hasOwn(schedulers, request.name) ? schedulers[request.name] : undefined;
  if (!scheduler) return missing(t`the curve of the schedule "${request.name}" is not known`);
  const settings = settingsFrom(request.settings);
  const course = scheduler(request, settings);
  if ("refusal" in course) return missing(course.refusal);
  const [name] = settings.unreadable;
  if (name !== undefined) return missing(t`the curve of "${request.name}" cannot be told from its ${name}`);
  const ends = [0, Math.max(0, Math.ceil(request.total) - 1)];
  const rate = rateAlong(course);
  return ends.every((step) => Number.isFinite(rate(step)))
    ? known(course)
    : missing(t`the curve of "${request.name}" cannot be told from its settings`);
}
