import {
  Diagnostic,
  DiagnosticRelatedInformation,
  DiagnosticSeverity,
  DiagnosticTag,
  Location,
  type TextDocument,
  Uri,
} from "vscode";
import { pageOf } from "../core/rules/page.ts";
import type { Finding, Severity } from "../core/rules/rule.ts";
import { toRange } from "./ranges.ts";

export const diagnosticSource = "fine-tune-lens";

const severities: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

const tags = { unused: DiagnosticTag.Unnecessary, deprecated: DiagnosticTag.Deprecated };

/** A finding of the file at `uri` as VS Code shows it; `documentation` is the folder with a page for each family of rules. */
export function toDiagnostic(finding: Finding, uri: Uri, documentation: Uri): Diagnostic {
  const { rule, severity, message, range, tag, related } = finding;
  const diagnostic = new Diagnostic(toRange(range), message, severities[severity]);
  const { file, anchor } = pageOf(rule);
  diagnostic.source = diagnosticSource;
  diagnostic.code = { value: rule, target: Uri.joinPath(documentation, file).with({ fragment: anchor }) };
  if (tag) diagnostic.tags = [tags[tag]];
  if (related.length > 0) {
    diagnostic.relatedInformation = related.map((other) => {
      const place = new Location(other.uri === undefined ? uri : Uri.parse(other.uri), toRange(other.range));
      return new DiagnosticRelatedInformation(place, other.message);
    });
  }
  return diagnostic;
}

/** The findings of a text with the diagnostics that still show them. */
export function shownFindings(
  findings: readonly Finding[],
  diagnostics: readonly Diagnostic[],
): readonly (readonly [Finding, Diagnostic])[] {
  return diagnostics
    .filter(({ source }) => source === diagnosticSource)
    .flatMap((diagnostic) =>
      findings.filter((finding) => isSame(finding, diagnostic)).map((finding) => [finding, diagnostic] as const),
    );
}

function isSame({ rule, range }: Finding, { code, range: shown }: Diagnostic): boolean {
  return typeof code === "object" && code.value === rule && toRange(range).isEqual(shown);
}

/** What a comment begins with in a document; undefined for plain JSON, which no framework would read with one. */
export function commentStart({ languageId }: TextDocument): "#" | "//" | undefined {
  if (languageId === "yaml") return "#";
  return languageId === "jsonc" ? "//" : undefined;
}
