import { t } from "../../language.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";

/**
 * 4-bit weights that are unpacked to float32 for each matrix product: it costs twice the memory traffic and leaves the tensor cores of
 * 16-bit types idle, for weights of 4 bits.
 */
export const precisionFloat32Qlora: Rule = {
  id: "precision/float32-qlora",
  title: t`4-bit weights computed with in float32`,
  severity: "hint",
  *check({ plan }) {
    const { method, quantization, precision } = plan;
    const { autocast, frozen } = precision;
    if (method.value !== "qlora" || quantization?.bits.value !== 4 || autocast.value !== null) return;
    if ([autocast, frozen].some(({ origin }) => origin === "assumed") || frozen.value !== "float32") return;
    const place = firstPlace(autocast, frozen, quantization.bits, method);
    if (!place) return;
    yield {
      message: t`Nothing here computes in 16 bits: the 4-bit weights are unpacked to float32 for every matrix product, which is slow and gains no accuracy. QLoRA computes in bfloat16.`,
      range: place.range,
    };
  },
};
