import assert from "node:assert/strict";
import fc from "fast-check";
import { huggingFace } from "../../../src/core/dialects/huggingFace.ts";
import { followed } from "../../../src/core/memory/block.ts";
import { estimateMemory } from "../../../src/core/memory/estimate.ts";
import { stagesOf } from "../../../src/core/memory/parallel.ts";
import { alone, type Placement } from "../../../src/core/memory/placement.ts";
import { type Run, runOf } from "../../../src/core/memory/run.ts";
import type { Architecture } from "../../../src/core/models/architecture.ts";
import { catalogued } from "../../../src/core/models/catalogue.ts";
import { shapeArchitecture } from "../../../src/core/models/shape.ts";
import { analysisOf, answered } from "../analysis.ts";
import { findArchitecture, records } from "../builtIn.ts";
import { planOf } from "../dialects/reading.ts";

const architecture = (id: string) => findArchitecture(id) ?? assert.fail(id);

/** In pure bfloat16 with flash attention, gradients there all the time; full fine-tuning unless `more` says otherwise. */
function runAs(
  model: Architecture,
  sequences: number,
  length: number,
  placement: Partial<Placement>,
  gpus = 1,
  more = "",
): Run {
  const text = `${more}model_name_or_path: x
bf16: false
dtype: bfloat16
attn_implementation: flash_attention_2
gradient_checkpointing: false
gradient_accumulation_steps: 8
per_device_train_batch_size: ${sequences}
max_length: ${length}
loss_type: nll
learning_rate: 1e-5
`;
  const run = answered(runOf(planOf(huggingFace, text), model, {}));
  return { ...run, gpus, placement: { ...alone, ...placement } };
}

/** What the blocks keep for the backward pass on one GPU of the only stage. */
function keptBytes(run: Run): number {
  const [stage] = stagesOf(run);
  return stage?.moments.find(({ phase }) => phase === "loss backward")?.activations ?? assert.fail();
}

const weightBytes = (run: Run) => estimateMemory(run).components.weights;

describe("tensor parallelism", () => {
  // The 22B model of Korthikanti et al. 2022 (arXiv 2205.05198), table 3: s·b·h·(10 + 24/t) per layer without attention's
  // scores, of which 2 are dropout masks that nobody has today. Flash attention adds a float32 per head, LayerNorm two per token.
  const [h, a, layers, s, b] = [6144, 64, 48, 2048, 4];
  const gpt = shapeArchitecture(
    { hidden: h, layers, heads: a, intermediate: 4 * h, vocab: 51_200, gated: false, biased: true, positions: 2048 },
    "GPT 22B",
  );

  for (const t of [1, 2, 4, 8]) {
    it(`keeps s·b·h·(8 + 24/${t}) bytes per layer on each of ${t} GPUs`, () => {
      const expected = layers * s * b * (h * (8 + 24 / t) + (4 * a) / t + 16);
      assert.equal(keptBytes(runAs(gpt, b, s, { tensor: t }, t)), expected);
    });

    it(`keeps s·b·h·32/${t} with sequence parallelism`, () => {
      const expected = (layers * s * b * (32 * h + 4 * a + 16)) / t;
      assert.equal(keptBytes(runAs(gpt, b, s, { tensor: t, sequence: true }, t)), expected);
    });

    it(`keeps the inputs of two layers whole beside s·b·h·28/${t} where they are not gathered again`, () => {
      const expected = layers * s * b * ((28 * h + 4 * a + 16) / t + 2 * 2 * h);
      assert.equal(keptBytes(runAs(gpt, b, s, { tensor: t, sequence: true, keepsGathered: true }, t)), expected);
    });
  }

  it("splits every matrix and the vocabulary of Llama 2 7B, but not its 65 norms of 4096", () => {
    const norms = 65 * 4096;
    const held = (6_738_415_616 - norms) / 2 + norms;
    const run = runAs(architecture("meta-llama/Llama-2-7b-hf"), 1, 2048, { tensor: 2 }, 2);
    assert.equal(weightBytes(run), 2 * held);
    for (const stage of stagesOf(run)) assertWithin(1e-9, stage.run.trainable, held);
  });

  it("splits the layers of linear attention where it is said to", () => {
    const bytes = (splitsLinearAttention: boolean) =>
      weightBytes(runAs(architecture("Qwen/Qwen3.6-27B"), 1, 2048, { tensor: 8, splitsLinearAttention }, 8));
    // in_proj_qkv, z, b and a to 10240, 6144, 48 and 48, and out_proj from 6144, in 48 blocks.
    const matrices = 48 * 5120 * (10_240 + 6144 + 48 + 48 + 6144);
    assert.equal(bytes(false) - bytes(true), 2 * (7 / 8) * matrices);
  });

  it("shards what is left over the GPUs that see other data", () => {
    const run = runAs(architecture("meta-llama/Llama-2-7b-hf"), 1, 2048, { tensor: 2 }, 16);
    const norms = 65 * 4096;
    const held = (6_738_415_616 - norms) / 2 + norms;
    assert.equal(weightBytes({ ...run, sharding: "zero-3" }), (2 * held) / 8);
  });
});

