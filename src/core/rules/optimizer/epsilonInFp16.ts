import { t } from "../../language.ts";
import { formatRate } from "../../units.ts";
import { firstPlace } from "../places.ts";
import { isTorchAdam, mayHoldCopies, pureType } from "../precision/pureTraining.ts";
import type { Rule } from "../rule.ts";

/** Half the smallest number of float16, 2^−24: what is less rounds to zero. */
const vanishes = 2 ** -25;

/**
 * Adam's states in float16 with an epsilon that is zero there: the second moment of small gradients is zero as well, and the update
 * divides by next to nothing.
 */
export const optimizerEpsilonInFp16: Rule = {
  id: "optimizer/epsilon-in-fp16",
  title: t`Adam's epsilon is zero in float16`,
  severity: "warning",
  *check(subject) {
    const { optimizer, precision } = subject.plan;
    const { name, epsilon } = optimizer;
    const place = firstPlace(epsilon, precision.trained, name);
    if (pureType(subject.plan) !== "float16" || mayHoldCopies(subject) || !isTorchAdam(name.value ?? "")) return;
    if (precision.autocast.value === "float16") return;
    if (!place || epsilon?.value === undefined || epsilon.value > vanishes) return;
    yield {
      message: t`An epsilon of ${formatRate(epsilon.value)} is zero in float16, in which weights and states are held here, and so is the second moment of small gradients: their updates divide by next to nothing. bfloat16, or float32 weights under fp16 autocast, do not have this.`,
      range: place.range,
    };
  },
};
