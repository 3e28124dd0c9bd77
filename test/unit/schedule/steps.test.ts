import assert from "node:assert/strict";
import { litgptUpdates, torchtuneUpdates } from "../../../src/core/schedule/updates.ts";
import { warmupSteps } from "../../../src/core/schedule/warmup.ts";
import axolotl from "../../fixtures/golden/axolotlWarmup.json" with { type: "json" };
import huggingFace from "../../fixtures/golden/huggingFaceSteps.json" with { type: "json" };
import { analysisOf, answered } from "../analysis.ts";

describe("updates of a run", () => {
  for (const row of huggingFace.cases) {
    const { version, samples, microBatch, gpus, accumulation, epochs, dropLast, maxSteps } = row;
    const { warmupSteps: steps, warmupRatio, totalSteps, resolvedWarmup } = row;
    const run = `${samples} samples, batch ${microBatch}×${gpus}×${accumulation}, ${epochs} epochs, at most ${maxSteps}`;
    it(`transformers ${version}, ${run}: ${totalSteps}, ${resolvedWarmup} of them warmup`, () => {
      const text = `model_name_or_path: m
per_device_train_batch_size: ${microBatch}
gradient_accumulation_steps: ${accumulation}
num_train_epochs: ${epochs}
max_steps: ${maxSteps}
dataloader_drop_last: ${dropLast}
learning_rate: 1e-5
warmup_steps: ${steps}
warmup_ratio: ${warmupRatio}
`;
      const { length } = analysisOf(text, { samples, gpus, versions: { transformers: version } });
      assert.equal(length.totalSteps, totalSteps);
      assert.equal(length.warmupSteps, resolvedWarmup);
    });
  }

  it("transformers before 4.52 drops the last, incomplete accumulation: 501 batches by 4 are 125 updates, not 126", () => {
    const text =
      "model_name_or_path: m\nper_device_train_batch_size: 1\ngradient_accumulation_steps: 4\nnum_train_epochs: 1\n";
    const updates = (transformers: string) =>
      analysisOf(text, { samples: 501, versions: { transformers } }).length.updatesPerEpoch;
    assert.equal(updates("4.51.3"), 125);
    assert.equal(updates("4.52.0"), 126);
  });

  it("torchtune leaves out incomplete batches and accumulations: 1001 samples on 2 GPUs, 4 by 8, are 15 updates", () => {
    const run = { samples: 1001, microBatch: 4, replicas: 2, accumulation: 8, globalBatch: 64, dropLast: false };
    assert.equal(torchtuneUpdates(run), 15); // ⌈1001/2⌉ = 501; ⌊501/4⌋ = 125; ⌊125/8⌋ = 15
  });

  it("LitGPT counts the last batch and leaves out the last accumulation: 1001 samples on 2 GPUs, 4 by 7, are 18", () => {
    const run = { samples: 1001, microBatch: 4, replicas: 2, accumulation: 7, globalBatch: 56, dropLast: false };
    assert.equal(litgptUpdates(run), 18); // ⌈1001/2⌉ = 501; ⌈501/4⌉ = 126; ⌊126/7⌋ = 18
  });

  for (const { totalSteps, resolvedWarmup, ...row } of axolotl.cases) {
    if (totalSteps === null) continue;
    it(`axolotl, warmup ${row.warmupSteps} and ${row.warmupRatio} of ${totalSteps}: ${resolvedWarmup}`, () => {
      const keys = [
        row.warmupSteps === null ? "" : `warmup_steps: ${row.warmupSteps}\n`,
        row.warmupRatio === null ? "" : `warmup_ratio: ${row.warmupRatio}\n`,
      ];
      const text = `base_model: m\nmicro_batch_size: 1\nlearning_rate: 1e-5\n${keys.join("")}`;
      assert.equal(answered(analysisOf(text, { steps: totalSteps }).schedule).warmupSteps, resolvedWarmup);
    });
  }

  it("rounds a ratio up in doubles: 7 % of 100 is 8 updates, as in Python", () => {
    assert.equal(warmupSteps({ ratio: 0.07, rounding: "up" }, 100), 8);
  });

  it("TRL's GRPO trains on all answers: 1,001 prompts of 8 answers by 16 per update are 500, twice where each is seen twice", () => {
    const text = (iterations: number) => `model_name_or_path: m
learning_rate: 1e-6
num_generations: 8
num_iterations: ${iterations}
per_device_train_batch_size: 8
gradient_accumulation_steps: 2
num_train_epochs: 1
`;
    assert.equal(analysisOf(text(1), { samples: 1001 }).length.totalSteps, 500);
    assert.equal(analysisOf(text(2), { samples: 1001 }).length.totalSteps, 1000);
  });

  it("verl's scheduler counts steps, each of a batch of prompts: 1,050 by 100 are 10, 20 in two epochs", () => {
    const text = JSON.stringify({
      data: { train_batch_size: 100 },
      actor_rollout_ref: { model: { path: "m" }, actor: { ppo_mini_batch_size: 50 }, rollout: { n: 8 } },
      trainer: { total_epochs: 2, n_gpus_per_node: 8, nnodes: 1 },
    });
    const { length, schedule } = analysisOf(text, { samples: 1050, format: "json" });
    assert.equal(length.totalSteps, 20);
    assert.match(answered(schedule).surprises.join(), /each step makes 2 optimizer updates at the same rate/);
  });
});
