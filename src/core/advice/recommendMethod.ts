import type { Gpu } from "../gpus/gpu.ts";
import { t } from "../language.ts";
import { formatGibibytes, formatParameters } from "../units.ts";
import type { WayToTrain } from "./compareMethods.ts";

/** The GPUs that are at hand. */
export interface Hardware {
  readonly gpu: Gpu;
  readonly count: number;
}

/** Which way to train a model, and why; plain text. */
export interface Recommendation {
  readonly id: WayToTrain["id"] | null;
  /** `Full fine-tuning on 8× A100 80GB`. */
  readonly title: string;
  readonly reasons: readonly string[];
}

/** Below so many parameters adapters are not worth their overhead. Source: "What Does Full Fine-tuning Mean?". */
const smallModel = 1e9;

/**
 * Full fine-tuning where it fits, as the safest default with the simplest pipeline; else LoRA; else QLoRA. What no config tells
 * is said as a condition: how much quality counts, and how many tasks share the model. Source: "What Does Full Fine-tuning Mean?".
 */
export function recommendMethod(
  ways: readonly WayToTrain[],
  parameters: number,
  { gpu, count }: Hardware,
): Recommendation {
  const place = `${count}× ${gpu.name}`;
  const way = (id: WayToTrain["id"]) => ways.find((each) => each.id === id);
  const holds = (id: WayToTrain["id"]) => {
    const least = way(id)?.fitOn(gpu).minGpus;
    return least !== undefined && least !== null && least <= count;
  };
  const needs = (id: WayToTrain["id"]) => {
    const least = way(id)?.fitOn(gpu).minGpus;
    return least ? `${least}× ${gpu.name}` : t`more GPUs of this kind than anyone has`;
  };
  const one = way("full")?.onOne;
  const fullNeeds = one ? t`${formatGibibytes(one.deviceBytes)} on one GPU` : "";
  if (holds("full")) {
    const fits =
      count > 1
        ? t`It fits on ${place} with all states sharded (ZeRO-3): with a cluster at hand full fine-tuning is as practical as LoRA.`
        : t`It fits on ${place}: where it fits, full fine-tuning is the safest default.`;
    return {
      id: "full",
      title: t`Full fine-tuning on ${place}`,
      reasons: [
        ...(parameters < smallModel
          ? [
              t`${formatParameters(parameters)} parameters are few (below 1B): adapters, their ranks and files are not worth it.`,
            ]
          : []),
        fits,
        t`It has the best quality and the simplest pipeline, for a model that serves a single task.`,
        t`LoRA is the better choice for many variants of one base model, or against forgetting.`,
      ],
    };
  }
  const unless = t`Where every fraction of a per cent counts, or one model serves one task, full fine-tuning still wins: it takes ${needs("full")} with all states sharded (ZeRO-3)${
    holds("full-8bit") ? t`, or 8-bit AdamW, with which it fits ${place}` : ""
  }.`;
  const tooLarge = t`Full fine-tuning needs ${fullNeeds} and does not fit on ${place}.`;
  if (holds("lora")) {
    return {
      id: "lora",
      title: t`LoRA on ${place}`,
      reasons: [
        tooLarge,
        t`LoRA fits: the weights are frozen, and only small matrices have gradients and states.`,
        unless,
      ],
    };
  }
  if (holds("qlora")) {
    return {
      id: "qlora",
      title: t`QLoRA on ${place}`,
      reasons: [tooLarge, t`Nor does LoRA, whose frozen weights keep 16 bits; in 4 bits they fit.`, unless],
    };
  }
  return {
    id: null,
    title: t`Nothing fits on ${place}`,
    reasons: [t`QLoRA, which needs the least, takes ${needs("qlora")}; full fine-tuning takes ${needs("full")}.`],
  };
}
