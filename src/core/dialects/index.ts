import type { ConfigDocument } from "../text/document.ts";
import { axolotl } from "./axolotl.ts";
import type { Dialect } from "./dialect.ts";
import { huggingFace } from "./huggingFace.ts";
import { llamaFactory } from "./llamaFactory.ts";

/** All dialects; where several know a document equally well, the first wins. */
export const dialects: readonly Dialect[] = [llamaFactory, axolotl, huggingFace];

const telltale = new RegExp(`(?<![\\w-])(?:${dialects.flatMap((dialect) => dialect.telltales).join("|")})["']?\\s*:`);

/** A quick look that rules out nearly every file that is no training config, without parsing it. */
export function mayTrain(text: string): boolean {
  return telltale.test(text);
}

/** The dialect that is surest of `document`, and how sure it is; undefined when none knows it. */
export function detectDialect(document: ConfigDocument): { dialect: Dialect; confidence: number } | undefined {
  let best: { dialect: Dialect; confidence: number } | undefined;
  for (const dialect of dialects) {
    const confidence = dialect.detect(document);
    if (confidence > (best?.confidence ?? 0)) best = { dialect, confidence };
  }
  return best;
}
