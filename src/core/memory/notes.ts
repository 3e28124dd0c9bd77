import { t } from "../language.ts";
import type { Architecture } from "../models/architecture.ts";
import type { TrainingPlan } from "../plan/plan.ts";

/**
 * What the memory of a model's step takes for granted, in words that "assumed" may follow. Rounded weights, inputs and masks of what was
 * cut off are not counted: of what is quantised, two bytes and one for each value. Source: torchao, quantization/qat/utils.py.
 */
export function assumptionsOf(
  { nonTextParameters, blocks }: Architecture,
  { fakeQuantization }: Pick<TrainingPlan, "fakeQuantization"> = {},
): readonly string[] {
  const has = (kind: string) => blocks.some((group) => group.kind.startsWith(kind));
  return [
    ...(nonTextParameters > 0 ? [t`batches of text without images or sound`] : []),
    ...(has("linear-attention") ? [t`the kernels of flash-linear-attention`] : []),
    ...(fakeQuantization?.value ? [t`no memory for fake quantisation`] : []),
    ...(has("ssm") ? [t`the kernels of mamba-ssm`] : []),
  ];
}
