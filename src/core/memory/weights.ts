import { bytesOf } from "./dtype.ts";
import { savedBytes } from "./gradients.ts";
import type { QuantizedWeights, Run } from "./run.ts";

/**
 * Bytes of the model's own weights. Quantised: the blocks' matrices at `quantizedBytesPerParameter`, and so what sees or
 * hears, which GPTQ and AWQ leave alone; fused experts in the weights' type; embeddings, output layer, norms and biases in
 * float32 where the framework casts them.
 */
export function baseWeightBytes({ parameters, quantization, weights }: Run): number {
  const each = bytesOf(weights);
  if (!quantization) return parameters.total * each;
  const quantized = quantizedBytesPerParameter(quantization);
  const wide = quantization.float32Embeddings ? 4 : each;
  return (
    parameters.linears * quantized +
    parameters.nonText * (quantization.groups ? each : quantized) +
    parameters.embedding * wide +
    parameters.outputLayer * (quantization.outputLayer ? quantized : wide) +
    parameters.experts * (quantization.experts ? quantized : each) +
    parameters.rest * (quantization.float32Norms ? 4 : each)
  );
}

/**
 * Bitsandbytes: 4 bits and a float32 scale per block of 64, or, quantised twice, a byte per scale and a float32 per 256
 * scales; int8: a byte, its row scales are negligible. Source: QLoRA (arXiv 2305.14314), section 3. GPTQ and AWQ: a 16-bit
 * scale and a packed zero point per group of 128. Source: AutoGPTQ, nn_modules/qlinear.
 */
export function quantizedBytesPerParameter({
  bits,
  double,
  groups,
}: Pick<QuantizedWeights, "bits" | "double" | "groups">): number {
  if (groups) return bits / 8 + (2 + bits / 8) / 128;
  if (bits === 8) return 1;
  return bits / 8 + (double ? 1 / 64 + 4 / (64 * 256) : 4 / 64);
}

/**
 * Bytes of the LoRA matrices and of the modules that are trained in full beside them; of blocks that are trained in place, what their
 * type takes more than that of the rest.
 */
export function adapterWeightBytes(run: Run): number {
  const { adapters, weights } = run;
  if (!adapters) return 0;
  const each = bytesOf(adapters.dtype) - (adapters.inPlace ? bytesOf(weights) : 0);
  return adapters.parameters * each + savedBytes(run);
}
