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

/** A document, the dialect that knows it, and how sure that is. */
export interface Detected {
  readonly document: ConfigDocument;
  readonly dialect: Dialect;
  readonly confidence: number;
}

/** The dialect and document that go together best; undefined when no dialect knows any of `documents`. */
export function detectDialect(documents: readonly ConfigDocument[]): Detected | undefined {
  let best: Detected | undefined;
  for (const document of documents) {
    for (const dialect of dialects) {
      const confidence = dialect.detect(document);
      if (confidence > (best?.confidence ?? 0)) best = { document, dialect, confidence };
    }
  }
  return best;
}
