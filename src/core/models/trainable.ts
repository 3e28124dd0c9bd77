import { type Answer, known, missing } from "../answer.ts";
import type { TrainingPlan } from "../plan/plan.ts";
import type { Architecture } from "./architecture.ts";
import { adaptedLinears, countLoraParameters, countSavedParameters } from "./lora.ts";
import { countParameters } from "./parameters.ts";

/** Parameters that a run trains: all of them, or those of its LoRA adapters and of the modules trained beside them. */
export function trainableParameters({ method, lora }: TrainingPlan, architecture: Architecture): Answer<number> {
  if (method.value === "full") return known(countParameters(architecture).total);
  if (method.value === undefined) return missing(`the method is not known: ${method.note}`);
  if (!lora) return missing("which parameters are trained is not known");
  const { rank, targets, modulesToSave, dora } = lora;
  if (rank.value === undefined) return missing(`the LoRA rank is not known: ${rank.note}`);
  if (targets.value === undefined) return missing(`what LoRA targets is not known: ${targets.note}`);
  const linears = adaptedLinears(architecture, targets.value);
  if (!linears.value) return linears;
  const saved = countSavedParameters(architecture, modulesToSave.value ?? []);
  return known(countLoraParameters(linears.value, rank.value, dora.value) + saved);
}
