import { learningRateRange } from "../../../src/core/rules/lr/ranges.ts";
import type { Mistake } from "../mistake.ts";

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

export const learningRateMistakes: readonly Mistake[] = [
  ...[10, 30, 100].map((factor) => moved("lr/too-high", factor)),
  ...[0.01, 0.001].map((factor) => moved("lr/too-low", factor)),
];
