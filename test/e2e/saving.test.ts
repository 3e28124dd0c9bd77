import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { openConfig, openWindow, panelOf, runCommand, type VsCodeWindow } from "./window.ts";

describe("saving the plot as a person does", () => {
  let window: VsCodeWindow;

  before(async () => {
    window = await openWindow();
    await openConfig(window.page, "sft_smollm2_360m.yaml");
    await runCommand(window.page, "Fine-Tune Lens: Plot LR Schedule");
  });

  after(() => window.close());

  const dialog = () => window.page.locator(".quick-input-widget");
  const input = () => dialog().locator("input").first();

  /** Presses a button of the panel and waits until VS Code asks where to save; the path that it proposes. */
  const ask = async (kind: string): Promise<string> => {
    await panelOf(window.page)
      .getByRole("button", { name: `Save as ${kind}` })
      .click();
    await dialog().getByText("Save the Learning Rate").waitFor();
    await dialog().locator(".monaco-list-row").first().waitFor();
    return input().inputValue();
  };

  /** Takes the path that is proposed; the bytes that are there then. */
  const save = async (kind: string): Promise<Buffer> => {
    const path = await ask(kind);
    const name = `sft_smollm2_360m-learning-rate.${kind.toLowerCase()}`;
    assert.equal(basename(path), name);
    await dialog().getByRole("button", { name: "OK" }).click();
    await window.page.getByText(`Saved trl/${name}.`).first().waitFor();
    return readFileSync(path);
  };

  it("puts the SVG beside the config, under its name", async () => {
    const svg = (await save("SVG")).toString("utf8");
    assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" width="960" height="\d+"/);
    assert.match(svg, /<title>Learning rate · trl\/sft_smollm2_360m\.yaml<\/title>/);
    assert.match(svg, /<\/svg>$/);
  });

  it("writes the bytes of the PNG", async () => {
    const png = await save("PNG");
    assert.equal(png.subarray(0, 8).toString("latin1"), "\x89PNG\r\n\x1a\n");
    // The picture's width, in the header, and the chunk that ends every PNG.
    assert.equal(png.readUInt32BE(16), 1920);
    assert.equal(png.subarray(-8, -4).toString("latin1"), "IEND");
  });

  it("writes every update into the CSV", async () => {
    const lines = (await save("CSV")).toString("utf8").split("\n");
    assert.equal(lines.length, 1 + 8000 + 1);
    assert.equal(lines[0], "step,tokens,learning_rate");
    assert.deepEqual(lines[201]?.split(",").map(Number), [200, 201 * 65_536, 3e-4]);
  });

  it("writes nothing when the user thinks better of it", async () => {
    await runCommand(window.page, "Notifications: Clear All Notifications");
    const path = (await ask("SVG")).replace(/\.svg$/, "-2.svg");
    await input().fill(path);
    await window.page.keyboard.press("Escape");
    await input().waitFor({ state: "hidden" });
    assert.equal(existsSync(path), false);
    assert.deepEqual(window.violations, []);
  });
});
