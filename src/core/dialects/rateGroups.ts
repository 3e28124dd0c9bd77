import { t } from "../language.ts";
import type { LearningRatePlan, RateGroup } from "../plan/plan.ts";
import { derived, type Sourced } from "../plan/sourced.ts";

// LoRA+ (arXiv 2402.12354) trains the matrices B, which start at zero, with a multiple of the rate of the matrices A.

/** The groups that a plan has; nothing where there are none. */
export function rateGroups(...groups: readonly (readonly RateGroup[])[]): Pick<LearningRatePlan, "groups"> {
  const all = groups.flat();
  return all.length === 0 ? {} : { groups: all };
}

/** Parameters with a rate of their own; no group while the rate is not known. */
export function groupAt(name: string, peak: Sourced<number>): readonly RateGroup[] {
  return peak.origin === "unknown" ? [] : [{ name, peak }];
}

/** Parameters whose rate is a multiple of that of the rest. */
export function scaledGroup(name: string, factor: Sourced<number>, peak: Sourced<number>): readonly RateGroup[] {
  return groupAt(
    name,
    derived(factor, peak, t`a multiple of the learning rate`, (times, rate) => times * rate),
  );
}

/** The matrices B of LoRA+ at `ratio` times the rate. */
export function loraPlusGroup(ratio: Sourced<number>, peak: Sourced<number>): readonly RateGroup[] {
  return scaledGroup(t`LoRA B matrices`, ratio, peak);
}

/** Whether a module is the embedding, by the names that transformers' models give it. */
export function isEmbedding(module: string): boolean {
  return /(?:^|\.)(?:embed_tokens|embed_in|word_embeddings|tok_embeddings|wte)$/.test(module);
}
