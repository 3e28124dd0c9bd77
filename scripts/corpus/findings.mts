import type { Analysis } from "../../src/core/analyze.ts";
import type { Finding, Severity } from "../../src/core/rules/rule.ts";
import { unsaidChanges } from "../../test/unit/rules/fixSafety.ts";

const severities: readonly Severity[] = ["error", "warning", "information", "hint"];

/** Findings in the configs of a corpus, whose authors shipped them: what is worse than a hint there is worth a look. */
export class Findings {
  readonly #files = new Map<string, { readonly file: string; readonly findings: readonly Finding[] }[]>();
  readonly #unsafe: string[] = [];

  add(framework: string, file: string, { findings, document }: Analysis): void {
    this.#files.set(framework, [...(this.#files.get(framework) ?? []), { file, findings }]);
    for (const fix of findings.flatMap(({ fixes }) => fixes)) {
      if (fix.uri !== undefined) continue;
      const unsaid = unsaidChanges(document.text, document.format, fix);
      if (unsaid.length > 0) this.#unsafe.push(`${file}: ${fix.title}: ${unsaid.join(", ")}`);
    }
  }

  /** A table per framework, errors and warnings in full, and fixes that do what they do not say; whether all is as it should be. */
  print(): boolean {
    const head = ["framework".padEnd(20), ...["files", ...severities].map((name) => name.padStart(13))];
    console.log(`\n${head.join("")}`);
    for (const [framework, files] of [...this.#files].sort()) printRow(framework, files);
    const all = [...this.#files.values()].flat();
    printRow("all", all);
    for (const severity of ["error", "warning"] as const) {
      for (const [rule, lines] of byRule(all, severity)) {
        console.log(`\n${severity} ${rule}: ${lines.length}`);
        for (const line of lines) console.log(`  ${line}`);
      }
    }
    for (const line of this.#unsafe) console.log(`unsafe fix: ${line}`);
    return share(all, "error") === 0 && share(all, "warning") <= 0.05 && this.#unsafe.length === 0;
  }
}

type Files = readonly { readonly file: string; readonly findings: readonly Finding[] }[];

function share(files: Files, severity: Severity): number {
  return (
    files.filter(({ findings }) => findings.some((finding) => finding.severity === severity)).length / files.length
  );
}

function printRow(name: string, files: Files): void {
  const cells = severities.map((severity) => `${(100 * share(files, severity)).toFixed(1)} %`.padStart(13));
  console.log(name.padEnd(20) + String(files.length).padStart(13) + cells.join(""));
}

function byRule(files: Files, severity: Severity): ReadonlyMap<string, readonly string[]> {
  const rules = new Map<string, string[]>();
  for (const { file, findings } of files) {
    for (const finding of findings.filter((found) => found.severity === severity)) {
      const line = `${file}:${finding.range.start.line + 1}: ${finding.message}`;
      rules.set(finding.rule, [...(rules.get(finding.rule) ?? []), line]);
    }
  }
  return rules;
}
