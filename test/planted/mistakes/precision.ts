import { setValue, setValues } from "../../../src/core/text/edit.ts";
import type { Mistake } from "../mistake.ts";
import { setTo } from "./written.ts";

/** Frameworks that take both switches from transformers. */
const switching = new Set(["hf-trl", "llamafactory", "ms-swift"]);

/** Models that were trained in bfloat16. */
const narrow = /llama-3(?:\.[12])?-|qwen2(?:\.5)?-\d|gemma-(?:2-)?\db/i;

export const precisionMistakes: readonly Mistake[] = [
  {
    rule: "precision/both",
    name: "fp16 beside bf16",
    plant(analysis) {
      const { document, dialect } = analysis;
      if (dialect.id === "deepspeed") {
        return setTo(analysis, "bf16.enabled", true) ? setValue(document, "fp16.enabled", true) : undefined;
      }
      const bf16 = switching.has(dialect.id) ? setTo(analysis, "bf16", true) : undefined;
      return bf16 ? setValue(document, bf16.replace("bf16", "fp16"), true, ["bf16"]) : undefined;
    },
  },
  {
    rule: "precision/fp16-weights",
    name: "float16 weights and the switch for autocast",
    plant(analysis) {
      const { document, dialect, plan } = analysis;
      if (plan.method.value !== "full" || plan.quantization || plan.parallelism.zero) return undefined;
      if (dialect.id !== "hf-trl" || !setTo(analysis, "bf16", true)) return undefined;
      const isNamed = plan.precision.trained.origin === "file";
      const dtype = ["dtype", "torch_dtype"].find((key) => new RegExp(`\\b${key}"?:`).test(document.text));
      if (!isNamed || !dtype) return undefined;
      const values = [
        [dtype, "float16"],
        ["fp16", true],
        ["bf16", false],
      ] as const;
      return setValues(document, values, ["bf16"]);
    },
  },
  {
    rule: "precision/fp16-on-bf16-model",
    name: "float16 in place of bfloat16",
    plant(analysis, { options }) {
      const { document, dialect, plan } = analysis;
      if (options.target) return undefined;
      const isNamed = narrow.test(plan.model.id.value ?? "") && analysis.model.value?.kind === "architecture";
      if (!isNamed || !switching.has(dialect.id) || !setTo(analysis, "bf16", true)) return undefined;
      const values = [
        ["bf16", false],
        ["fp16", true],
      ] as const;
      return setValues(document, values, ["bf16"]);
    },
  },
  {
    rule: "precision/updates-vanish",
    name: "a rate of 1e-6 for weights in bfloat16",
    plant(analysis) {
      const { document, dialect, plan } = analysis;
      const isPure = dialect.id === "torchtune" && setTo(analysis, "dtype", "bf16") && plan.method.value === "full";
      if (!isPure || !/_component_: torch\.optim\.AdamW\b/.test(document.text)) return undefined;
      return dialect.write(document, { peakLearningRate: 1e-6 });
    },
  },
  {
    rule: "precision/float32-qlora",
    name: "bfloat16 switched off",
    plant(analysis) {
      const { document, dialect, plan } = analysis;
      const isOn = setTo(analysis, "bf16", true) ?? setTo(analysis, "bf16", "auto");
      const isQlora = plan.method.value === "qlora" && !setTo(analysis, "load_in_8bit", true);
      return isOn && isQlora && dialect.id === "axolotl" ? setValue(document, "bf16", false) : undefined;
    },
  },
];
