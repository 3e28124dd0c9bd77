import assert from "node:assert/strict";
import { type BarePage, openBarePage } from "./barePage.ts";
import {
  assertExact,
  drawn,
  linear,
  linearRate,
  linesOf,
  modelOf,
  plotOf,
  scalesOf,
  show,
  textsOf,
  uncounted,
} from "./plotted.ts";

/** 40 restarts in the 97,000 updates after the warmup: one every 2,425. */
const restarts = `model_name_or_path: meta-llama/Llama-2-7b-hf
per_device_train_batch_size: 4
learning_rate: 2e-5
lr_scheduler_type: cosine_with_restarts
lr_scheduler_kwargs: { num_cycles: 40 }
warmup_steps: 3000
max_steps: 100000
`;

/** transformers' `get_cosine_with_hard_restarts_schedule_with_warmup`. */
function restartsRate(step: number): number {
  if (step < 3000) return (2e-5 * step) / 3000;
  return 2e-5 * 0.5 * (1 + Math.cos(Math.PI * (((40 * (step - 3000)) / 97_000) % 1)));
}

/** transformers' `get_cosine_schedule_with_warmup`. */
function cosineRate(step: number, warmup: number, total: number): number {
  if (step < warmup) return (2e-5 * step) / warmup;
  return 2e-5 * 0.5 * (1 + Math.cos((Math.PI * (step - warmup)) / (total - warmup)));
}

