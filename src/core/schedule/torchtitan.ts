import { forever, piece } from "./course.ts";
import { type CourseAnswer, courseAmong, type ScheduleRequest, type Scheduler, symbolsOf } from "./scheduler.ts";

// torchtitan/components/optimizer/lr_scheduler.py at b5bcd76c.

/** The course of torchtitan's `decay_type`: warmup, the peak, and a decay over the share `decay_ratio` of the run. */
export function torchtitanCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong(torchtitanSchedulers, request);
}

/** One update is added to the run, so that the last one that there is does not apply the end of the decay. */
function decaying(down: string): Scheduler {
  return (request, settings) => {
    const { total } = request;
    const warmup = Math.min(request.warmup, total);
    const share = settings.number("decay_ratio");
    const decay = Math.min(share === undefined ? total : roundHalfToEven(total * share), total - warmup);
    const start = total + 1 - decay;
    return {
      symbols: {
        ...symbolsOf({ ...request, warmup }),
        m: settings.number("min_lr_factor", 0),
        S: start,
        D: decay,
      },
      pieces: [
        piece("warmup", warmup, "P·(k + 1)/W"),
        piece("stable", start, "P"),
        piece("decay", total, `P·(m + (1 − m)·(${down})), x = (k + 1 − S)/D`),
        piece("floor", forever, "P·m"),
      ],
    };
  };
}

/** As Python rounds. */
function roundHalfToEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** By the values of `decay_type`. */
export const torchtitanSchedulers: Readonly<Partial<Record<string, Scheduler>>> = {
  linear: decaying("1 − x"),
  sqrt: decaying("1 − √(x)"),
  cosine: decaying("½·(1 + cos(π·x))"),
};
