import { t } from "../language.ts";
import { forever, piece } from "./course.ts";
import { type CourseAnswer, courseAmong, type ScheduleRequest, type Scheduler, symbolsOf } from "./scheduler.ts";

// nanotron/helpers.py, lr_scheduler_builder, at 2411b022.

/** The course of nanotron's `lr_decay_style`. */
export function nanotronCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong(nanotronSchedulers, request);
}

/** A warmup, the peak until `lr_decay_starting_step`, and a decay to `min_decay_lr`, which is the peak itself where not set. */
function decaying(down: string): Scheduler {
  return (request, settings) => {
    const { peak, warmup, total } = request;
    const starts = settings.number("lr_decay_starting_step");
    const start = starts ?? warmup;
    const length = settings.number("lr_decay_steps") ?? total - warmup - (starts ?? 0);
    const floor = settings.number("min_decay_lr", peak);
    const symbols = { ...symbolsOf(request), m: floor, S: start, D: length };
    if (warmup === 0 && length === 0) {
      return {
        symbols,
        pieces: [piece("stable", forever, "P·P")],
        surprises: [t`without warmup and decay nanotron multiplies the learning rate by itself`],
      };
    }
    const rises = settings.text("lr_warmup_style", "linear") === "linear";
    return {
      symbols,
      pieces: [
        piece("warmup", warmup + 1, rises ? "P·k/max(W, 1)" : "P"),
        piece("stable", start, "P"),
        piece("decay", start + length, `m + (P − m)·(${down}), x = (k − S)/D`),
        piece("floor", forever, "m"),
      ],
      surprises: [
        ...(rises ? [t`the first update applies a rate of 0`] : []),
        ...(floor === peak ? [t`nothing decays: min_decay_lr is the learning rate where it is not set`] : []),
        ...(start + length < total ? [t`the decay ends after ${start + length} updates, before the run does`] : []),
      ],
    };
  };
}

/** By the values of `lr_decay_style`. */
export const nanotronSchedulers: Readonly<Partial<Record<string, Scheduler>>> = {
  linear: decaying("1 − x"),
  cosine: decaying("½·(1 + cos(π·x))"),
  "1-sqrt": decaying("1 − √(x)"),
};
