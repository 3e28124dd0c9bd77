import type { Dtype, TrainingPlan } from "../../plan/plan.ts";
import type { Subject } from "../rule.ts";

/**
 * The type in which all weights are held and updated, where no wider copies of them are; undefined for adapters, for quantised models,
 * under DeepSpeed's ZeRO, which always steps float32 copies, and where it is only assumed, or assumed who shares the states.
 */
export function pureType({ method, precision, quantization, parallelism }: TrainingPlan): Dtype | undefined {
  const { trained, masterWeights, gradients } = precision;
  if (method.value !== "full" || quantization || masterWeights?.value || gradients || parallelism.zero)
    return undefined;
  return [trained, parallelism.sharding].some(({ origin }) => origin === "assumed") ? undefined : trained.value;
}

/**
 * Whether DeepSpeed or FSDP may hold wider copies of the weights without the config saying so: accelerate launches TRL's and
 * the Trainer's scripts with a file of its own.
 */
export function mayHoldCopies({ plan, dialect }: Pick<Subject, "plan" | "dialect">): boolean {
  const { sharding } = plan.parallelism;
  return dialect.id === "hf-trl" && sharding.origin !== "file" && sharding.origin !== "linked";
}

/** AdamW as torch has it, by the names of all frameworks: its states have the type of the weights. */
export function isTorchAdam(optimizer: string): boolean {
  return /^adamw?(?:_torch|_torch_fused|_hf)?$/.test(className(optimizer));
}

/**
 * Whether updates of a `document` lose what rounding takes away: AdamW as torch, bitsandbytes and torchao have it, unless it is told to
 * round stochastically. Others hold a compensation, or more bits of the weights (optimi, anyprecision, FlashAdamW).
 */
export function roundsToNearest({ document, plan }: Pick<Subject, "document" | "plan">): boolean {
  const name = className(plan.optimizer.name.value ?? "");
  const isPlain = isTorchAdam(name) || /^(?:ao_|paged_?)?adamw?_?(?:bnb_|torch_)?(?:32bit|[48]_?bit)?$/.test(name);
  return isPlain && !/stochastic_?round|kahan/i.test(document.text);
}

/** `torch.optim.AdamW` is `adamw`. */
function className(optimizer: string): string {
  return optimizer.slice(optimizer.lastIndexOf(".") + 1).toLowerCase();
}
