import { join } from "node:path";
import { root } from "../../scripts/setup.mjs";
import { lineWith, openWindow, panelOf, runCommand, takeFix, type VsCodeWindow } from "./window.ts";

/** Where virtualFiles/extension.ts has its project. */
const project = { folder: "virtual:/project", file: "run.yaml", extension: join(root, "test/e2e/virtualFiles") };

describe("a workspace that is on no disk", () => {
  let window: VsCodeWindow;

  before(async () => {
    window = await openWindow({ virtual: project });
    await window.page.getByRole("treeitem", { name: project.file }).dblclick();
    await window.page.locator(".monaco-editor .view-line").first().waitFor();
  });

  after(() => window.close());

  it("is told its memory, with the linked file read through the editor", async () => {
    const { page } = window;
    await page.locator(".codelens-decoration a").filter({ hasText: "GiB per GPU" }).waitFor();
    await lineWith(page, "deepspeed")
      .locator("span", { hasText: /^deepspeed$/ })
      .hover();
    await page.locator(".monaco-hover:visible").getByText("ZeRO-3").first().waitFor();
    await page.keyboard.press("Escape");
  });

  it("has its schedule plotted", async () => {
    await runCommand(window.page, "Fine-Tune Lens: Plot LR Schedule");
    await panelOf(window.page).getByText("cosine over 1,000 updates, 100 of them warmup").waitFor();
  });

  it("has its learning rate mended, and saved", async () => {
    const { page } = window;
    await takeFix(page, "2.0e-3", "Set learning_rate");
    await lineWith(page, "2.0e-3").waitFor({ state: "detached" });
    await page.keyboard.press("Control+S");
    await page.locator(".tab.dirty").waitFor({ state: "detached" });
  });

  it("has all its configs checked, where no extension searches its files", async () => {
    await runCommand(window.page, "Fine-Tune Lens: Check All Configs in Workspace");
    await lineWith(window.page, "3 training configs in 3 files").waitFor();
    await lineWith(window.page, "runs/longer.yaml").first().waitFor();
  });
});
