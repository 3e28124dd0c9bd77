import { known } from "../answer.ts";
import { huggingFaceCourse } from "./huggingFace.ts";
import type { CourseAnswer, ScheduleRequest } from "./scheduler.ts";

/**
 * The course of open-instruct's `lr_scheduler_type`, with transformers' formulas (open_instruct/finetune.py at e6c3044a).
 * accelerate steps the scheduler once per process and update, over a run that is made as many times as long; the warmup is cut
 * to a whole number of those steps. `final_lr_ratio` prolongs a linear decay so that the run ends at that share of the peak.
 */
export function openInstructCourse({ settings, ...request }: ScheduleRequest): CourseAnswer {
  const { final_lr_ratio: floor, warmup_ratio: ratio, ...others } = settings;
  const processes = request.run.processes ?? 1;
  const warmup = typeof ratio === "number" ? Math.floor(request.total * processes * ratio) / processes : request.warmup;
  const prolonged = request.name === "linear" && typeof floor === "number";
  const total = prolonged ? (request.total - floor * warmup) / (1 - floor) : request.total;
  const course = huggingFaceCourse({ ...request, settings: others, warmup, total });
  return course.value && typeof floor === "number" && !prolonged
    ? known({ ...course.value, ignored: [...(course.value.ignored ?? []), "final_lr_ratio"] })
    : course;
}
