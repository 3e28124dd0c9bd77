import type { Fit } from "../gpus/fit.ts";
import type { Gpu } from "../gpus/gpu.ts";
import { t } from "../language.ts";
import { estimateMemory, type MemoryEstimate } from "../memory/estimate.ts";
import { type RuleOfThumb, ruleOfThumbOf } from "../memory/ruleOfThumb.ts";
import type { Run } from "../memory/run.ts";
import { type Setting, type Variation, varied, variedRun } from "../memory/variation.ts";
import type { Method, TrainingPlan } from "../plan/plan.ts";
import { fitterOf } from "./sharded.ts";

/** A run of the same model on the same batches that differs from the config's in one respect. */
export interface Comparison {
  readonly label: string;
  /** Whether it is the config's own. */
  readonly current: boolean;
  readonly memory: MemoryEstimate;
}

/** GPUs of a machine that is not named. */
const usualNode = 8;

/** The number of GPUs that sharding is shown for: the config's, or else those of one machine. */
export function comparedGpus({ parallelism }: TrainingPlan, target: Gpu | null): number {
  const { value = 1 } = parallelism.gpus;
  if (value > 1) return value;
  return target && target.perNode > 1 ? target.perNode : usualNode;
}

/**
 * The config's own run first; then, where they are not the same: every weight trained, adapters of rank 16, these on 4-bit weights;
 * and the config's own method with an 8-bit optimizer, or with its states split over `gpus`.
 */
export function compareRuns(
  plan: TrainingPlan,
  setting: Setting,
  gpus: number,
  ownName = t`This config`,
): readonly Comparison[] {
  const ways: readonly (readonly [label: string, variation: Variation])[] = [
    [`${ownName} (${ownLabel(plan)})`, {}],
    [t`Full`, fullVariation(plan)],
    [t`LoRA r=${comparedRank}`, { method: "lora", loraRank: comparedRank }],
    [t`QLoRA r=${comparedRank}`, { method: "qlora", loraRank: comparedRank }],
    ...(hasEightBitStates(plan.optimizer.name.value) ? [] : [[t`8-bit AdamW`, { optimizer: eightBitAdamw }] as const]),
    [t`ZeRO-2 on ${gpus} GPUs`, { spread: { gpus, sharding: "zero-2" } }],
    [t`ZeRO-3 on ${gpus} GPUs`, { spread: { gpus, sharding: "zero-3" } }],
  ];
  const shown: Comparison[] = [];
  for (const [index, [label, variation]] of ways.entries()) {
    const run = variedRun(plan, variation, setting);
    const memory = run && estimateMemory(run);
    const own = shown.find(({ current }) => current);
    if (memory && !(own && isSame(own.memory, memory))) shown.push({ label, current: index === 0, memory });
  }
  return shown;
}

const comparedRank = 16;
export const adamw = "adamw_torch";
export const eightBitAdamw = "adamw_8bit";

/** Whether an optimizer keeps its states in 8 bits, by its name in any framework. */
export function hasEightBitStates(optimizer: string | undefined): boolean {
  return /8_?bit/i.test(optimizer ?? "");
}

/** Every weight trained, with optimizer states that are not in 8 bits. */
function fullVariation({ optimizer }: TrainingPlan): Variation {
  return { method: "full", ...(hasEightBitStates(optimizer.name.value) ? { optimizer: adamw } : {}) };
}

/** A run that takes exactly as much everywhere trains in the same way. */
function isSame(a: MemoryEstimate, b: MemoryEstimate): boolean {
  return (Object.keys(a.components) as (keyof MemoryEstimate["components"])[]).every(
    (key) => a.components[key] === b.components[key],
  );
}

const methodLabels: Readonly<Record<Method, string>> = {
  full: t`Full`,
  freeze: t`Freeze`,
  lora: "LoRA",
  qlora: "QLoRA",
  adapter: t`Adapter`,
};

/** `LoRA r=8`. */
function ownLabel({ method, lora }: TrainingPlan): string {
  const name = method.value ? methodLabels[method.value] : t`method unknown`;
  return lora?.rank.value === undefined ? name : `${name} r=${lora.rank.value}`;
}

/** A way to train the model of a config. */
export interface WayToTrain {
  readonly id: "full" | "full-8bit" | "lora" | "qlora";
  readonly label: string;
  /** Whether the config trains this way, on however many GPUs. */
  readonly current: boolean;
  readonly onOne: MemoryEstimate;
  /** Per GPU, with all states sharded over the number of GPUs that is compared. */
  readonly sharded: MemoryEstimate;
  readonly ruleOfThumb: RuleOfThumb;
  /** How it fits on one GPU of a kind, and on how many when all states are sharded. */
  readonly fitOn: (gpu: Gpu) => Fit;
}

/**
 * The ways to train the model on the config's batches, from the one that changes the most to the one that needs the least.
 * The config's own method keeps its rank; adapters get rank 16 otherwise.
 */
export function waysToTrain(
  plan: TrainingPlan,
  modelName: string,
  setting: Setting,
  gpus: number,
): readonly WayToTrain[] {
  const ways: readonly (readonly [WayToTrain["id"], Variation])[] = [
    ["full", fullVariation(plan)],
    ["full-8bit", { method: "full", optimizer: eightBitAdamw }],
    ["lora", { method: "lora" }],
    ["qlora", { method: "qlora" }],
  ];
  const own = variedRun(plan, {}, setting);
  return ways.flatMap(([id, variation]) => {
    const onOne = variedRun(plan, { ...variation, spread: { gpus: 1, sharding: "none" } }, setting);
    const spread = variedRun(plan, { ...variation, spread: { gpus, sharding: "zero-3" } }, setting);
    if (!onOne || !spread) return [];
    const memory = estimateMemory(onOne);
    return {
      id,
      label: id === "full-8bit" ? t`Full, 8-bit AdamW` : ownLabel(varied(plan, variation)),
      current: own !== undefined && trainsAlike(own, onOne),
      onOne: memory,
      sharded: estimateMemory(spread),
      ruleOfThumb: ruleOfThumbOf(onOne, modelName),
      fitOn: fitterOf(onOne, memory),
    };
  });
}

function trainsAlike(a: Run, b: Run): boolean {
  return (
    hasEightBitStates(a.optimizer) === hasEightBitStates(b.optimizer) &&
    (a.adapters === null) === (b.adapters === null) &&
    !a.adapters?.inPlace === !b.adapters?.inPlace &&
    (a.quantization === null) === (b.quantization === null)
  );
}
