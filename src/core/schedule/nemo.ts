import { t } from "../language.ts";
import { type Course, forever, type Piece, piece } from "./course.ts";
import type { Symbols } from "./formula.ts";
import {
  byMetric,
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
import { torchCourse } from "./torch.ts";

// nemo/core/optim/lr_scheduler.py (1.23, and 2.0's legacy path, which is the same).

/** The course of NeMo 1.x's `optim.sched.name`: its own policies, or torch's. */
export function nemoCourse(request: ScheduleRequest): CourseAnswer {
  return /LR$/.test(request.name) ? torchCourse(request) : courseAmong(nemoSchedulers, request);
}

/** A warmup that is one update ahead at both ends, what follows it, and `min_lr` from the end on. */
function warmedUp(
  request: ScheduleRequest,
  settings: Settings,
  after: (end: number) => readonly Piece[],
  own: Symbols = {},
  least = 0,
): Course {
  const { warmup } = request;
  const end = settings.number("max_steps", request.total);
  return {
    symbols: { ...symbolsOf({ ...request, total: end }), m: settings.number("min_lr", least), ...own },
    pieces: [
      ...(warmup > 0 ? [piece("warmup", warmup + 1, "P·(k + 1)/(W + 1)")] : []),
      ...after(end),
      piece("floor", forever, "m"),
    ],
    groups: "own",
  };
}

/** Stays at the peak. */
const warmup: Scheduler = (request, settings) => warmedUp(request, settings, (end) => [piece("stable", end + 1, "P")]);

/** What the cosine and Noam's curve do not take. */
function floorAbovePeak({ peak }: ScheduleRequest, settings: Settings): Refusal | undefined {
  return settings.number("min_lr", 0) > peak
    ? stops("floor", ["min_lr"], t`NeMo stops: min_lr is above the learning rate`)
    : undefined;
}

/** Half a cosine down to `min_lr`; with `constant_steps` the curve is Megatron's, which begins at zero. */
const cosine: Scheduler = (request, settings) => {
  const held = partOf("constant", request, settings);
  const refusal = floorAbovePeak(request, settings);
  if (refusal) return refusal;
  if (held === 0) {
    return warmedUp(request, settings, (end) => [
      piece("decay", end + 1, "(P − m)·½·(1 + cos(π·(k − W)/(T − W))) + m"),
    ]);
  }
  const course = warmedUp(
    request,
    settings,
    (end) => [piece("decay", end - held + 1, "m + (P − m)·½·(cos(π·(k − W)/D) + 1)")],
    { D: settings.number("max_steps", request.total) - held - request.warmup },
  );
  return {
    ...course,
    pieces: course.pieces.map((own) => (own.phase === "warmup" ? { ...own, formula: "P·k/W" } : own)),
    ...(request.warmup > 0 ? { surprises: [t`the first update applies a rate of 0`] } : {}),
  };
};

/** `hold_steps` and the like: a number of updates, or a share of the run, cut to whole ones. */
function partOf(name: string, { total }: ScheduleRequest, settings: Settings): number {
  const share = settings.number(`${name}_ratio`, 0);
  return settings.number(`${name}_steps`) ?? Math.trunc(share * settings.number("max_steps", total));
}

const square: Scheduler = (request, settings) =>
  warmedUp(request, settings, (end) => [piece("decay", end + 1, "max(m, P·(1 − (k − W)/(T − W))^2)")], {}, 1e-5);

/** Measured from the first update on, not from the end of the warmup. */
const squareRoot: Scheduler = (request, settings) =>
  warmedUp(request, settings, (end) => [piece("decay", end + 1, "max(m, P·√((T − k)/T))")]);

const straight: Scheduler = (request, settings) =>
  warmedUp(request, settings, (end) => [piece("decay", end + 1, "m + (1 − (k − W)/(T − W))·(P − m)")]);

const inverseSquareRoot: Scheduler = (request, settings) =>
  warmedUp(request, settings, (end) => [piece("decay", end + 1, "P/√((k + 1)/(W + 1))")]);

const polynomial: Scheduler = (request, settings) =>
  settings.flag("cycle", false)
    ? refuse(t`the curve with cycle: true is not known`)
    : warmedUp(request, settings, (end) => [piece("decay", end + 1, "(P − m)·(1 − (k − W)/(T − W))^power + m")], {
        power: settings.number("power", 1),
      });

/** The peak for `hold_steps` after the warmup, then the decay. */
function held(decay: (end: number) => string): Scheduler {
  return (request, settings) => {
    const hold = partOf("hold", request, settings);
    if (settings.flag("cycle", false)) return refuse(t`the curve with cycle: true is not known`);
    const told = settings.has("hold_steps") || settings.has("hold_ratio");
    const start = told ? request.warmup + hold : 0;
    return warmedUp(request, settings, (end) => [piece("stable", start, "P"), piece("decay", end + 1, decay(end))], {
      H: start,
      h: hold,
      power: settings.number("power", 1),
      decay_rate: settings.number("decay_rate", 0.5),
    });
  };
}

const hold: Scheduler = (request, settings) => {
  const start = partOf("hold", request, settings) + request.warmup;
  return warmedUp(request, settings, (end) => [piece("stable", Math.max(start, end + 1), "P")]);
};

const noamHold: Scheduler = (request, settings) =>
  request.warmup === 0
    ? stops("no-warmup", [], t`NeMo stops: NoamHoldAnnealing needs a warmup`)
    : held(() => "max(m, P·max(1, W^decay_rate)/max(1, (k − h)^decay_rate))")(request, settings);

/** The learning rate is a factor on the inverse root of width and updates; the first two updates apply the same. */
const noam: Scheduler = (request, settings): Course | Refusal => {
  const width = settings.number("d_model");
  if (width === undefined) return refuse(t`the curve needs d_model`);
  const refusal = floorAbovePeak(request, settings);
  if (refusal) return refusal;
  const factor = "P/√(d_model)";
  return {
    symbols: { ...symbolsOf(request), d_model: width, m: settings.number("min_lr", 0) },
    pieces: [
      piece("warmup", request.warmup + 1, `${factor}·min(1/√(max(1, k)), max(1, k)/W^1.5)`),
      piece("decay", forever, `max(m, ${factor}/√(max(1, k)))`),
    ],
    groups: "own",
  };
};

const constant: Scheduler = (request) => ({ symbols: symbolsOf(request), pieces: [piece("stable", forever, "P")] });

/** By the values of `sched.name`, but for torch's. */
export const nemoSchedulers: Readonly<Partial<Record<string, Scheduler>>> = {
  constant,
  WarmupPolicy: warmup,
  WarmupHoldPolicy: hold,
  CosineAnnealing: cosine,
  SquareAnnealing: square,
  SquareRootAnnealing: squareRoot,
  WarmupAnnealing: straight,
  InverseSquareRootAnnealing: inverseSquareRoot,
  PolynomialDecayAnnealing: polynomial,
  PolynomialHoldDecayAnnealing: held(() => "(P − m)·(1 − min(1, (k − H)/(T − max(W, H))))^power + m"),
  NoamAnnealing: noam,
  NoamHoldAnnealing: noamHold,
  ReduceLROnPlateau: byMetric,
};
