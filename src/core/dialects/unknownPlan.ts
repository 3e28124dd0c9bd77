import { t } from "../language.ts";
import type { TrainingPlan } from "../plan/plan.ts";
import { assumed, unknown } from "../plan/sourced.ts";
import { dataParallel } from "./sharding.ts";

/** A plan of which nothing is known, for files that describe a part of a run; `note` says who decides the rest. */
export function unknownPlan(note: string): TrainingPlan {
  const left = unknown(note);
  return {
    stage: left,
    model: { id: left, shape: null },
    method: left,
    lora: null,
    quantization: null,
    optimizer: { name: left, weightDecay: left, beta2: left, maxGradNorm: left },
    learningRate: { peak: left, scheduler: left, family: "unknown", schedulerArguments: left, warmup: left },
    duration: { epochs: left, maxSteps: left, maxTokens: left },
    batch: { micro: left, accumulation: left, global: null, evaluation: left },
    sequenceLength: left,
    packing: left,
    data: { sources: [], samples: left, validation: left },
    precision: { trained: left, frozen: left, adapters: left, quantizedAdapters: left, autocast: left },
    gradientCheckpointing: left,
    attention: left,
    loss: left,
    parallelism: dataParallel(assumed(1, t`the launcher decides the number of GPUs`), {
      sharding: left,
      offload: left,
    }),
  };
}
