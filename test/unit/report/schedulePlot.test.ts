import assert from "node:assert/strict";
import { schedulePlot } from "../../../src/core/report/schedulePlot.ts";
import { analysisOf, answered } from "../analysis.ts";

/** 1,000 samples, 8 per update: 125 updates per epoch, 250 in all. */
const config = `base_model: meta-llama/Llama-3.2-1B
micro_batch_size: 2
gradient_accumulation_steps: 4
num_epochs: 2
learning_rate: 2e-4
lr_scheduler: cosine
`;

function plotOf(lines: string, samples?: number) {
  const analysis = analysisOf(config + lines, samples === undefined ? {} : { samples });
  return answered(schedulePlot(analysis, { file: analysis, hypothesis: {} }, []));
}

describe("the schedule's plot in words", () => {
  const words = (lines: string) => plotOf(`${lines}max_steps: 100\n`).description;

  it("tells how much of the run is warmup", () => {
    assert.match(words("warmup_steps: 0\n"), /^cosine over 100 updates, none of them warmup: peak 2e-4, /);
    assert.match(words("warmup_steps: 10\n"), /^cosine over 100 updates, 10 of them warmup: /);
    assert.match(words("warmup_steps: 100\n"), /^cosine over 100 updates, all of them warmup: /);
    // Megatron rounds nothing: 5 % of 125 updates are 6.25, so that the seventh is the last below the peak.
    const megatron = "model: a/b\ntuner_type: full\nmicro_batch_size: 1\ntrain_iters: 125\nlr: 1e-5\n";
    const part = analysisOf(`${megatron}lr_warmup_fraction: 0.05\n`);
    const { description } = answered(schedulePlot(part, { file: part, hypothesis: {} }, []));
    assert.match(description, /^cosine over 125 updates, 7 of them warmup: /);
  });

  it("is the reason where there is no schedule", () => {
    const analysis = analysisOf(config.replace("cosine", "reduce_lr_on_plateau"));
    const plot = schedulePlot(analysis, { file: analysis, hypothesis: {} }, []);
    assert.ok("reason" in plot);
    assert.match(plot.reason, /follows a metric of the run/);
  });
});

describe("the marks of the schedule's plot", () => {
  it("stand where the run evaluates and saves", () => {
    assert.deepEqual(plotOf("test_datasets: [{ path: a/b }]\neval_steps: 50\n", 1000).marks, [
      { kind: "evaluation", every: 50 },
      { kind: "save", every: 125 },
    ]);
    // An eighth of 250 updates, rounded up.
    assert.deepEqual(plotOf("test_datasets: [{ path: a/b }]\nevals_per_epoch: 4\n", 1000).marks[0], {
      kind: "evaluation",
      every: 32,
    });
  });

  it("are left out where the run does not evaluate", () => {
    assert.deepEqual(plotOf("save_steps: 100\n", 1000).marks, [{ kind: "save", every: 100 }]);
  });

  it("are left out where epochs have no known length", () => {
    assert.deepEqual(plotOf("test_datasets: [{ path: a/b }]\n").marks, []);
  });
});
