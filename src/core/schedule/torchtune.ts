import { t } from "../language.ts";
import { formatCount } from "../units.ts";
import { forever, piece } from "./course.ts";
import { type CourseAnswer, courseAmong, type ScheduleRequest, type Scheduler, symbolsOf } from "./scheduler.ts";
import { warmedUpWaves } from "./warmedUp.ts";

/** The course of torchtune's `lr_scheduler`, by the last part of its component; torchtune/training/lr_schedulers.py at bd2a0fc7. */
export function torchtuneCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong(torchtuneSchedulers, { ...request, name: request.name.split(".").at(-1) ?? "" });
}

/**
 * GRPO gives it the batches of all epochs, but steps it with every update, of which `num_steps` may end the run before. Source:
 * torchtune, recipes/dev/grpo_full_finetune_distributed.py.
 */
const cosine: Scheduler = (request, settings) => {
  const { total, run } = request;
  const cycles = settings.number("num_cycles");
  if (!("batchesAnswered" in run)) return warmedUpWaves(request, cycles);
  const { batchesAnswered } = run;
  const course = warmedUpWaves({ ...request, total: batchesAnswered ?? total }, cycles);
  if (batchesAnswered === total) return course;
  const what =
    batchesAnswered === undefined
      ? t`the cosine spans the batches of all epochs, which are not known without the samples: it is drawn to the end of the run`
      : t`the cosine spans the ${formatCount(batchesAnswered)} batches of all epochs, not the ${formatCount(total)} updates of the run`;
  return { ...course, surprises: [...(course.surprises ?? []), what] };
};

/** Recipes without an `lr_scheduler`. */
const constant: Scheduler = (request) => ({ symbols: symbolsOf(request), pieces: [piece("stable", forever, "P")] });

/** By the last parts of their components. */
export const torchtuneSchedulers: Readonly<Partial<Record<string, Scheduler>>> = {
  constant,
  get_cosine_schedule_with_warmup: cosine,
};
