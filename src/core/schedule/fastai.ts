import { type Course, forever, mostCycles, type PhaseName, type Piece, piece } from "./course.ts";
import {
  type CourseAnswer,
  courseAmong,
  type ScheduleRequest,
  type Scheduler,
  type Settings,
  symbolsOf,
} from "./scheduler.ts";

// fastai/callback/schedule.py at ba7a7c12. It tells the parts of a run apart in float32.

/** The course of one of fastai's ways to fit, by the name of its method. */
export function fastaiCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong(fastaiSchedulers, request);
}

/** Half a cosine from rate `a` to rate `b` over a stretch of the run. */
function annealing(phase: PhaseName, total: number, { from, to }: Stretch, a: number, b: number): Piece {
  const formula = "a + (1 + cos(π·(1 − x)))·(b − a)/2, x = float32(float32(float32(k/T) − from)/length)";
  return piece(phase, total * to, formula, { from, length: Math.fround(to - from), a, b });
}

/** Shares of the run. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Stretches of these lengths, one after the other. */
function stretches(lengths: readonly number[]): readonly Stretch[] {
  let end = 0;
  return lengths.map((length) => {
    const from = end;
    end = Math.fround(end + Math.fround(length));
    return { from, to: end };
  });
}

const whole: Stretch = { from: 0, to: 1 };

/** Up over `pct_start` of the run from the peak divided by `div`, then down to the peak divided by `div_final`. */
function cycle(request: ScheduleRequest, settings: Settings, share: number, divisor: number): Course {
  const { peak, total } = request;
  const top = settings.number("pct_start", share);
  const least = peak / settings.number("div_final", 1e5);
  const [up = whole, down = whole] = stretches([top, 1 - top]);
  return {
    symbols: symbolsOf({ ...request, warmup: top * total }),
    pieces: [
      annealing("warmup", total, up, peak / settings.number("div", divisor), peak),
      annealing("decay", total, down, peak, least),
      piece("floor", forever, "least", { least }),
    ],
  };
}

const oneCycle: Scheduler = (request, settings) => cycle(request, settings, 0.25, 25);

/** The phase after the head was trained alone, whose peak is half of `base_lr`. */
const fineTune: Scheduler = (request, settings) => cycle(request, settings, 0.3, 5);

/** The peak for `pct_start` of the run, then half a cosine. */
const flatCosine: Scheduler = (request, settings) => {
  const { peak, total } = request;
  const share = settings.number("pct_start", 0.75);
  const least = peak / settings.number("div_final", 1e5);
  const [flat = whole, down = whole] = stretches([share, 1 - share]);
  return {
    symbols: symbolsOf(request),
    pieces: [
      piece("stable", total * flat.to, "P"),
      annealing("decay", total, down, peak, least),
      piece("floor", forever, "least", { least }),
    ],
  };
};

/** Half a cosine to zero, `n_cycles` times, each `cycle_mult` times as long as the one before. */
const warmRestarts: Scheduler = (request, settings) => {
  const factor = settings.number("cycle_mult", 2);
  const lengths = Array.from(
    { length: Math.min(mostCycles, settings.number("n_cycles", 1)) },
    (_, cycle) => settings.number("cycle_len", 1) * factor ** cycle,
  );
  const epochs = lengths.reduce((sum, length) => sum + length, 0);
  const cycles = stretches(lengths.map((length) => length / epochs)).map((stretch) =>
    annealing("cycle", request.total, stretch, request.peak, 0),
  );
  return { symbols: symbolsOf(request), pieces: [...cycles, piece("floor", forever, "0")] };
};

/** By the names of their methods. */
export const fastaiSchedulers: Readonly<Partial<Record<string, Scheduler>>> = {
  fit_one_cycle: oneCycle,
  fine_tune: fineTune,
  fit_flat_cos: flatCosine,
  fit_sgdr: warmRestarts,
};
