import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import type { AnalyzeOptions } from "../../src/core/analyze.ts";
import { type Answer, known } from "../../src/core/answer.ts";
import { type PanelModel, panelModel } from "../../src/core/report/panelModel.ts";
import { analysisOf, answered } from "../unit/analysis.ts";
import type { BarePage } from "./barePage.ts";

/** Linear: 200 of 8,000 updates of warmup, to 3e-4. */
export const linear = `model_name_or_path: HuggingFaceTB/SmolLM2-360M
max_length: 2048
bf16: true
per_device_train_batch_size: 8
gradient_accumulation_steps: 4
learning_rate: 3.0e-04
lr_scheduler_type: linear
warmup_steps: 200
max_steps: 8000
`;

/** The rate of update `step` of `linear`, as transformers' `get_linear_schedule_with_warmup` has it. */
export function linearRate(step: number): number {
  return 3e-4 * (step < 200 ? step / 200 : (8000 - step) / 7800);
}

/** Cosine over three epochs of samples that the config does not count, with 3 % warmup, to 2e-5. */
export const uncounted = `model_name_or_path: meta-llama/Llama-2-7b-hf
per_device_train_batch_size: 2
gradient_accumulation_steps: 4
max_length: 2048
num_train_epochs: 3
learning_rate: 2e-5
lr_scheduler_type: cosine
warmup_ratio: 0.03
bf16: true
`;

/** What the panel shows of a config. */
export function modelOf(text: string, options: Partial<AnalyzeOptions> = {}, file = "configs/run.yaml"): PanelModel {
  return panelModel(file, analysisOf(text, options));
}

/** The same beside other files, by their paths: their texts, or why there is nothing to draw of them. */
export function modelBeside(text: string, others: Readonly<Record<string, Answer<string>>>): PanelModel {
  const file = analysisOf(text);
  const compared = Object.entries(others).map(([path, other]) => ({
    uri: `file:///${path}`,
    path,
    analysis: other.value === null ? other : known(analysisOf(other.value)),
  }));
  return panelModel("configs/run.yaml", file, { file, hypothesis: {} }, compared);
}

/** The same with a second curve, of parameters whose peak is a rate of their own, 3e-5. */
export function withGroup(model: PanelModel, name: string): PanelModel {
  const plot = answered(model.schedule);
  const { schedule } = plot.curves[0] ?? assert.fail();
  const group = { name, peak: { value: 3e-5, origin: "file" as const } };
  return {
    ...model,
    schedule: known({
      ...plot,
      curves: [...plot.curves, { id: "group", label: name, kind: "group", schedule, group }],
    }),
  };
}

let files = 0;

/** Shows the page a model: of a file that is new to it, unless `uri` names one. */
export async function show(bare: BarePage, model: PanelModel, uri = `file:///${++files}`): Promise<void> {
  const shown = { uri, pinned: false, compared: model.compared.map((file) => file.uri) };
  await bare.tell({ type: "show", shown, model, hypothesis: {}, answers: 0 });
  await drawn(bare.page);
}

/** What is under a pixel of the picture and the other way round, as the numbers at its axes say. */
export interface Scales {
  readonly placeAt: (x: number) => number;
  readonly pixelX: (place: number) => number;
  readonly pixelY: (rate: number) => number;
  /** Pixels from the first to the last number of the axis of the run. */
  readonly width: number;
}

export type Vertex = readonly [x: number, y: number];

export interface PlottedLine {
  readonly color: string;
  readonly dashed: boolean;
  readonly vertices: readonly Vertex[];
}

export function plotOf(page: Page): Locator {
  return page.getByRole("application", { name: "Learning rate plot" });
}

/** The texts of the picture with where they stand, in its pixels. */
export async function textsOf(page: Page) {
  const found = await plotOf(page)
    .locator("svg text")
    .evaluateAll((texts) =>
      texts.map((text) => ({
        text: text.textContent ?? "",
        anchor: text.getAttribute("text-anchor") ?? "",
        place: text.getAttribute("transform") ?? "",
      })),
    );
  return found.map(({ text, anchor, place }) => {
    const [, x, y] = /^translate\(([\d.-]+) ([\d.-]+)\)$/.exec(place) ?? [];
    return { text, anchor, x: Number(x), y: Number(y) };
  });
}

