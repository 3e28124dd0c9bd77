import { t } from "../language.ts";
import { named } from "../named.ts";
import type { Argument } from "../plan/plan.ts";
import { formatRate } from "../units.ts";
import { type Course, cyclesOf, delayed, forever, mostCycles, type PhaseName, type Piece, piece } from "./course.ts";
import {
  byMetric,
  type CourseAnswer,
  courseAmong,
  type Refusal,
  refuse,
  type ScheduleRequest,
  type Scheduler,
  type Settings,
  settingsFrom,
  stops,
  symbolsOf,
} from "./scheduler.ts";

// torch/optim/lr_scheduler.py (2.8); most of its schedulers are recursive, and these are what they come to.

/** The course of a scheduler of `torch.optim.lr_scheduler`, by the name of its class. */
export function torchCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong(torchSchedulers, request);
}

/** Half a cosine down to `eta_min` over `T_max` updates, then up again, and so on. */
const cosineAnnealing: Scheduler = (request, settings) => {
  const length = settings.number("T_max");
  if (length === undefined) return without("T_max", request);
  const formula = "eta_min + (P − eta_min)·½·(1 + cos(π·k/T_max))";
  const halves = Math.min(mostCycles, Math.ceil(request.total / length));
  return {
    symbols: { ...symbolsOf(request), T_max: length, eta_min: settings.number("eta_min", 0) },
    pieces: [
      ...Array.from({ length: halves }, (_, half) =>
        piece(half % 2 === 0 ? "decay" : "rise", length * (half + 1), formula),
      ),
      piece(halves % 2 === 0 ? "decay" : "rise", forever, formula),
    ],
    groups: "own",
    surprises: length < request.total ? [t`the rate rises again after T_max, ${length} updates`] : [],
  };
};

/** Half a cosine again and again; each lasts `T_mult` times as long as the one before. */
const cosineAnnealingWarmRestarts: Scheduler = (request, settings) => {
  const first = settings.number("T_0", 0);
  if (!(first > 0)) return without("T_0", request);
  return warmRestarts(request, settings, first, (length) => length * settings.number("T_mult", 1));
};

/** Restarts after `first` updates, then after as many as `next` makes of those of the last cycle. */
export function warmRestarts(
  request: ScheduleRequest,
  settings: Settings,
  first: number,
  next: (length: number) => number,
): Course {
  const formula = "eta_min + (P − eta_min)·½·(1 + cos(π·(k − start)/length))";
  const pieces = cyclesOf(formula, request.total, first, next);
  return { symbols: { ...symbolsOf(request), eta_min: settings.number("eta_min", 0) }, pieces, groups: "own" };
}

/** Up to the peak over `pct_start` of the run and down again, with a third phase on request. */
const oneCycle: Scheduler = (request, settings) => {
  const total = settings.number("total_steps", request.total);
  if (total < request.total) {
    return stops("short", ["total_steps"], t`torch stops after ${total} updates: total_steps is less than the run has`);
  }
  const peak = settings.number("max_lr", request.peak);
  return oneCycleOf({ ...request, peak, total }, settings, settings.number("pct_start", 0.3));
};

export function oneCycleOf(request: ScheduleRequest, settings: Settings, share: number): Course | Refusal {
  const { total, peak } = request;
  const initial = peak / settings.number("div_factor", 25);
  const least = initial / settings.number("final_div_factor", 1e4);
  const anneal = named(anneals, settings.text("anneal_strategy", "cos"));
  if (!anneal) {
    return stops("value", ["anneal_strategy"], t`torch stops at the start: anneal_strategy is cos or linear`);
  }
  const top = share * total - 1;
  const bottom = 2 * share * total - 2;
  const leg = (phase: PhaseName, [from, to]: readonly [number, number], [a, b]: readonly [number, number]) =>
    piece(phase, to === total - 1 ? forever : Math.floor(to) + 1, anneal, { from, to, a, b });
  const down = settings.flag("three_phase", false)
    ? [leg("decay", [top, bottom], [peak, initial]), leg("cooldown", [bottom, total - 1], [initial, least])]
    : [leg("decay", [top, total - 1], [peak, least])];
  return {
    symbols: symbolsOf(request),
    pieces: [leg("warmup", [0, top], [initial, peak]), ...down],
    surprises: [t`the first update applies ${formatRate(initial)}, the last one ${formatRate(least)}`],
    groups: "same",
  };
}

const anneals: Readonly<Partial<Record<string, string>>> = {
  cos: "b + (a − b)·½·(1 + cos(π·x)), x = (k − from)/(to − from)",
  linear: "a + (b − a)·x, x = (k − from)/(to − from)",
};

/** From `start_factor` to `end_factor` of the peak in a straight line. */
const linear: Scheduler = (request, settings) => {
  const [start, end] = [settings.number("start_factor", 1 / 3), settings.number("end_factor", 1)];
  const length = settings.number("total_iters", 5);
  return {
    symbols: { ...symbolsOf(request), start_factor: start, end_factor: end, total_iters: length },
    pieces: [
      piece(start < end ? "warmup" : "decay", length, "P·(start_factor + (end_factor − start_factor)·k/total_iters)"),
      piece("stable", forever, "P·end_factor"),
    ],
  };
};

