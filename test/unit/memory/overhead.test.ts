import assert from "node:assert/strict";
import type { Allocated } from "../../../src/core/memory/components.ts";
import { cachedBytes } from "../../../src/core/memory/overhead.ts";
import { analysisOf, answered } from "../analysis.ts";

const run = answered(
  analysisOf("model_name_or_path: Qwen/Qwen2.5-0.5B\nmax_length: 512\nper_device_train_batch_size: 1\n").run,
);

const nothing: Allocated = { weights: 100, gradients: 0, optimizer: 0, activations: 0, logits: 0, buffers: 0 };
/** The loss's backward pass, that of the embedding, and the optimizer's step: 470, 280 and 265 bytes. */
const moments: readonly Allocated[] = [
  { ...nothing, optimizer: 20, gradients: 10, activations: 200, logits: 80, buffers: 60 },
  { ...nothing, optimizer: 20, gradients: 40, activations: 50, logits: 10, buffers: 60 },
  { ...nothing, optimizer: 25, gradients: 40, buffers: 100 },
];

/** The most of each, activations and logits together: 100 + 40 + 25 + 280 + 100, less the peak. */
const apart = 545 - 470;

describe("what torch caches", () => {
  const cached = (change: Partial<typeof run>) => cachedBytes({ ...run, lengthsVary: false, ...change }, moments);

  it("is, of packed sequences, 0.7 of what lies apart, 0.15 of the activations and 0.4 of the logits", () => {
    const { usual, most } = cached({ loss: "materialised" });
    assert.equal(usual, 0.7 * apart + 0.15 * 200 + 0.4 * 80);
    assert.equal(most, apart + 2 * (0.15 * 200 + 0.4 * 80));
  });

  it("leaves logits out that never are all there, of whatever length the batches are", () => {
    for (const lengthsVary of [false, true]) {
      const { usual, most } = cached({ loss: "chunked", lengthsVary });
      assert.equal(usual, 0.7 * apart + 0.15 * 200);
      assert.equal(most, apart + 2 * 0.15 * 200);
    }
  });

  it("is, of batches of another length each time, half of what the passes take, at most three times that", () => {
    const { usual, most } = cached({ loss: "materialised", lengthsVary: true });
    assert.equal(usual, 0.7 * apart + 0.5 * (200 + 80));
    assert.equal(most, apart + 3 * (200 + 80));
  });
});

describe("what is on a GPU beside torch's tensors", () => {
  const outside = (gpus: number) => {
    const more = `per_device_train_batch_size: 1\nlearning_rate: 1e-5\nnum_processes: ${gpus}\n`;
    const { memory } = analysisOf(`model_name_or_path: Qwen/Qwen2.5-0.5B\nmax_length: 512\n${more}`);
    const { lowBytes, allocatedBytes } = answered(memory);
    return lowBytes - allocatedBytes;
  };

  it("is the CUDA context of half a GiB, and 1.5 GiB of communicators where there are others", () => {
    assert.equal(outside(1), 0.5 * 2 ** 30);
    assert.equal(outside(2), 2 * 2 ** 30);
  });
});
