import assert from "node:assert/strict";
import { analysisOf } from "../../analysis.ts";

function found(decay: string, { name = "decoupled_adamw", rate = "2.0e-5" } = {}) {
  const text = `max_seq_len: 4096
model: { name: hf_causal_lm, pretrained_model_name_or_path: meta-llama/Llama-2-7b-hf }
train_loader: { name: text, dataset: { remote: s3://corpus/cases, max_seq_len: 4096 } }
optimizer: { name: ${name}, lr: ${rate}, weight_decay: ${decay} }
max_duration: 1ep
global_train_batch_size: 64
device_train_microbatch_size: 1
`;
  return analysisOf(text).findings.find(({ rule }) => rule === "optimizer/decoupled-weight-decay");
}

describe("optimizer/decoupled-weight-decay", () => {
  it("begins at 1e-3, where Composer warns", () => {
    assert.equal(found("1.0e-3")?.severity, "error");
    assert.equal(found("9.9e-4"), undefined);
    assert.equal(found("0.1", { name: "adamw" }), undefined);
  });

  it("offers what AdamW takes, rate × decay, where that is small enough", () => {
    const titles = (rate: string) => found("0.1", { rate })?.fixes.map(({ title, preferred }) => [title, preferred]);
    assert.deepEqual(titles("2.0e-5"), [["Set weight_decay to 2e-6 (what AdamW makes of 0.1)", true]]);
    assert.deepEqual(titles("9.0e-3"), [["Set weight_decay to 9e-4 (what AdamW makes of 0.1)", true]]);
    assert.deepEqual(titles("1.0e-2"), []);
    assert.deepEqual(titles('"${rate}"'), []);
  });
});
