import { globalBatchSize, type TrainingPlan, updatesPerStep } from "../plan/plan.ts";
import type { RunLength } from "./runLength.ts";
import type { RunUnits } from "./scheduler.ts";

/** What converts other units of time into updates of a run. */
export function unitsOf(plan: TrainingPlan, { updatesPerEpoch }: Pick<RunLength, "updatesPerEpoch">): RunUnits {
  const globalBatch = globalBatchSize(plan);
  const length = plan.sequenceLength.value;
  const accumulation = plan.batch.accumulation.value;
  const tokens = plan.duration.maxTokens.value;
  const tokensPerUpdate = globalBatch && length ? globalBatch * length : undefined;
  return {
    updatesPerEpoch,
    accumulation,
    processes: plan.parallelism.gpus.value,
    passes:
      tokens && tokensPerUpdate && accumulation ? Math.floor(tokens / (tokensPerUpdate / accumulation)) : undefined,
    ...batchesAnswered(plan, updatesPerEpoch),
    globalBatch,
    tokensPerUpdate: tokensPerUpdate && tokensPerUpdate * updatesPerStep(plan),
  };
}

/** Each batch of prompts is gone over several times. */
function batchesAnswered(
  { data, duration }: TrainingPlan,
  updatesPerEpoch: number | undefined,
): Pick<RunUnits, "batchesAnswered"> {
  const passes = data.answers?.value?.passes;
  const epochs = duration.epochs.value;
  if (passes === undefined) return {};
  return { batchesAnswered: updatesPerEpoch && epochs ? (epochs * updatesPerEpoch) / passes : undefined };
}
