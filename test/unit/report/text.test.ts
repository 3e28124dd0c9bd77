import assert from "node:assert/strict";
import { estimateLines } from "../../../src/core/report/estimateLines.ts";
import { plainText } from "../../../src/core/report/lines.ts";
import { scheduleLines } from "../../../src/core/report/scheduleLines.ts";
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

const text = (more: string) =>
  estimateLines(analysisOf(config + more), [])
    .map(plainText)
    .join("\n");

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

describe("the schedule as text", () => {
  it("names the parameters with a peak of their own below the peak of the rest", () => {
    const axolotl =
      "base_model: m\nadapter: lora\nmicro_batch_size: 1\nlearning_rate: 2e-4\nlr_scheduler: constant\nloraplus_lr_ratio: 16\n";
    const [first, second, third] = scheduleLines(analysisOf(axolotl, { steps: 100 }), 2).map(plainText);
    assert.match(first ?? "", /^constant, peak 2e-4, /);
    assert.equal(second, "LoRA B matrices: peak 3.2e-3");
    assert.equal(third, `         0  2e-4      ${"█".repeat(40)}`);
  });
});
