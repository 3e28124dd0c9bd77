import { t } from "../../language.ts";
import type { ModelFacts } from "../../models/facts.ts";
import type { Place } from "../../plan/sourced.ts";
import { formatParameters, formatRate } from "../../units.ts";
import { changing } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Fix, Severity, Subject } from "../rule.ts";
import { type Goal, type LearningRateRange, learningRateRange, type TrainedBy } from "./ranges.ts";

/** A peak that the config states, and that is above what is usual for its kind of run. */
export interface Excess {
  readonly rate: number;
  readonly range: LearningRateRange;
  readonly place: Place;
  /** Whose thresholds it exceeds. */
  readonly severity: Severity;
}

/** Undefined for rates that are usual, that stand elsewhere, and for runs of which nothing is known to judge them by. */
export function excessOf({ plan, model }: Subject): Excess | undefined {
  const { peak } = plan.learningRate;
  const place = firstPlace(peak);
  const range = learningRateRange(plan, model.value);
  if (peak.value === undefined || !place || !range) return undefined;
  const severity = severityOf(peak.value, range);
  return severity && { rate: peak.value, range, place, severity };
}

function severityOf(rate: number, { hintAbove, warnAbove, errorAbove }: LearningRateRange): Severity | undefined {
  // A hair above a threshold is the threshold: 1.1e-3 is not a number of binary fractions.
  const exceeds = (threshold: number) => rate > threshold * (1 + 1e-9);
  if (exceeds(errorAbove)) return "error";
  if (exceeds(warnAbove)) return "warning";
  return exceeds(hintAbove) ? "hint" : undefined;
}

/** The usual rate, the highest of good recipes, and a tenth of what is there where that is neither. */
export function lowerRates(subject: Subject, { rate, range }: Excess): readonly Fix[] {
  const kind = kindOf(range);
  const to = (lower: number, why: string, preferred = false) =>
    changing(
      subject,
      { peakLearningRate: lower },
      { title: (key) => t`Set ${key} to ${formatRate(lower)} (${why})`, preferred },
    );
  const tenth = Number((rate / 10).toPrecision(6));
  const isOther = tenth <= range.upper && tenth >= range.low && tenth !== range.usual && tenth !== range.upper;
  return [
    ...to(range.usual, t`usual for ${kind}`, true),
    ...to(range.upper, t`upper edge for ${kind}`),
    ...(isOther ? to(tenth, t`a tenth`) : []),
  ];
}

/** ` of 8.03B parameters`, ` of 117B parameters (5.13B active)`. */
export function sizeText(model: ModelFacts | null): string {
  if (!model) return "";
  const { total } = model.parameters;
  const active = model.kind === "architecture" && model.parameters.active < total ? model.parameters.active : undefined;
  return active === undefined
    ? t` of ${formatParameters(total)} parameters`
    : t` of ${formatParameters(total)} parameters (${formatParameters(active)} active)`;
}

/** What is trained in which way, such as `full fine-tuning`. */
export function kindOf({ goal, method }: Pick<LearningRateRange, "goal" | "method">): string {
  return method === "full" ? fullKinds[goal] : t`${methodNames[method]} ${goalNames[goal]}`.trim();
}

const fullKinds: Readonly<Record<Goal, string>> = {
  sft: t`full fine-tuning`,
  "continued-pretrain": t`continued pretraining`,
  pretrain: t`pretraining`,
  preference: t`preference training of all weights`,
  reward: t`reward models`,
  reinforcement: t`reinforcement learning of all weights`,
};

const goalNames: Readonly<Record<Goal, string>> = {
  sft: "",
  "continued-pretrain": t`in continued pretraining`,
  pretrain: t`in pretraining`,
  preference: t`in preference training`,
  reward: t`for reward models`,
  reinforcement: t`in reinforcement learning`,
};

const methodNames: Readonly<Record<Exclude<TrainedBy, "full">, string>> = {
  lora: "LoRA",
  qlora: "QLoRA",
  dora: "DoRA",
};
