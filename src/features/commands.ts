import { commands, Disposable, type TextDocument, type Uri, window, workspace } from "vscode";
import { samplesHint, typedSamples } from "../core/data/typedSamples.ts";
import { t } from "../core/language.ts";
import type { Analyses } from "./analyses.ts";
import type { DatasetSizes } from "./datasetSizes.ts";
import type { Panel } from "./panel.ts";

export const plotScheduleCommand = "fineTuneLens.plotSchedule";
export const showMemoryCommand = "fineTuneLens.showMemory";
export const compareMethodsCommand = "fineTuneLens.compareMethods";
export const setDatasetSizeCommand = "fineTuneLens.setDatasetSize";
export const fetchModelCommand = "fineTuneLens.fetchModel";
export const selectGpuCommand = "fineTuneLens.selectGpu";

/** True while the active editor shows a training config; menus and the palette depend on it. */
const contextKey = "fineTuneLens.isTrainingConfig";

/** The commands that open the panel, and at what. */
const sections = [
  [plotScheduleCommand, "schedule", t`plot its learning-rate schedule`],
  [showMemoryCommand, "memory", t`see where its memory goes`],
  [compareMethodsCommand, "ways", t`compare the ways to train its model`],
] as const;

export function registerCommands(analyses: Analyses, panel: Panel, sizes: DatasetSizes): Disposable {
  const updateContext = () => {
    const isConfig = configOf(analyses, undefined) !== undefined;
    return commands.executeCommand("setContext", contextKey, isConfig);
  };
  void updateContext();
  return Disposable.from(
    ...sections.map(([command, section, purpose]) =>
      commands.registerCommand(command, async (address: unknown) => {
        const document = configMeant(analyses, panel, address);
        if (document) return panel.show(document, section);
        void window.showInformationMessage(t`Open a training config to ${purpose}.`);
      }),
    ),
    commands.registerCommand(setDatasetSizeCommand, async (address: unknown) => {
      const document = configMeant(analyses, panel, address);
      if (document) return setDatasetSize(document, sizes);
      void window.showInformationMessage(t`Open a training config to say how many samples it trains on.`);
    }),
    workspace.onDidChangeTextDocument(({ document }) => {
      if (document === window.activeTextEditor?.document) void updateContext();
    }),
    window.onDidChangeActiveTextEditor(updateContext),
    analyses.onDidChange((document) => {
      if (document === window.activeTextEditor?.document) void updateContext();
    }),
  );
}

/** The config at the address that a link gives, else the one in the active editor. */
export function configOf(analyses: Analyses, address: unknown): TextDocument | undefined {
  const document =
    typeof address === "string"
      ? workspace.textDocuments.find(({ uri }) => uri.toString() === address)
      : window.activeTextEditor?.document;
  return document && analyses.of(document) ? document : undefined;
}

/** The config at the address that a link gives; without one that in the active editor, in the panel, or beside the walkthrough. */
export function configMeant(analyses: Analyses, panel: Panel, address: unknown): TextDocument | undefined {
  const found = configOf(analyses, address);
  if (found || typeof address === "string") return found;
  return panel.document ?? window.visibleTextEditors.find(({ document }) => analyses.of(document))?.document;
}

/** A Markdown link to a command of ours, for the config at `uri`. */
export function commandLink(title: string, command: string, uri: Uri): string {
  return `[${title}](command:${command}?${encodeURIComponent(JSON.stringify([uri.toString()]))})`;
}

async function setDatasetSize({ uri }: TextDocument, sizes: DatasetSizes): Promise<void> {
  const text = await window.showInputBox({
    title: t`Set Dataset Size of ${workspace.asRelativePath(uri)}`,
    prompt: t`Training samples of one epoch. Leave empty to have them counted in the data files again.`,
    placeHolder: "52002",
    value: sizes.get(uri)?.toString() ?? "",
    validateInput: (value) => (typedSamples(value) === null ? samplesHint : undefined),
  });
  const samples = text === undefined ? null : typedSamples(text);
  if (samples !== null) await sizes.set(uri, samples);
}
