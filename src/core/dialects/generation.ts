import { t } from "../language.ts";
import type { Answers, Generation, JensenShannon, TeacherPlan, TrainingPlan } from "../plan/plan.ts";
import { derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";

/** What TRL's arguments say of how answers are generated, by whatever names. */
interface GenerationArguments {
  /** The weight of the distance to what the model was. */
  readonly beta: Sourced<number>;
  readonly usesVllm: Sourced<boolean>;
  readonly vllmMode: Sourced<string>;
  readonly answer: Sourced<number>;
  readonly micro: Sourced<number>;
  /** Micro batches whose answers are generated at once. */
  readonly steps: Sourced<number>;
}

export type Comparison = Pick<TrainingPlan, "referenceModel" | "generation">;

/** Preference training compares with what the model was, unless it has done so before; undefined where nothing is said of that. */
export function trlPreference(precomputes: Sourced<boolean> | undefined): Comparison {
  return precomputes ? { referenceModel: mapped(precomputes, (before) => !before) } : {};
}

/**
 * GKD's teacher is whole on each GPU unless DeepSpeed's stage 3 splits all models; `beta` mixes the two directions of the divergence.
 * Source: trl/experimental/gkd/gkd_trainer.py, prepare_deepspeed; accelerate, prepare_model (evaluation_mode).
 */
export function gkdTeacher(
  teacher: Pick<TeacherPlan, "id" | "weights" | "quantization">,
  beta: Sourced<number>,
  { sharding, zero }: TrainingPlan["parallelism"],
): Pick<TrainingPlan, "teacher"> {
  const divergence = jensenShannon(beta);
  return { teacher: { ...teacher, isSplit: sharding.value === "zero-3" && zero !== undefined, divergence } };
}

/** The generalised Jensen-Shannon divergence is one direction at each of its ends. */
export function jensenShannon(beta: Sourced<number>): JensenShannon {
  return beta.value === 0 ? "forward-kl" : beta.value === 1 ? "reverse-kl" : "jsd";
}

/** The answers that GRPO trains on. */
export function answersOf(perSample: Sourced<number>, passes: Sourced<number>): Sourced<Answers> {
  return derived(perSample, passes, t`answers per prompt × passes`, (each, times) => ({
    perSample: each,
    passes: times,
  }));
}

/** GRPO compares with what the model was only where a distance to it counts; its answers are generated in between. */
export function trlGrpo({ beta, ...generation }: GenerationArguments): Comparison {
  return { referenceModel: mapped(beta, (weight) => weight > 0), generation: generationOf(generation) };
}

/**
 * TRL generates the answers of several micro batches at once, with the model itself or with vLLM: as a server on other GPUs, or
 * beside the training. Source: trl/trainer/grpo_trainer.py.
 */
function generationOf({ usesVllm, vllmMode, answer, micro, steps }: Omit<GenerationArguments, "beta">): Generation {
  if (!usesVllm.value) {
    return {
      answer,
      sequences: derived(micro, steps, t`micro batch × steps per generation`, (size, count) => size * count),
    };
  }
  const beside = unknown(t`vLLM takes a share of the GPU beside the training`, usesVllm.place);
  return { answer, sequences: vllmMode.value === "server" ? mapped(vllmMode, () => 0) : beside };
}
