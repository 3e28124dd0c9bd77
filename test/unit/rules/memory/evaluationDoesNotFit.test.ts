import assert from "node:assert/strict";
import type { Gpu } from "../../../../src/core/gpus/gpu.ts";
import { gibibyte } from "../../../../src/core/units.ts";
import { analysisOf, answered } from "../../analysis.ts";
import { applyEdits } from "../../edits.ts";
import { gpuOf } from "../gpuOf.ts";

const trl = (batch: string) => `model_name_or_path: meta-llama/Llama-2-7b-hf
max_length: 2048
per_device_train_batch_size: 1
${batch}eval_strategy: epoch
use_peft: true
loss_type: nll
`;

const findings = (text: string, gpu: Gpu) =>
  analysisOf(text, { target: { gpu, count: 1 } }).findings.filter(
    ({ rule }) => rule === "memory/evaluation-does-not-fit",
  );

describe("memory/evaluation-does-not-fit", () => {
  const text = trl("per_device_eval_batch_size: 64\n");
  const { trainDeviceBytes, evalDeviceBytes, evalLowBytes } = answered(analysisOf(text).memory);
  const gpu = gpuOf(trainDeviceBytes + 2 * gibibyte);

  it("warns at the batch of evaluation, or at what switches it on", () => {
    const [finding] = findings(text, gpu);
    assert.equal(finding?.severity, "warning");
    assert.match(finding?.message ?? "", /at the first evaluation: a pass on 64 × 2,048 tokens takes/);
    assert.equal(finding?.range.start.line, 3);
    const [byDefault] = findings(trl(""), gpu);
    assert.match(byDefault?.message ?? "", /a pass on 8 × 2,048 tokens takes/);
    assert.deepEqual(byDefault?.range, { start: { line: 3, character: 15 }, end: { line: 3, character: 20 } });
  });

  it("remarks that it is tight where only cached blocks are too many", () => {
    const middle = ((evalDeviceBytes ?? 0) + (evalLowBytes ?? 0)) / 2;
    assert.deepEqual(
      findings(text, gpuOf(middle)).map(({ severity }) => severity),
      ["information"],
    );
    assert.match(findings(text, gpuOf(middle))[0]?.message ?? "", /^Tight: an evaluation pass on 64 × 2,048 tokens/);
  });

  it("offers the largest batch that fits: one more does not", () => {
    const [fix, ...others] = findings(text, gpu)[0]?.fixes ?? [];
    assert.equal(others.length, 0);
    assert.equal(fix?.preferred, true);
    const size = Number(/to (\d+) /.exec(fix?.title ?? "")?.[1]);
    const need = (batch: number) =>
      answered(analysisOf(trl(`per_device_eval_batch_size: ${batch}\n`)).memory).evalDeviceBytes ?? Number.NaN;
    const usable = (gpu.usableGiB ?? 0) * gibibyte;
    assert.ok(need(size) <= usable && need(size + 1) > usable);
    assert.equal(applyEdits(text, fix?.edits ?? []), trl(`per_device_eval_batch_size: ${size}\n`));
  });

  it("offers nothing where not even one sequence fits", () => {
    assert.deepEqual(findings(text, gpuOf(4 * gibibyte))[0]?.fixes, []);
    assert.deepEqual(findings(trl("per_device_eval_batch_size: 1\n"), gpuOf(4 * gibibyte))[0]?.fixes, []);
  });

  it("is silent where the run does not evaluate, and where it fits", () => {
    assert.deepEqual(findings(text.replace("epoch", '"no"'), gpu), []);
    assert.deepEqual(findings(text, gpuOf((evalDeviceBytes ?? 0) + gibibyte)), []);
  });
});
