import { reader } from "../../dialects/reader.ts";
import type { Subject } from "../rule.ts";
import { apart, type Clash, eitherWithout, isOff, isOn, lacking, put, without } from "./clash.ts";

const dialects = ["axolotl"];

/** What axolotl refuses as it reads its config. Source: axolotl at d0bf2b914f15, utils/schemas/validation.py. */
export const clashesOfAxolotl: readonly Clash[] = [
  {
    dialects,
    keys: ["sample_packing", "rl"],
    isRefused: (subject) => isOn(subject, "sample_packing") && isOn(subject, "rl"),
    message: apart("sample_packing", "rl"),
    fixes: (subject) => put(subject, "sample_packing", false),
    source: "check_sample_packing_w_rl",
  },
  {
    dialects,
    keys: ["rl", "remove_unused_columns"],
    isRefused: (subject) => {
      const keeps = keysOf(subject).flag("remove_unused_columns");
      const isReadable = keeps.value !== undefined || keeps.place === undefined;
      return text(subject, "rl") === "kto" && isReadable && keeps.value !== false;
    },
    message: lacking("rl: kto", "remove_unused_columns: false"),
    fixes: (subject) => put(subject, "remove_unused_columns", false, { neighbours: ["rl"] }),
    source: "check_kto_config",
  },
  {
    dialects,
    keys: ["evals_per_epoch", "eval_steps"],
    isRefused: (subject) => isOn(subject, "evals_per_epoch") && isOn(subject, "eval_steps"),
    message: apart("evals_per_epoch", "eval_steps"),
    fixes: eitherWithout(["evals_per_epoch"], ["eval_steps"]),
    source: "check_evals",
  },
  {
    dialects,
    keys: ["saves_per_epoch", "save_steps"],
    isRefused: (subject) => isOn(subject, "saves_per_epoch") && isOn(subject, "save_steps"),
    message: apart("saves_per_epoch", "save_steps"),
    fixes: eitherWithout(["saves_per_epoch"], ["save_steps"]),
    source: "check_saves",
  },
  {
    dialects,
    keys: ["val_set_size", "test_datasets"],
    isRefused: (subject) => isOn(subject, "val_set_size") && isOn(subject, "test_datasets"),
    message: apart("val_set_size", "test_datasets"),
    fixes: (subject) => without(subject, ["val_set_size"]),
    source: "check_val_w_test_datasets",
  },
  {
    dialects,
    keys: ["deepspeed", "fsdp"],
    isRefused: (subject) => isOn(subject, "deepspeed") && isOn(subject, "fsdp"),
    message: apart("deepspeed", "fsdp"),
    fixes: eitherWithout(["deepspeed"], ["fsdp", "fsdp_version", "fsdp_config"]),
    source: "check_fsdp_deepspeed",
  },
  {
    dialects,
    keys: ["optimizer", "fsdp_version"],
    severity: "warning",
    isRefused: (subject) => {
      const version = text(subject, "fsdp_version") ?? text(subject, "fsdp_config.fsdp_version");
      const isBitsandbytes = ["adamw_8bit", "adamw_bnb_8bit"].includes(text(subject, "optimizer") ?? "");
      return isOn(subject, "fsdp_config") && version === "2" && isBitsandbytes;
    },
    message: (subject) => apart(`optimizer ${text(subject, "optimizer")}`, "FSDP 2")(subject),
    fixes: (subject) => put(subject, "optimizer", "adamw_torch_8bit"),
    source: "check_fsdp2_w_8bit_optimizer",
  },
  {
    dialects,
    keys: ["activation_offloading", "gradient_checkpointing"],
    isRefused: (subject) => isOn(subject, "activation_offloading") && isOff(subject, "gradient_checkpointing"),
    message: lacking("activation_offloading", "gradient_checkpointing"),
    fixes: (subject) => put(subject, "gradient_checkpointing", true, { neighbours: ["activation_offloading"] }),
    source: "check_activation_offloading_wo_gc",
  },
  {
    dialects,
    keys: ["loraplus_lr_ratio", "lr_groups"],
    isRefused: (subject) => isOn(subject, "loraplus_lr_ratio") && isOn(subject, "lr_groups"),
    message: apart("loraplus_lr_ratio", "lr_groups"),
    fixes: eitherWithout(["loraplus_lr_ratio"], ["lr_groups"]),
    source: "check_lr_groups",
  },
];

function keysOf({ document, dialect }: Subject) {
  return reader(document, dialect.vocabulary);
}

function text(subject: Subject, key: string): string | undefined {
  return keysOf(subject).text(key).value;
}
