import type { Analysis } from "../../../src/core/analyze.ts";
import { setValue, setValues } from "../../../src/core/text/edit.ts";
import { applyEdits } from "../../unit/edits.ts";
import type { Mistake } from "../mistake.ts";
import { onGpu } from "./onGpu.ts";
import { replaced, setTo } from "./written.ts";

/** Takes away what switches the adapters on, in frameworks that have such a switch. */
function withoutAdapters(analysis: Analysis) {
  const { document, plan } = analysis;
  const isOn = ["lora", "qlora"].some((name) => setTo(analysis, "adapter", name));
  const key = analysis.dialect.id === "axolotl" && isOn ? "adapter" : setTo(analysis, "use_peft", true);
  const rank = plan.lora?.rank.origin === "file";
  return key && rank && hasHealthyAdapters(analysis) ? setValues(document, [[key, null]]) : undefined;
}

/** Whether nothing is found of adapters that the mistake would hide. */
function hasHealthyAdapters({ findings }: Analysis): boolean {
  return !findings.some(({ rule }) => /^(?:lora|lr|memory|precision)\//.test(rule));
}

const setsModules = /^\s*lora_target_modules\b/m;

function scaled(factor: number): Mistake {
  return {
    rule: "lora/scale",
    name: `alpha ${factor} times the rank`,
    plant(analysis) {
      const { lora } = analysis.plan;
      if (!lora?.rank.value || lora.rsLora.value || analysis.dialect.id === "mlx-lm") return undefined;
      const isSaved = setTo(analysis, "inference_mode", true);
      return isSaved ? undefined : replaced(analysis, lora.alpha, String(factor * lora.rank.value));
    },
  };
}

export const loraMistakes: readonly Mistake[] = [
  scaled(64),
  scaled(0.125),
  {
    rule: "lora/no-adapter",
    name: "the switch forgotten",
    plant: (analysis) => (analysis.plan.quantization ? undefined : withoutAdapters(analysis)),
  },
  {
    rule: "lora/quantized-full",
    name: "the switch forgotten on quantised weights",
    plant: (analysis) => (analysis.plan.quantization ? withoutAdapters(analysis) : undefined),
  },
  {
    rule: "lora/qlora-not-4bit",
    name: "weights in 16 bits",
    plant(analysis) {
      const isQlora = analysis.dialect.id === "axolotl" && setTo(analysis, "adapter", "qlora");
      return isQlora && setTo(analysis, "load_in_4bit", true)
        ? setValue(analysis.document, "load_in_4bit", false)
        : undefined;
    },
  },
  {
    rule: "lora/rank-high",
    name: "a rank of 1,024",
    plant(analysis) {
      const { lora } = analysis.plan;
      const isSaved = setTo(analysis, "inference_mode", true);
      return isSaved || !hasHealthyAdapters(analysis) ? undefined : replaced(analysis, lora?.rank, "1024");
    },
  },
  {
    rule: "lora/attention-only",
    name: "queries and values alone",
    plant(analysis) {
      const { document, dialect, plan, model } = analysis;
      const linears = model.value?.kind === "architecture" ? model.value.architecture.linears : [];
      const isDense = ["q_proj", "up_proj"].every((own) => linears.some(({ name }) => name === own));
      if (!plan.lora || !isDense || setsModules.test(document.text)) return undefined;
      if (dialect.id === "llamafactory" && setTo(analysis, "lora_target", "all")) {
        return setValue(document, "lora_target", "q_proj,v_proj");
      }
      if (dialect.id === "axolotl" && setTo(analysis, "lora_target_linear", true)) {
        return setValues(document, [
          ["lora_target_linear", false],
          ["lora_target_modules", ["q_proj", "v_proj"]],
        ]);
      }
      return undefined;
    },
  },
  {
    rule: "lora/small-model",
    name: "half a billion parameters and 141 GB",
    plant(analysis, config) {
      const { document, plan, memory } = analysis;
      const edits = replaced(analysis, plan.model.id, "Qwen/Qwen2.5-0.5B-Instruct");
      const isSmall = (plan.batch.micro.value ?? 8) * (plan.sequenceLength.value ?? 1e5) <= 16_384;
      const isKnown = plan.batch.micro.origin === "file" && plan.sequenceLength.origin === "file" && memory.value;
      const isSplit = plan.parallelism.sharding.value !== "none";
      if (!plan.lora || !isKnown || isSplit || !isSmall || !edits) return undefined;
      if (plan.stage.value !== "sft") return undefined;
      const text = applyEdits(document.text, edits);
      return onGpu({ ...config, text }, "h200");
    },
  },
];
