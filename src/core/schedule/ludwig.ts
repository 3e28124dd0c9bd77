import { t } from "../language.ts";
import { delayed, forever, piece } from "./course.ts";
import {
  byMetric,
  type CourseAnswer,
  courseAmong,
  refuse,
  type ScheduleRequest,
  type Scheduler,
  symbolsOf,
} from "./scheduler.ts";
import { warmRestarts } from "./torch.ts";
import { linearWarmup } from "./warmedUp.ts";

// ludwig/modules/lr_scheduler.py at 5d19f3e6.

/** The course of Ludwig's `learning_rate_scheduler`: a linear warmup, and a decay that begins anew behind it. */
export function ludwigCourse(request: ScheduleRequest): CourseAnswer {
  const { reduce_on_plateau: reductions } = request.settings;
  if (typeof reductions === "number" && reductions > 0) {
    const name = "reduce_on_plateau";
    return courseAmong({ [name]: byMetric }, { ...request, name });
  }
  return courseAmong(Object.fromEntries(Object.entries(ludwigSchedulers).map(warmedUp)), request);
}

function warmedUp([name, scheduler]: [string, Scheduler]): [string, Scheduler] {
  return [
    name,
    (request, settings) => {
      const course = scheduler(request, settings);
      if ("refusal" in course || request.warmup === 0) return course;
      return {
        ...course,
        pieces: [linearWarmup(request), ...delayed(course, request.warmup)],
        surprises: [t`the first update applies a rate of 0`, ...(course.surprises ?? [])],
      };
    },
  ];
}

const none: Scheduler = (request) => ({ symbols: symbolsOf(request), pieces: [piece("stable", forever, "P")] });

const linear: Scheduler = (request) => ({
  symbols: symbolsOf(request),
  pieces: [piece("decay", request.total - request.warmup, "P·(T − W − k)/(T − W)"), piece("floor", forever, "0")],
});

/** Begins at `decay_rate` of the peak, not at the peak; `decay_steps` are forward passes, of which an update has `A`. */
const exponential: Scheduler = (request, settings) => {
  const perUpdate = request.run.accumulation ?? 1;
  const passes = perUpdate === 1 ? "k" : "k·A";
  const exponent = settings.flag("staircase", false)
    ? `ceil(1 + ${passes}/decay_steps)`
    : `(1 + ${passes}/decay_steps)`;
  return {
    symbols: {
      ...symbolsOf(request),
      decay_rate: settings.number("decay_rate", 0.96),
      decay_steps: settings.number("decay_steps", 10_000),
      ...(perUpdate === 1 ? {} : { A: perUpdate }),
    },
    pieces: [piece("decay", forever, `P·decay_rate^${exponent}`)],
    surprises: [t`the decay begins one power of decay_rate below the peak`],
  };
};

/** torch's cosine with warm restarts, of which `t_0` counts forward passes. */
const cosine: Scheduler = (request, settings) => {
  const first = settings.number("t_0");
  if (!first)
    return refuse(t`the cosine restarts at every checkpoint where t_0 is not set; the data decide when that is`);
  return warmRestarts(
    request,
    settings,
    first / (request.run.accumulation ?? 1),
    (length) => length * (settings.number("t_mult") || 1),
  );
};

/** By the values of `decay`, as they are without a warmup. */
export const ludwigSchedulers: Readonly<Record<string, Scheduler>> = { none, linear, exponential, cosine };
