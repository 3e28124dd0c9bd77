import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { browserArguments, installBrowser } from "../../scripts/browser.mjs";
import { root } from "../../scripts/setup.mjs";
import type { HostMessage, PageMessage } from "../../src/protocol.ts";
import themes from "../fixtures/webviewThemes.json" with { type: "json" };

/** The name of one of VS Code's themes. */
export type ThemeName = keyof typeof themes;

export const themeNames: readonly ThemeName[] = [
  "Default Light Modern",
  "Default Dark Modern",
  "Default High Contrast",
  "Default High Contrast Light",
];

/** The panel's page by itself: as built, under the policy that it has in VS Code, with the messages that it sends. */
export interface BarePage {
  readonly page: Page;
  /** Messages of the browser about blocked content, and errors. */
  readonly complaints: readonly string[];
  readonly tell: (message: HostMessage) => Promise<void>;
  /** What the page has told the extension so far. */
  readonly told: () => Promise<readonly PageMessage[]>;
  readonly setTheme: (name: ThemeName) => Promise<void>;
  readonly close: () => Promise<void>;
}

const address = "http://panel.test";
const nonce = "0123456789abcdef";
const policy = `default-src 'none'; style-src ${address}; script-src 'nonce-${nonce}'`;
const html = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${address}/webview.css">
    <title>Fine-Tune Lens</title>
  </head>
  <body>
    <main></main>
    <script nonce="${nonce}" src="${address}/webview.js"></script>
  </body>
</html>`;

/** What VS Code gives every webview: its API, whose state outlives a reload of the page, and the colours of the theme. */
const vscode = `
  const themes = ${JSON.stringify(themes)};
  globalThis.told = [];
  globalThis.acquireVsCodeApi = () => ({
    postMessage: (message) => told.push(message),
    setState: (state) => sessionStorage.setItem("state", JSON.stringify(state)),
    getState: () => JSON.parse(sessionStorage.getItem("state") ?? "null"),
  });
  globalThis.applyTheme = (name) => {
    const { variables, class: mode } = themes[name];
    const { style } = document.documentElement;
    for (const variable of [...style]) style.removeProperty(variable);
    for (const [variable, value] of Object.entries(variables)) style.setProperty("--vscode-" + variable, value);
    document.body.className = mode;
    document.body.style.margin = "0";
    sessionStorage.setItem("theme", name);
  };
  document.addEventListener("DOMContentLoaded", () => {
    applyTheme(sessionStorage.getItem("theme") ?? "Default Dark Modern");
  });
`;

export async function openBarePage({ width = 900, height = 900 } = {}): Promise<BarePage> {
  const browser: Browser = await chromium.launch({ executablePath: await installBrowser(), args: browserArguments });
  try {
    const page = await browser.newPage({ viewport: { width, height } });
    page.setDefaultTimeout(10_000);
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error" || /Content Security Policy/i.test(message.text()))
        complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.addInitScript({ content: vscode });
    await page.route(`${address}/**`, (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === "/") return route.fulfill({ contentType: "text/html", body: html });
      const type = pathname.endsWith(".css") ? "text/css" : "text/javascript";
      return route.fulfill({ contentType: type, body: readFileSync(join(root, "dist", pathname.slice(1)), "utf8") });
    });
    await page.goto(`${address}/`);
    return {
      page,
      complaints,
      tell: (message) => page.evaluate((text) => window.postMessage(JSON.parse(text), "*"), JSON.stringify(message)),
      told: () => page.evaluate(() => (globalThis as unknown as { told: PageMessage[] }).told),
      setTheme: (name) =>
        page.evaluate(
          (theme) => (globalThis as unknown as { applyTheme: (name: string) => void }).applyTheme(theme),
          name,
        ),
      close: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}
