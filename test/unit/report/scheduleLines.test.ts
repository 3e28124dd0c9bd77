import assert from "node:assert/strict";
import { plainText } from "../../../src/core/report/lines.ts";
import { scheduleLines } from "../../../src/core/report/scheduleLines.ts";
import { analysisOf } from "../analysis.ts";

describe("a schedule in a terminal", () => {
  const config = "model_name_or_path: a/b\nper_device_train_batch_size: 1\nlearning_rate: 1e-5\n";

  it("says why there is none", () => {
    const [line] = scheduleLines(analysisOf(`${config}lr_scheduler_type: reduce_lr_on_plateau\n`), 20).map(plainText);
    assert.match(line ?? "", /follows a metric of the run/);
  });

  it("asks for the number of updates where it is not known, and has no rows without it", () => {
    const lines = scheduleLines(analysisOf(`${config}lr_scheduler_type: constant\n`), 20).map(plainText);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /unknown number of updates: say --samples N or --steps T$/);
  });

  it("says what is assumed, what is a default and what the user says", () => {
    const generic = "model: mistralai/Mistral-7B-v0.1\nlearning_rate: 2e-4\nbatch_size: 8\nmax_seq_length: 2048\n";
    const [first, second] = scheduleLines(analysisOf(generic, { samples: 1000 }), 20).map(plainText);
    const assumed = "(assumed: transformers' default; the file does not say)";
    assert.ok(first?.startsWith(`linear ${assumed}, peak 2e-4, last update at 5.33e-7, 375 updates, `), first);
    assert.ok(first?.endsWith(` of them warmup ${assumed}`), first);
    assert.equal(
      second,
      `  from samples 1,000 (as you said), epochs 3 ${assumed}, micro batch 8, accumulation 1 ${assumed}, ` +
        "GPUs 1 (assumed: the launcher decides the number of GPUs)",
    );
    const [said] = scheduleLines(analysisOf(generic, { steps: 50 }), 20).map(plainText);
    assert.match(said ?? "", /, 50 updates \(as you said\), /);
  });

  it("says nothing more of updates that the file itself states", () => {
    const stated = `${config}lr_scheduler_type: constant_with_warmup\nwarmup_steps: 5\nmax_steps: 10\n`;
    const [first, second] = scheduleLines(analysisOf(stated), 20).map(plainText);
    assert.equal(first, "constant_with_warmup, peak 1e-5, last update at 1e-5, 10 updates, 5 of them warmup");
    assert.match(second ?? "", /^ +0 {2}0/);
  });

  it("asks for what it is not given already, and tells why samples do not do", () => {
    const batchless = `${config}lr_scheduler_type: constant\ngradient_accumulation_steps: \${PASSES}\n`;
    for (const samples of [{}, { samples: 1000 }]) {
      const [first] = scheduleLines(analysisOf(batchless, samples), 20).map(plainText);
      assert.match(
        first ?? "",
        /unknown number of updates \(\$\{PASSES\} is resolved outside this file\): say --steps T$/,
      );
    }
  });

  it("draws no bar where there is no rate above zero", () => {
    const text =
      "model_name_or_path: a/b\nper_device_train_batch_size: 1\nlearning_rate: -1e-5\nlr_scheduler_type: constant\n";
    const [, ...rows] = scheduleLines(analysisOf(text, { steps: 2 }), 20);
    assert.deepEqual(rows, [
      ["         0  ", "-1e-5"],
      ["         1  ", "-1e-5"],
    ]);
  });
});
