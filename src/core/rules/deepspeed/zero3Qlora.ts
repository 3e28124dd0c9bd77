import { t } from "../../language.ts";
import { isAtLeast, isPinned } from "../../plan/versions.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";

/**
 * QLoRA with ZeRO-3, which works under conditions: releases that know how to split 4-bit weights, a model that is created split, and
 * 4-bit weights stored in the type of the rest. Source: PEFT, docs/source/accelerate/deepspeed.md.
 */
export const deepspeedZero3Qlora: Rule = {
  id: "deepspeed/zero3-qlora",
  title: t`QLoRA with ZeRO-3`,
  severity: "information",
  *check({ plan, versions }) {
    const { sharding, zero } = plan.parallelism;
    const place = firstPlace(plan.quantization?.bits, plan.method);
    if (
      plan.method.value !== "qlora" ||
      !zero ||
      sharding.value !== "zero-3" ||
      sharding.origin === "assumed" ||
      !place
    )
      return;
    const older = needed.find(([library, since]) => !isAtLeast(versions, library, since));
    if (!older && needed.every(([library]) => isPinned(versions, library))) return;
    yield {
      ...(older ? { severity: "warning" } : {}),
      message: older
        ? t`QLoRA with ZeRO-3 takes ${older[0]} ${older[1]} or newer; with ${versions[older[0]]} every GPU holds all 4-bit weights, or the run stops.`
        : t`ZeRO-3 splits 4-bit weights only if zero3_init_flag is on and bnb_4bit_quant_storage is the type of the other weights, from ${listed()} on.`,
      range: place.range,
    };
  },
};

/** The first releases with which it works. */
const needed = [
  ["bitsandbytes", "0.43.3"],
  ["accelerate", "1.0.1"],
  ["transformers", "4.45"],
  ["trl", "0.12"],
  ["peft", "0.13.1"],
] as const;

function listed(): string {
  return needed.map((release) => release.join(" ")).join(", ");
}
