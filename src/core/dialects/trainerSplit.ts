import { t } from "../language.ts";
import type { Sharding } from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { assumed, byDefault, type Sourced } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import { type ConfigDocument, type ConfigNode, type Entry, entryAt, type MapNode } from "../text/document.ts";
import { isReference } from "../text/interpolation.ts";
import type { Lever, Levers } from "./levers.ts";
import { type Link, type LinkedFiles, settingsAt } from "./links.ts";
import { placeOf } from "./place.ts";
import {
  fullOffload,
  hybridGroups,
  reshardSharding,
  type Split,
  strategySharding,
  unknownSplit,
  unsharded,
  waitsWithGradients,
  zeroDefaults,
  zeroSharding,
} from "./sharding.ts";
import { zeroSplitOf } from "./zeroSplit.ts";

const zeroStageKey = "deepspeed.zero_optimization.stage";

/**
 * More splitting and offloading, where DeepSpeed's settings stand in the config itself, and through `fsdp`, whose options are
 * `full_shard` and the like.
 */
export const splitLevers = {
  zero2: [...zeroStage(2), fsdpOption("shard_grad_op")],
  zero3: [...zeroStage(3), fsdpOption("full_shard")],
  offloadOptimizer: [inDeepspeed("offload_optimizer")],
  offloadAll: [
    inDeepspeed("offload_param", "offload_optimizer"),
    { set: { fsdp: (options) => (/^full_shard(?!.*offload)/.test(options) ? `${options} offload` : undefined) } },
  ],
} satisfies Levers;

/** The DeepSpeed and FSDP files that transformers' keys point to. */
export function shardingLinks(document: ConfigDocument): readonly Link[] {
  return ["deepspeed", "fsdp_config"].flatMap((key) => {
    const entry = document.root.entries.get(key);
    if (entry?.value.kind !== "scalar" || typeof entry.value.value !== "string" || isReference(entry.value)) return [];
    return [{ path: entry.value.value, place: placeOf(document, entry) }];
  });
}

interface SplitOptions {
  readonly versions?: Versions;
  /** Whether FSDP's settings switch it on, by accelerate's names, as transformers' do not without `fsdp`. */
  readonly settingsSuffice?: boolean;
}

/**
 * What the GPUs share, from the `deepspeed`, `fsdp` and `fsdp_config` keys that transformers and the frameworks above it
 * understand. A DeepSpeed file that is not there is taken at its name, such as `zero3.json`. Source: transformers 5.18.0,
 * TrainingArguments._process_fsdp_args.
 */
export function trainerSplit(
  document: ConfigDocument,
  linked: LinkedFiles,
  { versions = {}, settingsSuffice = false }: SplitOptions = {},
): Split {
  const { entries } = document.root;
  const deepspeed = entries.get("deepspeed");
  if (isSet(deepspeed)) return deepspeedSplit(document, deepspeed, linked);
  const [fsdp, config] = [entries.get("fsdp"), entries.get("fsdp_config")];
  const entry = isSet(fsdp) || !settingsSuffice ? fsdp : config;
  if (!isSet(entry)) return unsharded;
  const settings = settingsAt(document, config?.value, linked)?.document.root;
  const options = wordsOf(fsdp?.value);
  const switches = settingsSuffice ? ["cpu_offload", "offload_params"] : ["cpu_offload"];
  const offloads = /\boffload\b/.test(options) || switches.some((name) => flagAt(settings, name) === true);
  const place = placeOf(document, entry);
  const fsdp1 = isFsdp1(entries, settings, versions);
  return {
    sharding: { value: fsdpSharding(options, settings), origin: "file", place },
    ...(fsdp1.value ? hybridGroups(strategyWords(options, settings)) : {}),
    offload: offloads ? { value: fullOffload(true), origin: "file", place } : byDefault("none"),
    reducesLast: reducesEachTime(document) ? byDefault(false) : waitsWithGradients(fsdp1, versions),
    fsdp1,
  };
}

/** Whether transformers wraps the model in FSDP. */
export function asksForFsdp({ root }: ConfigDocument): boolean {
  return isSet(root.entries.get("fsdp"));
}

/** The version that the settings name, or the release's own. */
function isFsdp1(entries: MapNode["entries"], settings: MapNode | undefined, versions: Versions): Sourced<boolean> {
  const beside = entries.get("fsdp_version")?.value;
  const named = scalarAt(settings, "version") ?? (beside?.kind === "scalar" ? String(beside.value) : undefined);
  return byDefault(named === undefined ? !does(versions, releases.fsdp2) : named !== "2");
}

