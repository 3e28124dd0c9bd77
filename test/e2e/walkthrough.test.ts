import type { Locator } from "playwright-core";
import { lineWith, openConfig, openWindow, panelOf, runCommand, select, takeFix, type VsCodeWindow } from "./window.ts";

describe("the walkthrough as a person follows it", () => {
  let window: VsCodeWindow;

  before(async () => {
    // Wide enough for the walkthrough, the sample and the panel beside each other.
    window = await openWindow({ width: 1900 });
    // A window reads a config before it knows the commands of the extension.
    await openConfig(window.page, "llama-3-8b-qlora.yml");
    await runCommand(window.page, "View: Close All Editors");
    await runCommand(window.page, "Welcome: Open Walkthrough...");
    await window.page.getByPlaceholder("Select a walkthrough to open").fill("Fine-Tune Lens");
    await window.page
      .locator(".quick-input-list .monaco-list-row.focused")
      .filter({ hasText: "Get Started with Fine-Tune Lens" })
      .waitFor();
    await window.page.keyboard.press("Enter");
  });

  after(() => window.close());

  const step = (title: string): Locator => window.page.locator(".getting-started-step").filter({ hasText: title });
  const done = (title: string) => step(title).locator(".codicon-getting-started-step-checked").waitFor();
  /** Goes to a step, and follows the link in it where there is one. */
  const take = async (title: string, link?: string) => {
    await step(title).locator(".step-title").click();
    if (link) await step(title).getByRole("button", { name: link, exact: true }).click();
  };

  it("opens a sample beside it", async () => {
    await take("Open a sample config", "Open Sample Config");
    await lineWith(window.page, "Meta-Llama-3-8B-Instruct").waitFor();
    await window.page.locator(".codelens-decoration a").filter({ hasText: "GiB per GPU" }).waitFor();
    await done("Open a sample config");
  });

  it("sees that the user has pointed at a line", async () => {
    const { page } = window;
    await select(page, "per_device_train_batch_size");
    await lineWith(page, "per_device_train_batch_size").locator("span", { hasText: "per_device" }).last().hover();
    await page.locator(".monaco-hover:visible").getByText("GiB per GPU").first().waitFor();
    await done("Hover over a line");
  });

  it("plots the schedule of the sample in view", async () => {
    await take("Plot the schedule", "Plot LR Schedule");
    await panelOf(window.page).getByRole("application").waitFor();
    await lineWith(window.page, "Meta-Llama-3-8B-Instruct").waitFor();
    await done("Plot the schedule");
  });

  it("sees that the learning rate is mended by the light bulb", async () => {
    const { page } = window;
    await takeFix(page, "2.0e-4", "2e-5");
    await lineWith(page, "2.0e-5").filter({ hasText: "learning_rate" }).waitFor();
    await done("Fix the learning rate");
  });

  it("is complete once a GPU is picked", async () => {
    const { page } = window;
    await take("Pick your GPU", "Select Target GPU");
    const input = page.locator(".quick-input-widget input");
    await input.fill("H200");
    await page.locator(".quick-input-list .monaco-list-row").filter({ hasText: "H200" }).first().click();
    await page.locator(".quick-input-widget").getByText("Number of GPUs").waitFor();
    // Into the box, wherever the focus is: the walkthrough takes it as its step begins.
    await input.press("Enter");
    await page.locator(".codelens-decoration a").filter({ hasText: "on H200" }).waitFor();
    await done("Pick your GPU");
  });
});
