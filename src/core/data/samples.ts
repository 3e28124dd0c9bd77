import { t } from "../language.ts";
import type { DataPlan, DataSource, TrainingPlan } from "../plan/plan.ts";
import { type Known, type Sourced, said, unknown } from "../plan/sourced.ts";

/** The samples of data files by their paths as written: null where none can be counted, undefined while nobody has. */
export interface SampleCounts {
  readonly get: (path: string) => number | null | undefined;
}

/**
 * Training samples of one epoch: what the user says, else what the config says, else what its data files hold, without what
 * is held out for evaluation. Unknown, with the reason, where samples are packed or a file cannot be counted.
 */
export function samplesOf(
  { data, packing, batch }: TrainingPlan,
  samples: number | undefined,
  counts: SampleCounts | undefined,
): Sourced<number> {
  if (samples !== undefined) return said(samples);
  if (data.samples.value !== undefined || data.sources.length === 0 || !counts) return data.samples;
  if (packing.value && !batch.step) return unknown(t`packing joins samples by their lengths, which are not known`);
  const total = counted(data.sources, counts);
  return total.origin === "unknown" ? total : withoutValidation(total, data);
}

function counted(sources: readonly DataSource[], counts: SampleCounts): Sourced<number> {
  let total = 0;
  for (const { name, file, limit } of sources) {
    if (name.value === undefined) return unknown(name.note);
    const path = file ?? name.value;
    const count = counts.get(path);
    if (count === undefined) return unknown(t`the samples of ${path} have not been counted`);
    if (count === null) return unknown(t`the samples of ${name.value} cannot be counted here`);
    total += Math.min(count, limit ?? count);
  }
  const files = sources.map(({ name, file }) => file ?? name.value);
  return { value: total, origin: "linked", note: t`counted in ${files.join(", ")}` };
}

/** A share is taken as scikit-learn and datasets do it: the held-out part is rounded up. */
function withoutValidation(total: Known<number>, { validation }: DataPlan): Sourced<number> {
  const held = validation.value;
  if (held === undefined) return unknown(t`how many samples are held out is not known: ${validation.note}`);
  if (held === 0) return total;
  const left = total.value - (held < 1 ? Math.ceil(total.value * held) : held);
  return { ...total, value: Math.max(0, left), note: t`${total.note}, without ${total.value - left} held out` };
}
