import assert from "node:assert/strict";
import { estimateMemory } from "../../../src/core/memory/estimate.ts";
import { evaluationMoment } from "../../../src/core/memory/evaluation.ts";
import { alone } from "../../../src/core/memory/placement.ts";
import type { Run } from "../../../src/core/memory/run.ts";
import { autocastCopies, type Moment, momentsOf, type Phase } from "../../../src/core/memory/step.ts";
import { countParameters } from "../../../src/core/models/parameters.ts";
import { shapeArchitecture } from "../../../src/core/models/shape.ts";
import { findArchitecture } from "../builtIn.ts";
import { nothingSaved, plainRun } from "./plainRun.ts";

/** Two blocks, 8 wide, with two heads and an MLP of 1000; 100 words. */
const architecture = shapeArchitecture(
  { hidden: 8, layers: 2, heads: 2, vocab: 100, intermediate: 1000, tied: false },
  "a small model",
);
const parameters = countParameters(architecture);

/** One sequence of 4 tokens, in bfloat16 throughout, with kernels for norms. */
const small: Run = {
  ...plainRun,
  architecture,
  parameters,
  trainable: parameters.total,
  adapters: null,
  quantization: null,
  optimizer: "adamw_torch_fused",
  fusedNorms: true,
  sequences: 1,
  sequenceLength: 4,
  accumulates: false,
  weights: "bfloat16",
  gradients: "bfloat16",
  autocast: null,
  checkpointing: false,
  attention: "flash",
  loss: "materialised",
  copiesLogits: false,
  keepsLogits: false,
  gpus: 1,
  sharding: "none",
};

const adapters = {
  inPlace: null,
  linears: architecture.linears.filter(({ name }) => name === "q_proj"),
  parameters: 2 * 2 * (8 + 8),
  reachesInput: false,
  rank: 2,
  dropout: false,
  dtype: "float32",
  saved: nothingSaved,
} as const;

const tokens = 4;
/** What flows between the blocks, and cosines and sines of heads of 4. */
const stream = 2 * 8 * tokens;
const positions = 2 * 2 * 4 * tokens;
/** Two norms with their results; queries, keys, values and output; a log-sum-exp per head; gate, activated, up, product. */
const kept = (2 * (2 * 8 + 4 + 2 * 8) + 4 * 2 * 8 + 4 * 2 + 4 * 2 * 1000) * tokens;
const ends = 2 * 8 * 100;

const at = (run: Run, phase: Phase) => momentsOf(run).filter((moment) => moment.phase === phase);
const one = (run: Run, phase: Phase): Moment => at(run, phase)[0] ?? assert.fail(phase);

