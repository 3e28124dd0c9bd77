import { estimateMemory, type MemoryEstimate } from "../memory/estimate.ts";
import { runOf } from "../memory/run.ts";
import type { Architecture } from "../models/architecture.ts";
import type { LoraPlan, Method, Quantization, TrainingPlan } from "../plan/plan.ts";
import { assumed } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";

/** A way to train the model of a config, and the memory that it takes. */
export interface Comparison {
  readonly method: Extract<Method, "full" | "lora" | "qlora">;
  readonly label: string;
  /** Whether the config trains this way. */
  readonly current: boolean;
  readonly memory: MemoryEstimate;
}

/**
 * Full fine-tuning, LoRA and QLoRA of the same model on the same batches. The config's own method keeps its settings;
 * the others get rank 16 on all linear layers, and 4-bit weights with double quantisation.
 */
export function compareMethods(
  plan: TrainingPlan,
  architecture: Architecture,
  versions: Versions,
): readonly Comparison[] {
  return (["full", "lora", "qlora"] as const).flatMap((method) => {
    const current = plan.method.value === method;
    const run = runOf(current ? plan : withMethod(plan, method), architecture, versions);
    return run.value ? [{ method, label: labels[method], current, memory: estimateMemory(run.value) }] : [];
  });
}

const labels = { full: "Full", lora: "LoRA", qlora: "QLoRA" } as const;

function withMethod(plan: TrainingPlan, method: Comparison["method"]): TrainingPlan {
  return {
    ...plan,
    method: assumed(method, "for comparison"),
    lora: method === "full" ? null : (plan.lora ?? lora),
    quantization: method === "qlora" ? (plan.quantization ?? quantization) : null,
  };
}

const lora: LoraPlan = {
  rank: assumed(16, "for comparison"),
  alpha: assumed(32, "for comparison"),
  dropout: assumed(0, "for comparison"),
  targets: assumed({ kind: "all" }, "for comparison"),
  modulesToSave: assumed([], "for comparison"),
  rsLora: assumed(false, "for comparison"),
  dora: assumed(false, "for comparison"),
};

const quantization: Quantization = {
  bits: assumed(4, "for comparison"),
  doubleQuantization: assumed(true, "for comparison"),
  float32Norms: assumed(false, "for comparison"),
};
