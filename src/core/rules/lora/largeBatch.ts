import { t } from "../../language.ts";
import { globalBatchSize } from "../../plan/plan.ts";
import { formatCount } from "../../units.ts";
import { goalOf } from "../lr/ranges.ts";
import { firstPlace } from "../places.ts";
import type { Rule } from "../rule.ts";

/** Sequences per update; of 329 shipped LoRA configs 95 in 100 have 128 at most, and half of them 8. */
const most = 256;

/**
 * A large batch, which adapters bear worse than all weights do, whatever their rank: the product of two small matrices follows a
 * gradient less well. Source: LoRA Without Regret (Thinking Machines, 2025), and TRL's documentation after it.
 */
export const loraLargeBatch: Rule = {
  id: "lora/large-batch",
  title: t`Batch too large for LoRA`,
  severity: "hint",
  *check({ plan }) {
    const { global, accumulation, micro } = plan.batch;
    const place = firstPlace(global ?? accumulation, accumulation, micro);
    const goal = goalOf(plan);
    const batch = globalBatchSize(plan);
    if (!plan.lora || !place || !goal || goal === "reinforcement" || batch === undefined || batch <= most) return;
    yield {
      message: t`${formatCount(batch)} sequences per update: adapters learn less from large batches than all weights do; TRL advises fewer than 32.`,
      range: place.range,
    };
  },
};
