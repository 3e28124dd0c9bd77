import {
  CodeAction,
  CodeActionKind,
  type CodeActionProvider,
  CodeActionTriggerKind,
  type Diagnostic,
  Disposable,
  languages,
  type TextDocument,
} from "vscode";
import { t } from "../core/language.ts";
import { memoryDoesNotFit } from "../core/rules/memory/doesNotFit.ts";
import { memoryEvaluationDoesNotFit } from "../core/rules/memory/evaluationDoesNotFit.ts";
import { memoryNeedsAdapters } from "../core/rules/memory/needsAdapters.ts";
import type { Finding, Rule } from "../core/rules/rule.ts";
import { formatGibibytes } from "../core/units.ts";
import { type Analyses, selector } from "./analyses.ts";
import { diagnosticSource } from "./diagnostics.ts";
import { adviceFor, makeItFitCommand } from "./makeItFit.ts";
import { toRange, toWorkspaceEdit } from "./ranges.ts";

/** The fixes of the findings under the cursor. */
export function registerCodeActions(analyses: Analyses): Disposable {
  const kinds = { providedCodeActionKinds: [CodeActionKind.QuickFix] };
  const fixes: CodeActionProvider = {
    provideCodeActions: (document, _range, { diagnostics }) =>
      current(analyses, document, diagnostics).flatMap(([finding, diagnostic]) =>
        toActions(document, finding, diagnostic),
      ),
  };
  return Disposable.from(
    languages.registerCodeActionsProvider(selector, fixes, kinds),
    languages.registerCodeActionsProvider(selector, fitProvider(analyses), kinds),
  );
}

/** Cursors that stay in a place for so long may want a light bulb there that takes work. */
const restMilliseconds = 300;

/**
 * The proposals that make a run fit: at once where the user asks for them, else when the cursor has come to rest. Other findings of what
 * does not fit only lead to the command.
 */
function fitProvider(analyses: Analyses): CodeActionProvider {
  return {
    async provideCodeActions(document, _range, { diagnostics, triggerKind }, token) {
      const shown = (...rules: readonly Rule[]) =>
        current(analyses, document, diagnostics).flatMap(([{ rule }, diagnostic]) =>
          rules.some(({ id }) => id === rule) ? diagnostic : [],
        );
      if (shown(memoryDoesNotFit).length === 0) {
        return shown(memoryEvaluationDoesNotFit, memoryNeedsAdapters).map((found) => fitCommand(document, found));
      }
      if (triggerKind === CodeActionTriggerKind.Automatic) {
        await new Promise((resolve) => setTimeout(resolve, restMilliseconds));
      }
      const [diagnostic] = token.isCancellationRequested ? [] : shown(memoryDoesNotFit);
      return diagnostic ? [...fitActions(analyses, document, diagnostic)] : [];
    },
  };
}

/** The findings of the current text with the diagnostics that show them. */
function current(analyses: Analyses, document: TextDocument, diagnostics: readonly Diagnostic[]) {
  const findings = analyses.of(document)?.findings ?? [];
  return diagnostics
    .filter(({ source }) => source === diagnosticSource)
    .flatMap((diagnostic) =>
      findings.filter((finding) => isSame(finding, diagnostic)).map((finding) => [finding, diagnostic] as const),
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

/** The best proposals, and the command that says more of all. */
function fitActions(analyses: Analyses, document: TextDocument, diagnostic: Diagnostic): readonly CodeAction[] {
  const analysis = analyses.of(document);
  const advice = analysis?.target ? adviceFor(analysis, analysis.target) : null;
  const fixes = (advice?.proposals ?? []).slice(0, mostFixes).map((proposal, index) => ({
    title: t`Make it fit: ${proposal.title} (${formatGibibytes(proposal.memory.deviceBytes)})`,
    preferred: index === 0 && proposal.changes.length === 0,
    keepsExperiment: false,
    edits: proposal.edits,
  }));
  return [...toActions(document, { fixes }, diagnostic), fitCommand(document, diagnostic)];
}

function fitCommand({ uri }: TextDocument, diagnostic: Diagnostic): CodeAction {
  const action = new CodeAction(t`Make It Fit…`, CodeActionKind.QuickFix);
  action.command = { title: t`Make It Fit…`, command: makeItFitCommand, arguments: [uri.toString()] };
  action.diagnostics = [diagnostic];
  return action;
}

/** A light bulb is read at a glance; the command shows all. */
const mostFixes = 3;
