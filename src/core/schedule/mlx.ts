import { t } from "../language.ts";
import { delayed, forever, piece } from "./course.ts";
import {
  type CourseAnswer,
  courseAmong,
  type Refusal,
  type ScheduleRequest,
  type Scheduler,
  type Settings,
  stops,
  symbolsOf,
} from "./scheduler.ts";

// mlx/optimizers/schedulers.py (0.29) and mlx_lm/tuner/utils.py, build_schedule. mlx computes rates in float32.

/** The course of mlx-lm's `lr_schedule`; behind a warmup the schedule begins anew, one update later than one would think. */
export function mlxCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong(Object.fromEntries(Object.entries(mlxSchedulers).map(warmedUp)), request);
}

function warmedUp([name, scheduler]: [string, Scheduler]): [string, Scheduler] {
  return [
    name,
    (request, settings) => {
      const course = scheduler(request, settings);
      if ("refusal" in course || request.warmup === 0) return course;
      const start = settings.number("warmup_init", 0);
      return {
        ...course,
        symbols: { ...course.symbols, i: start },
        pieces: [
          piece("warmup", request.warmup + 1, "min(k, W)·((P − i)/W) + i"),
          ...delayed(course, request.warmup + 1),
        ],
        surprises: [...(start === 0 ? [t`the first update applies a rate of 0`] : []), ...(course.surprises ?? [])],
      };
    },
  ];
}

const cosineDecay: Scheduler = (request, settings) => {
  const length = settings.number("decay_steps");
  if (length === undefined) return without("decay_steps", request);
  return {
    symbols: { ...symbolsOf(request), N: length, m: settings.number("end", 0) },
    pieces: [piece("decay", length, "m + ½·(1 + cos(π·k/N))·(P − m)"), piece("floor", forever, "m")],
  };
};

const exponentialDecay: Scheduler = (request, settings) => {
  const rate = settings.number("decay_rate");
  if (rate === undefined) return without("decay_rate", request);
  return { symbols: { ...symbolsOf(request), decay_rate: rate }, pieces: [piece("decay", forever, "P·decay_rate^k")] };
};

const stepDecay: Scheduler = (request, settings) => {
  const [rate, size] = [settings.number("decay_rate"), settings.number("step_size")];
  if (rate === undefined || size === undefined) return without(t`decay_rate and step_size`, request);
  const formula = "P·decay_rate^floor(k/step_size)";
  return {
    symbols: { ...symbolsOf(request), decay_rate: rate, step_size: size },
    pieces: [piece("stable", size, formula), piece("decay", forever, formula)],
  };
};

/** From the first argument, which is the peak here, to `end`. */
const linearSchedule: Scheduler = (request, settings) => {
  const [end, length] = [settings.number("end"), settings.number("steps")];
  if (end === undefined || length === undefined) return without(t`end and steps`, request);
  return {
    symbols: { ...symbolsOf(request), e: end, N: length },
    pieces: [piece(end > request.peak ? "rise" : "decay", length, "k·((e − P)/N) + P"), piece("floor", forever, "e")],
  };
};

const constant: Scheduler = (request: ScheduleRequest, _: Settings) => ({
  symbols: symbolsOf(request),
  pieces: [piece("stable", forever, "P")],
});

function without(argument: string, { name }: ScheduleRequest): Refusal {
  return stops("lacking", [], t`mlx stops at the start: ${name} needs ${argument} among its arguments`);
}

/** By the values of `lr_schedule.name`, as they are without a warmup. */
export const mlxSchedulers: Readonly<Record<string, Scheduler>> = {
  constant,
  cosine_decay: cosineDecay,
  exponential_decay: exponentialDecay,
  step_decay: stepDecay,
  linear_schedule: linearSchedule,
};
