import type { Analysis } from "../analyze.ts";
import { t } from "../language.ts";
import { globalBatchSize } from "../plan/plan.ts";
import { isGuessed, ownPlace, type Place } from "../plan/sourced.ts";
import type { Position } from "../text/position.ts";
import { formatCount, formatParameters } from "../units.ts";
import { lengthText } from "./topicText.ts";
import { memoryText, originNote, verdictWithAssumptions } from "./verdict.ts";

export type HintKind = "parameters" | "memory" | "effectiveBatch" | "steps" | "warmupSteps";

/** A few words behind a value; both texts are plain. */
export interface Hint {
  readonly kind: HintKind;
  readonly position: Position;
  readonly text: string;
  readonly tooltip: string;
}

/**
 * Parameters behind the model, memory per GPU behind the micro batch, the effective batch behind the accumulation, updates
 * behind the epochs, and those of warmup behind what they are worked out from, or that the scheduler takes no notice of it.
 */
export function hintsOf(analysis: Analysis): readonly Hint[] {
  const { plan, model, memory, length, schedule } = analysis;
  const { warmup } = plan.learningRate;
  const { micro, accumulation } = plan.batch;
  const { gpus } = plan.parallelism;
  const total = globalBatchSize(plan);
  const hint = (kind: HintKind, place: Place | undefined, text: string, tooltip: string): readonly Hint[] =>
    place ? [{ kind, position: place.range.end, text, tooltip }] : [];
  return [
    ...(model.value
      ? hint(
          "parameters",
          ownPlace(plan.model.id),
          formatParameters(model.value.parameters.total),
          t`${formatCount(model.value.parameters.total)} parameters`,
        )
      : []),
    ...(memory.value
      ? hint(
          "memory",
          ownPlace(micro) ?? ownPlace(plan.model.id),
          memoryText(analysis),
          verdictWithAssumptions(analysis),
        )
      : []),
    ...(total === undefined
      ? []
      : hint(
          "effectiveBatch",
          ownPlace(accumulation) ?? ownPlace(micro),
          t`= ${formatCount(total)} per update${isGuessed(gpus) ? t` on ${gpus.value} GPU (assumed)` : ""}`,
          t`${formatCount(micro.value ?? 0)} sequences × ${formatCount(accumulation.value ?? 0)} passes × ` +
            `${formatCount(gpus.value ?? 0)} GPU${originNote(gpus)}`,
        )),
    ...(length.totalSteps === undefined
      ? []
      : hint("steps", ownPlace(plan.duration.epochs), updates(length.totalSteps), lengthText(length, warmup))),
    ...(schedule.value?.warmupSteps === 0 && length.warmupSteps
      ? hint("warmupSteps", ownPlace(warmup), t`ignored by ${schedule.value.name}`, lengthText(length, warmup))
      : length.warmupSteps === undefined || !warmup.value || "steps" in warmup.value
        ? []
        : hint("warmupSteps", ownPlace(warmup), updates(length.warmupSteps), lengthText(length, warmup))),
  ];
}

function updates(count: number): string {
  return count === 1 ? t`= 1 update` : t`= ${formatCount(count)} updates`;
}
