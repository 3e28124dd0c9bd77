import assert from "node:assert/strict";
import { openConfig, openWindow, panelOf, runCommand, type VsCodeWindow } from "./window.ts";

describe("a folder that the user does not trust", () => {
  let window: VsCodeWindow;

  before(async () => {
    window = await openWindow({ trust: false });
    await openConfig(window.page, "llama-2-7b-full.yml");
  });

  after(() => window.close());

  const gpus = () => window.page.locator(".quick-input-list .monaco-list-row");
  const openPicker = async () => {
    await runCommand(window.page, "Fine-Tune Lens: Select Target GPU…");
    await gpus().filter({ hasText: "GiB" }).first().waitFor();
  };
  const detect = () => gpus().filter({ hasText: "Detect GPUs of This Machine" });

  it("is told its memory, and has its schedule plotted", async () => {
    const { page } = window;
    await page.getByRole("button", { name: "Restricted Mode" }).first().waitFor();
    await page.locator(".codelens-decoration a").filter({ hasText: "GiB per GPU" }).waitFor();
    await runCommand(page, "Fine-Tune Lens: Plot LR Schedule");
    await panelOf(page).getByRole("application").waitFor();
  });

  it("has no program started: its GPU is picked from the list", async () => {
    await openPicker();
    assert.equal(await detect().count(), 0);
    await window.page.keyboard.press("Escape");
  });

  it("may ask nvidia-smi once it is trusted", async () => {
    const { page } = window;
    await runCommand(page, "Workspaces: Manage Workspace Trust");
    await page.locator(".workspace-trust-editor").getByRole("button", { name: "Trust", exact: true }).click();
    await page.getByRole("button", { name: "Restricted Mode" }).first().waitFor({ state: "detached" });
    await openPicker();
    await detect().waitFor();
    await page.keyboard.press("Escape");
  });
});
