import type { Mistake } from "../mistake.ts";
import { fileMistakes } from "./files.ts";
import { learningRateMistakes } from "./lr.ts";

export const mistakes: readonly Mistake[] = [...learningRateMistakes, ...fileMistakes];
