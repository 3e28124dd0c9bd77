import assert from "node:assert/strict";
import { blocksOf, sharedBytes } from "../../../src/core/memory/blocks.ts";
import { decoderTape } from "../../../src/core/memory/decoderTape.ts";
import { headTape } from "../../../src/core/memory/headTape.ts";
import type { Run } from "../../../src/core/memory/run.ts";
import { blockSetting, headSetting, lossSetting } from "../../../src/core/memory/settings.ts";
import { momentsOf } from "../../../src/core/memory/step.ts";
import { adapterWeightBytes, baseWeightBytes } from "../../../src/core/memory/weights.ts";
import type { Architecture, Linear } from "../../../src/core/models/architecture.ts";
import { countLoraParameters } from "../../../src/core/models/lora.ts";
import { countParameters } from "../../../src/core/models/parameters.ts";
import golden from "../../fixtures/golden/stepPeaks.json" with { type: "json" };
import { findArchitecture } from "../builtIn.ts";
import { nothingSaved, plainQuantization, plainRun } from "./plainRun.ts";

type Case = (typeof golden.cases)[number];

/** What is off by more than 1 %, and why. */
const deviations: Readonly<Record<string, string>> = {
  "google/gemma-3-1b-it":
    "its attention masks are saved otherwise for several sequences; 1.1 % of what is kept, not of the peak",
};

describe("forward and backward against the real model code", () => {
  for (const each of golden.cases) {
    it(`${titleOf(each)}: ${each.peak} bytes, ${each.peakWithGradients} with gradients there`, () => {
      assertWithin(0.01, peakOf(runOf(each, false)), expectedPeak(each, "peak"));
      assertWithin(0.01, peakOf(runOf(each, true)), expectedPeak(each, "peakWithGradients"));
    });

    it(`${titleOf(each)}: ${each.saved} bytes kept for the backward pass`, () => {
      assertWithin(deviations[each.model] ? 0.012 : 0.01, savedBytes(runOf(each, false)), each.saved);
    });
  }

  it("is off by less than 0.05 % in the median and 0.6 % at the 90th percentile", () => {
    const errors = golden.cases
      .flatMap((each) => [
        errorOf(peakOf(runOf(each, false)), expectedPeak(each, "peak")),
        errorOf(peakOf(runOf(each, true)), expectedPeak(each, "peakWithGradients")),
      ])
      .sort((a, b) => a - b);
    assert.ok((errors[Math.floor(errors.length / 2)] ?? 1) < 0.0005);
    assert.ok((errors[Math.floor(errors.length * 0.9)] ?? 1) < 0.006);
  });
});

/**
 * A peak of the reference, and what CUDA's softmax takes backwards for itself where the peak is there: a float32 value per score, which
 * the reference does not count.
 */
function expectedPeak(each: Case, which: "peak" | "peakWithGradients"): number {
  const { model, attention, checkpointing, sequences, length } = each;
  const isInSoftmax = attention === "eager" && checkpointing && peaksInSoftmax.has(`${model} ${which}`);
  if (!isInSoftmax) return each[which];
  const of = findArchitecture(model)?.attention;
  assert.ok(of?.kind === "grouped");
  return each[which] + 4 * sequences * of.heads * length ** 2;
}

const peaksInSoftmax: ReadonlySet<string> = new Set([
  "meta-llama/Llama-2-7b-hf peak",
  "meta-llama/Llama-2-7b-hf peakWithGradients",
  "meta-llama/Llama-3.1-8B peak",
]);

function savedBytes(run: Run): number {
  const setting = blockSetting(run);
  const head = headTape(run.architecture, headSetting(run), lossSetting(run)).savedBytes();
  const input = setting.tokens * run.architecture.hidden * setting.residual;
  return blocksOf(run).reduce((sum, blocks) => {
    const kept = run.checkpointing ? input : decoderTape(run.architecture, blocks, setting).savedBytes();
    return sum + blocks.count * kept;
  }, head + sharedBytes(run, setting.residual));
}

function titleOf({ model, lora, quantized, weights, attention, checkpointing, loss, sequences, length }: Case): string {
  const method = lora ? `${quantized ? "QLoRA" : "LoRA"} r=${lora.rank} ${lora.targets} ${lora.dtype}` : "full";
  const kept = checkpointing ? "checkpointed" : "all kept";
  return `${model}, ${method}, ${weights}, ${attention}, ${kept}, ${loss}, ${sequences}×${length}`;
}

function peakOf(run: Run): number {
  const largest = Math.max(...momentsOf(run).map((moment) => moment.gradients + moment.activations + moment.logits));
  return largest + baseWeightBytes(run) + adapterWeightBytes(run);
}

function runOf(each: Case, accumulates: boolean): Run {
  const architecture = findArchitecture(each.model) ?? assert.fail(each.model);
  const parameters = countParameters(architecture);
  const linears = each.lora ? adaptedLinears(architecture, each.lora.targets) : [];
  const adapted = countLoraParameters(linears, each.lora?.rank ?? 0);
  const inFloat32 = each.weights === "float32" && !each.autocast;
  return {
    ...plainRun,
    architecture,
    parameters,
    trainable: each.lora ? adapted : parameters.total,
    adapters: each.lora && {
      inPlace: null,
      linears,
      parameters: adapted,
      reachesInput: true,
      saved: nothingSaved,
      rank: each.lora.rank,
      dropout: each.lora.dropout > 0,
      dtype: each.lora.dtype as Run["weights"],
    },
    quantization: each.quantized
      ? { ...plainQuantization, float32Norms: each.prepared, float32Embeddings: each.prepared }
      : null,
    optimizer: "adamw_torch_fused",
    sequences: each.sequences,
    sequenceLength: each.length,
    accumulates,
    weights: each.weights as Run["weights"],
    gradients: (each.lora?.dtype ?? each.weights) as Run["weights"],
    autocast: each.autocast ? "bfloat16" : null,
    checkpointing: each.checkpointing,
    // In float32 the reference takes the memory-efficient kernel of torch's own attention, which gets keys and values of all heads.
    attention: inFloat32 ? "sdpa" : (each.attention as Run["attention"]),
    repeatsKeys: inFloat32,
    loss: each.loss as Run["loss"],
    copiesLogits: false,
    keepsLogits: true,
    gpus: 1,
    sharding: "none",
  };
}

/** `all`, or queries and values: the fused projection where they have none of their own. */
function adaptedLinears({ linears }: Architecture, targets: string): readonly Linear[] {
  if (targets === "all") return linears;
  return linears.filter(({ parts }) => parts.some(({ role }) => role === "query" || role === "value"));
}

function errorOf(actual: number, expected: number): number {
  return Math.abs(actual - expected) / expected;
}

function assertWithin(fraction: number, actual: number, expected: number): void {
  const off = errorOf(actual, expected);
  assert.ok(off <= fraction, `${actual} is ${(100 * off).toFixed(2)} % off ${expected}`);
}
