import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { appears, lineWith, openConfig, openWindow, panelOf, runCommand, select } from "../test/e2e/window.ts";
import { root, say } from "./setup.mjs";
import { takeWalkthroughPictures } from "./walkthroughPictures.mts";

const folder = join(root, "out", "screenshots");

const themes = {
  light: "Default Light Modern",
  dark: "Default Dark Modern",
  "high-contrast": "Default High Contrast",
  "high-contrast-light": "Default High Contrast Light",
};

const sizes = { wide: { width: 1280, height: 880 }, small: { width: 900, height: 560 } };

/** Keys whose hovers are shown. */
const hovered = { hover: "per_device_train_batch_size", curve: "lr_scheduler_type" };

/** What the README shows, by the name that it has there. */
const inReadme = {
  "hover.png": "hover-dark-wide.png",
  "fix.png": "fix-light-wide.png",
  "panel.png": "panel-dark-wide.png",
  "memory.png": "memory-light-wide.png",
};

mkdirSync(folder, { recursive: true });
for (const [size, viewport] of Object.entries(sizes)) {
  const window = await openWindow(viewport);
  const { page, configure } = window;
  try {
    await runCommand(page, "View: Toggle Primary Side Bar Visibility");
    await openConfig(page, "llama3_8b_full_sft.yaml");
    for (const [theme, name] of Object.entries(themes)) {
      configure({ "workbench.colorTheme": name });
      await page.locator(`.monaco-workbench.${classOf(name)}`).waitFor();
      for (const [subject, key] of Object.entries(hovered)) {
        await hover(page, key);
        await take(page, `${subject}-${theme}-${size}`);
        await page.keyboard.press("Escape");
      }
      await select(page, "2.0e-4");
      await page.keyboard.press("Control+.");
      await page.locator(".action-widget .monaco-list-row.focused").waitFor();
      await take(page, `fix-${theme}-${size}`);
      await page.keyboard.press("Escape");
    }
    await openConfig(page, "sft_smollm2_360m.yaml");
    await runCommand(page, "Fine-Tune Lens: Plot LR Schedule");
    await panelOf(page).getByText("linear over 8,000 updates").waitFor();
    await panelOf(page).getByRole("application").hover();
    for (const [theme, name] of Object.entries(themes)) {
      configure({ "workbench.colorTheme": name });
      await panelOf(page).locator(`body[data-vscode-theme-id="${name}"]`).waitFor();
      await take(page, `panel-${theme}-${size}`);
    }
    await openConfig(page, "llama-3-8b-qlora.yml");
    await runCommand(page, "Fine-Tune Lens: Show Memory Breakdown");
    await tryMicroBatch(page);
    for (const [theme, name] of Object.entries(themes)) {
      configure({ "workbench.colorTheme": name });
      await panelOf(page).locator(`body[data-vscode-theme-id="${name}"]`).waitFor();
      await take(page, `memory-${theme}-${size}`);
    }
  } finally {
    await window.close();
  }
}
for (const [target, source] of Object.entries(inReadme))
  copyFileSync(join(folder, source), join(root, "media", target));
await takeWalkthroughPictures();
say(`Screenshots are in ${folder}, those of the README and the walkthrough in media/.`);

/** VS Code takes a hover away while the lines under the pointer still move, which the next attempt survives. */
async function hover(page: Page, key: string): Promise<void> {
  const picture = page.locator(".monaco-hover:visible img").first();
  for (let attempt = 0; attempt < 5; attempt++) {
    await page.mouse.move(0, 0);
    await select(page, key);
    await lineWith(page, key).locator("span", { hasText: key }).last().hover();
    if (await appears(picture, 4000)) return;
  }
  throw new Error(`There is no hover on ${key}.`);
}

/** What twice the micro batch would need. */
async function tryMicroBatch(page: Page): Promise<void> {
  const panel = panelOf(page);
  await panel.getByRole("heading", { name: "llama-3-8b-qlora.yml" }).waitFor();
  await panel.getByRole("slider", { name: "Micro batch" }).focus();
  await page.keyboard.press("ArrowRight");
  await panel
    .getByRole("status")
    .filter({ hasText: /^What if/ })
    .waitFor();
  await panel.getByRole("heading", { name: "Memory per GPU" }).evaluate((heading) => heading.scrollIntoView());
}

/** A picture without a blinking cursor. */
async function take(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(folder, `${name}.png`), animations: "disabled", caret: "hide" });
}

function classOf(theme: string): string {
  if (theme.includes("Contrast")) return theme.includes("Light") ? "hc-light" : "hc-black";
  return theme.includes("Light") ? "vs" : "vs-dark";
}