describe("the moments of a step of a small model", () => {
  it("end the forward pass of the last block with the MLP's result and the sum beside all that is kept", () => {
    assert.equal(one(small, "end of the forward pass").activations, 2 * kept + positions + 2 * stream);
  });

  it("have the inputs of checkpointed blocks alone at the end of the forward pass", () => {
    assert.equal(one({ ...small, checkpointing: true }, "end of the forward pass").activations, 2 * stream + positions);
  });

  it("compute a checkpointed block again beside its input's gradient", () => {
    const again = 2 * stream + positions + kept + 2 * stream;
    const blocks = at({ ...small, checkpointing: true }, "block backward").map(({ activations }) => activations);
    assert.ok(blocks.includes(again), `${again} is not among ${blocks.join(", ")}`);
    assert.equal(blocks.length, 4);
    assert.equal(at(small, "block backward").length, 2);
  });

  it("have one input of blocks that are computed again together, and all that both keep while they are", () => {
    const run = { ...small, checkpointing: true, checkpointed: { kind: "together", count: 2 } } as const;
    assert.equal(one(run, "end of the forward pass").activations, stream + positions);
    const again = stream + positions + 2 * kept + 2 * stream;
    const blocks = at(run, "block backward").map(({ activations }) => activations);
    assert.ok(blocks.includes(again), `${again} is not among ${blocks.join(", ")}`);
    assert.deepEqual(at({ ...run, checkpointing: false }, "block backward"), at(small, "block backward"));
  });

  it("have all of the blocks after those that are checkpointed", () => {
    const run = { ...small, checkpointing: true, checkpointed: { kind: "first", count: 1 } } as const;
    assert.equal(one(run, "end of the forward pass").activations, stream + kept + positions + 2 * stream);
    const all = { ...run, checkpointed: { kind: "first", count: 2 } } as const;
    assert.deepEqual(momentsOf(all), momentsOf({ ...small, checkpointing: true }));
  });

  it("keep what the loss does while a reference model computes another", () => {
    const logits = 4 * tokens * 100;
    const loss = (2 * 8 + 4 + 2 * 8) * tokens + logits + 8 * tokens;
    assert.equal(one({ ...small, hasReference: true }, "reference model's loss").logits, loss + 2 * logits);
    assert.deepEqual(at(small, "reference model's loss"), []);
  });

  it("have the embedding's gradient at the end, another where updates need it at once, and none beside adapters", () => {
    const gradients = (change: Partial<Run>) => one({ ...small, ...change }, "embedding backward").gradients;
    assert.equal(gradients({}), 2 * parameters.total);
    assert.equal(gradients({ accumulates: true }), 2 * parameters.total + ends);
    assert.equal(gradients({ optimizerInBackward: true }), ends);
    assert.equal(
      gradients({ adapters, trainable: adapters.parameters, gradients: "float32" }),
      4 * adapters.parameters,
    );
  });

  it("collect the gradients of one block's adapters, and of the output layer where it is trained beside them", () => {
    const gradients = (outputLayer: number) => {
      const saved = { ...nothingSaved, outputLayer, dtype: "bfloat16" } as const;
      const run = { ...small, adapters: { ...adapters, saved }, gradients: "float32" } as const;
      return at(run, "block backward").map((moment) => moment.gradients);
    };
    // The peak of each block is in its MLP, before its own adapters.
    const own = 4 * 2 * (8 + 8);
    assert.deepEqual(gradients(0), [0, own]);
    assert.deepEqual(gradients(8 * 100), [ends, ends + own]);
  });

  it("keep nothing below the lowest adapter, and above it what blocks without one need to hand the gradient down", () => {
    // Without gradients of weights: the norms' inputs and roots, attention's, and of the MLP all but its product.
    const passing = (2 * (2 * 8 + 4) + 4 * 2 * 8 + 4 * 2 + 3 * 2 * 1000) * tokens;
    // The adapters' float32 input, and what is between A and B.
    const adapted = passing + (4 * 8 + 4 * 2) * tokens;
    const inBlock = (first: number) => adapters.linears.map((linear) => ({ ...linear, first, count: 1 }));
    const held = (first: number, change: Partial<Run> = {}, reachesInput = false) => {
      const own = { ...adapters, linears: inBlock(first), parameters: 2 * (8 + 8), reachesInput };
      return one({ ...small, adapters: own, ...change }, "loss backward").activations - positions;
    };
    assert.equal(held(1), adapted);
    assert.equal(held(0), adapted + passing);
    assert.equal(held(1, {}, true), adapted + passing);
    assert.equal(held(1, { checkpointing: true }), stream);
    assert.equal(held(1, { checkpointing: true }, true), 2 * stream);
  });

  it("keep the inputs of blocks that are through with adapters under FSDP 1, and reentrantly their gradients", () => {
    const left = (change: Partial<Run>) => {
      const fsdp1 = { sharding: "zero-3", gpus: 2, placement: { ...alone, fsdp1: true }, reentrant: false } as const;
      const run = { ...small, checkpointing: true, adapters, ...fsdp1, ...change } as const;
      const [last, first] = at(run, "block backward");
      return (first?.activations ?? Number.NaN) - (last?.activations ?? Number.NaN);
    };
    assert.equal(left({}), 0);
    assert.equal(left({ reentrant: true }), stream);
    for (const other of [{ adapters: null }, { sharding: "none" }, { gpus: 1 }, { placement: alone }] as const) {
      assert.equal(left(other), -stream, JSON.stringify(other));
    }
    // A block that is not checkpointed lets go of all that it has kept.
    assert.ok(left({ checkpointing: false }) < -stream);
  });

  it("have no gradient of the vocabulary with a narrow head", () => {
    const shape = { ...architecture, tied: true };
    const gradients = (narrowHead: boolean) =>
      at({ ...small, architecture: shape, parameters: countParameters(shape), narrowHead }, "block backward")[0]
        ?.gradients ?? assert.fail();
    assert.equal(gradients(false) - gradients(true), ends);
  });
});

