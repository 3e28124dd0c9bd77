import { commands, Disposable, window, workspace } from "vscode";
import type { Analyses } from "./analyses.ts";
import type { Panel } from "./panel.ts";

export const plotScheduleCommand = "fineTuneLens.plotSchedule";

/** True while the active editor shows a training config; menus and the palette depend on it. */
const contextKey = "fineTuneLens.isTrainingConfig";

export function registerCommands(analyses: Analyses, panel: Panel): Disposable {
  const command = commands.registerCommand(plotScheduleCommand, async () => {
    const document = window.activeTextEditor?.document;
    if (document && analyses.of(document)) return panel.show(document);
    await window.showInformationMessage("Open a training config to plot its learning-rate schedule.");
  });
  const updateContext = () => {
    const document = window.activeTextEditor?.document;
    return commands.executeCommand("setContext", contextKey, document !== undefined && analyses.of(document) !== null);
  };
  const edits = workspace.onDidChangeTextDocument(({ document }) => {
    if (document === window.activeTextEditor?.document) void updateContext();
  });
  void updateContext();
  return Disposable.from(command, edits, window.onDidChangeActiveTextEditor(updateContext));
}
