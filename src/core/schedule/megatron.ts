import { t } from "../language.ts";
import { named } from "../named.ts";
import { type Course, forever, type Piece, piece } from "./course.ts";
import type { Symbols } from "./formula.ts";
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

// megatron/core/optimizer_param_scheduler.py at d98e8a64. It counts samples, which all updates have as many of.

/** The course of Megatron's `lr_decay_style`, also by the names of frameworks built on it. */
export function megatronCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong(megatronSchedulers, request);
}

/** The first setting that is there of those that mean the same. */
function firstOf(settings: Settings, ...names: readonly string[]): number | undefined {
  return names.map((name) => settings.number(name)).find((value) => value !== undefined);
}

/** A linear warmup, `styles` until the decay ends, and the floor. */
function annealed(
  request: ScheduleRequest,
  settings: Settings,
  styles: (end: number) => readonly Piece[],
  own: Symbols = {},
): Course | Refusal {
  const { peak, warmup, total } = request;
  const end = firstOf(settings, "lr_decay_iters", "lr_decay_steps") ?? total;
  const floor = settings.number("min_lr", 0);
  const start = firstOf(settings, "lr_warmup_init", "init_lr") ?? 0;
  if (floor > peak) {
    return stops("floor", ["min_lr"], t`Megatron stops at the start: min_lr ${floor} is above the learning rate`);
  }
  if (start > peak) {
    return stops(
      "start",
      ["lr_warmup_init", "init_lr"],
      t`Megatron stops at the start: the warmup begins above the learning rate, at ${start}`,
    );
  }
  if (warmup >= end) {
    return stops("long-warmup", [], t`Megatron stops at the start: the warmup is not shorter than the decay`);
  }
  return {
    symbols: { ...symbolsOf(request), N: end, m: floor, i: start, ...own },
    pieces: [
      ...(warmup > 0 ? [piece("warmup", Math.floor(warmup) + 1, "i + (P − i)·k/W")] : []),
      ...styles(end),
      piece("floor", forever, "m"),
    ],
    surprises: [
      ...(warmup > 0 && start === 0 ? [t`the first update applies a rate of 0`] : []),
      ...(end < total ? [t`the decay ends after ${end} updates; the rest runs at ${floor}`] : []),
    ],
    groups: "own",
  };
}

function decaying(formula: string): Scheduler {
  return (request, settings) => annealed(request, settings, (end) => [piece("decay", Math.floor(end) + 1, formula)]);
}

/** Stays at the peak after the warmup. */
const constant: Scheduler = (request, settings) => annealed(request, settings, () => [piece("stable", forever, "P")]);

/** Stays at the peak until the last updates. */
const warmupStableDecay: Scheduler = (request, settings) => {
  const length = firstOf(settings, ...wsdLengths);
  if (length === undefined) {
    return stops("lacking", wsdLengths, t`Megatron stops at the start: WSD needs lr_wsd_decay_iters`);
  }
  const down = named(wsdStyles, settings.text("lr_wsd_decay_style", "exponential"));
  if (!down) {
    return stops(
      "value",
      ["lr_wsd_decay_style"],
      t`Megatron stops at the start: lr_wsd_decay_style is exponential, linear, cosine or minus_sqrt`,
    );
  }
  return annealed(
    request,
    settings,
    (end) => [
      piece("stable", Math.floor(end - length) + 1, "P"),
      piece("decay", Math.floor(end) + 1, `m + (P − m)·(${down}), x = (k − N + D)/D`),
    ],
    { D: length },
  );
};

/** The names of one setting in frameworks built on Megatron. */
const wsdLengths = ["lr_wsd_decay_iters", "lr_wsd_decay_steps", "wsd_decay_steps"];

const wsdStyles: Readonly<Partial<Record<string, string>>> = {
  linear: "1 − x",
  cosine: "½·(cos(π·x) + 1)",
  exponential: "2·½^x − 1",
  minus_sqrt: "1 − √(x)",
};

/** By the values of `lr_decay_style`. */
export const megatronSchedulers: Readonly<Partial<Record<string, Scheduler>>> = {
  cosine: decaying("m + (P − m)·½·(cos(π·(k − W)/(N − W)) + 1)"),
  linear: decaying("m + (P − m)·(1 − (k − W)/(N − W))"),
  "inverse-square-root": decaying("max(m, P·√(max(W, 1))/√(max(k, 1)))"),
  WSD: warmupStableDecay,
  constant,
};
