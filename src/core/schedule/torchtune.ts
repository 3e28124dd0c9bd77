import { forever, piece } from "./course.ts";
import { type CourseAnswer, courseAmong, type ScheduleRequest, type Scheduler, symbolsOf } from "./scheduler.ts";
import { warmedUpWaves } from "./warmedUp.ts";

/** The course of torchtune's `lr_scheduler`, by the last part of its component; torchtune/training/lr_schedulers.py at bd2a0fc7. */
export function torchtuneCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong(torchtuneSchedulers, { ...request, name: request.name.split(".").at(-1) ?? "" });
}

const cosine: Scheduler = (request, settings) => warmedUpWaves(request, settings.number("num_cycles"));

/** Recipes without an `lr_scheduler`. */
const constant: Scheduler = (request) => ({ symbols: symbolsOf(request), pieces: [piece("stable", forever, "P")] });

/** By the last parts of their components. */
export const torchtuneSchedulers: Readonly<Partial<Record<string, Scheduler>>> = {
  constant,
  get_cosine_schedule_with_warmup: cosine,
};
