import assert from "node:assert/strict";
import {
  dataParallel,
  reshardSharding,
  strategySharding,
  unknownSplit,
  zeroSharding,
} from "../../../src/core/dialects/sharding.ts";
import { byDefault, unknown } from "../../../src/core/plan/sourced.ts";

describe("what the GPUs share", () => {
  it("is nothing on GPUs that are only told their number", () => {
    const { gpus, tensor, sharding, offload } = dataParallel(byDefault(4));
    assert.deepEqual([gpus.value, tensor.value, sharding.value, offload.value], [4, 1, "none", "none"]);
  });

  it("grows with ZeRO's stage", () => {
    assert.deepEqual([0, 1, 2, 3].map(zeroSharding), ["none", "zero-1", "zero-2", "zero-3"]);
  });

  it("follows torch's ShardingStrategy by name, whatever stands around it", () => {
    const names = [
      "FULL_SHARD",
      "SHARD_GRAD_OP",
      "NO_SHARD",
      "HYBRID_SHARD",
      "HYBRID_SHARD_ZERO2",
      "full_shard auto_wrap",
    ];
    assert.deepEqual(names.map(strategySharding), ["zero-3", "zero-2", "none", "zero-3", "zero-2", "zero-3"]);
  });

  it("follows torch's ShardingStrategy by number, of which 5 is HYBRID_SHARD_ZERO2", () => {
    assert.deepEqual(["1", "2", "3", "4", "5"].map(strategySharding), ["zero-3", "zero-2", "none", "zero-3", "zero-2"]);
  });

  it("leaves the weights out where FSDP2 does not reshard", () => {
    assert.deepEqual([reshardSharding(true), reshardSharding(false)], ["zero-3", "zero-2"]);
  });

  it("is unknown as a whole when another file decides it", () => {
    const lost = unknown("set in zero.json");
    assert.deepEqual(unknownSplit("set in zero.json"), { sharding: lost, offload: lost });
  });
});
