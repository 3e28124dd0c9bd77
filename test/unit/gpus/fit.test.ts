import assert from "node:assert/strict";
import { findGpu } from "../../../src/core/gpus/catalogue.ts";
import { fitOn } from "../../../src/core/gpus/fit.ts";
import type { Gpu } from "../../../src/core/gpus/gpu.ts";
import { gibibyte } from "../../../src/core/units.ts";

function gpu(name: string): Gpu {
  const found = findGpu(name);
  assert.ok(found, `${name} is not in the catalogue`);
  return found;
}

const need = (device: number, low = device) => ({ deviceBytes: device * gibibyte, lowBytes: low * gibibyte });

describe("the verdict", () => {
  const a100 = gpu("a100-80gb");
  const never = () => need(1e6);

  it("is fits, tight or no against the usable memory", () => {
    assert.equal(fitOn(a100, need(79), never).verdict, "fits");
    assert.equal(fitOn(a100, need(79.5, 78), never).verdict, "tight");
    assert.equal(fitOn(a100, need(90, 79.5), never).verdict, "no");
    assert.equal(fitOn(a100, need(79.15 / 2), never).usedFraction, 0.5);
  });

  it("finds the fewest GPUs that share the run: 1000 GiB in parts of 79.15 GiB are 13", () => {
    assert.equal(fitOn(a100, need(1000), (count) => need(1000 / count)).minGpus, 13);
    assert.equal(fitOn(a100, need(79.15), (count) => need(79.15 / count)).minGpus, 1);
    assert.equal(fitOn(a100, need(79.2), (count) => need(79.2 / count)).minGpus, 2);
  });

  it("says that no number is enough where a part cannot be shared", () => {
    assert.equal(fitOn(a100, need(100), (count) => need(90 + 10 / count)).minGpus, null);
  });
});
