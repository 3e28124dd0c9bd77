import assert from "node:assert/strict";
import { everyWeight, followed } from "../../../src/core/memory/block.ts";
import type { BlockSetting } from "../../../src/core/memory/blockTape.ts";
import { decoderTape } from "../../../src/core/memory/decoderTape.ts";
import { assumptionsOf } from "../../../src/core/memory/notes.ts";
import { linearsIn } from "../../../src/core/models/blockLinears.ts";
import { catalogued } from "../../../src/core/models/catalogue.ts";
import { partOf } from "../../../src/core/models/part.ts";
import { shapeArchitecture } from "../../../src/core/models/shape.ts";
import { assumptionsText } from "../../../src/core/report/verdict.ts";
import { analysisOf, answered } from "../analysis.ts";
import { findArchitecture, records } from "../builtIn.ts";

/** One token, everything trained in bfloat16 without autocast. */
const setting: BlockSetting = { ...everyWeight, weight: 2, norm: 2, residual: 2, compute: 2 };

/** The operations of the blocks of a group, for one token. */
function tapeOf(model: string, index: number, change: Partial<BlockSetting> = {}, windowed = false) {
  const architecture = findArchitecture(model) ?? assert.fail(model);
  const group = architecture.blocks[index] ?? assert.fail(`${index}`);
  return decoderTape(architecture, { group, windowed }, { ...setting, ...change });
}

/** Bytes per token that the blocks of a group keep for the backward pass. */
function kept(model: string, group: number, attention: BlockSetting["attention"] = "flash"): number {
  return tapeOf(model, group, { attention }).savedBytes();
}

/** Llama's norm of a width: input in float32, root, normalised input, output, which the next matrix reads. */
const norm = (width: number) => 4 * width + 4 + 2 * width + 2 * width;

/** Gemma's: what is normalised stays in float32. */
const gemmaNorm = (width: number, groups = 1) => 4 * width + 4 * groups + 4 * width + 2 * width;

/** Gate, its activation, up, and their product. */
const gatedMlp = (width: number) => 8 * width;