const accumulationKey = "accelerator_config.gradient_accumulation_kwargs.sync_each_batch";

/** The Trainer lets FSDP wait with its gradients unless it is told to reduce them each time. Source: transformers, trainer.py. */
function reducesEachTime({ root }: ConfigDocument): boolean {
  const node = entryAt(root, accumulationKey)?.value;
  return node?.kind === "scalar" && node.value === true;
}

function deepspeedSplit(document: ConfigDocument, entry: Entry, linked: LinkedFiles): Split {
  const found = settingsAt(document, entry.value, linked);
  if (found) return zeroSplitOf(found);
  const path = entry.value.kind === "scalar" ? String(entry.value.value) : "";
  const stage = /(?:zero|z|stage)[-_]?([0-3])/i.exec(path)?.[1];
  if (stage === undefined) return unknownSplit(t`set in ${path}`, placeOf(document, entry));
  const note = t`from the name of ${path}`;
  return {
    sharding: assumed(zeroSharding(Number(stage)), note),
    offload: assumed(fullOffload(/offload/i.test(path)), note),
    zero: zeroDefaults,
  };
}

/** The strategy among the options or in the settings, unless these say that nothing is dropped after the forward pass. */
function fsdpSharding(options: string, settings: MapNode | undefined): Sharding {
  const strategy = strategySharding(strategyWords(options, settings));
  const keeps = strategy === "zero-3" && flagAt(settings, "reshard_after_forward") === false;
  return keeps ? reshardSharding(false) : strategy;
}

function strategyWords(options: string, settings: MapNode | undefined): string {
  return `${options} ${scalarAt(settings, "sharding_strategy") ?? ""}`;
}

function isSet(entry: Entry | undefined): entry is Entry {
  if (entry?.value.kind !== "scalar") return entry !== undefined;
  const { value } = entry.value;
  return value !== null && value !== false && value !== "";
}

function wordsOf(node: ConfigNode | undefined): string {
  if (node?.kind === "list") return node.items.map(wordsOf).join(" ");
  return node?.kind === "scalar" ? String(node.value ?? "") : "";
}

/** A setting with or without `fsdp_` in front of its name. */
function scalarAt(settings: MapNode | undefined, name: string): string | undefined {
  const nodes = [`fsdp_${name}`, name].map((key) => settings && entryAt(settings, key)?.value);
  const node = nodes.find((found) => found?.kind === "scalar" && found.value !== null);
  return node?.kind === "scalar" ? String(node.value) : undefined;
}

function flagAt(settings: MapNode | undefined, name: string): boolean | undefined {
  const text = scalarAt(settings, name);
  return text === "true" ? true : text === "false" ? false : undefined;
}

/**
 * A higher stage in DeepSpeed's settings, or in the name of the file that holds them: frameworks ship one for each stage, named
 * alike (`ds_z2_config.json`, `zero3.json`).
 */
export function zeroStage(stage: number): readonly Lever[] {
  return [
    { set: { [zeroStageKey]: (present) => (present !== "" && Number(present) < stage ? stage : undefined) } },
    {
      set: {
        deepspeed: (path) => {
          const folder = path.slice(0, path.lastIndexOf("/") + 1);
          const [, before, present, after] =
            /^(\w{0,40}?(?:zero|z|stage)[-_]?)([0-3])(\w{0,40}\.json)$/i.exec(path.slice(folder.length)) ?? [];
          return present !== undefined && Number(present) < stage ? `${folder}${before}${stage}${after}` : undefined;
        },
      },
    },
  ];
}

function inDeepspeed(...sections: readonly string[]): Lever {
  const devices = sections.map((section) => [`deepspeed.zero_optimization.${section}.device`, "cpu"]);
  return {
    set: { [zeroStageKey]: (stage) => (stage === "" ? undefined : Number(stage)), ...Object.fromEntries(devices) },
  };
}

/** Whether nothing says yet how GPUs share: DeepSpeed, FSDP and accelerate's own choice exclude each other. */
export function mayUseFsdp({ root }: ConfigDocument): boolean {
  return !root.entries.has("deepspeed") && !root.entries.has("accelerate_config");
}

function fsdpOption(option: string): Lever {
  const present = /full_shard|shard_grad_op|no_shard/;
  return {
    isFor: mayUseFsdp,
    set: {
      fsdp: (options) =>
        options === "" ? `${option} auto_wrap` : present.test(options) ? options.replace(present, option) : undefined,
    },
  };
}
