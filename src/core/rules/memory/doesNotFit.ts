import { usableBytes } from "../../gpus/catalogue.ts";
import { verdictOn } from "../../gpus/fit.ts";
import { t } from "../../language.ts";
import type { TrainingPlan } from "../../plan/plan.ts";
import { isSaid, ownPlace, type Sourced } from "../../plan/sourced.ts";
import { formatCount, formatGibibyteRange, formatGibibytes, formatGibibytesOf } from "../../units.ts";
import type { Rule } from "../rule.ts";

/**
 * More memory than the GPU has that the user has chosen: a warning where not even the least that the run can do with is there,
 * a remark where only cached blocks are too many. Nothing is said while what decides it is assumed.
 */
export const memoryDoesNotFit: Rule = {
  id: "memory/does-not-fit",
  title: t`More memory than the target GPU has`,
  severity: "warning",
  *check({ plan, memory: { value: memory }, target }) {
    if (!target || !memory) return;
    const evaluates = memory.peakAt === "evaluation";
    const batch = evaluates ? plan.batch.evaluation : plan.batch.micro;
    if ([batch, ...deciding(plan)].some(isGuessed)) return;
    const verdict = verdictOn(target, memory);
    const place = [batch, plan.batch.micro, plan.sequenceLength, plan.model.id].map(ownPlace).find((found) => found);
    if (verdict === "fits" || !place) return;
    const usable = usableBytes(target);
    const size = t`${formatCount(batch.value ?? 1)} × ${formatCount(plan.sequenceLength.value ?? 1)} tokens`;
    const what = t`${evaluates ? t`an evaluation pass` : t`a step`} on ${size}`;
    yield {
      ...(verdict === "no" ? {} : { severity: "information" }),
      message:
        verdict === "no"
          ? t`Out of memory to be expected: ${what} takes ${formatGibibytes(memory.deviceBytes)} (${formatGibibyteRange(memory.lowBytes, memory.highBytes)}), and the ${target.name} has ${formatGibibytes(usable)} to give.`
          : t`Tight: ${what} is expected to take ${formatGibibytesOf(memory.deviceBytes, usable)} on the ${target.name}; it fits if cached blocks are given back (from ${formatGibibytes(memory.lowBytes)}).`,
      range: place.range,
    };
  },
};

/** What the memory of one GPU hangs on besides the batch. */
function deciding({ sequenceLength, method, parallelism }: TrainingPlan): readonly Sourced<unknown>[] {
  const { sharding, gpus } = parallelism;
  return [sequenceLength, method, sharding, ...(sharding.value === "none" ? [] : [gpus])];
}

function isGuessed(source: Sourced<unknown>): boolean {
  return source.origin === "assumed" && !isSaid(source);
}
