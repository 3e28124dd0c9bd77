import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { FrameLocator, Locator } from "playwright-core";
import {
  focusEditor,
  lineWith,
  openConfig,
  openWindow,
  panelOf,
  retype,
  runCommand,
  type VsCodeWindow,
} from "./window.ts";

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

function memory(panel: FrameLocator): Locator {
  return panel.locator("section").nth(1);
}

/** The widths of the bars, from the top, as the sums of their segments in pixels. */
async function barWidths(panel: FrameLocator): Promise<readonly number[]> {
  const segments = await memory(panel)
    .locator("svg path")
    .evaluateAll((paths) =>
      paths
        .filter((path) => path.getAttribute("fill") !== "none" && path.getAttribute("fill-opacity") !== "0")
        .map((path) => (path as SVGGraphicsElement).getBBox())
        .filter(({ height }) => height === 16)
        .map(({ y, width }) => [Math.round(y), width] as const),
    );
  const rows = new Map<number, number>();
  for (const [y, width] of segments) rows.set(y, (rows.get(y) ?? 0) + width);
  return [...rows].sort(([a], [b]) => a - b).map(([, width]) => width);
}

/** The last column of the table below the memory chart, in GiB. */
async function totals(panel: FrameLocator): Promise<readonly number[]> {
  const rows = memory(panel).locator("details tbody tr");
  const cells = await rows.evaluateAll((all) => all.map((row) => row.lastElementChild?.textContent ?? ""));
  return cells.map((cell) => Number.parseFloat(cell));
}

