import { batchEquation } from "./batch/equation.ts";
import { dataNoRegularisation } from "./data/noRegularisation.ts";
import { dataNoReplay } from "./data/noReplay.ts";
import { deepspeedBesideFile } from "./deepspeed/besideFile.ts";
import { deepspeedConflict } from "./deepspeed/conflict.ts";
import { deepspeedIncompatible } from "./deepspeed/incompatible.ts";
import { deepspeedNoWarmup } from "./deepspeed/noWarmup.ts";
import { deepspeedSchedulerWins } from "./deepspeed/schedulerWins.ts";
import { deepspeedZero3Qlora } from "./deepspeed/zero3Qlora.ts";
import { durationEndless } from "./duration/endless.ts";
import { durationMaxStepsWins } from "./duration/maxStepsWins.ts";
import { durationNeverEvaluates } from "./duration/neverEvaluates.ts";
import { durationNeverSaves } from "./duration/neverSaves.ts";
import { durationTooManyEpochs } from "./duration/tooManyEpochs.ts";
import { gpuNoBf16 } from "./gpu/noBf16.ts";
import { gpuNoFlashAttention } from "./gpu/noFlashAttention.ts";
import { keysIgnored } from "./keys/ignored.ts";
import { keysIncompatible } from "./keys/incompatible.ts";
import { keysNumberAsText } from "./keys/numberAsText.ts";
import { keysRemoved } from "./keys/removed.ts";
import { keysRenamed } from "./keys/renamed.ts";
import { keysRepeated } from "./keys/repeated.ts";
import { linkMissing } from "./link/missing.ts";
import { loraAttentionOnly } from "./lora/attentionOnly.ts";
import { loraLargeBatch } from "./lora/largeBatch.ts";
import { loraNoAdapter } from "./lora/noAdapter.ts";
import { loraQloraNot4bit } from "./lora/qloraNot4bit.ts";
import { loraQuantizedFull } from "./lora/quantizedFull.ts";
import { loraRankHigh } from "./lora/rankHigh.ts";
import { loraScale } from "./lora/scale.ts";
import { loraSmallModel } from "./lora/smallModel.ts";
import { lrDefault } from "./lr/default.ts";
import { lrLionScale } from "./lr/lionScale.ts";
import { lrProdigyScale } from "./lr/prodigyScale.ts";
import { lrRelativeStep } from "./lr/relativeStep.ts";
import { lrSgdScale } from "./lr/sgdScale.ts";
import { lrSmallBatch } from "./lr/smallBatch.ts";
import { lrTooHigh } from "./lr/tooHigh.ts";
import { lrTooLow } from "./lr/tooLow.ts";
import { memoryDoesNotFit } from "./memory/doesNotFit.ts";
import { memoryEvaluationDoesNotFit } from "./memory/evaluationDoesNotFit.ts";
import { memoryNeedsAdapters } from "./memory/needsAdapters.ts";
import { memoryNoAttentionKernel } from "./memory/noAttentionKernel.ts";
import { memoryNoCheckpointing } from "./memory/noCheckpointing.ts";
import { optimizerDecoupledWeightDecay } from "./optimizer/decoupledWeightDecay.ts";
import { optimizerEpsilonInFp16 } from "./optimizer/epsilonInFp16.ts";
import { optimizerNoClipping } from "./optimizer/noClipping.ts";
import { optimizerSlowSecondMoment } from "./optimizer/slowSecondMoment.ts";
import { optimizerUnknown } from "./optimizer/unknown.ts";
import { optimizerWeightDecayHigh } from "./optimizer/weightDecayHigh.ts";
import { precisionBoth } from "./precision/both.ts";
import { precisionFloat32Qlora } from "./precision/float32Qlora.ts";
import { precisionFp16OnBf16Model } from "./precision/fp16OnBf16Model.ts";
import { precisionFp16Weights } from "./precision/fp16Weights.ts";
import { precisionUpdatesVanish } from "./precision/updatesVanish.ts";
import { preferenceBeta } from "./preference/beta.ts";
import { reproducibilityNoSeed } from "./reproducibility/noSeed.ts";
import type { Rule } from "./rule.ts";
import { scheduleConstantByDefault } from "./schedule/constantByDefault.ts";
import { scheduleEndsAtPeak } from "./schedule/endsAtPeak.ts";
import { scheduleFloorAbovePeak } from "./schedule/floorAbovePeak.ts";
import { scheduleNothingDecays } from "./schedule/nothingDecays.ts";
import { scheduleNoWarmup } from "./schedule/noWarmup.ts";
import { scheduleOneCycleStart } from "./schedule/oneCycleStart.ts";
import { scheduleRateSquared } from "./schedule/rateSquared.ts";
import { scheduleRisesAgain } from "./schedule/risesAgain.ts";
import { scheduleSettingIgnored } from "./schedule/settingIgnored.ts";
import { scheduleStopsRun } from "./schedule/stopsRun.ts";
import { scheduleTwoWarmups } from "./schedule/twoWarmups.ts";
import { scheduleWarmupIgnored } from "./schedule/warmupIgnored.ts";
import { scheduleWarmupRatioHigh } from "./schedule/warmupRatioHigh.ts";
import { scheduleWarmupRatioRemoved } from "./schedule/warmupRatioRemoved.ts";
import { scheduleWarmupTooLong } from "./schedule/warmupTooLong.ts";
import { scheduleWarmupUnit } from "./schedule/warmupUnit.ts";
import { sequenceLongerThanModel } from "./sequence/longerThanModel.ts";

/** All rules, in the order in which their findings are shown. */
export const rules: readonly Rule[] = [
  lrTooHigh,
  lrTooLow,
  lrDefault,
  lrLionScale,
  lrSgdScale,
  lrProdigyScale,
  lrRelativeStep,
  lrSmallBatch,
  scheduleStopsRun,
  scheduleFloorAbovePeak,
  scheduleRateSquared,
  scheduleTwoWarmups,
  scheduleWarmupRatioRemoved,
  scheduleWarmupUnit,
  scheduleWarmupIgnored,
  scheduleWarmupTooLong,
  scheduleWarmupRatioHigh,
  scheduleNoWarmup,
  scheduleSettingIgnored,
  scheduleNothingDecays,
  scheduleRisesAgain,
  scheduleEndsAtPeak,
  scheduleConstantByDefault,
  scheduleOneCycleStart,
  durationEndless,
  durationTooManyEpochs,
  durationMaxStepsWins,
  durationNeverEvaluates,
  durationNeverSaves,
  optimizerUnknown,
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
  loraLargeBatch,
  preferenceBeta,
  dataNoReplay,
  dataNoRegularisation,
  sequenceLongerThanModel,
  memoryDoesNotFit,
  memoryEvaluationDoesNotFit,
  memoryNeedsAdapters,
  memoryNoCheckpointing,
  memoryNoAttentionKernel,
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
  keysIncompatible,
  linkMissing,
  gpuNoBf16,
  gpuNoFlashAttention,
  reproducibilityNoSeed,
];
