import { t } from "../language.ts";
import { type Course, forever, type Piece, piece } from "./course.ts";
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

// deepspeed/runtime/lr_schedules.py at edaa7221. The rate is set after an update from the number of the one before, so that
// these schedules lag by one, and their first two updates apply the lowest rate.

/** The course of DeepSpeed's `scheduler.type`. */
export function deepspeedCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong(deepspeedSchedulers, request);
}

/** Rises from `warmup_min_lr` and stays. */
const warmup: Scheduler = (request, settings) => rising(request, settings, [piece("stable", forever, "P")]);

/** The same, then in a straight line back to `warmup_min_lr`. */
const warmupDecay: Scheduler = (request, settings) => {
  const total = settings.number("total_num_steps", request.total);
  return rising({ ...request, total }, settings, [
    piece("decay", total + 1, "m + (P − m)·(T − k + 1)/max(1, T − W)"),
    piece("floor", forever, "m"),
  ]);
};

function rising(request: ScheduleRequest, settings: Settings, after: readonly Piece[]): Course | Refusal {
  const length = Math.max(2, request.warmup);
  const rise = settings.text("warmup_type", "log") === "linear" ? "(k − 1)/W" : "log(k)/log(W)";
  return {
    symbols: { ...symbolsOf({ ...request, warmup: length }), m: settings.number("warmup_min_lr", 0) },
    pieces: [piece("warmup", 1, "m"), piece("warmup", length + 1, `m + (P − m)·${rise}`), ...after],
    surprises: [
      t`DeepSpeed applies the lowest rate to the first two updates, and lags by one from there on`,
      ...(rise.startsWith("log") ? [logWarmup(length)] : []),
    ],
    groups: "same",
  };
}

/** What half of the peak is reached with is the root of the warmup: log(k)/log(W) = ½. */
function logWarmup(length: number): string {
  return t`the warmup is logarithmic: half of the peak is reached after ${Math.ceil(Math.sqrt(length))} updates`;
}

/** Ratios of the peak: a rise, then half a cosine down to `cos_min_ratio`, where it stays. */
const warmupCosine: Scheduler = (request, settings) => {
  const length = Math.max(2, request.warmup);
  const total = settings.number("total_num_steps", request.total);
  const rise = settings.text("warmup_type", "log") === "linear" ? "(k − 1)/W" : "log(k)/log(W)";
  return {
    symbols: {
      ...symbolsOf({ ...request, warmup: length, total }),
      r: settings.number("warmup_min_ratio", 0),
      m: settings.number("cos_min_ratio", 0.0001),
    },
    pieces: [
      piece("warmup", 1, "0"),
      piece("warmup", length + 1, `P·(r + (1 − r)·${rise})`),
      piece("decay", total, "P·(m + (1 − m)·½·(1 + cos(π·(k − W)/max(1, T − W))))"),
      piece("floor", forever, "P·m"),
    ],
    surprises: [
      t`DeepSpeed applies a rate of 0 to the first update, and lags by one from there on`,
      ...(rise.startsWith("log") ? [logWarmup(length)] : []),
    ],
  };
};

/** Up to `cycle_max_lr`, down again, and on from `cycle_min_lr` along a hyperbola; in stairs on request. */
const oneCycle: Scheduler = (request, settings) => {
  const least = settings.number("cycle_min_lr");
  if (least === undefined) {
    return stops("lacking", ["cycle_min_lr"], t`DeepSpeed stops at the start: OneCycle needs cycle_min_lr`);
  }
  const first = settings.number("cycle_first_step_size", 2000);
  const second = settings.number("cycle_second_step_size", first);
  const stairs = settings.number("cycle_first_stair_count", 0);
  const inStairs = (share: string, count: number, name: string) =>
    count > 0 ? `floor(${share}·${name})/${name}` : share;
  const secondStairs = settings.number("cycle_second_stair_count", stairs);
  const decays = settings.number("decay_lr_rate", 0) !== 0 && settings.number("decay_step_size", 0) !== 0;
  return {
    symbols: {
      P: request.peak,
      m: least,
      W: first,
      down: second,
      n: stairs,
      q: secondStairs,
      decay_lr_rate: settings.number("decay_lr_rate", 0),
      decay_step_size: settings.number("decay_step_size", 0),
    },
    pieces: [
      piece("warmup", first + 1, `m + (P − m)·${inStairs("k/W", stairs, "n")}`),
      piece("decay", first + second + 1, `m + (P − m)·${inStairs("(W + down − k)/down", secondStairs, "q")}`),
      piece(
        decays ? "cooldown" : "floor",
        forever,
        decays ? "m/(1 + decay_lr_rate·(k − W − down)/decay_step_size)" : "m",
      ),
    ],
    groups: "same",
  };
};

/** A rate that rises until the run ends, to find out what it bears. */
const rangeTest: Scheduler = (_, settings) => {
  const steps = settings.flag("lr_range_test_staircase", false) ? "floor(k/n)" : "k/n";
  return {
    symbols: {
      m: settings.number("lr_range_test_min_lr", 1e-3),
      n: settings.number("lr_range_test_step_size", 2000),
      r: settings.number("lr_range_test_step_rate", 1),
    },
    pieces: [piece("rise", forever, `m·(1 + r·${steps})`)],
    groups: "same",
  };
};

/** By the values of `scheduler.type`. */
export const deepspeedSchedulers: Readonly<Partial<Record<string, Scheduler>>> = {
  WarmupLR: warmup,
  WarmupDecayLR: warmupDecay,
  WarmupCosineLR: warmupCosine,
  OneCycle: oneCycle,
  LRRangeTest: rangeTest,
};
