import type { AnalyzeOptions } from "../../../../src/core/analyze.ts";
import type { Finding } from "../../../../src/core/rules/rule.ts";
import { analysisOf } from "../../analysis.ts";
import { linkedFile } from "../../dialects/reading.ts";

/** LLaMA-Factory's arguments beside a file of DeepSpeed's, with further lines. */
export const beside = (...lines: readonly string[]) =>
  ["model_name_or_path: Qwen/Qwen2.5-1.5B", "stage: sft", "learning_rate: 2.0e-5", "deepspeed: ds.json", ...lines].join(
    "\n",
  );

/** What a rule finds in a config that points to these settings. */
export function findingsWith(
  rule: string,
  settings: object,
  text: string,
  options: Partial<AnalyzeOptions> = {},
): readonly Finding[] {
  const file = linkedFile("ds.json", JSON.stringify(settings, null, 2));
  return analysisOf(text, { linked: { get: () => file }, ...options }).findings.filter(
    (finding) => finding.rule === rule,
  );
}
