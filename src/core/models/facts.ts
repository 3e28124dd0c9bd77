import { type Answer, known, missing } from "../answer.ts";
import type { TrainingPlan } from "../plan/plan.ts";
import { type Architecture, countParameters, type ParameterCount } from "./architecture.ts";
import { findArchitecture } from "./catalogue.ts";

/** What is known of the model that a plan trains, and where from. */
export interface ModelFacts {
  /** As the config writes it. */
  readonly id: string;
  readonly architecture: Architecture;
  readonly parameters: ParameterCount;
  readonly source: "catalogue";
}

export function modelFacts({ model }: TrainingPlan): Answer<ModelFacts> {
  if (model.id.value === undefined) return missing(`the model is not known: ${model.id.note}`);
  const architecture = findArchitecture(model.id.value);
  if (!architecture) return missing(`the architecture of ${model.id.value} is not known`);
  return known({ id: model.id.value, architecture, parameters: countParameters(architecture), source: "catalogue" });
}
