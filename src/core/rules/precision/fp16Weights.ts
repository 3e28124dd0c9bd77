import { t } from "../../language.ts";
import type { Dtype, TrainingPlan } from "../../plan/plan.ts";
import type { Sourced } from "../../plan/sourced.ts";
import { settingAt } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";
import { mayHoldCopies } from "./pureTraining.ts";

/**
 * Trained weights in float16 under fp16 autocast: torch's GradScaler refuses to unscale gradients of float16, at the first update.
 * DeepSpeed, which scales them itself, is not concerned. Source: torch/amp/grad_scaler.py (_unscale_grads_).
 */
export const precisionFp16Weights: Rule = {
  id: "precision/fp16-weights",
  title: t`float16 weights under fp16 autocast`,
  severity: "error",
  *check(subject) {
    const { precision, parallelism } = subject.plan;
    const trained = trainedType(subject.plan);
    const place = firstPlace(trained, precision.autocast);
    if (!place || precision.autocast.value !== "float16" || precision.autocast.origin === "assumed") return;
    if (trained?.value !== "float16" || trained.origin === "assumed") return;
    if (precision.masterWeights?.value || parallelism.zero) return;
    const launched = mayHoldCopies(subject);
    const isSwitch = place.range.start.line === precision.autocast.place?.range.start.line;
    yield {
      ...(launched ? { severity: "warning" } : {}),
      message: launched
        ? t`The weights are trained in float16 and fp16 scales their gradients: unless accelerate brings DeepSpeed, the run stops at the first update ("Attempting to unscale FP16 gradients").`
        : t`The weights are trained in float16 and fp16 scales their gradients: the run stops at the first update ("Attempting to unscale FP16 gradients").`,
      range: place.range,
      fixes: () =>
        isSwitch
          ? []
          : settingAt(
              subject,
              place,
              "float32",
              (key) => t`Set ${key} to float32 (computing in float16 through autocast)`,
              {
                preferred: true,
              },
            ),
    };
  },
};

/** The type of what is trained: the weights, or the adapters. */
function trainedType({ method, lora, quantization, precision }: TrainingPlan): Sourced<Dtype> | undefined {
  if (method.value === "full" || method.value === "freeze") return precision.trained;
  return lora ? (quantization ? precision.quantizedAdapters : precision.adapters) : undefined;
}
