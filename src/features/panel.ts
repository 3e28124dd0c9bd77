import {
  commands,
  type Disposable,
  env,
  type TextDocument,
  Uri,
  ViewColumn,
  type WebviewPanel,
  window,
  workspace,
} from "vscode";
import type { Hypothesis } from "../core/advice/hypothesis.ts";
import { differing, revisionWith, unwritable } from "../core/advice/whatIf.ts";
import type { Analysis } from "../core/analyze.ts";
import { t } from "../core/language.ts";
import { panelDetails, panelModel } from "../core/report/panelModel.ts";
import { editsOf } from "../core/text/revision.ts";
import { type HostMessage, type PageMessage, type PageSection, pageMessage, type Shown, shownIn } from "../protocol.ts";
import type { Analyses } from "./analyses.ts";
import { ComparedFiles } from "./comparedFiles.ts";
import type { DatasetSizes } from "./datasetSizes.ts";
import { FollowedFile } from "./followedFile.ts";
import { plainLabel } from "./labels.ts";
import { panelHtml } from "./panelHtml.ts";
import { toWorkspaceEdit } from "./ranges.ts";
import { saveExport } from "./saveExport.ts";

const viewType = "fineTuneLens.panel";

export const compareWithCommand = "fineTuneLens.compareWith";

/** What there is of the panel: nothing, or one that follows the active editor, or one that stays with its file. */
const contextKey = "fineTuneLens.panel";

/** Keystrokes closer together than this are drawn as one. */
const delayMilliseconds = 100;

/** What takes long to work out waits until nothing has changed for so long. */
const detailsDelayMilliseconds = 150;

/**
 * The panel beside the editor: it shows the training config that was last active, or the one that it is pinned to, as it is being
 * edited, and the schedules of others beside it.
 */
export class Panel implements Disposable {
  readonly #analyses: Analyses;
  readonly #sizes: DatasetSizes;
  readonly #extension: Uri;
  readonly #compared = new ComparedFiles();
  readonly #subscriptions: readonly Disposable[];
  #panel: WebviewPanel | undefined;
  #file: FollowedFile | undefined;
  #isPinned = false;
  /** What the page tries instead of the document's values. */
  #hypothesis: Hypothesis = {};
  /** The number of the page's last question. */
  #question = 0;
  /** Where the page is to go as soon as it is there. */
  #section: PageSection | undefined;
  #isReady = false;
  #pending: ReturnType<typeof setTimeout> | undefined;
  #pendingDetails: ReturnType<typeof setTimeout> | undefined;

