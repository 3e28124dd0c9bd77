import { t } from "../language.ts";
import { type TimeString, timeStringFrom } from "../plan/timeString.ts";
import { type Course, cyclesOf, forever, type Piece, piece } from "./course.ts";
import type { Symbols } from "./formula.ts";
import {
  type CourseAnswer,
  courseAmong,
  type Refusal,
  refuse,
  type ScheduleRequest,
  type Scheduler,
  type Settings,
  stops,
  symbolsOf,
} from "./scheduler.ts";
import { warmedUp } from "./warmedUp.ts";

// composer/optim/scheduler.py at 64051888 and llmfoundry/optim/scheduler.py at 8c8dd48f.

/** The course of LLM-Foundry's `scheduler.name`, whose times are strings such as `100ba`. */
export function composerCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong(composerSchedulers, request);
}

/** Times as optimizer updates, of which some have a fraction; undefined where the config does not tell. */
interface Clock {
  /** The time of a setting. */
  readonly at: (name: string, otherwise?: string) => number | undefined;
  readonly updates: (time: string) => number | undefined;
}

function clockOf(request: ScheduleRequest, settings: Settings): Clock {
  const { total, run } = request;
  const duration = timeStringFrom(settings.text("max_duration", `${total}ba`)) ?? { amount: total, unit: "ba" };
  const perEpoch = run.updatesPerEpoch ?? (duration.unit === "ep" ? total / duration.amount : undefined);
  const of = ({ amount, unit }: TimeString): number | undefined => {
    switch (unit) {
      case "ba":
        return Math.trunc(amount);
      case "ep":
        return perEpoch && Math.trunc(amount * perEpoch);
      case "sp":
        return run.globalBatch && Math.trunc(amount) / run.globalBatch;
      case "tok":
        return run.tokensPerUpdate && Math.trunc(amount) / run.tokensPerUpdate;
      case "dur":
        return duration.unit === "ep"
          ? perEpoch && Math.trunc(amount * perEpoch * duration.amount)
          : of({ amount: Math.trunc(amount * duration.amount), unit: duration.unit });
      default:
        return undefined;
    }
  };
  const updates = (text: string) => {
    const time = timeStringFrom(text);
    return time && of(time);
  };
  return {
    updates,
    at: (name, otherwise) => {
      const text = settings.text(name) ?? otherwise;
      return text === undefined ? undefined : updates(text);
    },
  };
}

/** The units that a time comes to: shares of the run are in those of the run, and epochs in batches. */
function unitOf(text: string, duration: string): string | undefined {
  const unit = timeStringFrom(text)?.unit;
  if (unit === "dur") return unitOf(duration, "1ba");
  return unit === "ep" ? "ba" : unit;
}

/** A share of a run in tokens or samples is not cut to whole updates. */
function warmupBy({ at }: Clock, { warmup }: ScheduleRequest): number {
  return at("t_warmup") ?? warmup;
}

/** A linear warmup to `top`, and what follows until `t_max`, which may not come before the end of the run. */
function untilEndWarmedUp(
  request: ScheduleRequest,
  settings: Settings,
  after: (end: number, warmup: number) => readonly Piece[],
  own: Symbols = {},
  top = "P",
): Course | Refusal {
  const clock = clockOf(request, settings);
  const duration = settings.text("max_duration", `${request.total}ba`);
  const warmupUnit = unitOf(settings.text("t_warmup", "0ba"), duration);
  const unit = unitOf(settings.text("t_max", "1dur"), duration);
  if (settings.has("t_warmup") && warmupUnit !== unit) {
    return stops(
      "mismatch",
      ["t_warmup", "t_max"],
      t`Composer stops at the start: t_warmup and t_max are in different units`,
    );
  }
  const end = clock.at("t_max", "1dur");
  if (end === undefined) return refuse(t`how many updates t_max is, is not known: ${settings.text("t_max", "1dur")}`);
  // Composer compares times of one unit alone.
  if (unit === unitOf(duration, duration) && end < (clock.updates(duration) ?? request.total)) {
    return stops("short", ["t_max"], t`Composer stops at the start: t_max is shorter than max_duration`);
  }
  const warmup = warmupBy(clock, request);
  return warmedUp({ ...request, warmup, total: end }, after(end, warmup), own, top);
}

