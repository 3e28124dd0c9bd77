import {
  type CancellationToken,
  commands,
  type Disposable,
  ProgressLocation,
  type Uri,
  window,
  workspace,
} from "vscode";
import type { Analysis } from "../core/analyze.ts";
import { t } from "../core/language.ts";
import { type CheckedConfig, workspaceSummary } from "../core/report/workspaceSummary.ts";
import type { Analyses } from "./analyses.ts";
import { filesOfWorkspace, textsOf } from "./configsOfWorkspace.ts";
import type { Diagnostics } from "./diagnostics.ts";

export const checkAllCommand = "fineTuneLens.checkAll";

/** Checks the training configs of the workspace: findings go to the list of problems, a summary into a document. */
export function registerCheckAll(analyses: Analyses, diagnostics: Diagnostics): Disposable {
  return commands.registerCommand(checkAllCommand, async (): Promise<void> => {
    if (!workspace.workspaceFolders) {
      void window.showInformationMessage(t`Open a folder to check its training configs.`);
      return;
    }
    const location = ProgressLocation.Notification;
    const checked = await window.withProgress(
      { location, title: t`Checking training configs`, cancellable: true },
      async (progress, token) =>
        check(analyses, token, (message, increment) => progress.report({ message, increment })),
    );
    if (!checked) return;
    const { configs, files } = checked;
    diagnostics.showChecked(new Map([...configs].map(([uri, { findings }]) => [uri, findings])));
    const rows = [...configs].map(([uri, analysis]): CheckedConfig => ({ path: pathOf(uri), analysis }));
    const content = workspaceSummary(rows, files);
    await window.showTextDocument(await workspace.openTextDocument({ language: "markdown", content }));
  });
}

interface Checked {
  readonly configs: ReadonlyMap<Uri, Analysis>;
  /** That were looked at. */
  readonly files: number;
}

/** Undefined when the user has had enough of it. */
async function check(
  analyses: Analyses,
  token: CancellationToken,
  report: (message: string, increment: number) => void,
): Promise<Checked | undefined> {
  const files = await filesOfWorkspace(token);
  const configs = new Map<Uri, Analysis>();
  const once = analyses.once();
  let before = 0;
  for await (const { texts, done } of textsOf(files, token)) {
    for (const text of texts) {
      const analysis = token.isCancellationRequested ? null : await once(text);
      if (analysis) configs.set(text.uri, analysis);
    }
    report(t`${configs.size} found in ${done} of ${files.length} files`, (100 * (done - before)) / files.length);
    before = done;
  }
  return token.isCancellationRequested ? undefined : { configs, files: files.length };
}

function pathOf(uri: Uri): string {
  return workspace.asRelativePath(uri).replaceAll("\\", "/");
}
