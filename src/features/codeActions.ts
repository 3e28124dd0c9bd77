import { CodeAction, CodeActionKind, type Diagnostic, type Disposable, languages, type TextDocument } from "vscode";
import { memoryDoesNotFit } from "../core/rules/memoryDoesNotFit.ts";
import type { Finding } from "../core/rules/rule.ts";
import { formatGibibytes } from "../core/units.ts";
import { type Analyses, selector } from "./analyses.ts";
import { diagnosticSource } from "./diagnostics.ts";
import { adviceFor, makeItFitCommand } from "./makeItFit.ts";
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
              .flatMap((finding) => [
                ...toActions(document, finding, diagnostic),
                ...(finding.rule === memoryDoesNotFit.id ? fitActions(analyses, document, diagnostic) : []),
              ]),
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

function toActions(
  { uri }: TextDocument,
  { fixes }: Pick<Finding, "fixes">,
  diagnostic: Diagnostic,
): readonly CodeAction[] {
  return fixes.map(({ title, preferred, edits }) => {
    const action = new CodeAction(title, CodeActionKind.QuickFix);
    action.edit = toWorkspaceEdit(uri, edits);
    action.diagnostics = [diagnostic];
    action.isPreferred = preferred;
    return action;
  });
}

/** The proposals that make the run fit, worked out when they are asked for, and the command that says more of them. */
function fitActions(analyses: Analyses, document: TextDocument, diagnostic: Diagnostic): readonly CodeAction[] {
  const analysis = analyses.of(document);
  const advice = analysis?.target ? adviceFor(analysis, analysis.target) : null;
  const fixes = (advice?.proposals ?? []).slice(0, mostFixes).map((proposal, index) => ({
    title: `Make it fit: ${proposal.title} (${formatGibibytes(proposal.memory.deviceBytes)})`,
    preferred: index === 0 && proposal.changes.length === 0,
    edits: proposal.edits,
  }));
  const more = new CodeAction("Make It Fit…", CodeActionKind.QuickFix);
  more.command = { title: "Make It Fit…", command: makeItFitCommand, arguments: [document.uri.toString()] };
  more.diagnostics = [diagnostic];
  return [...toActions(document, { fixes }, diagnostic), more];
}

/** A light bulb is read at a glance; the command shows all. */
const mostFixes = 3;
