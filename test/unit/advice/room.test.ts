import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { roomOn, sequenceUnit } from "../../../src/core/advice/room.ts";
import { findGpu, usableBytes } from "../../../src/core/gpus/catalogue.ts";
import { architectureIn } from "../../../src/core/models/facts.ts";
import { analysisOf, answered } from "../analysis.ts";

const qlora = readFileSync("examples/axolotl/llama-3-8b-qlora.yml", "utf8");
const { plan, model, versions } = analysisOf(qlora);
const setting = { architecture: answered(architectureIn(model)), versions };
const names = ["t4", "rtx-4090", "rtx-a6000", "a100-80gb", "h200"];
const gpus = names.map((name) => findGpu(name) ?? assert.fail(name));

/** The memory of the config with one line of it changed, read like any other text. */
function needs(key: string, value: number): number {
  return answered(analysisOf(qlora.replace(new RegExp(`^${key}: .*`, "m"), `${key}: ${value}`)).memory).deviceBytes;
}

describe("how far a run can grow", () => {
  for (const { gpu, microBatch, sequenceLength, endsAtContext } of roomOn(gpus, plan, setting)) {
    it(`is the last micro batch that ${gpu.name} holds`, () => {
      const usable = usableBytes(gpu);
      if (microBatch > 0) assert.ok(needs("micro_batch_size", microBatch) <= usable);
      assert.ok(needs("micro_batch_size", microBatch + 1) > usable);
    });

    it(`is the last multiple of ${sequenceUnit} tokens that ${gpu.name} holds, up to the 8,192 that Llama 3 was made for`, () => {
      const usable = usableBytes(gpu);
      assert.ok(sequenceLength <= 8192 && sequenceLength % sequenceUnit === 0);
      assert.equal(endsAtContext, sequenceLength === 8192);
      if (sequenceLength > 0) assert.ok(needs("sequence_len", sequenceLength) <= usable);
      if (!endsAtContext) assert.ok(needs("sequence_len", sequenceLength + sequenceUnit) > usable);
    });
  }

  it("is nothing where not even one sequence fits", () => {
    const full = analysisOf(qlora.replace("adapter: qlora\n", "").replace("load_in_4bit: true", "load_in_4bit: false"));
    const [room] = roomOn(gpus, full.plan, setting);
    assert.deepEqual([room?.microBatch, room?.sequenceLength], [0, 0]);
  });
});
