import { ownPlace } from "../../../src/core/plan/sourced.ts";
import { goalOf } from "../../../src/core/rules/lr/ranges.ts";
import type { Mistake } from "../mistake.ts";

export const loraMistakes: readonly Mistake[] = [
  {
    rule: "lora/large-batch",
    name: "hundreds of sequences per update",
    plant({ plan, dialect, document }) {
      const { micro, accumulation } = plan.batch;
      const goal = goalOf(plan);
      if (!plan.lora || !goal || goal === "reinforcement" || !ownPlace(accumulation) || !micro.value) return undefined;
      return dialect.write(document, { accumulation: Math.ceil(300 / micro.value) });
    },
  },
];
