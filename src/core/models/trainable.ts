import { type Answer, known, missing } from "../answer.ts";
import { t } from "../language.ts";
import type { TrainingPlan } from "../plan/plan.ts";
import type { Architecture } from "./architecture.ts";
import { adaptedLinears, countLoraParameters, countSaved, savedParameters } from "./lora.ts";
import { countParameters, type ParameterCount } from "./parameters.ts";

/** Whether a head of a few outputs stands in place of the output layer, as in reward models and classifiers. */
export function hasNarrowHead({ stage, model }: Pick<TrainingPlan, "stage" | "model">): boolean {
  return stage.value === "classify" || (stage.value === "reward" && !model.keepsOutputLayer?.value);
}

/**
 * Whether a head beside the output layer alone decides the loss, so that logits are computed in vain. Source: LLaMA-Factory,
 * train/rm/trainer.py, compute_loss.
 */
export function leavesLogits({ stage, model }: Pick<TrainingPlan, "stage" | "model">): boolean {
  return stage.value === "reward" && (model.keepsOutputLayer?.value ?? false);
}

/** The parameters of the model as a plan trains it. */
export function plannedParameters(plan: TrainingPlan, architecture: Architecture): ParameterCount {
  const count = countParameters(architecture);
  const { total, active, outputLayer } = count;
  if (!hasNarrowHead(plan)) return count;
  return { ...count, total: total - outputLayer, active: active - outputLayer, outputLayer: 0 };
}

/**
 * Parameters that full fine-tuning trains: all, but for what sees and hears where that is left alone, and for an output layer that no
 * gradient reaches, unless it is one piece with others that GPUs share.
 */
export function fullyTrainedParameters(plan: TrainingPlan, architecture: Architecture): number {
  const { total, nonText, outputLayer } = plannedParameters(plan, architecture);
  const idle = leavesLogits(plan) && plan.parallelism.sharding.value === "none" ? outputLayer : 0;
  return total - idle - (plan.model.freezesTowers?.value ? nonText : 0);
}

/** Parameters that a run trains: all of them, or those of its LoRA adapters and of the modules trained beside them. */
export function trainableParameters(plan: TrainingPlan, architecture: Architecture): Answer<number> {
  const { method, lora } = plan;
  if (method.value === "full") return known(fullyTrainedParameters(plan, architecture));
  if (method.value === undefined) return missing(t`the method is not known: ${method.note}`);
  if (!lora) return missing(t`which parameters are trained is not known`);
  const { rank, targets, layers, modulesToSave, dora } = lora;
  if (rank.value === undefined) return missing(t`the LoRA rank is not known: ${rank.note}`);
  if (targets.value === undefined) return missing(t`what LoRA targets is not known: ${targets.note}`);
  if (layers?.origin === "unknown") return missing(t`which layers get adapters is not known: ${layers.note}`);
  const linears = adaptedLinears(architecture, targets.value, layers?.value);
  if (!linears.value) return linears;
  const saved = savedParameters(architecture, modulesToSave.value ?? []);
  return known(countLoraParameters(linears.value, rank.value, dora.value) + countSaved(saved));
}
