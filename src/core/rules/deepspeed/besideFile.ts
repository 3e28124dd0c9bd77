import { t } from "../../language.ts";
import { removing } from "../fixes.ts";
import { wholeOf, written } from "../places.ts";
import type { Rule } from "../rule.ts";

/**
 * Settings beside `deepspeed_config_file` in accelerate's file: they belong into DeepSpeed's file then, and accelerate stops at them.
 * Source: accelerate 1.15.0, utils/dataclasses.py (_deepspeed_config_checks).
 */
export const deepspeedBesideFile: Rule = {
  id: "deepspeed/beside-file",
  title: t`Settings beside DeepSpeed's own file`,
  severity: "error",
  *check(subject) {
    const file = written(subject, "deepspeed_config.deepspeed_config_file");
    const type = written(subject, "distributed_type")?.entry.value;
    if (!file || type?.kind !== "scalar" || type.value !== "DEEPSPEED") return;
    for (const key of keys) {
      const found = written(subject, key);
      if (!found) continue;
      const name = found.entry.key;
      yield {
        message: t`accelerate stops at ${name} beside deepspeed_config_file: DeepSpeed's file has to say it.`,
        range: wholeOf(found.place),
        related: [{ message: t`The file that decides`, range: file.place.range }],
        fixes: () => removing(subject, [found.path], { title: t`Remove ${name}`, preferred: true }),
      };
    }
  },
};

const keys = [
  "mixed_precision",
  "deepspeed_config.gradient_accumulation_steps",
  "deepspeed_config.gradient_clipping",
  "deepspeed_config.zero_stage",
  "deepspeed_config.offload_optimizer_device",
  "deepspeed_config.offload_param_device",
  "deepspeed_config.zero3_save_16bit_model",
];
