import assert from "node:assert/strict";
import { verdictWithAssumptions } from "../../../src/core/report/verdict.ts";
import { analysisOf } from "../analysis.ts";

const torchtune = (length: string, model = "llama3_2.llama3_2_1b") => `
model:
  _component_: torchtune.models.${model}
tokenizer:
  _component_: torchtune.models.llama3.llama3_tokenizer
  max_seq_len: ${length}
optimizer:
  _component_: torch.optim.AdamW
  lr: 2e-5
batch_size: 2
dtype: bf16
`;
const lengthOf = (text: string) => {
  const { value, origin } = analysisOf(text).plan.sequenceLength;
  return [value, origin];
};

describe("the length of sequences that are as long as the data", () => {
  it("is taken to be 2,048 tokens, and every verdict says so", () => {
    const analysis = analysisOf(torchtune("null"));
    assert.deepEqual(lengthOf(torchtune("null")), [2048, "assumed"]);
    assert.match(verdictWithAssumptions(analysis), /2048 tokens per sequence.* assumed\)/);
  });

  it("is no longer than the model's context", () => {
    // GPT-2 has 1,024 positions.
    const text = "model_name_or_path: gpt2\nlearning_rate: 5e-5\nper_device_train_batch_size: 8\n";
    assert.deepEqual(lengthOf(text), [1024, "assumed"]);
  });

  it("is that of the file where it has one", () => assert.deepEqual(lengthOf(torchtune("512")), [512, "file"]));

  it("stays unknown where it is set elsewhere", () =>
    assert.deepEqual(lengthOf(torchtune("${oc.env:LENGTH}")), [undefined, "unknown"]));

  it("stays unknown while the model is", () =>
    assert.deepEqual(lengthOf(torchtune("null", "custom.my_model")), [undefined, "unknown"]));
});
