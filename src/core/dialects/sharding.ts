import type { Sharding } from "../plan/plan.ts";
import { assumed, byDefault, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { Keys } from "./keys.ts";

/**
 * What the GPUs share, from the `deepspeed` and `fsdp` keys that transformers and the frameworks above it understand.
 * A DeepSpeed file named `zero3.json` or `ds_z3_config.json` is taken at its name.
 */
export function readSharding(keys: Keys): Sourced<Sharding> {
  const inline = keys.inside("deepspeed").inside("zero_optimization");
  if (inline.has("stage")) return mapped(inline.number("stage", byDefault(0)), zeroStage);
  if (keys.has("deepspeed")) {
    const file = keys.text("deepspeed", unknown("there is no DeepSpeed file"));
    const stage = /(?:zero|z|stage)[-_]?([0-3])/i.exec(file.value ?? "")?.[1];
    return stage
      ? assumed(zeroStage(Number(stage)), `from the name of ${file.value}`)
      : unknown(`set in ${file.value ?? "the DeepSpeed configuration"}`, file.place);
  }
  if (keys.has("fsdp")) return mapped(keys.words("fsdp", byDefault([])), fsdpStrategy);
  const placed = keys.entry("fsdp_config");
  if (placed) return { value: "zero-3", origin: "file", place: keys.place(placed), note: "FSDP shards all states" };
  return byDefault("none");
}

function zeroStage(stage: number): Sharding {
  if (stage >= 3) return "zero-3";
  return stage === 2 ? "zero-2" : stage === 1 ? "zero-1" : "none";
}

/** FSDP's strategies by the ZeRO stage that splits the same states. */
function fsdpStrategy(options: readonly string[]): Sharding {
  const words = options.flatMap((option) => option.split(/\s+/));
  if (words.includes("no_shard") || words.length === 0) return "none";
  return words.includes("shard_grad_op") ? "zero-2" : "zero-3";
}
