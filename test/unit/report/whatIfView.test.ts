import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Hypothesis } from "../../../src/core/advice/hypothesis.ts";
import { revisionWith, unwritable } from "../../../src/core/advice/whatIf.ts";
import type { Analysis } from "../../../src/core/analyze.ts";
import { findGpu } from "../../../src/core/gpus/catalogue.ts";
import { panelModel } from "../../../src/core/report/panelModel.ts";
import { roomRows, whatIfView } from "../../../src/core/report/whatIfView.ts";
import { formatGibibytes } from "../../../src/core/units.ts";
import { analysisOf, answered } from "../analysis.ts";

const qlora = readFileSync("examples/axolotl/llama-3-8b-qlora.yml", "utf8");
const file = analysisOf(qlora);

function tried(from: Analysis, hypothesis: Hypothesis): Analysis {
  const { text } = revisionWith(from.document, from.dialect, hypothesis);
  return analysisOf(text, { format: from.document.format, ...unwritable(hypothesis) });
}

const viewOf = (analysis: Analysis) => whatIfView(analysis, { file: analysis, hypothesis: {} });
const controlsOf = (analysis: Analysis) => viewOf(analysis).controls;

describe("the what-if row", () => {
  it("has controls for what axolotl has keys for, and for the number of GPUs", () => {
    assert.deepEqual(
      controlsOf(file).map(({ label, value }) => [label, value]),
      [
        ["Micro batch", 2],
        ["Sequence length", 2048],
        ["GPUs (only tried)", 1],
        ["Method", ""],
        ["Optimizer", ""],
        ["Gradient checkpointing", true],
      ],
    );
  });

  it("has controls of the schedule for what axolotl has keys for, and for the samples", () => {
    const { schedule } = viewOf(analysisOf(qlora, { samples: 1000 }));
    assert.deepEqual(
      schedule.map(({ label, value }) => [label, value]),
      [
        ["Peak learning rate", 2e-4],
        ["Scheduler", ""],
        ["Warmup (updates)", 10],
        ["Floor (% of the peak)", 0],
        ["Epochs", 3],
        ["Samples (only tried)", 1000],
      ],
    );
  });

  it("shows the warmup that axolotl chooses itself, 3 % of 1,000 updates, in updates", () => {
    const { schedule } = viewOf(analysisOf(`${qlora.replace(/^warmup_steps.*\n/m, "")}max_steps: 1000\n`));
    assert.deepEqual(
      schedule.filter(({ name }) => /^warmup/.test(name)).map(({ label, value }) => [label, value]),
      [["Warmup (updates)", 30]],
    );
  });

  it("says what schedule comes of what is tried, beside the file's", () => {
    const steps = analysisOf(`${qlora}max_steps: 100\n`);
    const hypothesis = { maxSteps: 200, peakLearningRate: 1e-4 };
    const { scheduleAnswer } = whatIfView(tried(steps, hypothesis), { file: steps, hypothesis });
    assert.match(
      scheduleAnswer,
      /^What if: cosine over 200 updates, 10 of them warmup: peak 1e-4, .*\. The file: cosine over 100 updates/,
    );
  });

  it("stops at powers of two, at the file's value, and at what is tried", () => {
    const three = analysisOf(qlora.replace("micro_batch_size: 2", "micro_batch_size: 3"));
    const hypothesis = { microBatch: 5 };
    const [micro] = whatIfView(tried(three, hypothesis), { file: three, hypothesis }).controls;
    assert.ok(micro?.kind === "number");
    assert.deepEqual(micro.stops, [1, 2, 3, 4, 5, 8, 16, 32, 64, 128, 256]);
    assert.equal(micro.value, 5);
  });

  it("says nothing while nothing is tried, and then both figures", () => {
    assert.deepEqual(
      [false, false, ""],
      (({ tries, writes, answer }) => [tries, writes, answer])(whatIfView(file, { file, hypothesis: {} })),
    );
    const hypothesis = { microBatch: 1 };
    const analysis = tried(file, hypothesis);
    const view = whatIfView(analysis, { file, hypothesis });
    const [now, then] = [analysis, file].map(({ memory }) => formatGibibytes(answered(memory).deviceBytes));
    assert.ok(view.answer.startsWith(`What if: ${now} per GPU · fits 1× `), view.answer);
    assert.ok(view.answer.endsWith(`The file: ${then} per GPU.`), view.answer);
    assert.deepEqual([view.tries, view.writes], [true, true]);
  });

  it("tries a number of GPUs without anything to write", () => {
    const hypothesis = { gpus: 4 };
    const { tries, writes } = whatIfView(tried(file, hypothesis), { file, hypothesis });
    assert.deepEqual([tries, writes], [true, false]);
  });

  it("puts the bar of what is tried above that of the file", () => {
    const hypothesis = { microBatch: 1 };
    const { bars } = answered(panelModel("a.yml", tried(file, hypothesis), { file, hypothesis }).memory);
    assert.deepEqual(
      bars.slice(0, 2).map(({ label, current }) => [label, current]),
      [
        ["What if (QLoRA r=32)", true],
        ["The file", false],
      ],
    );
    assert.equal(bars[1]?.total, formatGibibytes(answered(file.memory).deviceBytes));
  });

  it("tells how far the run can grow on the target GPU, or on the common ones", () => {
    assert.deepEqual(
      roomRows(file).map(([gpu]) => gpu),
      ["RTX 4090", "RTX A6000", "A100 80GB", "H200 141GB"],
    );
    const meant = analysisOf(qlora, { target: { gpu: findGpu("l40s") ?? assert.fail() } });
    assert.deepEqual(
      roomRows(meant).map(([gpu]) => gpu),
      ["L40S"],
    );
  });
});
