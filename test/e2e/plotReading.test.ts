import assert from "node:assert/strict";
import { known, missing } from "../../src/core/answer.ts";
import { formatRate } from "../../src/core/units.ts";
import { type BarePage, openBarePage } from "./barePage.ts";
import {
  assertExact,
  drawn,
  linear,
  linearRate,
  linesOf,
  modelBeside,
  modelOf,
  plotOf,
  readoutOf,
  scalesOf,
  show,
  textsOf,
  uncounted,
  withGroup,
} from "./plotted.ts";

describe("reading the plot", () => {
  let bare: BarePage;

  before(async () => {
    bare = await openBarePage();
  });

  after(() => bare.close());

  /** The pointer over a place of the run, at a height of the plot. */
  const pointAt = async (place: number) => {
    const box = await plotOf(bare.page).boundingBox();
    assert.ok(box);
    const { pixelX } = await scalesOf(bare.page);
    await bare.page.mouse.move(box.x + pixelX(place), box.y + 120);
  };
  const away = () => bare.page.mouse.move(5, 5);
  const update = async () => Number((await readoutOf(bare.page))["Update"]?.split(" of ")[0]?.replaceAll(",", ""));
  /** The pixels from where the lines of the grid begin to where they end. */
  const box = async () => {
    const axis = await plotOf(bare.page)
      .locator("svg path[fill=none]")
      .evaluateAll((paths) => paths.map((path) => path.getAttribute("d") ?? ""));
    const [, left, , right] = axis.map((d) => /^M([\d.]+) ([\d.]+)L([\d.]+) \2/.exec(d)).find((found) => found) ?? [];
    return [Number(left), Number(right)] as const;
  };
  /** The stretch of the run in sight. */
  const inSight = async () => {
    const { placeAt } = await scalesOf(bare.page);
    return (await box()).map((pixel) => Math.round(10 * placeAt(pixel)) / 10);
  };
  const press = async (...keys: readonly string[]) => {
    await plotOf(bare.page).focus();
    for (const key of keys) await bare.page.keyboard.press(key);
    await drawn(bare.page);
  };

  describe("with a crosshair", () => {
    it("tells update, tokens, phase, rate and share of the peak of what is under the pointer", async () => {
      await show(bare, modelOf(linear));
      await pointAt(4100);
      const figures = await readoutOf(bare.page);
      const step = await update();
      assert.ok(Math.abs(step - 4100) <= 1);
      assert.deepEqual(figures, {
        Update: `${step.toLocaleString("en-US")} of 8,000`,
        "Tokens seen": `${Math.round(((step + 1) * 65_536) / 1e6)}M`,
        Phase: "decay",
        // (8000 − 4100)/7800 of 3e-4 is half of it; an update more or less changes neither figure.
        "Learning rate": "1.5e-4",
        "Share of peak": "50 %",
      });
      const tag = bare.page.locator(".plot .tag");
      assert.equal(await tag.innerText(), `update ${step.toLocaleString("en-US")} · 1.5e-4`);
      await away();
      assert.equal(await tag.isVisible(), false);
      assert.equal((await readoutOf(bare.page))["Learning rate"], "–");
    });

    it("goes update by update where updates are wider than a pixel, and lies on the curve", async () => {
      await show(bare, modelOf(linear.replace("8000", "300")));
      const rate = (step: number) => (step < 200 ? (3e-4 * step) / 200 : (3e-4 * (300 - step)) / 100);
      for (const [place, expected] of [
        [0, 0],
        [100.4, 100],
        [100.6, 101],
        [299.9, 299],
      ] as const) {
        await pointAt(place);
        assert.equal(await update(), expected);
        assert.equal((await readoutOf(bare.page))["Learning rate"], formatRate(rate(expected)));
        const { pixelX, pixelY } = await scalesOf(bare.page);
        const dot = await bare.page.locator(".plot .dot").evaluate((node) => [node.style.left, node.style.top]);
        const [left = 0, top = 0] = dot.map(Number.parseFloat);
        assert.ok(Math.abs(left - pixelX(expected)) < 0.1 && Math.abs(top - pixelY(rate(expected))) < 0.1);
      }
      await away();
    });

    it("goes with the keys to the ends, by tenths and to the marks, and stays when the pointer leaves", async () => {
      await show(bare, modelOf(linear));
      await press("Home");
      assert.equal(await update(), 0);
      await press("End");
      assert.equal(await update(), 7999);
      assert.equal((await readoutOf(bare.page))["Learning rate"], formatRate(linearRate(7999)));
      await press("Home", "m");
      assert.deepEqual([await update(), (await readoutOf(bare.page))["Learning rate"]], [200, "3e-4"]);
      await press("m");
      assert.equal(await update(), 7999);
      await press("M");
      assert.equal(await update(), 200);
      await press("PageUp");
      assert.equal(await update(), 1000);
      await press("PageDown");
      assert.equal(await update(), 200);
      // 8,000 updates on about 800 pixels: ten share one.
      await press("ArrowRight");
      assert.equal(await update(), 210);
      await press("ArrowLeft", "ArrowLeft");
      assert.equal(await update(), 190);
      await press("Shift+ArrowRight");
      assert.equal(await update(), 290);
      await away();
      assert.equal(await update(), 290);
      await press("Escape");
      assert.deepEqual((await readoutOf(bare.page))["Update"], "–");
    });

    it("moves by single updates once it is zoomed in so far", async () => {
      await show(bare, modelOf(linear));
      await press("Home", "m", ..."++++++");
      await press("ArrowRight");
      assert.equal(await update(), 201);
      assert.equal((await readoutOf(bare.page))["Learning rate"], formatRate((3e-4 * 7799) / 7800));
    });

    it("has a figure for every curve, each with the share of its own peak", async () => {
      await show(bare, withGroup(modelOf(linear), "embeddings"));
      await press("Home", "m");
      const { "This config": own, embeddings } = await readoutOf(bare.page);
      assert.deepEqual([own, embeddings], ["3e-4 · 100 %", "3e-5 · 100 %"]);
      assert.equal(await bare.page.locator(".plot .dot").count(), 2);
    });
  });

  describe("zooming", () => {
    it("goes to what is dragged over, and back by the button, by a double click and by 0", async () => {
      for (const back of [
        () => bare.page.getByRole("button", { name: "Whole Run" }).click(),
        () => plotOf(bare.page).dblclick({ position: { x: 400, y: 100 } }),
        () => press("0"),
      ]) {
        await show(bare, modelOf(linear));
        assert.ok(await bare.page.getByRole("button", { name: "Whole Run" }).isDisabled());
        await pointAt(2000);
        await bare.page.mouse.down();
        await pointAt(3000);
        assert.ok(await bare.page.locator(".plot .selection").isVisible());
        await bare.page.mouse.up();
        await drawn(bare.page);
        const [from = 0, to = 0] = await inSight();
        assert.ok(Math.abs(from - 2000) <= 10 && Math.abs(to - 3000) <= 10, `${from} to ${to}`);
        const [line] = await linesOf(bare.page);
        assert.ok(line);
        assertExact(line, await scalesOf(bare.page), linearRate);
        await back();
        await drawn(bare.page);
        assert.deepEqual(await inSight(), [0, 8000]);
      }
    });

    it("keeps what is under the pointer in its place when the wheel turns with Ctrl, and moves along with Shift", async () => {
      await show(bare, modelOf(linear));
      await pointAt(2000);
      await bare.page.keyboard.down("Control");
      await bare.page.mouse.wheel(0, -200);
      await bare.page.keyboard.up("Control");
      await drawn(bare.page);
      const [from = 0, to = 0] = await inSight();
      // A turn of 200 shows e^(−200/400) of what was in sight.
      assert.ok(Math.abs(to - from - 8000 * Math.exp(-0.5)) < 10);
      assert.ok(Math.abs((2000 - from) / (to - from) - 0.25) < 0.01);
      await bare.page.keyboard.down("Shift");
      await bare.page.mouse.wheel(0, 100);
      await bare.page.keyboard.up("Shift");
      await drawn(bare.page);
      const [next = 0] = await inSight();
      const [left, right] = await box();
      assert.ok(Math.abs(next - from - (100 * (to - from)) / (right - left)) < 1, `from ${from} to ${next}`);
      await away();
    });

    it("leaves the wheel alone to the page", async () => {
      await show(bare, modelOf(linear));
      await pointAt(2000);
      await bare.page.mouse.wheel(0, 150);
      await bare.page.waitForFunction(() => window.scrollY > 0);
      assert.deepEqual(await inSight(), [0, 8000]);
      await bare.page.evaluate(() => window.scrollTo(0, 0));
    });

    it("goes in and out by the keys and the buttons, around the crosshair, and never beyond the run", async () => {
      await show(bare, modelOf(linear));
      await press("Home", "m", "+");
      const [from = 0, to = 0] = await inSight();
      // Three fifths of what was in sight, with update 200 where it was.
      assert.ok(Math.abs(from - 80) < 1 && Math.abs(to - 4880) < 1, `${from} to ${to}`);
      await bare.page.getByRole("button", { name: "Zoom out" }).click();
      await drawn(bare.page);
      assert.deepEqual(await inSight(), [0, 8000]);
      await press("-");
      assert.deepEqual(await inSight(), [0, 8000]);
      for (let turn = 0; turn < 40; turn++) await bare.page.getByRole("button", { name: "Zoom in" }).click();
      await drawn(bare.page);
      const [least = 0, most = 0] = await inSight();
      assert.ok(Math.abs(most - least - 4) < 0.01, `${least} to ${most}`);
    });

    it("brings the crosshair into sight when a key moves it out", async () => {
      await show(bare, modelOf(linear));
      await press("Home", ..."+++");
      await press("End");
      const [from = 0, to = 0] = await inSight();
      assert.ok(from <= 7999 && to >= 7999);
      assert.equal(await update(), 7999);
    });

    it("is as it was when the file comes back, and after a reload of the window", async () => {
      const uri = "file:///kept.yaml";
      await show(bare, modelOf(linear), uri);
      await pointAt(2000);
      await bare.page.mouse.down();
      await pointAt(3000);
      await bare.page.mouse.up();
      await press("l");
      const kept = await textsOf(bare.page);
      await bare.page.reload();
      await show(bare, modelOf(linear), uri);
      assert.deepEqual(await textsOf(bare.page), kept);
      await press("l", "0");
    });

    it("starts anew for another file, and where the axis counts something else", async () => {
      const uri = "file:///unit.yaml";
      await show(bare, modelOf(uncounted), uri);
      await press("+");
      assert.ok(await bare.page.getByRole("button", { name: "Whole Run" }).isEnabled());
      await show(bare, modelOf(uncounted, { samples: 52_002 }), uri);
      assert.ok(await bare.page.getByRole("button", { name: "Whole Run" }).isDisabled());
      await press("+");
      await show(bare, modelOf(linear));
      assert.deepEqual(await inSight(), [0, 8000]);
    });
  });

  describe("the legend", () => {
    it("is not there for a single curve", async () => {
      await show(bare, modelOf(linear));
      assert.equal(await bare.page.getByRole("group", { name: "Curves" }).isVisible(), false);
    });

    it("hides and shows each curve, also for the crosshair and the table", async () => {
      await show(bare, withGroup(modelOf(linear), "embeddings"));
      const button = bare.page.getByRole("button", { name: "embeddings" });
      const colors = async () => (await linesOf(bare.page)).map(({ color }) => color);
      const both = await colors();
      assert.equal(new Set(both).size, 2);
      assert.equal(await button.getAttribute("aria-pressed"), "true");
      await button.click();
      await drawn(bare.page);
      assert.deepEqual(await colors(), both.slice(0, 1));
      assert.equal(await button.getAttribute("aria-pressed"), "false");
      await press("Home", "m");
      assert.equal((await readoutOf(bare.page))["embeddings"], undefined);
      assert.deepEqual(await bare.page.locator("section.schedule thead th").allTextContents(), [
        "Update",
        "Tokens seen",
        "Learning rate",
      ]);
      await button.click();
      await drawn(bare.page);
      assert.deepEqual(await colors(), both);
    });

    it("tells curves apart by more than their colour", async () => {
      await show(bare, withGroup(modelOf(linear), "embeddings"));
      assert.deepEqual(
        (await linesOf(bare.page)).map(({ dashed }) => dashed),
        [false, true],
      );
    });
  });

  describe("with other files", () => {
    const steps = (text: string, count: number) => text.replace(/max_steps: \d+/, `max_steps: ${count}`);
    const half = steps(linear, 4000).replace("3.0e-04", "1.5e-04");
    const halfRate = (step: number) => 1.5e-4 * (step < 200 ? step / 200 : (4000 - step) / 3800);

    it("draws each to its own end, and calls it by its name", async () => {
      await show(bare, modelBeside(linear, { "a/half.yaml": known(half), "long.yaml": known(steps(linear, 10_000)) }));
      const [run, short, long] = await linesOf(bare.page);
      const scales = await scalesOf(bare.page);
      assert.ok(run && short && long);
      assertExact(run, scales, linearRate);
      assertExact(short, scales, halfRate);
      for (const [{ vertices }, last] of [
        [run, 7999],
        [short, 3999],
        [long, 9999],
      ] as const) {
        assert.ok(Math.abs((vertices.at(-1)?.[0] ?? 0) - scales.pixelX(last)) < 0.7, `the end at update ${last}`);
      }
      assert.deepEqual(
        [short, long].map(({ dashed }) => dashed),
        [true, true],
      );
      const names = await bare.page.getByRole("group", { name: "Curves" }).locator("[aria-pressed]").allInnerTexts();
      assert.deepEqual(names, ["This config", "half.yaml", "long.yaml"]);
      assert.equal((await textsOf(bare.page)).filter(({ text }) => text === "never used").length, 0);
    });

    it("says under the crosshair which of them are over", async () => {
      await show(bare, modelBeside(linear, { "half.yaml": known(half), "long.yaml": known(steps(linear, 10_000)) }));
      await pointAt(4500);
      let figures = await readoutOf(bare.page);
      assert.equal(figures["half.yaml"], "the run is over");
      assert.match(figures["This config"] ?? "", /^1\.35e-4 · 44\.9 %$/);
      await pointAt(9000);
      figures = await readoutOf(bare.page);
      assert.deepEqual([figures["Phase"], figures["This config"]], ["the run is over", "the run is over"]);
      assert.match(figures["Update"] ?? "", /^[\d,]+$/);
      assert.match(figures["long.yaml"] ?? "", /^3\.0\de-5 · 10\.\d %$/);
      await away();
    });

    it("draws all over the share of their runs where one does not tell its updates, and says so", async () => {
      await show(bare, modelBeside(linear, { "b.yaml": known(uncounted) }));
      await bare.page
        .getByText("b.yaml does not tell how many updates it makes, so every run is drawn from 0 to 100 %.")
        .waitFor();
      const [run] = await linesOf(bare.page);
      assert.ok(run);
      assertExact(run, await scalesOf(bare.page), linearRate, 100 / 8000);
    });

    it("says why a file is not drawn, and asks the extension to take it away or to add others", async () => {
      await show(bare, modelBeside(linear, { "gone.yaml": missing("the file is gone"), "half.yaml": known(half) }));
      const legend = bare.page.getByRole("group", { name: "Curves" });
      await legend.getByText("gone.yaml: the file is gone").waitFor();
      await legend.getByRole("button", { name: "Remove gone.yaml" }).click();
      await legend.getByRole("button", { name: "Remove half.yaml" }).click();
      await bare.page.getByRole("button", { name: "Compare…" }).click();
      assert.deepEqual((await bare.told()).slice(-3), [
        { type: "remove", uri: "file:///gone.yaml" },
        { type: "remove", uri: "file:///half.yaml" },
        { type: "compare" },
      ]);
    });
  });

  it("as a table: both ends, the peak, where phases begin, and even steps between them", async () => {
    await show(bare, modelOf(linear));
    await bare.page.getByText("Table", { exact: true }).first().click();
    const table = bare.page.getByRole("region", { name: "Learning rate as a table" });
    assert.ok(await table.isVisible());
    const rows = await table
      .locator("tbody tr")
      .evaluateAll((all) => all.map((row) => [...row.children].map(({ textContent }) => textContent ?? "")));
    assert.deepEqual(rows[0], ["0", "65,536", "0"]);
    assert.deepEqual(rows[1], ["199", "13.1M", formatRate(linearRate(199))]);
    assert.deepEqual(rows[2], ["200", "13.2M", "3e-4"]);
    assert.deepEqual(rows.at(-1), ["7,999", "524M", "3.85e-8"]);
    for (const [step = "", , rate] of rows) assert.equal(rate, formatRate(linearRate(Number(step.replace(",", "")))));
  });

  it("asks for nothing that its content security policy forbids", () => {
    assert.deepEqual(bare.complaints, []);
  });
});
