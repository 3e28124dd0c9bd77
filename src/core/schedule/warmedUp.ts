import { type Course, type Piece, piece } from "./course.ts";
import type { Symbols } from "./formula.ts";
import { type ScheduleRequest, symbolsOf } from "./scheduler.ts";

/** From zero to the peak in a straight line; the first update applies nothing. */
export function linearWarmup({ warmup }: Pick<ScheduleRequest, "warmup">): Piece {
  return piece("warmup", warmup, "P·k/W");
}

export const firstUpdateIsLost = "the first update applies a rate of 0";

/** A linear warmup from zero and what follows it. */
export function warmedUp(request: ScheduleRequest, after: readonly Piece[], own: Symbols = {}): Course {
  return {
    symbols: { ...symbolsOf(request), ...own },
    pieces: [linearWarmup(request), ...after],
    ...(request.warmup > 0 ? { surprises: [firstUpdateIsLost] } : {}),
  };
}

/** A linear warmup and `cycles` waves of a cosine from the peak to the share `m` of it; they go on after the end of the run. */
export function warmedUpWaves(request: ScheduleRequest, cycles = 0.5): Course {
  const formula = "P·max(0, ½·(1 + cos(2·π·num_cycles·(k − W)/max(1, T − W))))";
  return warmedUp(request, [piece("decay", Number.POSITIVE_INFINITY, formula)], { num_cycles: cycles });
}