describe("bytes that a block keeps per token, counted by hand from transformers' modelling code", () => {
  it("DeepSeek-V2-Lite: queries of 192 per head, a vector of 512 + 64, values padded to 192 for flash attention", () => {
    const [queries, values] = [2 * 16 * 192, 2 * 16 * 128];
    const projected = norm(512);
    const flash = queries + queries + queries + queries + 4 * 16 + values;
    assert.equal(
      kept("deepseek-ai/DeepSeek-V2-Lite", 0),
      norm(2048) + projected + flash + norm(2048) + gatedMlp(10_944),
    );
  });

  it("DeepSeek-V2-Lite with torch's attention: values stay a part of the projection of keys and values", () => {
    const queries = 2 * 16 * 192;
    const keysAndValues = 2 * 16 * (128 + 128);
    const attention = queries + queries + keysAndValues + 2 * 16 * 128 + 4 * 16;
    assert.equal(
      kept("deepseek-ai/DeepSeek-V2-Lite", 0, "sdpa"),
      norm(2048) + norm(512) + attention + norm(2048) + gatedMlp(10_944),
    );
  });

  it("DeepSeek-R1: queries through a rank of 1536", () => {
    const [queries, values] = [2 * 128 * 192, 2 * 128 * 128];
    const attention = 4 * queries + 4 * 128 + values;
    assert.equal(
      kept("deepseek-ai/DeepSeek-R1", 0),
      norm(7168) + norm(1536) + norm(512) + attention + norm(7168) + gatedMlp(18_432),
    );
  });

  it("LFM2: three parts of a projection, their product, its convolution, the second product and its copy", () => {
    const convolution = 2 * 3 * 2048 + 2 * 2048 + 2 * 2048 + 2 * 2048;
    assert.equal(kept("LiquidAI/LFM2-2.6B", 0), norm(2048) + convolution + norm(2048) + gatedMlp(10_752));
  });

  it("Granite 4: the scan keeps its input projection and its result; gate and up are one projection", () => {
    const [projection, inner] = [6448, 3072];
    const mlp = 2 * 2 * 4096 + 2 * 4096 + 2 * 4096;
    assert.equal(kept("ibm-granite/granite-4.0-h-1b", 0), norm(1536) + 2 * projection + 2 * inner + norm(1536) + mlp);
  });

  it("Jamba: step, B and C are normed, so that convolution and scan are operations of their own", () => {
    const [inner, rank, states] = [8192, 256, 16];
    const norms = norm(rank) + 2 * norm(states);
    // Input and gate, what is convolved, the steps, the scan's result before the gate and behind it.
    const scan = 2 * 2 * inner + 2 * inner + 2 * inner + 2 * inner + 2 * inner;
    assert.equal(kept("ai21labs/Jamba-v0.1", 0), norm(4096) + scan + norms + norm(4096) + gatedMlp(14_336));
  });

  it("Nemotron-H: a block is a scan, an MLP with squared ReLU, or attention", () => {
    const id = "nvidia/NVIDIA-Nemotron-Nano-9B-v2";
    assert.equal(kept(id, 0), norm(4480) + 2 * 22_656 + 2 * 10_240);
    assert.equal(kept(id, 1), norm(4480) + 2 * 15_680 + 2 * 15_680);
    assert.equal(kept(id, 2), norm(4480) + 2 * (5120 + 1024 + 1024 + 5120) + 4 * 40);
  });

  it("Gemma 4 26B: norms of values, and an MLP beside experts with norms of their own", () => {
    // A norm whose output is summed or copied, not read by a matrix.
    const summed = (width: number) => gemmaNorm(width) - 2 * width;
    const heads = summed(4096) + 4 * 15 + summed(2048) + 4 * 7 + (4 * 2048 + 4 * 8);
    const attention = 2 * (4096 + 2048 + 2048 + 4096) + 4 * 16;
    const dense = gemmaNorm(2816) + gatedMlp(2112) + summed(2816);
    const router = norm(2816) + 4 * 128 + 4 * 8;
    const experts = 8 * (2 * 2816 + 2 * 2 * 704 + 2 * 704 + 2 * 704 + 2 * 2816);
    const routed = summed(2816) + router + experts + summed(2816);
    assert.equal(
      kept("google/gemma-4-26B-A4B", 0),
      gemmaNorm(2816) + heads + attention + summed(2816) + dense + routed + summed(2816),
    );
  });

  it("Llama 4: every expert computes every token", () => {
    const attention = 2 * (5120 + 1024 + 1024 + 5120) + 4 * 40;
    const router = 4 * 16 + 4 * 16;
    const experts = 16 * (2 * 5120 + 2 * 2 * 8192 + 2 * 8192 + 2 * 8192 + 2 * 5120);
    assert.equal(
      kept("meta-llama/Llama-4-Scout-17B-16E-Instruct", 0),
      norm(5120) + attention + norm(5120) + gatedMlp(8192) + router + experts,
    );
  });

  it("gpt-oss: attention in Python with a score more per row, and halves of a projection that are clamped", () => {
    const oneKey = 64 * (2 + 2);
    const attention = 2 * 4 * 4096 + oneKey;
    // The router reads what the norm puts out, the four experts copies of it.
    const router = 4 * 32 + 4 * 4;
    const clamped = 2 * 2 * 2880 + 2 * 2880 + 2 * 2880 + 2 * 2880 + 2 * 2880 + 2 * 2880;
    const experts = 4 * (2 * 2880 + clamped + 2 * 2880);
    assert.equal(kept("openai/gpt-oss-20b", 0, "eager"), norm(2880) + attention + norm(2880) + router + experts);
  });

  it("BERT: dropout, and norms of what attention and MLP add up to", () => {
    const attention = 2 * 4 * 768 + 4 * 12;
    const dropped = 768;
    // Its input, the mean and the deviation; the output is what the next matrix reads.
    const layerNorm = 2 * 768 + 8;
    const mlp = 2 * 3072 + 2 * 3072;
    assert.equal(
      kept("google-bert/bert-base-uncased", 0),
      2 * 768 + attention + dropped + layerNorm + 2 * 768 + mlp + dropped + layerNorm,
    );
  });

  it("RoBERTa, eagerly: the softmax has the type of the scores, and its dropout a mask and a copy", () => {
    const oneKey = 12 * (2 + 1 + 2);
    assert.equal(kept("FacebookAI/roberta-base", 0, "eager") - kept("FacebookAI/roberta-base", 0), oneKey - 4 * 12);
  });

  it("T5: norms that scale their input as it is, scores in float32 with dropout, dropout before each sum and in the MLP", () => {
    const t5Norm = norm(512) + 2 * 512;
    const oneKey = 8 * (4 + 1 + 2);
    const attention = t5Norm + 2 * 4 * 512 + oneKey + 512;
    const mlp = t5Norm + 2 * 2048 + 2048 + 2 * 2048 + 512;
    assert.equal(kept("google-t5/t5-small", 0, "eager"), attention + mlp);
    // The decoder's reads the encoder's output for keys and values.
    assert.equal(kept("google-t5/t5-small", 1, "eager"), attention + attention + 2 * 512 + mlp);
  });

  it("ModernBERT: queries, keys and values in one projection, and gate and up in another", () => {
    const layerNorm = 2 * 768 + 8 + 2 * 768;
    const attention = 2 * (768 + 768) + 2 * 3 * 768 + 2 * 768 + 4 * 12;
    const mlp = 2 * 2 * 1152 + 2 * 1152 + 2 * 1152;
    assert.equal(kept("answerdotai/ModernBERT-base", 1), layerNorm + attention + layerNorm + mlp);
  });

  it("Qwen3.5: a gated delta net, by the kernels of flash-linear-attention", () => {
    // 16 heads of 128 for keys and for values.
    const [keys, values, heads] = [2048, 2048, 16];
    const convolution = 2 * (2 * keys + values);
    const rates = 4 * heads + 4 * heads + 2 * heads;
    const rule = 3 * 2 * values + 2 * 64 * heads + 12 * heads;
    const gatedNorm = 2 * values + 2 * values + 4 * heads;
    const output = 2 * values;
    assert.equal(
      kept("Qwen/Qwen3.5-0.8B", 0),
      gemmaNorm(1024) + convolution + rates + rule + gatedNorm + output + gemmaNorm(1024) + gatedMlp(3584),
    );
  });

  it("Qwen3.5: attention with a gate beside the queries, and norms of heads", () => {
    // 8 heads of 256, two for keys and values.
    const [query, keyValue] = [2048, 512];
    const heads = gemmaNorm(query, 8) - 2 * query + (gemmaNorm(keyValue, 2) - 2 * keyValue);
    const attention = 2 * query + 2 * keyValue + 2 * keyValue + 2 * query + 4 * 8;
    const gate = 2 * query + 2 * query;
    assert.equal(
      kept("Qwen/Qwen3.5-0.8B", 1),
      gemmaNorm(1024) + heads + attention + gate + gemmaNorm(1024) + gatedMlp(3584),
    );
  });

  it("Gemma 4 E2B: a gate of the block's result times an input of the block's own, its projection and a norm", () => {
    const summed = (width: number) => gemmaNorm(width) - 2 * width;
    const own = 2 * 1536 + 2 * 256 + 2 * 256 + 2 * 256 + 2 * 256 + summed(1536);
    const queries = summed(2048) + 4 * 7;
    const keysAndValues = summed(256) + 4 * 256 + 4;
    const around = gemmaNorm(1536) + summed(1536) + gemmaNorm(1536) + summed(1536) + own;
    const attention = 2 * (2048 + 256 + 256 + 2048) + 4 * 8;
    assert.equal(kept("google/gemma-4-E2B", 0), around + queries + keysAndValues + attention + gatedMlp(6144));
    // The later blocks have no keys and values of their own, and a wider MLP.
    assert.equal(kept("google/gemma-4-E2B", 2), around + queries + 2 * (2048 + 2048) + 4 * 8 + gatedMlp(12_288));
  });

  it("OLMo 2: norms of queries and keys as wide as they are", () => {
    const attention = 2 * 4 * 2048 + 4 * 16 + 2 * (norm(2048) - 2 * 2048);
    assert.equal(kept("allenai/OLMo-2-0425-1B", 0), norm(2048) + attention + norm(2048) + gatedMlp(8192));
  });

  it("Phi: attention and MLP of one norm, GELU in Python; Phi-2 drops what both put out", () => {
    const block = (width: number) => {
      const layerNorm = 2 * width + 8 + 2 * width;
      // Input, tanh, one plus it and half the input, and their product.
      const mlp = 5 * 2 * 4 * width;
      return layerNorm + 2 * 4 * width + 4 * 32 + mlp;
    };
    assert.equal(kept("microsoft/phi-1_5", 0), block(2048));
    assert.equal(kept("microsoft/phi-2", 0), block(2560) + 2 * 2560);
  });

  it("GPT-NeoX, as wide as Phi-2: norms of their own for attention and MLP, and nothing dropped", () => {
    const norms = 2 * 2560 + 2 * (8 + 2 * 2560);
    // Queries and keys with positions; values are a part of the one projection.
    const attention = 2 * 2 * 2560 + 2 * 3 * 2560 + 2 * 2560 + 4 * 32;
    assert.equal(kept("EleutherAI/pythia-2.8b", 0), norms + attention + 2 * 2 * 10_240);
  });

  it("Falcon-H1: a scan and attention of one norm", () => {
    const scan = 2 * 3352 + 2 * 1536;
    const attention = 2 * (512 + 128 + 128 + 512) + 4 * 8;
    assert.equal(kept("tiiuae/Falcon-H1-0.5B-Base", 0), norm(1024) + scan + attention + norm(1024) + gatedMlp(2048));
  });

  /** What the experts that a token goes through keep: copies of their input, gate and up, activated, product, result. */
  const experts = (active: number, hidden: number, width: number) =>
    active * (2 * hidden + 2 * 2 * width + 2 * width + 2 * width + 2 * hidden);
  /** Scores in float32, and those of the chosen ones. */
  const scores = (count: number, active: number) => 4 * count + 4 * active;

  it("Mixtral: two of eight experts, and a router that reads what they do", () => {
    const attention = 2 * (4096 + 1024 + 1024 + 4096) + 4 * 32;
    const routed = scores(8, 2) + experts(2, 4096, 14_336);
    assert.equal(kept("mistralai/Mixtral-8x7B-v0.1", 0), norm(4096) + attention + norm(4096) + routed);
  });

  it("by kernels for MLPs: gate and up, in one projection or in two, but not what is activated", () => {
    for (const [model, intermediate] of [
      ["mistralai/Mistral-7B-v0.1", 14_336],
      ["microsoft/Phi-3-mini-4k-instruct", 8192],
    ] as const) {
      assert.equal(tapeOf(model, 0, { fusedMlp: true }).savedBytes(), kept(model, 0) - 2 * intermediate);
    }
  });

  it("DeepSeek-V2-Lite's experts: a router in float32, and others that every token goes through", () => {
    const attention = norm(512) + 4 * (2 * 16 * 192) + 4 * 16 + 2 * 16 * 128;
    const routed = 4 * 2048 + scores(64, 6) + experts(6, 2048, 1408) + gatedMlp(2816);
    assert.equal(kept("deepseek-ai/DeepSeek-V2-Lite", 1), norm(2048) + attention + norm(2048) + routed);
  });

  it("DeepSeek-V2-Lite's experts in one quantised tensor: as they are dequantised, whole, for the gradient of their input", () => {
    // 64 experts of three matrices; from 8 bits beside a tensor of two of them, the product with their scales.
    const matrix = 64 * 2048 * 1408;
    const more = (expertCopy: number) => {
      const [copied, plain] = [expertCopy, 0].map((bytes) =>
        tapeOf("deepseek-ai/DeepSeek-V2-Lite", 1, { trained: false, expertCopy: bytes }),
      );
      assert.ok(copied && plain);
      return copied.savedBytes() - plain.savedBytes();
    };
    assert.equal(more(2), 2 * 3 * matrix);
    assert.equal(more(4), 4 * 3 * matrix);
    const wide = tapeOf("deepseek-ai/DeepSeek-V2-Lite", 1, { trained: false, expertCopy: 4 });
    assert.ok(wide.forwardPeakBytes() >= 4 * 2 * matrix + 4 * 2 * matrix);
  });

  it("GLM 4.5: a router in float32 too", () => {
    const attention = 2 * (12_288 + 1024 + 1024 + 12_288) + 4 * 96;
    const routed = 4 * 4096 + scores(128, 8) + experts(8, 4096, 1408) + gatedMlp(1408);
    assert.equal(kept("zai-org/GLM-4.5-Air", 1), norm(4096) + attention + norm(4096) + routed);
  });

  it("Qwen1.5-MoE: a gate of a value per token for the experts that every token goes through", () => {
    const attention = 2 * 4 * 2048 + 4 * 16;
    const routed = scores(60, 4) + experts(4, 2048, 1408);
    const shared = gatedMlp(5632) + 2 * 2048 + 2;
    assert.equal(kept("Qwen/Qwen1.5-MoE-A2.7B", 0), norm(2048) + attention + norm(2048) + routed + shared);
  });

  it("DeepSeek-V2-Lite, eagerly: the softmax in float32 and in 16 bits, and a copy of the values", () => {
    const queries = 2 * 16 * 192;
    const attention = queries + queries + 16 * (4 + 2) + 2 * 16 * 128 + 2 * 16 * 128;
    assert.equal(
      kept("deepseek-ai/DeepSeek-V2-Lite", 0, "eager"),
      norm(2048) + norm(512) + attention + norm(2048) + gatedMlp(10_944),
    );
  });

  it("Mistral with a window, in torch's attention: keys and values of all heads, and a mask; in flash attention neither", () => {
    const windowed = (attention: BlockSetting["attention"]) =>
      tapeOf("mistralai/Mistral-7B-v0.1", 0, { attention, sequenceLength: 3 }, true).savedBytes();
    const narrow = kept("mistralai/Mistral-7B-v0.1", 0);
    assert.equal(windowed("sdpa"), narrow + 2 * 2 * (4096 - 1024) + 2 * 3 ** 2);
    assert.equal(windowed("flash"), narrow);
  });

  for (const model of ["deepseek-ai/DeepSeek-V2-Lite", "XiaomiMiMo/MiMo-V2-Flash", "allenai/OLMo-2-0425-1B"]) {
    it(`the same under autocast where weights are in 16 bits anyway: ${model}`, () => {
      const cast = tapeOf(model, 0, { attention: "sdpa", autocast: true }).savedBytes();
      assert.equal(cast, kept(model, 0, "sdpa"));
    });
  }
});

