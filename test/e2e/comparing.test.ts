import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { focusEditor, openConfig, openWindow, panelOf, retype, runCommand, type VsCodeWindow } from "./window.ts";

/** A linear decay to zero over so many updates, of which a tenth warms up. */
const linear = (updates: number, rate: string) => `model_name_or_path: HuggingFaceTB/SmolLM2-360M
per_device_train_batch_size: 8
learning_rate: ${rate}
lr_scheduler_type: linear
warmup_steps: ${updates / 10}
max_steps: ${updates}
`;

describe("comparing schedules as a person does", () => {
  let window: VsCodeWindow;

  before(async () => {
    window = await openWindow({
      files: {
        "sweep/base.yaml": linear(1000, "3e-4"),
        "sweep/short/run.yaml": linear(400, "2e-4"),
        "sweep/long/run.yaml": linear(2000, "1e-4"),
      },
    });
    await openConfig(window.page, "base.yaml");
    await runCommand(window.page, "Fine-Tune Lens: Plot LR Schedule");
    await heading("sweep/base.yaml").waitFor();
  });

  after(() => window.close());

  /** Opens a config beside the panel, which may have the focus. */
  const edit = async (path: string) => {
    await runCommand(window.page, "View: Focus First Editor Group");
    await openConfig(window.page, path);
  };
  const pathOf = (name: string) => join(window.folder, "sweep", name);
  const write = (name: string, text: string) => writeFileSync(pathOf(name), text);
  const panel = () => panelOf(window.page);
  const heading = (name: string) => panel().getByRole("heading", { name, level: 1 });
  const curves = () => panel().getByRole("group", { name: "Curves" });
  const toggles = () => curves().locator("button[aria-pressed]");
  const pin = () => panel().getByRole("button", { name: "Pin" });
  const rows = () => window.page.locator(".quick-input-list .monaco-list-row");
  const toggle = (text: string) => rows().filter({ hasText: text }).locator("input[type=checkbox], .monaco-checkbox");

  /** In the list's own box, wherever the focus is: the panel may have taken it back. */
  const accept = () => window.page.locator(".quick-input-widget .quick-input-box input").press("Enter");

  const cell = (text: string) => panel().locator("section.schedule tbody td").getByText(text, { exact: true });
  /** The rows of the table, which has a column for each curve, by their updates. */
  const tableRows = async () => {
    const all = await panel()
      .locator("section.schedule tbody tr")
      .evaluateAll((found) => found.map((row) => [...row.children].map(({ textContent }) => textContent ?? "")));
    return new Map(all.map(([update = "", ...cells]) => [update, cells.slice(-3)]));
  };

  it("chooses among the training configs of the workspace, and draws each with its own end", async () => {
    await panel().getByRole("button", { name: "Compare…" }).click();
    await toggle("sweep/short").click();
    await toggle("sweep/long").click();
    assert.equal(await rows().filter({ hasText: "base.yaml" }).count(), 0);
    assert.equal(await rows().filter({ hasText: "capitals.json" }).count(), 0);
    await accept();
    await curves().getByText("short/run.yaml").waitFor();
    assert.deepEqual(await toggles().allInnerTexts(), ["This config", "long/run.yaml", "short/run.yaml"]);
    const table = await tableRows();
    // The peaks, where a tenth of each run is over; and the end of the short one.
    assert.equal(table.get("100")?.[0], "3e-4");
    assert.equal(table.get("200")?.[1], "1e-4");
    assert.deepEqual(table.get("400")?.slice(1), ["8.89e-5", ""]);
  });

  it("stays with its file then, while others are edited, and their curves follow before they are saved", async () => {
    assert.equal(await pin().getAttribute("aria-pressed"), "true");
    await edit("short/run.yaml");
    await retype(window.page, "learning_rate: 2e-4", "learning_rate: 5e-4");
    // At update 50, 350/360 of the peak.
    await cell("4.86e-4").waitFor({ state: "attached" });
    assert.ok(await heading("sweep/base.yaml").isVisible());
    await runCommand(window.page, "File: Revert File");
    await cell("4.86e-4").waitFor({ state: "detached" });
  });

  it("says that a file is no config any more, or gone, and draws it again when it is back", async () => {
    await focusEditor(window.page);
    await window.page.keyboard.press("Control+A");
    await window.page.keyboard.type("kind: Pod");
    await curves().getByText("short/run.yaml: not a training config now").waitFor();
    await runCommand(window.page, "File: Revert File");
    await toggles().filter({ hasText: "short/run.yaml" }).waitFor();
    rmSync(pathOf("long/run.yaml"));
    await curves().getByText("long/run.yaml: the file is gone").waitFor();
    assert.deepEqual(await toggles().allInnerTexts(), ["This config", "short/run.yaml"]);
    write("long/run.yaml", linear(2000, "1e-4"));
    await toggles().filter({ hasText: "long/run.yaml" }).waitFor();
  });

  it("is as it was after a reload of the window", async () => {
    await Promise.all([window.page.waitForEvent("load"), runCommand(window.page, "Developer: Reload Window")]);
    await toggles().filter({ hasText: "short/run.yaml" }).waitFor();
    await heading("sweep/base.yaml").waitFor();
    assert.equal(await pin().getAttribute("aria-pressed"), "true");
    assert.deepEqual(await toggles().allInnerTexts(), ["This config", "long/run.yaml", "short/run.yaml"]);
  });

  it("follows the active editor again once it is unpinned, and compares it with the same files", async () => {
    await runCommand(window.page, "Fine-Tune Lens: Unpin Panel");
    await heading("sweep/short/run.yaml").waitFor();
    assert.equal(await pin().getAttribute("aria-pressed"), "false");
    assert.deepEqual(await toggles().allInnerTexts(), ["This config", "Textbook", "run.yaml"]);
    await edit("sweep/base.yaml");
    await heading("sweep/base.yaml").waitFor();
    assert.deepEqual(await toggles().allInnerTexts(), ["This config", "long/run.yaml", "short/run.yaml"]);
  });

  it("says that its own file is gone, and shows it again when it is back", async () => {
    rmSync(pathOf("base.yaml"));
    await panel().getByText("sweep/base.yaml is gone.").waitFor();
    write("base.yaml", linear(1000, "3e-4"));
    await heading("sweep/base.yaml").waitFor();
  });

  it("takes a file away by the keyboard, which goes on to the next, and in the end to what adds others", async () => {
    await curves().getByRole("button", { name: "Remove long/run.yaml" }).press("Enter");
    await toggles().filter({ hasText: "long" }).waitFor({ state: "detached" });
    assert.deepEqual(await toggles().allInnerTexts(), ["This config", "run.yaml"]);
    const focused = panel().locator(":focus");
    assert.equal(await focused.getAttribute("aria-label"), "Remove run.yaml");
    await focused.press("Enter");
    await curves().waitFor({ state: "hidden" });
    assert.equal(await focused.innerText(), "Compare…");
  });

  it("shows what is chosen already, and drops what is no longer chosen", async () => {
    await runCommand(window.page, "Fine-Tune Lens: Compare Schedules With…");
    await toggle("sweep/short").click();
    await accept();
    await toggles().filter({ hasText: "run.yaml" }).waitFor();
    await runCommand(window.page, "Fine-Tune Lens: Compare Schedules With…");
    await window.page.getByText("1 Selected").waitFor();
    await toggle("sweep/short").click();
    await window.page.getByText("0 Selected").waitFor();
    await toggle("sweep/long").click();
    await window.page.getByText("1 Selected").waitFor();
    await accept();
    // The long run's rate at update 400, 1,600/1,800 of its peak.
    await cell("8.89e-5").waitFor({ state: "attached" });
    assert.equal((await tableRows()).get("200")?.[2], "1e-4");
  });

  it("pins by a command of the palette, which offers only what makes sense", async () => {
    await runCommand(window.page, "Fine-Tune Lens: Unpin Panel");
    await pin().and(panel().locator("[aria-pressed=false]")).waitFor();
    await runCommand(window.page, "Fine-Tune Lens: Pin Panel to Its File");
    await pin().and(panel().locator("[aria-pressed=true]")).waitFor();
    await window.page.keyboard.press("F1");
    await window.page.locator(".quick-input-widget input").first().fill(">Fine-Tune Lens: Unpin");
    await rows().filter({ hasText: "Unpin Panel" }).waitFor();
    await window.page.locator(".quick-input-widget input").first().fill(">Fine-Tune Lens: Pin Panel");
    await rows().filter({ hasText: "Pin Panel to Its File" }).waitFor({ state: "detached" });
    await window.page.keyboard.press("Escape");
    assert.deepEqual(window.violations, []);
  });
});
