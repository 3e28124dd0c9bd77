import assert from "node:assert/strict";
import { openConfig, openWindow, runCommand, type VsCodeWindow } from "./window.ts";

describe("choosing a target GPU as a person does", () => {
  let window: VsCodeWindow;

  before(async () => {
    window = await openWindow({ programs: false });
  });

  after(() => window.close());

  /** The lens above line 1 that holds `text`. */
  const lens = (text: string | RegExp) => window.page.locator(".codelens-decoration a").filter({ hasText: text });
  const rows = () => window.page.locator(".quick-input-list .monaco-list-row");
  const openPicker = async () => {
    await runCommand(window.page, "Fine-Tune Lens: Select Target GPU…");
    await rows().filter({ hasText: "Detect GPUs of This Machine" }).waitFor();
  };
  /** What the language status says when it is opened. */
  const status = async (text: string | RegExp) => {
    await window.page.locator('[id="status.languageStatus"]').click();
    const popup = window.page.locator(".monaco-hover:visible .hover-language-status");
    await popup.filter({ hasText: text }).waitFor();
    const found = await popup.filter({ hasText: text }).innerText();
    await window.page.keyboard.press("Escape");
    return found;
  };

  it("sees the smallest GPU that holds the run above line 1 and in the status", async () => {
    const { page } = window;
    await openConfig(page, "llama-2-7b-full.yml");
    await lens(/^\d+\.\d GiB per GPU · fits 1× A100 80GB \(1 GPU assumed\)$/).waitFor();
    assert.match(await status(/per GPU/), /fits 1× A100 80GB[\s\S]*axolotl · no target GPU/);
  });

  it("picks one from the list, says how many, and every verdict names it", async () => {
    const { page } = window;
    await openPicker();
    const input = page.locator(".quick-input-widget input");
    await input.fill("RTX 4090");
    const row = page.locator(".quick-input-list .monaco-list-row.focused");
    assert.match(await row.innerText(), /RTX 4090\s*24 GiB · 1,008 GB\/s/);
    await page.keyboard.press("Enter");
    const box = page.locator(".quick-input-widget");
    await box.getByText("Number of GPUs (RTX 4090)").waitFor();
    await input.fill("two");
    await box.getByText("A whole number of GPUs").waitFor();
    await input.fill("2");
    await page.keyboard.press("Enter");
    await lens(/of 23\.6 GiB on each of 2× RTX 4090 · does not fit, needs \d+× RTX 4090/).waitFor();
    assert.match(await status("RTX 4090"), /does not fit[\s\S]*axolotl[\s\S]*Select GPU…/);
  });

  it("sees which one is chosen, and takes it back", async () => {
    const { page } = window;
    await openPicker();
    await page.locator(".quick-input-widget input").fill("current");
    await rows().filter({ hasText: "RTX 4090" }).filter({ hasText: "current" }).waitFor();
    await page.locator(".quick-input-widget input").fill("No Target GPU");
    await page.locator(".quick-input-list .monaco-list-row.focused").filter({ hasText: "No Target GPU" }).waitFor();
    await page.keyboard.press("Enter");
    await lens(/^\d+\.\d GiB per GPU · fits 1× A100 80GB \(1 GPU assumed\)$/).waitFor();
  });

  it("is told what to do on a machine without nvidia-smi", async () => {
    const { page } = window;
    await openPicker();
    await page.keyboard.press("Enter");
    await page
      .getByText(/There is no nvidia-smi on the PATH.*Choose a GPU from the list instead\./)
      .first()
      .waitFor();
    await runCommand(page, "Notifications: Clear All Notifications");
  });

  it("opens the panel from the verdict above line 1", async () => {
    const { page } = window;
    await lens(/per GPU/).click();
    await page.getByRole("tab", { name: "Fine-Tune Lens" }).waitFor();
  });
});
