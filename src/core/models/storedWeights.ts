import type { Answer } from "../answer.ts";
import { t } from "../language.ts";
import type { Quantization, TrainingPlan } from "../plan/plan.ts";
import { byDefault, mapped } from "../plan/sourced.ts";
import type { ModelFacts } from "./facts.ts";
import type { QuantizedCopy } from "./quantizedCopy.ts";

/** The plan with the frozen weights as the named copy of the model stores them, where the config itself quantises nothing. */
export function asStored(plan: TrainingPlan, model: Answer<ModelFacts>): TrainingPlan {
  const copy = model.value?.kind === "architecture" ? model.value.quantized : null;
  if (!copy || plan.quantization || plan.method.value !== "lora") return plan;
  return {
    ...plan,
    method: mapped(plan.method, () => "qlora"),
    quantization: quantizationOf(copy, copy.method === "other" ? t`quantised copy` : t`${copy.method} copy`),
  };
}

/** PEFT prepares models for training that bitsandbytes has quantised, others it leaves as they are. */
function quantizationOf({ method, bits }: QuantizedCopy, note: string): Quantization {
  const isBitsandbytes = method === "bitsandbytes";
  return {
    bits: byDefault(bits, note),
    doubleQuantization: byDefault(isBitsandbytes && bits === 4, note),
    float32Norms: byDefault(isBitsandbytes, note),
    groups: byDefault(/^(?:gptq|awq|other)$/.test(method), note),
  };
}