describe("pipeline parallelism", () => {
  const [h, layers, s] = [4096, 32, 4096];
  const llama = architecture("meta-llama/Llama-2-7b-hf");
  const run = { ...runAs(llama, 1, s, { pipeline: 4, inFlight: 4 }, 4), checkpointing: true };

  it("gives each end a quarter of the blocks and a matrix as wide as the vocabulary", () => {
    const held = 8 * 202_383_360 + 32_000 * h + h;
    for (const stage of stagesOf(run)) assert.equal(stage.run.parameters.total, held);
  });

  it("keeps the inputs of the first stage's blocks for four micro batches, those of the last stage's for one", () => {
    const [first, last] = stagesOf(run);
    const input = 2 * s * h;
    const atLoss = last?.moments.find(({ phase }) => phase === "loss backward");
    assert.equal(atLoss?.activations, (layers / 4) * input + positions(s));
    const atEmbedding = first?.moments.find(({ phase }) => phase === "embedding backward");
    // Of the micro batch in hand only the gradient of the embedding's output is left.
    assert.equal(atEmbedding?.activations, 3 * (layers / 4) * input + input);
  });

  it("keeps all of a block that is not checkpointed for each of those micro batches", () => {
    const [first] = stagesOf({ ...run, checkpointing: false });
    const atEmbedding = first?.moments.find(({ phase }) => phase === "embedding backward");
    // 24 · 4096 + 8 · 11008 + 4 · 32 + 8 for each token: docs/memory.md.
    assert.equal(atEmbedding?.activations, 3 * (layers / 4) * 186_504 * s + 2 * s * h);
  });

  // Llama 1B as nanotron's benchmarks train it. In units of the width, a block costs 4 · 2048 + 3 · 4096 = 20480 to compute and the
  // output layer 50257, as much as 2.454 blocks: a stage's share is 26.454 / stages, and it takes the block with which it is past it.
  const shared = shapeArchitecture(
    { hidden: 2048, layers: 24, heads: 32, intermediate: 4096, vocab: 50_257, tied: true },
    "Llama 1B",
  );

  for (const [stages, first, last] of [
    [2, 14, 10],
    [4, 7, 4],
    [8, 4, 0],
  ] as const) {
    it(`gives the first of ${stages} stages that share the compute ${first} of 24 blocks and the last ${last}`, () => {
      const placement = { pipeline: stages, balancesCompute: true };
      assert.deepEqual(blocksAt(runAs(shared, 1, 4096, placement, stages)), [first, last]);
      assert.deepEqual(blocksAt(runAs(shared, 1, 4096, { pipeline: stages }, stages)), [24 / stages, 24 / stages]);
    });
  }

  it("leaves all blocks to the first of two stages where the output layer costs more than they do", () => {
    const small = shapeArchitecture({ hidden: 64, layers: 2, heads: 4, intermediate: 64, vocab: 50_257 }, "tiny");
    const run = runAs(small, 1, 256, { pipeline: 2, balancesCompute: true }, 2);
    assert.deepEqual(blocksAt(run), [2, 2]);
    for (const bytes of Object.values(estimateMemory(run).components)) assert.ok(Number.isFinite(bytes));
  });

  it("shares each stage among the GPUs that no other dimension takes", () => {
    const gpus = stagesOf({ ...run, gpus: 8, placement: { ...alone, tensor: 2, pipeline: 2 } });
    assert.deepEqual(
      gpus.map((stage) => stage.run.gpus),
      [2, 2],
    );
  });

  it("adds up gradients where it cuts the micro batch", () => {
    const accumulates = (batchFraction: number, before: boolean) =>
      stagesOf({ ...run, accumulates: before, placement: { ...run.placement, batchFraction } }).map(
        (stage) => stage.run.accumulates,
      );
    assert.deepEqual(accumulates(1 / 4, false), [true, true]);
    assert.deepEqual(accumulates(1, false), [false, false]);
    assert.deepEqual(accumulates(1, true), [true, true]);
  });

  it("computes no loss in the first stage and no embedding in the last", () => {
    const [first, last] = stagesOf(run);
    assert.ok(first?.moments.every(({ logits, phase }) => logits === 0 && phase !== "loss backward"));
    assert.ok(last?.moments.every(({ phase }) => phase !== "embedding backward"));
  });

  function blocksAt(run: Run): readonly number[] {
    return stagesOf(run).map((stage) => stage.run.architecture.layers);
  }

  /** Cosines and sines of 128 values per position in bfloat16. */
  function positions(length: number): number {
    return 2 * 2 * 128 * length;
  }
});

