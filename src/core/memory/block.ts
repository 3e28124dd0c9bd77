import { type Answer, known, missing } from "../answer.ts";
import type { Architecture } from "../models/architecture.ts";

/** Whether the step of a model can be followed operation by operation, or why not. */
export function followed(architecture: Architecture): Answer<true> {
  const { attention, blocks, family, type, nonTextParameters, linears } = architecture;
  if (nonTextParameters > 0) return missing(`what ${family} models see or hear is not counted yet`);
  if (encoders.has(type)) return missing(`the memory of ${family} models, which are encoders, is not counted yet`);
  const [other] = blocks.filter(({ kind }) => kind !== "attention");
  if (other)
    return missing(
      `the memory of ${family} models is not counted yet: they have blocks of ${other.kind.replaceAll("-", " ")}`,
    );
  const lowRank = linears.some(({ name }) => /^[qo]_[ab]_proj$/.test(name));
  if (attention.kind !== "grouped" || lowRank)
    return missing(`the memory of ${family}'s latent attention is not counted yet`);
  const unknownBlock = blocks.some(({ feedForward }) => feedForward === null);
  if (unknownBlock || linears.length === 0) return missing(`the blocks of ${family} models are not known in detail`);
  return known(true);
}

const encoders = new Set([
  "bert",
  "mpnet",
  "roberta",
  "xlm-roberta",
  "deberta-v2",
  "modernbert",
  "distilbert",
  "t5",
  "mt5",
]);
