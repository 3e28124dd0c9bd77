import assert from "node:assert/strict";
import { type Analysis, type AnalyzeOptions, analyze } from "../../src/core/analyze.ts";
import { catalogue } from "./builtIn.ts";

/** The analysis of a config that must be recognised. */
export function analysisOf(text: string, options: Partial<AnalyzeOptions> = {}): Analysis {
  const analysis = analyze(text, { format: "yaml", catalogue, ...options });
  assert.ok(analysis, "the config is not recognised");
  return analysis;
}

/** The value of an answer that must be there. */
export function answered<T>(answer: { readonly value: T | null }): T {
  assert.ok(answer.value !== null, `there is no answer: ${JSON.stringify(answer)}`);
  return answer.value;
}
