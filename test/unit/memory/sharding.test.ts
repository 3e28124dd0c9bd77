import assert from "node:assert/strict";
import { hostBytes } from "../../../src/core/memory/offload.ts";
import { alone, type Placement } from "../../../src/core/memory/placement.ts";
import type { Run } from "../../../src/core/memory/run.ts";
import {
  communicationBytes,
  heldGradientBytes,
  offloadedOf,
  splitOf,
  stepBytes,
} from "../../../src/core/memory/sharding.ts";
import type { Offload, Sharding } from "../../../src/core/plan/plan.ts";
import { assumptionsText } from "../../../src/core/report/verdict.ts";
import { analysisOf, answered } from "../analysis.ts";

const N = 6_738_415_616;
/** One block, and embedding and output layer together. */
const [block, ends] = [202_383_360, 2 * 32_000 * 4096];

const config =
  "model_name_or_path: meta-llama/Llama-2-7b-hf\noptim: adamw_torch_fused\nmax_length: 512\nlearning_rate: 1e-5\nper_device_train_batch_size: 1\nbf16: false\ndtype: bfloat16\n";
const full = answered(analysisOf(config).run);
const lora = answered(analysisOf(`${config}use_peft: true\nlora_r: 8\nlora_target_modules: [q_proj]\n`).run);
/** Rank 8 on 32 matrices of 4096 × 4096, in float32. */
const adapters = 32 * 8 * (4096 + 4096);

const zero = { reduceBucket: 1e8, overlaps: false, maxLive: 1e9, subGroup: 1e9 };

function on(gpus: number, sharding: Sharding, placement: Partial<Placement> = {}, run: Run = full): Run {
  return { ...run, gpus, sharding, placement: { ...alone, ...placement } };
}

describe("what eight GPUs share", () => {
  for (const [sharding, weights, gradients, states] of [
    ["none", 1, 1, 1],
    ["zero-1", 1, 1, 8],
    ["zero-2", 1, 8, 8],
    ["zero-3", 8, 8, 8],
  ] as const) {
    it(`is divided by ${weights} of weights, ${gradients} of gradients and ${states} of states: ${sharding}`, () => {
      assert.deepEqual(splitOf(on(8, sharding)), { weights, gradients, states });
    });
  }
});

describe("what groups of GPUs share, each with a copy", () => {
  const hybrid = (gpus: number, groups: Placement["groups"]) => splitOf(on(gpus, "zero-3", { groups }));

  it("is divided by the GPUs of a group", () => {
    assert.deepEqual(hybrid(16, { copies: 2 }), { weights: 8, gradients: 8, states: 8 });
    assert.deepEqual(hybrid(32, { sharers: 8 }), { weights: 8, gradients: 8, states: 8 });
    assert.deepEqual(splitOf(on(16, "zero-2", { groups: { copies: 2 } })), { weights: 1, gradients: 8, states: 8 });
  });

  it("is what all share where there are no more than in a group, and nothing where a group is one GPU", () => {
    assert.deepEqual(hybrid(4, { sharers: 8 }), { weights: 4, gradients: 4, states: 4 });
    assert.deepEqual(hybrid(4, { copies: 4 }), { weights: 1, gradients: 1, states: 1 });
    assert.equal(communicationBytes(on(4, "zero-3", { groups: { copies: 4 } })), 0);
  });

  it("is told of axolotl's example of two copies, each shared by four GPUs for every half of a matrix", () => {
    const analysis = analysisOf(
      "base_model: meta-llama/Llama-3.1-8B\ndp_shard_size: 4\ndp_replicate_size: 2\ntensor_parallel_size: 2\n" +
        "fsdp_version: 2\nfsdp_config:\n  reshard_after_forward: true\nsequence_len: 2048\nmicro_batch_size: 1\n" +
        "num_epochs: 2\noptimizer: adamw_torch_fused\nlearning_rate: 2e-6\nbf16: true\ndatasets:\n  - path: tatsu-lab/alpaca\n",
    );
    const { weights, optimizer } = answered(analysis.memory).components;
    // Norms are not halved: 65 of 4096 in bfloat16, of which there is little.
    const half = (8_030_261_248 - 65 * 4096) / 2 + 65 * 4096;
    assert.equal(weights, (2 * half) / 4);
    assert.equal(optimizer, (4 * half) / 4);
  });

  it("is told as an assumption where only the node's size says it", () => {
    const launcher = (gpus: number) =>
      analysisOf(`${config}fsdp: hybrid_shard auto_wrap\nfsdp_config:\n  version: 1\n`.replace("1e-5", "1.5e-5"), {
        gpus,
      });
    assert.match(assumptionsText(launcher(16)), /nodes of 8 GPUs/);
    assert.doesNotMatch(assumptionsText(launcher(8)), /nodes/);
    assert.equal(answered(launcher(16).memory).components.weights, (2 * N) / 8);
  });
});

describe("ZeRO++'s second copy of the weights", () => {
  const weights = (lines: string, gpus: number) =>
    answered(
      analysisOf(`${config}deepspeed: { bf16: { enabled: true }, zero_optimization: { ${lines} } }\n`, { gpus }).memory,
    ).components.weights;

  it("is shared by the GPUs of a group, beside the first, which all share", () => {
    assert.equal(weights("stage: 3, zero_hpz_partition_size: 8", 32), (2 * N) / 32 + (2 * N) / 8);
    assert.equal(weights("stage: 3, zero_hpz_partition_size: 8", 4), (2 * N) / 4 + (2 * N) / 4);
  });

  it("is not there before stage 3, nor where the group is one GPU", () => {
    assert.equal(weights("stage: 3, zero_hpz_partition_size: 1", 32), (2 * N) / 32);
    assert.equal(weights("stage: 2, zero_hpz_partition_size: 8", 32), 2 * N);
  });
});

