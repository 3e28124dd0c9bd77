import { t } from "../language.ts";
import type { LearningRatePlan, TrainingPlan } from "../plan/plan.ts";
import { byDefault, mapped, type Sourced } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import { type ConfigDocument, entryAt } from "../text/document.ts";
import { mixedPrecision, readDeepspeed } from "./deepspeed.ts";
import type { ReadContext } from "./dialect.ts";
import { type Settings, settingsAt, standingIn } from "./links.ts";
import { groupAt, rateGroups } from "./rateGroups.ts";

/**
 * What transformers' Trainer makes of a plan whose config names a DeepSpeed configuration: an optimizer and a scheduler that
 * stand there take the place of the config's own, and "auto" in them takes the config's values. A file that is not there
 * is taken to say "auto" throughout.
 */
export function throughDeepspeed(
  plan: TrainingPlan,
  document: ConfigDocument,
  { linked, versions }: ReadContext,
): TrainingPlan {
  const written = document.root.entries.get("deepspeed")?.value;
  if (!written || (written.kind === "scalar" && !written.value)) return plan;
  const found = settingsAt(document, written, linked);
  const cast = throughEngine(plan, found, versions);
  if (!found) return cast;
  const { root } = found.document;
  const other = readDeepspeed(found.document, versions);
  const placed = <T>(value: Sourced<T>): Sourced<T> => standingIn(found, value);
  const orOwn = <T>(value: Sourced<T>, own: Sourced<T>): Sourced<T> =>
    value.origin === "unknown" ? own : placed(value);
  const { optimizer, learningRate, precision } = plan;
  const ownOptimizer = entryAt(root, "optimizer.type") !== undefined;
  const rate: LearningRatePlan = ownOptimizer ? withGroupsOf(learningRate, other.learningRate, found) : learningRate;
  return {
    ...cast,
    trainerArguments: { optimizer, learningRate, precision },
    optimizer: ownOptimizer
      ? {
          ...optimizer,
          name: placed(other.optimizer.name),
          ...(other.optimizer.fused ? { fused: other.optimizer.fused } : {}),
          weightDecay: orOwn(other.optimizer.weightDecay, optimizer.weightDecay),
          beta2: orOwn(other.optimizer.beta2, optimizer.beta2),
        }
      : optimizer,
    learningRate: entryAt(root, "scheduler.type")
      ? {
          ...rate,
          peak: peakThrough(found, other, rate.peak),
          scheduler: placed(other.learningRate.scheduler),
          family: "deepspeed",
          schedulerArguments: placed(other.learningRate.schedulerArguments),
          warmup: orOwn(other.learningRate.warmup, learningRate.warmup),
        }
      : rate,
  };
}

/** The config's own, which the Trainer has the file repeat; where a warmup leaves it out, DeepSpeed may have its own. */
function peakThrough(found: Settings, { learningRate }: TrainingPlan, own: Sourced<number>): Sourced<number> {
  const { peak, scheduler } = learningRate;
  return /^Warmup(?:Decay)?LR$/.test(scheduler.value ?? "") && peak.origin === "default"
    ? standingIn(found, peak)
    : own;
}

/** DeepSpeed's optimizer gets all parameters as one group, and groups them itself. Source: transformers, integrations/deepspeed.py. */
function withGroupsOf(
  { groups: _, ...rate }: LearningRatePlan,
  { groups = [] }: LearningRatePlan,
  found: Settings,
): LearningRatePlan {
  return { ...rate, ...rateGroups(...groups.map(({ name, peak }) => groupAt(name, standingIn(found, peak)))) };
}

/**
 * The engine casts all weights that are not quantised, norms and adapters among them, to its type and keeps float32 copies of
 * the trained ones. "auto" takes the type from the training arguments.
 */
function throughEngine(plan: TrainingPlan, found: Settings | undefined, versions: Versions): TrainingPlan {
  const own = found && readDeepspeed(found.document, versions).precision;
  if (own && own.trained.origin !== "unknown" && !own.masterWeights?.value) return plan;
  const stated = found && own?.masterWeights?.value ? standingIn(found, own.trained) : plan.precision.autocast;
  const type = stated.value;
  if (!type) return plan;
  const { quantization } = plan;
  return {
    ...plan,
    precision: mixedPrecision(mapped(stated, () => type)),
    ...(plan.teacher ? { teacher: { ...plan.teacher, weights: mapped(stated, () => type) } } : {}),
    quantization: quantization && {
      ...quantization,
      float32Norms: byDefault(false, t`DeepSpeed casts the whole model`),
    },
  };
}
