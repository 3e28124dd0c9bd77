import type { TrainingPlan } from "../plan/plan.ts";
import type { Sourced } from "../plan/sourced.ts";
import { type ConfigDocument, entryAt } from "../text/document.ts";
import { readDeepspeed } from "./deepspeed.ts";
import type { LinkedFiles } from "./links.ts";

/**
 * What transformers' Trainer makes of a plan whose config names a DeepSpeed configuration: an optimizer and a scheduler that
 * stand there take the place of the config's own, and "auto" in them takes the config's values. A file that is not there
 * changes nothing.
 */
export function throughDeepspeed(plan: TrainingPlan, document: ConfigDocument, linked: LinkedFiles): TrainingPlan {
  const found = configuration(document, linked);
  if (!found) return plan;
  const { root } = found.document;
  const other = readDeepspeed(found.document);
  const placed = <T>(value: Sourced<T>): Sourced<T> => (found.uri === undefined ? value : inFile(value, found.uri));
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

interface Configuration {
  readonly document: ConfigDocument;
  /** Its address, where it is another file. */
  readonly uri?: string;
}

function configuration(document: ConfigDocument, linked: LinkedFiles): Configuration | undefined {
  const node = document.root.entries.get("deepspeed")?.value;
  if (node?.kind === "map") return { document: { ...document, root: node } };
  const file = node?.kind === "scalar" ? linked.get(String(node.value)) : undefined;
  return file ? { document: file.document, uri: file.uri } : undefined;
}

function inFile<T>(value: Sourced<T>, uri: string): Sourced<T> {
  const place = value.place ? { place: { ...value.place, uri } } : {};
  return value.origin === "file" ? { ...value, origin: "linked", ...place } : { ...value, ...place };
}
