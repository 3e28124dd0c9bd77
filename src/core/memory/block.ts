import { type Answer, known, missing } from "../answer.ts";
import { t } from "../language.ts";
import type { Architecture } from "../models/architecture.ts";
import type { BlockSetting } from "./blockTape.ts";
import { decoderTape } from "./decoderTape.ts";

/**
 * Whether the step of a model can be followed operation by operation, or why not. The operations of every block must have all of
 * its parameters, but for biases and the like: what is left over would be computed in a way that is not known.
 */
export function followed(architecture: Architecture): Answer<true> {
  const answer = answers.get(architecture) ?? follow(architecture);
  answers.set(architecture, answer);
  return answer;
}

const answers = new WeakMap<Architecture, Answer<true>>();

function follow(architecture: Architecture): Answer<true> {
  const { family, type, blocks, hidden } = architecture;
  const whole = blocks.every((group) => {
    const bytes = decoderTape(architecture, { group, windowed: false }, everyWeight).weightGradientBytes();
    return Math.abs(bytes - group.parameters) < Math.max(0.01 * group.parameters, biases * hidden);
  });
  if (!whole || severalStreams.has(type)) {
    return missing(t`the blocks of ${family} models are not known in detail`);
  }
  return known(true);
}

/** The widths that a block's biases come to: of queries, keys, values and output, four of the MLP and its output, and some more. */
const biases = 12;

/** One token through a block whose every weight is trained, with a byte per value. */
export const everyWeight: BlockSetting = {
  tokens: 1,
  sequenceLength: 1,
  weight: 1,
  norm: 1,
  residual: 1,
  compute: 1,
  autocast: false,
  trained: true,
  quantized: false,
  attention: "flash",
  expertCopy: 0,
  fusedNorms: false,
  fusedMlp: false,
  ownActivations: false,
  repeatsKeys: false,
  flashKernels: true,
  keepsQuantizedInputs: false,
  gatherers: 1,
  adapters: null,
  adapted: new Set(),
};

/** Models whose blocks pass on more than one vector per token. */
const severalStreams = new Set(["gemma3n", "gemma3n_text", "deepseek_v4"]);
