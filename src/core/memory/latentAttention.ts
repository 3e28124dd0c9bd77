import type { LatentAttention } from "../models/architecture.ts";
import { type BlockLinears, linearNamed } from "../models/blockLinears.ts";
import type { BlockTape } from "./blockTape.ts";
import type { Tensor } from "./tape.ts";

/**
 * Multi-head latent attention as transformers' DeepSeek-V3 computes it: queries through a rank with its norm, or directly; a narrow
 * vector, of which one part is normed and projected to the keys without positions and the values of all heads, and the other, with
 * positions, is shared by the heads. Queries and keys are put together again from both parts. Flash attention needs values as wide
 * as keys, so they are padded and the output is cut. Source: transformers, models/deepseek_v3/modeling_deepseek_v3.py.
 */
export function latentAttention(
  block: BlockTape,
  { heads, queryRank, keyValueRank, nopeDim, ropeDim, valueDim }: LatentAttention,
  linears: BlockLinears,
  input: Tensor,
  padsValues: boolean,
): Tensor {
  const linear = (tensor: Tensor, name: string) => {
    const shape = linearNamed(linears, name);
    return shape ? block.linear(tensor, shape) : tensor;
  };
  const rms = (tensor: Tensor, width: number) => block.norm(tensor, { kind: "rms", parameters: width }, width);
  const width = heads * (nopeDim + ropeDim);
  const query =
    queryRank === null ? linear(input, "q_proj") : linear(rms(linear(input, "q_a_proj"), queryRank), "q_b_proj");
  const share = (tensor: Tensor, part: number, whole: number) => block.part(tensor, (tensor.bytes * part) / whole);
  const turnedQuery = block.rotate(share(query, ropeDim, nopeDim + ropeDim));
  const queries = block.join([share(query, nopeDim, nopeDim + ropeDim), turnedQuery], query.bytes);
  const narrow = linear(input, "kv_a_proj_with_mqa");
  const turned = block.rotate(share(narrow, ropeDim, keyValueRank + ropeDim));
  const keyValues = linear(rms(share(narrow, keyValueRank, keyValueRank + ropeDim), keyValueRank), "kv_b_proj");
  const ownKeys = share(keyValues, nopeDim, nopeDim + valueDim);
  const keys = block.join([ownKeys, turned], ownKeys.bytes + heads * turned.bytes);
  const values = share(keyValues, valueDim, nopeDim + valueDim);
  const wide = padsValues && valueDim < nopeDim + ropeDim;
  const attended = block.attention({
    query: queries,
    key: keys,
    value: wide ? block.tape.record([values], keys.bytes) : values,
    heads,
    width,
    keyValueWidth: width,
    valueWidth: wide ? width : heads * valueDim,
    outputWidth: wide ? width : heads * valueDim,
    windowed: false,
    scores: { softCapped: false, narrow: false, dropout: false, sinks: false },
  });
  return linear(wide ? block.tape.record([attended], (attended.bytes * heads * valueDim) / width) : attended, "o_proj");
}
