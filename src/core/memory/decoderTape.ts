import type { Architecture, FeedForward, GroupedAttention, Linear } from "../models/architecture.ts";
import type { RunBlocks } from "./blocks.ts";
import { type BlockSetting, BlockTape, type NormShape, type ScoreSetting } from "./blockTape.ts";
import type { Tape, Tensor } from "./tape.ts";

/** The operations of one block of a decoder, from the shape of its attention, its MLP and its norms. */
export function decoderTape(
  architecture: Architecture,
  { group, windowed }: Pick<RunBlocks, "group" | "windowed">,
  setting: BlockSetting,
): Tape {
  const { hidden, norm, residual } = architecture;
  const block = new BlockTape(setting, hidden);
  const shape = normShape(architecture, hidden);
  const drop = dropsResidual(architecture) ? (x: Tensor) => block.dropout(x, hidden) : (x: Tensor) => x;
  const x = block.input;
  const normed = block.norm(x, shape, hidden);
  const attended = drop(attentionOf(block, architecture, normed, windowed));
  if (residual === "parallel") {
    const other = norm.perBlock > 1 ? block.norm(x, shape, hidden) : normed;
    block.add(block.add(drop(mlpOf(block, architecture, group.feedForward, other, setting)), attended), x);
    return block.tape;
  }
  const after = norm.perBlock === 4 ? block.norm(attended, shape, hidden) : attended;
  const middle = block.add(x, after);
  const normed2 = block.norm(middle, shape, hidden);
  const mlp = drop(mlpOf(block, architecture, group.feedForward, normed2, setting));
  block.add(middle, norm.perBlock === 4 ? block.norm(mlp, shape, hidden) : mlp);
  return block.tape;
}

/** Whether a model is trained with dropout after attention and MLP unless it is told otherwise: GPT-2, and Phi-2 of the Phis. */
function dropsResidual({ type, hidden }: Architecture): boolean {
  return gpt2Types.has(type) || (type === "phi" && hidden === 2560);
}

const gpt2Types = new Set(["gpt2", "gpt_bigcode"]);

export function normShape({ norm, type }: Architecture, width: number): NormShape {
  const parameters = width * norm.parametersPerChannel;
  return { kind: norm.kind === "rms" ? rmsKind(type) : "layer", parameters };
}

function rmsKind(type: string): "gemma" | "rms" {
  return type.startsWith("gemma") ? "gemma" : "rms";
}

function scoresOf(architecture: Architecture): ScoreSetting {
  const gpt2 = gpt2Types.has(architecture.type);
  return { softCapped: architecture.type === "gemma2", narrow: gpt2, dropout: gpt2 };
}

function attentionOf(block: BlockTape, architecture: Architecture, input: Tensor, windowed: boolean): Tensor {
  const { attention, hidden, type } = architecture;
  const output = linearWith(architecture, "output", "o_proj");
  if (attention.kind !== "grouped") return block.linear(input, { name: output.name, input: hidden, output: hidden });
  const { heads, kvHeads, headDim } = attention;
  const query = heads * headDim;
  const keyValue = kvHeads * headDim;
  const fused = architecture.linears.find(({ parts }) => parts.length === 3 && parts[0]?.role === "query");
  const whole = fused && block.linear(input, { name: fused.name, input: hidden, output: query + 2 * keyValue });
  const project = (role: "query" | "key" | "value", width: number) =>
    whole
      ? block.part(whole, (whole.bytes * width) / (query + 2 * keyValue))
      : block.linear(input, {
          name: linearWith(architecture, role, `${role[0]}_proj`).name,
          input: hidden,
          output: width,
        });
  const q = positioned(
    block,
    architecture,
    attention,
    normedHeads(block, attention, type, project("query", query), heads),
  );
  const k = positioned(
    block,
    architecture,
    attention,
    normedHeads(block, attention, type, project("key", keyValue), kvHeads),
  );
  const attended = block.attention({
    query: q,
    key: k,
    value: project("value", keyValue),
    heads,
    width: query,
    keyValueWidth: keyValue,
    windowed,
    scores: scoresOf(architecture),
  });
  return block.linear(attended, { name: output.name, input: query, output: hidden });
}

/** Queries and keys that are normalised head by head, as Qwen 3 and Gemma 3 do. */
function normedHeads(
  block: BlockTape,
  { queryKeyNorm, headDim }: GroupedAttention,
  type: string,
  tensor: Tensor,
  heads: number,
): Tensor {
  if (queryKeyNorm === "none") return tensor;
  const full = queryKeyNorm === "full";
  const parameters = full ? heads * headDim : headDim;
  return block.norm(tensor, { kind: rmsKind(type), parameters }, heads * headDim, full ? 1 : heads);
}

