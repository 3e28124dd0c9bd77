import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { known } from "../../src/core/answer.ts";
import { rateOf } from "../../src/core/schedule/lrSchedule.ts";
import type { SavedKind, SaveMessage } from "../../src/protocol.ts";
import { analysisOf, answered } from "../unit/analysis.ts";
import { type BarePage, openBarePage, themeNames } from "./barePage.ts";
import { drawn, linear, linearRate, modelOf, show, uncounted, withGroup } from "./plotted.ts";

/** What the page asks the extension to save when one of its buttons is pressed. */
async function saved(bare: BarePage, kind: SavedKind): Promise<SaveMessage> {
  const before = (await bare.told()).length;
  await bare.page.getByRole("button", { name: `Save as ${kind.toUpperCase()}` }).click();
  const message = (await bare.told()).slice(before).find(({ type }) => type === "save");
  assert.ok(message?.type === "save" && message.kind === kind);
  return message;
}

/** Does something in a page without the policy of ours. */
async function elsewhere<T>({ page }: BarePage, work: (other: Page) => Promise<T>): Promise<T> {
  const other = await page.context().browser()?.newPage();
  assert.ok(other);
  try {
    return await work(other);
  } finally {
    await other.close();
  }
}

/** How a picture looks to a browser that opens it: its size, the colour of its corner, and how many pixels have a colour. */
function opened(bare: BarePage, type: string, base64: string, color: readonly number[]) {
  return elsewhere(bare, (other) =>
    other.evaluate(
      async ([address, wanted]) => {
        const image = new Image();
        image.src = address;
        await image.decode();
        const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
        const context = canvas.getContext("2d");
        context?.drawImage(image, 0, 0);
        const { data } = context?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
        let count = 0;
        for (let at = 0; at < data.length; at += 4) {
          if (wanted.every((channel, index) => Math.abs((data[at + index] ?? 0) - channel) < 3)) count++;
        }
        return { width: image.naturalWidth, height: image.naturalHeight, corner: [...data.slice(0, 4)], count };
      },
      [`data:${type};base64,${base64}`, color] as const,
    ),
  );
}

/** What a reader of XML finds in an SVG. */
function readSvg(bare: BarePage, content: string) {
  return elsewhere(bare, (other) =>
    other.evaluate((text) => {
      const { documentElement: svg } = new DOMParser().parseFromString(text, "image/svg+xml");
      return {
        error: svg.querySelector("parsererror")?.textContent ?? "",
        name: svg.localName,
        size: ["width", "height", "viewBox", "role"].map((name) => svg.getAttribute(name)),
        first: [...svg.children].slice(0, 2).map(({ localName, textContent }) => [localName, textContent ?? ""]),
        texts: [...svg.querySelectorAll("text")].map(({ textContent }) => textContent ?? ""),
      };
    }, content),
  );
}

/** The colour of the first curve on white. */
const blue = [0x0b, 0x6b, 0xd3];

function rowsOf(csv: string): readonly (readonly string[])[] {
  assert.ok(csv.endsWith("\n"));
  return csv
    .slice(0, -1)
    .split("\n")
    .map((line) => line.split(","));
}

