import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { FrameLocator } from "playwright-core";
import { openConfig, openWindow, panelOf, retype, runCommand, type VsCodeWindow } from "./window.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The points of the drawn curve, in the chart's pixels from its upper left corner. */
async function curve(panel: FrameLocator): Promise<readonly Point[]> {
  const paths = panel.locator("section").first().locator("svg path[fill=none][stroke-width='2']");
  await paths.first().waitFor();
  assert.equal(await paths.count(), 1);
  const drawn = (await paths.first().getAttribute("d")) ?? "";
  const numbers = [...drawn.matchAll(/-?\d+(?:\.\d+)?(?:e-?\d+)?/g)].map(([text]) => Number(text));
  return Array.from({ length: numbers.length / 2 }, (_, index) => ({
    x: numbers[2 * index] ?? Number.NaN,
    y: numbers[2 * index + 1] ?? Number.NaN,
  }));
}

/** The widths of the bars, from the top, as the sums of their segments in pixels. */
async function barWidths(panel: FrameLocator): Promise<readonly number[]> {
  const segments = await panel
    .locator("section")
    .nth(1)
    .locator("svg path")
    .evaluateAll((paths) =>
      paths
        .filter((path) => path.getAttribute("fill") !== "none" && path.getAttribute("fill-opacity") !== "0")
        .map((path) => (path as SVGGraphicsElement).getBBox())
        .filter(({ height }) => height > 20)
        .map(({ y, width }) => [Math.round(y), width] as const),
    );
  const rows = new Map<number, number>();
  for (const [y, width] of segments) rows.set(y, (rows.get(y) ?? 0) + width);
  return [...rows].sort(([a], [b]) => a - b).map(([, width]) => width);
}

/** The last column of the table below the memory chart, in GiB. */
async function totals(panel: FrameLocator): Promise<readonly number[]> {
  const rows = panel.locator("section").nth(1).locator("tbody tr");
  const cells = await rows.evaluateAll((all) => all.map((row) => row.lastElementChild?.textContent ?? ""));
  return cells.map((cell) => Number.parseFloat(cell));
}

describe("the panel", () => {
  let window: VsCodeWindow;

  before(async () => {
    window = await openWindow();
  });

  after(() => window.close());

  it("plots the schedule that will run: linear, 200 of 8,000 updates of warmup, peak 3e-4", async () => {
    const { page } = window;
    await openConfig(page, "sft_smollm2_360m.yaml");
    await runCommand(page, "Fine-Tune Lens: Plot LR Schedule");
    const panel = panelOf(page);
    await panel.getByRole("heading", { name: "trl/sft_smollm2_360m.yaml" }).waitFor();
    const points = await curve(panel);
    assert.ok(points.length > 50);
    const [start, end] = [points[0], points.at(-1)];
    assert.ok(start && end);
    const top = Math.min(...points.map(({ y }) => y));
    for (const { x, y } of points) {
      const step = ((x - start.x) / (end.x - start.x)) * 7999;
      const fraction = step < 200 ? step / 200 : (8000 - step) / 7800;
      const expected = start.y - fraction * (start.y - top);
      assert.ok(Math.abs(y - expected) < 1, `update ${step} is drawn at ${y} instead of ${expected}`);
    }
    const summary = await panel.getByRole("img").first().getAttribute("aria-label");
    assert.equal(
      summary,
      "Learning rate: linear over 8,000 updates, 200 of them warmup: peak 3e-4, last update at 3.85e-8",
    );
  });

  it("stacks the memory of Full, LoRA and QLoRA as wide as the figures, with the article's GPU lines", async () => {
    const panel = panelOf(window.page);
    const widths = await barWidths(panel);
    const figures = await totals(panel);
    assert.equal(widths.length, 3);
    const scale = (widths[0] ?? 0) / (figures[0] ?? 1);
    for (const [index, width] of widths.entries()) {
      assert.ok(Math.abs(width - scale * (figures[index] ?? 0)) < 1.5, `bar ${index} is ${width} wide`);
    }
    for (const gpu of ["RTX 4090", "RTX A6000", "A100 80GB"]) {
      assert.equal(await panel.locator("svg text").filter({ hasText: gpu }).count(), 1, gpu);
    }
  });

  it("follows the file while it is edited", async () => {
    const { page } = window;
    const panel = panelOf(page);
    const before = await curve(panel);
    await retype(page, "lr_scheduler_type: linear", "lr_scheduler_type: constant_with_warmup");
    await panel.getByText("constant_with_warmup over 8,000 updates").waitFor();
    const after = await curve(panel);
    const bottom = Math.max(...before.map(({ y }) => y));
    const top = Math.min(...after.map(({ y }) => y));
    assert.ok(Math.abs((before.at(-1)?.y ?? 0) - bottom) < 1);
    assert.ok(Math.abs((after.at(-1)?.y ?? 0) - top) < 1);
    await runCommand(page, "File: Revert File");
    await panel.getByText("linear over 8,000 updates").waitFor();
  });

  it("follows the editor to another config", async () => {
    const { page } = window;
    const panel = panelOf(page);
    await openConfig(page, "llama3_8b_full_sft.yaml");
    await panel.getByRole("heading", { name: "llama-factory/llama3_8b_full_sft.yaml" }).waitFor();
    await panel.getByText("assumed: the number of samples is unknown").waitFor();
    assert.ok((await panel.locator("header").innerText()).includes("warning lr/too-high on line 22"));
  });

  it("shows the same figures as a table", async () => {
    const panel = panelOf(window.page);
    await panel.getByText("Table").first().click();
    const rows = panel.locator("section").first().locator("tbody tr");
    assert.equal(await rows.count(), 11);
    assert.equal(await rows.first().innerText(), "0 %\t0");
    await panel.getByText("Table").first().click();
  });

  for (const theme of [
    "Default Light Modern",
    "Default Dark Modern",
    "Default High Contrast",
    "Default High Contrast Light",
  ]) {
    it(`is accessible and in the colours of ${theme}`, async () => {
      const { page, configure } = window;
      configure({ "workbench.colorTheme": theme });
      const panel = panelOf(page);
      const dark = !theme.includes("Light");
      await panel.locator(`body[data-vscode-theme-id="${theme}"]`).waitFor();
      const body = panel.locator("body");
      await body.evaluate((_, source) => {
        if (!("axe" in globalThis)) new Function(source)();
      }, axe);
      const violations = await body.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: { run: () => Promise<{ violations: { id: string }[] }> } };
        return (await axe.run()).violations.map(({ id }) => id);
      });
      assert.deepEqual(violations, []);
      const [text, background] = await body.evaluate((element) => {
        const label = element.querySelector("svg text");
        return [label ? getComputedStyle(label).fill : "", getComputedStyle(element).backgroundColor];
      });
      assert.equal(isLight(background ?? ""), !dark);
      assert.equal(isLight(text ?? ""), dark);
    });
  }

  it("comes back after the window was reloaded, with the same file", async () => {
    const { page } = window;
    await Promise.all([page.waitForEvent("load"), runCommand(page, "Developer: Reload Window")]);
    await panelOf(page).getByRole("heading", { name: "llama-factory/llama3_8b_full_sft.yaml" }).waitFor();
    assert.ok((await curve(panelOf(page))).length > 50);
  });

  it("asked for nothing that its content security policy forbids", () => {
    assert.deepEqual(window.violations, []);
  });
});

function isLight(color: string): boolean {
  const [red = 0, green = 0, blue = 0] = (color.match(/\d+(?:\.\d+)?/g) ?? []).map(Number);
  return red + green + blue > 384;
}
