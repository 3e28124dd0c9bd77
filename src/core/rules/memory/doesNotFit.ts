import { t } from "../../language.ts";
import { formatGibibyteRange, formatGibibytes, formatGibibytesOf } from "../../units.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";
import { shortageOf, trainingNeed } from "./shortage.ts";

/**
 * A training step that takes more memory than the GPU has that the user has chosen: a warning where not even the least that the
 * run can do with is there, a remark where only cached blocks are too many. Nothing is said while what decides it is assumed.
 */
export const memoryDoesNotFit: Rule = {
  id: "memory/does-not-fit",
  title: t`More memory than the target GPU has`,
  severity: "warning",
  *check(subject) {
    const { batch, sequenceLength, model } = subject.plan;
    const memory = subject.memory.value;
    if (!memory) return;
    const shortage = shortageOf(subject, batch.micro, trainingNeed(memory));
    const place = firstPlace(batch.micro, sequenceLength, model.id);
    if (!shortage || !place) return;
    const { gpu, usableBytes, size, deviceBytes, lowBytes, verdict } = shortage;
    const bounds =
      memory.peakAt === "evaluation"
        ? t`at least ${formatGibibytes(lowBytes)}`
        : formatGibibyteRange(lowBytes, memory.highBytes);
    yield {
      ...(verdict === "no" ? {} : { severity: "information" }),
      message:
        verdict === "no"
          ? t`Out of memory to be expected: a step on ${size} takes ${formatGibibytes(deviceBytes)} (${bounds}), and the ${gpu.name} has ${formatGibibytes(usableBytes)} to give.`
          : t`Tight: a step on ${size} is expected to take ${formatGibibytesOf(deviceBytes, usableBytes)} on the ${gpu.name}; it fits if cached blocks are given back (from ${formatGibibytes(lowBytes)}).`,
      range: place.range,
    };
  },
};
