import {
  type Disposable,
  type TextDocument,
  Uri,
  ViewColumn,
  type Webview,
  type WebviewPanel,
  window,
  workspace,
} from "vscode";
import { panelModel } from "../core/report/panelModel.ts";
import { type HostMessage, isPageMessage, isPageState } from "../protocol.ts";
import type { Analyses } from "./analyses.ts";

const viewType = "fineTuneLens.panel";

/** Keystrokes closer together than this are drawn as one. */
const delayMilliseconds = 100;

/** The panel beside the editor: it shows the training config that was last active, as it is being edited. */
export class Panel implements Disposable {
  readonly #analyses: Analyses;
  readonly #extension: Uri;
  readonly #subscriptions: readonly Disposable[];
  #panel: WebviewPanel | undefined;
  #document: TextDocument | undefined;
  #pending: ReturnType<typeof setTimeout> | undefined;

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

  /** Opens the panel beside the editor, or brings it to the front, with `document` in it. */
  show(document: TextDocument): void {
    this.#document = document;
    if (this.#panel) this.#panel.reveal(undefined, true);
    else {
      const place = { viewColumn: ViewColumn.Beside, preserveFocus: true };
      this.#adopt(window.createWebviewPanel(viewType, "Fine-Tune Lens", place, { enableFindWidget: true }));
    }
    this.#update();
  }

  dispose(): void {
    clearTimeout(this.#pending);
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
      if (isPageMessage(message)) this.#update();
    });
    panel.onDidDispose(() => {
      this.#panel = undefined;
    });
    panel.webview.html = pageHtml(panel.webview, resources);
  }

  #follow(document: TextDocument | undefined): void {
    if (!this.#panel || !document || document === this.#document || !this.#analyses.of(document)) return;
    this.#document = document;
    this.#update();
  }

  #scheduleUpdate(document: TextDocument): void {
    if (document !== this.#document) return;
    clearTimeout(this.#pending);
    this.#pending = setTimeout(() => this.#update(), delayMilliseconds);
  }

  #update(): void {
    const document = this.#document;
    if (!this.#panel || !document) return;
    const uri = document.uri.toString();
    const file = workspace.asRelativePath(document.uri);
    const analysis = this.#analyses.of(document);
    this.#post(
      analysis
        ? { type: "show", uri, model: panelModel(file, analysis) }
        : { type: "nothing", uri, reason: `${file} is not a training config that Fine-Tune Lens knows.` },
    );
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
