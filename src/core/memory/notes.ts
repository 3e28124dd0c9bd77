import { t } from "../language.ts";
import type { Architecture } from "../models/architecture.ts";

/** What the memory of a model's step takes for granted, in words that "assumed" may follow. */
export function assumptionsOf({ nonTextParameters, blocks }: Architecture): readonly string[] {
  const has = (kind: string) => blocks.some((group) => group.kind.startsWith(kind));
  return [
    ...(nonTextParameters > 0 ? [t`batches of text without images or sound`] : []),
    ...(has("linear-attention") ? [t`the kernels of flash-linear-attention`] : []),
    ...(has("ssm") ? [t`the kernels of mamba-ssm`] : []),
  ];
}
