import type { Analysis } from "../analyze.ts";
import { t } from "../language.ts";
import { isSaid, said } from "../plan/sourced.ts";
import { runLengthOf } from "../schedule/runLength.ts";
import { formatCount } from "../units.ts";

/** What the page asks of the training samples, or says of them; every text is ready and plain. */
export type SamplesView =
  | { readonly kind: "asked"; readonly label: string; readonly why: string }
  | { readonly kind: "said"; readonly text: string };

/** Asks where the number of samples is all that is missing to know the updates of the run; null where there is nothing to say. */
export function samplesView({ plan, length, schedule, versions }: Analysis): SamplesView | null {
  const { samples } = length;
  const what = plan.packing.value && !plan.batch.step ? t`packed sequences` : t`training samples`;
  if (samples.value !== undefined && isSaid(samples)) {
    return { kind: "said", text: t`${formatCount(samples.value)} ${what} in one epoch, as you said.` };
  }
  if (samples.value !== undefined || schedule.value?.stepsKnown !== false) return null;
  if (runLengthOf(plan, said(1), undefined, versions).totalSteps === undefined) return null;
  return {
    kind: "asked",
    label: `${what.charAt(0).toUpperCase()}${what.slice(1)}`,
    why: t`How many the run has in one epoch is unknown: ${samples.note}.`,
  };
}
