import { t } from "../language.ts";
import type { TrainingPlan } from "../plan/plan.ts";
import { byDefault, type Sourced } from "../plan/sourced.ts";

type Kernels = Pick<TrainingPlan, "kernels">;

/** Fused kernels for norms and gated MLPs where one switch turns them on; nothing otherwise. */
export function kernelsIf(...switches: readonly Sourced<boolean>[]): Kernels {
  const on = switches.find(({ value }) => value);
  return on ? kernelsFor(on, on) : {};
}

/** What torch.compile makes of model and loss together. */
export function compiled(on: Sourced<boolean>): Kernels {
  return on.value ? { kernels: { norms: on, mlp: on, loss: on } } : {};
}

/** Fused kernels for norms and for gated MLPs, each with a switch of its own. */
export function kernelsFor(norms: Sourced<boolean>, mlp: Sourced<boolean>): Kernels {
  const off = byDefault(false);
  return norms.value || mlp.value ? { kernels: { norms: norms.value ? norms : off, mlp: mlp.value ? mlp : off } } : {};
}

/** Megatron's norms are Transformer Engine's, and its gated MLPs fused. Source: Megatron-LM, core/fusions. */
export const megatronKernels = kernelsFor(
  byDefault(true, t`Transformer Engine`),
  byDefault(true, t`Megatron fuses them`),
);
