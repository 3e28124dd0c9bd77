import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Browser, chromium, type FrameLocator, type Locator, type Page } from "playwright-core";
import { browserArguments, installBrowser } from "../../scripts/browser.mjs";
import { root } from "../../scripts/setup.mjs";
import { startHost } from "../../scripts/vscodeHost.mjs";

/** What a user has open: VS Code on a copy of the examples, with the extension. */
export interface VsCodeWindow {
  readonly page: Page;
  /** The folder that it has open. */
  readonly folder: string;
  /** Messages of the browser about blocked content. */
  readonly violations: readonly string[];
  /** Changes VS Code's settings, as the settings file does. */
  readonly configure: (settings: object) => void;
  readonly close: () => Promise<void>;
}

/** Settings that keep other voices out of the window. */
const quiet = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "git.enabled": false,
  "files.autoSave": "off",
  "chat.commandCenter.enabled": false,
  "workbench.colorTheme": "Default Dark Modern",
};

const open = new Set<Page>();

/** The pages of the windows that are open now. */
export const pagesOpen: ReadonlySet<Page> = open;

interface WindowOptions {
  readonly width?: number;
  readonly height?: number;
  /** Texts of further files, by their paths in the folder. They are there before its watcher, which may miss folders that are just made. */
  readonly files?: Readonly<Record<string, string>>;
  /** Whether the machine has programs besides VS Code. */
  readonly programs?: boolean;
  /** Whether the folder is trusted; VS Code asks the user otherwise. */
  readonly trust?: boolean;
  /** The address of a folder on no disk, to open instead of the examples, one of its files, and the extension that has them. */
  readonly virtual?: { readonly folder: string; readonly file: string; readonly extension: string };
}

export async function openWindow({
  width = 1440,
  height = 900,
  files = {},
  programs = true,
  trust = true,
  virtual,
}: WindowOptions = {}): Promise<VsCodeWindow> {
  const folder = mkdtempSync(join(tmpdir(), "fine-tune-lens-"));
  const workspace = join(folder, "examples");
  cpSync(join(root, "examples"), workspace, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(workspace, dirname(path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
  const host = await startHost({
    settings: quiet,
    trust,
    ...(programs ? {} : { path: folder }),
    ...(virtual ? { installed: virtual.extension } : {}),
  });
  let browser: Browser | undefined;
  const close = async () => {
    for (const page of browser?.contexts().flatMap((context) => context.pages()) ?? []) open.delete(page);
    await browser?.close();
    await host.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    browser = await chromium.launch({ executablePath: await installBrowser(), args: browserArguments });
    const page = await browser.newPage({ viewport: { width, height } });
    open.add(page);
    page.setDefaultTimeout(20_000);
    const violations: string[] = [];
    page.on("console", (message) => {
      if (/Content Security Policy/i.test(message.text())) violations.push(message.text());
    });
    await page.goto(host.url({ folder: virtual?.folder ?? workspace, extension: root }));
    await page.getByRole("treeitem", { name: virtual?.file ?? "axolotl" }).waitFor();
    return {
      page,
      folder: workspace,
      violations,
      close,
      configure: (settings) => host.configure({ ...quiet, ...settings }),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Runs a command through the palette, by what a user would type. */
export async function runCommand(page: Page, title: string): Promise<void> {
  await pick(page, "F1", `>${title}`, [title]);
}

/** Opens a file of the workspace through Go to File, by its name or the end of its path. */
async function openFile(page: Page, path: string): Promise<void> {
  const name = basename(path);
  await pick(page, "Control+P", path, path === name ? [name] : [name, dirname(path)]);
  await page.getByRole("tab", { name, selected: true }).waitFor();
  await page.locator(".monaco-editor .view-line").first().waitFor();
}

/**
 * Opens a list by a key, types, and takes the focused row as soon as it has these words. A window that has much to do loses what is
 * typed while the list opens, or asks too early which commands are possible: the list is opened anew then.
 */
async function pick(page: Page, key: string, text: string, words: readonly string[]): Promise<void> {
  const focused = page.locator(".quick-input-list .monaco-list-row.focused");
  const row = words.reduce((found, word) => found.filter({ hasText: word }), focused);
  for (let attempt = 0; attempt < 4; attempt++) {
    await page.keyboard.press(key);
    await page.locator(".quick-input-widget input").first().fill(text);
    const isThere = await appears(row, 5000);
    await page.keyboard.press(isThere ? "Enter" : "Escape");
    if (isThere) return;
  }
  throw new Error(`There is no ${words.join(" in ")} behind ${key}.`);
}

/** Opens a training config and waits until the extension has seen it. */
export async function openConfig(page: Page, path: string): Promise<void> {
  await openFile(page, path);
  await plotButton(page).waitFor();
}

/** The button in the title of the editor, which is there for training configs alone. */
export function plotButton(page: Page): Locator {
  return page.locator(".editor-actions").getByRole("button", { name: "Plot LR Schedule" });
}

/** Puts the focus into the first editor. A click would try other places where something covers the text, and scroll for it. */
export async function focusEditor(page: Page): Promise<void> {
  await page.locator(".monaco-editor .inputarea").first().focus();
  await page.locator(".monaco-editor.focused").first().waitFor();
}

/** Selects `text` in the active editor and types `replacement` over it. */
export async function retype(page: Page, text: string, replacement: string): Promise<void> {
  await select(page, text);
  await page.keyboard.type(replacement);
}

/** Selects `text` in the active editor, through Find. */
export async function select(page: Page, text: string): Promise<void> {
  await focusEditor(page);
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("Control+F");
  const find = page.getByRole("textbox", { name: "Find" });
  await find.fill("");
  await find.fill(text);
  await page.locator(".find-widget .matchesCount").filter({ hasText: /^1 of/ }).waitFor();
  await page.keyboard.press("Escape");
}

/** Selects `text` in the active editor, and takes the first fix of the light bulb there as soon as it has these words. */
export async function takeFix(page: Page, text: string, words: string): Promise<void> {
  await select(page, text);
  await page.keyboard.press("Control+.");
  await page.locator(".action-widget .monaco-list-row.focused").filter({ hasText: words }).waitFor();
  await page.keyboard.press("Enter");
}

/** Whether it is to be seen within so many milliseconds, for what is tried anew otherwise. */
export function appears(locator: Locator, milliseconds: number): Promise<boolean> {
  return locator.waitFor({ timeout: milliseconds }).then(
    () => true,
    () => false,
  );
}

/** The lines of the active editor as they are drawn; hints are not among them. */
export function lineWith(page: Page, text: string | RegExp) {
  return page.locator(".monaco-editor .view-line").filter({ hasText: text });
}

/** What our hover on a key says. VS Code takes a hover away when its figures change, which the next attempt survives. */
export async function hoverTextOn(page: Page, key: string): Promise<string> {
  const hover = page.locator(".monaco-hover:visible");
  for (let attempt = 0; attempt < 5; attempt++) {
    await lineWith(page, key)
      .locator("span", { hasText: new RegExp(`^${key}$`) })
      .click();
    await page.keyboard.press("Control+K");
    await page.keyboard.press("Control+I");
    const shown = await appears(hover.getByText("GiB per GPU"), 4000);
    const text = shown ? await hover.innerText({ timeout: 4000 }).catch(() => "") : "";
    await page.keyboard.press("Escape");
    if (text !== "") return text;
  }
  throw new Error(`There is no hover on ${key}.`);
}

/** The page inside the panel. */
export function panelOf(page: Page): FrameLocator {
  return page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
}
