import type { LoraTargets } from "../plan/plan.ts";
import { type Architecture, type Linear, linearsOf } from "./architecture.ts";

/**
 * The linear layers of a block that get an adapter. PEFT's own choice for the Llama family is q and v.
 * Names that no linear layer has, such as `lm_head`, add nothing here.
 */
export function adaptedLinears(architecture: Architecture, targets: LoraTargets): readonly Linear[] {
  const linears = linearsOf(architecture);
  if (targets === "all-linear") return linears;
  const names = targets === "peft-default" ? ["q_proj", "v_proj"] : targets;
  return linears.filter(({ name }) => names.includes(name));
}

/** Trainable parameters of LoRA: each adapted matrix of in × out gets r·(in + out), in every layer. */
export function countLoraParameters(architecture: Architecture, targets: LoraTargets, rank: number): number {
  const perLayer = adaptedLinears(architecture, targets).reduce((sum, { input, output }) => sum + input + output, 0);
  return architecture.layers * perLayer * rank;
}
