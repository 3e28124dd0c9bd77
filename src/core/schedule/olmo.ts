import { t } from "../language.ts";
import { type Course, forever, type Piece, piece } from "./course.ts";
import {
  type CourseAnswer,
  courseAmong,
  type Refusal,
  refuse,
  type ScheduleRequest,
  type Scheduler,
  type Settings,
  symbolsOf,
} from "./scheduler.ts";

// olmo/optim.py at 59a53e3f. OLMo counts an update before it makes it, so that update k from zero is its step k + 1.

/** The course of OLMo's `scheduler.name`. */
export function olmoCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong(olmoSchedulers, request);
}

/** The update at which the decay ends; `t_max` counts what the scheduler's `units` say. Source: olmo/train.py (scheduler_current). */
function endOf({ total, run }: ScheduleRequest, settings: Settings): number | undefined {
  const inTokens = settings.text("units", "steps") === "tokens" && settings.has("t_max");
  const end = settings.number("t_max", total);
  return inTokens ? run.tokensPerUpdate && end / run.tokensPerUpdate : end;
}

/** A warmup from `warmup_min_lr`, a tenth of the peak where it is not set, and what follows. */
function warmedUp(
  request: ScheduleRequest,
  settings: Settings,
  after: (end: number) => readonly Piece[],
): Course | Refusal {
  const end = endOf(request, settings);
  if (end === undefined) return refuse(t`how many updates t_max is, is not known: ${settings.number("t_max", 0)}`);
  const start = settings.number("warmup_min_lr", request.peak * 0.1);
  return {
    symbols: {
      ...symbolsOf({ ...request, total: end }),
      m: request.peak * settings.number("alpha_f", 0.1),
      w: start,
    },
    pieces: [piece("warmup", request.warmup - 1, "w + (P − w)·(k + 1)/W"), ...after(end)],
    ...(request.warmup > 0
      ? { surprises: [t`the warmup begins at ${(100 * start) / request.peak} % of the peak`] }
      : {}),
    groups: "same",
  };
}

function decaying(formula: string): Scheduler {
  return (request, settings) =>
    warmedUp(request, settings, (end) => [
      piece("decay", end - 1, `${formula}, x = (k + 1 − W)/(T − W)`),
      piece("floor", forever, "m"),
    ]);
}

const cosine = "m + (P − m)·(1 + cos(π·x))/2";
const inverseRoot = "P·√(W/max(W, k + 1))";

/** Falls with the root of the updates, without a floor. */
const inverseSquareRoot: Scheduler = (request, settings) =>
  warmedUp(request, settings, () => [piece("decay", forever, inverseRoot)]);

/** The higher of the cosine and the inverse root. */
const maximum: Scheduler = (request, settings) =>
  warmedUp(request, settings, (end) => [
    piece("decay", end - 1, `max(${cosine}, ${inverseRoot}), x = (k + 1 − W)/(T − W)`),
    piece("floor", forever, `max(m, ${inverseRoot})`),
  ]);

const constant: Scheduler = (request) => ({ symbols: symbolsOf(request), pieces: [piece("stable", forever, "P")] });

const constantWithWarmup: Scheduler = (request, settings) =>
  warmedUp(request, settings, () => [piece("stable", forever, "P")]);

/** By the values of `scheduler.name`. */
export const olmoSchedulers: Readonly<Partial<Record<string, Scheduler>>> = {
  cosine_with_warmup: decaying(cosine),
  linear_with_warmup: decaying("P − (P − m)·x"),
  inverse_sqrt_with_warmup: inverseSquareRoot,
  max_scheduler: maximum,
  cosine_linear_envelope: decaying("m + (1 − x)·(P − m)·(1 + cos(π·x))/2"),
  constant,
  constant_with_warmup: constantWithWarmup,
};
