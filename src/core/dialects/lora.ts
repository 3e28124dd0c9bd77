import { t } from "../language.ts";
import { type LoraLayers, type LoraTargets, peftTargets } from "../plan/lora.ts";
import type { LoraPlan } from "../plan/plan.ts";
import { byDefault, mapped, type Sourced, unknown } from "../plan/sourced.ts";
import type { Reader } from "./reader.ts";

/** What adapters have where the framework has no keys for more. */
export const plainLora = {
  modulesToSave: byDefault([]),
  rsLora: byDefault(false),
  dora: byDefault(false),
} as const satisfies Partial<LoraPlan>;

/** Every linear layer, the output layer too: NeMo Automodel's `match_all_linear`. */
export const everyLinearLayer: LoraTargets = {
  kind: "roles",
  roles: ["query", "key", "value", "output", "mlp", "head"],
};

/** Modules as PEFT's `target_modules` names them; PEFT's own choice where the key is absent and has no default. */
export function peftTargetsAt<K extends string>(keys: Reader<K>, key: K): Sourced<LoraTargets> {
  const words = keys.words(key);
  if (words.origin === "unknown" && !keys.has(key)) return byDefault({ kind: "default" });
  return mapped(words, (names) => peftTargets(names, keys.isList(key)));
}

/** PEFT's `layers_to_transform`, one number or several: no limit where there is none. */
export function peftLayersAt<K extends string>(keys: Reader<K>, key: K): Pick<LoraPlan, "layers"> {
  const words = keys.words(key);
  if (!words.value) return words.place ? { layers: unknown(words.note, words.place) } : {};
  if (words.value.length === 0) return {};
  const numbers = words.value.map(Number);
  if (!numbers.every(Number.isInteger))
    return { layers: unknown(t`${key} has other values than numbers`, words.place) };
  return { layers: mapped(words, (): LoraLayers => ({ kind: "numbers", numbers })) };
}

type PeftKey =
  | "r"
  | "lora_alpha"
  | "lora_dropout"
  | "target_modules"
  | "layers_to_transform"
  | "modules_to_save"
  | "use_rslora"
  | "use_dora";

/** The adapters of PEFT's LoraConfig in the section `at`. */
export function peftLora<S extends string>(keys: Reader<`${S}.${PeftKey}`>, at: S): LoraPlan {
  return {
    rank: keys.number(`${at}.r`),
    alpha: keys.number(`${at}.lora_alpha`),
    dropout: keys.number(`${at}.lora_dropout`),
    targets: peftTargetsAt(keys, `${at}.target_modules`),
    ...peftLayersAt(keys, `${at}.layers_to_transform`),
    modulesToSave: keys.words(`${at}.modules_to_save`),
    rsLora: keys.flag(`${at}.use_rslora`),
    dora: keys.flag(`${at}.use_dora`),
  };
}
