import type { Finding, Severity } from "../rules/rule.ts";
import { formatCount } from "../units.ts";
import { type Line, styled, type TextStyle } from "./lines.ts";
import { countOf } from "./text.ts";

const severityColors: Readonly<Record<Severity, TextStyle>> = {
  error: "red",
  warning: "yellow",
  information: "blue",
  hint: "gray",
};

/** Findings as compilers print them, one line each. */
export function findingsLines(file: string, findings: readonly Finding[]): readonly Line[] {
  return findings.map(({ range, severity, message, rule }) => {
    const { line, character } = range.start;
    return [
      styled("bold", `${file}:${line + 1}:${character + 1}`),
      ": ",
      styled(severityColors[severity], severity),
      `: ${message} `,
      styled("dim", `[${rule}]`),
    ];
  });
}

/** `2 errors and 1 warning in 14 training configs`. */
export function checkedLine(configs: readonly { readonly findings: readonly Finding[] }[]): Line {
  const all = configs.flatMap(({ findings }) => findings);
  const [errors, warnings] = [countOf(all, "error"), countOf(all, "warning")];
  const worst = errors > 0 ? "red" : warnings > 0 ? "yellow" : "green";
  const found = `${numbered(errors, "error")} and ${numbered(warnings, "warning")}`;
  return [styled(worst, found), ` in ${numbered(configs.length, "training config")}`];
}

function numbered(count: number, name: string): string {
  return `${formatCount(count)} ${name}${count === 1 ? "" : "s"}`;
}
