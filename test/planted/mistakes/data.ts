import { ownPlace } from "../../../src/core/plan/sourced.ts";
import { entryAt } from "../../../src/core/text/document.ts";
import type { Mistake } from "../mistake.ts";
import { replaced } from "./written.ts";

/** Frameworks that stretch the positions themselves. */
const stretching = new Set(["unsloth-studio", "nanotron"]);

export const dataMistakes: readonly Mistake[] = [
  {
    rule: "data/no-replay",
    name: "one file of one's own",
    plant(analysis) {
      const { plan, dialect } = analysis;
      const [source, ...others] = plan.data.sources;
      const isTuned = plan.method.value === "full" && plan.stage.value === "sft" && dialect.id !== "llamafactory";
      if (!source || source.file !== undefined || others.length > 0 || !isTuned) return undefined;
      return replaced(analysis, source.name, "data/contracts.jsonl");
    },
  },
  {
    rule: "data/no-regularisation",
    name: "eight epochs without weight decay",
    plant(analysis) {
      const { document, dialect, plan, model } = analysis;
      const { duration, optimizer } = plan;
      const isModern = model.value?.kind === "architecture" && model.value.architecture.norm.kind === "rms";
      const isTuned = plan.method.value === "full" && plan.stage.value === "sft" && isModern;
      if (!isTuned || optimizer.name.origin === "unknown" || !/adamw/i.test(optimizer.name.value ?? ""))
        return undefined;
      if (duration.maxSteps.value !== null || /neftune|smoothing|best_model|patience/.test(document.text))
        return undefined;
      const epochs = ownPlace(duration.epochs) && dialect.write(document, { epochs: 8 });
      const decay = optimizer.weightDecay.value === 0 ? [] : replaced(analysis, optimizer.weightDecay, "0.0");
      return epochs && decay ? [...epochs, ...decay] : undefined;
    },
  },
  {
    rule: "reproducibility/no-seed",
    name: "no seed",
    plant({ document, dialect }) {
      const seed = dialect.id === "torchtune" ? entryAt(document.root, "seed") : undefined;
      const isSet = seed?.value.kind === "scalar" && typeof seed.value.value === "number";
      return isSet ? [{ range: document.rangeOf(seed.valueSpan), newText: "null" }] : undefined;
    },
  },
  {
    rule: "sequence/longer-than-model",
    name: "four times the model's context",
    plant(analysis) {
      const { document, dialect, plan, model } = analysis;
      const known = model.value?.kind === "architecture" && model.value.source !== "shape" ? model.value : undefined;
      const context = known?.architecture.context;
      const isStretched = stretching.has(dialect.id) || /rope_|max_position|unsloth"?: true/.test(document.text);
      return context && !isStretched ? replaced(analysis, plan.sequenceLength, String(4 * context)) : undefined;
    },
  },
];
