import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { known, missing } from "../../src/core/answer.ts";
import { type PanelModel, panelDetails } from "../../src/core/report/panelModel.ts";
import { analysisOf } from "../unit/analysis.ts";
import { type BarePage, openBarePage, themeNames } from "./barePage.ts";
import { drawn, linear, modelBeside, modelOf, plotOf, show, uncounted, withGroup } from "./plotted.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** The rules of axe-core that the page breaks, with what breaks them. */
async function violations(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe);
  return page.evaluate(async (wanted) => {
    const { axe } = globalThis as unknown as {
      axe: { run: (options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const found = await axe.run({ runOnly: { type: "tag", values: wanted } });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }, tags);
}

const short = linear.replace("8000", "4000");
const compared = () =>
  modelBeside(linear, {
    "a/short.yaml": known(short),
    "b/short.yaml": known(short),
    "gone.yaml": missing("the file is gone"),
  });

/** What the panel can look like: a model, and what is done with it then. */
const states: Readonly<Record<string, readonly [() => PanelModel, (page: Page) => Promise<void>]>> = {
  "as it opens": [() => modelOf(linear), async () => {}],
  "zoomed in, with a crosshair": [
    () => modelOf(linear),
    async (page) => {
      await plotOf(page).focus();
      for (const key of ["Home", "m", "+", "+"]) await page.keyboard.press(key);
    },
  ],
  "on a logarithmic axis": [
    () => modelOf(linear),
    async (page) => page.getByRole("button", { name: "Log Axis" }).click(),
  ],
  "with two curves, one of them hidden": [
    () => withGroup(modelOf(linear), "embeddings"),
    async (page) => page.getByRole("button", { name: "embeddings" }).click(),
  ],
  "with other files": [compared, async () => {}],
  "asking for the samples": [
    () => modelOf(uncounted),
    async (page) => page.getByRole("button", { name: "Set", exact: true }).click(),
  ],
  "with samples that were told": [() => modelOf(uncounted, { samples: 52_002 }), async () => {}],
  "without a schedule": [() => modelOf(linear.replace("linear", "reduce_lr_on_plateau")), async () => {}],
  "with its tables and keys unfolded": [
    () => modelOf(linear),
    async (page) => {
      for (const summary of await page.locator("summary").all()) await summary.click();
    },
  ],
};

/** Puts a state of the panel on the page, all of it. */
async function showState(bare: BarePage, name: string): Promise<void> {
  const [model, act] = states[name] ?? assert.fail(name);
  await bare.page.reload();
  await show(bare, model());
  await bare.tell({ type: "details", details: panelDetails(analysisOf(linear)) });
  await act(bare.page);
  await drawn(bare.page);
}

describe("the plot for everybody", () => {
  let bare: BarePage;

  before(async () => {
    bare = await openBarePage();
  });

  after(() => bare.close());

  describe("by the keyboard alone", () => {
    const focused = () =>
      bare.page.evaluate(() => {
        const { activeElement: at } = document;
        if (!(at instanceof HTMLElement) || at === document.body) return null;
        const { outlineStyle, outlineWidth } = getComputedStyle(at);
        const label = at.id ? document.querySelector(`label[for="${at.id}"]`)?.textContent : undefined;
        return {
          name: at.getAttribute("aria-label") ?? label ?? at.textContent ?? "",
          outlined: outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 1,
        };
      });
    const tabTo = async (name: string) => {
      for (let count = 0; count < 60; count++) {
        await bare.page.keyboard.press("Tab");
        if ((await focused())?.name === name) return;
      }
      assert.fail(`Tab never comes to ${name}`);
    };

    it("one comes to every control in the order in which it is read, and sees where one is", async () => {
      await showState(bare, "with other files");
      const names: string[] = [];
      for (;;) {
        await bare.page.keyboard.press("Tab");
        const at = await focused();
        if (!at) break;
        assert.ok(at.outlined, `the focus on ${at.name} cannot be seen`);
        names.push(at.name);
      }
      assert.deepEqual(names.slice(0, 27), [
        "Pin",
        "Peak learning rate",
        "Peak learning rate, exact",
        "Scheduler",
        "Warmup (updates)",
        "Warmup (updates), exact",
        "Updates",
        "Updates, exact",
        "This config",
        "a/short.yaml",
        "Remove a/short.yaml",
        "b/short.yaml",
        "Remove b/short.yaml",
        "Remove gone.yaml",
        "Compare…",
        "Log Axis",
        "Zoom out",
        "Zoom in",
        "Whole Run",
        "Save as SVG",
        "Save as PNG",
        "Save as CSV",
        "Copy as code",
        "Learning rate plot",
        "Table",
        "Keys of the plot",
        "Micro batch",
      ]);
    });

    it("one zooms, hides curves, reads rates, saves, and opens the table", async () => {
      await showState(bare, "with two curves, one of them hidden");
      const { page } = bare;
      await tabTo("embeddings");
      await page.keyboard.press("Space");
      await drawn(page);
      assert.equal(await page.getByRole("button", { name: "embeddings" }).getAttribute("aria-pressed"), "true");
      await tabTo("Zoom in");
      await page.keyboard.press("Enter");
      await tabTo("Whole Run");
      await page.keyboard.press("Enter");
      await drawn(page);
      assert.equal((await focused())?.name, "Whole Run");
      assert.ok(await page.getByRole("button", { name: "Whole Run" }).isDisabled());
      await tabTo("Save as SVG");
      await page.keyboard.press("Enter");
      assert.deepEqual(
        (await bare.told()).filter(({ type }) => type === "save").map((message) => "kind" in message && message.kind),
        ["svg"],
      );
      await tabTo("Learning rate plot");
      await page.getByText("0 of 8,000", { exact: true }).waitFor();
      await page.keyboard.press("m");
      await page.getByText("200 of 8,000", { exact: true }).waitFor();
      await tabTo("Table");
      await page.keyboard.press("Enter");
      await tabTo("Learning rate as a table");
      assert.ok(await page.getByRole("region", { name: "Learning rate as a table" }).isVisible());
    });

    it("one is not held: Tab and Escape lead out of the plot", async () => {
      await showState(bare, "as it opens");
      await tabTo("Learning rate plot");
      await bare.page.keyboard.press("Escape");
      await bare.page.keyboard.press("Tab");
      assert.equal((await focused())?.name, "Table");
      await bare.page.keyboard.press("Shift+Tab");
      assert.equal((await focused())?.name, "Learning rate plot");
    });
  });

  describe("to a screen reader", () => {
    it("says the curve in a sentence, and how to read it", async () => {
      await showState(bare, "as it opens");
      const picture = bare.page.getByRole("img").first();
      assert.equal(
        await picture.getAttribute("aria-label"),
        "Learning rate: linear over 8,000 updates, 200 of them warmup: peak 3e-4, last update at 3.85e-8",
      );
      const described = await plotOf(bare.page).getAttribute("aria-describedby");
      assert.equal(
        await bare.page.locator(`#${described}`).textContent(),
        "The arrow keys move a crosshair, M goes to the next mark.",
      );
    });

    it("says what is under the crosshair once, when the keyboard has stopped moving it", async () => {
      await showState(bare, "as it opens");
      const { page } = bare;
      await page.clock.install();
      const live = page.locator("[aria-live=polite]");
      await live.evaluate((node) => {
        const said: string[] = [];
        Object.assign(globalThis, { said });
        new MutationObserver(() => said.push(node.textContent ?? "")).observe(node, { childList: true });
      });
      await plotOf(page).focus();
      for (const key of ["Home", "m", "Shift+ArrowRight", "Shift+ArrowLeft"]) await page.keyboard.press(key);
      await page.clock.runFor(1000);
      const said = () => page.evaluate(() => (globalThis as unknown as { said: string[] }).said);
      const peak = "Update 200 of 8,000, Tokens seen 13.2M, Phase decay, Learning rate 3e-4, Share of peak 100 %";
      assert.deepEqual(await said(), [peak]);
      await page.mouse.move(300, 300);
      await page.clock.runFor(1000);
      assert.deepEqual(await said(), [peak]);
    });
  });

  for (const name of Object.keys(states)) {
    it(`breaks no rule of axe-core in any theme, ${name}`, async () => {
      await showState(bare, name);
      for (const theme of themeNames) {
        await bare.setTheme(theme);
        await drawn(bare.page);
        assert.deepEqual(await violations(bare.page), [], theme);
      }
    });
  }

  it("moves nothing by itself, for those who asked for less motion and for all others", async () => {
    await bare.page.emulateMedia({ reducedMotion: "reduce" });
    await showState(bare, "with other files");
    const path = () => plotOf(bare.page).locator("svg g[clip-path] path").first().getAttribute("d");
    for (const key of ["+", "+", "l", "0"]) {
      await plotOf(bare.page).press(key);
      await drawn(bare.page);
      const [at, running] = [await path(), await bare.page.evaluate(() => document.getAnimations().length)];
      for (let frame = 0; frame < 10; frame++) await drawn(bare.page);
      assert.equal(await path(), at);
      assert.equal(running, 0);
    }
    await plotOf(bare.page).press("l");
    await bare.page.emulateMedia({ reducedMotion: null });
  });

  describe("in the system's own colours", () => {
    after(() => bare.page.emulateMedia({ forcedColors: null, colorScheme: null }));

    /** Colours as a browser resolves them. */
    const resolved = (...names: readonly string[]) =>
      bare.page.evaluate((wanted) => {
        const probe = document.body.appendChild(document.createElement("span"));
        const colors = wanted.map((name) => {
          probe.style.color = name;
          return getComputedStyle(probe).color;
        });
        probe.remove();
        return colors;
      }, names);

    for (const colorScheme of ["dark", "light"] as const) {
      it(`keeps curves, phases, words and crosshair visible on a ${colorScheme} screen`, async () => {
        await bare.page.emulateMedia({ forcedColors: "active", colorScheme });
        await showState(bare, "with other files");
        await plotOf(bare.page).focus();
        await plotOf(bare.page).press("m");
        const [canvas = "", canvasText, linkText] = await resolved("Canvas", "CanvasText", "LinkText");
        const colors = await plotOf(bare.page).evaluate((plot) => ({
          curves: [...plot.querySelectorAll("svg g[clip-path] path[fill=none]")].map(
            (path) => getComputedStyle(path).stroke,
          ),
          strip: [...plot.querySelectorAll("svg path[fill-opacity]")].map((path) => getComputedStyle(path).fill),
          words: [...plot.querySelectorAll("svg text")].map((text) => getComputedStyle(text).fill),
          crosshair: getComputedStyle(plot.querySelector(".crosshair") ?? plot).backgroundColor,
          focus: getComputedStyle(plot).outlineStyle,
        }));
        assert.equal(colors.curves.length, 3);
        assert.equal(colors.curves[0], linkText);
        assert.ok(colors.strip.length >= 2);
        for (const color of [...colors.curves, ...colors.strip])
          assert.ok(contrast(color, canvas) >= 3, `${color} on ${canvas}`);
        for (const color of colors.words) assert.ok(contrast(color, canvas) >= 4.5, `${color} on ${canvas}`);
        assert.equal(colors.crosshair, canvasText);
        assert.equal(colors.focus, "solid");
      });
    }

    it("shows which buttons are pressed", async () => {
      await showState(bare, "on a logarithmic axis");
      const [highlight] = await resolved("Highlight");
      const pressed = bare.page.getByRole("button", { name: "Log Axis" });
      assert.equal(await pressed.evaluate((button) => getComputedStyle(button).borderColor), highlight);
    });
  });

  describe("in letters of twice the size", () => {
    for (const name of ["as it opens", "with other files", "asking for the samples", "with samples that were told"]) {
      it(`keeps words clear of each other and inside the picture, ${name}`, async () => {
        await showState(bare, name);
        await bare.page.evaluate(() => document.documentElement.style.setProperty("--vscode-font-size", "26px"));
        await drawn(bare.page);
        const { texts, width, height } = await plotOf(bare.page)
          .locator("svg")
          .first()
          .evaluate((svg) => ({
            texts: [...svg.querySelectorAll("text")].map((text) => {
              const { left, top, right, bottom } = text.getBoundingClientRect();
              const from = svg.getBoundingClientRect();
              const box = [left - from.left, top - from.top, right - from.left, bottom - from.top];
              return { text: text.textContent ?? "", box };
            }),
            width: svg.clientWidth,
            height: svg.clientHeight,
          }));
        assert.ok(texts.length > 5);
        for (const { text, box } of texts) {
          const [left = 0, top = 0, right = 0, bottom = 0] = box;
          assert.ok(left >= -1 && top >= -1 && right <= width + 1 && bottom <= height + 1, `"${text}" is cut off`);
          for (const other of texts) {
            if (other.text >= text) continue;
            const [left2 = 0, top2 = 0, right2 = 0, bottom2 = 0] = other.box;
            const apart = right <= left2 + 1 || right2 <= left + 1 || bottom <= top2 + 4 || bottom2 <= top + 4;
            assert.ok(apart, `"${text}" and "${other.text}" lie over each other`);
          }
        }
        const cut = await bare.page
          .locator("section.schedule :is(p:not(.unseen), button, dt span, dd, label, h2, h3, code, summary)")
          .evaluateAll((all) =>
            all
              .filter((node) => node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline")
              .map(({ outerHTML }) => outerHTML),
          );
        assert.deepEqual(cut, []);
        assert.ok((await bare.page.evaluate(() => document.documentElement.scrollWidth)) <= 900);
      });
    }
  });

  describe("320 pixels wide", () => {
    let narrow: BarePage;

    before(async () => {
      narrow = await openBarePage({ width: 320 });
    });

    after(() => narrow.close());

    for (const name of Object.keys(states)) {
      it(`fits and breaks no rule of axe-core, ${name}`, async () => {
        await showState(narrow, name);
        const width = await narrow.page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= 320, `the page is ${width} pixels wide`);
        assert.deepEqual(await violations(narrow.page), []);
      });
    }
  });
});

/** The contrast of two opaque colours, from 1 to 21, as WCAG 2 defines it. */
function contrast(one: string, other: string): number {
  const luminance = (color: string) => {
    const channels = /^#/.test(color)
      ? [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16))
      : (color.match(/\d+(?:\.\d+)?/g) ?? []).slice(0, 3).map(Number);
    const [red = 0, green = 0, blue = 0] = channels.map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