  constructor(analyses: Analyses, sizes: DatasetSizes, extension: Uri) {
    this.#analyses = analyses;
    this.#sizes = sizes;
    this.#extension = extension;
    this.#subscriptions = [
      window.registerWebviewPanelSerializer(viewType, {
        deserializeWebviewPanel: (panel, state) => this.#restore(panel, state),
      }),
      window.onDidChangeActiveTextEditor((editor) => this.#follow(editor?.document)),
      workspace.onDidChangeTextDocument(({ document }) => this.#scheduleUpdate(document)),
      analyses.onDidChange((document) => this.#scheduleUpdate(document)),
      this.#compared,
      this.#compared.onDidChange(() => this.#update()),
    ];
  }

  /** The document in the panel, while there is one. */
  get document(): TextDocument | undefined {
    return this.#panel && (this.#file?.document ?? undefined);
  }

  /** The addresses of the files that it is compared with. */
  get compared(): readonly string[] {
    return this.#compared.uris;
  }

  /** Stays with the file that is shown, or follows the active editor again. */
  pin(pinned: boolean): void {
    if (!this.#panel) return;
    this.#isPinned = pinned;
    this.#updateContext();
    const active = window.activeTextEditor?.document;
    if (!pinned && active && this.#analyses.of(active)) this.#setDocument(active);
    this.#update();
  }

  /** Compares the file that is shown, and stays with it, with those at `uris` and no others. */
  async compareWith(uris: readonly string[]): Promise<void> {
    if (uris.length > 0) this.pin(true);
    await this.#compared.choose(uris);
  }

  /** Opens the panel beside the editor, or brings it to the front, with `document` in it, at one of its sections. */
  show(document: TextDocument, section: PageSection): void {
    if (document !== this.document) this.#isPinned = false;
    this.#setDocument(document);
    this.#updateContext();
    this.#section = section;
    if (this.#panel) this.#panel.reveal(undefined, true);
    else {
      const place = { viewColumn: columnBeside(document), preserveFocus: true };
      this.#adopt(window.createWebviewPanel(viewType, "Fine-Tune Lens", place, { enableFindWidget: true }));
    }
    this.#update();
  }

  dispose(): void {
    clearTimeout(this.#pending);
    clearTimeout(this.#pendingDetails);
    this.#panel?.dispose();
    this.#file?.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #restore(panel: WebviewPanel, state: unknown): Promise<void> {
    this.#adopt(panel);
    const shown = shownIn(state);
    if (!shown) return;
    const file = await FollowedFile.at(shown.uri);
    // A file that is gone is not waited for; the panel follows the next one.
    if (!file?.document) return file?.dispose();
    this.#setFile(file);
    this.#isPinned = shown.pinned;
    this.#updateContext();
    await this.#compared.choose(shown.compared);
  }

  #adopt(panel: WebviewPanel): void {
    this.#panel = panel;
    const resources = Uri.joinPath(this.#extension, "dist");
    panel.webview.options = { enableScripts: true, localResourceRoots: [resources] };
    panel.webview.onDidReceiveMessage((message: unknown) => {
      const known = pageMessage(message);
      if (known) void this.#answer(known);
    });
    panel.onDidDispose(() => {
      this.#panel = undefined;
      this.#isReady = false;
      this.#hypothesis = {};
      this.#isPinned = false;
      this.#file?.dispose();
      this.#file = undefined;
      void this.#compared.choose([]);
      this.#updateContext();
    });
    panel.onDidChangeViewState(() => {
      // A page out of sight is unloaded; it says when it is ready again.
      if (!panel.visible) this.#isReady = false;
    });
    panel.webview.html = panelHtml(panel.webview, resources);
    this.#updateContext();
  }

  #updateContext(): void {
    const value = this.#panel && (this.#isPinned ? "pinned" : "following");
    void commands.executeCommand("setContext", contextKey, value);
  }

  #follow(document: TextDocument | undefined): void {
    if (!this.#panel || this.#isPinned || !document || document === this.document) return;
    if (!this.#analyses.of(document)) return;
    this.#setDocument(document);
    this.#update();
  }

  /** What was tried for one document says nothing of another. */
  #setDocument(document: TextDocument): void {
    if (document === this.document) return;
    this.#hypothesis = {};
    this.#setFile(new FollowedFile(document.uri, document));
  }

  #setFile(file: FollowedFile): void {
    this.#file?.dispose();
    this.#file = file;
    file.onDidChange(() => this.#update());
  }

  async #answer(message: PageMessage): Promise<void> {
    switch (message.type) {
      case "ready":
        this.#isReady = true;
        this.#question = 0;
        break;
      case "try":
        this.#question = message.question;
        this.#hypothesis = message.hypothesis;
        break;
      case "apply":
        await this.#apply();
        break;
      case "pin":
        this.pin(message.pinned);
        return;
      case "samples":
        if (this.#file) await this.#sizes.set(this.#file.uri, message.samples ?? undefined);
        return;
      case "compare":
        await commands.executeCommand(compareWithCommand);
        return;
      case "remove":
        this.#compared.remove(message.uri);
        return;
      case "save":
        if (this.#file) await saveExport(message, this.#file.uri);
        return;
      case "copy":
        await env.clipboard.writeText(message.text);
        return;
    }
    this.#update();
  }

  /** Writes what is tried into the document, as one step to undo; what no config says stays tried. */
  async #apply(): Promise<void> {
    const document = this.#file?.document;
    const analysis = document && this.#analyses.of(document);
    if (!document || !analysis) return;
    const hypothesis = differing(this.#hypothesis, analysis);
    const { document: config, dialect, length } = analysis;
    const revision = revisionWith(config, dialect, hypothesis, length.totalSteps);
    const edits = editsOf(revision, analysis.document.text);
    if (await workspace.applyEdit(toWorkspaceEdit(document.uri, edits))) {
      this.#hypothesis = unwritable(hypothesis);
    } else {
      void window.showWarningMessage(plainLabel(t`${workspace.asRelativePath(document.uri)} cannot be changed.`));
    }
  }

  #scheduleUpdate(document: TextDocument): void {
    if (document !== this.#file?.document && !this.#compared.has(document)) return;
    clearTimeout(this.#pending);
    this.#pending = setTimeout(() => this.#update(), delayMilliseconds);
  }

  #update(): void {
    if (!this.#panel || !this.#file) return;
    clearTimeout(this.#pendingDetails);
    const { uri, document } = this.#file;
    const shown: Shown = { uri: uri.toString(), pinned: this.#isPinned, compared: this.#compared.uris };
    const name = workspace.asRelativePath(uri);
    const file = document && this.#analyses.of(document);
    if (file) {
      const hypothesis = differing(this.#hypothesis, file);
      const analysis = this.#tried(document, file, hypothesis) ?? file;
      const model = panelModel(name, analysis, { file, hypothesis }, this.#compared.besides(uri, this.#analyses));
      this.#post({ type: "show", shown, model, hypothesis, answers: this.#question });
      this.#pendingDetails = setTimeout(() => this.#showDetails(analysis), detailsDelayMilliseconds);
    } else {
      const reason = document ? t`is not a training config that Fine-Tune Lens knows` : t`is gone`;
      this.#post({ type: "nothing", shown, reason: t`${name} ${reason}.` });
    }
    if (this.#section !== "ways") this.#reveal();
  }

  /** The analysis of what is tried instead of the file; null where nothing is, or the framework cannot read it then. */
  #tried(document: TextDocument, file: Analysis, hypothesis: Hypothesis): Analysis | null {
    if (Object.keys(hypothesis).length === 0) return null;
    const { text } = revisionWith(file.document, file.dialect, hypothesis, file.length.totalSteps);
    return this.#analyses.instead(document, text, unwritable(hypothesis));
  }

  /** Leads the page to where a command wanted it. */
  #reveal(): void {
    if (!this.#isReady || !this.#section) return;
    this.#post({ type: "reveal", section: this.#section });
    this.#section = undefined;
  }

  #showDetails(analysis: Analysis): void {
    this.#post({ type: "details", details: panelDetails(analysis) });
    this.#reveal();
  }

  /** A page that is not loaded yet gets the message when it says that it is ready. */
  #post(message: HostMessage): void {
    void this.#panel?.webview.postMessage(message);
  }
}

/** Beside the editor that shows the document, whether that is the active one or not. */
function columnBeside(document: TextDocument): ViewColumn {
  const column = window.visibleTextEditors.find((editor) => editor.document === document)?.viewColumn;
  return column === undefined ? ViewColumn.Beside : column + 1;
}
