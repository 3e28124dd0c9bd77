import { missing } from "../answer.ts";
import { t } from "../language.ts";
import type { ScheduleFamily } from "../plan/plan.ts";
import { axolotlCourse } from "./axolotl.ts";
import { composerCourse } from "./composer.ts";
import { deepspeedCourse } from "./deepspeed.ts";
import { fastaiCourse } from "./fastai.ts";
import { gptNeoxCourse } from "./gptNeox.ts";
import { huggingFaceCourse } from "./huggingFace.ts";
import { litgptFinetuneCourse, litgptPretrainCourse } from "./litgpt.ts";
import { llamaFactoryCourse } from "./llamaFactory.ts";
import { ludwigCourse } from "./ludwig.ts";
import { megatronCourse } from "./megatron.ts";
import { mlxCourse } from "./mlx.ts";
import { nanotronCourse } from "./nanotron.ts";
import { nemoCourse } from "./nemo.ts";
import { olmoCourse } from "./olmo.ts";
import { openInstructCourse } from "./openInstruct.ts";
import type { CourseAnswer, ScheduleRequest } from "./scheduler.ts";
import { textbookCourse } from "./textbook.ts";
import { torchCourse } from "./torch.ts";
import { torchtitanCourse } from "./torchtitan.ts";
import { torchtuneCourse } from "./torchtune.ts";
import { ulmfitCourse } from "./ulmfit.ts";
import { verlCourse } from "./verl.ts";

/** The course of a framework's schedule, or the reason why it cannot be told. */
export function courseOf(family: ScheduleFamily, request: ScheduleRequest): CourseAnswer {
  return families[family](request);
}

const families: Readonly<Record<ScheduleFamily, (request: ScheduleRequest) => CourseAnswer>> = {
  huggingface: huggingFaceCourse,
  axolotl: axolotlCourse,
  llamafactory: llamaFactoryCourse,
  "open-instruct": openInstructCourse,
  deepspeed: deepspeedCourse,
  torch: torchCourse,
  torchtune: torchtuneCourse,
  "litgpt-finetune": litgptFinetuneCourse,
  "litgpt-pretrain": litgptPretrainCourse,
  composer: composerCourse,
  olmo: olmoCourse,
  "gpt-neox": gptNeoxCourse,
  megatron: megatronCourse,
  nemo: nemoCourse,
  nanotron: nanotronCourse,
  torchtitan: torchtitanCourse,
  verl: verlCourse,
  mlx: mlxCourse,
  ludwig: ludwigCourse,
  ulmfit: ulmfitCourse,
  fastai: fastaiCourse,
  textbook: textbookCourse,
  unknown: ({ name }) => missing(t`the curve of the schedule "${name}" is not known`),
};
