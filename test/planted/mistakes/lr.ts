import { ownPlace } from "../../../src/core/plan/sourced.ts";
import { isAdamW, learningRateRange } from "../../../src/core/rules/lr/ranges.ts";
import { setValues } from "../../../src/core/text/edit.ts";
import { applyEdits } from "../../unit/edits.ts";
import type { Config, Mistake } from "../mistake.ts";

/** A usual rate, moved by some powers of ten. */
function moved(rule: string, factor: number): Mistake {
  return {
    rule,
    name: `rate times ${factor}`,
    plant({ plan, model, dialect, document }) {
      const { value: rate, origin } = plan.learningRate.peak;
      const range = learningRateRange(plan, model.value);
      if (origin !== "file" || !rate || !range) return undefined;
      // What was not usual before may be usual then.
      if (rate < range.usual / 2 || rate > range.upper) return undefined;
      // Preference rates have room above them: the best recipes differ by a factor of ten.
      const isMistake = factor > 1 ? rate * factor > 3 * range.upper : rate * factor < range.low;
      if (!isMistake) return undefined;
      return dialect.write(document, { peakLearningRate: Number((rate * factor).toPrecision(6)) });
    },
  };
}

/** AdamW's usual rate under another optimizer, where frameworks know it. */
function underOther(rule: string, optimizer: string, dialects: readonly string[]): Mistake {
  return {
    rule,
    name: `AdamW's rate under ${optimizer}`,
    plant({ plan, model, dialect, document, findings }) {
      const range = learningRateRange(plan, model.value);
      const { peak } = plan.learningRate;
      // DeepSpeed's own optimizer would take its place.
      if (findings.some(({ rule }) => rule === "deepspeed/conflict")) return undefined;
      if (!dialects.includes(dialect.id) || !ownPlace(plan.optimizer.name) || !ownPlace(peak) || !range)
        return undefined;
      if (range.usual >= 1e-4) return undefined;
      return dialect.write(document, { optimizer, peakLearningRate: range.usual });
    },
  };
}

/** The config on one GPU, with no more than one sequence per update. */
function onOneGpu(config: Config, text: string): Config {
  return { ...config, text, options: { ...config.options, gpus: 1 } };
}

export const learningRateMistakes: readonly Mistake[] = [
  {
    rule: "lr/default",
    name: "no rate",
    plant({ plan, model, dialect, document }) {
      const { peakLearningRate: path } = dialect.keys;
      const hasDefault = ["hf-trl", "llamafactory", "ms-swift"].includes(dialect.id);
      if (!hasDefault || !path || !ownPlace(plan.learningRate.peak) || !learningRateRange(plan, model.value))
        return undefined;
      return setValues(document, [[path, null]]);
    },
  },
  underOther("lr/lion-scale", "lion_8bit", ["hf-trl", "llamafactory", "axolotl", "ms-swift"]),
  underOther("lr/sgd-scale", "sgd", ["hf-trl", "llamafactory", "axolotl", "ms-swift", "oumi"]),
  underOther("lr/prodigy-scale", "prodigyopt.Prodigy", ["torchtune"]),
  {
    rule: "lr/relative-step",
    name: "Adafactor's own steps",
    plant: ({ plan, dialect, document }) =>
      dialect.id === "nemo" && ownPlace(plan.learningRate.peak)
        ? setValues(document, [
            ["model.optim.name", "adafactor"],
            ["model.optim.relative_step", true],
          ])
        : undefined,
  },
  {
    rule: "lr/small-batch",
    name: "one sequence per update",
    plant({ plan, model, dialect, document }, config) {
      const range = learningRateRange(plan, model.value);
      const { microBatch, accumulation, peakLearningRate } = dialect.keys;
      if (!range || !isAdamW(plan.optimizer.name.value ?? "") || !microBatch || !accumulation || !peakLearningRate)
        return undefined;
      if (![plan.batch.micro, plan.batch.accumulation, plan.learningRate.peak].every(ownPlace)) return undefined;
      if (plan.parallelism.gpus.origin === "file" || plan.batch.global) return undefined;
      const edits = dialect.write(document, { microBatch: 1, accumulation: 1, peakLearningRate: range.upper });
      return onOneGpu(config, applyEdits(document.text, edits));
    },
  },
  ...[10, 30, 100].map((factor) => moved("lr/too-high", factor)),
  ...[0.01, 0.001].map((factor) => moved("lr/too-low", factor)),
];
