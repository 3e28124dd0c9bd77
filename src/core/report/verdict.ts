import type { Analysis } from "../analyze.ts";
import { referenceGpus } from "../gpus/catalogue.ts";
import type { Fit } from "../gpus/fit.ts";
import { isSaid, type Sourced } from "../plan/sourced.ts";
import { formatGibibytes } from "../units.ts";

/** How the run fits on the GPUs that a verdict in a few words names. */
export function referenceFits(analysis: Analysis): readonly Fit[] {
  return referenceGpus.flatMap((gpu) => analysis.fitOn(gpu) ?? []);
}

/** The smallest of the reference GPUs that holds the run as it is. */
export function smallestGpu(analysis: Analysis): Fit | undefined {
  return referenceFits(analysis).find(({ verdict }) => verdict === "fits");
}

/** `46.1 GiB per GPU · fits 1× A100 80GB`, or why it cannot be told; plain text. */
export function verdictText(analysis: Analysis): string {
  const { memory, plan } = analysis;
  if (!memory.value) return `Memory unknown: ${memory.reason}`;
  const count = plan.parallelism.gpus.value ?? 1;
  const each = `${formatGibibytes(memory.value.deviceBytes)} per GPU`;
  const smallest = smallestGpu(analysis);
  if (smallest) return `${each} · fits ${count}× ${smallest.gpu.name}`;
  return `${each} · ${needs(referenceFits(analysis)) ?? "no number of GPUs holds it as it is"}`;
}

/** What the figures take for granted because nobody says it: `1 GPU assumed`; empty where nothing is. */
export function assumptionsText({ plan }: Analysis): string {
  const { model, method, batch, sequenceLength, parallelism } = plan;
  const words: readonly (readonly [Sourced<unknown>, string])[] = [
    [model.id, `${model.id.value}`],
    [method, `${method.value} training`],
    [batch.micro, `micro batch ${batch.micro.value}`],
    [batch.accumulation, `accumulation ${batch.accumulation.value}`],
    [sequenceLength, `${sequenceLength.value} tokens per sequence`],
    [parallelism.gpus, `${parallelism.gpus.value} GPU`],
    [parallelism.sharding, `sharding ${parallelism.sharding.value}`],
  ];
  const assumed = words.filter(([source]) => source.origin === "assumed" && !isSaid(source)).map(([, text]) => text);
  return assumed.length === 0 ? "" : `${assumed.join(", ")} assumed`;
}

/** The verdict and what it takes for granted. */
export function verdictWithAssumptions(analysis: Analysis): string {
  const assumptions = analysis.memory.value ? assumptionsText(analysis) : "";
  return assumptions === "" ? verdictText(analysis) : `${verdictText(analysis)} (${assumptions})`;
}

/** The smallest number of GPUs that hold a run which fits on none alone, and the smallest such GPU. */
function needs(fits: readonly Fit[]): string | undefined {
  const fewest = Math.min(...fits.map(({ minGpus }) => minGpus ?? Number.POSITIVE_INFINITY));
  const fit = fits.find(({ minGpus }) => minGpus === fewest);
  return fit ? `needs ${fewest}× ${fit.gpu.name} with all states sharded` : undefined;
}

/** How a value's origin is said beside it: nothing for what the file itself states. */
export function originNote(source: Sourced<unknown>): string {
  const { origin, note } = source;
  switch (origin) {
    case "file":
    case "linked":
      return "";
    case "default":
      return note ? ` (default: ${note})` : " (default)";
    case "assumed":
      return isSaid(source) ? ` (${note})` : ` (assumed: ${note})`;
    case "unknown":
      return ` (unknown: ${note})`;
  }
}