describe("a head of one output on GPUs that share matrices", () => {
  it("leaves no output layer to any of them", () => {
    const { run } = analysisOf(
      "model_name_or_path: meta-llama/Llama-2-7b-hf\ncenter_rewards_coefficient: 0.01\nbf16: false\ndtype: bfloat16\nlearning_rate: 1e-5\nmax_length: 512\nper_device_train_batch_size: 1\n",
    );
    const norms = 65 * 4096;
    const matrices = 6_738_415_616 - norms - 32_000 * 4096;
    const whole = answered(run);
    assert.equal(weightBytes({ ...whole, gpus: 2, placement: { ...alone, tensor: 2 } }), 2 * (matrices / 2 + norms));
  });
});

describe("context parallelism", () => {
  it("keeps a quarter of the tokens on each of four GPUs, and sends keys and values around", () => {
    const llama = architecture("meta-llama/Llama-3.1-8B");
    const [stage] = stagesOf(runAs(llama, 2, 8192, { context: 4 }, 4));
    const [whole] = stagesOf(runAs(llama, 2, 2048, {}));
    const last = (each: typeof stage) => each?.moments.find(({ phase }) => phase === "loss backward");
    assert.equal(last(stage)?.activations, last(whole)?.activations);
    assert.equal(last(stage)?.logits, last(whole)?.logits);
    // The next keys and values of 8 heads of 128, and the gradients of those in hand, in bfloat16.
    assert.equal(last(stage)?.buffers, 4 * (2 * 2048) * (8 * 128) * 2);
  });

  it("shares the states with the other GPUs of a sequence", () => {
    const run = runAs(architecture("meta-llama/Llama-3.1-8B"), 1, 8192, { context: 4 }, 8);
    assert.equal(weightBytes({ ...run, sharding: "zero-3" }), (2 * 8_030_261_248) / 8);
  });
});