describe("bytes that a block with frozen weights keeps per token", () => {
  const frozen = (model: string, group: number) => tapeOf(model, group, { trained: false }).savedBytes();
  /** The input in float32 and the root. */
  const frozenNorm = (width: number) => 4 * width + 4;
  /** Gate, its activation and up. */
  const frozenMlp = (width: number) => 6 * width;

  it("are none of the inputs of matrices: Mixtral", () => {
    const attention = 2 * (4096 + 1024 + 1024 + 4096) + 4 * 32;
    const experts = 2 * (2 * 2 * 14_336 + 2 * 14_336 + 2 * 4096);
    const routed = 4 * 8 + 4 * 2 + experts;
    assert.equal(frozen("mistralai/Mixtral-8x7B-v0.1", 0), 2 * frozenNorm(4096) + attention + routed);
  });

  it("are none of the float32 input of DeepSeek's router", () => {
    const attention = frozenNorm(512) + 4 * (2 * 16 * 192) + 4 * 16;
    const experts = 6 * (2 * 2 * 1408 + 2 * 1408 + 2 * 2048);
    const routed = 4 * 64 + 4 * 6 + experts + frozenMlp(2816);
    assert.equal(frozen("deepseek-ai/DeepSeek-V2-Lite", 1), 2 * frozenNorm(2048) + attention + routed);
  });

  it("are all that convolution and scan read: Jamba", () => {
    const [inner, rank, states] = [8192, 256, 16];
    const norms = frozenNorm(rank) + 2 * (frozenNorm(states) + 2 * states);
    const scan = 2 * 2 * inner + 2 * inner + 2 * inner + 2 * inner;
    assert.equal(frozen("ai21labs/Jamba-v0.1", 0), 2 * frozenNorm(4096) + scan + norms + frozenMlp(14_336));
  });
});

