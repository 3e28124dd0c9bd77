import assert from "node:assert/strict";
import { findGpu } from "../../../src/core/gpus/catalogue.ts";
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

describe("the estimate of a run of which little is known", () => {
  it("says so, part by part", () => {
    const elsewhere = "base_model: ${MODEL}\nadapter: ${METHOD}\nmicro_batch_size: 2\nlearning_rate: 1e-5\n";
    const lines = estimateLines(analysisOf(elsewhere), [findGpu("a100-80gb") ?? assert.fail()]).map(plainText);
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? "",
      /unknown model \(unknown size\) · unknown method · Memory unknown: the model is not known/,
    );
  });
});

describe("the fit in the estimate", () => {
  it("is told of each GPU, with how many of them hold a run that is too large for one", () => {
    const gpus = ["rtx-4090", "h200"].map((id) => findGpu(id) ?? assert.fail(id));
    const full = config.replace("use_peft: true\n", "");
    const [small, large] = estimateLines(analysisOf(full), gpus).map(plainText).slice(-2);
    assert.match(small ?? "", /^ {2}RTX 4090 +no +[\d.]+ %, at least \d+ with all states sharded/);
    assert.match(large ?? "", /^ {2}H200 141GB +fits +[\d.]+ %$/);
  });

  it("asks for no more GPUs than one that holds what is left of an offloaded run", () => {
    const full = config.replace("use_peft: true\n", "");
    const host = "offload_optimizer: {device: cpu}, offload_param: {device: cpu}";
    const offloaded = `${full}deepspeed: {bf16: {enabled: true}, zero_optimization: {stage: 3, ${host}}}\n`;
    const [line] = estimateLines(analysisOf(offloaded), [findGpu("rtx-4090") ?? assert.fail()])
      .map(plainText)
      .slice(-1);
    assert.match(line ?? "", /^ {2}RTX 4090 +fits +[\d.]+ %$/);
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
