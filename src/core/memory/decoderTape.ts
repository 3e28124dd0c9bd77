import type { Architecture, BlockGroup } from "../models/architecture.ts";
import { type BlockLinears, linearNamed, linearsIn } from "../models/blockLinears.ts";
import { groupedAttention } from "./attentionTape.ts";
import type { RunBlocks } from "./blocks.ts";
import { type BlockSetting, BlockTape, type NormShape } from "./blockTape.ts";
import { encoderTape } from "./encoderTape.ts";
import { encoders, gpt2Types, normShape } from "./families.ts";
import { latentAttention } from "./latentAttention.ts";
import { gatedDeltaNet, type Mixer, mamba, mamba2, normedMamba, shortConvolution } from "./mixerTapes.ts";
import { besideExperts, feedForwardOf } from "./mlpTape.ts";
import { t5Tape } from "./t5Tape.ts";
import type { Tape, Tensor } from "./tape.ts";

/** The operations of one block of a decoder, from the shape of what mixes its tokens, its MLP and its norms. */
export function decoderTape(
  architecture: Architecture,
  { group, windowed }: Pick<RunBlocks, "group" | "windowed">,
  setting: BlockSetting,
): Tape {
  if (encoders.has(architecture.type)) return encoderTape(architecture, group, setting);
  if (/^m?t5$/.test(architecture.type) && architecture.attention.kind === "grouped") {
    return t5Tape(architecture, architecture.attention, group, setting);
  }
  const { hidden, norm, residual } = architecture;
  const block = new BlockTape(setting, hidden);
  const linears = linearsIn(architecture, group);
  const shape = normShape(architecture, hidden);
  const drop = dropsResidual(architecture) ? (x: Tensor) => block.dropout(x, hidden) : (x: Tensor) => x;
  const mix = (input: Tensor) => drop(mixed(block, architecture, group, linears, input, windowed, setting));
  const feed = (input: Tensor) => drop(feedForwardOf(block, architecture, group.feedForward, linears, input, setting));
  const x = block.input;
  const normed = block.gathered(block.norm(x, shape, hidden));
  if (hasOnePart(architecture)) {
    block.add(x, group.kind === "feed-forward" ? feed(normed) : mix(normed));
    return block.tape;
  }
  const attended = mix(normed);
  if (residual === "parallel") {
    const other = norm.perBlock > 1 ? block.gathered(block.norm(x, shape, hidden)) : normed;
    block.add(block.add(feed(other), attended), x);
    return block.tape;
  }
  const surrounded = norm.perBlock >= 4;
  const after = surrounded ? block.norm(attended, shape, hidden) : attended;
  const middle = block.add(x, after);
  const mlp =
    norm.perBlock === 7 && group.feedForward?.kind === "experts"
      ? besideExperts(block, architecture, group.feedForward, linears, middle, setting)
      : feed(block.gathered(block.norm(middle, shape, hidden)));
  const result = block.add(middle, surrounded ? block.norm(mlp, shape, hidden) : mlp);
  perLayerInput(block, linears, shape, hidden, result);
  return block.tape;
}

/** What mixes the tokens of a block: attention, a state space or both, linear attention, a convolution. */
function mixed(
  block: BlockTape,
  architecture: Architecture,
  { kind }: BlockGroup,
  linears: BlockLinears,
  input: Tensor,
  windowed: boolean,
  setting: BlockSetting,
): Tensor {
  const { attention } = architecture;
  const mixer = kind === "ssm" && architecture.type === "jamba" ? normedMamba : mixers[kind];
  const other = mixer?.(block, linears, input, setting);
  if (other && kind !== "ssm-and-attention") return other;
  const attended =
    attention.kind === "latent"
      ? latentAttention(block, attention, linears, input, setting.attention === "flash")
      : attention.kind === "grouped"
        ? groupedAttention(block, architecture, attention, linears, input, windowed)
        : input;
  return other ? block.add(other, attended) : attended;
}

const mixers: Readonly<Partial<Record<BlockGroup["kind"], Mixer>>> = {
  ssm: (block, linears, ...others) => (linearNamed(linears, "dt_proj") ? mamba : mamba2)(block, linears, ...others),
  "ssm-and-attention": mamba2,
  "linear-attention": gatedDeltaNet,
  convolution: shortConvolution,
};

/** Whether a block is attention, a state space or an MLP alone, as in Nemotron-H and Mamba. */
function hasOnePart({ blocks }: Architecture): boolean {
  return blocks.some(({ kind }) => kind === "feed-forward") || blocks.every(({ kind }) => kind === "ssm");
}

/** Gemma 4's small models: a gate of the block's result, a product with an input of the block's own, and its projection. */
function perLayerInput(
  block: BlockTape,
  linears: BlockLinears,
  shape: NormShape,
  hidden: number,
  result: Tensor,
): void {
  const gate = linearNamed(linears, "per_layer_input_gate");
  const projection = linearNamed(linears, "per_layer_projection");
  if (!gate || !projection) return;
  const gated = block.multiply(block.activation(block.linear(result, gate)), {
    bytes: result.bytes * (gate.output / hidden),
    needsGradient: true,
  });
  block.add(result, block.norm(block.linear(gated, projection), shape, hidden));
}

/** Whether a model is trained with dropout after attention and MLP unless it is told otherwise: GPT-2, and Phi-2 of the Phis. */
function dropsResidual({ type, hidden }: Architecture): boolean {
  return gpt2Types.has(type) || (type === "phi" && hidden === 2560);
}
