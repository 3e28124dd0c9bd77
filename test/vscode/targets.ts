import { type CodeLens, ConfigurationTarget, commands, type TextDocument, workspace } from "vscode";

/** Our settings. */
export const settings = () => workspace.getConfiguration("fineTuneLens");

/** Sets settings of the workspace; undefined takes them back. */
export async function set(values: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    await settings().update(name, value, ConfigurationTarget.Workspace);
  }
}

/** Settings of the target as they are without it. */
export const untouched = { gpu: undefined, gpuCount: undefined, customGpus: undefined, versions: undefined };

/** What stands above the first line. */
export async function lenses({ uri }: TextDocument): Promise<readonly CodeLens[]> {
  return commands.executeCommand<readonly CodeLens[]>("vscode.executeCodeLensProvider", uri);
}

export const titles = async (document: TextDocument) =>
  (await lenses(document)).map(({ command }) => command?.title ?? "");

/** The verdict above the first line as soon as it matches; the test's time limit ends the wait. */
export async function verdictWhen(document: TextDocument, pattern: RegExp): Promise<string> {
  for (;;) {
    const [verdict = ""] = await titles(document);
    if (pattern.test(verdict)) return verdict;
  }
}
