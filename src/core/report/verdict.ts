import type { Analysis } from "../analyze.ts";
import { referenceChips, referenceGpus, usableBytes } from "../gpus/catalogue.ts";
import type { Fit, Verdict } from "../gpus/fit.ts";
import type { Gpu } from "../gpus/gpu.ts";
import { t } from "../language.ts";
import { assumptionsOf } from "../memory/notes.ts";
import type { Parallelism } from "../plan/plan.ts";
import { isGuessed, isSaid, type Sourced } from "../plan/sourced.ts";
import { formatGibibytes, formatGibibytesOf } from "../units.ts";

/** The GPUs, one of each size, that a run is commonly on: mlx-lm's are Apple's. */
export function commonGpus({ dialect }: Pick<Analysis, "dialect">): readonly Gpu[] {
  return dialect.id === "mlx-lm" ? referenceChips() : referenceGpus();
}

/** Whether a run is on Apple's chips, whose GPU shares the memory of the whole machine. */
function isOnApple({ dialect, target }: Pick<Analysis, "dialect" | "target">): boolean {
  return dialect.id === "mlx-lm" || target?.group === "Apple";
}

/** How the run fits on the GPU that it is meant for, and on those that a verdict names otherwise. */
export function shownFits(analysis: Analysis): readonly Fit[] {
  const { target } = analysis;
  const others = commonGpus(analysis).filter(({ id }) => id !== target?.id);
  return [...(target ? [target] : []), ...others].flatMap((gpu) => analysis.fitOn(gpu) ?? []);
}

/**
 * `46.1 GiB per GPU · fits 1× A100 80GB`, for a chosen GPU `46.1 of 79.2 GiB on A100 80GB · fits`, or why it cannot be told;
 * plain text.
 */
export function verdictText(analysis: Analysis): string {
  const { memory, plan, target } = analysis;
  if (!memory.value) return t`Memory unknown: ${memory.reason}`;
  const fits = shownFits(analysis);
  const [first] = fits;
  if (target && first) {
    return first.verdict === "no" ? `${memoryText(analysis)}, ${needs([first])}` : memoryText(analysis);
  }
  const count = plan.parallelism.gpus.value ?? 1;
  const smallest = fits.find(({ verdict }) => verdict === "fits");
  return `${memoryText(analysis)} · ${smallest ? t`fits ${count}× ${smallest.gpu.name}` : needs(fits)}`;
}

/** `46.1 GiB per GPU`, for a chosen GPU `46.1 of 79.2 GiB on A100 80GB · fits`; empty where the memory is unknown. */
export function memoryText(analysis: Analysis): string {
  const { memory, plan, target, fitOn } = analysis;
  if (!memory.value) return "";
  const { deviceBytes } = memory.value;
  const fit = target && fitOn(target);
  if (!fit) {
    const size = formatGibibytes(deviceBytes);
    return isOnApple(analysis) ? t`${size} of unified memory` : t`${size} per GPU`;
  }
  const { gpu, verdict } = fit;
  const count = plan.parallelism.gpus.value ?? 1;
  const where = count === 1 ? gpu.name : t`each of ${count}× ${gpu.name}`;
  return t`${formatGibibytesOf(deviceBytes, usableBytes(gpu))} on ${where} · ${verdictWords[verdict]}`;
}

/** How a verdict is said. */
export const verdictWords: Readonly<Record<Verdict, string>> = { fits: t`fits`, tight: t`tight`, no: t`does not fit` };

/** What the figures take for granted because nobody says it: `1 GPU assumed`; empty where nothing is. */
export function assumptionsText(analysis: Analysis): string {
  const { plan, run } = analysis;
  const { model, method, batch, sequenceLength, parallelism } = plan;
  const { value: sharding } = parallelism.sharding;
  const words: readonly (readonly [Sourced<unknown>, string])[] = [
    [model.id, `${model.id.value}`],
    [method, t`${method.value} training`],
    [batch.micro, t`micro batch ${batch.micro.value}`],
    [batch.accumulation, t`accumulation ${batch.accumulation.value}`],
    [sequenceLength, t`${sequenceLength.value} tokens per sequence`],
    [parallelism.gpus, isOnApple(analysis) ? t`${parallelism.gpus.value} machine` : t`${parallelism.gpus.value} GPU`],
    [parallelism.sharding, sharding === "none" ? t`no sharding` : t`sharding ${sharding}`],
    ...groupWords(parallelism),
  ];
  const assumed = words.filter(([source]) => isGuessed(source)).map(([, text]) => text);
  const all = [...assumed, ...(run.value ? assumptionsOf(run.value.architecture, plan) : [])];
  return all.length === 0 ? "" : t`${all.join(", ")} assumed`;
}

/** How many GPUs share the states, where there are more of them. */
function groupWords({ gpus, sharding, groups }: Parallelism): readonly (readonly [Sourced<unknown>, string])[] {
  const group = groups?.value;
  if (!groups || !group || "copies" in group || sharding.value === "none") return [];
  return (gpus.value ?? 1) > group.sharers ? [[groups, t`nodes of ${group.sharers} GPUs`]] : [];
}

/** The verdict and what it takes for granted. */
export function verdictWithAssumptions(analysis: Analysis): string {
  const assumptions = analysis.memory.value ? assumptionsText(analysis) : "";
  return assumptions === "" ? verdictText(analysis) : `${verdictText(analysis)} (${assumptions})`;
}

/** The smallest number of GPUs that hold a run which does not fit as it is, and the smallest such GPU. */
function needs(fits: readonly Fit[]): string {
  const fewest = Math.min(...fits.map(({ minGpus }) => minGpus ?? Number.POSITIVE_INFINITY));
  const fit = fits.find(({ minGpus }) => minGpus === fewest);
  if (!fit) return t`no number of GPUs holds it as it is`;
  if (fewest === 1) return t`one ${fit.gpu.name} alone holds it`;
  return t`needs ${fewest}× ${fit.gpu.name} with all states sharded${nodesText(fit.gpu, fewest)}`;
}

/** `, 2 nodes of 8`, where so many GPUs are more than one machine has; nothing for GPUs that come in any number. */
export function nodesText({ perNode }: Gpu, count: number): string {
  return perNode > 1 && count > perNode ? t`, ${Math.ceil(count / perNode)} nodes of ${perNode}` : "";
}

/** How a value's origin is said beside it: nothing for what the file itself states. */
export function originNote(source: Sourced<unknown>): string {
  const { origin, note } = source;
  switch (origin) {
    case "file":
    case "linked":
      return "";
    case "default":
      return note ? t` (default: ${note})` : t` (default)`;
    case "assumed":
      return isSaid(source) ? ` (${note})` : t` (assumed: ${note})`;
    case "unknown":
      return t` (unknown: ${note})`;
  }
}
