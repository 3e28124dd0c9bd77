import assert from "node:assert/strict";
import type { Gpu } from "../../../../src/core/gpus/gpu.ts";
import { gibibyte } from "../../../../src/core/units.ts";
import { analysisOf, answered } from "../../analysis.ts";
import { gpuOf } from "../gpuOf.ts";

/** Full fine-tuning in which activations are a small part, or most, by their batch. */
const config = (batch: number, checkpoints = false) => `base_model: NousResearch/Llama-2-7b-hf
sequence_len: 1024
sample_packing: true
micro_batch_size: ${batch}
num_epochs: 1
optimizer: adamw_torch_fused
learning_rate: 0.00005
gradient_checkpointing: ${checkpoints}
bf16: true
`;

const bytes = (batch: number, checkpoints: boolean) =>
  answered(analysisOf(config(batch, checkpoints)).memory).trainDeviceBytes;

const messages = (text: string, gpu?: Gpu) =>
  analysisOf(text, gpu ? { target: { gpu, count: 1 } } : {})
    .findings.filter(({ rule }) => rule === "memory/no-checkpointing")
    .map(({ message }) => message);

describe("memory/no-checkpointing", () => {
  it("speaks without a GPU where recomputing saves more than a third", () => {
    assert.ok(bytes(16, true) < (2 / 3) * bytes(16, false));
    assert.equal(messages(config(16)).length, 1);
    assert.ok(bytes(1, true) > (2 / 3) * bytes(1, false));
    assert.deepEqual(messages(config(1)), []);
    assert.deepEqual(messages(config(16, true)), []);
  });

  it("speaks where it decides whether the run fits, however little it saves", () => {
    const between = gpuOf((bytes(1, true) + bytes(1, false)) / 2);
    const [message = ""] = messages(config(1), between);
    assert.match(message, /; with it [\d.]+ GiB, which fits the Own GPU, for about a third more time\.$/);
  });

  it("is silent where the GPU has room for all, and where little saved does not help", () => {
    assert.deepEqual(messages(config(16), gpuOf(bytes(16, false) + gibibyte)), []);
    assert.deepEqual(messages(config(1), gpuOf(16 * gibibyte)), []);
  });

  it("is silent while the length of the sequences is assumed", () => {
    assert.deepEqual(
      messages("model_name_or_path: Qwen/Qwen2.5-7B\nper_device_train_batch_size: 64\nlearning_rate: 1.0e-5\n"),
      [],
    );
  });

  it("is silent where the framework has no key for it", () => {
    const litgpt = `checkpoint_dir: checkpoints/meta-llama/Llama-2-7b-hf
precision: bf16-true
devices: 1
lora_r: 8
train:
  global_batch_size: 16
  micro_batch_size: 16
  max_seq_length: 2048
`;
    const { components, deviceBytes } = answered(analysisOf(litgpt).memory);
    assert.ok(components.activations > deviceBytes / 3);
    assert.deepEqual(messages(litgpt), []);
  });

  it("switches it on", () => {
    const { findings } = analysisOf(config(16));
    const fixes = findings.find(({ rule }) => rule === "memory/no-checkpointing")?.fixes ?? [];
    assert.match(fixes[0]?.title ?? "", /^Set gradient_checkpointing so that activations are recomputed/);
    assert.equal(fixes[0]?.preferred, true);
  });
});
