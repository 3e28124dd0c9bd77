import { type Answer, missing } from "../answer.ts";
import type { ScheduleFamily } from "../plan/plan.ts";
import type { Course, ScheduleRequest } from "./course.ts";
import { huggingFaceCourse } from "./huggingFace.ts";

/** The course of a framework's schedule, or the reason why it cannot be told. */
export function courseOf(family: ScheduleFamily, request: ScheduleRequest): Answer<Course> {
  return (families[family] ?? unknownFamily)(request);
}

type Family = (request: ScheduleRequest) => Answer<Course>;

const families: Readonly<Partial<Record<ScheduleFamily, Family>>> = {
  huggingface: huggingFaceCourse,
  axolotl: huggingFaceCourse,
};

const unknownFamily: Family = ({ name }) => missing(`the curve of the schedule "${name}" is not known`);
