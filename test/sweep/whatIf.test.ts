import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Hypothesis } from "../../src/core/advice/hypothesis.ts";
import { floorOf } from "../../src/core/advice/scheduleTrials.ts";
import { revisionWith, unwritable } from "../../src/core/advice/whatIf.ts";
import type { Analysis } from "../../src/core/analyze.ts";
import type { WarmupRatio } from "../../src/core/plan/plan.ts";
import type { Control } from "../../src/core/report/controls.ts";
import { whatIfView } from "../../src/core/report/whatIfView.ts";
import { analysisOf } from "../unit/analysis.ts";

describe("each control of the what-if row", () => {
  for (const name of examples()) {
    it(`changes what it says it changes: ${name}`, () => {
      const analysis = analysisOf(readFileSync(name, "utf8"), { format: name.endsWith("json") ? "json" : "yaml" });
      const { controls, schedule } = whatIfView(analysis, { file: analysis, hypothesis: {} });
      for (const hypothesis of [...controls, ...schedule].flatMap(otherValues)) {
        const { plan, length } = tried(analysis, hypothesis);
        const { peak, scheduler, warmup } = plan.learningRate;
        if (hypothesis.peakLearningRate) assert.equal(peak.value, hypothesis.peakLearningRate);
        if (hypothesis.scheduler) assert.equal(scheduler.value, hypothesis.scheduler);
        if (hypothesis.warmupRatio) assert.equal((warmup.value as WarmupRatio).ratio, hypothesis.warmupRatio);
        if (hypothesis.warmupSteps && hypothesis.warmupSteps > 2) {
          assert.deepEqual(warmup.value, { steps: hypothesis.warmupSteps });
        }
        if (hypothesis.floor !== undefined) {
          assert.ok(Math.abs((floorOf(plan) ?? Number.NaN) - hypothesis.floor) < 1e-5, JSON.stringify(hypothesis));
        }
        if (hypothesis.epochs) assert.equal(plan.duration.epochs.value, hypothesis.epochs);
        if (hypothesis.maxSteps) assert.equal(plan.duration.maxSteps.value, hypothesis.maxSteps);
        if (hypothesis.samples) assert.equal(length.samples.value, hypothesis.samples);
        if (hypothesis.microBatch) assert.equal(plan.batch.micro.value, hypothesis.microBatch);
        if (hypothesis.sequenceLength) assert.equal(plan.sequenceLength.value, hypothesis.sequenceLength);
        if (hypothesis.gpus) assert.equal(plan.parallelism.gpus.value, hypothesis.gpus);
        if (hypothesis.method) assert.equal(plan.method.value, hypothesis.method);
        if (hypothesis.optimizer) assert.match(plan.optimizer.name.value ?? "", /adam/i);
        if (hypothesis.gradientCheckpointing !== undefined) {
          assert.equal(plan.gradientCheckpointing.value, hypothesis.gradientCheckpointing);
        }
      }
    });
  }
});

function tried(from: Analysis, hypothesis: Hypothesis): Analysis {
  const { text } = revisionWith(from.document, from.dialect, hypothesis);
  return analysisOf(text, { format: from.document.format, ...unwritable(hypothesis) });
}

/** What each other value of a control tries. */
function otherValues(control: Control): readonly Hypothesis[] {
  switch (control.kind) {
    case "number":
      return control.stops.map((stop) => ({ [control.name]: control.unit === "percent" ? stop / 100 : stop }));
    case "choice":
      return control.choices.flatMap(({ id }) => (id === "" ? [] : [{ [control.name]: id }]));
    case "switch":
      return [{ [control.name]: !control.value }];
  }
}

function examples(): readonly string[] {
  return readdirSync("examples", { recursive: true, encoding: "utf8" })
    .map((name) => join("examples", name))
    .filter((name) => /\.(?:ya?ml|json)$/.test(name) && !/[\\/]data[\\/]/.test(name));
}