describe("the drawn schedule", () => {
  let bare: BarePage;

  before(async () => {
    bare = await openBarePage();
  });

  after(() => bare.close());

  it("is exact at every vertex, from the first update to the last", async () => {
    await show(bare, modelOf(linear));
    const [line, ...others] = await linesOf(bare.page);
    assert.ok(line);
    assert.deepEqual(others, []);
    const scales = await scalesOf(bare.page);
    assertExact(line, scales, linearRate);
    const steps = line.vertices.map(([x]) => Math.round(scales.placeAt(x)));
    assert.equal(steps[0], 0);
    assert.equal(steps.at(-1), 7999);
    // The rate is 0 at update 0, and the highest where the warmup ends.
    assert.ok(steps.includes(199) && steps.includes(200));
  });

  it("is exact on a logarithmic axis, which leaves out the first update's rate of 0 and says so", async () => {
    await show(bare, modelOf(linear));
    await bare.page.getByRole("button", { name: "Log Axis" }).click();
    await bare.page.getByText("A logarithmic axis has no place for a rate of 0.").waitFor();
    const [line] = await linesOf(bare.page);
    assert.ok(line);
    const scales = await scalesOf(bare.page, { log: true });
    assertExact(line, scales, linearRate);
    assert.equal(Math.round(scales.placeAt(line.vertices[0]?.[0] ?? 0)), 1);
    await bare.page.getByRole("button", { name: "Log Axis" }).click();
    await drawn(bare.page);
  });

  it("loses no restart of 100,000 updates: both sides of each are drawn as far up and down as they reach", async () => {
    await show(bare, modelOf(restarts));
    const [line] = await linesOf(bare.page);
    assert.ok(line);
    const scales = await scalesOf(bare.page);
    assertExact(line, scales, restartsRate);
    for (let cycle = 1; cycle < 40; cycle++) {
      const start = 3000 + 2425 * cycle;
      const x = scales.pixelX(start);
      const before = line.vertices.findLast(([place]) => place < x - 1e-3);
      const at = line.vertices.find(([place]) => Math.abs(place - x) < 1e-3);
      assert.ok(before && x - before[0] < 1 && scales.pixelY(0) - before[1] <= 0.5, `the end of cycle ${cycle}`);
      assert.ok(at && Math.abs(at[1] - scales.pixelY(2e-5)) <= 0.5, `the beginning of the cycle after ${cycle}`);
    }
  });

  it("has every update of what is zoomed to", async () => {
    await show(bare, modelOf(restarts));
    const { pixelX } = await scalesOf(bare.page);
    const box = await plotOf(bare.page).boundingBox();
    assert.ok(box);
    await bare.page.mouse.move(box.x + pixelX(20_000), box.y + 100);
    await bare.page.mouse.down();
    await bare.page.mouse.move(box.x + pixelX(20_900), box.y + 100);
    await bare.page.mouse.up();
    await drawn(bare.page);
    const [line] = await linesOf(bare.page);
    assert.ok(line);
    const scales = await scalesOf(bare.page);
    assertExact(line, scales, restartsRate);
    const steps = line.vertices.map(([x]) => Math.round(scales.placeAt(x)));
    const [first = 0] = steps;
    assert.deepEqual(
      steps,
      Array.from(steps, (_, index) => first + index),
    );
    assert.ok(steps.length > 800 && steps.length < 1100, `${steps.length} updates`);
    await bare.page.getByRole("button", { name: "Whole Run" }).click();
  });

  it("names and shades its phases where they are", async () => {
    await show(bare, modelOf(linear));
    const { pixelX } = await scalesOf(bare.page);
    const bands = await plotOf(bare.page)
      .locator("svg path[fill-opacity='0.1']")
      .evaluateAll((paths) =>
        paths.map((path) => {
          const { x, width } = (path as SVGGraphicsElement).getBBox();
          return [x, x + width];
        }),
      );
    const edges = bands.map((ends) => ends.map(Math.round));
    assert.deepEqual(
      edges,
      [
        [0, 200],
        [200, 8000],
      ].map((ends) => ends.map((step) => Math.round(pixelX(step)))),
    );
    const names = (await textsOf(bare.page)).filter(({ text }) => text === "warmup" || text === "decay");
    assert.deepEqual(
      names.map(({ text }) => text),
      ["warmup", "decay"],
    );
    const [, decay] = names;
    assert.ok(decay && decay.x > pixelX(200) && decay.x < pixelX(8000));
  });

  it("marks the peak, the end of the warmup and the last update in words", async () => {
    await show(bare, modelOf(linear));
    const texts = (await textsOf(bare.page)).map(({ text }) => text);
    assert.ok(texts.includes("peak 3e-4, end of warmup · update 200"));
    // (8000 − 7999)/7800 of 3e-4.
    assert.ok(texts.includes("last update 3.85e-8"));
  });

  it("numbers the epochs where they end: 1,001 samples are ⌈⌈1001/2⌉/4⌉ = 126 updates", async () => {
    await show(bare, modelOf(uncounted, { samples: 1001 }));
    const { pixelX } = await scalesOf(bare.page);
    const epochs = (await textsOf(bare.page)).filter(({ text }) => text.startsWith("epoch "));
    assert.deepEqual(
      epochs.map(({ text }) => text),
      ["epoch 1", "epoch 2", "epoch 3"],
    );
    assert.ok(Math.abs((epochs[0]?.x ?? 0) - pixelX(126)) < 0.5);
    assert.ok(Math.abs((epochs[1]?.x ?? 0) - pixelX(252)) < 0.5);
    const [line] = await linesOf(bare.page);
    assert.ok(line);
    // ⌈0.03 · 378⌉ = 12 updates of warmup.
    assertExact(line, await scalesOf(bare.page), (step) => cosineRate(step, 12, 378));
  });

  it("is drawn over the share of the run while the number of samples is unknown", async () => {
    await show(bare, modelOf(uncounted));
    const texts = (await textsOf(bare.page)).map(({ text }) => text);
    assert.ok(texts.includes("share of the run") && texts.includes("0 %") && texts.includes("100 %"));
    const [line] = await linesOf(bare.page);
    assert.ok(line);
    // Over 1,000 updates, of which each is a tenth of a per cent.
    assertExact(line, await scalesOf(bare.page), (step) => cosineRate(step, 30, 1000), 0.1);
  });

  it("moves when the file changes", async () => {
    const uri = "file:///edited.yaml";
    await show(bare, modelOf(linear), uri);
    await show(bare, modelOf(linear.replace("warmup_steps: 200", "warmup_steps: 4000")), uri);
    await bare.page.getByText("4,000 of them warmup").waitFor();
    const [line] = await linesOf(bare.page);
    assert.ok(line);
    assertExact(line, await scalesOf(bare.page), (step) =>
      step < 4000 ? (3e-4 * step) / 4000 : (3e-4 * (8000 - step)) / 4000,
    );
  });

  it("says why there is none where the schedule cannot be told", async () => {
    await show(bare, modelOf(linear.replace("linear", "reduce_lr_on_plateau")));
    await bare.page.getByText("follows a metric of the run, so its curve cannot be known in advance").waitFor();
    assert.equal(await plotOf(bare.page).isVisible(), false);
  });

  it("asks for nothing that its content security policy forbids", () => {
    assert.deepEqual(bare.complaints, []);
  });
});
