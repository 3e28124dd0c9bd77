import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { focusEditor, lineWith, openConfig, openWindow, panelOf, runCommand, select } from "../test/e2e/window.ts";
import { root } from "./setup.mjs";

const folder = join(root, "media", "walkthrough");

/** Light first: the window has the dark one at its start, and takes on a theme when the setting changes. */
const themes = { light: ["Default Light Modern", "vs"], dark: ["Default Dark Modern", "vs-dark"] } as const;

/** A picture in the walkthrough is about as wide as a column of text. */
const narrow = { width: 780, height: 460 };

/** Room for a whole hover. */
const wide = { width: 1300, height: 720 };

/** Takes the pictures of the walkthrough's steps, on the sample that it opens. */
export async function takeWalkthroughPictures(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const window = await openWindow(narrow);
  const { page, configure } = window;
  try {
    await runCommand(page, "View: Toggle Primary Side Bar Visibility");
    for (const [theme, [name, shown]] of Object.entries(themes)) {
      await openConfig(page, "llama3_8b_full_sft.yaml");
      configure({ "workbench.colorTheme": name, "editor.minimap.enabled": false, "breadcrumbs.enabled": false });
      await page.locator(`.monaco-workbench.${shown}`).waitFor();
      await takeSteps(page, theme);
      await runCommand(page, "View: Close All Editors");
      await page.setViewportSize(narrow);
    }
  } finally {
    await window.close();
  }
}

async function takeSteps(page: Page, theme: string): Promise<void> {
  const editor = page.locator(".part.editor");
  await focusEditor(page);
  await page.keyboard.press("Control+Home");
  await page.locator(".codelens-decoration a").first().waitFor();
  await take(page, editor, `open-${theme}`);
  await page.setViewportSize(wide);
  await select(page, "per_device_train_batch_size");
  await lineWith(page, "per_device_train_batch_size").locator("span", { hasText: "per_device" }).last().hover();
  const hover = page.locator(".monaco-hover:visible");
  await hover.locator("img").first().waitFor();
  await take(page, hover, `hover-${theme}`);
  await page.keyboard.press("Escape");
  await page.setViewportSize(narrow);
  await select(page, "2.0e-4");
  await page.keyboard.press("Control+.");
  await page.locator(".action-widget .monaco-list-row.focused").waitFor();
  await take(page, editor, `fix-${theme}`);
  await page.keyboard.press("Escape");
  await runCommand(page, "Fine-Tune Lens: Select Target GPU…");
  const list = page.locator(".quick-input-widget");
  await list.locator("input").fill("A100");
  await list.getByText("A100 80GB").first().waitFor();
  await take(page, list, `gpu-${theme}`);
  await page.keyboard.press("Escape");
  await page.setViewportSize(wide);
  await runCommand(page, "Fine-Tune Lens: Plot LR Schedule");
  await panelOf(page).getByRole("application").hover();
  await take(page, page.locator("iframe.webview.ready"), `plot-${theme}`);
}

/** A picture of a part of the window without a blinking cursor. */
async function take(page: Page, part: Locator, name: string): Promise<void> {
  const clip = await part.boundingBox();
  if (!clip) throw new Error(`There is nothing to see for ${name}.`);
  await page.screenshot({ path: join(folder, `${name}.png`), clip, animations: "disabled", caret: "hide" });
}
