import assert from "node:assert/strict";
import fc from "fast-check";
import { findGpu } from "../../../src/core/gpus/catalogue.ts";
import { estimateMemory } from "../../../src/core/memory/estimate.ts";
import type { Run } from "../../../src/core/memory/run.ts";
import { analysisOf, answered } from "../analysis.ts";

/** LoRA on a model with 152,064 tokens in its vocabulary, one sequence at a time. */
const training = `model_name_or_path: Qwen/Qwen2.5-7B
dtype: bfloat16
bf16: false
use_peft: true
gradient_checkpointing: true
per_device_train_batch_size: 1
max_length: 4096
packing: true
learning_rate: 1e-4
`;
const trl = `${training}loss_type: nll\n`;

const memory = (text: string, versions: Record<string, string> = {}) => answered(analysisOf(text, { versions }).memory);

describe("the memory of an evaluation", () => {
  it("is not told for runs that do not evaluate, as the Trainer does not unless it is told to", () => {
    assert.equal(memory(trl).evalDeviceBytes, null);
    assert.equal(memory(`${trl}eval_strategy: "no"\n`).evalDeviceBytes, null);
  });

  it("is that of the Trainer's 8 sequences and their logits in bfloat16, in float32 and as log-probabilities", () => {
    const { peakAt, components, deviceBytes, evalDeviceBytes } = memory(`${trl}eval_strategy: steps\n`);
    assert.equal(peakAt, "evaluation");
    assert.equal(components.logits, 8 * 4096 * 152_064 * (2 + 4 + 4));
    assert.equal(components.gradients, 0);
    assert.equal(deviceBytes, evalDeviceBytes);
  });

  it("decides what fits where it is more than a training step's", () => {
    const gpu = findGpu("a6000") ?? assert.fail();
    const verdict = (more: string) => analysisOf(trl + more).fitOn(gpu)?.verdict;
    assert.equal(verdict(""), "fits");
    assert.notEqual(verdict("eval_strategy: epoch\n"), "fits");
    assert.equal(verdict("eval_strategy: epoch\nper_device_eval_batch_size: 1\n"), "fits");
  });

  it("leaves the training step's figures alone where it is less", () => {
    const one = memory(`${trl}eval_strategy: steps\nper_device_eval_batch_size: 1\n`);
    const none = memory(trl);
    assert.ok(one.evalDeviceBytes !== null && one.evalDeviceBytes < one.deviceBytes);
    assert.deepEqual({ ...one, evalDeviceBytes: null, evalLowBytes: null }, none);
  });

  it("is told beside the training step's where it is more", () => {
    const both = memory(`${trl}eval_strategy: steps\n`);
    assert.equal(both.trainDeviceBytes, memory(trl).deviceBytes);
  });

  it("has all logits with Liger, which fuses the loss in training only, before TRL asked for more", () => {
    const text = `${trl}use_liger_kernel: true\neval_strategy: steps\n`;
    assert.equal(memory(text, { trl: "0.24.0" }).components.logits, 8 * 4096 * 152_064 * (2 + 4 + 4));
    // One chunk of them at a time.
    assert.ok(memory(text).components.logits < 8 * 4096 * 152_064);
  });

  it("takes place in axolotl where it is told to and there are data for it, with the micro batch", () => {
    const axolotl = (more: string) =>
      memory(`base_model: Qwen/Qwen2.5-7B
adapter: lora
lora_r: 16
lora_target_linear: true
micro_batch_size: 2
sequence_len: 2048
learning_rate: 1e-4
bf16: true
${more}`);
    assert.equal(axolotl("").evalDeviceBytes, null);
    assert.equal(axolotl("val_set_size: 0.05\n").evalDeviceBytes, null);
    assert.equal(axolotl("evals_per_epoch: 4\n").evalDeviceBytes, null);
    assert.ok(axolotl("val_set_size: 0.05\nevals_per_epoch: 4\n").evalDeviceBytes !== null);
  });

  it("takes place in ms-swift where there are data for it, whenever it saves", () => {
    const swift = (more: string) =>
      memory(`model: Qwen/Qwen2.5-7B-Instruct
train_type: lora
dataset: [AI-ModelScope/alpaca-gpt4-data-en]
max_length: 2048
per_device_train_batch_size: 1
torch_dtype: bfloat16
${more}`).evalDeviceBytes;
    assert.equal(swift(""), null);
    assert.ok(swift("split_dataset_ratio: 0.01\n") !== null);
    assert.equal(swift("split_dataset_ratio: 0.01\neval_strategy: no\n"), null);
  });

  it("is told of losses only, not of NeMo RL's evaluations that score answers", () => {
    const nemo = (section: string) => `${section}:
  max_num_epochs: 1
  val_period: 10
  val_micro_batch_size: 4
policy:
  model_name: Qwen/Qwen2.5-1.5B
  train_global_batch_size: 8
  train_micro_batch_size: 4
  max_total_sequence_length: 512
  precision: bfloat16
  dtensor_cfg: { enabled: true, activation_checkpointing: true }
  optimizer: { name: torch.optim.AdamW, kwargs: { lr: 3e-7 } }
cluster: { gpus_per_node: 1, num_nodes: 1 }
`;
    assert.ok(memory(nemo("sft")).evalDeviceBytes !== null);
    assert.equal(analysisOf(nemo("distillation")).plan.evaluatesAnswers?.value, true);
  });

  it("grows with its batch, keeps nothing for a backward pass, and is finite", () => {
    const sizes = fc.integer({ min: 1, max: 32 });
    const run = answered(analysisOf(trl).run);
    const evaluated = (sequences: number): Run => ({ ...run, evaluation: { sequences, loss: "materialised" } });
    fc.assert(
      fc.property(sizes, fc.boolean(), (sequences, checkpointing) => {
        const needs = estimateMemory({ ...evaluated(sequences), checkpointing }).evalDeviceBytes ?? Number.NaN;
        assert.ok(Number.isFinite(needs));
        assert.ok(needs < (estimateMemory(evaluated(sequences + 1)).evalDeviceBytes ?? 0));
        assert.equal(needs, estimateMemory({ ...evaluated(sequences), checkpointing: !checkpointing }).evalDeviceBytes);
      }),
      { numRuns: 30 },
    );
  });
});
