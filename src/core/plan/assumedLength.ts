import type { TrainingPlan } from "./plan.ts";
import { assumed } from "./sourced.ts";

/** The length of most instruction data and of most published recipes. */
const usualLength = 2048;

/** The length to which TRL cut prompts for as long as it did. */
const usualPrompt = 512;

/**
 * The plan with the usual sequence length, no longer than the model's context, where samples are taken as long as they are.
 * A length that is written but cannot be resolved stays unknown.
 */
export function withAssumedLength(plan: TrainingPlan, context: number | null): TrainingPlan {
  const { sequenceLength } = plan;
  if (sequenceLength.origin !== "unknown" || sequenceLength.place) return plan;
  const answer = plan.generation?.answer.value;
  const usual = answer === undefined ? usualLength : usualPrompt + answer;
  const tokens = Math.min(usual, context ?? usual);
  return { ...plan, sequenceLength: assumed(tokens, sequenceLength.note) };
}
