import { commands, Uri, window, workspace } from "vscode";
import { t } from "../core/language.ts";
import type { SavedKind, SaveMessage } from "../protocol.ts";

const filters: Readonly<Record<SavedKind, Record<string, string[]>>> = {
  svg: { "SVG picture": ["svg"] },
  png: { "PNG picture": ["png"] },
  csv: { "Comma-separated values": ["csv"] },
};

/** Asks where to save what the page has drawn, beside its config unless the user says otherwise, and saves it. */
export async function saveExport({ name, kind, content }: SaveMessage, config: Uri): Promise<void> {
  const folder = config.scheme === "untitled" ? workspace.workspaceFolders?.[0]?.uri : Uri.joinPath(config, "..");
  const target = await window.showSaveDialog({
    ...(folder && { defaultUri: Uri.joinPath(folder, `${name}.${kind}`) }),
    filters: filters[kind],
    title: t`Save the Learning Rate`,
  });
  if (!target) return;
  const bytes =
    kind === "png"
      ? Uint8Array.from(atob(content), (character) => character.charCodeAt(0))
      : new TextEncoder().encode(content);
  try {
    await workspace.fs.writeFile(target, bytes);
  } catch (error) {
    void window.showErrorMessage(
      t`${target.path} cannot be written: ${String(error instanceof Error ? error.message : error)}`,
    );
    return;
  }
  const open = "Open";
  const saved = t`Saved ${workspace.asRelativePath(target)}.`;
  if ((await window.showInformationMessage(saved, open)) === open) await commands.executeCommand("vscode.open", target);
}
