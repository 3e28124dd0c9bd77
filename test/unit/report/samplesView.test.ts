import assert from "node:assert/strict";
import { samplesView } from "../../../src/core/report/samplesView.ts";
import { analysisOf } from "../analysis.ts";

const base = `model_name_or_path: meta-llama/Llama-2-7b-hf
per_device_train_batch_size: 2
learning_rate: 2e-5
lr_scheduler_type: cosine
`;

describe("the question for the training samples", () => {
  it("is asked where they are all that is missing, with the reason", () => {
    assert.deepEqual(samplesView(analysisOf(`${base}num_train_epochs: 3\n`)), {
      kind: "asked",
      label: "Training samples",
      why: "How many the run has in one epoch is unknown: the number of samples is not in the config.",
    });
  });

  it("asks for sequences where samples are packed into them", () => {
    const view = samplesView(
      analysisOf(`${base}max_length: 2048\npacking: true\ndataset_name: HuggingFaceTB/smol-smoltalk\n`),
    );
    assert.ok(view?.kind === "asked");
    assert.equal(view.label, "Packed sequences");
  });

  it("is not asked where the updates are known without them", () => {
    assert.equal(samplesView(analysisOf(`${base}max_steps: 100\n`)), null);
  });

  it("is not asked where the answer would not tell the updates: the batch is unknown too", () => {
    assert.equal(samplesView(analysisOf(base.replace("size: 2", "size: ${BATCH}"))), null);
  });

  it("is not asked where there is no schedule to draw", () => {
    assert.equal(samplesView(analysisOf(base.replace("cosine", "reduce_lr_on_plateau"))), null);
  });

  it("is answered by what the user has said, also where the updates do not depend on it", () => {
    for (const text of [base, `${base}max_steps: 100\n`]) {
      assert.deepEqual(samplesView(analysisOf(text, { samples: 52_002 })), {
        kind: "said",
        text: "52,002 training samples in one epoch, as you said.",
      });
    }
  });
});
