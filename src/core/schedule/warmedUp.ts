import { t } from "../language.ts";
import { type Course, forever, type Piece, piece } from "./course.ts";
import type { Symbols } from "./formula.ts";
import { type ScheduleRequest, symbolsOf } from "./scheduler.ts";

/** From zero to the peak, or to another top, in a straight line; the first update applies nothing. */
export function linearWarmup({ warmup }: Pick<ScheduleRequest, "warmup">, top = "P"): Piece {
  return piece("warmup", warmup, `${top}·k/W`);
}

export function firstUpdateIsLost(): string {
  return t`the first update applies a rate of 0`;
}

/** A linear warmup from zero and what follows it. */
export function warmedUp(request: ScheduleRequest, after: readonly Piece[], own: Symbols = {}, top = "P"): Course {
  return {
    symbols: { ...symbolsOf(request), ...own },
    pieces: [linearWarmup(request, top), ...after],
    ...(request.warmup > 0 ? { surprises: [firstUpdateIsLost()] } : {}),
  };
}

/** The share of what follows the warmup that is over, for formulas; nothing is divided by less than one. */
export function afterWarmup({ warmup, total }: Pick<ScheduleRequest, "warmup" | "total">, k = "k"): string {
  return total - warmup >= 1 ? `(${k} − W)/(T − W)` : `(${k} − W)`;
}

/** A linear warmup and `cycles` waves of a cosine from the peak; they go on after the end of the run. */
export function warmedUpWaves(request: ScheduleRequest, cycles = 0.5): Course {
  const wave = cycles === 0.5 ? "π" : "2·π·num_cycles";
  const formula = `P·½·(1 + cos(${wave}·${afterWarmup(request)}))`;
  return warmedUp(request, [piece("decay", forever, formula)], { num_cycles: cycles });
}
