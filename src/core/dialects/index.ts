import type { ConfigDocument } from "../text/document.ts";
import { accelerate } from "./accelerate.ts";
import { autoTrain } from "./autoTrain.ts";
import { axolotl } from "./axolotl.ts";
import { deepspeed } from "./deepspeed.ts";
import type { Dialect } from "./dialect.ts";
import { fsdpConfig } from "./fsdpConfig.ts";
import { generic } from "./generic.ts";
import { glmDemo } from "./glmDemo.ts";
import { gptNeox } from "./gptNeox.ts";
import { huggingFace } from "./huggingFace.ts";
import { litgpt } from "./litgpt.ts";
import { llamaFactory } from "./llamaFactory.ts";
import { llamaFactoryV1 } from "./llamaFactoryV1.ts";
import { llmFoundry } from "./llmFoundry.ts";
import { ludwig } from "./ludwig.ts";
import { mistralFinetune } from "./mistralFinetune.ts";
import { mlxLm } from "./mlxLm.ts";
import { msSwift } from "./msSwift.ts";
import { nanotron } from "./nanotron.ts";
import { nemo } from "./nemo.ts";
import { nemoAutomodel } from "./nemoAutomodel.ts";
import { nemoRl } from "./nemoRl.ts";
import { olmo } from "./olmo.ts";
import { openInstruct } from "./openInstruct.ts";
import { oumi } from "./oumi.ts";
import { peftAdapter } from "./peftAdapter.ts";
import { peftBenchmark } from "./peftBenchmark.ts";
import { torchtune } from "./torchtune.ts";
import { unsloth } from "./unsloth.ts";
import { verl } from "./verl.ts";

/** All dialects; where several know a document equally well, the first wins. */
export const dialects: readonly Dialect[] = [
  peftAdapter,
  torchtune,
  accelerate,
  gptNeox,
  deepspeed,
  nanotron,
  verl,
  nemoRl,
  nemoAutomodel,
  oumi,
  unsloth,
  ludwig,
  autoTrain,
  litgpt,
  llmFoundry,
  olmo,
  mlxLm,
  nemo,
  glmDemo,
  mistralFinetune,
  llamaFactoryV1,
  llamaFactory,
  msSwift,
  axolotl,
  openInstruct,
  huggingFace,
  fsdpConfig,
  peftBenchmark,
  generic,
];

const telltales = new Set(dialects.flatMap((dialect) => dialect.telltales));

/** Matches a text with a key that some training configs have, and few other files. */
export const telltale = new RegExp(`(?<![\\w-])(?:${[...telltales].join("|")})["']?\\s*:`);

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
      if (best?.confidence === 1) return best;
    }
  }
  return best;
}
