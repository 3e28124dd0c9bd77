import { ownPlace } from "../../../src/core/plan/sourced.ts";
import { goalOf, isAdamW } from "../../../src/core/rules/lr/ranges.ts";
import { textAt } from "../../../src/core/rules/places.ts";
import type { Mistake } from "../mistake.ts";
import { replaced } from "./written.ts";

function decay(rule: string, value: number, isFor: (optimizer: string) => boolean): Mistake {
  return {
    rule,
    name: `a weight decay of ${value}`,
    plant(analysis) {
      const { name, weightDecay } = analysis.plan.optimizer;
      return isFor(name.value ?? "") ? replaced(analysis, weightDecay, String(value)) : undefined;
    },
  };
}

function norm(value: number): Mistake {
  return {
    rule: "optimizer/no-clipping",
    name: `gradients clipped to ${value}`,
    plant: (analysis) => replaced(analysis, analysis.plan.optimizer.maxGradNorm, String(value)),
  };
}

export const optimizerMistakes: readonly Mistake[] = [
  {
    rule: "optimizer/unknown",
    name: "a slip of the hand",
    plant(analysis) {
      const { name } = analysis.plan.optimizer;
      const isIn = ["hf-trl", "llamafactory"].includes(analysis.dialect.id);
      return isIn && name.value ? replaced(analysis, name, name.value.replace(/^(.)(.)/, "$2$1")) : undefined;
    },
  },
  decay("optimizer/decoupled-weight-decay", 0.1, (name) => name.startsWith("decoupled_")),
  decay("optimizer/weight-decay-high", 0.5, (name) => isAdamW(name) && !name.startsWith("decoupled_")),
  decay("optimizer/weight-decay-high", 5, (name) => /^(?:lion|paged_lion|lion_)/.test(name)),
  norm(0),
  norm(10),
  {
    rule: "optimizer/slow-second-moment",
    name: "pretraining with 0.999",
    plant({ plan, document }) {
      const { beta2, name } = plan.optimizer;
      const place = beta2.origin === "file" && beta2.value === 0.95 ? ownPlace(beta2) : undefined;
      if (!place || goalOf(plan) !== "pretrain" || !isAdamW(name.value ?? "")) return undefined;
      const present = textAt(document, place.range);
      return /\b0?\.95\b/.test(present)
        ? [{ range: place.range, newText: present.replace(/\b0?\.95\b/, "0.999") }]
        : undefined;
    },
  },
  {
    rule: "optimizer/epsilon-in-fp16",
    name: "the usual epsilon",
    plant(analysis) {
      const { precision, optimizer } = analysis.plan;
      const isHalf = precision.trained.value === "float16" && precision.autocast.value !== "float16";
      return isHalf ? replaced(analysis, optimizer.epsilon, "1.0e-8") : undefined;
    },
  },
];
