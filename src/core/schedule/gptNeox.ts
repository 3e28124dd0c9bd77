import { t } from "../language.ts";
import { forever, type PhaseName, piece } from "./course.ts";
import {
  type CourseAnswer,
  courseAmong,
  type ScheduleRequest,
  type Scheduler,
  type Settings,
  symbolsOf,
} from "./scheduler.ts";

// GPT-NeoX, megatron/learning_rates.py at ea7aefd8.

/** The course of GPT-NeoX's `lr_decay_style`, over `lr_decay_iters` or the share `lr_decay_fraction` of the run. */
export function gptNeoxCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong(gptNeoxSchedulers, request);
}

function annealing(formula: string, after: PhaseName): Scheduler {
  return (request, settings) => {
    const end = decayEnd(request, settings);
    const { warmup, total } = request;
    return {
      symbols: { ...symbolsOf(request), N: end, m: settings.number("min_lr", 0) },
      pieces: [
        ...(warmup > 0 ? [piece("warmup", Math.floor(warmup) + 1, "P·max(1, k)/W")] : []),
        piece("decay", end, `max(m, ${formula})`),
        piece(after, forever, `max(m, ${formula})`),
      ],
      surprises: [
        ...(warmup > 0 ? [t`the first two updates apply the same rate`] : []),
        ...(after === "rise" && end < total ? [t`the rate rises again after update ${end}, where its decay ends`] : []),
      ],
    };
  };
}

function decayEnd({ total }: ScheduleRequest, settings: Settings): number {
  const share = settings.number("lr_decay_fraction");
  return settings.number("lr_decay_iters") ?? (share === undefined ? total : Math.floor(total * share));
}

/** Stays at the peak. */
const constant: Scheduler = (request, settings) => ({
  symbols: { ...symbolsOf(request), m: settings.number("min_lr", 0) },
  pieces: [
    ...(request.warmup > 0 ? [piece("warmup", Math.floor(request.warmup) + 1, "P·max(1, k)/W")] : []),
    piece("stable", forever, "max(m, P)"),
  ],
  surprises: request.warmup > 0 ? [t`the first two updates apply the same rate`] : [],
});

/** By the values of `lr_decay_style`. */
export const gptNeoxSchedulers: Readonly<Partial<Record<string, Scheduler>>> = {
  cosine: annealing("m + (P − m)·½·(cos(π·(k − W)/(N − W)) + 1)", "rise"),
  linear: annealing("P·(N − k)/(N − W)", "floor"),
  exponential: annealing("P·exp(−0.693·(k − W)/(N − W))", "decay"),
  constant,
};
