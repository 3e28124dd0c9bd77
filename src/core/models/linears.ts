import type { Attention, FeedForward, Linear, LinearPart, LinearRole } from "./architecture.ts";
import type { BlockShape } from "./blocks.ts";
import type { ModuleNames } from "./moduleNames.ts";

/**
 * A linear layer as the catalogue lists it: name, inputs, outputs, how many blocks have it. A name without a dot is that of Llama's place
 * for such a layer; else it is the path in the block.
 */
export type ExactLinear = readonly [name: string, input: number, output: number, count: number];

/** A linear layer of one block. */
interface BlockLinear {
  readonly name: string;
  readonly input: number;
  readonly parts: readonly LinearPart[];
}

/** The linear layers of all blocks by formula. */
export function linearsOf(shape: BlockShape, names: ModuleNames, encoderLayers?: number): readonly Linear[] {
  const { layers, hidden, attention, dense, experts, denseBlocks } = shape;
  const attentions = attentionLinears(hidden, attention, names);
  if (encoderLayers !== undefined) return encoderDecoderLinears(shape, attentions, encoderLayers, names);
  const place = inBlocks(names.blocks);
  const mlp = (feedForward: FeedForward | null) => feedForwardLinears(hidden, feedForward, names);
  if (!experts) return [...attentions, ...mlp(dense)].map(place(0, layers));
  return [
    ...attentions.map(place(0, layers)),
    ...(denseBlocks > 0 ? mlp(dense).map(place(0, denseBlocks)) : []),
    ...mlp(experts).map(place(denseBlocks, layers - denseBlocks)),
  ];
}

/** Layers that the catalogue lists one by one. Which blocks have them is not known: the first ones are taken. */
export function exactLinears(linears: readonly ExactLinear[], names: ModuleNames): readonly Linear[] {
  const place = inBlocks(names.blocks);
  return linears.map(([path, input, output, count]) => {
    const name = path.slice(path.lastIndexOf(".") + 1);
    const parent = name === path ? parentOf(name) : "";
    return place(0, count)({ name: `${parent}${path}`, input, parts: [{ role: roleOf(name), output }] });
  });
}

function inBlocks(blocks: string) {
  return (first: number, count: number) =>
    ({ name, input, parts }: BlockLinear): Linear => ({
      name: name.slice(name.lastIndexOf(".") + 1),
      path: `${blocks}.*.${name}`,
      input,
      output: parts.reduce((sum, { output }) => sum + output, 0),
      first,
      count,
      parts,
    });
}

function attentionLinears(hidden: number, attention: Attention, names: ModuleNames): readonly BlockLinear[] {
  if (attention.kind === "none") return [];
  if (attention.kind === "latent") return latentLinears(hidden, attention);
  const query = attention.heads * attention.headDim;
  const keyValue = attention.kvHeads * attention.headDim;
  const parts: readonly LinearPart[] = [
    { role: "query", output: query },
    { role: "key", output: keyValue },
    { role: "value", output: keyValue },
  ];
  const output: BlockLinear = { name: names.output, input: query, parts: [{ role: "output", output: hidden }] };
  const [first, ...others] = names.queryKeyValue;
  if (others.length === 0) return [{ name: first, input: hidden, parts }, output];
  return [
    ...parts.map((part, index) => ({ name: names.queryKeyValue[index] ?? first, input: hidden, parts: [part] })),
    output,
  ];
}

/** DeepSeek's names, which every model with latent attention uses. */
function latentLinears(hidden: number, attention: Extract<Attention, { kind: "latent" }>): readonly BlockLinear[] {
  const { heads, queryRank, keyValueRank, nopeDim, ropeDim, valueDim } = attention;
  const linear = (name: string, role: LinearRole, input: number, output: number): BlockLinear => ({
    name: `self_attn.${name}`,
    input,
    parts: [{ role, output }],
  });
  const query = heads * (nopeDim + ropeDim);
  return [
    ...(queryRank === null
      ? [linear("q_proj", "query", hidden, query)]
      : [linear("q_a_proj", "query", hidden, queryRank), linear("q_b_proj", "query", queryRank, query)]),
    linear("kv_a_proj_with_mqa", "key", hidden, keyValueRank + ropeDim),
    linear("kv_b_proj", "value", keyValueRank, heads * (nopeDim + valueDim)),
    linear("o_proj", "output", heads * valueDim, hidden),
  ];
}

