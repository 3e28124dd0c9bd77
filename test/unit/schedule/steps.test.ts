import assert from "node:assert/strict";
import { huggingFaceTotalSteps, warmupSteps } from "../../../src/core/schedule/steps.ts";
import axolotl from "../../fixtures/golden/axolotlWarmup.json" with { type: "json" };
import huggingFace from "../../fixtures/golden/huggingFaceSteps.json" with { type: "json" };
import { analysisOf, answered } from "../analysis.ts";

describe("updates of a run", () => {
  for (const row of huggingFace.cases) {
    const { version, warmupRatio, resolvedWarmup, totalSteps, maxSteps, ...inputs } = row;
    const title = `${inputs.samples} samples, batch ${inputs.microBatch}×${inputs.gpus}×${inputs.accumulation}`;
    it(`transformers ${version}, ${title}, ${inputs.epochs} epochs, at most ${maxSteps}: ${totalSteps}`, () => {
      assert.equal(huggingFaceTotalSteps({ ...inputs, maxSteps }, { transformers: version }), totalSteps);
    });
    it(`transformers ${version}, warmup ${inputs.warmupSteps} and ${warmupRatio} of ${totalSteps}: ${resolvedWarmup}`, () => {
      const analysis = analysisOf(
        `model_name_or_path: m\nlearning_rate: 1e-5\nwarmup_steps: ${inputs.warmupSteps}\nwarmup_ratio: ${warmupRatio}\n`,
        { steps: totalSteps, versions: { transformers: version } },
      );
      assert.equal(answered(analysis.schedule).warmupSteps, resolvedWarmup);
    });
  }

  it("transformers before 4.52 drops the last, incomplete accumulation: 501 batches by 4 are 125 updates, not 126", () => {
    const run = { samples: 501, microBatch: 1, gpus: 1, accumulation: 4, epochs: 1, maxSteps: null };
    assert.equal(huggingFaceTotalSteps(run, { transformers: "4.51.3" }), 125);
    assert.equal(huggingFaceTotalSteps(run, { transformers: "4.52.0" }), 126);
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
});
