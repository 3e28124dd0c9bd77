import { holdsAllLogits } from "../plan/plan.ts";
import { gibibyte } from "../units.ts";
import { type Allocated, bytesIn } from "./components.ts";
import type { Run } from "./run.ts";

/** The CUDA context with lazily loaded kernels on an A100, torch 2.1. Source: stas00/ml-engineering. */
export const contextBytes = 0.5 * gibibyte;

/** Two GPUs after the first barrier took 1.5 GiB more than one. Source: stas00/ml-engineering. */
export function communicatorBytes({ gpus }: Run): number {
  return gpus > 1 ? 1.5 * gibibyte : 0;
}

/** Memory that torch has taken from the device and not given back, beside what is allocated at the peak. */
interface Cached {
  readonly usual: number;
  readonly most: number;
}

/**
 * Blocks that are free but do not fit what comes next. What the two passes leave is of other sizes than what the optimizer's step
 * takes, so that most of both is there at once; within the passes a share of the activations, and of logits that are all there at
 * once, lies in gaps. The three shares are those of 128 measured runs on one, two and four A100 with packed sequences: half of them
 * are within 5 %, and 97 % below the most. Source: foundation-model-stack/fms-acceleration, a100_80gb.csv, nvidia-smi's figures.
 *
 * Batches of another length each time leave blocks that the next one cannot use: in 31 measured runs one to three times what the
 * passes take. Source: ms-swift 2.x, benchmark of its documentation, torch's reserved memory.
 */
export function cachedBytes(run: Run, moments: readonly Allocated[]): Cached {
  const most = (bytes: (moment: Allocated) => number) => Math.max(...moments.map(bytes));
  const passes = most(({ activations, logits }) => activations + logits);
  const parts =
    most(({ weights }) => weights) +
    most(({ optimizer }) => optimizer) +
    most(({ gradients }) => gradients) +
    passes +
    most(({ buffers }) => buffers);
  const apart = Math.max(0, parts - most(bytesIn));
  const whole = holdsAllLogits(run.loss);
  if (run.lengthsVary && whole) return { usual: keptApart * apart + keptOfOthers * passes, most: apart + 3 * passes };
  const gaps = gapsInActivations * most(({ activations }) => activations);
  const logitGaps = whole ? gapsInLogits * most(({ logits }) => logits) : 0;
  return { usual: keptApart * apart + gaps + logitGaps, most: apart + 2 * (gaps + logitGaps) };
}

const keptApart = 0.7;
/** For data that come in all lengths, of which few are the longest. */
const keptOfOthers = 0.5;
const gapsInActivations = 0.15;
const gapsInLogits = 0.4;
