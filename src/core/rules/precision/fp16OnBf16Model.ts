import { t } from "../../language.ts";
import type { Architecture } from "../../models/architecture.ts";
import { architectureIn } from "../../models/facts.ts";
import type { TrainingPlan } from "../../plan/plan.ts";
import type { Place } from "../../plan/sourced.ts";
import { settingAll, settingTo } from "../fixes.ts";
import { firstPlace, switchedOn, textAt } from "../places.ts";
import type { Fix, Rule, Subject } from "../rule.ts";
import narrowModels from "./narrowModels.json";

/** Models by transformers' type or by family, and whether they are known to leave the range. */
interface NarrowModels {
  readonly types: readonly string[];
  readonly families: readonly string[];
  readonly overflows: boolean;
}

const models: readonly NarrowModels[] = narrowModels;

/**
 * float16, whose largest number is 65,504, for a model that was trained in bfloat16 and never had to stay below: activations or gradients
 * overflow, and the loss is NaN or zero. A warning for those that are known to overflow, a remark for others. `narrowModels.json`
 * has the sources.
 */
export const precisionFp16OnBf16Model: Rule = {
  id: "precision/fp16-on-bf16-model",
  title: t`float16 for a model that was trained in bfloat16`,
  severity: "information",
  *check(subject) {
    const { plan, model, target } = subject;
    const place = halfPlace(plan);
    const architecture = architectureIn(model).value;
    const narrow = architecture && models.find((record) => isOf(architecture, record));
    if (!place || !narrow || (target && !target.hasBf16 && !narrow.overflows)) return;
    yield {
      ...(narrow.overflows ? { severity: "warning" } : {}),
      message: narrow.overflows
        ? t`${architecture.family} leaves the range of float16 (65,504) in training: the loss becomes NaN or zero. It was trained in bfloat16.`
        : t`${architecture.family} was trained in bfloat16 and may leave the range of float16 (65,504) when fine-tuned: watch for a loss of NaN or zero.`,
      range: place.range,
      fixes: () => (target?.hasBf16 === false ? [] : inBf16(subject, place)),
    };
  },
};

function isOf({ type, family }: Architecture, { types, families }: NarrowModels): boolean {
  return types.includes(type) || families.includes(family);
}

/** Where the config says that it computes in float16. */
function halfPlace({ precision, lora }: TrainingPlan): Place | undefined {
  const weights = lora ? precision.frozen : precision.trained;
  const type = precision.autocast.value === null ? weights : precision.autocast;
  return type.value === "float16" && type.origin === "file" ? firstPlace(type) : undefined;
}

/** The other of two switches, or the other word of one setting. */
function inBf16(subject: Subject, place: Place): readonly Fix[] {
  const values = [
    ["fp16", false],
    ["bf16", true],
  ] as const;
  const hasSwitches = switchedOn(subject, "fp16") && Object.hasOwn(subject.dialect.vocabulary, "bf16");
  if (hasSwitches) {
    return settingAll(subject, values, { title: t`Set bf16 to true and fp16 to false`, preferred: true }, ["fp16"]);
  }
  const text = textAt(subject.document, place.range);
  const other = text.replace(/fp16|float16|^16/i, (word) => wider.get(word) ?? word);
  return other === text ? [] : settingTo(subject, place, other);
}

const wider: ReadonlyMap<string, string> = new Map([
  ["fp16", "bf16"],
  ["FP16", "BF16"],
  ["float16", "bfloat16"],
  ["16", "bf16"],
]);
