import { t } from "../language.ts";
import { mapped, type Sourced, unknown } from "../plan/sourced.ts";

/** The second of Adam's `betas`, the decay of its second moment; `otherwise` where they are not a pair. */
export function beta2Of(betas: Sourced<readonly string[]>, otherwise?: number): Sourced<number> {
  if (betas.origin === "unknown") return betas;
  const beta2 = Number(betas.value[1] ?? otherwise);
  return Number.isNaN(beta2) ? unknown(t`betas is not a pair of numbers`, betas.place) : mapped(betas, () => beta2);
}