describe("expert parallelism", () => {
  const mixtral = architecture("mistralai/Mixtral-8x7B-v0.1");
  const routed = 32 * 8 * 3 * 4096 * 14_336;
  const total = 46_702_792_704;

  it("leaves one of Mixtral's eight experts on each of eight GPUs, and everything else on all", () => {
    assert.equal(weightBytes(runAs(mixtral, 1, 2048, { expert: 8 }, 8)), 2 * (total - (7 / 8) * routed));
  });

  // Norms and the routers of 32 blocks are on all GPUs that share matrices, half of everything else but the experts on each of two.
  const everywhere = 65 * 4096 + 32 * 8 * 4096;
  const halved = (total - routed - everywhere) / 2 + everywhere;
  const shared = { tensor: 2, sequence: true, expert: 8 };

  it("cuts the experts as tensor parallelism cuts other matrices, unless they are to stay whole", () => {
    const bytes = (expertTensor: number | null) => weightBytes(runAs(mixtral, 1, 2048, { ...shared, expertTensor }, 8));
    assert.equal(bytes(null), 2 * (halved + routed / 16));
    assert.equal(bytes(1), 2 * (halved + routed / 8));
  });

  it("has gradients of whole experts where these are not cut", () => {
    const [stage] = stagesOf(runAs(mixtral, 1, 2048, { ...shared, expertTensor: 1 }, 8));
    assertWithin(1e-9, stage?.moments[0]?.gradients ?? 0, 2 * (halved + routed / 8));
  });

  it("shares the states of experts that are not cut among as many more GPUs", () => {
    const run = runAs(mixtral, 1, 2048, { ...shared, expertTensor: 1 }, 16);
    assertWithin(1e-9, weightBytes({ ...run, sharding: "zero-3" }), (2 * (halved + routed / 2)) / 8);
  });

  it("takes no states off GPUs that share all of them anyway", () => {
    const run = runAs(mixtral, 1, 2048, { expert: 8 }, 8);
    assertWithin(1e-9, weightBytes({ ...run, sharding: "zero-3" }), (2 * total) / 8);
  });
});

describe("logits under tensor parallelism", () => {
  const logits = (placement: Partial<Placement>) => {
    const [stage] = stagesOf(runAs(architecture("meta-llama/Llama-3.1-8B"), 1, 8192, { tensor: 4, ...placement }, 4));
    return stage?.moments.find(({ phase }) => phase === "loss backward")?.logits ?? assert.fail();
  };

  it("come together where the loss is not split with the vocabulary", () => {
    assert.equal(logits({ gathersLogits: true }), 4 * logits({}));
  });
});

describe("what GPUs that share matrices and a sequence send each other", () => {
  const llama = architecture("meta-llama/Llama-2-7b-hf");
  const buffers = (placement: Partial<Placement>, phase: string) =>
    stagesOf(runAs(llama, 2, 2048, placement, 4))[0]?.moments.find((moment) => moment.phase === phase)?.buffers;

  it("is a layer's whole input and the gradient of it", () => {
    assert.equal(buffers({ tensor: 4, sequence: true }, "loss backward"), 2 * (2 * 2048) * 4096 * 2);
  });

  it("is nothing that stays where only matrices are shared, nor at the embedding", () => {
    assert.equal(buffers({ tensor: 4 }, "loss backward"), 0);
    assert.equal(buffers({ tensor: 4, sequence: true }, "embedding backward"), 0);
  });

  it("is keys and values alone where only the sequence is shared", () => {
    assert.equal(buffers({ context: 4, sequence: true }, "loss backward"), 4 * (2 * 512) * 4096 * 2);
  });
});

describe("a model that is cut into more pieces than there are GPUs", () => {
  it("is counted whole, so that a search for the fewest GPUs does not stop below the pieces", () => {
    const run = runAs(architecture("meta-llama/Llama-2-7b-hf"), 1, 2048, { tensor: 8 }, 2);
    assert.equal(weightBytes(run), 2 * 6_738_415_616);
  });

  it("has at least as many GPUs as pieces where its config says so", () => {
    const { run } = analysisOf(
      "base_model: meta-llama/Llama-2-7b-hf\nlearning_rate: 1e-5\nsequence_len: 2048\nmicro_batch_size: 1\ntensor_parallel_size: 8\n",
    );
    assert.equal(answered(run).gpus, 8);
    // What cannot split the sequence does not split the loss.
    assert.deepEqual(answered(run).placement, { ...alone, tensor: 8, gathersLogits: true });
  });
});

