import { type Answer, known, missing } from "../answer.ts";
import { type Architecture, keyValueWidth, queryWidth } from "../models/architecture.ts";

/** What the memory of a block of Llama's kind depends on: grouped attention, a gated MLP, two RMSNorms. */
export interface LlamaBlock {
  readonly heads: number;
  readonly queryWidth: number;
  readonly keyValueWidth: number;
  readonly intermediate: number;
}

/** The block that all of the model is made of, if it is of Llama's kind. */
export function llamaBlock(architecture: Architecture): Answer<LlamaBlock> {
  const { attention, blocks, linears, norm, residual, nonTextParameters, family } = architecture;
  const [group, ...others] = blocks;
  const feedForward = group?.feedForward;
  if (
    attention.kind !== "grouped" ||
    feedForward?.kind !== "dense" ||
    !feedForward.gated ||
    norm.kind !== "rms" ||
    norm.perBlock !== 2 ||
    residual !== "sequential" ||
    nonTextParameters > 0 ||
    others.length > 0 ||
    !["q_proj", "gate_proj"].every((name) => linears.some((linear) => linear.name === name))
  ) {
    return missing(`the memory of ${family} models is not known yet: their blocks differ from Llama's`);
  }
  return known({
    heads: attention.heads,
    queryWidth: queryWidth(attention),
    keyValueWidth: keyValueWidth(attention),
    intermediate: feedForward.intermediate,
  });
}
