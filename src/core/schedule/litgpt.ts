import { t } from "../language.ts";
import { forever, piece } from "./course.ts";
import {
  type CourseAnswer,
  courseAmong,
  refuse,
  type ScheduleRequest,
  type Scheduler,
  stops,
  symbolsOf,
} from "./scheduler.ts";
import { warmedUp } from "./warmedUp.ts";

/** LitGPT's finetuning: a linear warmup, then torch's cosine to zero; litgpt/finetune/lora.py at 26857050. */
export function litgptFinetuneCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong({ [request.name]: litgptFinetuning }, request);
}

/** The only scheduler of finetuning; it has no floor, whatever `min_lr` says. */
const litgptFinetuning: Scheduler = (request) => {
  if (request.warmup === 0) {
    return stops("no-warmup", [], t`LitGPT stops at the start: it divides by lr_warmup_steps, which is 0`);
  }
  return warmedUp(request, [piece("decay", forever, "P·½·(1 + cos(π·(k − W)/(T − W)))")]);
};

/**
 * LitGPT's pretraining: a linear warmup, then a cosine to `min_lr`; litgpt/pretrain.py at 26857050. It counts forward passes, of
 * which the last one of update k is (k + 1)·a − 1.
 */
export function litgptPretrainCourse(request: ScheduleRequest): CourseAnswer {
  return courseAmong({ [request.name]: litgptPretraining }, request);
}

/** The only scheduler of pretraining. */
export const litgptPretraining: Scheduler = (request, settings) => {
  const { accumulation, passes } = request.run;
  const perUpdate = accumulation ?? 1;
  const warmup = request.warmup * perUpdate;
  const total = passes ?? request.total * perUpdate;
  const floor = settings.number("min_lr", 4e-5);
  if (warmup > total) return refuse(t`the warmup is longer than the run`);
  const pass = ", i = (k + 1)·a − 1";
  const updatesTo = (passesBefore: number) => (passesBefore + 1) / perUpdate - 1;
  return {
    symbols: { ...symbolsOf(request), a: perUpdate, V: warmup, M: total, m: floor },
    pieces: [
      piece("warmup", updatesTo(warmup), `P·i/V${pass}`),
      piece("decay", updatesTo(total + 1), `m + ½·(1 + cos(π·(i − V)/(M − V)))·(P − m)${pass}`),
      piece("floor", forever, "m"),
    ],
    surprises: floor > request.peak ? [t`min_lr ${floor} is above the peak: the rate rises after the warmup`] : [],
    groups: "same",
  };
};