describe("autocast's copies of float32 weights in 16 bits", () => {
  const copies = (model: string) => {
    const bytes = (weight: number) => tapeOf(model, 0, { weight, norm: 4, residual: 4, autocast: true }).savedBytes();
    return bytes(4) - bytes(2);
  };

  it("are of every expert's matrices", () => {
    const single = 4096 * (4096 + 1024 + 1024 + 4096) + 4096 * 8;
    assert.equal(copies("mistralai/Mixtral-8x7B-v0.1"), 2 * (single + 8 * 3 * 4096 * 14_336));
  });
});

describe("the weights of a block, as its operations have their gradients", () => {
  /** What transformers' own classes count in a block of the model, but for biases. */
  const parameters = (model: string, index: number) =>
    findArchitecture(model)?.blocks[index]?.parameters ?? assert.fail();

  for (const [model, group, title] of [
    ["deepseek-ai/DeepSeek-V2-Lite", 1, "a router in float32, experts"],
    ["deepseek-ai/DeepSeek-R1", 0, "queries through a rank"],
    ["mistralai/Mixtral-8x7B-v0.1", 0, "experts"],
    ["google/gemma-4-E2B", 0, "an input of the block's own"],
    ["Qwen/Qwen3-0.6B", 0, "norms of heads"],
    ["Qwen/Qwen3-Next-80B-A3B-Instruct", 0, "a delta net, shared experts with a gate"],
    ["Qwen/Qwen3.5-0.8B", 0, "a delta net with projections of its own"],
    ["LiquidAI/LFM2-350M", 0, "a convolution"],
    ["ai21labs/Jamba-v0.1", 0, "a scan with norms"],
    ["state-spaces/mamba-2.8b", 0, "a scan"],
    ["CohereForAI/aya-23-8B", 0, "a norm without bias"],
    ["google-t5/t5-small", 1, "attention to the encoder"],
  ] as const) {
    it(`are those that are counted, 2 bytes each: ${model}, ${title}`, () => {
      assert.equal(tapeOf(model, group).weightGradientBytes(), 2 * parameters(model, group));
    });
  }

  it("are as many by kernels for norms", () => {
    const tape = tapeOf("Qwen/Qwen3-0.6B", 0, { fusedNorms: true, fusedMlp: true });
    assert.equal(tape.weightGradientBytes(), 2 * parameters("Qwen/Qwen3-0.6B", 0));
  });
});

