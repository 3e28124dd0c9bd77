import type { Gpu } from "../../gpus/gpu.ts";
import { t } from "../../language.ts";
import { estimateMemory } from "../../memory/estimate.ts";
import type { Run } from "../../memory/run.ts";
import { ownPlace } from "../../plan/sourced.ts";
import { formatGibibytes } from "../../units.ts";
import { settingAll } from "../fixes.ts";
import { firstPlace, switchedOn } from "../places.ts";
import type { Fix, Rule, Subject } from "../rule.ts";
import { isStepGuessed } from "./shortage.ts";

/** A share of the step's memory that is worth a word. */
const much = 0.05;

/**
 * Scores of all heads that torch's own attention keeps because none of its kernels takes fewer keys than queries: in float32, and on GPUs
 * before compute capability 8.0. Source: pytorch, aten/src/ATen/native/transformers/cuda/sdp_utils.cpp; transformers PR 39412 and issue
 * 48633.
 */
export const memoryNoAttentionKernel: Rule = {
  id: "memory/no-attention-kernel",
  title: t`Attention that no kernel computes`,
  severity: "information",
  *check(subject) {
    const { plan, run, memory, target } = subject;
    if (!run.value || !memory.value || hasKernel(run.value)) return;
    const { attention, precision, batch } = plan;
    if (attention.value === undefined && ownPlace(attention)) return;
    const place = firstPlace(attention, precision.autocast, precision.frozen, precision.trained, batch.micro);
    if (!place || isStepGuessed(subject)) return;
    const { trainDeviceBytes } = memory.value;
    const extra = trainDeviceBytes - estimateMemory({ ...run.value, repeatsKeys: true }).trainDeviceBytes;
    if (extra < much * trainDeviceBytes) return;
    const older = olderGpu(target);
    yield {
      message: older
        ? t`${older.name} has no attention kernel for fewer keys than queries, which transformers hands to torch since 4.54: the scores of all heads are kept, ${formatGibibytes(extra)} more than before.`
        : t`In float32 torch has no attention kernel for fewer keys than queries, which transformers hands it since 4.54: the scores of all heads are kept, ${formatGibibytes(extra)} more than before.`,
      range: place.range,
      fixes: () => (older ? [] : inBf16(subject)),
    };
  },
};

function hasKernel({
  attention,
  repeatsKeys,
  architecture,
  flashKernels,
  autocast,
  weights,
  quantization,
}: Run): boolean {
  const { attention: heads } = architecture;
  if (attention !== "sdpa" || repeatsKeys || heads.kind !== "grouped" || heads.kvHeads === heads.heads) return true;
  const isWide = autocast === null && (weights === "float32" || quantization?.float32Norms === true);
  return flashKernels && !isWide;
}

function olderGpu(target: Gpu | null): Gpu | undefined {
  return target && !target.hasBf16 ? target : undefined;
}

/** bfloat16 has kernels for it. */
function inBf16(subject: Subject): readonly Fix[] {
  if (!Object.hasOwn(subject.dialect.vocabulary, "bf16") || switchedOn(subject, "fp16")) return [];
  return settingAll(subject, [["bf16", true]], { title: t`Compute in bfloat16: set bf16 to true`, preferred: true });
}
