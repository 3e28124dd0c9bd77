import { comparedGpus, type WayToTrain, waysToTrain } from "../advice/compareMethods.ts";
import { type Hardware, type Recommendation, recommendMethod } from "../advice/recommendMethod.ts";
import type { Analysis } from "../analyze.ts";
import { type Answer, known, missing } from "../answer.ts";
import { findGpu, referenceGpus } from "../gpus/catalogue.ts";
import { mostGpus } from "../gpus/fit.ts";
import type { Gpu } from "../gpus/gpu.ts";
import { t } from "../language.ts";
import { gpusToHold } from "../memory/ruleOfThumb.ts";
import { formatCount, formatGibibytes, formatGigabytes } from "../units.ts";
import { settingOf } from "./alternatives.ts";

/** The ways to train a model side by side; every figure is ready. */
export interface WaysTable {
  readonly recommendation: Recommendation;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What the columns mean. */
  readonly note: string;
}

/** The GPU that is meant where nobody says one, as in "What Does Full Fine-tuning Mean?". */
const usualGpu = "a100-80gb";

export function waysTable(analysis: Analysis): Answer<WaysTable> {
  const { plan, model, target } = analysis;
  const setting = settingOf(analysis);
  if (!setting || !model.value) return missing("reason" in model ? model.reason : t`the architecture is not known`);
  const gpus = comparedGpus(plan, target);
  const ways = waysToTrain(plan, model.value.id, setting, gpus);
  if (ways.length === 0) return missing("reason" in analysis.memory ? analysis.memory.reason : "");
  const kinds = [...(target ? [target] : []), ...referenceGpus().filter(({ id }) => id !== target?.id)];
  const hardware = hardwareOf(analysis);
  return known({
    recommendation: recommendMethod(ways, model.value.parameters.total, hardware),
    head: [t`Way`, t`On 1 GPU`, t`ZeRO-3 on ${gpus}`, ...kinds.map(({ name }) => name), t`Rule of thumb`],
    rows: ways.map((way) => row(way, kinds)),
    note:
      t`Memory per GPU; then how many GPUs of a kind it takes at least, with all states sharded (ZeRO-3) over more than one; ` +
      `${target ? "" : t`the recommendation is for ${hardware.count}× ${hardware.gpu.name}, as no target GPU is chosen; `}` +
      t`the rule of thumb is 16 bytes for each trained parameter and s·b·d·L·12 of activations, on A100s of 80 GB.`,
  });
}

/** The GPUs that are meant, on which the config runs. */
function hardwareOf({ plan, target }: Analysis): Hardware {
  const gpu = target ?? findGpu(usualGpu) ?? referenceGpus()[0];
  if (!gpu) throw new Error("the catalogue has no GPU");
  return { gpu, count: plan.parallelism.gpus.value ?? 1 };
}

function row(way: WayToTrain, kinds: readonly Gpu[]): readonly string[] {
  const { label, current, onOne, sharded, ruleOfThumb, fitOn } = way;
  return [
    current ? t`${label} (this config)` : label,
    formatGibibytes(onOne.deviceBytes),
    formatGibibytes(sharded.deviceBytes),
    ...kinds.map((gpu) => {
      const { minGpus } = fitOn(gpu);
      return minGpus === null ? t`over ${formatCount(mostGpus)}` : formatCount(minGpus);
    }),
    `${formatGigabytes(ruleOfThumb.totalBytes)}, ${formatCount(gpusToHold(ruleOfThumb.totalBytes, 80))}×`,
  ];
}
