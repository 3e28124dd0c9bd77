import type { Mistake } from "../mistake.ts";
import { batchMistakes } from "./batch.ts";
import { dataMistakes } from "./data.ts";
import { deepspeedMistakes } from "./deepspeed.ts";
import { fileMistakes } from "./files.ts";
import { keyMistakes } from "./keys.ts";
import { loraMistakes } from "./lora.ts";
import { learningRateMistakes } from "./lr.ts";
import { memoryMistakes } from "./memory.ts";
import { optimizerMistakes } from "./optimizer.ts";
import { precisionMistakes } from "./precision.ts";
import { preferenceMistakes } from "./preference.ts";

export const mistakes: readonly Mistake[] = [
  ...learningRateMistakes,
  ...batchMistakes,
  ...deepspeedMistakes,
  ...keyMistakes,
  ...optimizerMistakes,
  ...precisionMistakes,
  ...loraMistakes,
  ...preferenceMistakes,
  ...dataMistakes,
  ...fileMistakes,
  ...memoryMistakes,
];
