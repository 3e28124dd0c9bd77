import assert from "node:assert/strict";
import { estimateText } from "../../../src/core/report/text.ts";
import { analysisOf } from "../analysis.ts";

const config = `model_name_or_path: Qwen/Qwen2.5-7B
dtype: bfloat16
use_peft: true
gradient_checkpointing: true
per_device_train_batch_size: 1
max_length: 4096
learning_rate: 1e-4
loss_type: nll
`;

const text = (more: string) => estimateText(analysisOf(config + more), []);

describe("the estimate as text", () => {
  it("says nothing of evaluation and host where there is nothing", () => {
    assert.doesNotMatch(text(""), /evaluation|training step|host/);
  });

  it("tells the evaluation's memory beside the training step's, whichever is the peak", () => {
    assert.match(text("eval_strategy: steps\nper_device_eval_batch_size: 1\n"), /^ {2}evaluation: [\d.]+ GiB$/m);
    const evaluated = text("eval_strategy: steps\n");
    assert.match(evaluated, /^ {2}peak at the evaluation, /m);
    assert.match(evaluated, /^ {2}training step: [\d.]+ GiB$/m);
  });

  it("tells the host's share of what is offloaded", () => {
    const offload = "{stage: 2, offload_optimizer: {device: cpu}}";
    assert.match(
      text(`deepspeed: {bf16: {enabled: true}, zero_optimization: ${offload}}\n`),
      /^ {2}host memory per GPU: [\d.]+ GiB$/m,
    );
  });
});
