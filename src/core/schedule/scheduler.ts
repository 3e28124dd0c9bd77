import { type Answer, known, missing } from "../answer.ts";
import { t } from "../language.ts";
import { named } from "../named.ts";
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
  /** Batches in all epochs of a run that generates answers to each, undefined where they are not known; absent in other runs. */
  readonly batchesAnswered?: number | undefined;
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
  /** Set where it is the framework that refuses. */
  readonly stop?: Stop;
}

/** What is wrong with a schedule that its framework refuses, at the start of the run or before its end. */
export interface Stop {
  readonly fault: Fault;
  /** The scheduler's settings that it is about, of which some may not be set. */
  readonly settings: readonly string[];
}

/**
 * Settings that are lacking; that the scheduler does not have; of which it takes one only; whose values it does not know; which
 * do not go together. No such scheduler; no warmup where one is needed; a floor or a first rate above the peak; a warmup
 * that is not shorter than what follows; a schedule that ends before the run.
 */
export type Fault =
  | "lacking"
  | "unknown"
  | "several"
  | "value"
  | "mismatch"
  | "name"
  | "no-warmup"
  | "floor"
  | "start"
  | "long-warmup"
  | "short";

/** The course of a schedule; else the reason why it cannot be told, which may be that the run stops. */
export type CourseAnswer = Answer<Course> | Stopped;

/** The answer for a run that its framework does not begin or finish, because of its schedule. */
export interface Stopped {
  readonly value: null;
  readonly reason: string;
  readonly stop: Stop;
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

/** A refusal of the framework's. */
export function stops(fault: Fault, settings: readonly string[], refusal: string): Refusal {
  return { refusal, stop: { fault, settings } };
}

/** A refusal as an answer. */
export function refused({ refusal, stop }: Refusal): CourseAnswer {
  return stop ? { ...missing(refusal), stop } : missing(refusal);
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
  /** The settings that are set, and that nobody has asked for so far. */
  readonly ignored: () => readonly string[];
}

/** The settings in a mapping; null counts as not set, as in every framework. */
export function settingsFrom(values: Argument): Settings {
  const unreadable: string[] = [];
  const asked = new Set<string>();
  const get = (name: string): Argument => {
    asked.add(name);
    return isMapping(values) && Object.hasOwn(values, name) ? (values[name] ?? null) : null;
  };
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
    ignored: () => (isMapping(values) ? settingsIn(values).filter((name) => !asked.has(name)) : []),
  };
}

/** The names of the settings that ask for something: null, false and 0 do not. */
export function settingsIn(values: ScheduleRequest["settings"]): readonly string[] {
  return Object.keys(values).filter(
    (name) => !([null, false, 0] as readonly Argument[]).includes(values[name] ?? null),
  );
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
): CourseAnswer {
  const scheduler = named(schedulers, request.name);
  if (!scheduler) return missing(t`the curve of the schedule "${request.name}" is not known`);
  const settings = settingsFrom(request.settings);
  const course = scheduler(request, settings);
  if ("refusal" in course) return refused(course);
  const [name] = settings.unreadable;
  if (name !== undefined) return missing(t`the curve of "${request.name}" cannot be told from its ${name}`);
  const ends = [0, Math.max(0, Math.ceil(request.total) - 1)];
  const rate = rateAlong(course);
  return ends.every((step) => Number.isFinite(rate(step)))
    ? known({ ignored: settings.ignored(), ...course })
    : missing(t`the curve of "${request.name}" cannot be told from its settings`);
}
