import { env, l10n, Uri, type Webview } from "vscode";

/** The panel's page: nothing but its script and its styles, from `resources`, and a policy that allows no more. */
export function panelHtml(webview: Webview, resources: Uri): string {
  const nonce = randomNonce();
  const script = webview.asWebviewUri(Uri.joinPath(resources, "webview.js"));
  const style = webview.asWebviewUri(Uri.joinPath(resources, "webview.css"));
  // Nothing in it ends the element early.
  const translations = JSON.stringify(l10n.bundle ?? {}).replaceAll("<", "\\u003c");
  const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="${env.language}">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${style}">
    <title>Fine-Tune Lens</title>
  </head>
  <body>
    <main></main>
    <script type="application/json" id="translations">${translations}</script>
    <script nonce="${nonce}" src="${script}"></script>
  </body>
</html>`;
}

function randomNonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