describe("adapters of a model that is cut into pieces", () => {
  const llama = architecture("meta-llama/Llama-2-7b-hf");
  const lora = "use_peft: true\nlora_r: 8\nlora_target_modules: [q_proj, o_proj]\n";
  const trained = (placement: Partial<Placement>, more = "") =>
    stagesOf(runAs(llama, 1, 2048, placement, 4, lora + more)).map((stage) => stage.run.trainable);

  it("have the whole narrow side, and their share of the side that is split", () => {
    // The outputs of q_proj and the inputs of o_proj are split: 8·(4096 + 4096/2) each, in 32 layers.
    assert.deepEqual(trained({ tensor: 2 }), [32 * 2 * 8 * (4096 + 2048)]);
  });

  it("are those of a stage's layers, with the modules at its end that are trained in full", () => {
    const each = 8 * 2 * 8 * (4096 + 4096);
    assert.deepEqual(trained({ pipeline: 4 }), [each, each]);
    const saved = "lora_modules_to_save: [lm_head]\n";
    assert.deepEqual(trained({ pipeline: 4 }, saved), [each, each + 32_000 * 4096]);
    const both = "lora_modules_to_save: [embed_tokens, lm_head]\n";
    assert.deepEqual(trained({ pipeline: 4 }, both), [each + 32_000 * 4096, each + 32_000 * 4096]);
    assert.deepEqual(trained({ tensor: 4 }, both), [32 * 2 * 8 * (4096 + 1024) + (2 * 32_000 * 4096) / 4]);
  });

  it("are whole where they are those of the output layer alone", () => {
    const head = "use_peft: true\nlora_r: 8\nlora_target_modules: [lm_head]\n";
    const [stage] = stagesOf(runAs(llama, 1, 2048, { tensor: 2 }, 4, head));
    assert.equal(stage?.run.trainable, 8 * (4096 + 32_000));
  });

  it("take the host's memory of the stage that needs the most", () => {
    const saved = "lora_modules_to_save: [lm_head]\n";
    const run = runAs(llama, 1, 2048, { pipeline: 4, offload: "optimizer" }, 4, lora + saved);
    const [each, head] = [8 * 2 * 8 * (4096 + 4096), 32_000 * 4096];
    // Two states in the type of what is trained; a float32 gradient and one in the adapters' type, which is float32.
    assert.equal(
      estimateMemory({ ...run, sharding: "zero-1" }).hostBytes,
      8 * each + 4 * head + (4 + 4) * (each + head),
    );
  });
});

describe("Megatron's mixed precision", () => {
  const N = 6_738_415_616;
  const swift = (more: string) =>
    answered(
      analysisOf(`model: meta-llama/Llama-2-7b-hf
tensor_model_parallel_size: 1
micro_batch_size: 1
global_batch_size: 8
max_length: 16
train_iters: 100
train_type: full
lr: 1e-5
${more}`).memory,
    ).components;

  it("takes 18 bytes per parameter: 2 for the weights, 4 for gradients, 12 for the optimizer", () => {
    const { weights, gradients, optimizer } = swift("use_distributed_optimizer: false\n");
    assert.deepEqual([weights, gradients, optimizer], [2 * N, 4 * N, 12 * N]);
  });
});

describe("a micro batch that a pipeline cuts", () => {
  const nemo = (stages: number) =>
    answered(
      analysisOf(`recipe: TrainFinetuneRecipeForNextTokenPrediction
model:
  _target_: nemo_automodel.NeMoAutoModelForCausalLM.from_pretrained
  pretrained_model_name_or_path: meta-llama/Llama-2-7b-hf
step_scheduler:
  global_batch_size: 64
  local_batch_size: 8
distributed:
  strategy: fsdp2
  pp_size: ${stages}
  pipeline:
    pp_microbatch_size: 2
dataset:
  seq_length: 2048
optimizer:
  _target_: torch.optim.Adam
  lr: 1.0e-5
`).run,
    );

  it("goes through it in parts, of which the first stage holds as many as there are stages", () => {
    const run = nemo(4);
    const { placement } = run;
    assert.equal(placement.batchFraction, 2 / 8);
    assert.equal(placement.inFlight, 4);
    for (const stage of stagesOf(run)) assert.equal(stage.run.sequences, 2);
  });

  it("is whole without a pipeline", () => {
    assert.equal(nemo(1).placement.batchFraction, 1);
  });
});

describe("a plan that cuts the model into pieces", () => {
  it("is counted as Megatron places it", () => {
    const { run } = analysisOf(`model: Qwen/Qwen2.5-7B
tensor_model_parallel_size: 4
pipeline_model_parallel_size: 2
sequence_parallel: true
micro_batch_size: 1
global_batch_size: 64
max_length: 4096
train_iters: 100
lr: 1e-5
`);
    const placement = { ...alone, tensor: 4, sequence: true, pipeline: 2, inFlight: 2, expertTensor: 1 };
    assert.deepEqual(answered(run).placement, { ...placement, splitsLinearAttention: true });
  });
});

