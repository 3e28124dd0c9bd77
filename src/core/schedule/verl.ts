import { t } from "../language.ts";
import { forever, piece } from "./course.ts";
import { type CourseAnswer, courseAmong, type ScheduleRequest, type Scheduler, stops } from "./scheduler.ts";
import { warmedUp } from "./warmedUp.ts";

// verl/utils/torch_functional.py at b178a3cd.

/** The course of verl's `lr_scheduler_type`. */
export function verlCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong(verlSchedulers, request);
}

/** A warmup from `init_lr_ratio` of the peak and waves of a cosine between the peak and `min_lr_ratio` of it. */
const cosine: Scheduler = (request, settings) => {
  const start = settings.number("init_lr_ratio", 0);
  const floor = settings.number("min_lr_ratio", 0);
  if (floor < 0 || floor > 1) {
    return stops(
      "floor",
      ["min_lr_ratio"],
      t`verl stops at the start: min_lr_ratio is a share of the peak, from 0 to 1`,
    );
  }
  if (start < 0 || start > 1) {
    return stops(
      "start",
      ["init_lr_ratio"],
      t`verl stops at the start: init_lr_ratio is a share of the peak, from 0 to 1`,
    );
  }
  const ahead = settings.flag("zero_indexed_step", true) ? 0 : 1;
  const warmup = warmedUp(request, []);
  return {
    ...(start === 0 && ahead === 0 ? warmup : {}),
    symbols: {
      ...warmup.symbols,
      i: start,
      m: floor,
      num_cycles: settings.number("num_cycles", 0.5),
      a: ahead,
    },
    pieces: [
      piece("warmup", request.warmup - ahead, "P·(i + (1 − i)·(k + a)/W)"),
      piece("decay", forever, "P·max(m, cos(2·π·num_cycles·x)·(1 − m)/2 + (1 + m)/2), x = (k + a − W)/max(1, T − W)"),
    ],
  };
};

const constant: Scheduler = (request) => warmedUp(request, [piece("stable", forever, "P")]);

/** Nine tenths of what follows the warmup at the peak, then a cosine. */
const warmupStableDecay: Scheduler = (request, settings) => {
  const rest = Math.max(0, request.total - request.warmup);
  const start = request.warmup + Math.trunc(rest * settings.number("stable_ratio", 0.9));
  return warmedUp(
    request,
    [
      piece("stable", start, "P"),
      piece("decay", request.total, "P·((1 − m)·max(0, ½·(1 + cos(2·π·num_cycles·x))) + m), x = (k − S)/max(1, T − S)"),
      piece("floor", forever, "P·m"),
    ],
    { S: start, m: settings.number("min_lr_ratio", 0), num_cycles: settings.number("num_cycles", 0.5) },
  );
};

/** By the values of `lr_scheduler_type`. */
export const verlSchedulers: Readonly<Partial<Record<string, Scheduler>>> = {
  cosine,
  constant,
  wsd: warmupStableDecay,
};