const cosineWithWarmup: Scheduler = (request, settings) =>
  untilEndWarmedUp(
    request,
    settings,
    (end) => [piece("decay", end, "P·(m + (1 − m)·(1 + cos(π·(k − W)/(T − W)))/2)"), piece("floor", forever, "P·m")],
    { m: settings.number("alpha_f", 0) },
  );

const linearDecayWithWarmup: Scheduler = (request, settings) =>
  untilEndWarmedUp(
    request,
    settings,
    (end) => [piece("decay", end, "P·(i + (m − i)·(k − W)/(T − W))"), piece("floor", forever, "P·m")],
    { i: settings.number("alpha_i", 1), m: settings.number("alpha_f", 0) },
    "P·i",
  );

const constantWithWarmup: Scheduler = (request, settings) =>
  untilEndWarmedUp(
    request,
    settings,
    () => [piece("stable", forever, "P·a")],
    { a: settings.number("alpha", 1) },
    "P·a",
  );

const polynomialWithWarmup: Scheduler = (request, settings) =>
  untilEndWarmedUp(
    request,
    settings,
    (end) => [piece("decay", end, "P·(m + (1 − m)·(1 − (k − W)/(T − W))^power)"), piece("floor", forever, "P·m")],
    { m: settings.number("alpha_f", 0), power: settings.number("power", 2) },
  );

/** The only one with a warmup that has no `t_max`. */
const multiStepWithWarmup: Scheduler = (request, settings) => {
  const clock = clockOf(request, settings);
  const own = { gamma: settings.number("gamma", 0.1) };
  return warmedUp({ ...request, warmup: warmupBy(clock, request) }, steps(settings, clock), own);
};

const multiStep: Scheduler = (request, settings) => ({
  symbols: { ...symbolsOf(request), gamma: settings.number("gamma", 0.1) },
  pieces: steps(settings, clockOf(request, settings)),
});

/** Times `gamma` at each milestone; nothing, which is no curve, where the config does not tell when one of them is. */
function steps(settings: Settings, { updates }: Clock): readonly Piece[] {
  const times = settings.list("milestones").map((time) => updates(String(time)) ?? Number.NaN);
  if (times.some(Number.isNaN)) return [];
  return [...times.sort((a, b) => a - b), forever].map((to, n) =>
    piece(n === 0 ? "stable" : "decay", to, "P·gamma^n", { n }),
  );
}

/** The inverse of the root of the time, then a straight line down over the last `t_cooldown`. */
const inverseRootWithWarmup: Scheduler = (request, settings) => {
  const clock = clockOf(request, settings);
  const [scale, cooldown] = [clock.at("t_scale"), clock.at("t_cooldown")];
  if (scale === undefined || cooldown === undefined) {
    return stops(
      "lacking",
      ["t_scale", "t_cooldown"],
      t`Composer stops at the start: inv_sqrt_with_warmup needs t_scale and t_cooldown`,
    );
  }
  const root = (time: string) => `P·(m + (1 − m)/√((${time} + scale − W)/scale))`;
  return untilEndWarmedUp(
    request,
    settings,
    (end, warmup) => {
      const start = Math.max(warmup, end - cooldown);
      const top = root(`${start}`);
      return [
        piece("decay", start, root("k")),
        piece("cooldown", start + cooldown, "q + (P·f − q)·(k − C)/D, q = P·(m + (1 − m)/√((C + scale − W)/scale))", {
          C: start,
          D: cooldown,
        }),
        piece("floor", forever, cooldown === 0 ? top : "P·f"),
      ];
    },
    { scale, m: settings.number("alpha_f_decay", 0), f: settings.number("alpha_f_cooldown", 0) },
  );
};

