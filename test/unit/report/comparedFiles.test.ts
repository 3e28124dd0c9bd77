import assert from "node:assert/strict";
import { known, missing } from "../../../src/core/answer.ts";
import { type ComparedFile, comparedViews, distinctNames } from "../../../src/core/report/comparedFiles.ts";
import { panelModel } from "../../../src/core/report/panelModel.ts";
import { readyPlot } from "../../../src/core/report/plottedCurve.ts";
import { scheduleCsv } from "../../../src/core/report/scheduleRows.ts";
import { formatRate } from "../../../src/core/units.ts";
import { analysisOf, answered } from "../analysis.ts";

/** A linear decay from 2e-5 without warmup. */
const config = "model_name_or_path: m\nlearning_rate: 2e-5\nlr_scheduler_type: linear\n";

function file(path: string, text: string): ComparedFile {
  return { uri: `file:///${path}`, path, analysis: known(analysisOf(text)) };
}

function plotWith(text: string, ...compared: readonly ComparedFile[]) {
  const analysis = analysisOf(text);
  return answered(panelModel("a.yaml", analysis, { file: analysis, hypothesis: {} }, compared).schedule);
}

describe("files that are compared", () => {
  it("have the shortest names that tell them apart", () => {
    const paths = ["runs/sft/a.yaml", "runs/dpo/a.yaml", "runs/dpo/b.yaml", "a/b/c.yaml", "x/b/c.yaml", "c.yaml"];
    assert.deepEqual(distinctNames(paths), [
      "sft/a.yaml",
      "dpo/a.yaml",
      "b.yaml",
      "a/b/c.yaml",
      "x/b/c.yaml",
      "c.yaml",
    ]);
  });

  it("are curves of their own, each with its own end, in the order in which they were chosen", () => {
    const { curves, unit, notes } = plotWith(
      `${config}max_steps: 100\n`,
      file("long.yaml", `${config}max_steps: 400\n`),
      file("short.yaml", `${config}max_steps: 10\n`),
    );
    assert.deepEqual(
      curves.map(({ id, label, kind, schedule }) => [id, label, kind, schedule.totalSteps]),
      [
        ["run", "This config", "run", 100],
        ["other file:///long.yaml", "long.yaml", "other", 400],
        ["other file:///short.yaml", "short.yaml", "other", 10],
      ],
    );
    assert.deepEqual([unit, notes], ["updates", []]);
  });

  it("are all drawn over the share of their runs where one does not tell its updates, which is said", () => {
    const { unit, notes } = plotWith(`${config}max_steps: 100\n`, file("b.yaml", `${config}num_train_epochs: 3\n`));
    assert.equal(unit, "percent");
    assert.deepEqual(notes, ["b.yaml does not tell how many updates it makes, so every run is drawn from 0 to 100 %."]);
  });

  it("say why they are not drawn", () => {
    const unplottable = file("plateau.yaml", config.replace("linear", "reduce_lr_on_plateau"));
    const gone: ComparedFile = { uri: "file:///gone.yaml", path: "gone.yaml", analysis: missing("the file is gone") };
    const [first, second] = comparedViews([unplottable, gone]);
    assert.match(first?.reason ?? "", /^"reduce_lr_on_plateau" follows a metric of the run/);
    assert.deepEqual(second, { uri: "file:///gone.yaml", label: "gone.yaml", reason: "the file is gone" });
    assert.equal(plotWith(`${config}max_steps: 100\n`, unplottable, gone).curves.length, 1);
  });

  it("end where they end in the CSV, which goes on for the longest", () => {
    const plot = readyPlot(plotWith(`${config}max_steps: 2\n`, file("b.yaml", `${config}max_steps: 4\n`)));
    assert.ok(plot);
    const rows = scheduleCsv(plot, plot.curves).trimEnd().split("\n");
    const [head, ...rates] = rows.map((row) => row.split(",").slice(-2));
    assert.deepEqual(head, ["This config", "b.yaml"]);
    // With k of T updates behind it, the rate is 2e-5 · (T − k)/T.
    assert.deepEqual(
      rates.map((row) => row.map((rate) => (rate === "" ? "" : formatRate(Number(rate))))),
      [
        ["2e-5", "2e-5"],
        ["1e-5", "1.5e-5"],
        ["", "1e-5"],
        ["", "5e-6"],
      ],
    );
  });
});