/** A `factor` of the peak for a while. */
const constantFactor: Scheduler = (request, settings) => ({
  symbols: { ...symbolsOf(request), factor: settings.number("factor", 1 / 3) },
  pieces: [piece("warmup", settings.number("total_iters", 5), "P·factor"), piece("stable", forever, "P")],
});

/** Times `gamma` after every `step_size` updates. */
const step: Scheduler = (request, settings) => {
  const size = settings.number("step_size");
  if (size === undefined) return without("step_size", request);
  return {
    symbols: { ...symbolsOf(request), step_size: size, gamma: settings.number("gamma", 0.1) },
    pieces: [piece("stable", size, stepFormula), piece("decay", forever, stepFormula)],
  };
};

const stepFormula = "P·gamma^floor(k/step_size)";

/** Times `gamma` at each milestone. */
const multiStep: Scheduler = (request, settings) => {
  const milestones = settings.numbers("milestones");
  if (milestones === undefined) return without("milestones", request);
  const ends = [...milestones].sort((a, b) => a - b);
  return {
    symbols: { ...symbolsOf(request), gamma: settings.number("gamma", 0.1) },
    pieces: [...ends, forever].map((to, n) => piece(n === 0 ? "stable" : "decay", to, "P·gamma^n", { n })),
  };
};

/** Times `gamma` after every update. */
const exponential: Scheduler = (request, settings) => {
  const gamma = settings.number("gamma");
  if (gamma === undefined) return without("gamma", request);
  return { symbols: { ...symbolsOf(request), gamma }, pieces: [piece("decay", forever, "P·gamma^k")] };
};

/** A power of what is left of `total_iters`, to zero. */
const polynomial: Scheduler = (request, settings) => ({
  symbols: {
    ...symbolsOf(request),
    total_iters: settings.number("total_iters", 5),
    power: settings.number("power", 1),
  },
  pieces: [
    piece("decay", settings.number("total_iters", 5), "P·(1 − k/total_iters)^power"),
    piece("floor", forever, "0"),
  ],
});

/** Up and down between `base_lr` and `max_lr`, again and again. */
const cyclic: Scheduler = (request, settings) => {
  const up = settings.number("step_size_up", 2000);
  const down = settings.number("step_size_down", up);
  const scale = named(cycleScales, settings.text("mode", "triangular"));
  if (!scale)
    return stops("value", ["mode"], t`torch stops at the start: mode is triangular, triangular2 or exp_range`);
  const formula = `base_lr + (max_lr − base_lr)·min(x/up, (n − x)/down)·${scale}, x = mod(k, n)`;
  const cycles = Math.min(mostCycles, Math.ceil(request.total / (up + down)));
  return {
    symbols: {
      base_lr: settings.number("base_lr", 0),
      max_lr: settings.number("max_lr", request.peak),
      gamma: settings.number("gamma", 1),
      up,
      down,
      n: up + down,
    },
    pieces: [
      ...Array.from({ length: cycles }, (_, cycle) => piece("cycle", (cycle + 1) * (up + down), formula)),
      piece("cycle", forever, formula),
    ],
    groups: "same",
  };
};

const cycleScales: Readonly<Partial<Record<string, string>>> = {
  triangular: "1",
  triangular2: "½^floor(k/n)",
  exp_range: "gamma^k",
};

/** One scheduler after the other; each starts anew at its milestone. */
const sequential: Scheduler = (request, settings) => {
  const milestones = settings.numbers("milestones") ?? [];
  const courses = settings.list("schedulers").map((part) => partOf(part, request));
  if (courses.length === 0) return without("schedulers", request);
  if (milestones.length !== courses.length - 1)
    return stops(
      "mismatch",
      ["milestones"],
      t`torch stops at the start: there must be one milestone fewer than schedulers, not ${milestones.length} for ${courses.length}`,
    );
  const pieces: Piece[] = [];
  for (const [index, course] of courses.entries()) {
    if ("refusal" in course) return course;
    pieces.push(...delayed(course, milestones[index - 1] ?? 0, milestones[index]));
  }
  return { symbols: symbolsOf(request), pieces, groups: "own" };
};

/** A scheduler by its name, with its settings in `kwargs`. */
function partOf(part: Argument, request: ScheduleRequest): Course | Refusal {
  const { text, mapping } = settingsFrom(part);
  const name = text("name", "").split(".").at(-1) ?? "";
  const scheduler = named(torchSchedulers, name);
  return scheduler
    ? scheduler({ ...request, name }, settingsFrom(mapping("kwargs")))
    : refuse(t`the curve of the schedule "${name}" is not known`);
}

function without(setting: string, { name }: ScheduleRequest): Refusal {
  return stops("lacking", [setting], t`torch stops at the start: ${name} needs ${setting}`);
}

/** No scheduler at all. */
const constant: Scheduler = (request) => ({ symbols: symbolsOf(request), pieces: [piece("stable", forever, "P")] });

/** By the names of their classes. */
export const torchSchedulers: Readonly<Partial<Record<string, Scheduler>>> = {
  constant,
  CosineAnnealingLR: cosineAnnealing,
  CosineAnnealingWarmRestarts: cosineAnnealingWarmRestarts,
  OneCycleLR: oneCycle,
  LinearLR: linear,
  ConstantLR: constantFactor,
  StepLR: step,
  MultiStepLR: multiStep,
  ExponentialLR: exponential,
  PolynomialLR: polynomial,
  CyclicLR: cyclic,
  SequentialLR: sequential,
  ReduceLROnPlateau: byMetric,
};
