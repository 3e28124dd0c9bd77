import { bytesOf } from "./dtype.ts";
import type { Run } from "./run.ts";

/**
 * Bytes of the model's own weights. Quantised: the blocks' matrices at `quantizedBytesPerParameter`, embeddings,
 * output layer and fused experts in the weights' type, norms and biases in float32 where the framework casts them.
 */
export function baseWeightBytes({ parameters, quantization, weights }: Run): number {
  const each = bytesOf(weights);
  if (!quantization) return parameters.total * each;
  return (
    parameters.linears * quantizedBytesPerParameter(quantization.bits, quantization.double) +
    (parameters.embedding + parameters.outputLayer + parameters.experts) * each +
    parameters.rest * (quantization.float32Norms ? 4 : each)
  );
}

/**
 * Bitsandbytes: 4 bits and a float32 scale per block of 64, or, quantised twice, a byte per scale and a float32 per 256
 * scales; int8: a byte, its row scales are negligible. Source: QLoRA (arXiv 2305.14314), section 3.
 */
export function quantizedBytesPerParameter(bits: number, double: boolean): number {
  if (bits === 8) return 1;
  return bits / 8 + (double ? 1 / 64 + 4 / (64 * 256) : 4 / 64);
}

/** Bytes of the LoRA matrices. */
export function adapterWeightBytes({ adapters, trainable }: Run): number {
  return adapters ? trainable * bytesOf(adapters.dtype) : 0;
}
