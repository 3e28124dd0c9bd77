import { CodeLens, Disposable, EventEmitter, languages, Range, window, workspace } from "vscode";
import type { Analysis } from "../core/analyze.ts";
import { t } from "../core/language.ts";
import { shownFits, verdictWithAssumptions } from "../core/report/verdict.ts";
import { type Analyses, selector } from "./analyses.ts";
import { plotScheduleCommand } from "./commands.ts";
import { plainLabel } from "./labels.ts";
import { makeItFitCommand } from "./makeItFit.ts";

const setting = "fineTuneLens.codeLens";

/** The verdict above the first line of a config, and what can be done about it. */
export function registerCodeLens(analyses: Analyses): Disposable {
  const changed = new EventEmitter<void>();
  const provider = languages.registerCodeLensProvider(selector, {
    onDidChangeCodeLenses: changed.event,
    async provideCodeLenses(document, token) {
      if (!workspace.getConfiguration(setting, document).get("enabled")) return [];
      const analysis = await analyses.whileTyping(document, token);
      if (!analysis) return [];
      const lenses = [
        {
          title: plainLabel(verdictWithAssumptions(analysis)),
          command: plotScheduleCommand,
          tooltip: t`Show memory and schedule`,
        },
        { title: t`Plot LR Schedule`, command: plotScheduleCommand },
        ...(holds(analysis) ? [] : [{ title: t`Make It Fit…`, command: makeItFitCommand }]),
      ];
      return lenses.map(
        (lens) => new CodeLens(new Range(0, 0, 0, 0), { ...lens, arguments: [document.uri.toString()] }),
      );
    },
  });
  return Disposable.from(
    provider,
    workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(setting)) changed.fire();
    }),
    analyses.onDidChange(() => changed.fire()),
    // VS Code forgets to ask for an editor that loses the focus soon after it has opened.
    window.onDidChangeActiveTextEditor(() => changed.fire()),
    changed,
  );
}

/** Whether the run fits on the GPU that it is meant for, or else on one of those that a verdict names. */
function holds(analysis: Analysis): boolean {
  const fits = shownFits(analysis);
  const meant = analysis.target ? fits.slice(0, 1) : fits;
  return meant.length === 0 || meant.some(({ verdict }) => verdict === "fits");
}
