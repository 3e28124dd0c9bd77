import { t } from "../../language.ts";
import type { Place } from "../../plan/sourced.ts";
import type { Position, Range } from "../../text/position.ts";
import { pulling } from "../fixes.ts";
import { firstPlace } from "../places.ts";
import type { Fix, Rule, Subject } from "../rule.ts";

/**
 * Quantised weights that are to be trained themselves: they have no gradients, and transformers' Trainer, LLaMA-Factory and axolotl refuse
 * it; mlx-lm trains what is left, the norms. Source: transformers, trainer_utils/quantization checks of trainer.py; LLaMA-Factory,
 * hparams/parser.py; axolotl, utils/schemas/peft.py (validate_adapter); mlx, nn/layers/quantized.py (QuantizedLinear.unfreeze).
 */
export const loraQuantizedFull: Rule = {
  id: "lora/quantized-full",
  title: t`Quantised weights trained without adapters`,
  severity: "error",
  *check(subject) {
    const { method, quantization } = subject.plan;
    const { id, label } = subject.dialect;
    const passesOver = id === "mlx-lm";
    if (!(refusing.has(id) || passesOver) || !quantization) return;
    if (method.value !== "full" && method.value !== "freeze") return;
    const place = firstPlace(quantization.bits, method);
    if (!place) return;
    const { value: bits } = quantization.bits;
    yield {
      message: passesOver
        ? t`Weights of ${bits ?? 4} bits cannot be trained: ${label} leaves them as they are, and trains the norms alone. Adapters on them can (QLoRA).`
        : bits === undefined
          ? t`Quantised weights cannot be trained: ${label} stops at the start. Adapters on them can (QLoRA).`
          : t`Weights of ${bits} bits cannot be trained: ${label} stops at the start. Adapters on them can (QLoRA).`,
      range: place.range,
      fixes: () => adapting(subject, firstPlace(quantization.bits)),
    };
  },
};

const refusing: ReadonlySet<string> = new Set(["hf-trl", "axolotl", "llamafactory", "ms-swift"]);

/** Adapters on the weights as they are quantised; none where the framework's way to adapters takes the quantisation away. */
function adapting(subject: Subject, place: Place | undefined): readonly Fix[] {
  const lever = subject.plan.quantization?.bits.value === 4 && subject.dialect.levers?.qlora ? "qlora" : "lora";
  const fixes = pulling(subject, lever, (keys) => t`Train adapters on the quantised weights (${keys})`, {
    preferred: true,
  });
  return place ? fixes.filter(({ edits }) => !edits.some(({ range }) => covers(range, place.range.start))) : fixes;
}

function covers({ start, end }: Range, { line, character }: Position): boolean {
  const isBehind = start.line < line || (start.line === line && start.character <= character);
  return isBehind && (end.line > line || (end.line === line && end.character > character));
}
