import { t } from "../language.ts";
import type { Offload, TrainingPlan } from "../plan/plan.ts";
import { does, releases } from "../plan/releases.ts";
import { byDefault, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { Versions } from "../plan/versions.ts";
import type { ConfigDocument } from "../text/document.ts";
import { setValue } from "../text/edit.ts";
import type { Dialect } from "./dialect.ts";
import { type Reader, reader } from "./reader.ts";
import { dataParallel, fullOffload, reshardSharding, type Split, strategySharding, strategySplit } from "./sharding.ts";
import { unknownPlan } from "./unknownPlan.ts";
import type { Vocabulary } from "./vocabulary.ts";

// Keys and defaults: transformers 5.18.0 and 4.57.6, src/transformers/training_args.py (fsdp, fsdp_config).

const vocabulary = {
  fsdp: { about: "Switch FSDP on; before transformers 5 its options, such as full_shard auto_wrap" },
  version: { about: "FSDP version; 2 since transformers 5, before that 1", values: ["1", "2"] },
  reshard_after_forward: {
    about: "Split the weights again after the forward pass; version 1: the strategy",
    values: ["true", "false", "full_shard", "shard_grad_op", "no_shard", "hybrid_shard", "hybrid_shard_zero2"],
  },
  sharding_strategy: { about: "What the GPUs share; now reshard_after_forward" },
  cpu_offload: {
    about: "Keep weights and optimizer states in the host's memory",
    default: false,
    aliases: ["offload_params"],
  },
  auto_wrap_policy: {
    about: "How the model is cut into units",
    default: "TRANSFORMER_BASED_WRAP",
    values: ["TRANSFORMER_BASED_WRAP", "SIZE_BASED_WRAP", "NO_WRAP"],
  },
  transformer_layer_cls_to_wrap: { about: "Classes of layers that become units" },
  min_num_params: { about: "Parameters of the smallest unit (SIZE_BASED_WRAP)", default: 0 },
  activation_checkpointing: { about: "Recompute activations in the backward pass; not with gradient_checkpointing" },
  activation_cpu_offload: { about: "Keep activations in the host's memory", default: false },
  backward_prefetch: { about: "When to fetch the next weights backwards (version 1)", default: "NO_PREFETCH" },
  backward_prefetch_policy: { about: "Now backward_prefetch" },
  forward_prefetch: { about: "Fetch the next weights early (version 1)", default: false },
  limit_all_gathers: { about: "Hold back gathers that run ahead (version 1)" },
  use_orig_params: { about: "Keep the original parameters (version 1)", default: true },
  sync_module_states: { about: "Send the weights of the first rank to all (version 1)", default: true },
  cpu_ram_efficient_loading: { about: "Load the weights on the first rank only", default: false },
  state_dict_type: {
    about: "How checkpoints are written",
    default: "FULL_STATE_DICT",
    values: ["FULL_STATE_DICT", "SHARDED_STATE_DICT"],
  },
  mixed_precision_policy: { about: "Types of weights, gradients and buffers" },
  xla: { about: "PyTorch XLA's FSDP", default: false },
  xla_fsdp_v2: { about: "PyTorch XLA's FSDP by SPMD", default: false },
  xla_fsdp_settings: { about: "Settings of PyTorch XLA's FSDP" },
  xla_fsdp_grad_ckpt: { about: "Recompute activations (XLA)", default: false },
} as const satisfies Vocabulary;

type Keys = Reader<keyof typeof vocabulary>;

/** Keys that say FSDP even without the prefix. */
const rare = [
  "reshard_after_forward",
  "transformer_layer_cls_to_wrap",
  "auto_wrap_policy",
  "backward_prefetch",
  "backward_prefetch_policy",
  "xla_fsdp_settings",
];

const settings: readonly string[] = [...Object.keys(vocabulary), ...vocabulary.cpu_offload.aliases];

/** The JSON file behind transformers' `--fsdp_config`: with or without `fsdp_` in front of each key, alone or as a block. */
export const fsdpConfig: Dialect = {
  id: "fsdp-json",
  label: "FSDP config",
  telltales: ["fsdp_config", ...rare, ...settings.map((name) => `fsdp_${name}`)],
  vocabulary,
  detect({ root: { entries } }) {
    const names = [...entries.keys()].filter((key) => !key.startsWith("_"));
    if (names.includes("fsdp_config")) return names.every((name) => name === "fsdp" || name === "fsdp_config") ? 1 : 0;
    const known = names.every((name) => settings.includes(shortName(name)));
    return known && names.some((name) => name.startsWith("fsdp_") || rare.includes(name)) ? 1 : 0;
  },
  read(document, { versions }) {
    const keys = settingsOf(document);
    const nothing = unknownPlan(t`set by the training arguments, not by the FSDP settings`);
    const checkpointing = keys.flag("activation_checkpointing", keys.flag("xla_fsdp_grad_ckpt"));
    return {
      ...nothing,
      gradientCheckpointing: checkpointing.value ? checkpointing : nothing.gradientCheckpointing,
      parallelism: dataParallel(nothing.parallelism.gpus, {
        ...readSharding(keys, versions),
        offload: readOffload(keys),
      }),
    } satisfies TrainingPlan;
  },
  keys: { gradientCheckpointing: "activation_checkpointing" },
  write(document, { gradientCheckpointing }) {
    if (gradientCheckpointing === undefined) return [];
    return setValue(document, pathOf(document, "activation_checkpointing"), gradientCheckpointing);
  },
};

/** transformers takes `fsdp_` off every key, but not off those of XLA. */
function shortName(key: string): string {
  return key.replace(/^fsdp_(?!config$)/, "");
}

/** The settings at the top of the file or in its `fsdp_config`, under their short names. */
function settingsOf(document: ConfigDocument): Keys {
  const { root } = document;
  const block = root.entries.get("fsdp_config")?.value;
  const fsdp = root.entries.get("fsdp");
  if (block?.kind !== "map") return reader(document, vocabulary, { normalise: shortName });
  const entries = new Map([...block.entries, ...(fsdp ? ([["fsdp", fsdp]] as const) : [])]);
  return reader({ ...document, root: { ...block, entries } }, vocabulary, { normalise: shortName });
}

/** Where a key stands or belongs, by the name that the file's way of writing gives it. */
function pathOf({ root }: ConfigDocument, key: string): string {
  const block = root.entries.get("fsdp_config")?.value;
  const names = [...(block?.kind === "map" ? block : root).entries.keys()];
  const prefixed = !names.includes(key) && names.every((name) => name.startsWith("fsdp_"));
  const name = prefixed || names.includes(`fsdp_${key}`) ? `fsdp_${key}` : key;
  return block?.kind === "map" ? `fsdp_config.${name}` : name;
}

/** Version 2 only says whether it reshards; version 1 takes a strategy from here or from the `fsdp` argument. */
function readSharding(keys: Keys, versions: Versions): Pick<Split, "sharding" | "groups"> {
  const newest = does(versions, releases.fsdp2) ? 2 : 1;
  if (keys.number("version", byDefault(newest)).value === 2) {
    const implied = mapped(
      keys.words("fsdp", byDefault([])),
      (options) => strategySharding(options.join(" ")) === "zero-3",
    );
    return { sharding: mapped(keys.flag("reshard_after_forward", implied), reshardSharding) };
  }
  const argument = keys.words("fsdp", unknown(t`the fsdp argument names the strategy`));
  const strategy = keys.words("reshard_after_forward", keys.words("sharding_strategy", argument));
  return strategySplit(mapped(strategy, (words) => words.join(" ")));
}

function readOffload(keys: Keys): Sourced<Offload> {
  const options = keys.words("fsdp", byDefault([]));
  if (/\boffload\b/.test(options.value?.join(" ") ?? "")) return mapped(options, () => "optimizer-and-parameters");
  return mapped(keys.flag("cpu_offload"), fullOffload);
}