function feedForwardLinears(
  hidden: number,
  feedForward: FeedForward | null,
  names: ModuleNames,
): readonly BlockLinear[] {
  if (!feedForward) return [];
  if (feedForward.kind === "dense") return mlpLinears(hidden, feedForward.intermediate, feedForward.gated, names);
  const { shared, sharedGate, gated } = feedForward;
  const gate: BlockLinear = {
    name: `${names.sharedExperts}_gate`,
    input: hidden,
    parts: [{ role: "other", output: 1 }],
  };
  const inShared = ({ name, ...linear }: BlockLinear): BlockLinear => ({
    ...linear,
    name: `${names.sharedExperts}.${name.slice(name.lastIndexOf(".") + 1)}`,
  });
  return [...(shared ? mlpLinears(hidden, shared, gated, names).map(inShared) : []), ...(sharedGate ? [gate] : [])];
}

function mlpLinears(hidden: number, width: number, gated: boolean, names: ModuleNames): readonly BlockLinear[] {
  const part: LinearPart = { role: "mlp", output: width };
  const linear = (name: string, parts: readonly LinearPart[]): BlockLinear => ({ name, input: hidden, parts });
  const down = (name: string): BlockLinear => ({ name, input: width, parts: [{ role: "mlp", output: hidden }] });
  if (names.mlp.length === 2) return [linear(names.mlp[0], gated ? [part, part] : [part]), down(names.mlp[1])];
  const [gate, up, last] = names.mlp;
  return [...(gated ? [linear(gate, [part])] : []), linear(up, [part]), down(last)];
}

/** T5: self-attention in both stacks, attention to the encoder in the decoder, and an MLP that may have two inputs. */
function encoderDecoderLinears(
  { hidden, layers, dense }: BlockShape,
  attentions: readonly BlockLinear[],
  encoderLayers: number,
  names: ModuleNames,
): readonly Linear[] {
  const at = (layer: number, linear: BlockLinear): BlockLinear => ({
    ...linear,
    name: `layer.${layer}.${linear.name}`,
  });
  const [wi, wo] = dense ? mlpLinears(hidden, dense.intermediate, dense.gated, names) : [];
  const mlp = !(wi && wo)
    ? []
    : wi.parts.length === 1
      ? [wi, wo]
      : [...wi.parts.map((part, index) => ({ ...wi, name: `${wi.name}_${index}`, parts: [part] })), wo];
  const cross = attentions.map((linear) => ({
    ...linear,
    name: linear.name.replace("SelfAttention", "EncDecAttention"),
  }));
  const encoder = inBlocks("encoder.block")(0, encoderLayers);
  const decoder = inBlocks(names.blocks)(0, layers);
  return [
    ...attentions.map((linear) => encoder(at(0, linear))),
    ...mlp.map((linear) => encoder(at(1, linear))),
    ...attentions.map((linear) => decoder(at(0, linear))),
    ...cross.map((linear) => decoder(at(1, linear))),
    ...mlp.map((linear) => decoder(at(2, linear))),
  ];
}

function roleOf(name: string): LinearRole {
  if (/^(q|wq)(_|$)/.test(name)) return "query";
  if (/^(k|kv|wk)(_a)?_proj|^wk$/.test(name)) return "key";
  if (/^(v_proj|kv_b_proj)$/.test(name)) return "value";
  if (/^o(_[ab])?_proj$/.test(name)) return "output";
  return /^((gate|up|down|gate_up)_proj|w[123]|(in|out)put_linear)$/.test(name) ? "mlp" : "other";
}

function parentOf(name: string): string {
  const role = roleOf(name);
  if (role === "mlp") return "mlp.";
  return role === "other" ? "" : "self_attn.";
}
