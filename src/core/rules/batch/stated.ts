import { t } from "../../language.ts";
import { dataParallelSize, type Parallelism } from "../../plan/plan.ts";
import { isSaid, type Place, type Sourced } from "../../plan/sourced.ts";
import type { ConfigDocument } from "../../text/document.ts";
import { fixOf } from "../fixes.ts";
import { textAt } from "../places.ts";
import type { Fix, Related } from "../rule.ts";

/** Whether the config itself has the value, not something that it is worked out from. */
export function isWritten(source: Sourced<unknown>): boolean {
  return source.origin === "file" && source.note === undefined;
}

/** GPUs that work on different sequences, where their number is stated or said. */
export function statedReplicas(parallelism: Parallelism): number | undefined {
  const { origin } = parallelism.gpus;
  const isKnown = origin === "file" || origin === "linked" || isSaid(parallelism.gpus);
  return isKnown ? dataParallelSize(parallelism) : undefined;
}

/** The key at a place, to be shown beside a finding. */
export function relatedAt(document: ConfigDocument, place: Place | undefined): readonly Related[] {
  return place ? [{ message: textAt(document, place.keyRange), range: place.range }] : [];
}

/** Another number in place of one that is written out, not of a reference. */
export function replacing(document: ConfigDocument, { range, keyRange }: Place, value: number): readonly Fix[] {
  if (!/^\d+$/.test(textAt(document, range))) return [];
  const title = t`Set ${textAt(document, keyRange)} to ${value}`;
  return fixOf([{ range, newText: String(value) }], { title, preferred: true });
}
