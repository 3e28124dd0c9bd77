import { CodeAction, CodeActionKind, type Diagnostic, type Disposable, languages, type TextDocument } from "vscode";
import type { Finding } from "../core/rules/rule.ts";
import { type Analyses, selector } from "./analyses.ts";
import { diagnosticSource } from "./diagnostics.ts";
import { toRange, toWorkspaceEdit } from "./ranges.ts";

/** The fixes of the findings under the cursor. */
export function registerCodeActions(analyses: Analyses): Disposable {
  return languages.registerCodeActionsProvider(
    selector,
    {
      provideCodeActions(document, _range, context) {
        const findings = analyses.of(document)?.findings ?? [];
        return context.diagnostics
          .filter(({ source }) => source === diagnosticSource)
          .flatMap((diagnostic) =>
            findings
              .filter((finding) => isSame(finding, diagnostic))
              .flatMap((finding) => toActions(document, finding, diagnostic)),
          );
      },
    },
    { providedCodeActionKinds: [CodeActionKind.QuickFix] },
  );
}

/** Whether the diagnostic still says what a finding of the current text says. */
function isSame({ rule, range }: Finding, { code, range: shown }: Diagnostic): boolean {
  return typeof code === "object" && code.value === rule && toRange(range).isEqual(shown);
}

function toActions({ uri }: TextDocument, { fixes }: Finding, diagnostic: Diagnostic): readonly CodeAction[] {
  return fixes.map(({ title, preferred, edits }) => {
    const action = new CodeAction(title, CodeActionKind.QuickFix);
    action.edit = toWorkspaceEdit(uri, edits);
    action.diagnostics = [diagnostic];
    action.isPreferred = preferred;
    return action;
  });
}
