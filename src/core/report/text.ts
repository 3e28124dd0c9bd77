import type { Analysis } from "../analyze.ts";
import type { Finding } from "../rules/rule.ts";
import { formatParameters } from "../units.ts";
import { methodNames } from "./topicText.ts";
import { verdictWithAssumptions } from "./verdict.ts";

/** One line: dialect, model, method, memory per GPU, which GPUs hold it, findings. */
export function summaryLine(analysis: Analysis): string {
  return [subjectText(analysis), verdictWithAssumptions(analysis), findingsSummary(analysis.findings)].join(" · ");
}

/** What is trained, with what and how. */
export function subjectText({ dialect, model, plan }: Analysis): string {
  const size = model.value ? formatParameters(model.value.parameters.total) : "unknown size";
  const method = plan.method.value ? methodNames[plan.method.value] : "unknown method";
  return `${dialect.label} · ${plan.model.id.value ?? "unknown model"} (${size}) · ${method}`;
}

export function findingsSummary(findings: readonly Finding[]): string {
  if (findings.length === 0) return "no findings";
  return findings.map(({ severity, rule, range }) => `${severity} ${rule} on line ${range.start.line + 1}`).join(", ");
}