/** A cosine from the first update on. */
const cosine: Scheduler = (request, settings) =>
  untilEnd(request, settings, "P·(m + (1 − m)·(1 + cos(π·k/T))/2)", "P·m", { m: settings.number("alpha_f", 0) });

const linear: Scheduler = (request, settings) =>
  untilEnd(request, settings, "P·(i + k/T·(m − i))", "P·m", {
    i: settings.number("alpha_i", 1),
    m: settings.number("alpha_f", 0),
  });

const polynomial: Scheduler = (request, settings) => {
  const power = settings.number("power");
  if (power === undefined) return stops("lacking", ["power"], t`Composer stops at the start: polynomial needs power`);
  return untilEnd(request, settings, "P·(m + (1 − m)·(1 − k/T)^power)", "P·m", {
    m: settings.number("alpha_f", 0),
    power,
  });
};

const constant: Scheduler = (request, settings) =>
  untilEnd(request, settings, "P·a", "P", { a: settings.number("alpha", 1) });

/** One formula until `t_max`, and another from there on. */
function untilEnd(
  request: ScheduleRequest,
  settings: Settings,
  formula: string,
  after: string,
  own: Symbols,
): Course | Refusal {
  const end = clockOf(request, settings).at("t_max", "1dur");
  if (end === undefined) return refuse(t`how many updates t_max is, is not known: ${settings.text("t_max", "1dur")}`);
  return {
    symbols: { ...symbolsOf({ ...request, total: end }), ...own },
    pieces: [piece(formula === "P·a" ? "stable" : "decay", end, formula), piece("floor", forever, after)],
  };
}

/** Times `gamma` after every `decay_period`, smoothly. */
const exponential: Scheduler = (request, settings) => {
  const period = clockOf(request, settings).at("decay_period", "1ep");
  const gamma = settings.number("gamma");
  if (period === undefined || gamma === undefined) {
    return refuse(t`the curve needs gamma, and a decay_period of which the config tells how many updates it is`);
  }
  return { symbols: { ...symbolsOf(request), gamma, n: period }, pieces: [piece("decay", forever, "P·gamma^(k/n)")] };
};

/** Times `gamma` after every `step_size`. */
const step: Scheduler = (request, settings) => {
  const size = clockOf(request, settings).at("step_size");
  if (size === undefined)
    return refuse(t`the curve needs a step_size of which the config tells how many updates it is`);
  const formula = "P·gamma^floor(k/step_size)";
  return {
    symbols: { ...symbolsOf(request), gamma: settings.number("gamma", 0.1), step_size: size },
    pieces: [piece("stable", size, formula), piece("decay", forever, formula)],
  };
};

/** Half a cosine again and again; each lasts `t_mult` times as long as the one before, cut to whole units. */
const cosineWarmRestarts: Scheduler = (request, settings) => {
  const first = clockOf(request, settings).at("t_0");
  if (first === undefined) return refuse(t`the curve needs a t_0 of which the config tells how many updates it is`);
  const factor = settings.number("t_mult", 1);
  const formula = "P·(m + (1 − m)·(1 + cos(π·(k − start)/length))/2)";
  return {
    symbols: { ...symbolsOf(request), m: settings.number("alpha_f", 0) },
    pieces: cyclesOf(formula, request.total, first, (length) => Math.trunc(factor * length)),
  };
};

/** By the values of `scheduler.name`. */
export const composerSchedulers: Readonly<Partial<Record<string, Scheduler>>> = {
  cosine_with_warmup: cosineWithWarmup,
  linear_decay_with_warmup: linearDecayWithWarmup,
  constant_with_warmup: constantWithWarmup,
  inv_sqrt_with_warmup: inverseRootWithWarmup,
  polynomial_with_warmup: polynomialWithWarmup,
  multistep_with_warmup: multiStepWithWarmup,
  cosine,
  linear,
  constant,
  polynomial,
  exponential,
  step,
  multistep: multiStep,
  cosine_warmrestart: cosineWarmRestarts,
};
