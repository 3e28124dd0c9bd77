import { t } from "../../language.ts";
import type { Interval } from "../../plan/interval.ts";
import { ownPlace, type Place, type Sourced } from "../../plan/sourced.ts";
import { everyUpdates } from "../../schedule/marks.ts";
import { replacesEpochs } from "../../schedule/runLength.ts";
import { formatCount } from "../../units.ts";
import { setting } from "../fixes.ts";
import { keyNameAt, written } from "../places.ts";
import type { Fix, Subject } from "../rule.ts";
import { fewestUpdates } from "../schedule/warmup.ts";

/** An interval that is longer than the run. */
export interface BeyondEnd {
  readonly place: Place;
  readonly interval: Interval;
  /** Updates from one time to the next. */
  readonly every: number;
  /** Updates of the run. */
  readonly total: number;
}

/**
 * Undefined where it is not known how long the run is, for runs that only try a config, and for frameworks that are not built on
 * transformers: most of them evaluate and save at the end of an epoch or of the run too, whatever the interval is; so does Ludwig, which
 * shortens it to the run. nanotron does not. Source: ludwig, trainers/trainer.py (final_steps_per_checkpoint); nanotron, trainer.py.
 */
export function beyondEnd({ plan, length }: Subject, interval: Sourced<Interval> | undefined): BeyondEnd | undefined {
  const total = length.totalSteps;
  const { family } = plan.learningRate;
  if (family === "ludwig" || !(replacesEpochs(family) || family === "nanotron")) return undefined;
  const place = interval && ownPlace(interval);
  if (!interval?.value || !place || total === undefined || total < fewestUpdates) return undefined;
  const every = everyUpdates(interval.value, length, plan);
  return every !== null && every > total
    ? { place, interval: interval.value, every: Math.round(every), total }
    : undefined;
}

/** A tenth of the run between two times, where the key counts updates. */
export function shortened(subject: Subject, { place, interval, total }: BeyondEnd): readonly Fix[] {
  const key = keyNameAt(subject, place);
  const found = ["", "training.", "checkpoints."].map((section) => written(subject, section + key)).find(Boolean);
  if (interval.kind !== "updates" || found?.place.range.start.line !== place.range.start.line) return [];
  const every = Math.max(1, Math.round(total / 10));
  return setting(subject, found.path, every, { title: t`Set ${key} to ${formatCount(every)}`, preferred: true });
}
