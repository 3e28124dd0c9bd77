import {
  type Disposable,
  env,
  type TextDocument,
  Uri,
  ViewColumn,
  type Webview,
  type WebviewPanel,
  window,
  workspace,
} from "vscode";
import type { Hypothesis } from "../core/advice/hypothesis.ts";
import { differing, revisionWith, unwritable } from "../core/advice/whatIf.ts";
import type { Analysis } from "../core/analyze.ts";
import { panelDetails, panelModel } from "../core/report/panelModel.ts";
import { editsOf } from "../core/text/revision.ts";
import { type HostMessage, isPageState, type PageMessage, type PageSection, pageMessage } from "../protocol.ts";
import type { Analyses } from "./analyses.ts";
import { toWorkspaceEdit } from "./ranges.ts";
import { saveExport } from "./saveExport.ts";

const viewType = "fineTuneLens.panel";

/** Keystrokes closer together than this are drawn as one. */
const delayMilliseconds = 100;

/** What takes long to work out waits until nothing has changed for so long. */
const detailsDelayMilliseconds = 150;

/** The panel beside the editor: it shows the training config that was last active, as it is being edited. */
export class Panel implements Disposable {
  readonly #analyses: Analyses;
  readonly #extension: Uri;
  readonly #subscriptions: readonly Disposable[];
  #panel: WebviewPanel | undefined;
  #document: TextDocument | undefined;
  /** What the page tries instead of the document's values. */
  #hypothesis: Hypothesis = {};
  /** The number of the page's last question. */
  #question = 0;
  /** Where the page is to go as soon as it is there. */
  #section: PageSection | undefined;
  #isReady = false;
  #pending: ReturnType<typeof setTimeout> | undefined;
  #pendingDetails: ReturnType<typeof setTimeout> | undefined;

  constructor(analyses: Analyses, extension: Uri) {
    this.#analyses = analyses;
    this.#extension = extension;
    this.#subscriptions = [
      window.registerWebviewPanelSerializer(viewType, {
        deserializeWebviewPanel: (panel, state) => this.#restore(panel, state),
      }),
      window.onDidChangeActiveTextEditor((editor) => this.#follow(editor?.document)),
      workspace.onDidChangeTextDocument(({ document }) => this.#scheduleUpdate(document)),
      analyses.onDidChange((document) => this.#scheduleUpdate(document)),
    ];
  }

  /** The document in the panel, while there is one. */
  get document(): TextDocument | undefined {
    return this.#panel && this.#document;
  }

  /** Opens the panel beside the editor, or brings it to the front, with `document` in it, at one of its sections. */
  show(document: TextDocument, section: PageSection): void {
    this.#setDocument(document);
    this.#section = section;
    if (this.#panel) this.#panel.reveal(undefined, true);
    else {
      const place = { viewColumn: ViewColumn.Beside, preserveFocus: true };
      this.#adopt(window.createWebviewPanel(viewType, "Fine-Tune Lens", place, { enableFindWidget: true }));
    }
    this.#update();
  }

  dispose(): void {
    clearTimeout(this.#pending);
    clearTimeout(this.#pendingDetails);
    this.#panel?.dispose();
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #restore(panel: WebviewPanel, state: unknown): Promise<void> {
    this.#adopt(panel);
    if (!isPageState(state)) return;
    try {
      this.#document = await workspace.openTextDocument(Uri.parse(state.uri, true));
    } catch {
      // The file is gone; the panel follows the next one.
    }
    this.#update();
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
    });
    panel.onDidChangeViewState(() => {
      // A page out of sight is unloaded; it says when it is ready again.
      if (!panel.visible) this.#isReady = false;
    });
    panel.webview.html = pageHtml(panel.webview, resources);
  }

  #follow(document: TextDocument | undefined): void {
    if (!this.#panel || !document || document === this.#document || !this.#analyses.of(document)) return;
    this.#setDocument(document);
    this.#update();
  }

  /** What was tried for one document says nothing of another. */
  #setDocument(document: TextDocument): void {
    if (document !== this.#document) this.#hypothesis = {};
    this.#document = document;
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
      case "save":
        if (this.#document) await saveExport(message, this.#document.uri);
        return;
      case "copy":
        await env.clipboard.writeText(message.text);
        return;
    }
    this.#update();
  }

  /** Writes what is tried into the document, as one step to undo; what no config says stays tried. */
  async #apply(): Promise<void> {
    const document = this.#document;
    const analysis = document && this.#analyses.of(document);
    if (!document || !analysis) return;
    const hypothesis = differing(this.#hypothesis, analysis);
    const { document: config, dialect, length } = analysis;
    const revision = revisionWith(config, dialect, hypothesis, length.totalSteps);
    const edits = editsOf(revision, analysis.document.text);
    if (await workspace.applyEdit(toWorkspaceEdit(document.uri, edits))) {
      this.#hypothesis = unwritable(hypothesis);
    } else {
      void window.showWarningMessage(`${workspace.asRelativePath(document.uri)} cannot be changed.`);
    }
  }

  #scheduleUpdate(document: TextDocument): void {
    if (document !== this.#document) return;
    clearTimeout(this.#pending);
    this.#pending = setTimeout(() => this.#update(), delayMilliseconds);
  }

  #update(): void {
    const document = this.#document;
    if (!this.#panel || !document) return;
    clearTimeout(this.#pendingDetails);
    const uri = document.uri.toString();
    const name = workspace.asRelativePath(document.uri);
    const file = this.#analyses.of(document);
    if (file) {
      const hypothesis = differing(this.#hypothesis, file);
      const analysis = this.#tried(document, file, hypothesis) ?? file;
      const model = panelModel(name, analysis, { file, hypothesis });
      this.#post({ type: "show", uri, model, hypothesis, answers: this.#question });
      this.#pendingDetails = setTimeout(() => this.#showDetails(analysis), detailsDelayMilliseconds);
    } else {
      this.#post({ type: "nothing", uri, reason: `${name} is not a training config that Fine-Tune Lens knows.` });
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

function pageHtml(webview: Webview, resources: Uri): string {
  const nonce = randomNonce();
  const script = webview.asWebviewUri(Uri.joinPath(resources, "webview.js"));
  const style = webview.asWebviewUri(Uri.joinPath(resources, "webview.css"));
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${style}">
    <title>Fine-Tune Lens</title>
  </head>
  <body>
    <main></main>
    <script nonce="${nonce}" src="${script}"></script>
  </body>
</html>`;
}

function randomNonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
