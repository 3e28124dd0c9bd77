import { t } from "../../language.ts";
import type { TrainingPlan } from "../../plan/plan.ts";
import { ownPlace, type Place } from "../../plan/sourced.ts";
import { textAt } from "../places.ts";
import type { Rule } from "../rule.ts";

/** bfloat16 on a GPU without units for it, which is one from before NVIDIA's Ampere: the run stops, or emulates it. */
export const gpuNoBf16: Rule = {
  id: "gpu/no-bf16",
  title: t`bfloat16 on a GPU without it`,
  severity: "warning",
  *check(subject) {
    const { plan, target } = subject;
    if (!target || target.hasBf16) return;
    const place = bf16Place(plan);
    // `auto` leaves the choice to the framework, which looks at the GPU.
    if (!place || textAt(subject.document, place.range) === "auto") return;
    yield {
      message: t`The ${target.name} has no units for bfloat16: training in it fails or is slow there; its types are float16 and float32.`,
      range: place.range,
    };
  },
};

/** Where the config itself says that it computes in bfloat16. */
function bf16Place({ precision, lora }: TrainingPlan): Place | undefined {
  const weights = lora ? precision.frozen : precision.trained;
  const type = precision.autocast.value === null ? weights : precision.autocast;
  return type.origin === "file" && type.value === "bfloat16" ? ownPlace(type) : undefined;
}
