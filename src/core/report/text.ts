import type { Analysis } from "../analyze.ts";
import { t } from "../language.ts";
import type { Finding, Severity } from "../rules/rule.ts";
import { formatParameters } from "../units.ts";
import { methodNames } from "./topicText.ts";
import { verdictWithAssumptions } from "./verdict.ts";

/** One line: dialect, model, method, memory per GPU, which GPUs hold it, findings. */
export function summaryLine(analysis: Analysis): string {
  return [subjectText(analysis), verdictWithAssumptions(analysis), findingsSummary(analysis.findings)].join(" · ");
}

/** What is trained, with what and how. */
export function subjectText({ dialect, model, plan }: Analysis): string {
  const size = model.value ? formatParameters(model.value.parameters.total) : t`unknown size`;
  const method = plan.method.value ? methodNames[plan.method.value] : t`unknown method`;
  return `${dialect.label} · ${plan.model.id.value ?? t`unknown model`} (${size}) · ${method}`;
}

/** How many of the findings are of a severity. */
export function countOf(findings: readonly Finding[], severity: Severity): number {
  return findings.filter((finding) => finding.severity === severity).length;
}

export function findingsSummary(findings: readonly Finding[]): string {
  if (findings.length === 0) return t`no findings`;
  return findings
    .map(({ severity, rule, range }) => t`${severityNames[severity]} ${rule} on line ${range.start.line + 1}`)
    .join(", ");
}

const severityNames: Readonly<Record<Severity, string>> = {
  error: t`error`,
  warning: t`warning`,
  information: t`information`,
  hint: t`hint`,
};
