import { batchEquation } from "./batch/equation.ts";
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
import { lrTooHigh } from "./lr/tooHigh.ts";
import { lrTooLow } from "./lr/tooLow.ts";
import { memoryDoesNotFit } from "./memory/doesNotFit.ts";
import type { Rule } from "./rule.ts";

/** All rules, in the order in which their findings are shown. */
export const rules: readonly Rule[] = [
  lrTooHigh,
  lrTooLow,
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
  memoryDoesNotFit,
];
