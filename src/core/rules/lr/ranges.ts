import type { ModelFacts } from "../../models/facts.ts";
import type { Stage, TrainingPlan } from "../../plan/plan.ts";
import ranges from "./ranges.json";

/** Peak learning rates of AdamW for one kind of run, with where the figures come from. */
export interface LearningRateRange {
  readonly goal: Goal;
  readonly method: TrainedBy;
  /** Lower rates hardly train. */
  readonly low: number;
  readonly usual: number;
  /** What good recipes go up to. */
  readonly upper: number;
  /** Higher rates are rare among shipped configs, likely to fail, or surely not what was meant. */
  readonly hintAbove: number;
  readonly warnAbove: number;
  readonly errorAbove: number;
  readonly source: string;
}

/** What a run is for, as far as that decides its rate. */
export type Goal = "sft" | "continued-pretrain" | "pretrain" | "preference" | "reward" | "reinforcement";

/** Whether a rate is below or above a threshold: a hair beside it is the threshold, as 1.1e-3 is no number of binary fractions. */
export function isBelow(rate: number, threshold: number): boolean {
  return rate < threshold * (1 - 1e-9);
}

export function isAbove(rate: number, threshold: number): boolean {
  return rate > threshold * (1 + 1e-9);
}

export type TrainedBy = "full" | "lora" | "qlora" | "dora";

const goals: Readonly<Partial<Record<Stage, Goal>>> = {
  sft: "sft",
  "continued-pretrain": "continued-pretrain",
  pretrain: "pretrain",
  dpo: "preference",
  kto: "preference",
  orpo: "preference",
  simpo: "preference",
  reward: "reward",
  ppo: "reinforcement",
  grpo: "reinforcement",
};

/**
 * The range for `plan` on `model`, which counts as one of 7 billion parameters where it is not known; of a mixture of experts the
 * active ones count, as they tell how wide it is. Undefined for optimizers other than AdamW and for kinds of runs without evidence.
 */
export function learningRateRange(plan: TrainingPlan, model: ModelFacts | null): LearningRateRange | undefined {
  return isAdamW(plan.optimizer.name.value ?? "") ? rangeUnderAdamW(plan, model) : undefined;
}

/** The same, as if the optimizer were AdamW, for those whose rates are told by it. */
export function rangeUnderAdamW(plan: TrainingPlan, model: ModelFacts | null): LearningRateRange | undefined {
  const goal = goalOf(plan);
  const method = trainedBy(plan);
  if (!goal || !method) return undefined;
  const parameters = model?.kind === "architecture" ? model.parameters.active : model?.parameters.total;
  return rangeOf(goal, method, parameters) ?? (method === "full" ? undefined : rangeOf(goal, "lora", parameters));
}

export function goalOf({ stage }: TrainingPlan): Goal | undefined {
  return stage.value && goals[stage.value];
}

/** Undefined where it is not known, and where layers or other adapters are trained. */
function trainedBy({ method, lora }: TrainingPlan): TrainedBy | undefined {
  if (method.value === "lora" || method.value === "qlora") return lora?.dora.value ? "dora" : method.value;
  return method.value === "full" ? "full" : undefined;
}

function rangeOf(goal: Goal, method: TrainedBy, parameters = 7e9): LearningRateRange | undefined {
  return (ranges as readonly (LearningRateRange & { readonly below: number | null })[]).find(
    (range) => range.goal === goal && range.method === method && (range.below === null || parameters < range.below),
  );
}

/** Adam or AdamW in any precision; projections such as GaLore, schedule-free and other variants have rates of their own. */
export function isAdamW(optimizer: string): boolean {
  return (
    /adam/i.test(optimizer) && !/galore|apollo|schedule_?free|adamax|[rn]adam|adam_?mini|d_?adapt/i.test(optimizer)
  );
}
