import type { Answer } from "../answer.ts";
import type { Course } from "./course.ts";
import { huggingFaceCourse } from "./huggingFace.ts";
import type { ScheduleRequest } from "./scheduler.ts";

/**
 * The course of open-instruct's `lr_scheduler_type`, with transformers' formulas (open_instruct/finetune.py at e6c3044a).
 * accelerate steps the scheduler as many times per update as there are processes, for which the run is made as many times as
 * long; `final_lr_ratio` prolongs a linear decay so that the run ends at that share of the peak.
 */
export function openInstructCourse(request: ScheduleRequest): Answer<Course> {
  const { final_lr_ratio: ratio, ...settings } = request.settings;
  const { warmup, total } = request;
  if (request.name !== "linear" || typeof ratio !== "number") return huggingFaceCourse({ ...request, settings });
  return huggingFaceCourse({ ...request, settings, total: (total - ratio * warmup) / (1 - ratio) });
}
