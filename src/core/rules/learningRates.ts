import type { Stage, TrainingPlan } from "../plan/plan.ts";
import ranges from "./learningRates.json";

/** Peak learning rates of AdamW for one kind of run, with where the figures come from. */
export interface LearningRateRange {
  readonly usual: number;
  readonly upper: number;
  readonly warnAbove: number;
  readonly source: string;
}

type Goal = "sft" | "continued-pretrain" | "preference";

const goals: Readonly<Partial<Record<Stage, Goal>>> = {
  sft: "sft",
  "continued-pretrain": "continued-pretrain",
  dpo: "preference",
  kto: "preference",
  orpo: "preference",
  simpo: "preference",
};

/**
 * The range for `plan` on a model of `parameters`, which counts as 1 to 40 billion where it is not known. Undefined for
 * optimizers other than AdamW and for kinds of runs without evidence.
 */
export function learningRateRange(plan: TrainingPlan, parameters: number | undefined): LearningRateRange | undefined {
  const { stage, method, optimizer } = plan;
  if (!stage.value || !isAdamW(optimizer.name.value ?? "")) return undefined;
  if (!method.value || method.value === "freeze" || method.value === "adapter") return undefined;
  const goal = goals[stage.value];
  const adapters = method.value !== "full";
  return ranges.find(
    (range) =>
      range.goal === goal && range.adapters === adapters && (range.below === null || (parameters ?? 7e9) < range.below),
  );
}

/** AdamW in any precision; projections such as GaLore and schedule-free variants have rates of their own. */
function isAdamW(optimizer: string): boolean {
  return /adamw/i.test(optimizer) && !/galore|apollo|schedule_free/i.test(optimizer);
}
