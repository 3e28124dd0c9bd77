import type { TrainingPlan } from "../plan/plan.ts";
import type { Sourced } from "../plan/sourced.ts";
import { type ConfigDocument, entryAt } from "../text/document.ts";
import { readDeepspeed } from "./deepspeed.ts";
import { type LinkedFiles, settingsAt, standingIn } from "./links.ts";

/**
 * What transformers' Trainer makes of a plan whose config names a DeepSpeed configuration: an optimizer and a scheduler that
 * stand there take the place of the config's own, and "auto" in them takes the config's values. A file that is not there
 * changes nothing.
 */
export function throughDeepspeed(plan: TrainingPlan, document: ConfigDocument, linked: LinkedFiles): TrainingPlan {
  const found = settingsAt(document, document.root.entries.get("deepspeed")?.value, linked);
  if (!found) return plan;
  const { root } = found.document;
  const other = readDeepspeed(found.document);
  const placed = <T>(value: Sourced<T>): Sourced<T> => standingIn(found, value);
  const orOwn = <T>(value: Sourced<T>, own: Sourced<T>): Sourced<T> =>
    value.origin === "unknown" ? own : placed(value);
  const { optimizer, learningRate } = plan;
  return {
    ...plan,
    optimizer: entryAt(root, "optimizer.type")
      ? {
          ...optimizer,
          name: placed(other.optimizer.name),
          weightDecay: orOwn(other.optimizer.weightDecay, optimizer.weightDecay),
          beta2: orOwn(other.optimizer.beta2, optimizer.beta2),
        }
      : optimizer,
    learningRate: entryAt(root, "scheduler.type")
      ? {
          peak: learningRate.peak,
          scheduler: placed(other.learningRate.scheduler),
          family: "deepspeed",
          schedulerArguments: placed(other.learningRate.schedulerArguments),
          warmup: orOwn(other.learningRate.warmup, learningRate.warmup),
        }
      : learningRate,
  };
}
