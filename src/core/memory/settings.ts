import type { Dtype } from "../plan/plan.ts";
import type { BlockSetting } from "./blockTape.ts";
import { bytesOf, computeBytes } from "./dtype.ts";
import { softCapsLogits } from "./families.ts";
import type { LossSetting } from "./headTape.ts";
import { type Run, tokensOf } from "./run.ts";
import { divergenceCost } from "./teacher.ts";

/** The types and adapters with which the blocks of a run are computed. */
export function blockSetting(run: Run): BlockSetting {
  const { adapters, quantization, autocast } = run;
  const weight = computedWeightBytes(run);
  const wide = weight === 4 || (quantization?.float32Norms ?? false);
  return {
    tokens: tokensOf(run),
    sequenceLength: run.sequenceLength,
    weight,
    norm: wide ? 4 : weight,
    residual: wide ? 4 : 2,
    compute: computeBytes(run),
    autocast: autocast !== null,
    trained: adapters === null,
    quantized: quantization !== null,
    attention: run.attention,
    fusedNorms: run.fusedNorms,
    fusedMlp: run.fusedMlp,
    ownActivations: run.ownActivations,
    repeatsKeys: run.repeatsKeys,
    flashKernels: run.flashKernels,
    keepsQuantizedInputs: run.quantization?.keepsInputs ?? false,
    expertCopy: expertCopyBytes(run),
    gatherers: run.placement.sequence && run.placement.keepsGathered ? run.placement.tensor : 1,
    adapters:
      adapters && !adapters.inPlace
        ? { rank: adapters.rank, weight: bytesOf(adapters.dtype), dropout: adapters.dropout }
        : null,
    adapted: new Set(adapters?.linears.map(({ name }) => name)),
  };
}

/**
 * Quantised experts in one tensor are dequantised when they are read: 4 bits to 16, 8 to float32. Source: bitsandbytes,
 * nn/parametrize.py and functional.int8_vectorwise_dequant; axolotl, monkeypatch/moe_quant.py.
 */
function expertCopyBytes({ quantization }: Run): number {
  if (!quantization?.joinsExperts) return 0;
  return quantization.bits === 8 ? 4 : 2;
}

/** The same for a block that is trained in place, in a type of its own. */
export function trainedBlockSetting(run: Run, dtype: Dtype): BlockSetting {
  const setting = blockSetting(run);
  const weight = run.sharding === "zero-3" ? setting.weight : bytesOf(dtype);
  return { ...setting, trained: true, weight, norm: weight };
}

/** The output layer is never quantised for its own product and has no adapter, but may be trained beside them. */
export function headSetting(run: Run): BlockSetting {
  const setting = blockSetting(run);
  const weight = run.quantization?.float32Embeddings ? 4 : setting.weight;
  const trained = run.adapters === null || run.adapters.saved.outputLayer > 0;
  const tokens = setting.tokens * run.lossShare;
  return { ...setting, tokens, weight, trained, quantized: false, adapters: null };
}

/** Fully sharded weights are gathered in the type that matrix products run in. */
function computedWeightBytes(run: Run): number {
  return run.sharding === "zero-3" ? computeBytes(run) : bytesOf(run.weights);
}

export function lossSetting(run: Run): LossSetting {
  return {
    kind: run.loss,
    chunkTokens: chunkTokens(run),
    fused: run.fusedLoss,
    shiftedCopy: run.copiesLogits && run.sequences > 1,
    keepsLogits: run.keepsLogits,
    narrow: run.narrowHead,
    left: run.leavesLogits,
    divergence: run.teacher && divergenceCost(run.teacher.divergence, returnedLogitBytes(run), run.fusedLoss),
    softCapped: softCapsLogits(run.architecture.type),
  };
}

/** Bytes of a logit as the model returns it: accelerate makes them float32 under autocast. Source: accelerate, utils/operations.py. */
export function returnedLogitBytes(run: Run): number {
  return run.autocast === null ? computeBytes(run) : 4;
}

function chunkTokens(run: Run): number {
  if (run.loss === "split" || run.loss === "sliced") return Math.ceil(tokensOf(run) / pieces);
  return run.loss === "chunked" ? chunkedTokens : fusedTokens(run);
}

/** Tokens per chunk of TRL's chunked loss. */
const chunkedTokens = 256;

/** Chunks of torchtune's CEWithChunkedOutputLoss and of its linear losses. */
const pieces = 8;

/** Tokens per chunk of Liger's fused linear cross-entropy: as many chunks as the vocabulary is wider than the model. */
function fusedTokens(run: Run): number {
  const { vocab, hidden } = run.architecture;
  return 2 ** Math.ceil(Math.log2(Math.max(1, tokensOf(run) / Math.ceil(vocab / hidden))));
}
