import { bf16OnGpuWithout } from "./bf16OnGpuWithout.ts";
import { learningRateTooHigh } from "./learningRateTooHigh.ts";
import { linkedFileMissing } from "./linkedFileMissing.ts";
import { memoryDoesNotFit } from "./memoryDoesNotFit.ts";
import type { Finding, Rule, Subject } from "./rule.ts";

/** All rules, in the order in which their findings are shown. */
export const rules: readonly Rule[] = [learningRateTooHigh, linkedFileMissing, bf16OnGpuWithout, memoryDoesNotFit];

export function check(subject: Subject): readonly Finding[] {
  return rules.flatMap((rule) => [...rule.check(subject)].map((report) => ({ rule: rule.id, ...report })));
}
