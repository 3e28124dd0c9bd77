import { crossing } from "../../crossing.ts";
import type { DeviceNeed } from "../../gpus/fit.ts";
import { t } from "../../language.ts";
import { formatCount, formatGibibytes, formatGibibytesOf } from "../../units.ts";
import { changing, keyOf } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Fix, Rule, Subject } from "../rule.ts";
import { memoryWith, type Shortage, shortageOf } from "./shortage.ts";

/**
 * An evaluation pass that takes more memory than the GPU has: the run stops hours after its start, at the first evaluation. Its
 * batch is one of its own, 8 sequences in transformers' Trainer where nobody says it, and all their logits are there at once.
 */
export const memoryEvaluationDoesNotFit: Rule = {
  id: "memory/evaluation-does-not-fit",
  title: t`More memory in evaluation than the target GPU has`,
  severity: "warning",
  *check(subject) {
    const { batch, evaluationInterval, sequenceLength, model } = subject.plan;
    const need = evaluationNeed(subject.memory.value);
    const shortage = need && shortageOf(subject, batch.evaluation, need);
    const place = firstPlace(batch.evaluation, evaluationInterval, sequenceLength, model.id);
    if (!shortage || !place) return;
    const { gpu, usableBytes, size, deviceBytes, lowBytes, verdict } = shortage;
    yield {
      ...(verdict === "no" ? {} : { severity: "information" }),
      message:
        verdict === "no"
          ? t`Out of memory to be expected at the first evaluation: a pass on ${size} takes ${formatGibibytes(deviceBytes)} (at least ${formatGibibytes(lowBytes)}), and the ${gpu.name} has ${formatGibibytes(usableBytes)} to give.`
          : t`Tight: an evaluation pass on ${size} is expected to take ${formatGibibytesOf(deviceBytes, usableBytes)} on the ${gpu.name}; it fits if cached blocks are given back (from ${formatGibibytes(lowBytes)}).`,
      range: place.range,
      fixes: () => smallerBatch(subject, shortage),
    };
  },
};

function evaluationNeed(memory: Subject["memory"]["value"]): DeviceNeed | undefined {
  const { evalDeviceBytes, evalLowBytes } = memory ?? {};
  return typeof evalDeviceBytes === "number" && typeof evalLowBytes === "number"
    ? { deviceBytes: evalDeviceBytes, lowBytes: evalLowBytes }
    : undefined;
}

/** The largest batch with which an evaluation pass fits; none where not even a single sequence does. */
function smallerBatch(subject: Subject, { usableBytes }: Shortage): readonly Fix[] {
  const present = subject.plan.batch.evaluation.value ?? 1;
  const need = (evaluationBatch: number) =>
    memoryWith(subject, { evaluationBatch })?.evalDeviceBytes ?? Number.POSITIVE_INFINITY;
  if (present <= 1 || need(1) > usableBytes) return [];
  const [fits] = crossing([1, present], need, usableBytes, (size) => size);
  return changing(
    subject,
    { evaluationBatch: fits },
    {
      title: t`Set ${keyOf(subject, "evaluationBatch")} to ${formatCount(fits)} (${formatGibibytes(need(fits))})`,
      preferred: true,
    },
  );
}