describe("the exports of the plot", () => {
  let bare: BarePage;

  before(async () => {
    bare = await openBarePage();
  });

  after(() => bare.close());

  it("are named after the file", async () => {
    await show(bare, modelOf(linear, {}, "configs/sft smol.v2.yaml"));
    for (const kind of ["svg", "png", "csv"] as const) {
      assert.equal((await saved(bare, kind)).name, "sft smol.v2-learning-rate");
    }
  });

  it("are an SVG that is well-formed, says what it shows, and opens as a picture of its own size", async () => {
    await show(bare, withGroup(modelOf(linear, {}, 'a & b/<"run">.yaml'), "embeddings <tied> & head\n2"));
    const { content } = await saved(bare, "svg");
    const read = await readSvg(bare, content);
    assert.deepEqual([read.error, read.name], ["", "svg"]);
    const title = 'Learning rate · a & b/<"run">.yaml';
    const description = "linear over 8,000 updates, 200 of them warmup: peak 3e-4, last update at 3.85e-8";
    assert.deepEqual(read.first, [
      ["title", title],
      ["desc", description],
    ]);
    for (const text of [title, description, "This config", "embeddings <tied> & head 2"]) {
      assert.ok(read.texts.includes(text), text);
    }
    const [width, height, viewBox, role] = read.size;
    assert.deepEqual([width, viewBox, role], ["960", `0 0 960 ${height}`, "img"]);
    const base64 = Buffer.from(content).toString("base64");
    const picture = await opened(bare, "image/svg+xml", base64, blue);
    assert.deepEqual([picture.width, picture.height], [960, Number(height)]);
    assert.deepEqual(picture.corner, [255, 255, 255, 255]);
    assert.ok(picture.count > 900, `only ${picture.count} pixels of the curve`);
  });

  it("are a PNG of twice that size, on white, with the curve in it", async () => {
    await show(bare, modelOf(linear));
    const { content } = await saved(bare, "png");
    const bytes = Buffer.from(content, "base64");
    assert.deepEqual(
      [...bytes.subarray(1, 4)],
      [..."PNG"].map((letter) => letter.charCodeAt(0)),
    );
    const svg = (await saved(bare, "svg")).content;
    const height = Number(/height="(\d+)"/.exec(svg)?.[1]);
    const picture = await opened(bare, "image/png", content, blue);
    assert.deepEqual([picture.width, picture.height], [1920, 2 * height]);
    assert.deepEqual(picture.corner, [255, 255, 255, 255]);
    assert.ok(picture.count > 1800, `only ${picture.count} pixels of the curve`);
  });

  it("break a description between words that is wider than the picture", async () => {
    const model = modelOf(uncounted);
    const plot = answered(model.schedule);
    const description = `${"a schedule with a name as long as this ".repeat(6)}: peak 2e-5`;
    await show(bare, { ...model, schedule: known({ ...plot, description }) });
    const { texts } = await readSvg(bare, (await saved(bare, "svg")).content);
    const lines = texts.filter((text) => description.includes(text) && text.includes("a schedule"));
    assert.ok(lines.length > 1);
    assert.ok(description.startsWith(lines.join(" ")));
  });

  it("look the same in every theme", async () => {
    await show(bare, modelOf(linear));
    const pictures: string[] = [];
    for (const theme of themeNames) {
      await bare.setTheme(theme);
      await drawn(bare.page);
      pictures.push((await saved(bare, "svg")).content.replace(/zr\d+-/g, "zr-"));
    }
    assert.equal(pictures.length, 4);
    assert.ok(pictures.every((picture) => picture === pictures[0]));
    await bare.setTheme("Default Dark Modern");
  });

  it("are a CSV of every update, with the rates to the last bit", async () => {
    await show(bare, modelOf(linear));
    const [head, ...rows] = rowsOf((await saved(bare, "csv")).content);
    assert.deepEqual(head, ["step", "tokens", "learning_rate"]);
    assert.equal(rows.length, 8000);
    const rate = rateOf(answered(analysisOf(linear).schedule));
    for (const [step, row] of rows.entries()) {
      // 8 · 4 sequences of 2,048 tokens.
      assert.deepEqual(row.map(Number), [step, (step + 1) * 65_536, rate(step)]);
    }
    assert.equal(rate(0), 0);
    assert.ok(Math.abs(rate(7999) - linearRate(7999)) <= 1e-9 * linearRate(7999));
  });

  it("count epochs in the CSV where the samples are known, and per cent of the run where they are not", async () => {
    await show(bare, modelOf(uncounted, { samples: 1001 }));
    const counted = rowsOf((await saved(bare, "csv")).content);
    assert.deepEqual(counted[0], ["step", "epoch", "tokens", "This config", "Textbook"]);
    assert.equal(counted.length, 1 + 378);
    assert.deepEqual(counted[126]?.slice(0, 2).map(Number), [125, 1]);
    await show(bare, modelOf(uncounted));
    const unknown = rowsOf((await saved(bare, "csv")).content);
    assert.deepEqual(unknown[0], ["percent", "This config", "Textbook"]);
    assert.equal(unknown.length, 1 + 1000);
    assert.deepEqual(unknown[501]?.map(Number)[0], 50);
  });

  it("have a column for each curve that is drawn, under a name that a spreadsheet takes for a text", async () => {
    await show(bare, withGroup(modelOf(linear), '=1+"2", head'));
    const csv = (await saved(bare, "csv")).content;
    assert.equal(csv.split("\n")[0], `step,tokens,This config,"'=1+""2"", head"`);
    // A tenth of the rate, update by update.
    const [, row = ""] = /\n(200,.*)\n/.exec(csv) ?? [];
    const [step, tokens, rate, tenth = 0] = row.split(",").map(Number);
    assert.deepEqual([step, tokens, rate], [200, 201 * 65_536, 3e-4]);
    assert.ok(Math.abs(tenth - 3e-5) < 1e-19);
    await bare.page.getByRole("button", { name: '=1+"2", head' }).click();
    assert.equal((await saved(bare, "csv")).content.split("\n")[0], "step,tokens,learning_rate");
  });

  it("of more updates than the page can hold are left to the command line, and the page says so", async () => {
    await show(bare, modelOf(linear.replace("8000", "3000000")));
    await bare.page.getByRole("button", { name: "Save as CSV" }).click();
    await bare.page
      .getByText("3,000,000 updates are more than the panel saves; fine-tune-lens schedule --format csv writes them.")
      .waitFor();
    assert.equal((await bare.told()).at(-1)?.type === "save", true);
  });

  it("ask for nothing that the content security policy forbids", () => {
    assert.deepEqual(bare.complaints, []);
  });
});