/** Rotary positions, where the model has no learned ones. */
function positioned(
  block: BlockTape,
  { positions }: Architecture,
  _attention: GroupedAttention,
  tensor: Tensor,
): Tensor {
  return positions > 0 ? tensor : block.rotate(tensor);
}

function mlpOf(
  block: BlockTape,
  architecture: Architecture,
  feedForward: FeedForward | null,
  input: Tensor,
  setting: BlockSetting,
): Tensor {
  if (!feedForward) return input;
  if (feedForward.kind !== "experts") return denseOf(block, architecture, feedForward, input);
  const routed = expertsOf(block, architecture, feedForward, input, setting);
  const { shared, sharedGate, gated } = feedForward;
  if (shared === 0) return routed;
  const always = denseOf(block, architecture, { intermediate: shared, gated }, input);
  if (!sharedGate) return block.add(routed, always);
  const gate = block.linear(input, { name: "shared_expert_gate", input: architecture.hidden, output: 1 });
  const open = block.tape.record([gate], gate.bytes, { savesOutput: true });
  return block.add(routed, block.multiply(always, open));
}

/** The MLP that every token goes through: of a block, or its shared experts. */
function denseOf(
  block: BlockTape,
  { type, hidden, linears }: Architecture,
  { intermediate: width, gated }: Pick<FeedForward, "intermediate" | "gated">,
  input: Tensor,
): Tensor {
  const layers = linears.filter(({ parts }) => parts.some(({ role }) => role === "mlp"));
  const [first, second, third] = layers;
  const down = layers.at(-1)?.name ?? "down_proj";
  if (!gated) {
    const up = block.linear(input, { name: first?.name ?? "up_proj", input: hidden, output: width });
    const activated = pythonGeluTypes.has(type) ? block.pythonGelu(up, width) : block.activation(up);
    return block.linear(activated, { name: down, input: width, output: hidden });
  }
  if (!third) {
    const whole = block.linear(input, { name: first?.name ?? "gate_up_proj", input: hidden, output: 2 * width });
    const activated = block.activation(block.part(whole, whole.bytes / 2));
    const product = block.multiply(activated, block.part(whole, whole.bytes / 2));
    return block.linear(product, { name: down, input: width, output: hidden });
  }
  const gate = block.linear(input, { name: first?.name ?? "gate_proj", input: hidden, output: width });
  const activated = block.activation(gate);
  const up = block.linear(input, { name: second?.name ?? "up_proj", input: hidden, output: width });
  return block.linear(block.multiply(activated, up), { name: down, input: width, output: hidden });
}

const pythonGeluTypes = new Set(["gpt2", "gpt_neo", "gptj", "phi", "phi-msft"]);

function expertsOf(
  block: BlockTape,
  { hidden }: Architecture,
  { active, intermediate, experts, gated }: Extract<FeedForward, { kind: "experts" }>,
  input: Tensor,
  setting: BlockSetting,
): Tensor {
  const { tape } = block;
  const { trained, weight, compute, autocast } = setting;
  /** What autocast makes of a matrix of every expert. */
  const copy = (values: number) =>
    autocast && weight !== compute ? [{ bytes: values * compute, needsGradient: false }] : [];
  const wide = (gated ? 2 : 1) * intermediate;
  const each = (width: number) => setting.tokens * active * width * setting.compute;
  const routes = routesOf(block, hidden, experts, active, input);
  const gathered = tape.record([input], each(hidden));
  const up = tape.record([gathered], each(wide), {
    saved: [...(trained ? [gathered] : []), ...copy(experts * hidden * wide)],
    weightGradient: trained ? experts * hidden * wide * weight : 0,
  });
  const activated = tape.record([up], each(intermediate), { saved: [up] });
  const product = gated ? tape.record([activated, up], each(intermediate), { saved: [activated, up] }) : activated;
  const down = tape.record([product], each(hidden), {
    saved: [...(trained ? [product] : []), ...copy(experts * hidden * intermediate)],
    weightGradient: trained ? experts * hidden * intermediate * weight : 0,
  });
  const weighted = tape.record([down, routes], each(hidden), { saved: [down, routes] });
  return tape.record([weighted], input.bytes);
}

/** The router: a linear layer, the softmax in float32, and the weights of the experts that are chosen. */
function routesOf(block: BlockTape, hidden: number, experts: number, active: number, input: Tensor): Tensor {
  const logits = block.linear(input, { name: "gate", input: hidden, output: experts });
  const scores = block.cast(logits, experts, 4);
  const softmax = block.tape.record([scores], scores.bytes, { savesOutput: true });
  return block.tape.record([softmax], (softmax.bytes * active) / experts);
}

function linearWith({ linears }: Architecture, role: string, otherwise: string): Pick<Linear, "name"> {
  return linears.find(({ parts }) => parts.length === 1 && parts[0]?.role === role) ?? { name: otherwise };
}
