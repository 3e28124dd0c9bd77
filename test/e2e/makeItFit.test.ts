import assert from "node:assert/strict";
import { focusEditor, lineWith, openConfig, openWindow, panelOf, runCommand, type VsCodeWindow } from "./window.ts";

describe("making a run fit as a person does", () => {
  let window: VsCodeWindow;

  before(async () => {
    window = await openWindow();
    window.configure({ "fineTuneLens.gpu": "rtx-4090" });
  });

  after(() => window.close());

  const lens = (text: string | RegExp) => window.page.locator(".codelens-decoration a").filter({ hasText: text });
  const rows = () => window.page.locator(".quick-input-list .monaco-list-row");

  it("starts above line 1, sees what each way takes, costs and changes, picks one, and takes it back with one undo", async () => {
    const { page } = window;
    await openConfig(page, "llama-2-7b-full.yml");
    await lens(/of 23\.6 GiB on RTX 4090 · does not fit/).waitFor();
    await lens("Make It Fit…").click();
    await rows().first().waitFor();
    const first = await rows().first().innerText();
    assert.match(first, /LoRA/);
    assert.match(first, /of 23\.6 GiB on RTX 4090 · fits/);
    assert.match(first, /Costs: .*Changes: /s);
    await page.keyboard.press("Enter");
    await lens(/of 23\.6 GiB on RTX 4090 · fits/).waitFor();
    await lineWith(page, "adapter").first().waitFor();
    await lens("Make It Fit…").waitFor({ state: "detached" });
    await focusEditor(page);
    await page.keyboard.press("Control+Z");
    await lens(/does not fit/).waitFor();
    await lineWith(page, "adapter").first().waitFor({ state: "detached" });
  });

  it("finds the same ways in the light bulb of the warning", async () => {
    const { page } = window;
    await lineWith(page, "micro_batch_size").locator("span").last().click();
    await page.keyboard.press("Control+.");
    const menu = page.locator(".context-view.monaco-component, .action-widget");
    await menu
      .getByText(/^Make it fit: .*LoRA.* \(\d+\.\d+ GiB\)$/)
      .first()
      .waitFor();
    await menu.getByText("Make It Fit…", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
  });

  it("starts from the palette while the panel has the focus, for the config in it", async () => {
    const { page } = window;
    await runCommand(page, "Fine-Tune Lens: Show Memory Breakdown");
    await panelOf(page).getByRole("heading", { level: 1 }).click();
    await runCommand(page, "Fine-Tune Lens: Make It Fit…");
    await rows().filter({ hasText: "LoRA" }).first().waitFor();
    await page.keyboard.press("Escape");
  });
});
