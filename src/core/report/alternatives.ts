import { adamw, comparedGpus, eightBitAdamw, hasEightBitStates } from "../advice/compareMethods.ts";
import type { Analysis } from "../analyze.ts";
import { verdictOn } from "../gpus/fit.ts";
import { t } from "../language.ts";
import type { MemoryEstimate } from "../memory/estimate.ts";
import { type Setting, type Variation, variedMemory } from "../memory/variation.ts";
import { architectureIn } from "../models/facts.ts";
import type { Sourced } from "../plan/sourced.ts";
import { formatCount, formatGibibytes } from "../units.ts";
import { escapeMarkdown } from "./markdown.ts";
import type { Topic } from "./topics.ts";
import { commonGpus, verdictWords } from "./verdict.ts";

/** Another value for a line, as one says it, and what the run is with it. */
type Alternative = readonly [words: string, variation: Variation];

/**
 * What the run would need with another value on the line: half and double of a number, the other side of a switch. Markdown;
 * empty where memory does not depend on the line, or cannot be told.
 */
export function alternativesText(topic: Topic, analysis: Analysis): string {
  const setting = settingOf(analysis);
  const { memory, plan } = analysis;
  if (!setting || !memory.value) return "";
  const { deviceBytes } = memory.value;
  return alternatives(topic, analysis)
    .flatMap(([words, variation], index) => {
      const other = variedMemory(plan, variation, setting);
      if (!other) return [];
      const verb = index === 0 ? t` would need` : "";
      const needs = `**${escapeMarkdown(formatGibibytes(other.deviceBytes))}**`;
      const change = escapeMarkdown(`(${signed(other.deviceBytes - deviceBytes)}) · ${shortVerdict(other, analysis)}`);
      return `${escapeMarkdown(words)}${verb} ${needs} ${change}`;
    })
    .join("; ");
}

/** What other plans are worked out under: architecture, releases and GPU; undefined while the architecture is unknown. */
export function settingOf({ model, run, versions, target }: Analysis): Setting | undefined {
  const architecture = architectureIn(model).value;
  return architecture ? { architecture, versions, gpu: target, teacher: run.value?.teacher?.architecture } : undefined;
}

/** On the GPU that is meant, else the smallest common one that holds it: `tight`, `fits A100 80GB`. */
export function shortVerdict(memory: MemoryEstimate, analysis: Pick<Analysis, "dialect" | "target">): string {
  const { target } = analysis;
  if (target) return verdictWords[verdictOn(target, memory)];
  const gpus = commonGpus(analysis);
  const smallest = gpus.find((gpu) => verdictOn(gpu, memory) === "fits");
  return smallest ? t`fits ${smallest.name}` : t`more than ${gpus.at(-1)?.name} has`;
}

/** `+25.3 GiB`, `−11.2 GiB`. */
function signed(bytes: number): string {
  return `${bytes < 0 ? "−" : "+"}${formatGibibytes(Math.abs(bytes))}`;
}

function alternatives(topic: Topic, { plan, run, target }: Analysis): readonly Alternative[] {
  const { batch, precision, parallelism } = plan;
  switch (topic) {
    case "microBatch":
      return halfAndDouble(batch.micro, (microBatch) => ({ microBatch }));
    case "accumulation":
      return otherPasses(batch.accumulation);
    case "sequence":
      return halfAndDouble(plan.sequenceLength, (sequenceLength) => ({ sequenceLength }));
    case "rank":
      return plan.lora ? halfAndDouble(plan.lora.rank, (loraRank) => ({ loraRank })) : [];
    case "targets":
      return plan.lora?.targets.value?.kind === "all"
        ? [[t`Queries and values alone`, { loraTargets: { kind: "roles", roles: ["query", "value"] } }]]
        : [[t`All linear layers`, { loraTargets: { kind: "all" } }]];
    case "method":
      return others(plan.method.value, [
        ["full", [t`Full fine-tuning`, { method: "full" }]],
        ["lora", ["LoRA", { method: "lora" }]],
        ["qlora", ["QLoRA", { method: "qlora" }]],
      ]);
    case "quantization":
      return others(plan.quantization?.bits.value, [
        [4, [t`4 bits`, { quantizedBits: 4 }]],
        [8, [t`8 bits`, { quantizedBits: 8 }]],
        [16, [t`LoRA without quantisation`, { method: "lora" }]],
      ]);
    case "optimizer":
      return hasEightBitStates(plan.optimizer.name.value)
        ? [[t`AdamW with full states`, { optimizer: adamw }]]
        : [[t`8-bit AdamW`, { optimizer: eightBitAdamw }]];
    case "checkpointing":
      return others(plan.gradientCheckpointing.value, [
        [true, [t`Gradient checkpointing`, { gradientCheckpointing: true }]],
        [false, [t`Without checkpointing, the run`, { gradientCheckpointing: false }]],
      ]);
    case "attention":
      if (plan.attention.value === "narrow" || plan.attention.value === "recomputed") return [];
      return plan.attention.value === "eager"
        ? [[t`SDPA or flash attention`, { attention: "sdpa" }]]
        : [[t`Eager attention`, { attention: "eager" }]];
    case "loss":
      return others(plan.loss.value, [
        ["materialised", [t`A loss that takes all logits at once`, { loss: "materialised" }]],
        ["fused", [t`A fused loss`, { loss: "fused" }]],
      ]);
    case "precision":
      return others((plan.lora ? precision.frozen : precision.trained).value, [
        ["float32", [t`Weights in float32`, { weights: "float32" }]],
        ["bfloat16", [t`Weights in bfloat16 without autocast`, { weights: "bfloat16" }]],
      ]);
    case "parallelism": {
      const gpus = run.value?.gpus ?? 1;
      const count = gpus > 1 ? gpus : comparedGpus(plan, target);
      const stages = (["zero-2", "zero-3"] as const).filter(
        (stage) => gpus === 1 || stage !== parallelism.sharding.value,
      );
      return stages.map((sharding) => [
        t`${sharding === "zero-2" ? "ZeRO-2" : "ZeRO-3"} on ${count} GPUs`,
        { spread: { gpus: count, sharding } },
      ]);
    }
    default:
      return [];
  }
}

/** One pass where there are several, and two where there is one: only whether gradients stay between passes takes memory. */
function otherPasses({ value }: Sourced<number>): readonly Alternative[] {
  if (value === undefined) return [];
  return value > 1 ? [["1", { accumulation: 1 }]] : [["2", { accumulation: 2 }]];
}

function halfAndDouble({ value }: Sourced<number>, variation: (value: number) => Variation): readonly Alternative[] {
  if (value === undefined) return [];
  const half = Math.floor(value / 2);
  return [...(half >= 1 ? [half] : []), 2 * value].map((other) => [formatCount(other), variation(other)]);
}

/** All but the one that the config has. */
function others<T>(own: T | undefined, all: readonly (readonly [T, Alternative])[]): readonly Alternative[] {
  return all.flatMap(([value, alternative]) => (value === own ? [] : [alternative]));
}
