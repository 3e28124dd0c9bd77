import { t } from "../../language.ts";
import { renaming, setting } from "../fixes.ts";
import { type WrittenKey, written } from "../places.ts";
import type { Fix, Rule, Subject } from "../rule.ts";
import { deepspeedSettings } from "./settings.ts";

/** What LLaMA-Factory refuses together with DeepSpeed. Source: LLaMA-Factory, hparams/parser.py, model/model_utils/quantization.py. */
export const deepspeedIncompatible: Rule = {
  id: "deepspeed/incompatible",
  title: t`Setting that does not go with DeepSpeed`,
  severity: "error",
  *check(subject) {
    const stage = stageOf(subject);
    if (stage === undefined || subject.dialect.id !== "llamafactory") return;
    for (const { key, value, from } of refused) {
      const found = written(subject, key);
      const node = found?.entry.value;
      if (!found || stage < from || node?.kind !== "scalar" || node.value !== value) continue;
      const name = from === 3 ? "ZeRO-3" : "DeepSpeed";
      yield {
        message:
          key === "quantization_bit"
            ? t`${subject.dialect.label} splits weights of 4 bits only with ${name}, and stops at ${value} bits.`
            : t`${subject.dialect.label} refuses ${key} together with ${name}: the run stops.`,
        range: found.place.range,
        fixes: () => remedyOf(subject, found, key),
      };
    }
  },
};

/** A key, the value at which the framework stops, and the first ZeRO stage with which it does. */
const refused = [
  { key: "pure_bf16", value: true, from: 3 },
  { key: "use_unsloth", value: true, from: 3 },
  { key: "pissa_init", value: true, from: 3 },
  { key: "quantization_bit", value: 8, from: 3 },
  { key: "use_galore", value: true, from: 0 },
  { key: "use_apollo", value: true, from: 0 },
] as const;

/** The ZeRO stage of DeepSpeed's that is known; undefined for runs without, and where it is a guess. */
function stageOf(subject: Subject): number | undefined {
  const { sharding } = subject.plan.parallelism;
  if (!deepspeedSettings(subject) || sharding.value === undefined || sharding.origin === "assumed") return undefined;
  return sharding.value === "none" ? 0 : Number(sharding.value.slice(-1));
}

function remedyOf(subject: Subject, { path }: WrittenKey, key: (typeof refused)[number]["key"]): readonly Fix[] {
  if (key === "quantization_bit") return setting(subject, path, 4, { title: t`Set ${path} to 4`, preferred: true });
  const mixed = renaming(subject, path, "bf16", { title: t`Use bf16 in place of ${path}`, preferred: true });
  if (key === "pure_bf16" && mixed.length > 0) return mixed;
  return setting(subject, path, false, { title: t`Set ${path} to false`, preferred: true });
}
