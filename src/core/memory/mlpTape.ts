import type { Architecture, ExpertFeedForward, FeedForward } from "../models/architecture.ts";
import type { BlockLinears } from "../models/blockLinears.ts";
import { gatedBy } from "./attentionTape.ts";
import type { BlockSetting, BlockTape } from "./blockTape.ts";
import { normShape } from "./families.ts";
import { constant, type Tensor } from "./tape.ts";

/** The MLP of a block, or its experts with those that every token goes through. */
export function feedForwardOf(
  block: BlockTape,
  architecture: Architecture,
  feedForward: FeedForward | null,
  linears: BlockLinears,
  input: Tensor,
  setting: BlockSetting,
): Tensor {
  if (feedForward?.kind !== "experts") return denseOf(block, architecture, linears, input);
  const routed = expertsOf(block, architecture, feedForward, input, setting);
  const always = denseOf(block, architecture, linears, input);
  if (always === input) return routed;
  if (!feedForward.sharedGate) return block.add(routed, always);
  const gate = block.linear(input, { name: "shared_expert_gate", input: architecture.hidden, output: 1 });
  return block.add(routed, gatedBy(block, always, gate));
}

/** Gemma 4's dense MLP and experts beside each other, with norms before and after both, and one of the router's own. */
export function besideExperts(
  block: BlockTape,
  architecture: Architecture,
  feedForward: ExpertFeedForward,
  linears: BlockLinears,
  input: Tensor,
  setting: BlockSetting,
): Tensor {
  const { hidden } = architecture;
  const norm = (x: Tensor) => block.norm(x, normShape(architecture, hidden), hidden);
  const dense = norm(denseOf(block, architecture, linears, norm(input)));
  const judged = block.norm(input, { kind: "rms", parameters: hidden }, hidden);
  return block.add(dense, norm(expertsOf(block, architecture, feedForward, norm(input), setting, judged)));
}

/** The MLP that every token goes through: three matrices, two of which the first computes gate and up at once, or two. */
function denseOf(block: BlockTape, { type }: Architecture, linears: BlockLinears, input: Tensor): Tensor {
  const [first, second, third] = linears.filter(({ parts }) => parts.some(({ role }) => role === "mlp"));
  if (!first || !second) return input;
  const activation = (tensor: Tensor, width: number) =>
    pythonGeluTypes.has(type) ? block.pythonGelu(tensor, width) : block.activation(tensor);
  if (third) {
    const activate = (gate: Tensor) => activation(gate, first.output);
    return block.linear(block.gated(block.linear(input, first), block.linear(input, second), activate), third);
  }
  const whole = block.linear(input, first);
  if (first.output !== 2 * second.input) return block.linear(activation(whole, first.output), second);
  const half = () => block.part(whole, whole.bytes / 2);
  const activate = (gate: Tensor) => activation(gate, second.input);
  return block.linear(block.gated(half(), half(), activate, [whole]), second);
}

const pythonGeluTypes = new Set(["gpt2", "gpt_neo", "gptj", "phi", "phi-msft"]);

function expertsOf(
  block: BlockTape,
  architecture: Architecture,
  { active: chosen, intermediate, experts, gated, input: width }: ExpertFeedForward,
  input: Tensor,
  setting: BlockSetting,
  judged: Tensor = input,
): Tensor {
  const { tape } = block;
  const { trained, weight, compute, autocast, expertCopy } = setting;
  // Llama 4's see every token, those that are not chosen times zero.
  const active = architecture.type === "llama4" ? experts : chosen;
  /** What autocast makes of a matrix of every expert, or what it is when it is not quantised, for the gradient of the input. */
  const copy = (values: number) => {
    if (expertCopy > 0) return [constant(values * expertCopy)];
    return autocast && weight !== compute ? [constant(values * compute)] : [];
  };
  /** From 8 bits, the product of weights and scales before it is divided. */
  const unscaled = (values: number) => (expertCopy === 4 ? 4 * values : 0);
  const wide = (gated ? 2 : 1) * intermediate;
  const each = (values: number) => setting.tokens * active * values * compute;
  const routes = routesOf(block, architecture, experts, active, judged, setting);
  const gathered = tape.record([input], each(width));
  const up = tape.record([gathered], each(wide), {
    saved: [...(trained ? [gathered] : []), ...copy(experts * width * wide)],
    forwardScratch: unscaled(experts * width * wide),
    weightGradient: trained ? experts * width * wide * weight : 0,
  });
  const product =
    architecture.type === "gpt_oss"
      ? clampedGate(block, up)
      : gated
        ? block.multiply(tape.record([up], each(intermediate), { saved: [up] }), block.part(up, each(intermediate)))
        : tape.record([up], each(intermediate), { saved: [up] });
  const down = tape.record([product], each(width), {
    saved: [...(trained ? [product] : []), ...copy(experts * width * intermediate)],
    forwardScratch: unscaled(experts * width * intermediate),
    weightGradient: trained ? experts * width * intermediate * weight : 0,
  });
  const weighted = tape.record([down, routes], each(width), { saved: [down, routes] });
  return tape.record([weighted], input.bytes);
}

/**
 * gpt-oss: both halves clamped, the gate with its sigmoid, one plus the other half, and their product. Source: transformers,
 * models/gpt_oss/modeling_gpt_oss.py.
 */
function clampedGate(block: BlockTape, whole: Tensor): Tensor {
  const half = whole.bytes / 2;
  const clamped = () => block.tape.record([whole], half, { saved: [whole] });
  const gate = clamped();
  const gated = gatedBy(block, gate, gate);
  return block.multiply(gated, block.tape.record([clamped()], half));
}

/** The router: a linear layer, in float32 in DeepSeek's kind, the scores in float32, and the weights of the chosen experts. */
function routesOf(
  block: BlockTape,
  { hidden, attention, type }: Architecture,
  experts: number,
  active: number,
  input: Tensor,
  { tokens, trained, weight }: BlockSetting,
): Tensor {
  const wide = attention.kind === "latent" || type.startsWith("glm4_moe");
  const float32 = wide ? block.cast(input, hidden, 4) : input;
  const logits = wide
    ? block.tape.record([float32], tokens * experts * 4, {
        saved: trained ? [float32] : [],
        weightGradient: trained ? hidden * experts * weight : 0,
      })
    : block.linear(input, { name: "gate", input: hidden, output: experts });
  const scores = block.cast(logits, experts, 4);
  const softmax = block.tape.record([scores], scores.bytes, { savesOutput: true });
  return block.tape.record([softmax], (softmax.bytes * active) / experts);
}
