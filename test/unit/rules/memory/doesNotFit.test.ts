import assert from "node:assert/strict";
import { usableBytes } from "../../../../src/core/gpus/catalogue.ts";
import type { Gpu } from "../../../../src/core/gpus/gpu.ts";
import { gibibyte } from "../../../../src/core/units.ts";
import { analysisOf, answered } from "../../analysis.ts";
import { gpuOf } from "../gpuOf.ts";

const config = `base_model: meta-llama/Llama-2-7b-hf
sequence_len: 2048
micro_batch_size: 8
gradient_accumulation_steps: 4
num_epochs: 3
learning_rate: 2e-5
`;

const findings = (text: string, gpu: Gpu | null, count?: number) => {
  const target = gpu && { gpu, ...(count === undefined ? {} : { count }) };
  const { findings: all } = analysisOf(text, target ? { target } : {});
  return all.filter(({ rule }) => rule === "memory/does-not-fit");
};

describe("memory/does-not-fit", () => {
  const need = answered(analysisOf(config).memory);

  it("warns at the micro batch where not even the least is there", () => {
    const gpu = gpuOf(need.lowBytes - gibibyte);
    const [finding, ...others] = findings(config, gpu);
    assert.equal(others.length, 0);
    assert.equal(finding?.severity, "warning");
    assert.deepEqual(finding?.range, { start: { line: 2, character: 18 }, end: { line: 2, character: 19 } });
    assert.match(finding?.message ?? "", /^Out of memory to be expected: a step on 8 × 2,048 tokens takes [\d.]+ GiB/);
    assert.doesNotMatch(finding?.message ?? "", /at least/);
    assert.ok(finding?.message.includes(`${(usableBytes(gpu) / gibibyte).toFixed(1)} GiB to give`));
  });

  it("only remarks that it is tight where the least is there, but not what is expected", () => {
    const [finding] = findings(config, gpuOf((need.lowBytes + need.deviceBytes) / 2));
    assert.equal(finding?.severity, "information");
    assert.match(finding?.message ?? "", /^Tight: a step on 8 × 2,048 tokens is expected to take /);
  });

  it("speaks of the training step where an evaluation pass takes more", () => {
    const text = `model_name_or_path: meta-llama/Llama-2-7b-hf
max_length: 2048
per_device_train_batch_size: 1
per_device_eval_batch_size: 64
eval_strategy: epoch
use_peft: true
loss_type: nll
`;
    const { trainDeviceBytes, trainLowBytes, peakAt } = answered(analysisOf(text).memory);
    assert.equal(peakAt, "evaluation");
    assert.deepEqual(findings(text, gpuOf(trainDeviceBytes + gibibyte)), []);
    const [finding] = findings(text, gpuOf(trainLowBytes - gibibyte));
    assert.match(finding?.message ?? "", /a step on 1 × 2,048 tokens takes [\d.]+ GiB \(at least [\d.]+ GiB\)/);
  });

  it("is silent where the run fits, and where nobody has chosen a GPU", () => {
    assert.deepEqual(findings(config, gpuOf(need.deviceBytes + gibibyte)), []);
    assert.deepEqual(findings(config, null), []);
  });

  it("is silent while nobody says how many GPUs share the states", () => {
    const sharded = `${config}deepspeed:\n  zero_optimization:\n    stage: 3\n`;
    const small = gpuOf(16 * gibibyte);
    assert.deepEqual(findings(sharded, small), []);
    assert.equal(findings(sharded, small, 2).length, 1);
  });

  it("is silent where the memory is unknown", () => {
    assert.deepEqual(findings(config.replace("meta-llama/Llama-2-7b-hf", "nobody/knows"), gpuOf(gibibyte)), []);
  });
});
