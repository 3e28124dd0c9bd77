import { usableBytes } from "../../gpus/catalogue.ts";
import { verdictOn } from "../../gpus/fit.ts";
import { t } from "../../language.ts";
import type { MemoryEstimate } from "../../memory/estimate.ts";
import type { Variation } from "../../memory/variation.ts";
import { formatGibibytes } from "../../units.ts";
import { goalOf } from "../lr/ranges.ts";
import { firstPlace } from "../places.ts";
import type { Rule, Subject } from "../rule.ts";
import { memoryWith, shortageOf, trainingNeed } from "./shortage.ts";

/**
 * Full fine-tuning that the chosen GPUs do not hold whatever is done about it, where they hold adapters: the memory forces the hand.
 * Source: "What Does Full Fine-tuning Mean?", on when full fine-tuning still wins.
 */
export const memoryNeedsAdapters: Rule = {
  id: "memory/needs-adapters",
  title: t`Full fine-tuning where only adapters fit`,
  severity: "information",
  *check(subject) {
    const { plan, memory } = subject;
    const place = firstPlace(plan.method, plan.model.id);
    if (!memory.value || !place || plan.method.value !== "full" || !mayAdapt(subject)) return;
    const shortage = shortageOf(subject, plan.batch.micro, trainingNeed(memory.value));
    const leanest = shortage && leanWith(subject, { method: "full", optimizer: "adamw_8bit" });
    if (shortage?.verdict !== "no" || !leanest || verdictOn(shortage.gpu, leanest) !== "no") return;
    const { gpu } = shortage;
    const fits = (method: "lora" | "qlora") => {
      const bytes = leanWith(subject, { method })?.deviceBytes ?? Number.POSITIVE_INFINITY;
      return bytes <= usableBytes(gpu) ? bytes : undefined;
    };
    const [name, bytes] = [["LoRA", fits("lora")] as const, ["QLoRA", fits("qlora")] as const].find(([, n]) => n) ?? [];
    if (bytes === undefined) return;
    yield {
      message: t`Full fine-tuning does not fit the ${gpu.name} even with gradient checkpointing, 8-bit AdamW and one sequence at a time (${formatGibibytes(leanest.deviceBytes)}), short of offloading to the host; ${name} takes ${formatGibibytes(bytes)}. Make It Fit… shows the changes.`,
      range: place.range,
    };
  },
};

/** Weights that learn a language from nothing, or a policy from rewards beside an engine, are no case for it. */
function mayAdapt({ plan }: Subject): boolean {
  const goal = goalOf(plan);
  return goal !== undefined && goal !== "pretrain" && goal !== "reinforcement";
}

/** All that leaves the mathematics alone, or nearly, on the GPUs that there are. */
function leanWith(subject: Subject, variation: Variation): MemoryEstimate | undefined {
  const gpus = subject.plan.parallelism.gpus.value ?? 1;
  const spread = gpus > 1 ? { spread: { gpus, sharding: "zero-3" as const } } : {};
  return memoryWith(subject, { gradientCheckpointing: true, microBatch: 1, loss: "fused", ...spread, ...variation });
}
