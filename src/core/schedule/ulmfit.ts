import { forever, piece } from "./course.ts";
import { type CourseAnswer, courseAmong, type ScheduleRequest, type Scheduler, symbolsOf } from "./scheduler.ts";

/**
 * ULMFiT's slanted triangle (arXiv 1801.06146, section 3.2) as AllenNLP has it (slanted_triangular.py at 80fb6061): up over the
 * share `cut_frac` of the run and slowly down again, from and to the peak divided by `ratio`.
 */
export function ulmfitCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong({ slanted_triangular: slantedTriangular }, request);
}

/** The only scheduler of the family. */
export const slantedTriangular: Scheduler = (request, settings) => {
  const cut = Math.trunc(request.total * settings.number("cut_frac", 0.1));
  const formula = "P·(1 + p·(ratio − 1))/ratio";
  return {
    symbols: { ...symbolsOf({ ...request, warmup: cut }), ratio: settings.number("ratio", 32) },
    pieces: [
      piece("warmup", cut, `${formula}, p = k/W`),
      piece("decay", forever, `${formula}, p = 1 − (k − W)/(T − W)`),
    ],
  };
};
