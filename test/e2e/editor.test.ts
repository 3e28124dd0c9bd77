import assert from "node:assert/strict";
import {
  hoverTextOn,
  lineWith,
  openConfig,
  openWindow,
  plotButton,
  retype,
  runCommand,
  type VsCodeWindow,
} from "./window.ts";

describe("editing a config as a person does", () => {
  let window: VsCodeWindow;

  before(async () => {
    window = await openWindow();
  });

  after(() => window.close());

  it("has its commands before any config is open", async () => {
    const { page } = window;
    await runCommand(page, "Fine-Tune Lens: Open Sample Config…");
    await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "GiB per GPU" }).first().waitFor();
    await page.keyboard.press("Escape");
  });

  it("hovering the model shows the memory, its bar and the GPUs", async () => {
    const { page } = window;
    await openConfig(page, "llama-2-7b-full.yml");
    // The verdict above line 1 moves the lines under the pointer when it comes.
    await page.locator(".codelens-decoration").first().waitFor();
    await lineWith(page, "base_model")
      .locator("span", { hasText: /^base_model$/ })
      .hover();
    const hover = page.locator(".monaco-hover:visible");
    await hover.getByText("GiB per GPU · fits 1× A100 80GB").waitFor();
    for (const text of ["Weights", "12.6 GiB", "Rule of thumb: 16 × 7B = 112.0 GB", "RTX 4090", "Plot LR Schedule"]) {
      assert.ok((await hover.innerText()).includes(text), text);
    }
    const bar = hover.locator("img").first();
    assert.ok(await bar.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth > 0));
    await page.keyboard.press("Escape");
  });

  it("shows hints behind model, micro batch and accumulation", async () => {
    const { page } = window;
    await openConfig(page, "llama-2-7b-full.yml");
    assert.match(await lineWith(page, "base_model").innerText(), /6\.74B/);
    assert.match(await lineWith(page, "micro_batch_size").innerText(), /GiB\sper\sGPU/);
    assert.match(await lineWith(page, "gradient_accumulation_steps").innerText(), /=\s16\sper\supdate/);
  });

  it("warns while the rate is being typed, and the first fix of the light bulb puts it right", async () => {
    const { page } = window;
    await openConfig(page, "llama-2-7b-full.yml");
    await retype(page, "learning_rate: 2e-5", "learning_rate: 2e-4");
    await page.locator(".squiggly-warning").waitFor();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Control+.");
    const focused = page.locator(".action-widget .monaco-list-row.focused");
    assert.equal(await focused.innerText(), "Set learning_rate to 2e-5 (usual for full fine-tuning)");
    await page.keyboard.press("Enter");
    await page.locator(".squiggly-warning").waitFor({ state: "detached" });
    assert.match(await lineWith(page, "learning_rate").innerText(), /learning_rate:\s2e-5/);
    await runCommand(page, "File: Revert File");
  });

  it("asks for the size of the data set, and keeps the answer for the file", async () => {
    const { page } = window;
    await openConfig(page, "llama-2-7b-full.yml");
    const hoverText = () => hoverTextOn(page, "num_epochs");
    assert.match(await hoverText(), /the number of updates is unknown/);
    await runCommand(page, "Fine-Tune Lens: Set Dataset Size…");
    const box = page.locator(".quick-input-widget");
    await box.getByRole("textbox").fill("many");
    await box.getByText("A whole number of samples").waitFor();
    await box.getByRole("textbox").fill("52,002");
    await page.keyboard.press("Enter");
    await box.waitFor({ state: "hidden" });
    await page.locator(".editor-group-container.active .monaco-editor.focused").waitFor();
    assert.match(await hoverText(), /per epoch of 52,002 samples, as you said/);
    await runCommand(page, "Developer: Reload Window");
    await plotButton(page).waitFor();
    assert.match(await hoverText(), /per epoch of 52,002 samples, as you said/);
  });

  it("says nothing in a file that is no training config", async () => {
    const { page } = window;
    await openConfig(page, "llama-2-7b-full.yml");
    const button = plotButton(page);
    await button.waitFor();
    await runCommand(page, "Preferences: Open Default Settings (JSON)");
    await page.getByRole("tab", { name: "defaultSettings.json", selected: true }).waitFor();
    await button.waitFor({ state: "detached" });
  });
});