describe("the layers of blocks of several kinds", () => {
  const names = (model: string, group: number) => {
    const architecture = findArchitecture(model) ?? assert.fail(model);
    const blocks = architecture.blocks[group] ?? assert.fail(`${group}`);
    return linearsIn(architecture, blocks).map(({ name, input, output }) => `${name} ${input}→${output}`);
  };

  it("are told by how many blocks have them", () => {
    assert.deepEqual(names("google/gemma-4-31B", 1), [
      "gate_proj 5376→21504",
      "up_proj 5376→21504",
      "down_proj 21504→5376",
      "q_proj 5376→16384",
      "k_proj 5376→2048",
      "o_proj 16384→5376",
    ]);
  });

  it("are told by the size of the block where as many blocks have others", () => {
    assert.deepEqual(names("ai21labs/Jamba-v0.1", 1), [
      "in_proj 4096→16384",
      "x_proj 8192→288",
      "dt_proj 256→8192",
      "out_proj 8192→4096",
    ]);
    assert.ok(names("ai21labs/Jamba-v0.1", 2).includes("gate_proj 4096→14336"));
    const nemotron = "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16";
    assert.deepEqual(names(nemotron, 0), ["in_proj 4096→18560", "out_proj 8192→4096"]);
    assert.deepEqual(names(nemotron, 1), [
      "up_proj 4096→5376",
      "down_proj 5376→4096",
      "fc1_latent_proj 4096→1024",
      "fc2_latent_proj 1024→4096",
    ]);
  });
});

