import { blocksOf, sharedBytes } from "./blocks.ts";
import { decoderTape } from "./decoderTape.ts";
import { headTape } from "./headTape.ts";
import { type Run, tokensOf } from "./run.ts";
import { blockSetting, headSetting, lossSetting } from "./settings.ts";
import { autocastCopies, type Moment } from "./step.ts";

/**
 * The largest moment of an evaluation pass, which keeps nothing for a backward pass: one block, or the loss with the logits of
 * the batch. The Trainer keeps no logits from batch to batch unless the script computes metrics from them. Source: transformers,
 * trainer.py, `evaluate` (prediction_loss_only).
 */
export function evaluationMoment(run: Run): Pick<Moment, "activations" | "logits"> {
  const { architecture } = run;
  const setting = blockSetting(run);
  const stream = tokensOf(run) * architecture.hidden * setting.residual;
  const throughout = stream + sharedBytes(run, setting.residual) + autocastCopies(run);
  const blocks = blocksOf(run).map((block) => decoderTape(architecture, block, setting).forwardPeakBytes(false));
  const block = Math.max(0, ...blocks);
  const logits = headTape(architecture, headSetting(run), lossSetting(run)).forwardPeakBytes(false);
  return block > logits ? { activations: throughout + block, logits: 0 } : { activations: throughout, logits };
}
