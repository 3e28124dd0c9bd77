import type { Analysis } from "../../../src/core/analyze.ts";
import { ownPlace } from "../../../src/core/plan/sourced.ts";
import { applyEdits } from "../../unit/edits.ts";
import type { Mistake } from "../mistake.ts";
import { onGpu } from "./onGpu.ts";

/** Whether the config, or its framework, says all that decides the memory of a run on one GPU. */
function isSaid({ memory, plan }: Analysis): boolean {
  const deciding = [plan.batch.micro, plan.sequenceLength, plan.method, plan.parallelism.sharding];
  const isGuessed = deciding.some(({ origin }) => origin === "assumed" || origin === "unknown");
  return memory.value !== undefined && !isGuessed && plan.parallelism.sharding.value === "none";
}

export const memoryMistakes: readonly Mistake[] = [
  {
    rule: "memory/does-not-fit",
    name: "a run that needs five times what the GPU has",
    plant(analysis, config) {
      if (!isSaid(analysis) || !ownPlace(analysis.plan.batch.micro)) return undefined;
      return (analysis.memory.value?.lowBytes ?? 0) > 5 * 11 * 2 ** 30 ? onGpu(config, "rtx-2080-ti") : undefined;
    },
  },
  {
    rule: "memory/evaluation-does-not-fit",
    name: "an evaluation batch of 512",
    plant(analysis, config) {
      const { document, dialect, plan, run } = analysis;
      const isEvaluated = analysis.memory.value && analysis.memory.value.evalDeviceBytes !== null;
      const isLong = 512 * (plan.sequenceLength.value ?? 0) * (run.value?.architecture.vocab ?? 0) > 2 ** 36;
      const isSingle = plan.batch.evaluation.value !== undefined && plan.batch.evaluation.origin === "file";
      if ((plan.evaluationLoss ?? plan.loss).value !== "materialised") return undefined;
      if (!isSaid(analysis) || !isEvaluated || !isLong || !isSingle) return undefined;
      const edits = dialect.write(document, { evaluationBatch: 512 });
      return edits.length > 0 ? onGpu({ ...config, text: applyEdits(document.text, edits) }, "a100-80gb") : undefined;
    },
  },
  {
    rule: "memory/needs-adapters",
    name: "all weights of 6 to 9 billion on 24 GB",
    plant(analysis, config) {
      const { plan, run } = analysis;
      const size = run.value?.parameters.total ?? 0;
      const isTuned = plan.method.value === "full" && plan.stage.value === "sft";
      return isTuned && isSaid(analysis) && size > 6e9 && size < 9e9 ? onGpu(config, "rtx-4090", 1) : undefined;
    },
  },
  {
    rule: "memory/no-checkpointing",
    name: "all activations kept of eight long sequences",
    plant(analysis) {
      const { document, dialect, plan, run } = analysis;
      const isChecked = plan.gradientCheckpointing.value === true && ownPlace(plan.gradientCheckpointing);
      const isOn = plan.gradientCheckpointing.origin === "file" && isChecked;
      const isLong = (plan.sequenceLength.value ?? 0) >= 2048;
      // The layers of small models with large vocabularies keep less than their logits take.
      const isDeep = run.value && run.value.parameters.total > 3e9 && run.value.architecture.vocab < 160_000;
      if (!isOn || !isSaid(analysis) || !isLong || !isDeep || !ownPlace(plan.batch.micro)) return undefined;
      return dialect.write(document, { gradientCheckpointing: false, microBatch: 8 });
    },
  },
  {
    rule: "memory/no-attention-kernel",
    name: "long sequences on a GPU without flash attention",
    plant(analysis, config) {
      const { run, memory, dialect } = analysis;
      const heads = run.value?.architecture.attention;
      if (dialect.id !== "hf-trl" || run.value?.attention !== "sdpa" || !memory.value || !isSaid(analysis))
        return undefined;
      if (heads?.kind !== "grouped" || heads.kvHeads === heads.heads) return undefined;
      // At the softmax there are four tensors of the scores' size at once, which are not much beside many logits.
      const scores = 4 * run.value.sequences * heads.heads * run.value.sequenceLength ** 2;
      const isMuch = scores > memory.value.deviceBytes / 16 && run.value.architecture.vocab < 64_000;
      return isMuch ? onGpu(config, "t4") : undefined;
    },
  },
];