describe("what is in the host's memory", () => {
  const offloaded = (sharding: Sharding, offload: Offload) =>
    Object.entries(offloadedOf(on(8, sharding, { offload })))
      .filter(([, isOff]) => isOff)
      .map(([what]) => what);

  for (const [offload, sharding, expected] of [
    ["none", "zero-3", []],
    ["optimizer", "none", ["states"]],
    ["optimizer", "zero-1", ["states"]],
    ["optimizer", "zero-2", ["gradients", "states"]],
    ["optimizer", "zero-3", ["gradients", "states"]],
    ["optimizer-and-parameters", "zero-2", ["gradients", "states"]],
    ["optimizer-and-parameters", "zero-3", ["weights", "gradients", "states"]],
  ] as const) {
    it(`is ${expected.join(", ") || "nothing"} with ${offload} offloaded under ${sharding}`, () => {
      assert.deepEqual(offloaded(sharding, offload), expected);
    });
  }
});

describe("the host's memory of adapters under FSDP", () => {
  it("has a GPU's share of frozen weights, gradients and two states, and the adapters", () => {
    const run = on(4, "zero-3", { offload: "optimizer-and-parameters" }, lora);
    assert.equal(hostBytes(run), (2 * N + (4 + 8) * adapters) / 4 + 4 * adapters);
  });
});

describe("gradients that stay between passes", () => {
  const held = (gpus: number, sharding: Sharding, placement: Partial<Placement>, run: Partial<Run> = full) =>
    heldGradientBytes(on(gpus, sharding, placement, { ...full, ...run }));

  it("are a GPU's share", () => {
    assert.equal(held(4, "zero-2", {}), (2 * N) / 4);
    assert.equal(held(4, "zero-1", {}), 2 * N);
  });

  it("are whole, in the type of matrix products, where FSDP reduces after the last pass only", () => {
    const wide = { weights: "float32", gradients: "float32", autocast: "bfloat16", accumulates: true } as const;
    assert.equal(held(4, "zero-3", { reducesLast: true }, wide), 2 * N);
    assert.equal(held(4, "zero-3", { reducesLast: true }, { ...wide, accumulates: false }), (4 * N) / 4);
    // They are not split, so that nothing is put off.
    assert.equal(held(4, "zero-1", { reducesLast: true }, wide), 4 * N);
  });

  it("are those of frozen weights too where FSDP joins them with trained ones", () => {
    const joined = { joinsFrozen: true, reducesLast: true };
    assert.equal(held(4, "zero-3", joined, lora), (4 * adapters + 2 * N) / 4);
    assert.equal(held(4, "zero-3", joined, { ...lora, accumulates: true }), 2 * adapters + 2 * N);
    assert.equal(held(4, "none", joined, lora), 4 * adapters);
    assert.equal(held(4, "zero-3", joined), (2 * N) / 4);
  });
});

describe("what sharing needs besides", () => {
  for (const [title, run, expected] of [
    ["nothing on one GPU", on(1, "none"), 0],
    ["one more copy of the gradients with plain data parallelism", on(2, "none"), 2 * N],
    ["nothing on one GPU where others would share the states", on(1, "zero-1"), 0],
    ["nothing on one GPU where others would share all", on(1, "zero-3"), 0],
    ["a bucket of 5e8 gradients", on(8, "zero-1"), 2 * 5e8],
    ["a bucket of all gradients where they are fewer", on(8, "zero-2", {}, lora), 2 * adapters],
    ["DeepSpeed's bucket even on one GPU", on(1, "zero-2", { zero }), 2 * 1e8],
    ["two of them where they overlap", on(8, "zero-2", { zero: { ...zero, overlaps: true } }), 2 * 2 * 1e8],
    ["two blocks, the embedding and the output layer under FSDP", on(8, "zero-3"), 2 * (2 * block + ends)],
    [
      "the same on one GPU that fetches its weights from the host",
      on(1, "zero-3", { offload: "optimizer-and-parameters" }),
      2 * (2 * block + ends),
    ],
    ["what may be live and a bucket in ZeRO-3, on one GPU too", on(1, "zero-3", { zero }), 2 * 1e9 + 2 * 1e8],
  ] as const) {
    it(`is ${title}`, () => {
      assert.equal(communicationBytes(run), expected);
    });
  }
});

describe("what an optimizer with master weights needs while it steps", () => {
  const master = { ...full, masterWeights: true };

  it("is a GPU's share of gradients in float32, and in 16 bits under DeepSpeed, which joins them", () => {
    assert.equal(stepBytes(on(8, "zero-1", {}, master)), (4 * N) / 8);
    assert.equal(stepBytes(on(8, "zero-1", { zero }, master)), ((4 + 2) * N) / 8);
  });

  it("is nothing where gradients are in float32 anyway", () => {
    assert.equal(stepBytes(on(1, "none", {}, { ...master, gradients: "float32" })), 0);
  });
});