const architectures = records.map(catalogued).filter((each) => followed(each).value);

const lora = "use_peft: true\nlora_r: 16\nlora_target_modules: all-linear\n";

const runs = fc
  .record({
    model: fc.constantFrom(...architectures),
    sequences: fc.integer({ min: 1, max: 16 }),
    length: fc.integer({ min: 1, max: 256 }).map((units) => 64 * units),
    checkpointing: fc.boolean(),
    sharding: fc.constantFrom("none", "zero-1", "zero-2", "zero-3"),
    gpus: fc.constantFrom(1, 2, 8),
    more: fc.constantFrom("", lora, `${lora}lora_modules_to_save: [embed_tokens, lm_head]\n`),
  })
  .map(({ model, sequences, length, checkpointing, sharding, gpus, more }) => ({
    ...runAs(model, sequences, length, {}, gpus, more),
    checkpointing,
    sharding,
  }));

const allocated = (run: Run) => estimateMemory(run).allocatedBytes;
const placed = (run: Run, placement: Partial<Placement>, times: number): Run => ({
  ...run,
  gpus: run.gpus * times,
  placement: { ...run.placement, ...placement },
});

describe("more GPUs in any dimension", () => {
  for (const [dimension, place] of [
    ["tensor", (size: number) => ({ tensor: size })],
    ["tensor and sequence", (size: number) => ({ tensor: size, sequence: true })],
    ["context", (size: number) => ({ context: size })],
  ] as const) {
    it(`never need more each: ${dimension}`, () => {
      fc.assert(
        fc.property(runs, fc.constantFrom(1, 2, 4), (run, size) => {
          // The first other GPU brings buckets of gradients, which have to be exchanged from then on.
          if (dimension === "context" && run.gpus === 1) return;
          const fewer = allocated(placed(run, place(size), size));
          assert.ok(allocated(placed(run, place(2 * size), 2 * size)) <= fewer * (1 + 1e-9));
        }),
        { numRuns: 30 },
      );
    });
  }

  it("never need more each: those that hold different experts", () => {
    fc.assert(
      fc.property(runs, fc.constantFrom(1, 2, 4), (run, size) => {
        const fewer = allocated(placed(run, { expert: size }, 8));
        assert.ok(allocated(placed(run, { expert: 2 * size }, 8)) <= fewer * (1 + 1e-9));
      }),
      { numRuns: 30 },
    );
  });

  it("never need more each: pipeline, where the stages are alike", () => {
    fc.assert(
      fc.property(runs, fc.constantFrom(2, 4), (run, size) => {
        const [group, ...others] = run.architecture.blocks;
        if (!group || others.length > 0 || group.count % size !== 0) return;
        const stages = placed(run, { pipeline: size, inFlight: size }, size);
        assert.ok(allocated(stages) <= allocated(run) * (1 + 1e-9));
      }),
      { numRuns: 30 },
    );
  });

  it("are told in finite components that add up", () => {
    const sizes = fc.constantFrom(1, 2, 3, 8);
    fc.assert(
      fc.property(
        runs,
        sizes,
        sizes,
        sizes,
        sizes,
        fc.boolean(),
        (run, tensor, pipeline, context, expert, sequence) => {
          const placement = { tensor, pipeline, inFlight: pipeline, context, expert, sequence };
          const estimate = estimateMemory(placed(run, placement, tensor * pipeline * context * expert));
          const parts = Object.entries(estimate.components);
          for (const [name, bytes] of parts) assert.ok(Number.isFinite(bytes) && bytes >= 0, name);
          const sum = parts.reduce((total, [, bytes]) => total + bytes, 0);
          assertWithin(1e-9, sum, estimate.deviceBytes);
          assertWithin(1e-9, sum - estimate.components.overhead, estimate.allocatedBytes);
        },
      ),
      { numRuns: 30 },
    );
  });
});

function assertWithin(fraction: number, actual: number, expected: number): void {
  const off = Math.abs(actual - expected) / expected;
  assert.ok(off <= fraction, `${actual} is ${(100 * off).toFixed(4)} % off ${expected}`);
}
