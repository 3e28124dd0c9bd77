import { batchEquation } from "./batch/equation.ts";
import { dataNoRegularisation } from "./data/noRegularisation.ts";
import { dataNoReplay } from "./data/noReplay.ts";
import { deepspeedBesideFile } from "./deepspeed/besideFile.ts";
import { deepspeedConflict } from "./deepspeed/conflict.ts";
import { deepspeedIncompatible } from "./deepspeed/incompatible.ts";
import { deepspeedNoWarmup } from "./deepspeed/noWarmup.ts";
import { deepspeedSchedulerWins } from "./deepspeed/schedulerWins.ts";
import { deepspeedZero3Qlora } from "./deepspeed/zero3Qlora.ts";
import { gpuNoBf16 } from "./gpu/noBf16.ts";
import { keysIgnored } from "./keys/ignored.ts";
import { keysNumberAsText } from "./keys/numberAsText.ts";
import { keysRemoved } from "./keys/removed.ts";
import { keysRenamed } from "./keys/renamed.ts";
import { keysRepeated } from "./keys/repeated.ts";
import { linkMissing } from "./link/missing.ts";
import { loraAttentionOnly } from "./lora/attentionOnly.ts";
import { loraNoAdapter } from "./lora/noAdapter.ts";
import { loraQloraNot4bit } from "./lora/qloraNot4bit.ts";
import { loraQuantizedFull } from "./lora/quantizedFull.ts";
import { loraRankHigh } from "./lora/rankHigh.ts";
import { loraScale } from "./lora/scale.ts";
import { loraSmallModel } from "./lora/smallModel.ts";
import { lrTooHigh } from "./lr/tooHigh.ts";
import { lrTooLow } from "./lr/tooLow.ts";
import { memoryDoesNotFit } from "./memory/doesNotFit.ts";
import { memoryEvaluationDoesNotFit } from "./memory/evaluationDoesNotFit.ts";
import { memoryNeedsAdapters } from "./memory/needsAdapters.ts";
import { memoryNoCheckpointing } from "./memory/noCheckpointing.ts";
import { optimizerDecoupledWeightDecay } from "./optimizer/decoupledWeightDecay.ts";
import { optimizerEpsilonInFp16 } from "./optimizer/epsilonInFp16.ts";
import { optimizerNoClipping } from "./optimizer/noClipping.ts";
import { optimizerSlowSecondMoment } from "./optimizer/slowSecondMoment.ts";
import { optimizerWeightDecayHigh } from "./optimizer/weightDecayHigh.ts";
import { precisionBoth } from "./precision/both.ts";
import { precisionFloat32Qlora } from "./precision/float32Qlora.ts";
import { precisionFp16OnBf16Model } from "./precision/fp16OnBf16Model.ts";
import { precisionFp16Weights } from "./precision/fp16Weights.ts";
import { precisionUpdatesVanish } from "./precision/updatesVanish.ts";
import { preferenceBeta } from "./preference/beta.ts";
import { reproducibilityNoSeed } from "./reproducibility/noSeed.ts";
import type { Rule } from "./rule.ts";
import { sequenceLongerThanModel } from "./sequence/longerThanModel.ts";

/** All rules, in the order in which their findings are shown. */
export const rules: readonly Rule[] = [
  lrTooHigh,
  lrTooLow,
  optimizerDecoupledWeightDecay,
  optimizerWeightDecayHigh,
  optimizerSlowSecondMoment,
  optimizerEpsilonInFp16,
  optimizerNoClipping,
  precisionBoth,
  precisionFp16Weights,
  precisionFp16OnBf16Model,
  precisionUpdatesVanish,
  precisionFloat32Qlora,
  loraNoAdapter,
  loraQuantizedFull,
  loraQloraNot4bit,
  loraScale,
  loraRankHigh,
  loraAttentionOnly,
  loraSmallModel,
  preferenceBeta,
  dataNoReplay,
  dataNoRegularisation,
  sequenceLongerThanModel,
  memoryDoesNotFit,
  memoryEvaluationDoesNotFit,
  memoryNeedsAdapters,
  memoryNoCheckpointing,
  batchEquation,
  deepspeedConflict,
  deepspeedSchedulerWins,
  deepspeedNoWarmup,
  deepspeedIncompatible,
  deepspeedBesideFile,
  deepspeedZero3Qlora,
  keysNumberAsText,
  keysRepeated,
  keysRenamed,
  keysRemoved,
  keysIgnored,
  linkMissing,
  gpuNoBf16,
  reproducibilityNoSeed,
];
