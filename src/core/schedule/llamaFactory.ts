import { huggingFaceCourse } from "./huggingFace.ts";
import type { CourseAnswer, ScheduleRequest } from "./scheduler.ts";

/**
 * The course of LLaMA-Factory's `lr_scheduler_type`, which is transformers'; but of warmup_stable_decay a third of what follows
 * the warmup is stable and the rest decays where nothing else is said. Source: train/trainer_utils.py, create_custom_scheduler,
 * at ff6d4d12.
 */
export function llamaFactoryCourse(request: ScheduleRequest): CourseAnswer {
  if (request.name !== "warmup_stable_decay") return huggingFaceCourse(request);
  const rest = request.total - request.warmup;
  const stable = Math.floor(rest / 3);
  const settings = { num_stable_steps: stable, num_decay_steps: rest - stable, ...request.settings };
  return huggingFaceCourse({ ...request, settings });
}
