import type { Offload, Parallelism, Sharding } from "../plan/plan.ts";
import { assumed, byDefault, type Known, type Place, type Sourced, unknown } from "../plan/sourced.ts";
import { type ConfigDocument, type ConfigNode, type Entry, entryAt, type MapNode } from "../text/document.ts";
import type { Link, LinkedFile, LinkedFiles } from "./links.ts";

/** What is split over the GPUs, and what is kept in the host's memory. */
export type Split = Pick<Parallelism, "sharding" | "offload">;

/** Data parallelism on GPUs that share nothing, the way of every launcher that is told nothing else. */
export function dataParallel(gpus: Sourced<number>, split: Split = unsharded): Parallelism {
  const one = byDefault(1);
  return { gpus, tensor: one, pipeline: one, context: one, expert: one, ...split };
}

const unsharded: Split = { sharding: byDefault("none"), offload: byDefault("none") };

/** The DeepSpeed and FSDP files that transformers' keys point to. */
export function shardingLinks(document: ConfigDocument): readonly Link[] {
  return ["deepspeed", "fsdp_config"].flatMap((key) => {
    const entry = document.root.entries.get(key);
    if (entry?.value.kind !== "scalar" || typeof entry.value.value !== "string") return [];
    return [{ path: entry.value.value, place: placeOf(document, entry) }];
  });
}

/**
 * What the GPUs share, from the `deepspeed`, `fsdp` and `fsdp_config` keys that transformers and the frameworks above it
 * understand. A DeepSpeed file that is not there is taken at its name, such as `zero3.json`.
 */
export function readSplit(document: ConfigDocument, linked: LinkedFiles): Split {
  const deepspeed = document.root.entries.get("deepspeed");
  if (deepspeed && isSet(deepspeed.value)) return deepspeedSplit(document, deepspeed, linked);
  const config = document.root.entries.get("fsdp_config");
  const fsdp = document.root.entries.get("fsdp");
  if (!isSet(fsdp?.value) && !isSet(config?.value)) return unsharded;
  const settings = config && mapOf(config.value, linked);
  const entry = fsdp && isSet(fsdp.value) ? fsdp : config;
  const place = entry && placeOf(document, entry);
  return {
    sharding: { value: fsdpSharding(fsdp?.value, settings?.map), origin: "file", ...(place ? { place } : {}) },
    offload: offloadOf(/\boffload\b/.test(wordsOf(fsdp?.value)) || flagAt(settings?.map, "offload_params"), place),
  };
}

function deepspeedSplit(document: ConfigDocument, entry: Entry, linked: LinkedFiles): Split {
  const place = placeOf(document, entry);
  const found = mapOf(entry.value, linked);
  if (found) return zeroSplit(found.map, place, found.file);
  const path = entry.value.kind === "scalar" ? String(entry.value.value) : "";
  const stage = /(?:zero|z|stage)[-_]?([0-3])/i.exec(path)?.[1];
  if (stage === undefined)
    return { sharding: unknown(`set in ${path}`, place), offload: unknown(`set in ${path}`, place) };
  const note = `from the name of ${path}`;
  return {
    sharding: assumed(zeroSharding(Number(stage)), note),
    offload: assumed(/offload/i.test(path) ? "optimizer-and-parameters" : "none", note),
  };
}

/** The `zero_optimization` of a DeepSpeed configuration, inline or in the file that `place` points to. */
export function zeroSplit(map: MapNode, place: Place | undefined, file?: LinkedFile): Split {
  const from = <T>(value: T, entry: Entry | undefined): Known<T> => {
    const at = file && entry ? { ...placeOf(file.document, entry), uri: file.uri } : place;
    return { value, origin: file ? "linked" : "file", ...(at ? { place: at } : {}) };
  };
  const stage = entryAt(map, "zero_optimization.stage");
  const device = (key: string) => scalarAt(map, `zero_optimization.${key}.device`) ?? "none";
  const offload: Offload =
    device("offload_param") !== "none"
      ? "optimizer-and-parameters"
      : device("offload_optimizer") !== "none" || scalarAt(map, "zero_optimization.cpu_offload") === "true"
        ? "optimizer"
        : "none";
  return {
    sharding: from(zeroSharding(Number(scalarAt(map, "zero_optimization.stage") ?? 0)), stage),
    offload: from(
      offload,
      entryAt(map, "zero_optimization.offload_param") ?? entryAt(map, "zero_optimization.offload_optimizer"),
    ),
  };
}

export function zeroSharding(stage: number): Sharding {
  if (stage >= 3) return "zero-3";
  return stage === 2 ? "zero-2" : stage === 1 ? "zero-1" : "none";
}

/** FSDP's strategies by the ZeRO stage that splits the same states; version 2 only says whether it reshards. */
export function fsdpSharding(options: ConfigNode | undefined, settings: MapNode | undefined): Sharding {
  const strategy = (
    scalarAt(settings, "fsdp_sharding_strategy") ??
    scalarAt(settings, "sharding_strategy") ??
    ""
  ).toLowerCase();
  const words = `${wordsOf(options).toLowerCase()} ${strategy}`;
  if (/\bno_shard\b|\b3\b/.test(words)) return "none";
  const keeps = ["fsdp_reshard_after_forward", "reshard_after_forward"].some(
    (key) => scalarAt(settings, key) === "false",
  );
  return keeps || /shard_grad_op|hybrid_shard_zero2|\b2\b/.test(words) ? "zero-2" : "zero-3";
}

function offloadOf(everything: boolean, place: Place | undefined): Sourced<Offload> {
  const at = place ? { place } : {};
  return everything ? { value: "optimizer-and-parameters", origin: "file", ...at } : byDefault("none");
}

function mapOf(node: ConfigNode, linked: LinkedFiles): { map: MapNode; file?: LinkedFile } | undefined {
  if (node.kind === "map") return { map: node };
  const file = node.kind === "scalar" ? linked.get(String(node.value)) : undefined;
  return file ? { map: file.document.root, file } : undefined;
}

function isSet(node: ConfigNode | undefined): boolean {
  return (
    node !== undefined &&
    !(node.kind === "scalar" && (node.value === null || node.value === false || node.value === ""))
  );
}

function wordsOf(node: ConfigNode | undefined): string {
  if (node?.kind === "list") return node.items.map(wordsOf).join(" ");
  return node?.kind === "scalar" ? String(node.value ?? "") : "";
}

function scalarAt(map: MapNode | undefined, path: string): string | undefined {
  const node = map && entryAt(map, path)?.value;
  return node?.kind === "scalar" && node.value !== null ? String(node.value) : undefined;
}

function flagAt(map: MapNode | undefined, name: string): boolean {
  return scalarAt(map, name) === "true" || scalarAt(map, `fsdp_${name}`) === "true";
}

function placeOf(document: ConfigDocument, { keySpan, valueSpan }: Entry): Place {
  return { range: document.rangeOf(valueSpan), keyRange: document.rangeOf(keySpan) };
}
