import assert from "node:assert/strict";
import type { Hypothesis } from "../../../src/core/advice/hypothesis.ts";
import { floorOf, triedSchedulers } from "../../../src/core/advice/scheduleTrials.ts";
import { canWrite, revisionWith } from "../../../src/core/advice/whatIf.ts";
import { analysisOf } from "../analysis.ts";

/** The text with what is tried in it. */
function tried(text: string, hypothesis: Hypothesis, total?: number): string {
  const { document, dialect } = analysisOf(text);
  return revisionWith(document, dialect, hypothesis, total).text;
}

const trainer = `model_name_or_path: m # the model
learning_rate: 2.0e-05  # peak
lr_scheduler_type: cosine
num_train_epochs: 3
warmup_ratio: 0.1
`;

describe("trying another schedule", () => {
  it("writes peak, warmup and epochs as the file writes them, and nothing else", () => {
    assert.equal(
      tried(trainer, { peakLearningRate: 1e-4, warmupRatio: 0.03, epochs: 1 }),
      trainer.replace("2.0e-05", "1.0e-04").replace("0.1", "0.03").replace("epochs: 3", "epochs: 1"),
    );
  });

  it("writes a warmup's share of the run where the file has it, under the newer name too", () => {
    const newer = trainer.replace("warmup_ratio: 0.1", "warmup_steps: 0.1");
    assert.equal(tried(newer, { warmupRatio: 0.03 }), newer.replace("warmup_steps: 0.1", "warmup_steps: 0.03"));
  });

  it("gives a scheduler the settings without which it stops the run", () => {
    assert.equal(
      tried(trainer, { scheduler: "cosine_with_min_lr" }),
      trainer.replace(
        "lr_scheduler_type: cosine\n",
        "lr_scheduler_type: cosine_with_min_lr\nlr_scheduler_kwargs:\n  min_lr_rate: 0.1\n",
      ),
    );
    // A tenth of 500 updates.
    assert.match(
      tried(trainer, { scheduler: "warmup_stable_decay" }, 500),
      /lr_scheduler_kwargs:\n {2}num_decay_steps: 50\n/,
    );
  });

  it("takes away what the new scheduler does not know, and keeps what it knows", () => {
    const floored = trainer.replace(
      "type: cosine\n",
      "type: cosine_with_min_lr\nlr_scheduler_kwargs: { min_lr: 1e-6 }\n",
    );
    assert.match(tried(floored, { scheduler: "linear" }), /lr_scheduler_type: linear\nlr_scheduler_kwargs: \{ {2}\}\n/);
    assert.match(
      tried(floored, { scheduler: "cosine_warmup_with_min_lr" }),
      /type: cosine_warmup_with_min_lr\nlr_scheduler_kwargs: \{ min_lr: 1e-6 \}\n/,
    );
  });

  it("knows the floor under the name and in the unit of the framework", () => {
    const absolute = trainer.replace(
      "type: cosine\n",
      "type: cosine_with_min_lr\nlr_scheduler_kwargs: { min_lr: 1e-6 }\n",
    );
    assert.ok(Math.abs((floorOf(analysisOf(absolute).plan) ?? 0) - 0.05) < 1e-12);
    assert.match(tried(absolute, { floor: 0.1 }), /min_lr: 2e-6 \}/);
    const axolotl = "base_model: m\nmicro_batch_size: 1\nlearning_rate: 2e-5\nlr_scheduler: cosine\n";
    assert.equal(floorOf(analysisOf(axolotl).plan), 0);
    assert.equal(tried(axolotl, { floor: 0.1 }), `${axolotl}cosine_min_lr_ratio: 0.1\n`);
    const neox =
      "train_micro_batch_size_per_gpu: 1\nnum_layers: 2\ntrain_iters: 100\nlr_decay_style: cosine\nmin_lr: 1.0e-5\noptimizer: { type: Adam, params: { lr: 1.0e-4 } }\n";
    assert.match(tried(neox, { floor: 0.2 }), /^min_lr: 2\.0e-5$/m);
  });

  it("has no floor where the scheduler has none", () => {
    const { document, dialect, plan } = analysisOf(trainer);
    assert.equal(floorOf(plan), undefined);
    assert.equal(canWrite(document, dialect, { floor: 0.1 }), false);
  });

  it("changes the updates after which the run stops, where they are a number in the file", () => {
    const limited = `${trainer}max_steps: 1_000\n`;
    assert.match(tried(limited, { maxSteps: 500 }), /^max_steps: 500$/m);
    const { document, dialect } = analysisOf(trainer);
    assert.equal(canWrite(document, dialect, { maxSteps: 500 }), false);
  });

  it("writes no samples, which no config has", () => {
    const { document, dialect } = analysisOf(trainer);
    assert.equal(canWrite(document, dialect, { samples: 1000 }), false);
  });

  it("offers the framework's schedulers, but for those that follow a metric", () => {
    const names = triedSchedulers(analysisOf(trainer).dialect);
    assert.ok(names.includes("cosine") && names.includes("warmup_stable_decay"));
    assert.ok(!names.includes("reduce_lr_on_plateau"));
  });
});