describe("an evaluation of a small model", () => {
  it("holds gate, its activation and up of the block's MLP, or activated, up and product, beside what the sum takes", () => {
    assert.deepEqual(evaluationMoment(small), {
      activations: stream + positions + 3 * 2 * 1000 * tokens + stream,
      logits: 0,
    });
  });

  it("holds autocast's copies of all matrices, and the float32 stream, beside the logits of a large vocabulary", () => {
    const large = { ...architecture, vocab: 50_000 };
    const run: Run = { ...small, architecture: large, weights: "float32", autocast: "bfloat16" };
    const matrices = 2 * (4 * 8 * 8 + 3 * 8 * 1000);
    assert.deepEqual(evaluationMoment(run), {
      activations: 2 * stream + 2 * positions + 2 * matrices,
      logits: (4 + 4) * 50_000 * tokens,
    });
  });

  it("has the logits of all GPUs that share the vocabulary where they come together", () => {
    const large = { ...architecture, vocab: 50_000 };
    const logits = (gathersLogits: boolean) => {
      const placement = { ...alone, tensor: 2, gathersLogits };
      const evaluation = { sequences: 1000, loss: "materialised" } as const;
      const run = { ...small, architecture: large, parameters: countParameters(large), gpus: 2, placement, evaluation };
      const { peakAt, components } = estimateMemory(run);
      assert.equal(peakAt, "evaluation");
      return components.logits;
    };
    assert.equal(logits(true), 2 * logits(false));
  });
});

describe("autocast's copies", () => {
  const mamba = findArchitecture("state-spaces/mamba-2.8b") ?? assert.fail();
  const mixtral = findArchitecture("mistralai/Mixtral-8x7B-v0.1") ?? assert.fail();
  const wide: Run = { ...small, weights: "float32", autocast: "bfloat16" };
  const matrices = 2 * (4 * 8 * 8 + 3 * 8 * 1000);

  for (const [title, run, expected] of [
    ["of the blocks' matrices in float32", wide, 2 * matrices],
    [
      "of all experts too",
      { ...wide, architecture: mixtral },
      2 * 32 * (4096 * (4096 + 1024 + 1024 + 4096) + 8 * 3 * 4096 * 14_336),
    ],
    [
      "of what scans",
      { ...wide, architecture: mamba },
      2 * 64 * (2560 * 10_240 + 5120 * 192 + 160 * 5120 + 5120 * 2560),
    ],
    ["none where they are gathered in 16 bits", { ...wide, sharding: "zero-3" }, 0],
    ["none without autocast", { ...wide, autocast: null }, 0],
    ["none where autocast's type is as wide", { ...wide, autocast: "float32" }, 0],
    ["of float32 adapters", { ...wide, adapters }, 2 * adapters.parameters],
    ["none of adapters in 16 bits", { ...wide, adapters: { ...adapters, dtype: "bfloat16" } }, 0],
  ] satisfies readonly (readonly [string, Run, number])[]) {
    it(`are ${title}`, () => {
      assert.equal(autocastCopies(run), expected);
    });
  }
});