describe("a part of a model with blocks of several kinds", () => {
  it("has the layers of each kind, whichever blocks it has", () => {
    const whole = findArchitecture("ibm-granite/granite-4.0-h-1b") ?? assert.fail();
    const last = partOf(whole, { from: 30, to: 40, tensor: 1, expert: 1, expertTensor: 1, linearAttention: 1 });
    assert.deepEqual(
      last.blocks.map(({ kind, count }) => [kind, count]),
      [
        ["ssm", 6],
        ["attention", 4],
      ],
    );
    for (const [index, group] of last.blocks.entries()) {
      const same = whole.blocks[index] ?? assert.fail();
      assert.deepEqual(linearsIn(last, group), linearsIn(whole, same));
      assert.equal(group.parameters, same.parameters);
    }
  });
});

describe("models whose step can be followed", () => {
  const unknown = records.map(catalogued).filter((architecture) => !followed(architecture).value);

  it("are all of the catalogue but those with sparse attention, several streams or a gate that is not understood", () => {
    const types = new Set(unknown.map(({ type }) => type));
    assert.deepEqual([...types].sort(), [...notFollowed].sort());
  });

  it("are small ones too, whose biases weigh more", () => {
    const shape = { hidden: 64, layers: 2, heads: 4, vocab: 1000, intermediate: 256, gated: false, biased: true };
    const tiny = shapeArchitecture(shape, "tiny");
    // Matrices, nine widths of biases, and two norms with biases.
    assert.equal(tiny.blocks[0]?.parameters, 12 * 64 ** 2 + 9 * 64 + 4 * 64);
    assert.equal(followed(tiny).value, true);
  });

  it("say so where the kernels or the images are taken for granted", () => {
    const text = (model: string) => {
      const config = `model_name_or_path: ${model}\nlearning_rate: 1e-5\nmax_length: 512\nper_device_train_batch_size: 1\n`;
      return assumptionsText(analysisOf(config));
    };
    assert.match(text("Qwen/Qwen2.5-VL-7B-Instruct"), /batches of text without images or sound.* assumed/);
    assert.match(text("Qwen/Qwen3-Next-80B-A3B-Instruct"), /the kernels of flash-linear-attention.* assumed/);
    assert.doesNotMatch(text("Qwen/Qwen2.5-7B"), /kernels|images/);
  });

  it("say so where weights are rounded for a later quantisation", () => {
    const axolotl =
      "base_model: Qwen/Qwen2.5-0.5B\nsequence_len: 512\nmicro_batch_size: 1\nnum_epochs: 1\nlearning_rate: 1e-5\ndatasets:\n  - path: tatsu-lab/alpaca\n";
    assert.match(
      assumptionsText(analysisOf(`${axolotl}qat: { weight_dtype: int4 }\n`)),
      /no memory for fake quantisation.* assumed/,
    );
    assert.doesNotMatch(assumptionsText(analysisOf(axolotl)), /quantisation/);
    const torchtune = (quantizer: string) =>
      `model:\n  _component_: torchtune.models.llama3.llama3_8b\noptimizer:\n  _component_: torch.optim.AdamW\n  lr: 2e-5\ntokenizer:\n  max_seq_len: 512\nbatch_size: 1\nepochs: 1\ndtype: bf16\nquantizer:\n  _component_: torchtune.training.quantization.${quantizer}\n`;
    assert.match(assumptionsText(analysisOf(torchtune("Int8DynActInt4WeightQATQuantizer"))), /fake quantisation/);
    assert.doesNotMatch(assumptionsText(analysisOf(torchtune("Int4WeightOnlyQuantizer"))), /fake quantisation/);
    const automodel = (on: boolean) =>
      `recipe: TrainFinetuneRecipeForNextTokenPrediction\nstep_scheduler: { local_batch_size: 1 }\nmodel:\n  _target_: nemo_automodel.NeMoAutoModelForCausalLM.from_pretrained\n  pretrained_model_name_or_path: meta-llama/Llama-3.2-1B\npacked_sequence: { packed_sequence_size: 1024 }\noptimizer: { _target_: torch.optim.AdamW, lr: 1.0e-5 }\nqat: { enabled: ${on} }\n`;
    assert.match(assumptionsText(analysisOf(automodel(true))), /fake quantisation/);
    assert.doesNotMatch(assumptionsText(analysisOf(automodel(false))), /fake quantisation/);
  });

  it("take nothing else for granted", () => {
    const assumptions = (model: string) => assumptionsOf(findArchitecture(model) ?? assert.fail(model));
    assert.deepEqual(assumptions("Qwen/Qwen2.5-7B"), []);
    assert.deepEqual(assumptions("tiiuae/Falcon-H1-0.5B-Base"), ["the kernels of mamba-ssm"]);
    assert.deepEqual(assumptions("state-spaces/mamba-2.8b"), ["the kernels of mamba-ssm"]);
  });

  it("have the weights of what sees counted in full", () => {
    const config =
      "model_name_or_path: Qwen/Qwen2.5-VL-7B-Instruct\nlearning_rate: 1e-5\nmax_length: 512\nbf16: false\n";
    const { components } = answered(analysisOf(`${config}dtype: bfloat16\nper_device_train_batch_size: 1\n`).memory);
    assert.equal(components.weights, 2 * 8_292_166_656);
  });
});

const notFollowed = ["deepseek_v32", "deepseek_v4", "gemma3n_text", "glm_moe_dsa", "kimi_linear", "muse_glimmer"];
