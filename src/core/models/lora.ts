import type { LoraTargets } from "../plan/lora.ts";
import { type Architecture, type Linear, linearsOf } from "./architecture.ts";

/**
 * The linear layers of a block that get an adapter. PEFT's own choice for the Llama family is q and v.
 * Names that no linear layer has, such as `lm_head`, add nothing here.
 */
export function adaptedLinears(architecture: Architecture, targets: LoraTargets): readonly Linear[] {
  const linears = linearsOf(architecture);
  switch (targets.kind) {
    case "all":
      return linears;
    case "default":
      return linears.filter(({ name }) => name === "q_proj" || name === "v_proj");
    case "names":
      return linears.filter(({ name }) => targets.names.includes(name));
    default:
      return [];
  }
}

/** Trainable parameters of LoRA: each adapted matrix of in × out gets r·(in + out), in every layer. */
export function countLoraParameters(architecture: Architecture, targets: LoraTargets, rank: number): number {
  const perLayer = adaptedLinears(architecture, targets).reduce((sum, { input, output }) => sum + input + output, 0);
  return architecture.layers * perLayer * rank;
}
