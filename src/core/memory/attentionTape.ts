import type { Architecture, GroupedAttention } from "../models/architecture.ts";
import { type BlockLinears, linearNamed, linearOf } from "../models/blockLinears.ts";
import type { BlockTape, NormShape, ScoreSetting } from "./blockTape.ts";
import { encoders, gpt2Types, rmsKind } from "./families.ts";
import { constant, type Tensor } from "./tape.ts";

/**
 * Multi-head attention with grouped keys and values: projections, norms and positions of heads, attention itself, a gate where
 * queries are projected twice as wide (Qwen3-Next), and the output. A block without keys of its own attends to an earlier one's,
 * and one without values takes its keys for them (Gemma 4).
 */
export function groupedAttention(
  block: BlockTape,
  architecture: Architecture,
  attention: GroupedAttention,
  linears: BlockLinears,
  input: Tensor,
  windowed: boolean,
  keyValueInput: Tensor = input,
): Tensor {
  const { heads, kvHeads, headDim } = attention;
  const { positions, type } = architecture;
  const output = linearOf(linears, "output") ?? linearNamed(linears, "out_proj");
  if (!output) return input;
  const fused = linears.find(({ parts }) => parts.length === 3 && parts[0]?.role === "query");
  const place = (tensor: Tensor) => (positions > 0 || unrotated.has(type) ? tensor : block.rotate(tensor));
  const normed = (tensor: Tensor, count: number, width: number) =>
    place(normedHeads(block, attention, type, tensor, count, width));
  const others = { heads, windowed, outputWidth: output.input, scores: scoresOf(architecture) };
  if (fused) {
    const query = heads * headDim;
    const keyValue = kvHeads * headDim;
    const whole = block.linear(input, fused);
    const part = (width: number) => block.part(whole, (whole.bytes * width) / (query + 2 * keyValue));
    const q = normed(part(query), heads, headDim);
    const k = normed(part(keyValue), kvHeads, headDim);
    const attended = { query: q, key: k, value: part(keyValue), width: query, keyValueWidth: keyValue };
    return block.linear(block.attention({ ...attended, ...others }), output);
  }
  const queries = linearOf(linears, "query");
  const keys = linearOf(linears, "key");
  const values = linearOf(linears, "value");
  if (!queries) return input;
  const projected = block.linear(input, queries);
  const gated = queries.output === 2 * output.input;
  const width = gated ? output.input : queries.output;
  const dim = width / heads;
  const q = normed(gated ? block.part(projected, projected.bytes / 2) : projected, heads, dim);
  if (!keys) {
    return block.linear(
      block.attention({ query: q, key: none, value: none, width, keyValueWidth: width, ...others }),
      output,
    );
  }
  const projectedKeys = block.linear(keyValueInput, keys);
  const k = normed(projectedKeys, keys.output / dim, dim);
  const projectedValues = values ? block.linear(keyValueInput, values) : projectedKeys;
  const v = type.startsWith("gemma4")
    ? block.norm(projectedValues, { kind: "gemma", parameters: 0 }, keys.output, keys.output / dim)
    : projectedValues;
  const valueWidth = values?.output ?? keys.output;
  const attended = block.attention({
    query: q,
    key: k,
    value: v,
    width,
    keyValueWidth: keys.output,
    valueWidth,
    ...others,
  });
  return block.linear(gated ? gatedBy(block, attended, block.part(projected, attended.bytes)) : attended, output);
}

/** Models whose positions are learned or are added to the scores. */
const unrotated: ReadonlySet<string> = new Set([...encoders, "t5", "mt5", "bloom", "mpt"]);

const none = constant(0);

/** A product with the sigmoid of a gate. */
export function gatedBy(block: BlockTape, input: Tensor, gate: Tensor): Tensor {
  const open = block.tape.record([gate], gate.bytes, { savesOutput: true });
  return block.multiply(input, open);
}

/** Queries and keys that are normalised head by head, as Qwen 3 and Gemma 3 do, or whole. */
function normedHeads(
  block: BlockTape,
  { queryKeyNorm }: GroupedAttention,
  type: string,
  tensor: Tensor,
  heads: number,
  headDim: number,
): Tensor {
  if (queryKeyNorm === "none") return tensor;
  const full = queryKeyNorm === "full" && !type.startsWith("gemma4");
  const width = heads * headDim;
  const shape: NormShape = { kind: rmsKind(type), parameters: full ? width : headDim };
  return block.norm(tensor, shape, width, full ? 1 : heads);
}

function scoresOf({ type }: Architecture): ScoreSetting {
  const narrow = gpt2Types.has(type) || encoders.has(type);
  const sinks = type === "gpt_oss";
  return { softCapped: type === "gemma2", narrow: narrow || sinks, dropout: narrow || /^m?t5$/.test(type), sinks };
}
