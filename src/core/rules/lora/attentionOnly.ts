import { t } from "../../language.ts";
import type { Linear } from "../../models/architecture.ts";
import { architectureIn } from "../../models/facts.ts";
import { adaptedLinears } from "../../models/lora.ts";
import { settingAll, settingTo } from "../fixes.ts";
import { firstPlace, written } from "../places.ts";
import type { Fix, Rule, Subject } from "../rule.ts";
import { trainedAdapters } from "./trained.ts";

/**
 * Adapters on the attention alone, where adapters on the MLP, which has most of the weights, learn more for the same memory. Source: Dettmers
 * et al. 2023 (arXiv 2305.14314), section 4, and Biderman et al. 2024 (arXiv 2405.09673).
 */
export const loraAttentionOnly: Rule = {
  id: "lora/attention-only",
  title: t`LoRA on the attention alone`,
  severity: "hint",
  *check(subject) {
    const lora = trainedAdapters(subject);
    const architecture = architectureIn(subject.model).value;
    const place = firstPlace(lora?.targets);
    if (!lora?.targets.value || !architecture || !place) return;
    const adapted = adaptedLinears(architecture, lora.targets.value).value ?? [];
    const isMlp = ({ parts }: Linear) => parts.some(({ role }) => role === "mlp");
    if (adapted.length === 0 || adapted.some(isMlp) || !architecture.linears.some(isMlp)) return;
    yield {
      message: t`Only the attention gets adapters (${[...new Set(adapted.map(({ name }) => name))].join(", ")}): with the MLP adapted as well, LoRA comes close to full fine-tuning, and with the attention alone it does not, even at higher ranks.`,
      range: place.keyRange,
      fixes: () => adaptingAll(subject),
    };
  },
};

/** Where the framework has one word, or one switch, for all linear layers, and the config no list. */
function adaptingAll(subject: Subject): readonly Fix[] {
  const { dialect } = subject;
  if (dialect.id === "axolotl") {
    const words = { title: t`Set lora_target_linear to true (all linear layers)`, preferred: true };
    return settingAll(subject, [["lora_target_linear", true]], words, ["lora_target_modules", "lora_dropout"]);
  }
  const [key = "", all = ""] = wordsForAll.get(dialect.id) ?? [];
  const found = written(subject, key);
  return found ? settingTo(subject, found.place, all) : [];
}

const wordsForAll: ReadonlyMap<string, readonly [key: string, word: string]> = new Map([
  ["llamafactory", ["lora_target", "all"]],
  ["hf-trl", ["lora_target_modules", "all-linear"]],
  ["ms-swift", ["target_modules", "all-linear"]],
  ["oumi", ["peft.lora_target_modules", "all-linear"]],
  ["autotrain", ["params.target_modules", "all-linear"]],
]);
