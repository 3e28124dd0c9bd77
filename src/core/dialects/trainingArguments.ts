import type { Attention, BatchPlan, Duration, OptimizerPlan, Warmup } from "../plan/plan.ts";
import { byDefault, type Known, mapped, type Sourced } from "../plan/sourced.ts";
import { isAtLeast, type Versions } from "../plan/versions.ts";
import type { Keys } from "./keys.ts";

// Hugging Face `transformers.TrainingArguments`: keys and defaults that several frameworks pass on unchanged.
// Source: transformers 4.57.6 and 5.18.0, src/transformers/training_args.py.

export function readBatch(keys: Keys): BatchPlan {
  return {
    micro: keys.number(["per_device_train_batch_size", "per_gpu_train_batch_size"], byDefault(8)),
    accumulation: keys.number("gradient_accumulation_steps", byDefault(1)),
    evaluation: keys.number(["per_device_eval_batch_size", "per_gpu_eval_batch_size"], byDefault(8)),
  };
}

export function readDuration(keys: Keys): Duration {
  return {
    epochs: keys.number("num_train_epochs", byDefault(3)),
    maxSteps: mapped(keys.number("max_steps", byDefault(-1)), (steps) => (steps > 0 ? steps : null)),
  };
}

export function readOptimizer(keys: Keys, versions: Versions): OptimizerPlan {
  return {
    name: keys.text("optim", defaultOptimizer(versions)),
    weightDecay: keys.number("weight_decay", byDefault(0)),
  };
}

/** Since torch 2.8 the fused kernel is the default. */
export function defaultOptimizer(versions: Versions): Known<string> {
  return byDefault(isAtLeast(versions, "torch", "2.8") ? "adamw_torch_fused" : "adamw_torch");
}

/**
 * `warmup_steps` and `warmup_ratio`. Up to transformers 4.x steps win over a ratio, in 5.0 to 5.14 a ratio wins; later
 * releases know no ratio, where it is read as meant. Since 5.0 steps below one are a ratio.
 */
export function readWarmup(keys: Keys, versions: Versions): Sourced<Warmup> {
  const version5 = isAtLeast(versions, "transformers", "5.0");
  const steps = keys.number("warmup_steps", byDefault(0));
  const ratio = keys.number("warmup_ratio", byDefault(0));
  if (ratio.value !== 0 && (version5 || steps.value === 0)) {
    return mapped(ratio, (value) => ({ ratio: value, rounding: "up" }));
  }
  return mapped(steps, (value) =>
    version5 && value > 0 && value < 1 ? { ratio: value, rounding: "up" } : { steps: Math.trunc(value) },
  );
}

/** The names in `lr_scheduler_kwargs`, a mapping or the text of one; the constant schedules take no notice of them. */
export function readSchedulerArguments(keys: Keys): Sourced<readonly string[]> {
  const scheduler = keys.text("lr_scheduler_type", byDefault("linear")).value ?? "";
  if (!keys.has("lr_scheduler_kwargs") || scheduler.startsWith("constant")) return byDefault([]);
  const names = keys.namesInside("lr_scheduler_kwargs");
  return byDefault(names.length > 0 ? names : ["lr_scheduler_kwargs"]);
}

/** `sdpa` is what transformers takes when nothing is said and torch has it, as every release since 2.1.1 does. */
export function readAttention(keys: Keys): Sourced<Attention> {
  return mapped(keys.text("attn_implementation", byDefault("sdpa")), attentionFrom);
}

export function attentionFrom(name: string): Attention {
  if (/flash|^fa[23]$/.test(name)) return "flash";
  return name === "eager" || name === "disabled" ? "eager" : "sdpa";
}
