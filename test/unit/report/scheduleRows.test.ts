import assert from "node:assert/strict";
import { type ReadyPlot, readyPlot } from "../../../src/core/report/plottedCurve.ts";
import { schedulePlot } from "../../../src/core/report/schedulePlot.ts";
import { scheduleCsv, scheduleHead, scheduleRows } from "../../../src/core/report/scheduleRows.ts";
import { analysisOf, answered } from "../analysis.ts";

/** 1,000 samples, 8 per update: 125 updates per epoch, 250 in all, of 8 × 1,024 tokens each. */
const config = `base_model: meta-llama/Llama-3.2-1B
micro_batch_size: 2
gradient_accumulation_steps: 4
sequence_len: 1024
num_epochs: 2
learning_rate: 2e-4
lr_scheduler: constant
warmup_steps: 0
`;

function plotOf(text: string, samples?: number): ReadyPlot {
  const analysis = analysisOf(text, samples === undefined ? {} : { samples });
  const plot = readyPlot(answered(schedulePlot(analysis, { file: analysis, hypothesis: {} }, [])));
  return plot ?? assert.fail("there is no curve");
}

describe("the rates of the plot as comma-separated values", () => {
  it("have a row for each update, with the epochs and the tokens behind it", () => {
    const plot = plotOf(config, 1000);
    const lines = scheduleCsv(plot, plot.curves).trimEnd().split("\n");
    assert.equal(lines.length, 1 + 250);
    assert.equal(lines[0], "step,epoch,tokens,learning_rate");
    assert.equal(lines[1], "0,0.008,8192,0.0002");
    assert.equal(lines.at(-1), "249,2,2048000,0.0002");
  });

  it("go by the share of the run where its length is not known", () => {
    const plot = plotOf(config);
    const lines = scheduleCsv(plot, plot.curves).trimEnd().split("\n");
    assert.deepEqual(
      [lines[0], lines[1], lines[11], lines.length],
      ["percent,learning_rate", "0,0.0002", "1,0.0002", 1001],
    );
  });

  it("have a column for each curve, named so that a spreadsheet takes it for text", () => {
    const plot = plotOf(`${config}adapter: lora\nloraplus_lr_ratio: 16\n`, 1000);
    const [run, ...others] = plot.curves;
    const curves = [{ ...run, label: '=1+1, "x"' }, ...others];
    const [head, first] = scheduleCsv(plot, curves).split("\n");
    assert.equal(head, `step,epoch,tokens,"'=1+1, ""x""",LoRA B matrices`);
    assert.equal(first, `0,0.008,8192,0.0002,${16 * 2e-4}`);
  });
});

describe("the table of the plot", () => {
  it("has the first and the last update, with what is behind them", () => {
    const plot = plotOf(config, 1000);
    assert.deepEqual(scheduleHead(plot, plot.curves), ["Update", "Epoch", "Tokens seen", "Learning rate"]);
    const rows = scheduleRows(plot, plot.curves);
    assert.deepEqual(rows[0], ["0", "0.01", "8,192", "2e-4"]);
    assert.deepEqual(rows.at(-1), ["249", "2.00", "2.05M", "2e-4"]);
  });

  it("goes by the share of the run where its length is not known", () => {
    const plot = plotOf(config);
    assert.deepEqual(scheduleHead(plot, plot.curves), ["Run", "Learning rate"]);
    assert.deepEqual(scheduleRows(plot, plot.curves)[0], ["0 %", "2e-4"]);
  });

  it("names the curves where there are several", () => {
    const plot = plotOf(`${config}adapter: lora\nloraplus_lr_ratio: 16\n`, 1000);
    assert.deepEqual(scheduleHead(plot, plot.curves).slice(3), ["This config", "LoRA B matrices"]);
  });
});