/** The scales of the picture, from the numbers at its axes alone. */
export async function scalesOf(page: Page, { log = false } = {}): Promise<Scales> {
  const texts = await textsOf(page);
  const number = (text: string) => Number(text.replaceAll(",", "").replace(/ %$/, ""));
  const places = texts
    .filter(({ text, anchor }) => anchor === "middle" && /^[\d,.]+(?: %)?$/.test(text))
    .map(({ text }) => number(text));
  const rates = texts.filter(({ anchor, text }) => anchor === "end" && Number.isFinite(Number(text)));
  const ticks = await tickPixels(page);
  assert.equal(places.length, ticks.length, "every number of the axis has its tick");
  const height = (rate: number) => (log ? Math.log10(rate) : rate);
  const x = between([ticks[0], ticks.at(-1)], [places[0], places.at(-1)]);
  const y = between(
    [rates[0]?.y, rates.at(-1)?.y],
    [height(Number(rates[0]?.text)), height(Number(rates.at(-1)?.text))],
  );
  return {
    placeAt: x.valueAt,
    pixelX: x.pixelOf,
    pixelY: (rate) => y.pixelOf(height(rate)),
    width: (ticks.at(-1) ?? 0) - (ticks[0] ?? 0),
  };
}

type Ends = readonly [number | undefined, number | undefined];

function between([pixel0 = Number.NaN, pixel1 = Number.NaN]: Ends, [value0 = Number.NaN, value1 = Number.NaN]: Ends) {
  const size = (pixel1 - pixel0) / (value1 - value0);
  assert.ok(Number.isFinite(size) && size !== 0, "an axis has at least two numbers");
  return {
    pixelOf: (value: number) => pixel0 + (value - value0) * size,
    valueAt: (pixel: number) => value0 + (pixel - pixel0) / size,
  };
}

/** Where the ticks of the axis of the run are: they go four pixels down. */
async function tickPixels(page: Page): Promise<readonly number[]> {
  const paths = await plotOf(page)
    .locator("svg path")
    .evaluateAll((all) => all.map((path) => path.getAttribute("d") ?? ""));
  const ticks = (d: string) =>
    [...d.matchAll(/M([\d.]+) ([\d.]+)L\1 ([\d.]+)/g)].filter(([, , from, to]) => Number(to) - Number(from) === 4);
  return (paths.map(ticks).find(({ length }) => length > 1) ?? []).map(([, x]) => Number(x));
}

/** The curves as drawn, in the order in which they lie over each other. */
export async function linesOf(page: Page): Promise<readonly PlottedLine[]> {
  const paths = await plotOf(page)
    .locator("svg g[clip-path] path[fill=none]")
    .evaluateAll((all) =>
      all.map((path) => ({
        d: path.getAttribute("d") ?? "",
        color: path.getAttribute("stroke") ?? "",
        dashed: path.hasAttribute("stroke-dasharray"),
      })),
    );
  return paths.map(({ d, color, dashed }) => ({ color, dashed, vertices: verticesIn(d) }));
}

function verticesIn(d: string): readonly Vertex[] {
  assert.match(d, /^(?:[ML][-\d.]+ [-\d.]+)+$/, "the curve is made of straight lines");
  return [...d.matchAll(/[ML]([-\d.]+) ([-\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
}

/** Fails unless every vertex is a place of the run that lies on `step`s of an update, at its rate within half a pixel. */
export function assertExact(
  { vertices }: PlottedLine,
  { placeAt, pixelY }: Scales,
  rate: (step: number) => number,
  perUpdate = 1,
): void {
  assert.ok(vertices.length > 2);
  for (const [x, y] of vertices) {
    const update = placeAt(x) / perUpdate;
    const step = Math.round(update);
    assert.ok(Math.abs(update - step) < 0.1, `a vertex lies between two updates: ${update}`);
    const expected = pixelY(rate(step));
    assert.ok(Math.abs(y - expected) <= 0.5, `update ${step} is drawn at ${y} instead of ${expected}`);
  }
}

/** The figures under the crosshair by their names. */
export async function readoutOf(page: Page): Promise<Readonly<Record<string, string>>> {
  const figures = await page
    .locator("dl.readout > div")
    .evaluateAll((all) =>
      all.map((figure) => [figure.querySelector("dt")?.textContent, figure.querySelector("dd")?.textContent]),
    );
  return Object.fromEntries(figures);
}

/** Resolves when the page has drawn what it was asked to: it draws with the next frame. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}
