import type { Mistake } from "../mistake.ts";
import { durationMistakes } from "./duration.ts";
import { fileMistakes } from "./files.ts";
import { loraMistakes } from "./lora.ts";
import { learningRateMistakes } from "./lr.ts";
import { scheduleMistakes } from "./schedule.ts";

export const mistakes: readonly Mistake[] = [
  ...learningRateMistakes,
  ...scheduleMistakes,
  ...durationMistakes,
  ...loraMistakes,
  ...fileMistakes,
];
