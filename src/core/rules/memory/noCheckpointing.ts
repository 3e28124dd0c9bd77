import { verdictOn } from "../../gpus/fit.ts";
import { t } from "../../language.ts";
import type { MemoryEstimate } from "../../memory/estimate.ts";
import { formatGibibytes } from "../../units.ts";
import { changing } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Rule, Subject } from "../rule.ts";
import { isStepGuessed, memoryWith, trainingNeed } from "./shortage.ts";

/** A saving that is worth the time of a second forward pass. */
const much = 1 / 3;

/**
 * Activations that are all kept, where recomputing them would decide whether the run fits the chosen GPU; or would save more than a third
 * of its memory, where no GPU is chosen or none of this size helps. Source: Chen et al. 2016 (arXiv 1604.06174): the memory of one layer
 * for one more forward pass.
 */
export const memoryNoCheckpointing: Rule = {
  id: "memory/no-checkpointing",
  title: t`Much memory for activations that could be recomputed`,
  severity: "hint",
  *check(subject) {
    const { plan, target } = subject;
    const { gradientCheckpointing, batch, sequenceLength } = plan;
    const memory = subject.memory.value;
    const place = firstPlace(gradientCheckpointing, batch.micro, sequenceLength);
    if (!memory || !place || gradientCheckpointing.value !== false) return;
    if (gradientCheckpointing.origin === "assumed" || isStepGuessed(subject) || !canRecompute(subject)) return;
    const isEnough = target ? verdictOn(target, trainingNeed(memory)) === "fits" : !maySaveMuch(memory);
    const other = isEnough ? undefined : memoryWith(subject, { gradientCheckpointing: true });
    if (!other) return;
    const decides = target !== null && verdictOn(target, trainingNeed(other)) === "fits";
    if (!decides && memory.trainDeviceBytes - other.trainDeviceBytes < much * memory.trainDeviceBytes) return;
    const [now, then] = [formatGibibytes(memory.trainDeviceBytes), formatGibibytes(other.trainDeviceBytes)];
    yield {
      message: decides
        ? t`Without gradient checkpointing a step takes ${now}; with it ${then}, which fits the ${target.name}, for about a third more time.`
        : t`Without gradient checkpointing a step takes ${now}; with it ${then}, for about a third more time.`,
      range: place.range,
      fixes: () =>
        changing(
          subject,
          { gradientCheckpointing: true },
          { title: (keys) => t`Set ${keys} so that activations are recomputed (${then})`, preferred: true },
        ),
    };
  },
};

/** Whether the config has a say in it: LitGPT decides by the number of GPUs. */
function canRecompute({ document, dialect }: Subject): boolean {
  return dialect.write(document, { gradientCheckpointing: true }).length > 0;
}

/** Checkpointing saves activations, and no more than there are. */
function maySaveMuch({ components, deviceBytes }: MemoryEstimate): boolean {
  return components.activations > much * deviceBytes;
}
