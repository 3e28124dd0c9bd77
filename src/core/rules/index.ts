import { durationEndless } from "./duration/endless.ts";
import { durationMaxStepsWins } from "./duration/maxStepsWins.ts";
import { durationNeverEvaluates } from "./duration/neverEvaluates.ts";
import { durationNeverSaves } from "./duration/neverSaves.ts";
import { durationTooManyEpochs } from "./duration/tooManyEpochs.ts";
import { gpuNoBf16 } from "./gpu/noBf16.ts";
import { linkMissing } from "./link/missing.ts";
import { loraLargeBatch } from "./lora/largeBatch.ts";
import { lrDefault } from "./lr/default.ts";
import { lrLionScale } from "./lr/lionScale.ts";
import { lrProdigyScale } from "./lr/prodigyScale.ts";
import { lrRelativeStep } from "./lr/relativeStep.ts";
import { lrSgdScale } from "./lr/sgdScale.ts";
import { lrSmallBatch } from "./lr/smallBatch.ts";
import { lrTooHigh } from "./lr/tooHigh.ts";
import { lrTooLow } from "./lr/tooLow.ts";
import { memoryDoesNotFit } from "./memory/doesNotFit.ts";
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
  loraLargeBatch,
  linkMissing,
  gpuNoBf16,
  memoryDoesNotFit,
];
