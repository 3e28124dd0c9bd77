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
  if (model.value === undefined) return missing(`the model is not known: ${model.note}`);
  const architecture = findArchitecture(model.value);
  if (!architecture) return missing(`the architecture of ${model.value} is not known`);
  return known({ id: model.value, architecture, parameters: countParameters(architecture), source: "catalogue" });
}
