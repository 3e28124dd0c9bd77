import type { PlanChange } from "../../dialects/dialect.ts";
import { t } from "../../language.ts";
import { formatCount, formatFraction, formatRate } from "../../units.ts";
import { changing, keyOf } from "../fixes.ts";
import { goalOf, isAdamW } from "../lr/ranges.ts";
import { firstPlace } from "../places.ts";
import type { Fix, Rule, Subject } from "../rule.ts";
import { isConstantByDefault } from "./constantByDefault.ts";
import { isSquared } from "./rateSquared.ts";
import { hasShareInSteps, schedulerWithWarmup, usualShare, usualWarmup } from "./warmup.ts";

/** Above these rates hardly any shipped config of a fine-tune does without a warmup. */
const highestWithout = { full: 5e-5, adapters: 3e-4 } as const;

/**
 * No warmup where the rate is high: Adam's estimates of the gradients' size are rough at first, and full steps along them make the
 * loss jump. Half of all fine-tunes do without, at rates that bear it; reinforcement learning mostly does.
 */
export const scheduleNoWarmup: Rule = {
  id: "schedule/no-warmup",
  title: t`No warmup at a high rate`,
  severity: "hint",
  *check(subject) {
    const { plan, schedule } = subject;
    const { peak, warmup, scheduler } = plan.learningRate;
    const place = firstPlace(peak);
    if (!schedule.value || schedule.value.warmupSteps > 0 || schedule.value.request.warmup > 0) return;
    if (!place || !peak.value || warmup.origin === "assumed" || !needsWarmup(subject, peak.value)) return;
    if (isConstantByDefault(subject) || isSquared(subject)) return;
    yield {
      message: t`${formatRate(peak.value)} is applied from the first update on; at a rate this high most runs warm up, for 3 to 5 % of their updates.`,
      range: place.range,
      fixes: () => warmingUp(subject, withWarmup(subject, scheduler.value)),
    };
  },
};

/** Reinforcement learning does without, and so does the last part of a pretraining, which goes on where another ended. */
function needsWarmup({ plan }: Subject, rate: number): boolean {
  const goal = goalOf(plan);
  const { value: method } = plan.method;
  if (!goal || goal === "reinforcement" || goal === "continued-pretrain") return false;
  if (!isAdamW(plan.optimizer.name.value ?? "")) return false;
  if (method === "full") return rate > highestWithout.full;
  return (method === "lora" || method === "qlora") && rate > highestWithout.adapters;
}

/** The scheduler that heeds a warmup, where the one that is set does not. */
function withWarmup(subject: Subject, scheduler: string | undefined): PlanChange {
  const other = scheduler === "constant" ? schedulerWithWarmup(subject, scheduler) : undefined;
  return other ? { scheduler: other } : {};
}

/** A share of the run where the framework has a key for it, else a number of updates. */
function warmingUp(subject: Subject, scheduler: PlanChange): readonly Fix[] {
  const { totalSteps } = subject.length;
  const rest = scheduler.scheduler ? `, ${t`${keyOf(subject, "scheduler")} to ${scheduler.scheduler}`}` : "";
  const set = (name: "warmupSteps" | "warmupRatio", value: number, why = "") =>
    changing(
      subject,
      { ...scheduler, [name]: value },
      { title: `${t`Set ${keyOf(subject, name)} to ${formatCount(value)}${why}`}${rest}`, preferred: true },
    );
  if (hasShareInSteps(subject)) return set("warmupSteps", usualShare);
  const byShare = set("warmupRatio", usualShare);
  if (byShare.length > 0 || totalSteps === undefined) return byShare;
  return set("warmupSteps", usualWarmup(totalSteps), ` (${t`${formatFraction(usualShare)} of the run`})`);
}
