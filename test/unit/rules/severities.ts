import assert from "node:assert/strict";
import type { AnalyzeOptions } from "../../../src/core/analyze.ts";
import { analysisOf } from "../analysis.ts";

/** The severities of the findings of `rule` in a config. */
export function severitiesOf(rule: string, text: string, options: Partial<AnalyzeOptions> = {}): readonly string[] {
  return analysisOf(text, options)
    .findings.filter((finding) => finding.rule === rule)
    .map(({ severity }) => severity);
}

/** A fine-tuning of all weights by TRL that is as it should be, with further lines. */
export const trlWith = (more: string) => `model_name_or_path: meta-llama/Llama-2-7b-hf
max_length: 1024
per_device_train_batch_size: 1
learning_rate: 1.0e-5
dtype: float32
${more}
`;

/** Lines for such a config, and the severities that `rule` has for it then. */
export type Row = readonly [more: string, severities: readonly string[]];

export function judges(rule: string, rows: readonly Row[], options: Partial<AnalyzeOptions> = {}): void {
  for (const [more, expected] of rows) assert.deepEqual(severitiesOf(rule, trlWith(more), options), expected, more);
}
