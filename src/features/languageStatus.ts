import {
  Disposable,
  type LanguageStatusItem,
  LanguageStatusSeverity,
  languages,
  type TextDocument,
  window,
  workspace,
} from "vscode";
import { t } from "../core/language.ts";
import { type Status, statusOf } from "../core/report/status.ts";
import type { Analyses } from "./analyses.ts";
import { selectGpuCommand } from "./commands.ts";
import { plainLabel } from "./labels.ts";
import { gpuSetting, targetGpu } from "./runSettings.ts";

/** Keystrokes closer together than this are shown as one. */
const delayMilliseconds = 200;

/** Framework, target GPU and fit of the config in the active editor; nothing for other files. */
export function registerLanguageStatus(analyses: Analyses): Disposable {
  let item: LanguageStatusItem | undefined;
  let pending: ReturnType<typeof setTimeout> | undefined;
  const statusIn = (document: TextDocument): Status | undefined => {
    const analysis = analyses.of(document);
    if (analysis) return statusOf(analysis);
    const unread = analyses.whyUnread(document);
    return unread === undefined ? undefined : { text: unread, detail: "", warns: true };
  };
  const show = () => {
    const document = window.activeTextEditor?.document;
    const status = document && statusIn(document);
    if (!document || !status) {
      item?.dispose();
      item = undefined;
      return;
    }
    const { text, detail, warns } = status;
    const unknown = gpuSetting(document.uri) !== "" && !targetGpu(document.uri);
    item ??= languages.createLanguageStatusItem("fineTuneLens.status", []);
    item.selector = { language: document.languageId, scheme: document.uri.scheme };
    item.name = "Fine-Tune Lens";
    item.text = plainLabel(text);
    item.detail = plainLabel(unknown ? t`There is no GPU "${gpuSetting(document.uri)}"; ${detail}` : detail);
    item.severity = warns || unknown ? LanguageStatusSeverity.Warning : LanguageStatusSeverity.Information;
    item.command = { title: t`Select GPU…`, command: selectGpuCommand };
    item.accessibilityInformation = { label: t`Fine-Tune Lens: ${text}. ${detail}` };
  };
  const schedule = (document: TextDocument) => {
    if (document !== window.activeTextEditor?.document) return;
    clearTimeout(pending);
    pending = setTimeout(show, delayMilliseconds);
  };
  show();
  return Disposable.from(
    window.onDidChangeActiveTextEditor(show),
    workspace.onDidChangeTextDocument(({ document }) => schedule(document)),
    analyses.onDidChange(schedule),
    new Disposable(() => {
      clearTimeout(pending);
      item?.dispose();
    }),
  );
}
