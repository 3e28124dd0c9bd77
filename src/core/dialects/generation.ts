import type { Generation } from "../plan/plan.ts";
import { derived, mapped, type Sourced, unknown } from "../plan/sourced.ts";

/** What TRL's arguments say of how answers are generated, by whatever names. */
interface Arguments {
  readonly usesVllm: Sourced<boolean>;
  readonly vllmMode: Sourced<string>;
  readonly answer: Sourced<number>;
  readonly micro: Sourced<number>;
  /** Micro batches whose answers are generated at once. */
  readonly steps: Sourced<number>;
}

/**
 * TRL generates the answers of several micro batches at once, with the model itself or with vLLM: as a server on other GPUs, or
 * beside the training. Source: trl/trainer/grpo_trainer.py.
 */
export function trlGeneration({ usesVllm, vllmMode, answer, micro, steps }: Arguments): Generation {
  if (!usesVllm.value) {
    return {
      answer,
      sequences: derived(micro, steps, "micro batch × steps per generation", (size, count) => size * count),
    };
  }
  const isElsewhere = vllmMode.value === "server";
  const beside = unknown("vLLM takes a share of the GPU beside the training", usesVllm.place);
  return { answer, sequences: isElsewhere ? mapped(vllmMode, () => 0) : beside };
}
