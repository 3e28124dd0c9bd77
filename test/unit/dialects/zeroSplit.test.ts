import assert from "node:assert/strict";
import { zeroSplitAt, zeroSplitOf } from "../../../src/core/dialects/zeroSplit.ts";
import type { Known } from "../../../src/core/plan/sourced.ts";
import { documentOf, linkedFile } from "./reading.ts";

/** Each value with its origin and the line of its key. */
function told(text: string) {
  const { sharding, offload } = zeroSplitOf({ document: documentOf(text) });
  return [sharding, offload].map(({ value, origin, place }) => [value, origin, place?.keyRange.start.line]);
}

const offloading = `zero_optimization:
  stage: 3
  offload_optimizer:
    device: cpu
  offload_param:
    device: nvme
`;

describe("reading DeepSpeed's zero_optimization", () => {
  it("gives each value the place of its own key", () => {
    assert.deepEqual(told(offloading), [
      ["zero-3", "file", 1],
      ["optimizer-and-parameters", "file", 5],
    ]);
  });

  it("keeps the weights on the GPU before stage 3", () => {
    assert.deepEqual(told(offloading.replace("3", "2")), [
      ["zero-2", "file", 1],
      ["optimizer", "file", 3],
    ]);
  });

  it("knows the older keys, which decide where the newer are absent", () => {
    const older = "zero_optimization:\n  stage: 1\n  cpu_offload: true\n";
    assert.deepEqual(told(older), [
      ["zero-1", "file", 1],
      ["optimizer", "file", 2],
    ]);
    assert.deepEqual(told(older.replace("true", "false"))[1], ["none", "file", 2]);
  });

  it("knows the groups of MiCS, which are in stage 3 only", () => {
    const groups = (stage: number, size: number) =>
      zeroSplitOf({ document: documentOf(`zero_optimization: { stage: ${stage}, mics_shard_size: ${size} }\n`) })
        .groups;
    assert.deepEqual(groups(3, 4)?.value, { sharers: 4 });
    assert.equal(groups(3, -1), undefined);
    assert.equal(groups(2, 4), undefined);
  });

  it("knows the second copy of ZeRO++ and what is on a disk, in stage 3", () => {
    const zero = (lines: string) => zeroSplitOf({ document: documentOf(`zero_optimization: { ${lines} }\n`) }).zero;
    assert.equal(zero("stage: 3, zero_hpz_partition_size: 8")?.secondary, 8);
    assert.equal(zero("stage: 3")?.secondary, undefined);
    assert.equal(zero("stage: 2, zero_hpz_partition_size: 8")?.secondary, undefined);
    assert.deepEqual(zero("stage: 3, offload_param: { device: nvme }")?.onDisk, { states: false, weights: true });
    assert.equal(zero("stage: 3, offload_param: { device: cpu }")?.onDisk, undefined);
  });

  it("splits nothing by default", () => {
    assert.deepEqual(told("train_batch_size: 8\n"), [
      ["none", "default", undefined],
      ["none", "default", undefined],
    ]);
  });

  it("gives values from another file its address, and is unknown while the file is not there", () => {
    const place = { range: rangeOn(7), keyRange: rangeOn(7) };
    const path: Known<string> = { value: "zero.json", origin: "file", place };
    const file = linkedFile("file:///zero.json", '{\n  "zero_optimization": { "stage": 2 }\n}');
    const found = zeroSplitAt(path, new Map([["zero.json", file]])).sharding;
    assert.deepEqual(
      [found.value, found.origin, found.place?.uri, found.place?.range.start.line],
      ["zero-2", "linked", "file:///zero.json", 1],
    );
    const missing = zeroSplitAt(path, new Map()).offload;
    assert.deepEqual(missing, { value: undefined, origin: "unknown", note: "set in zero.json", place });
  });
});

function rangeOn(line: number) {
  return { start: { line, character: 0 }, end: { line, character: 9 } };
}
