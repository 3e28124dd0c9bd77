import type { Analysis } from "../analyze.ts";
import { t } from "../language.ts";
import type { Finding, Severity } from "../rules/rule.ts";
import { formatCount } from "../units.ts";
import { countOf } from "./text.ts";
import { verdictText } from "./verdict.ts";

/** A training config of the workspace. */
export interface CheckedConfig {
  /** As the user knows it. */
  readonly path: string;
  readonly analysis: Analysis;
}

const severities: readonly Severity[] = ["error", "warning", "information", "hint"];

/** All configs of a workspace as Markdown, the worst first: framework, memory and fit, findings. */
export function workspaceSummary(configs: readonly CheckedConfig[], files: number): string {
  const sorted = [...configs].sort((a, b) => badness(b) - badness(a) || a.path.localeCompare(b.path));
  return [
    `# ${t`Training configs of this workspace`}`,
    "",
    headline(configs, files),
    ...(configs.length === 0
      ? []
      : [
          "",
          row([t`Config`, t`Framework`, t`Memory`, t`Findings`, t`The worst`]),
          "|---|---|---|---|---|",
          ...sorted.map(({ path, analysis }) =>
            row([
              `[${plain(path)}](<${path.replace(/[<>|\\\n]/g, encodeURIComponent)}>)`,
              analysis.dialect.label,
              plain(verdictText(analysis)),
              countsText(analysis.findings),
              worstText(analysis.findings),
            ]),
          ),
        ]),
    "",
  ].join("\n");
}

/** `12 training configs in 1,024 files: 1 with errors, 2 with warnings, 9 with neither.` */
function headline(configs: readonly CheckedConfig[], files: number): string {
  const worst = configs.map(({ analysis }) => worstOf(analysis.findings)?.severity);
  const errors = worst.filter((severity) => severity === "error").length;
  const warnings = worst.filter((severity) => severity === "warning").length;
  if (configs.length === 0) return t`No training config in ${formatCount(files)} files.`;
  return t`${formatCount(configs.length)} training configs in ${formatCount(files)} files: ${errors} with errors, ${warnings} with warnings, ${configs.length - errors - warnings} with neither.`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll(/\s*\n\s*/g, " ")).join(" | ")} |`;
}

/** As text, with as few backslashes as that takes: the document is read as it is, too. */
function plain(text: string): string {
  return text.replace(/[\\`*[\]<|&~$]|(?<![a-zA-Z0-9])_|_(?![a-zA-Z0-9])/g, "\\$&");
}

/** The severest finding, the first of several. */
function worstOf(findings: readonly Finding[]): Finding | undefined {
  return severities.flatMap((severity) => findings.find((finding) => finding.severity === severity) ?? [])[0];
}

function badness({ analysis: { findings } }: CheckedConfig): number {
  return 1e6 * countOf(findings, "error") + 1e3 * countOf(findings, "warning") + countOf(findings, "information");
}

/** `1 error, 2 warnings`; a dash where there is nothing but hints. */
function countsText(findings: readonly Finding[]): string {
  const [errors, warnings, others] = [
    countOf(findings, "error"),
    countOf(findings, "warning"),
    countOf(findings, "information"),
  ];
  const texts = [
    ...(errors === 0 ? [] : [errors === 1 ? t`1 error` : t`${errors} errors`]),
    ...(warnings === 0 ? [] : [warnings === 1 ? t`1 warning` : t`${warnings} warnings`]),
    ...(others === 0 ? [] : [others === 1 ? t`1 remark` : t`${others} remarks`]),
  ];
  return texts.join(", ") || "–";
}

function worstText(findings: readonly Finding[]): string {
  const worst = worstOf(findings.filter(({ severity }) => severity !== "hint"));
  if (!worst) return "";
  return plain(t`line ${worst.range.start.line + 1}: ${worst.message} (${worst.rule})`);
}
