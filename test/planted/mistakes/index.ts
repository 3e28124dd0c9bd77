import type { Mistake } from "../mistake.ts";
import { batchMistakes } from "./batch.ts";
import { deepspeedMistakes } from "./deepspeed.ts";
import { fileMistakes } from "./files.ts";
import { keyMistakes } from "./keys.ts";
import { learningRateMistakes } from "./lr.ts";

export const mistakes: readonly Mistake[] = [
  ...learningRateMistakes,
  ...batchMistakes,
  ...deepspeedMistakes,
  ...keyMistakes,
  ...fileMistakes,
];
