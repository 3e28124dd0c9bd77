import {
  Diagnostic,
  type DiagnosticCollection,
  DiagnosticSeverity,
  Disposable,
  languages,
  type TextDocument,
  type Uri,
  workspace,
} from "vscode";
import type { Finding, Severity } from "../core/rules/rule.ts";
import type { Analyses } from "./analyses.ts";
import { toRange } from "./ranges.ts";

export const diagnosticSource = "fine-tune-lens";

/** Keystrokes closer together than this are judged as one. */
const delayMilliseconds = 250;

const severities: Readonly<Record<Severity, DiagnosticSeverity>> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

/** Findings of open documents, saved or not, shortly after the last keystroke. */
export function registerDiagnostics(analyses: Analyses, documentation: Uri): Disposable {
  const collection = languages.createDiagnosticCollection(diagnosticSource);
  const pending = new Map<string, ReturnType<typeof setTimeout>>();
  const publish = (document: TextDocument) => {
    pending.delete(document.uri.toString());
    if (document.isClosed) return;
    update(collection, document, analyses.of(document)?.findings ?? [], documentation);
  };
  const schedule = (document: TextDocument) => {
    const key = document.uri.toString();
    clearTimeout(pending.get(key));
    pending.set(
      key,
      setTimeout(() => publish(document), delayMilliseconds),
    );
  };
  const close = ({ uri }: TextDocument) => {
    clearTimeout(pending.get(uri.toString()));
    pending.delete(uri.toString());
    collection.delete(uri);
  };
  for (const document of workspace.textDocuments) publish(document);
  return Disposable.from(
    collection,
    workspace.onDidOpenTextDocument(publish),
    workspace.onDidChangeTextDocument(({ document }) => schedule(document)),
    workspace.onDidCloseTextDocument(close),
    analyses.onDidChange(schedule),
    new Disposable(() => [...pending.values()].map(clearTimeout)),
  );
}

function update(
  collection: DiagnosticCollection,
  { uri }: TextDocument,
  findings: readonly Finding[],
  documentation: Uri,
): void {
  if (findings.length === 0) collection.delete(uri);
  else
    collection.set(
      uri,
      findings.map((finding) => toDiagnostic(finding, documentation)),
    );
}

function toDiagnostic({ rule, severity, message, range }: Finding, documentation: Uri): Diagnostic {
  const diagnostic = new Diagnostic(toRange(range), message, severities[severity]);
  diagnostic.source = diagnosticSource;
  diagnostic.code = { value: rule, target: documentation.with({ fragment: rule.replaceAll("/", "") }) };
  return diagnostic;
}
