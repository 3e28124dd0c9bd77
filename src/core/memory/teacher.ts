import { type Answer, known, missing } from "../answer.ts";
import { t } from "../language.ts";
import type { Architecture } from "../models/architecture.ts";
import { countParameters, type ParameterCount } from "../models/parameters.ts";
import type { Divergence, Dtype, Quantization, TrainingPlan } from "../plan/plan.ts";
import { followed } from "./block.ts";
import type { QuantizedWeights } from "./run.ts";

/** What a frozen model that is learnt from takes on each GPU. */
export interface Teacher {
  readonly architecture: Architecture;
  readonly parameters: ParameterCount;
  readonly weights: Dtype;
  readonly quantization: QuantizedWeights | null;
  /** Whether the GPUs split its weights as they split those of the trained model. */
  readonly isSplit: boolean;
  /** Whether its weights are in the host's memory while it does not compute. */
  readonly isOffloaded: boolean;
  readonly divergence: Divergence;
}

/** Bytes for each logit that comparing them with the teacher's takes. */
export interface DivergenceCost {
  /** Whether no cross-entropy is computed beside it. */
  readonly isAlone: boolean;
  /** Kept for the backward pass. */
  readonly kept: number;
  /** Besides, while it is computed, beyond the student's own logits. */
  readonly forwards: number;
  /** Besides what is kept, in its backward pass. */
  readonly backwards: number;
}

/**
 * Logits of `each` bytes. torchtune keeps the teacher's float32 probabilities, the student's log-probabilities and a mask, and the
 * teacher's 16-bit logits until the loss is there; compiled, it keeps these alone. Automodel keeps the same three, and both models'
 * logits during the backward pass, with copies without the ignored tokens, in float32 too where it does not take chunks of them.
 * ASFT keeps the student's log-probabilities and the other's probabilities, and holds the other's logits and their shifted copy, the
 * student's in float32 and shifted, the cross-entropy that the model itself computes, and two results.
 * TRL keeps the student's log-probabilities, the stacked two, their mixture and the factors of two divergences, and holds its
 * inputs, their scaled copies, the teacher's log-probabilities and three results until it returns; ms-swift, which takes chunks, the
 * teacher's logits and copies of both without the ignored tokens. Sources: torchtune,
 * modules/loss/kd_losses.py; nemo_automodel/components/loss/kd_loss.py; LLaMA-Factory, train/trainer_utils.py, asft_loss_func;
 * trl/experimental/gkd/gkd_trainer.py, generalized_jsd_loss; ms-swift, swift/rlhf_trainers/gkd_trainer.py;
 * pytorch, aten/src/ATen/native/Loss.cpp, kl_div.
 */
export function divergenceCost(divergence: Divergence, each: number, isCompiled: boolean): DivergenceCost {
  switch (divergence) {
    case "torchtune":
      return isCompiled
        ? { isAlone: false, kept: each, forwards: 0, backwards: each }
        : { isAlone: false, kept: 4 + 4 + 1, forwards: each, backwards: each };
    case "automodel":
      return { isAlone: false, kept: 4 + 4 + 1 + 2 * each, forwards: 2 * each + 2 * 4 + 3 * 4, backwards: 3 * 4 };
    case "automodel-chunks":
      return { isAlone: false, kept: 4 + 4 + 1 + 2 * each, forwards: 2 * each, backwards: each };
    case "asft":
      return { isAlone: false, kept: 4 + each, forwards: 2 * each + 5 * 4, backwards: 3 * 4 };
    case "jsd-top":
      return { isAlone: true, kept: 0, forwards: each, backwards: each };
    case "jsd":
      return { isAlone: true, kept: keptIn[divergence] * each, forwards: 8 * each, backwards: 4 * each };
    case "forward-kl":
    case "reverse-kl":
      return { isAlone: true, kept: keptIn[divergence] * each, forwards: 6 * each, backwards: 4 * each };
    case "jsd-chunks":
    case "forward-kl-chunks":
    case "reverse-kl-chunks":
      return { isAlone: true, kept: keptIn[divergence] * each, forwards: 3 * each, backwards: 2 * each };
  }
}

/** Values kept of each logit: of the mixture its two stacked terms too, and the factors of two divergences. */
const keptIn = {
  jsd: 7,
  "forward-kl": 2,
  "reverse-kl": 3,
  "jsd-chunks": 7,
  "forward-kl-chunks": 2,
  "reverse-kl-chunks": 3,
} as const;

/** The teacher that a plan names, or why what it takes cannot be told; null for runs without one. */
export function teacherOf(
  { stage, teacher }: TrainingPlan,
  architecture: Answer<Architecture> | undefined,
  quantized: (quantization: Quantization | null, architecture: Architecture) => QuantizedWeights | null,
): Answer<Teacher | null> {
  if (!teacher) {
    return stage.value === "distill" ? missing(t`what the model that is learnt from takes is not known`) : known(null);
  }
  if (teacher.weights.value === undefined) {
    return missing(t`the type of the teacher's weights is not known: ${teacher.weights.note}`);
  }
  if (!architecture?.value) {
    return missing(architecture ? t`the teacher: ${architecture.reason}` : t`the teacher is not known`);
  }
  const canBeFollowed = followed(architecture.value);
  if (!canBeFollowed.value) return canBeFollowed;
  return known({
    architecture: architecture.value,
    parameters: countParameters(architecture.value),
    weights: teacher.weights.value,
    quantization: quantized(teacher.quantization, architecture.value),
    isSplit: teacher.isSplit,
    isOffloaded: teacher.isOffloaded?.value ?? false,
    divergence: teacher.divergence,
  });
}
