import type { Mistake } from "../mistake.ts";
import { replaced } from "./written.ts";

function beta(value: number): Mistake {
  return {
    rule: "preference/beta",
    name: `a beta of ${value}`,
    plant(analysis) {
      const { preference } = analysis.plan;
      const isSum = preference?.averagesTokens.value === false;
      return isSum ? replaced(analysis, preference.beta, String(value)) : undefined;
    },
  };
}

export const preferenceMistakes: readonly Mistake[] = [beta(0.001), beta(10)];
