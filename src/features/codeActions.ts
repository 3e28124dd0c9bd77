import {
  CodeAction,
  CodeActionKind,
  type CodeActionProvider,
  CodeActionTriggerKind,
  type Diagnostic,
  Disposable,
  languages,
  type TextDocument,
  Uri,
  WorkspaceEdit,
} from "vscode";
import { t } from "../core/language.ts";
import { harmlessFixes } from "../core/rules/fixAll.ts";
import { memoryDoesNotFit } from "../core/rules/memory/doesNotFit.ts";
import { memoryEvaluationDoesNotFit } from "../core/rules/memory/evaluationDoesNotFit.ts";
import { memoryNeedsAdapters } from "../core/rules/memory/needsAdapters.ts";
import type { Finding, Fix, Rule } from "../core/rules/rule.ts";
import { suppressInFile, suppressOnLine } from "../core/rules/suppress.ts";
import { formatGibibytes } from "../core/units.ts";
import { type Analyses, selector } from "./analyses.ts";
import { commentStart, shownFindings } from "./findings.ts";
import { adviceFor, makeItFitCommand } from "./makeItFit.ts";
import { addEdits, toWorkspaceEdit } from "./ranges.ts";
import { switchOffRuleCommand } from "./switchOffRule.ts";

const fixAllKind = CodeActionKind.SourceFixAll.append("fineTuneLens");

/** The fixes of the findings under the cursor, ways to silence them, and the fixes that can be made all at once. */
export function registerCodeActions(analyses: Analyses): Disposable {
  const quickFixes = { providedCodeActionKinds: [CodeActionKind.QuickFix] };
  const fixes: CodeActionProvider = {
    provideCodeActions: (document, _range, { diagnostics }) => {
      const shown = shownFindings(analyses.of(document)?.findings ?? [], diagnostics);
      return [
        ...shown.flatMap(([{ fixes }, diagnostic]) => fixActions(document, fixes, diagnostic)),
        ...shown.flatMap(([finding, diagnostic]) => silencingActions(document, finding, diagnostic)),
      ];
    },
  };
  const all: CodeActionProvider = {
    provideCodeActions: (document, _range, { only }) => {
      if (!only?.contains(fixAllKind)) return [];
      const fixes = harmlessFixes(analyses.of(document)?.findings ?? []);
      return fixes.length === 0 ? [] : [fixAllAction(document, fixes)];
    },
  };
  return Disposable.from(
    languages.registerCodeActionsProvider(selector, fixes, quickFixes),
    languages.registerCodeActionsProvider(selector, fitProvider(analyses), quickFixes),
    languages.registerCodeActionsProvider(selector, all, { providedCodeActionKinds: [fixAllKind] }),
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
        shownFindings(analyses.of(document)?.findings ?? [], diagnostics).flatMap(([{ rule }, diagnostic]) =>
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

function fixActions(document: TextDocument, fixes: readonly Fix[], diagnostic: Diagnostic): readonly CodeAction[] {
  return fixes.map(({ title, preferred, edits, uri }) => {
    const action = new CodeAction(title, CodeActionKind.QuickFix);
    action.edit = toWorkspaceEdit(uri === undefined ? document.uri : Uri.parse(uri), edits);
    action.diagnostics = [diagnostic];
    action.isPreferred = preferred;
    return action;
  });
}

/** Comments where the file can have them, else the setting. */
function silencingActions(
  document: TextDocument,
  { rule, range }: Finding,
  diagnostic: Diagnostic,
): readonly CodeAction[] {
  const action = (title: string, change: Pick<CodeAction, "edit" | "command">) =>
    Object.assign(new CodeAction(title, CodeActionKind.QuickFix), change, { diagnostics: [diagnostic] });
  const start = commentStart(document);
  if (start === undefined) {
    const title = t`Switch off ${rule} in the settings`;
    return [action(title, { command: { title, command: switchOffRuleCommand, arguments: [rule] } })];
  }
  const text = document.getText();
  const onLine = suppressOnLine({ text }, rule, range.start.line, start);
  const inFile = suppressInFile({ text }, rule, start);
  return [
    action(t`Ignore ${rule} on this line`, { edit: toWorkspaceEdit(document.uri, [onLine]) }),
    action(t`Ignore ${rule} in this file`, { edit: toWorkspaceEdit(document.uri, [inFile]) }),
  ];
}

/** All of them as one step to undo. */
function fixAllAction(document: TextDocument, fixes: readonly Fix[]): CodeAction {
  const action = new CodeAction(t`Fix all that leaves the experiment the same`, fixAllKind);
  const edit = new WorkspaceEdit();
  for (const { uri, edits } of fixes) addEdits(edit, uri === undefined ? document.uri : Uri.parse(uri), edits);
  action.edit = edit;
  return action;
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
  return [...fixActions(document, fixes, diagnostic), fitCommand(document, diagnostic)];
}

function fitCommand({ uri }: TextDocument, diagnostic: Diagnostic): CodeAction {
  const action = new CodeAction(t`Make It Fit…`, CodeActionKind.QuickFix);
  action.command = { title: t`Make It Fit…`, command: makeItFitCommand, arguments: [uri.toString()] };
  action.diagnostics = [diagnostic];
  return action;
}

/** A light bulb is read at a glance; the command shows all. */
const mostFixes = 3;
