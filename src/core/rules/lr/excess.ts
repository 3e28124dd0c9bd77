import { t } from "../../language.ts";
import type { ModelFacts } from "../../models/facts.ts";
import type { Place } from "../../plan/sourced.ts";
import { formatParameters, formatRate } from "../../units.ts";
import { changing } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Fix, Severity, Subject } from "../rule.ts";
import { type Goal, isAbove, type LearningRateRange, learningRateRange, type TrainedBy } from "./ranges.ts";

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
  if (isAbove(rate, errorAbove)) return "error";
  if (isAbove(rate, warnAbove)) return "warning";
  return isAbove(rate, hintAbove) ? "hint" : undefined;
}

/** The usual rate, the highest of good recipes, and a tenth of what is there where that is neither. */
export function lowerRates(subject: Subject, { rate, range }: Excess): readonly Fix[] {
  const tenth = Number((rate / 10).toPrecision(6));
  const isOther = tenth < range.upper && tenth !== range.usual;
  return [
    ...usualRate(subject, range),
    ...settingRate(subject, range.upper, t`upper edge for ${kindOf(range)}`, false),
    ...(isOther ? settingRate(subject, tenth, t`a tenth`, false) : []),
  ];
}

/** The usual rate for this kind of run. */
export function usualRate(subject: Subject, range: LearningRateRange): readonly Fix[] {
  return settingRate(subject, range.usual, t`usual for ${kindOf(range)}`);
}

/** Another peak, with the reason in the title. */
export function settingRate(subject: Subject, rate: number, why: string, preferred = true): readonly Fix[] {
  const title = (key: string) => t`Set ${key} to ${formatRate(rate)} (${why})`;
  return changing(subject, { peakLearningRate: rate }, { title, preferred });
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