/** The least and the most to expect of this config, in GiB, from the same table. */
async function range(panel: FrameLocator): Promise<readonly number[]> {
  const cells = await memory(panel).locator("details tbody tr").first().locator("td").allTextContents();
  return (cells.find((cell) => /^[\d.]+–[\d.]+$/.test(cell)) ?? "").split("–").map(Number);
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

  it("stacks the memory of this config, other methods and shards as wide as the figures, with the article's GPU lines", async () => {
    const panel = panelOf(window.page);
    const widths = await barWidths(panel);
    const figures = await totals(panel);
    const names = await memory(panel).locator("details tbody th").allTextContents();
    assert.deepEqual(names, [
      "This config (Full)",
      "LoRA r=16",
      "QLoRA r=16",
      "8-bit AdamW",
      "ZeRO-2 on 8 GPUs",
      "ZeRO-3 on 8 GPUs",
    ]);
    assert.equal(widths.length, names.length);
    const scale = (widths[0] ?? 0) / (figures[0] ?? 1);
    for (const [index, width] of widths.entries()) {
      assert.ok(Math.abs(width - scale * (figures[index] ?? 0)) < 1.5, `bar ${index} is ${width} wide`);
    }
    const [low = 0, high = 0] = await range(panel);
    const whisker = await memory(panel)
      .locator("svg path[fill=none][stroke-width='2']")
      .evaluateAll((paths) => paths.map((path) => (path as SVGGraphicsElement).getBBox().width));
    assert.equal(whisker.length, 1);
    assert.ok(Math.abs((whisker[0] ?? 0) - scale * (high - low)) < 1.5, `the whisker is ${whisker[0]} wide`);
    for (const gpu of ["RTX 4090", "RTX A6000", "A100 80GB"]) {
      assert.equal(
        await panel
          .locator("svg text")
          .filter({ hasText: new RegExp(`^${gpu}$`) })
          .count(),
        1,
        gpu,
      );
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
    await panel.getByText("Table", { exact: true }).first().click();
    const rows = panel.locator("section").first().locator("tbody tr");
    // The first update, 19 even steps, the last update, and both sides of where the warmup of 3 % ends.
    assert.equal(await rows.count(), 23);
    assert.equal(await rows.first().innerText(), "0 %\t0\t6.67e-6");
    await panel.getByText("Table", { exact: true }).first().click();
  });

  it("asks for the number of samples, counts updates then, and forgets it again", async () => {
    const { page } = window;
    const panel = panelOf(page);
    const field = panel.getByRole("textbox", { name: "Training samples" });
    await panel.getByText("How many the run has in one epoch is unknown: the samples of medical_qa cannot").waitFor();
    await field.fill("52,002");
    await field.press("Enter");
    // ⌈52,002/8⌉ = 6,501 updates, three times.
    await panel.getByText("cosine over 19,503 updates, 586 of them warmup").waitFor();
    await panel.getByText("52,002 training samples in one epoch, as you said.").waitFor();
    await focusEditor(page);
    await runCommand(page, "Fine-Tune Lens: Set Dataset Size…");
    await page.getByText("Set Dataset Size of llama-factory/llama3_8b_full_sft.yaml").waitFor();
    assert.equal(await page.locator(".quick-input-widget input").first().inputValue(), "52002");
    await page.keyboard.press("Escape");
    await panel.getByRole("button", { name: "Forget" }).click();
    await panel.getByText("assumed: the number of samples is unknown").waitFor();
    assert.equal(await field.inputValue(), "");
  });

  describe("what if", () => {
    const micro = (panel: FrameLocator) => panel.getByRole("slider", { name: "Micro batch" });
    const answer = (panel: FrameLocator) => memory(panel).getByRole("status");

    it("recomputes while a slider moves from power to power, and leaves the file alone", async () => {
      const { page } = window;
      const panel = panelOf(page);
      const [before = 0] = await totals(panel);
      await micro(panel).focus();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowRight");
      await answer(panel)
        .filter({ hasText: /^What if: [\d.]+ GiB per GPU/ })
        .waitFor();
      await memory(panel)
        .locator("details tbody th")
        .filter({ hasText: "What if (Full)" })
        .waitFor({ state: "attached" });
      assert.equal(await micro(panel).getAttribute("aria-valuetext"), "4");
      const [tried = 0, file] = await totals(panel);
      assert.ok(tried > before);
      assert.equal(file, before);
      await lineWith(page, /per_device_train_batch_size:\s1\b/).waitFor();
    });

    it("takes any number, goes from power to power with the arrow keys, and does not take nonsense", async () => {
      const { page } = window;
      const panel = panelOf(page);
      const exact = panel.getByRole("spinbutton", { name: "Sequence length, exact" });
      await exact.fill("3000");
      await exact.press("ArrowUp");
      await panel
        .getByRole("slider", { name: "Sequence length" })
        .and(panel.locator("[aria-valuetext='4096']"))
        .waitFor();
      await exact.fill("-5");
      await exact.press("Enter");
      await exact.fill("1024");
      await exact.press("Enter");
      await panel
        .getByRole("slider", { name: "Sequence length" })
        .and(panel.locator("[aria-valuetext='1024']"))
        .waitFor();
    });

    it("tries another method, optimizer and number of GPUs", async () => {
      const panel = panelOf(window.page);
      await panel.getByRole("combobox", { name: "Method" }).selectOption("LoRA");
      await memory(panel)
        .locator("details tbody th")
        .filter({ hasText: /^What if \(LoRA/ })
        .waitFor({ state: "attached" });
      await panel.getByRole("combobox", { name: "Optimizer" }).selectOption("8-bit AdamW");
      await panel.getByRole("spinbutton", { name: "GPUs (only tried), exact" }).fill("4");
      await panel.getByRole("spinbutton", { name: "GPUs (only tried), exact" }).press("Enter");
      await memory(panel)
        .locator("details tbody th")
        .filter({ hasText: "ZeRO-3 on 4 GPUs" })
        .waitFor({ state: "attached" });
    });

    it("goes back to the file", async () => {
      const panel = panelOf(window.page);
      await memory(panel).getByRole("button", { name: "Reset" }).click();
      await memory(panel)
        .locator("details tbody th")
        .filter({ hasText: "This config (Full)" })
        .waitFor({ state: "attached" });
      assert.equal(await answer(panel).innerText(), "");
      assert.equal(await micro(panel).getAttribute("aria-valuetext"), "1");
      assert.ok(await memory(panel).getByRole("button", { name: "Apply to File" }).isDisabled());
    });

    it("writes what is tried into the file as one step to undo, and the file then needs what was promised", async () => {
      const { page } = window;
      const panel = panelOf(page);
      await micro(panel).focus();
      await page.keyboard.press("ArrowRight");
      await panel.getByRole("combobox", { name: "Method" }).selectOption("QLoRA");
      await memory(panel)
        .locator("details tbody th")
        .filter({ hasText: /^What if \(QLoRA/ })
        .waitFor({ state: "attached" });
      const [promised] = await totals(panel);
      await memory(panel).getByRole("button", { name: "Apply to File" }).click();
      await memory(panel)
        .locator("details tbody th")
        .filter({ hasText: /^This config \(QLoRA/ })
        .waitFor({ state: "attached" });
      assert.equal((await totals(panel))[0], promised);
      await lineWith(page, "quantization_bit").waitFor();
      await lineWith(page, /per_device_train_batch_size:\s2\b/).waitFor();
      await focusEditor(page);
      await page.keyboard.press("Control+Z");
      await memory(panel)
        .locator("details tbody th")
        .filter({ hasText: "This config (Full)" })
        .waitFor({ state: "attached" });
      await lineWith(page, /finetuning_type:\sfull$/).waitFor();
      await lineWith(page, /per_device_train_batch_size:\s1\b/).waitFor();
      assert.equal(await lineWith(page, /quantization_bit|lora_/).count(), 0);
    });
  });

  describe("what if the schedule were another", () => {
    const config = `# Peak from our sweep, on a tenth of the data
model_name_or_path: HuggingFaceTB/SmolLM2-360M
per_device_train_batch_size: 8  # fills the card
learning_rate: 3.0e-04   # swept
lr_scheduler_type: linear # for now
warmup_steps: 200        # 2.5 %
max_steps: 8000          # about a day
`;
    const form = (panel: FrameLocator) => panel.getByRole("form", { name: "What if: learning rate" });
    const answer = (panel: FrameLocator) => form(panel).getByRole("status");
    const path = () => join(window.folder, "trl", "tried.yaml");

    it("redraws the curve while a slider moves and a number is typed, and says both schedules", async () => {
      const { page } = window;
      const panel = panelOf(page);
      writeFileSync(path(), config);
      await openConfig(page, "tried.yaml");
      await panel.getByRole("heading", { name: "trl/tried.yaml" }).waitFor();
      const warmup = form(panel).getByRole("slider", { name: "Warmup (updates)" });
      assert.equal(await warmup.getAttribute("aria-valuetext"), "200");
      await warmup.focus();
      await page.keyboard.press("ArrowRight");
      await answer(panel)
        .filter({ hasText: "What if: linear over 8,000 updates, 500 of them warmup" })
        .filter({ hasText: "The file: linear over 8,000 updates, 200 of them warmup" })
        .waitFor();
      const updates = form(panel).getByRole("spinbutton", { name: "Updates, exact" });
      await updates.fill("1000");
      await answer(panel).filter({ hasText: "What if: linear over 1,000 updates, 500 of them warmup" }).waitFor();
      const legend = panel.getByRole("group", { name: "Curves" }).locator("button[aria-pressed]");
      assert.deepEqual(await legend.allInnerTexts(), ["What if", "The file"]);
    });

    it("is written into the file as one step to undo, with every comment in its place", async () => {
      const { page } = window;
      const panel = panelOf(page);
      await form(panel).getByRole("combobox", { name: "Scheduler" }).selectOption("cosine_with_min_lr");
      const floor = form(panel).getByRole("spinbutton", { name: "Floor (% of the peak), exact" });
      await floor.fill("10");
      await floor.press("Enter");
      await answer(panel).filter({ hasText: "What if: cosine_with_min_lr over 1,000 updates" }).waitFor();
      await form(panel).getByRole("button", { name: "Apply to File" }).click();
      await answer(panel).filter({ hasText: /^$/ }).waitFor({ state: "attached" });
      await focusEditor(page);
      const tab = page.locator(".tab.active").filter({ hasText: "tried.yaml" });
      await tab.and(page.locator(".dirty")).waitFor();
      await page.keyboard.press("Control+S");
      await tab.and(page.locator(":not(.dirty)")).waitFor();
      assert.equal(
        readFileSync(path(), "utf8"),
        `# Peak from our sweep, on a tenth of the data
model_name_or_path: HuggingFaceTB/SmolLM2-360M
per_device_train_batch_size: 8  # fills the card
learning_rate: 3.0e-04   # swept
lr_scheduler_type: cosine_with_min_lr # for now
lr_scheduler_kwargs:
  min_lr_rate: 0.1
warmup_steps: 500        # 2.5 %
max_steps: 1000          # about a day
`,
      );
      await page.keyboard.press("Control+Z");
      await panel.getByText("linear over 8,000 updates, 200 of them warmup").waitFor();
    });
  });

  it("compares the ways to train the model, with a recommendation, by a command in the panel too", async () => {
    const { page } = window;
    const panel = panelOf(page);
    await panel.getByRole("heading", { level: 1 }).click();
    await runCommand(page, "Fine-Tune Lens: Compare Methods");
    const ways = panel.getByRole("region", { name: "Ways to train this model" });
    await ways.scrollIntoViewIfNeeded();
    const rows = await ways.locator("tbody th").allInnerTexts();
    assert.deepEqual(rows, ["Full (this config)", "Full, 8-bit AdamW", "LoRA r=16", "QLoRA r=16"]);
    await panel.getByText("Recommended: LoRA on 1× A100 80GB").waitFor();
    const heading = await panel.getByRole("heading", { name: "Ways to train this model" }).boundingBox();
    assert.ok(heading && heading.y < 900, "the panel has not gone to the table");
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
